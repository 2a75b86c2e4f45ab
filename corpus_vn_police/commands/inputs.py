"""The seeds that a command is given, and the settings and tombstones that go with them."""

from __future__ import annotations

import functools
import operator
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpus_vn_police.commands.shipped import CHECKSUMS, shipped_corpus, shipped_seeds
from corpus_vn_police.config import CHANGES_NAME, FILE_NAME, REMOVED_NAME, Corpus, config_of, load_config
from corpus_vn_police.config.beside import read_schema
from corpus_vn_police.config.checks import check_counted
from corpus_vn_police.config.given import IN_DICT, Settings
from corpus_vn_police.dataset.tombstones import Tombstones, read_removed
from corpus_vn_police.errors import ConfigError, InputError
from corpus_vn_police.files import StrPath, of_system
from corpus_vn_police.paths import unnamable
from corpus_vn_police.stages.read import Source
from corpus_vn_police.text import printable


def configured(source: Source | None, config: Settings | None) -> tuple[Source, Corpus]:
    """The input, and the settings that go with it.

    Args:
        source: what `seeds_at_hand` gave; None is the shipped seeds.
        config: a corpus.toml, or a dict with its keys; None is the one in the folder of the seeds (beside a file), if
            there is one.

    Raises:
        ConfigError: corpus.toml is broken, or was named and is missing; or there are several inputs, one has a
            corpus.toml, and none was named.
        InputError: a path is not a name that the system can have.
    """
    if source is None:
        folder = shipped_seeds()
        source = Source((str(folder),), frozenset({os.path.realpath(folder / CHECKSUMS)}))
        if isinstance(config, Mapping):
            return source, config_of(config, folder)
        return source, shipped_corpus() if config is None else load_config(Path(config))
    for seeds in source.inputs:
        if wrong := unnamable(seeds):
            raise InputError(f"{seeds!r} {wrong}", "give a folder of seeds, a file, an archive, a glob or a URL")
    if isinstance(config, Mapping):
        return _with_dict(source, config)
    beside = Path(config) if config is not None else _config_beside(source)
    corpus = load_config(beside)
    if config is None and corpus.limits.follow_links:
        raise ConfigError(
            f"{beside}: limits.follow_links is not read from a file that comes with the seeds",
            f"if you know where the links of the seeds lead, give --config {beside}",
        )
    return replace(source, ours=_ours(beside, corpus)), corpus


def with_arguments(
    source: Source, corpus: Corpus, rows: Mapping[str, str] | None, fields: Mapping[str, Any] | StrPath | None
) -> tuple[Source, Corpus]:
    """The input, and the settings with what Python gives beside them: the keys of rows, and own fields.

    Own fields may be the path of their schema, which is not a seed.

    Raises:
        ConfigError: one of them is not allowed, the schema cannot be read, or `[card] by` names a field that the record
            does not have.
    """
    corpus = corpus.with_flags(rows=rows)
    if isinstance(fields, Mapping):
        corpus = corpus.with_own(dict(fields), "fields")
    elif fields is not None:
        source = replace(source, ours=source.ours | {os.path.realpath(fields)})
        corpus = corpus.with_own(read_schema(Path(fields)), os.fspath(fields))
    check_counted(corpus.by, corpus.contracts["default"].schema, corpus.read_from or IN_DICT)
    return source, corpus


def _with_dict(source: Source, config: Mapping[str, Any]) -> tuple[Source, Corpus]:
    """The input and the settings of a dict; the files that describe the corpus beside the seeds are not seeds."""
    folders = [folder for folder in map(_beside, source.inputs) if folder is not None]
    corpus = config_of(config, folders[0] if len(folders) == 1 else None)
    beside = frozenset(
        os.path.realpath(folder / name) for folder in folders for name in (FILE_NAME, REMOVED_NAME, CHANGES_NAME)
    )
    return replace(source, ours=_ours(Path(IN_DICT), corpus) | beside), corpus


def _config_beside(source: Source) -> Path | None:
    """The corpus.toml that comes with an input; None if there is none.

    Raises:
        ConfigError: there are several inputs, and one has one: whether it is meant for all is not known.
    """
    folders = filter(None, map(_beside, source.inputs))
    found = [folder / FILE_NAME for folder in folders if os.path.lexists(folder / FILE_NAME)]
    if found and len(source.inputs) > 1:
        raise ConfigError(
            f"{printable(found[0])}: is not read, because there are several inputs",
            f"for all of them give --config {printable(found[0])}, or that of another file",
        )
    return found[0] if found else None


def _ours(config: Path | None, corpus: Corpus) -> frozenset[str]:
    """The real paths of the files that describe a corpus, which are not seeds."""
    if config is None:
        return frozenset()
    named = (corpus.settings.get("card", {}).get("prose"), corpus.settings.get("record", {}).get("fields"))
    names = (config.name, REMOVED_NAME, CHANGES_NAME, *(of_system(name) for name in named if name))
    return frozenset(os.path.realpath(config.parent / name) for name in names)


def kept_away(source: Source, config: Settings | None) -> Tombstones:
    """Which seeds were taken down, by `removed.csv` beside corpus.toml (or where corpus.toml would be).

    If there are several inputs, those beside each of them say so too: nothing comes back by a second input.

    Raises:
        ConfigError: a line of one is not what it should be.
    """
    named = None if config is None or isinstance(config, Mapping) else Path(config)
    folders = [] if named is None else [named.parent]
    if named is None or len(source.inputs) > 1:
        folders += filter(None, map(_beside, source.inputs))
    return functools.reduce(
        operator.or_, (read_removed(folder / REMOVED_NAME) for folder in dict.fromkeys(folders)), Tombstones()
    )


def _beside(source: str) -> Path | None:
    """The folder in which the settings of an input are looked for; None for a URL and a glob."""
    # os.path answers False if pathlib raises, as for a path that is too long.
    if "://" in source or not os.path.exists(source):  # noqa: PTH110
        return None
    return Path(source if os.path.isdir(source) else os.path.dirname(source))  # noqa: PTH112, PTH120


def check_apart(source: Source, out: Path) -> None:
    """Refuse an output inside the seeds, where the next build would read it, or around them.

    Raises:
        ConfigError: one folder is inside the other.
    """
    for seeds in source.inputs:
        place = Path(os.path.realpath(seeds.removeprefix("file://")))
        around = os.path.isdir(place) and out.is_relative_to(place)  # noqa: PTH112
        inside = "://" not in seeds and place.is_relative_to(out)  # a glob too
        if around or inside:
            raise ConfigError(
                f"--out {out} and the seeds {seeds} overlap",
                "give an --out that is neither inside the seeds nor around them",
            )

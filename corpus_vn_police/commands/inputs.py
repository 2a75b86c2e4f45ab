"""Find the settings and the tombstones that belong to the seeds of a command."""

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
    """The input, and the settings that belong to it.

    Args:
        source: what `seeds_at_hand` gave; None is the shipped seeds.
        config: a corpus.toml, or a dict with its keys. None is the corpus.toml in the folder of the seeds (for a file,
            in the file's folder), if there is one.

    Raises:
        ConfigError: corpus.toml has an error, or `config` names a file that is missing; or `config` is None and there
            are several inputs, one of them with a corpus.toml.
        InputError: the system cannot have a file of such a name.
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
            f"if you know where the links in the seeds lead, give --config {beside}",
        )
    return replace(source, ours=_ours(beside, corpus)), corpus


def with_arguments(
    source: Source, corpus: Corpus, rows: Mapping[str, str] | None, fields: Mapping[str, Any] | StrPath | None
) -> tuple[Source, Corpus]:
    """The input, and the settings changed by two arguments of Python: the keys of rows, and the own fields.

    If `fields` is the path of a schema, this file is not read as a seed.

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
    """The input, and the settings from a dict. corpus.toml and its like beside the seeds are not read as seeds."""
    folders = [folder for folder in map(_beside, source.inputs) if folder is not None]
    corpus = config_of(config, folders[0] if len(folders) == 1 else None)
    beside = frozenset(
        os.path.realpath(folder / name) for folder in folders for name in (FILE_NAME, REMOVED_NAME, CHANGES_NAME)
    )
    return replace(source, ours=_ours(Path(IN_DICT), corpus) | beside), corpus


def _config_beside(source: Source) -> Path | None:
    """The corpus.toml that comes with an input; None if there is none.

    Raises:
        ConfigError: there are several inputs and one has a corpus.toml, which may not be meant for all of them.
    """
    folders = filter(None, map(_beside, source.inputs))
    found = [folder / FILE_NAME for folder in folders if os.path.lexists(folder / FILE_NAME)]
    if found and len(source.inputs) > 1:
        raise ConfigError(
            f"{printable(found[0])}: is not read, because there are several inputs",
            f"give --config {printable(found[0])} to use it for all of them, or --config with another file",
        )
    return found[0] if found else None


def _ours(config: Path | None, corpus: Corpus) -> frozenset[str]:
    """The real paths of the files that describe a corpus and are therefore not seeds."""
    if config is None:
        return frozenset()
    named = (corpus.settings.get("card", {}).get("prose"), corpus.settings.get("record", {}).get("fields"))
    names = (config.name, REMOVED_NAME, CHANGES_NAME, *(of_system(name) for name in named if name))
    return frozenset(os.path.realpath(config.parent / name) for name in names)


def kept_away(source: Source, config: Settings | None) -> Tombstones:
    """The seeds that were taken down, from `removed.csv` beside corpus.toml (or where corpus.toml would be).

    If there are several inputs, the `removed.csv` beside each of them is read too, so that no seed comes back through
    a second input.

    Raises:
        ConfigError: a line of a removed.csv is not allowed.
    """
    named = None if config is None or isinstance(config, Mapping) else Path(config)
    folders = [] if named is None else [named.parent]
    if named is None or len(source.inputs) > 1:
        folders += filter(None, map(_beside, source.inputs))
    return functools.reduce(
        operator.or_, (read_removed(folder / REMOVED_NAME) for folder in dict.fromkeys(folders)), Tombstones()
    )


def _beside(source: str) -> Path | None:
    """The folder in which the settings of an input are looked for; None for a URL or a glob."""
    # os.path returns False in cases in which pathlib raises an error, such as a path that is too long.
    if "://" in source or not os.path.exists(source):  # noqa: PTH110
        return None
    return Path(source if os.path.isdir(source) else os.path.dirname(source))  # noqa: PTH112, PTH120


def check_apart(source: Source, out: Path) -> None:
    """Refuse an output that is inside the seeds, because the next build would read it, or that contains the seeds.

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
                "give a folder for --out that is not inside the seeds and does not contain them",
            )

"""The seeds that a command is given, and the settings and tombstones that go with them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus_vn_police.commands.shipped import shipped_corpus, shipped_seeds
from corpus_vn_police.config import FILE_NAME, REMOVED_NAME, Corpus, config_of, load_config
from corpus_vn_police.config.beside import read_schema
from corpus_vn_police.config.given import Settings
from corpus_vn_police.dataset.tombstones import Tombstones, read_removed
from corpus_vn_police.errors import ConfigError, InputError
from corpus_vn_police.files import StrPath
from corpus_vn_police.paths import unnamable


def configured(seeds: StrPath | None, config: Settings | None) -> tuple[str, Corpus]:
    """The input, and the settings that go with it.

    Raises:
        ConfigError: corpus.toml is broken, or was named and is missing.
        InputError: a path is not a name that the system can have.
    """
    if seeds is None:
        source = str(shipped_seeds())
        return source, shipped_corpus() if config is None else _given(config, source)
    source = os.fspath(seeds)
    if wrong := unnamable(source):
        raise InputError(f"{source!r} {wrong}", "give a folder of seeds, a file, an archive, a glob or a URL")
    if config is not None:
        return source, _given(config, source)
    folder = _beside(source)
    beside = None if folder is None else folder / FILE_NAME
    corpus = load_config(beside if beside and os.path.lexists(beside) else None)
    if corpus.limits.follow_links:
        raise ConfigError(
            f"{beside}: limits.follow_links is not read from a file that comes with the seeds",
            f"if you know where the links of the seeds lead, give --config {beside}",
        )
    return source, corpus


def with_arguments(
    corpus: Corpus, rows: Mapping[str, str] | None, fields: Mapping[str, Any] | StrPath | None
) -> Corpus:
    """The settings with what Python gives beside them: the keys of rows, and own fields or the path of their schema.

    Raises:
        ConfigError: one of them is not allowed, or the schema cannot be read.
    """
    corpus = corpus.with_flags(rows=rows)
    if fields is None:
        return corpus
    if isinstance(fields, Mapping):
        return corpus.with_own(dict(fields), "fields")
    return corpus.with_own(read_schema(Path(fields)), os.fspath(fields))


def _given(config: Settings, source: str) -> Corpus:
    return config_of(config, _beside(source)) if isinstance(config, Mapping) else load_config(Path(config))


def kept_away(source: str, config: Settings | None) -> Tombstones:
    """Which seeds were taken down, by `removed.csv` beside corpus.toml (or where corpus.toml would be).

    Raises:
        ConfigError: a line of it is not what it should be.
    """
    folder = _beside(source) if config is None or isinstance(config, Mapping) else Path(config).parent
    return Tombstones() if folder is None else read_removed(folder / REMOVED_NAME)


def _beside(source: str) -> Path | None:
    """The folder in which the settings of an input are looked for; None for a URL and a glob."""
    # os.path answers False if pathlib raises, as for a path that is too long.
    if "://" in source or not os.path.exists(source):  # noqa: PTH110
        return None
    return Path(source if os.path.isdir(source) else os.path.dirname(source))  # noqa: PTH112, PTH120


def check_apart(seeds: str, out: Path) -> None:
    """Refuse an output inside the seeds, where the next build would read it, or around them.

    Raises:
        ConfigError: one folder is inside the other.
    """
    source = Path(os.path.realpath(seeds.removeprefix("file://")))
    inside = os.path.isdir(source) and (out.is_relative_to(source) or source.is_relative_to(out))  # noqa: PTH112
    if inside or out == source:
        raise ConfigError(
            f"--out {out} and the seeds {seeds} overlap",
            "give an --out that is neither inside the seeds nor around them",
        )

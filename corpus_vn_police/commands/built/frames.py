"""The tables of a build as Polars frames, in the build's order and with its types."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from corpus_vn_police.dataset.counts import field
from corpus_vn_police.dataset.folder import BuildFolder
from corpus_vn_police.dataset.layout import FOLDERS
from corpus_vn_police.dataset.rows import scan_shards
from corpus_vn_police.errors import ConfigError, InputError
from corpus_vn_police.stages.split import SPLITS

COPIES = ("duplicate", "near_duplicate")
"""The statuses of seeds that were left out as copies of a published record."""

_LIKE = "published_"  # the prefix of the columns that describe this record


def shards_of(config: str, split: str | None) -> str:
    """The beginning of the paths of a config's shards, or of the shards of one of its splits.

    Raises:
        ConfigError: there is no such split.
    """
    if split is not None and split not in SPLITS:
        raise ConfigError(f"split = {split!r} is not a split", f"give {', '.join(SPLITS)}, or None for all")
    return f"{FOLDERS[config]}/{'' if split is None else f'{split}-'}"


def check_has(build: BuildFolder, config: str) -> None:
    """Refuse a config that the build does not have.

    Raises:
        InputError: the build was made without it.
    """
    if not any(path.startswith(f"{FOLDERS[config]}/") for path in build.files):
        raise InputError(
            f"the build has no {config}: it was built with [{config}] enabled = false",
            f"build it again with [{config}] enabled = true in corpus.toml",
        )


def scan_rows(build: BuildFolder, config: str, split: str | None) -> pl.LazyFrame:
    """The rows of a config that the build has, of one split or of all; no rows if the split has no records.

    Raises:
        DamagedError: a file cannot be opened, or has other columns.
    """
    if split is None or any(path.startswith(shards_of(config, split)) for path in build.files):
        return scan_shards(build.path, config, *([split] if split else []))
    return scan_shards(build.path, config).clear()


def rows(build: BuildFolder, config: str, split: str | None, columns: Sequence[str] | None) -> pl.DataFrame:
    """The same rows as `scan_rows` gives, read into memory.

    Args:
        build: the build.
        config: a config that it has.
        split: one split; None is all.
        columns: names of fields, such as `source.url` for a field in a struct; only these are read. None is all.

    Raises:
        ConfigError: there is no such column, or a column is named twice.
        DamagedError: a file cannot be read.
    """
    found = scan_rows(build, config, split)
    return (found if columns is None else found.select(_fields(found, columns))).collect()


def _fields(frame: pl.LazyFrame, columns: Sequence[str]) -> list[pl.Expr]:
    if isinstance(columns, str):
        raise ConfigError(f"columns = {columns!r} is a string", f"give a list: columns=[{columns!r}]")
    twice = next((name for place, name in enumerate(columns) if name in columns[:place]), None)
    if twice is not None:
        raise ConfigError(f"columns has {twice!r} twice", "name each field once")
    return [field(frame, name) for name in columns]


def left_out(build: BuildFolder) -> pl.DataFrame:
    """Seeds that were left out as copies, each with the published record that it is a copy of."""
    ledger = build.ledger().filter(pl.col("status").is_in(COPIES)).drop("reason", "pointer").collect()
    wanted = ledger["duplicate_of"].unique()
    published = pl.concat(
        scan_rows(build, "default", split)
        .filter(pl.col("id").is_in(wanted.implode()))
        .select("id", pl.col("source").struct.field("path"), pl.lit(split).alias("split"), "date", "title")
        .collect(engine="streaming")
        for split in SPLITS
    )
    names = {"id": "duplicate_of", **{name: f"{_LIKE}{name}" for name in ("path", "split", "date", "title")}}
    return ledger.join(published.rename(names), on="duplicate_of", how="left", maintain_order="left")


def with_published_texts(build: BuildFolder, copies: pl.DataFrame) -> pl.DataFrame:
    """The same rows with the texts of the published records in a further column."""
    wanted = copies["duplicate_of"].unique()
    texts = pl.concat(
        frame.filter(pl.col("id").is_in(wanted.implode())) for frame in build.rows().batches("id", "text")
    )
    named = texts.select(pl.col("id").alias("duplicate_of"), pl.col("text").alias(f"{_LIKE}text"))
    return copies.join(named, on="duplicate_of", how="left", maintain_order="left")

"""Fields of a build's records, found by name, and how many records have each of their values."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from corpus_vn_police.dataset.rows import scan_shards
from corpus_vn_police.errors import ConfigError


def field(frame: pl.LazyFrame, name: str) -> pl.Expr:
    """A field of a frame, one of a struct as `source.url`.

    Raises:
        ConfigError: there is none of this name; the message names the nearest.
    """
    known = dict(_known(frame.collect_schema().items()))
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        guess = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(f"{name!r} is not a field of the table", f"{guess}There are {', '.join(known)}")
    outer, _, inner = name.partition(".")
    return pl.col(outer).struct.field(inner).alias(name) if inner else pl.col(outer)


def _known(schema: Iterable[tuple[str, pl.DataType]]) -> Iterable[tuple[str, pl.DataType]]:
    for name, kind in schema:
        yield name, kind
        if isinstance(kind, pl.Struct):
            yield from ((f"{name}.{inner.name}", inner.dtype) for inner in kind.fields)  # type: ignore[misc]


def count_by(folder: Path, name: str) -> pl.DataFrame:
    """How many records have each value of a field: `value`, null for none, and `records` (int64).

    Args:
        folder: the build.
        name: a field, one of a struct as `source.publisher`; of a list each item is a value.

    Raises:
        ConfigError: there is no such field.
        DamagedError: a file cannot be read.
    """
    every = scan_shards(folder, "default")
    values = every.select(field(every, name).alias("value"))
    if isinstance(values.collect_schema()["value"], pl.List):
        values = values.filter(pl.col("value").is_null() | (pl.col("value").list.len() > 0)).explode("value")
    counted = values.group_by("value").agg(pl.len().cast(pl.Int64).alias("records")).collect(engine="streaming")
    return counted.sort("records", "value", descending=[True, False], nulls_last=True)

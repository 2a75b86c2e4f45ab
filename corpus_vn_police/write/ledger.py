"""The outcome of every seed -> the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from corpus_vn_police.contract import load_contract
from corpus_vn_police.state.index import Index, Seeds
from corpus_vn_police.write.parquet import parquet_writer

LEDGER_ROWS = 1 << 16
"""How many rows of the ledger are held in memory and written together."""


def write_ledger(rows: Iterable[pa.Table], path: Path) -> dict[str, int]:
    """Write the ledger.

    Args:
        rows: its rows in order, as `ledger_rows` and `tombstone_rows` give them.
        path: the file to write.

    Returns:
        The number of rows of each status.
    """
    schema = load_contract("ledger").schema
    counts: Counter[str] = Counter()
    with parquet_writer(path, schema) as writer:
        for table in rows:
            counts.update(dict(pl.Series(table.column("status")).value_counts().iter_rows()))
            writer.write_table(table)
    return counts


def ledger_rows(
    index: Index, order: Seeds, published: npt.NDArray[np.bool_], changes: Callable[[Seeds], pl.DataFrame]
) -> Iterator[pa.Table]:
    """The rows of the ledger, one per seed, as tables of at most 65,536 rows.

    Args:
        index: all seeds.
        order: the numbers of the seeds that were not taken down, in path order.
        published: whether each seed is published (bool).
        changes: returns the decisions of `dedup.settle` about seeds, as `Settled.changes` does.
    """
    schema = load_contract("ledger").schema
    names = ["path", "sha256", "bytes", "id", "reason", "pointer", "detail"]
    for start in range(0, len(order), LEDGER_ROWS):
        seeds = order[start : start + LEDGER_ROWS]
        frame = pl.DataFrame(index.gather(seeds, names)).with_columns(pl.Series("ok", published[seeds]))
        frame = frame.hstack(changes(seeds).rename({"reason": "reason_new", "detail": "detail_new"}))
        status = pl.when("ok").then(pl.lit("published")).otherwise(pl.lit("rejected"))
        frame = frame.with_columns(
            pl.coalesce("status", status).alias("status"),
            pl.coalesce("reason", "reason_new").alias("reason"),
            pl.coalesce("detail", "detail_new").alias("detail"),
        )
        yield frame.select(schema.names).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)


def tombstone_rows(tombstones: pl.DataFrame) -> Iterator[pa.Table]:
    """The rows of seeds that were taken down; they come after all other rows, because they have no path.

    Args:
        tombstones: `id` and `sha256`, sorted by both.
    """
    schema = load_contract("ledger").schema
    for frame in tombstones.iter_slices(LEDGER_ROWS):
        kept = {"id": pl.col("id"), "sha256": pl.col("sha256"), "status": pl.lit("removed")}
        rows = frame.select(kept.get(name, pl.lit(None)).alias(name) for name in schema.names)
        yield rows.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)

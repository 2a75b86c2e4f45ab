"""Parts -> Parquet shards."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus_vn_police.build.digest import ColumnHashes
from corpus_vn_police.contract import CONFIGS, load_contract
from corpus_vn_police.contract.arrow import from_numpy
from corpus_vn_police.parts import Index, Located
from corpus_vn_police.split import SPLITS

SHARD_BYTES = 256 << 20
"""A shard closes when its text reaches this many bytes of UTF-8."""

# The Hub's viewer wants row groups of 100 to 300 MB in memory, and `datasets` reads a whole one
# at a time when it streams. What a row takes beside its text or bytes is about this much.
_GROUP_BYTES = 16 << 20
_ROW_BYTES = 256

FOLDERS = {"default": "data", "annotations": "annotations", "sources": "sources"}
"""The folder of each config's shards."""

SOURCE_DATA = "_data"
"""The column of a part's records that holds the seed's bytes."""


@dataclass(frozen=True)
class Shard:
    """A shard to be written.

    Attributes:
        config, split: whose.
        number, of: its place among that split's shards, from 0.
        records: where its records are, in order.
        duplicates: of each of them how many seeds were left out for it (int32).
    """

    config: str
    split: str
    number: int
    of: int
    records: Located
    duplicates: npt.NDArray[np.int32]

    @property
    def path(self) -> str:
        """Its path below the build."""
        return f"{FOLDERS[self.config]}/{self.split}-{self.number:05d}-of-{self.of:05d}.parquet"


@dataclass(frozen=True)
class Written:
    """A file that was written: path below the build, bytes, sha256 (hex).

    Of a shard also config, split, the number of rows, the bytes that they take in Arrow, and the
    hashes of its columns.
    """

    path: str
    bytes: int
    sha256: str
    config: str = ""
    split: str = ""
    rows: int = 0
    arrow_bytes: int = 0
    hashes: dict[str, Any] | None = None


def plan_shards(index: Index, order: npt.NDArray[np.int64], copies: pl.DataFrame, configs: list[str]) -> list[Shard]:
    """Say which records go in which shard.

    Args:
        index: all seeds.
        order: the numbers of the published ones, in path order.
        copies: `seed` and `duplicates`, as `dedup.Settled` has them.
        configs: which configs are built.

    Returns:
        The shards of every config, split and number, in that order; none for an empty split.
    """
    duplicates = np.zeros(len(index) if len(copies) else 0, np.int32)
    duplicates[copies["seed"].to_numpy()] = copies["duplicates"].to_numpy()
    shards = []
    for code, split in enumerate(SPLITS):
        mine = order[index.splits[order] == code]
        bounds = _cut(index.text_bytes[mine], SHARD_BYTES)
        for number, (start, stop) in enumerate(bounds):
            seeds = mine[start:stop]
            records = index.locate(seeds)
            count = duplicates[seeds] if len(copies) else np.zeros(len(seeds), np.int32)
            shards += [Shard(config, split, number, len(bounds), records, count) for config in configs]
    return sorted(shards, key=lambda shard: configs.index(shard.config))


def _cut(sizes: npt.NDArray[np.integer], limit: int) -> list[tuple[int, int]]:
    """Cut rows where the bytes since the last cut reach the limit: first row, and one past the last."""
    ends, bounds, start = np.cumsum(sizes, dtype=np.int64), [], 0
    while start < len(sizes):
        before = int(ends[start - 1]) if start else 0
        stop = min(int(np.searchsorted(ends, before + limit)) + 1, len(sizes))
        bounds.append((start, stop))
        start = stop
    return bounds


def write_shard(out: Path, shard: Shard) -> Written:
    """Write one shard.

    Args:
        out: the build folder.
        shard: which records.

    Raises:
        OSError: the disk is full or fails.
    """
    contract = load_contract(CONFIGS[shard.config])
    path = out / shard.path
    path.parent.mkdir(exist_ok=True)
    hashes, arrow_bytes = ColumnHashes(), 0
    held = shard.records.data_bytes if shard.config == "sources" else shard.records.text_bytes
    with _writer(path, contract.schema) as writer:
        for start, stop in _cut(held.astype(np.int64) + _ROW_BYTES, _GROUP_BYTES):
            table = _rows(shard, start, stop)
            writer.write_table(table, row_group_size=stop - start)
            hashes.update(table)
            arrow_bytes += table.nbytes
    size, sha256 = file_digest(path)
    rows = len(shard.records)
    return Written(shard.path, size, sha256, shard.config, shard.split, rows, arrow_bytes, hashes.digest())


def _rows(shard: Shard, start: int, stop: int) -> pa.Table:
    schema = load_contract(CONFIGS[shard.config]).schema
    if shard.config == "default":
        table = shard.records.gather(start, stop, schema.names)
        place = schema.get_field_index("duplicates")
        return table.set_column(place, schema.field(place), from_numpy(shard.duplicates[start:stop])).cast(schema)
    if shard.config == "sources":
        table = shard.records.gather(start, stop, ["id", "source", SOURCE_DATA])
        paths = pa.chunked_array([chunk.flatten()[0] for chunk in table.column("source").chunks], pa.string())
        return pa.table([table.column("id"), paths, table.column(SOURCE_DATA)], schema=schema)
    table = shard.records.gather(start, stop, ["id"])
    empty = load_contract("annotations").empty(schema.names[1:], stop - start)
    return pa.table({"id": table.column("id"), **empty}, schema=schema)


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        path,
        # The Hub's viewer looks for the second key to know that pages are cut by content.
        schema.with_metadata({**(schema.metadata or {}), b"use_content_defined_chunking": b"true"}),
        compression="zstd",
        use_content_defined_chunking=True,
        write_page_index=True,
        store_schema=True,
    )


def write_ledger(
    index: Index, order: npt.NDArray[np.int64], published: npt.NDArray[np.bool_], changes: pl.DataFrame, path: Path
) -> dict[str, int]:
    """Write the ledger, one row a seed, in path order.

    Args:
        index: all seeds.
        order: all numbers, in path order.
        published: of each number whether it is published.
        changes: what `dedup.settle` decided, sorted by `seed`.
        path: where.

    Returns:
        The number of rows of each status.
    """
    schema = load_contract("ledger").schema
    counts: Counter[str] = Counter()
    with _writer(path, schema) as writer:
        for table in ledger_rows(index, order, published, changes):
            counts.update(dict(pl.Series(table.column("status")).value_counts().iter_rows()))
            writer.write_table(table)
    return counts


def ledger_rows(
    index: Index, order: npt.NDArray[np.int64], published: npt.NDArray[np.bool_], changes: pl.DataFrame
) -> Any:
    """The rows of the ledger in order, as tables of at most 65,536 rows; see `write_ledger`."""
    schema = load_contract("ledger").schema
    names = ["path", "sha256", "bytes", "id", "reason", "pointer", "detail"]
    for start in range(0, len(order), 1 << 16):
        seeds = order[start : start + (1 << 16)]
        frame = pl.DataFrame(index.gather(seeds, names)).with_columns(
            pl.Series("seed", seeds), pl.Series("ok", published[seeds])
        )
        frame = frame.join(changes, on="seed", how="left", suffix="_new", maintain_order="left")
        status = pl.when("ok").then(pl.lit("published")).otherwise(pl.lit("rejected"))
        frame = frame.with_columns(
            pl.coalesce("status", status).alias("status"),
            pl.coalesce("reason", "reason_new").alias("reason"),
            pl.coalesce("detail", "detail_new").alias("detail"),
        )
        yield frame.select(schema.names).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)


def file_digest(path: Path) -> tuple[int, str]:
    """Length in bytes and sha256 (hex) of a file."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    return path.stat().st_size, digest.hexdigest()

"""Published records -> Parquet shards."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus_vn_police.buffers import from_numpy
from corpus_vn_police.contract import load_contract
from corpus_vn_police.dataset.files import BuildFile, ShardTally
from corpus_vn_police.dataset.layout import shard_path
from corpus_vn_police.dataset.schemas import contracts_in
from corpus_vn_police.files import file_digest
from corpus_vn_police.stages.split import SPLITS
from corpus_vn_police.state.index import Index, SeedRecords, Seeds

SHARD_BYTES = 256 << 20
"""A shard closes when its text reaches this many bytes of UTF-8."""

# The Hub's viewer wants row groups of 100 to 300 MB in memory, and `datasets` reads a whole one
# at a time when it streams. What a row takes beside its text or bytes is about this much.
_GROUP_BYTES = 16 << 20
_ROW_BYTES = 256

SOURCE_DATA = "seed bytes"
"""The column of a part's records that holds the seed's bytes; no field has such a name."""


@dataclass(frozen=True)
class Shard:
    """A shard to be written.

    Attributes:
        config, split: whose.
        number: which of that split's shards, from 0.
        count: how many shards that split has.
        records: where its records are, in order.
        duplicates: how many seeds were left out for each of them (int32).
    """

    config: str
    split: str
    number: int
    count: int
    records: SeedRecords
    duplicates: npt.NDArray[np.int32]

    @property
    def path(self) -> str:
        """Its path below the build."""
        return shard_path(self.config, self.split, self.number, self.count)


def plan_shards(index: Index, order: Seeds, copied: pl.DataFrame, configs: list[str]) -> list[Shard]:
    """Decide which records go into which shard.

    Args:
        index: all seeds.
        order: the numbers of the published ones, in path order.
        copied: `seed` and `duplicates`, as `dedup.Settled` has them.
        configs: which configs are built.

    Returns:
        The shards of every config, split and number, in that order; none for an empty split.
    """
    duplicates = np.zeros(len(index) if len(copied) else 0, np.int32)
    duplicates[copied["seed"].to_numpy()] = copied["duplicates"].to_numpy()
    shards = []
    for code, split in enumerate(SPLITS):
        mine = order[index.splits[order] == code]
        bounds = cut_shards(index.text_bytes[mine])
        for number, (start, stop) in enumerate(bounds):
            seeds = mine[start:stop]
            records = index.records_of(seeds)
            count = duplicates[seeds] if len(copied) else np.zeros(len(seeds), np.int32)
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


def write_shard(out: Path, shard: Shard) -> BuildFile:
    """Write one shard.

    Args:
        out: the build folder, which has its schemas already.
        shard: which records.

    Raises:
        OSError: the disk is full or fails.
    """
    held = shard.records.data_bytes if shard.config == "sources" else shard.records.text_bytes
    schema = contracts_in(out)[shard.config].schema
    groups = (_rows(shard, schema, start, stop) for start, stop in cut_groups(held))
    return write_groups(out, shard.path, shard.config, shard.split, groups)


def cut_groups(held: npt.NDArray[np.integer]) -> list[tuple[int, int]]:
    """Cut a shard's rows into row groups, by the bytes of text (or of the seed) of each: first row, and one past."""
    return _cut(held.astype(np.int64) + _ROW_BYTES, _GROUP_BYTES)


def cut_shards(text_bytes: npt.NDArray[np.integer]) -> list[tuple[int, int]]:
    """Cut a split's rows into shards, by the bytes of text of each: first row, and one past the last."""
    return _cut(text_bytes, SHARD_BYTES)


def write_groups(out: Path, name: str, config: str, split: str, groups: Iterable[pa.Table]) -> BuildFile:
    """Write the row groups of a shard, in order.

    Args:
        out: the build folder.
        name: the shard's path below it.
        config: whose it is.
        split: whose it is.
        groups: its rows; each table is a row group.

    Raises:
        OSError: the disk is full or fails.
    """
    path = out / name
    path.parent.mkdir(exist_ok=True)
    tally = ShardTally(name, config, split)
    with parquet_writer(path, contracts_in(out)[config].schema) as writer:
        for table in groups:
            writer.write_table(table, row_group_size=table.num_rows)
            tally.add(table)
    return tally.file(*file_digest(path))


def _rows(shard: Shard, schema: pa.Schema, start: int, stop: int) -> pa.Table:
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


@contextmanager
def parquet_writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """Write a Parquet file of a build, with the settings of all of them."""
    # By its bytes: pyarrow takes a text for UTF-8, whatever the locale has names in.
    with (
        pa.OSFile(os.fsencode(path), "wb") as sink,
        pq.ParquetWriter(
            sink,
            # The Hub's viewer looks for the second key to know that pages are cut by content.
            schema.with_metadata({**(schema.metadata or {}), b"use_content_defined_chunking": b"true"}),
            compression="zstd",
            use_content_defined_chunking=True,
            write_page_index=True,
            store_schema=True,
        ) as writer,
    ):
        yield writer

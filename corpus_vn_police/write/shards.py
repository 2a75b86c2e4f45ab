"""Published records -> Parquet shards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from corpus_vn_police.buffers import from_numpy
from corpus_vn_police.dataset.cuts import cut_blocks, cut_shards
from corpus_vn_police.dataset.digest import ColumnHashes
from corpus_vn_police.dataset.files import BuildFile, ShardTally
from corpus_vn_police.dataset.layout import shard_path
from corpus_vn_police.dataset.schemas import contracts_in
from corpus_vn_police.files import file_digest
from corpus_vn_police.stages.split import SPLITS
from corpus_vn_police.state.index import Index, SeedRecords, Seeds
from corpus_vn_police.write import parquet
from corpus_vn_police.write.parquet import parquet_writer
from corpus_vn_police.write.reuse import Reusable, Written, key_of

SOURCE_DATA = "seed bytes"
"""The column in a part's records that holds the seed's bytes; no field has such a name."""

STAND_OFF = "annotations of the text"
"""The column in a part's records that holds a row of the config "annotations" without its id, as a struct."""


@dataclass(frozen=True)
class Block:
    """A block of the content digest to hash, and the shards to write that begin in it.

    So several blocks can be done at the same time. The last shard may continue in the next block, which reads its rows
    again to hash them.

    Attributes:
        config, split: the config and split that it belongs to.
        records: the records, from the first one of the block to the last one of the block or of its shards, in order.
        duplicates: for each record, the number of its duplicates (int32).
        rows: how many of these rows belong to the block; they come first.
        shards: the paths of the shards in the build, each with its first row and the row after its last.
    """

    config: str
    split: str
    records: SeedRecords
    duplicates: npt.NDArray[np.int32]
    rows: int
    shards: tuple[tuple[str, int, int], ...]

    def key(self, schema: pa.Schema, start: int, stop: int) -> str:
        """The key of some of the records; see `reuse.key_of`."""
        records = replace(self.records, seeds=self.records.seeds[start:stop])
        return key_of(self.config, schema, records, self.duplicates[start:stop])


def plan_blocks(index: Index, order: Seeds, copied: pl.DataFrame, configs: list[str], mib: int | None) -> list[Block]:
    """Decide which records go into which block and shard.

    Args:
        index: all seeds.
        order: the numbers of the published seeds, in path order.
        copied: `seed` and `duplicates`, as in `dedup.Settled`.
        configs: which configs are built.
        mib: as in `dataset.cuts.shard_limit`.

    Returns:
        The blocks, sorted by config, split and position; none for an empty split.
    """
    duplicates = np.zeros(len(index) if len(copied) else 0, np.int32)
    duplicates[copied["seed"].to_numpy()] = copied["duplicates"].to_numpy()
    ids = index.ids()
    blocks = []
    for code, split in enumerate(SPLITS):
        mine = order[index.splits[order] == code]
        text_bytes = index.text_bytes[mine]
        shards = cut_shards(text_bytes, ids[mine], mib)
        for start, stop in cut_blocks(text_bytes):
            begun = [number for number, (first, _) in enumerate(shards) if start <= first < stop]
            seeds = mine[start : max([stop, *(shards[number][1] for number in begun)])]
            records = index.records_of(seeds)
            count = duplicates[seeds] if len(copied) else np.zeros(len(seeds), np.int32)
            for config in configs:
                files = tuple(
                    (
                        shard_path(config, split, number, len(shards)),
                        shards[number][0] - start,
                        shards[number][1] - start,
                    )
                    for number in begun
                )
                blocks.append(Block(config, split, records, count, stop - start, files))
    return sorted(blocks, key=lambda block: configs.index(block.config))


def write_block(out: Path, reusable: Reusable, block: Block) -> Written:
    """Hash a block, and write the shards that begin in it, or take them from the previous build.

    Args:
        out: the build folder, which has its schemas already.
        reusable: what can be used of the previous build.
        block: the block, with its records.

    Raises:
        OSError: the disk is full or fails.
    """
    held = block.records.data_bytes if block.config == "sources" else block.records.text_bytes
    schema, hashes = contracts_in(out)[block.config].schema, ColumnHashes()
    key = block.key(schema, 0, block.rows)
    known = reusable.blocks.get(key)

    def tables(first: int, last: int) -> Iterator[pa.Table]:
        for start, stop in cut_groups(held[first:last]):
            table = _rows(block, schema, first + start, first + stop)
            if known is None:
                hashes.update(table.slice(0, max(0, block.rows - first - start)))
            yield table

    def hash_rows(first: int, last: int) -> None:
        for _ in tables(first, last) if known is None else ():
            pass

    hash_rows(0, block.shards[0][1] if block.shards else block.rows)  # those that a shard of the block before has
    shards = {}
    for path, start, stop in block.shards:
        mine = block.key(schema, start, stop)
        taken = reusable.take(mine, out, path, block.split)
        if taken is not None:
            hash_rows(start, min(stop, block.rows))
        shards[mine] = taken or write_groups(out, path, block.config, block.split, tables(start, stop))
    return Written(block.config, block.split, key, known or hashes.digest(), shards)


def cut_groups(held: npt.NDArray[np.integer]) -> list[tuple[int, int]]:
    """Cut a shard into row groups, by the bytes of text (or seed) per row: first row, and the one after the last."""
    return cut_blocks(held.astype(np.int64) + parquet.ROW_BYTES, parquet.GROUP_BYTES)


def write_groups(out: Path, name: str, config: str, split: str, groups: Iterable[pa.Table]) -> BuildFile:
    """Write the row groups of a shard, in order.

    Args:
        out: the build folder.
        name: the shard's path in it.
        config: its config.
        split: its split.
        groups: its rows; each table becomes a row group.

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


def _rows(block: Block, schema: pa.Schema, start: int, stop: int) -> pa.Table:
    if block.config == "default":
        table = block.records.gather(start, stop, schema.names)
        place = schema.get_field_index("duplicates")
        return table.set_column(place, schema.field(place), from_numpy(block.duplicates[start:stop])).cast(schema)
    if block.config == "sources":
        table = block.records.gather(start, stop, ["id", "source", SOURCE_DATA])
        paths = pa.chunked_array([chunk.flatten()[0] for chunk in table.column("source").chunks], pa.string())
        return pa.table([table.column("id"), paths, table.column(SOURCE_DATA)], schema=schema)
    table = block.records.gather(start, stop, ["id", STAND_OFF])
    spans = table.select([STAND_OFF]).flatten()
    lists = [table.column("id"), *spans.columns]
    return pa.table([column.cast(field.type) for column, field in zip(lists, schema, strict=True)], schema=schema)

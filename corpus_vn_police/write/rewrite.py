"""A build -> the same build without some of its records: same rows, same order, same rule for shards."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from corpus_vn_police.buffers import from_numpy
from corpus_vn_police.contract import CONFIGS, load_contract
from corpus_vn_police.dataset.cuts import cut_shards
from corpus_vn_police.dataset.digest import ContentHashes
from corpus_vn_police.dataset.files import BuildFile
from corpus_vn_police.dataset.layout import LEDGER, shard_path, shard_paths
from corpus_vn_police.dataset.parquet import row_groups
from corpus_vn_police.dataset.rows import Published
from corpus_vn_police.dataset.schemas import contracts_in
from corpus_vn_police.dataset.tombstones import Tombstones
from corpus_vn_police.ids import id_numbers
from corpus_vn_police.stages.split import SPLITS
from corpus_vn_police.write.ledger import LEDGER_ROWS, tombstone_rows, write_ledger
from corpus_vn_police.write.shards import cut_groups, write_groups


@dataclass(frozen=True)
class Leaving:
    """The content that a build loses.

    Attributes:
        records: the ids of the published records that are removed.
        fewer: id of a record that stays -> how many of its copies are removed.
        rows: the ledger rows that become tombstones.
    """

    records: frozenset[str]
    fewer: dict[str, int]
    rows: Tombstones


def rewrite_ledger(old: Path, new: Path, leaving: Leaving) -> dict[str, int]:
    """Write a build's ledger with more tombstones than it had.

    Args:
        old: the build.
        new: the folder of the new one.
        leaving: what is removed.

    Returns:
        The number of rows of each status.
    """
    stay, tombstones = 0, [pl.DataFrame(schema={"id": pl.String, "sha256": pl.String})]
    for table in _ledger(old):
        going = _going(table, leaving.rows)
        stay += int((~going).sum())
        tombstones.append(pl.DataFrame(table.select(["id", "sha256"])).filter(going))
    counts = [min(LEDGER_ROWS, stay - start) for start in range(0, stay, LEDGER_ROWS)]

    def rows() -> Iterator[pa.Table]:
        kept = (_filter(table, ~_going(table, leaving.rows)) for table in _ledger(old))
        yield from _recut(kept, counts)
        yield from tombstone_rows(pl.concat(tombstones).sort("id", "sha256"))

    return write_ledger(rows(), new / LEDGER)


def _going(ledger: pa.Table, rows: Tombstones) -> pl.Series:
    frame = pl.DataFrame(ledger.select(["id", "sha256", "status"]))
    return rows.holds(frame["id"], frame["sha256"]) | (frame["status"] == "removed")


def rewrite_shards(
    old: Path, new: Path, leaving: Leaving, mib: int | None, hashes: ContentHashes
) -> Iterator[BuildFile]:
    """Write the shards of every config of a build without some of its records.

    Args:
        old: the build.
        new: the folder of the new one.
        leaving: what is removed.
        mib: as in `dataset.cuts.shard_limit`.
        hashes: an object without rows; all rows that are written are added to it.

    Returns:
        The shards, sorted by config, split and number; none for a split that is now empty.
    """
    splits = {split: _Sizes.measure(old, split, leaving) for split in SPLITS}
    for config in CONFIGS:
        for split, sizes in splits.items():
            if len(sizes.text) and shard_paths(old, config, split):
                bounds = cut_shards(sizes.text, sizes.ids, mib)
                held = sizes.data if config == "sources" else sizes.text
                groups = [[stop - start for start, stop in cut_groups(held[slice(*bound)])] for bound in bounds]
                rows = _recut(_kept(old, config, split, leaving), [count for shard in groups for count in shard])
                for number, shard in enumerate(groups):
                    name = shard_path(config, split, number, len(groups))
                    tables = _hashed(itertools.islice(rows, len(shard)), config, split, hashes)
                    yield write_groups(new, name, config, split, tables)


def _hashed(tables: Iterable[pa.Table], config: str, split: str, hashes: ContentHashes) -> Iterator[pa.Table]:
    for table in tables:
        hashes.update(config, split, table)
        yield table


@dataclass(frozen=True)
class _Sizes:
    """For every record of a split that stays: the bytes of its text and of its seed (uint32), and its id (uint64).

    For a seed longer than 2**32 - 1 bytes, the value is that number.
    """

    text: npt.NDArray[np.uint32]
    data: npt.NDArray[np.uint32]
    ids: npt.NDArray[np.uint64]

    @classmethod
    def measure(cls, folder: Path, split: str, leaving: Leaving) -> _Sizes:
        """Measure the records of a split."""
        published = Published.open(folder, split)
        sizes = cls(
            np.empty(len(published), np.uint32),
            np.empty(len(published), np.uint32),
            np.empty(len(published), np.uint64),
        )
        count, going = 0, list(leaving.records)
        for batch in published.batches("id", "text", "source.bytes"):
            frame = batch.filter(~pl.col("id").is_in(going))
            here = slice(count, count + len(frame))
            sizes.text[here] = frame["text"].str.len_bytes().to_numpy()
            sizes.data[here] = frame["source"].struct.field("bytes").clip(0, 2**32 - 1).to_numpy()
            sizes.ids[here] = id_numbers(frame["id"]).to_numpy()
            count += len(frame)
        return cls(sizes.text[:count], sizes.data[:count], sizes.ids[:count])


def _kept(folder: Path, config: str, split: str, leaving: Leaving) -> Iterator[pa.Table]:
    """The rows of a split that stay, one row group at a time."""
    contract = contracts_in(folder)[config]
    names = [path.relative_to(folder).as_posix() for path in shard_paths(folder, config, split)]
    for table in row_groups(folder, names, contract):
        ids = pl.Series(table.column("id"))
        table = _filter(table, ~ids.is_in(list(leaving.records)))
        if config == "default" and leaving.fewer:
            table = _with_fewer(table, leaving.fewer)
        yield table.cast(contract.schema)


def _with_fewer(table: pa.Table, fewer: dict[str, int]) -> pa.Table:
    fewer_here = pl.Series(table.column("id")).replace_strict(fewer, default=0, return_dtype=pl.Int32)
    duplicates = pl.Series(table.column("duplicates")) - fewer_here
    place = table.schema.get_field_index("duplicates")
    return table.set_column(place, table.schema.field(place), from_numpy(duplicates.to_numpy()))


def _ledger(folder: Path) -> Iterator[pa.Table]:
    return row_groups(folder, [LEDGER], load_contract("ledger"))


def _filter(table: pa.Table, mask: pl.Series) -> pa.Table:
    return table if mask.all() else table.filter(mask.to_arrow(compat_level=pl.CompatLevel.oldest()))


def _recut(tables: Iterable[pa.Table], counts: Iterable[int]) -> Iterator[pa.Table]:
    """Cut tables again, into tables with the given numbers of rows; at most one table of each kind is in memory."""
    tables = iter(tables)
    waiting: list[pa.Table] = []
    held = 0
    for count in counts:
        while held < count:
            table = next(tables, None)
            if table is None:
                raise ValueError("the configs have not the same number of rows")
            waiting.append(table)
            held += table.num_rows
        joined = pa.concat_tables(waiting)
        yield joined.slice(0, count).combine_chunks()
        waiting, held = [joined.slice(count)], held - count

"""Check the rows of a build's Parquet files: can they be read, do they fit their schema, is their split right?"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus_vn_police.commands.verify.findings import Findings
from corpus_vn_police.commands.verify.records import Beside, Identities, Records
from corpus_vn_police.config import Splits
from corpus_vn_police.contract import Contract, json_rows, violation
from corpus_vn_police.dataset.digest import text_sizes
from corpus_vn_police.dataset.files import ShardTally, find_shards
from corpus_vn_police.dataset.layout import FOLDERS
from corpus_vn_police.dataset.parquet import open_table
from corpus_vn_police.dataset.schemas import contracts_in
from corpus_vn_police.engine.local import give_back_memory, map_tasks
from corpus_vn_police.engine.processors import available_processors
from corpus_vn_police.errors import DamagedError
from corpus_vn_police.files import file_digest
from corpus_vn_police.ids import id_numbers
from corpus_vn_police.stages.split import SPLITS, assign_split
from corpus_vn_police.state.path_order import misplaced

_MOST_THREADS = 4  # each holds a row group or two; one thread alone hashes what they have read


def check_config(folder: Path, config: str, splits: Splits, findings: Findings) -> None:
    """Check the rows of a config: its columns, every value, its splits; gather what others ask for."""
    shards = {shard.path: shard for shard in find_shards(folder, config)}
    groups = [(shard, group) for shard in shards.values() for group in _groups(folder, shard, findings)]
    work = functools.partial(_check_group, folder, contracts_in(folder)[config], splits)
    order, failed = PathOrders(), set()
    with closing(map_tasks(work, groups, min(available_processors(), _MOST_THREADS))) as results:
        for (shard, _), checked in zip(groups, results, strict=True):
            if shard.path in failed:
                continue
            if isinstance(checked, DamagedError):
                failed.add(shard.path)
                findings.unreadable(shard.path, checked)
                continue
            shard.add(checked.table)
            _gather(shard, checked, findings)
            if config == "default":
                order.add(shard.split, pl.Series("path", checked.table.column("source").combine_chunks().field("path")))
    for shard in shards.values():
        digest = findings.files.get(shard.path) or file_digest(folder / shard.path)  # one that is not listed
        findings.shards.append(shard.file(*digest))
        if findings.readable and not shard.rows:
            findings.add(shard.path, "file.empty", "holds no row; a split without records has no file")
            findings.readable = False
    order.report(FOLDERS[config], findings)


def _groups(folder: Path, shard: ShardTally, findings: Findings) -> range:
    """The numbers of a shard's row groups; none if it cannot be opened."""
    try:
        with open_table(folder, shard.path, contracts_in(folder)[shard.config]) as table:
            return range(len(table.sizes))
    except DamagedError as error:
        findings.unreadable(shard.path, error)
        return range(0)


@dataclass(frozen=True)
class _Checked:
    """A row group: its rows, their identities, what is wrong with them, and whether all have what they must have."""

    table: pa.Table
    identities: Identities
    problems: tuple[tuple[str, str], ...]
    is_complete: bool


def _check_group(
    folder: Path, contract: Contract, splits: Splits, group: tuple[ShardTally, int]
) -> _Checked | DamagedError:
    """Check the rows of a row group by themselves; several threads do so at once."""
    shard, number = group
    try:
        with open_table(folder, shard.path, contract) as file:
            table = file.group(number)
    except DamagedError as error:
        return error
    problems = [*row_problems(table, contract)]
    if shard.config == "default":
        problems += _split_problems(table, shard.split, splits)
    identities = _identities(table, shard.config)
    give_back_memory()
    complete = not any(table[name].null_count for name in contract.schema.names if name not in contract.nullable)
    return _Checked(table, identities, tuple(problems), complete)


def _gather(shard: ShardTally, checked: _Checked, findings: Findings) -> None:
    """Note what was found in a row group, and what others ask for."""
    for code, detail in checked.problems:
        findings.add(shard.path, code, detail)
    findings.readable &= checked.is_complete  # by those that compare texts
    findings.hashes.update(shard.config, shard.split, checked.table)
    records = findings.records.setdefault(shard.split, Records())
    if shard.config != "default":
        beside = findings.beside.setdefault((shard.config, shard.split), Beside(shard.config == "sources"))
        beside.add(checked.identities, records.all)
        return
    records.add(checked.identities)
    findings.duplicates.append(_left_out_for(checked.table))
    findings.text_bytes.setdefault(shard.split, []).append(text_sizes(checked.table))


class PathOrders:
    """Whether the rows of each split stand in the order of their paths."""

    def __init__(self) -> None:
        """No rows yet."""
        self._orders: dict[str, PathOrder] = {}

    def add(self, split: str, paths: pl.Series) -> None:
        """Look at the next rows of a split."""
        self._orders.setdefault(split, PathOrder()).add(paths)

    def report(self, folder: str, findings: Findings) -> None:
        """Name what is wrong, if something is."""
        for split, order in self._orders.items():
            order.report(f"{folder}/{split}", "records.order", findings)


@dataclass
class PathOrder:
    """Whether rows stand in the order of their paths, table after table.

    Attributes:
        last: the path of the last row so far.
        misplaced: how many rows come before the one above them.
    """

    last: str | None = None
    misplaced: int = 0

    def add(self, paths: pl.Series) -> None:
        """Look at the next rows; those without a path have no place."""
        here = pl.concat([pl.Series("path", [] if self.last is None else [self.last], pl.String), paths.drop_nulls()])
        if len(here):
            self.misplaced += misplaced(here)
            self.last = here[-1]

    def report(self, name: str, code: str, findings: Findings) -> None:
        """Name what is wrong, if something is."""
        if self.misplaced:
            findings.add(name, code, f"{self.misplaced} rows come before the row above them by path")


def tables_of(folder: Path, name: str, contract: Contract, findings: Findings) -> Iterator[pa.Table]:
    """A Parquet file's rows by row group, as long as it can be read and has the right columns."""
    try:
        with open_table(folder, name, contract) as table:
            yield from table.tables()
    except DamagedError as error:
        findings.unreadable(name, error)


def row_problems(table: pa.Table, contract: Contract) -> Iterator[tuple[str, str]]:
    """Check every row of a table against its schema: code and detail of what is wrong."""
    valid = pl.DataFrame(table).select(contract.valid)
    bad = (~valid.to_series()).arg_true()
    if not len(bad):
        return
    first = json_rows(table.slice(bad[0], 1))[0]
    found = violation(contract.validator, first)
    where = f"{found[1]}: {found[2]}" if found else "the columnar check alone rejects it"
    yield "schema.row", f"{len(bad)} rows break {contract.name}; the first is row {bad[0]}, {where}"


def _split_problems(table: pa.Table, split: str, splits: Splits) -> Iterator[tuple[str, str]]:
    """Each record is in the split that its date, or its id, says."""
    meant = assign_split(pl.DataFrame(table.select(["id", "date"])), splits)
    wrong = (meant != SPLITS.index(split)).arg_true()
    if len(wrong):
        where = f"{len(wrong)} records belong to other splits; the first, row {wrong[0]}, to {SPLITS[meant[wrong[0]]]}"
        yield "splits.assignment", where


def _identities(table: pa.Table, config: str) -> Identities:
    """Id and sha256 of a table's rows; the annotations have no sha256."""
    ids = id_numbers(pl.Series("id", table.column("id"))).to_numpy()
    if config == "annotations":
        return Identities(ids, np.zeros(len(ids), np.uint64))
    if config == "default":
        sha256 = pl.Series("sha256", table.column("source").combine_chunks().field("sha256"))
        return Identities(ids, id_numbers(sha256).to_numpy())
    digests = b"".join(hashlib.sha256(data).digest()[:8] for data in _views(table.column("data")))
    return Identities(ids, np.frombuffer(digests, ">u8").astype(np.uint64))


def _left_out_for(table: pa.Table) -> pl.DataFrame:
    """The records that others were left out for: their ids (64 bits), and how many they say."""
    frame = pl.DataFrame(table.select(["id", "duplicates"])).filter(pl.col("duplicates") != 0)
    return pl.DataFrame([id_numbers(frame["id"]), frame["duplicates"].cast(pl.Int64)])


def _views(column: pa.ChunkedArray) -> Iterator[Any]:
    for chunk in column.chunks:
        for value in chunk:
            yield value.as_buffer() or b""

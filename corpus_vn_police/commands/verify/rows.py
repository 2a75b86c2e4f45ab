"""Check the rows of a build's Parquet files: can they be read, do they fit their schema, is their split right?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from corpus_vn_police.commands.verify.findings import Findings
from corpus_vn_police.config import Splits
from corpus_vn_police.contract import Contract, json_rows, violation
from corpus_vn_police.dataset.digest import text_sizes
from corpus_vn_police.dataset.files import find_shards
from corpus_vn_police.dataset.layout import FOLDERS
from corpus_vn_police.dataset.parquet import ColumnsError, open_table
from corpus_vn_police.dataset.schemas import contracts_in
from corpus_vn_police.errors import DamagedError
from corpus_vn_police.files import file_digest
from corpus_vn_police.ids import id_numbers
from corpus_vn_police.stages.split import SPLITS, assign_split
from corpus_vn_police.state.path_order import misplaced


def check_config(folder: Path, config: str, splits: Splits, findings: Findings) -> None:
    """Check the rows of a config: its columns, every value, its splits; gather what others ask for."""
    contract = contracts_in(folder)[config]
    orders: dict[str, PathOrder] = {}
    for shard in find_shards(folder, config):
        ids = findings.ids.setdefault((config, shard.split), [])
        for table in tables_of(folder, shard.path, contract, findings):
            shard.add(table)
            findings.hashes.update(config, shard.split, table)
            check_rows(table, shard.path, contract, findings)
            if any(table[name].null_count for name in contract.schema.names if name not in contract.nullable):
                findings.readable = False  # by those that compare texts
            ids.append(_identity(table, config))
            if config == "default":
                findings.duplicates.append(_left_out_for(table))
                findings.text_bytes.setdefault(shard.split, []).append(text_sizes(table))
                _check_splits(table, shard.split, splits, shard.path, findings)
                paths = table.column("source").combine_chunks().field("path")
                orders.setdefault(shard.split, PathOrder()).add(pl.Series("path", paths))
        digest = findings.files.get(shard.path) or file_digest(folder / shard.path)  # one that is not listed
        findings.shards.append(shard.file(*digest))
        if findings.readable and not shard.rows:
            findings.add(shard.path, "file.empty", "holds no row; a split without records has no file")
            findings.readable = False
    for split, order in orders.items():
        order.report(f"{FOLDERS[config]}/{split}", "records.order", findings)


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
        findings.add(name, "schema.columns" if isinstance(error, ColumnsError) else "file.unreadable", error.what)
        findings.readable = False


def check_rows(table: pa.Table, name: str, contract: Contract, findings: Findings) -> None:
    """Check every row of a table against its schema."""
    valid = pl.DataFrame(table).select(contract.valid)
    bad = (~valid.to_series()).arg_true()
    if not len(bad):
        return
    first = json_rows(table.slice(bad[0], 1))[0]
    found = violation(contract.validator, first)
    where = f"{found[1]}: {found[2]}" if found else "the columnar check alone rejects it"
    findings.add(name, "schema.row", f"{len(bad)} rows break {contract.name}; the first is row {bad[0]}, {where}")


def _check_splits(table: pa.Table, split: str, splits: Splits, name: str, findings: Findings) -> None:
    """Each record is in the split that its date, or its id, says."""
    meant = assign_split(pl.DataFrame(table.select(["id", "date"])), splits)
    wrong = (meant != SPLITS.index(split)).arg_true()
    if len(wrong):
        where = f"{len(wrong)} records belong to other splits; the first, row {wrong[0]}, to {SPLITS[meant[wrong[0]]]}"
        findings.add(name, "splits.assignment", where)


def _identity(table: pa.Table, config: str) -> pl.DataFrame:
    """Id and sha256 of a table's rows, the first 64 bits of both; 0 for the annotations, which have no sha256.

    The digests of files and contents hold every bit; this is for telling rows apart, in 16 bytes.
    """
    ids = pl.Series("id", table.column("id"))
    if config == "default":
        sha256 = pl.Series("sha256", table.column("source").combine_chunks().field("sha256"))
    elif config == "sources":
        sha256 = pl.Series("sha256", [hashlib.sha256(data).hexdigest() for data in _views(table.column("data"))])
    else:
        sha256 = pl.Series("sha256", ["0"], pl.String).new_from_index(0, len(ids))
    return pl.DataFrame([id_numbers(ids), id_numbers(sha256)])


def _left_out_for(table: pa.Table) -> pl.DataFrame:
    """The records that others were left out for: their ids (64 bits), and how many they say."""
    frame = pl.DataFrame(table.select(["id", "duplicates"])).filter(pl.col("duplicates") != 0)
    return pl.DataFrame([id_numbers(frame["id"]), frame["duplicates"].cast(pl.Int64)])


def _views(column: pa.ChunkedArray) -> Iterator[Any]:
    for chunk in column.chunks:
        for value in chunk:
            yield value.as_buffer() or b""

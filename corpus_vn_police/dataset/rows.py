"""The published records of a build folder, batch by batch."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from corpus_vn_police.contract import Contract, load_contract
from corpus_vn_police.dataset.layout import LEDGER, shard_paths
from corpus_vn_police.dataset.parquet import TableFile, open_table, row_groups, scan
from corpus_vn_police.dataset.schemas import contracts_in
from corpus_vn_police.errors import DamagedError
from corpus_vn_police.stages.split import SPLITS

_AT_ONCE = 2_000  # the most records in a batch


@dataclass(frozen=True)
class Published:
    """The records of a build, numbered by split, shard and row.

    Attributes:
        folder: the build.
        config: the config that these rows belong to.
        contract: the contract that they follow.
        groups: for every row group, its file (the path in the build) and its number in that file.
        ends: for every row group, how many records there are up to its end (int64).
    """

    folder: Path
    config: str
    contract: Contract
    groups: tuple[tuple[str, int], ...]
    ends: npt.NDArray[np.int64]

    @classmethod
    def open(cls, folder: Path, *splits: str, config: str = "default") -> Published:
        """Open the rows of a config in a build folder, in the named splits or, if none is named, in all.

        Raises:
            DamagedError: a file cannot be opened, or has other columns.
        """
        groups: list[tuple[str, int]] = []
        sizes: list[int] = []
        contract = contracts_in(folder)[config]
        for path in shard_paths(folder, config, *splits or SPLITS):
            name = path.relative_to(folder).as_posix()
            with open_table(folder, name, contract) as table:
                groups += [(name, number) for number in range(len(table.sizes))]
                sizes += table.sizes
        return cls(folder, config, contract, tuple(groups), np.cumsum(sizes, dtype=np.int64))

    def __len__(self) -> int:
        """How many records there are."""
        return int(self.ends[-1]) if len(self.ends) else 0

    def without(self, paths: Collection[str]) -> Published:
        """The same records without those in some files; they are numbered again from 0."""
        stay = np.array([name not in paths for name, _ in self.groups], np.bool_)
        groups = tuple(group for group, stays in zip(self.groups, stay.tolist(), strict=True) if stays)
        return replace(self, groups=groups, ends=np.cumsum(np.diff(self.ends, prepend=0)[stay]))

    def batches(self, *columns: str) -> Iterator[pl.DataFrame]:
        """All records in order, in tables of at most 2,000 rows.

        Raises:
            DamagedError: a file cannot be read, holds strings that are not UTF-8, or has null in a field that must have
                a value.
        """
        for group in range(len(self.groups)):
            yield from self.batches_of(group, *columns)

    def batches_of(self, group: int, *columns: str, at_once: int = _AT_ONCE) -> Iterator[pl.DataFrame]:
        """The records of one row group in order, in tables of at most `at_once` rows; errors as for `batches`."""
        name, number = self.groups[group]
        with self._open(name) as table:
            for batch in table.batches(number, columns, at_once):
                yield self._filled(name, batch)

    def by_group(self, *columns: str) -> Iterator[pl.DataFrame]:
        """All records in order, one row group at a time, which is faster; errors as for `batches`.

        A row group has 16 MiB of text, or one longer text.
        """
        for name, number in self.groups:
            with self._open(name) as table:
                yield self._filled(name, table.group(number, columns))

    def column(self, name: str) -> pl.Series:
        """One column of all records."""
        return pl.concat([batch[name] for batch in self.batches(name)])

    def texts(self, places: npt.NDArray[np.integer]) -> pl.Series:
        """The texts of the records with these numbers, which must be sorted; other row groups are not read."""
        return pl.concat([pl.Series("text", [], pl.String), *(rows["text"] for rows in self.rows(places, "text"))])

    def rows(self, places: npt.NDArray[np.integer], *columns: str) -> Iterator[pl.DataFrame]:
        """Columns of the records with these numbers, which must be sorted; other row groups are not read."""
        holders = np.searchsorted(self.ends, places, side="right")
        for holder in np.unique(holders):
            name, number = self.groups[holder]
            with self._open(name) as table:
                read = self._filled(name, table.group(number, columns))
            start = self.ends[holder - 1] if holder else 0
            # By way of Arrow: rows that Polars selects keep the strings of the whole row group in memory.
            picked = read[places[holders == holder] - start].to_arrow(compat_level=pl.CompatLevel.oldest())
            yield pl.DataFrame(picked)

    def _filled(self, name: str, table: pa.Table) -> pl.DataFrame:
        """A table as a frame, after checking that no field that must have a value is null."""
        nullable = self.contract.nullable
        for field, column in zip((flat := table.flatten()).column_names, flat.columns, strict=True):
            if column.null_count and field not in nullable and field.partition(".")[0] not in nullable:
                raise DamagedError.of(self.folder, f"{name}: a row without {field}")
        return pl.DataFrame(table)

    def _open(self, name: str) -> contextlib.AbstractContextManager[TableFile]:
        return open_table(self.folder, name, self.contract)


def scan_shards(folder: Path, config: str, *splits: str) -> pl.LazyFrame:
    """The rows of a config as a lazy frame, of the named splits or of all; see `dataset.parquet.scan`.

    Raises:
        DamagedError: a file cannot be opened, or there is none.
    """
    names = [path.relative_to(folder).as_posix() for path in shard_paths(folder, config, *splits or SPLITS)]
    return scan(folder, names, contracts_in(folder)[config])


def ledger_groups(folder: Path, *columns: str) -> Iterator[pl.DataFrame]:
    """The rows of the ledger, one row group of at most 65,536 rows at a time.

    Raises:
        DamagedError: it cannot be read, or has other columns.
    """
    return map(pl.DataFrame, row_groups(folder, [LEDGER], load_contract("ledger"), columns or None))


def ledger_rows(folder: Path, wanted: pl.Expr, columns: Sequence[str] = (), most: int = 1 << 32) -> pl.DataFrame:
    """Select rows of the ledger; only the selected ones are held in memory.

    Args:
        folder: the build.
        wanted: the condition, on the columns and on `place` (uint32), the number of the row in the ledger.
        columns: the columns to return after `place`; empty means all.
        most: the most rows to return; the first ones are returned.

    Raises:
        DamagedError: as for `ledger_groups`.
    """
    found, held, first = [], 0, 0
    for frame in ledger_groups(folder, *columns):
        rows = frame.with_row_index("place", first).filter(wanted).head(most - held)
        # By way of Arrow: rows that Polars filters keep the strings of all rows in memory.
        found.append(rows.to_arrow(compat_level=pl.CompatLevel.oldest()))
        held, first = held + len(rows), first + len(frame)
        if held == most:
            break
    return pl.DataFrame(pa.concat_tables(found))


def scan_ledger(folder: Path) -> pl.LazyFrame:
    """The rows of the ledger as a lazy frame.

    Raises:
        DamagedError: it cannot be opened, or has other columns.
    """
    return scan(folder, [LEDGER], load_contract("ledger"))

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

_AT_ONCE = 2_000  # records of a batch


@dataclass(frozen=True)
class Published:
    """The records of a build, numbered in the order of splits, shards and rows.

    Attributes:
        folder: the build.
        config: whose rows these are.
        contract: what they hold to.
        groups: the file (its path below the build) and the number in it of every row group.
        ends: how many records there are up to the end of every row group (int64).
    """

    folder: Path
    config: str
    contract: Contract
    groups: tuple[tuple[str, int], ...]
    ends: npt.NDArray[np.int64]

    @classmethod
    def open(cls, folder: Path, *splits: str, config: str = "default") -> Published:
        """The rows of a config in the named splits of a build folder; or of all splits if none is named.

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
        """These records without those in some files, numbered anew."""
        stay = np.array([name not in paths for name, _ in self.groups], np.bool_)
        groups = tuple(group for group, stays in zip(self.groups, stay.tolist(), strict=True) if stays)
        return replace(self, groups=groups, ends=np.cumsum(np.diff(self.ends, prepend=0)[stay]))

    def batches(self, *columns: str) -> Iterator[pl.DataFrame]:
        """All records in order, in tables of at most 2,000 rows.

        Raises:
            DamagedError: a file cannot be read, holds strings that are not UTF-8, or null in a field that must have a
                value.
        """
        for group in range(len(self.groups)):
            yield from self.batches_of(group, *columns)

    def batches_of(self, group: int, *columns: str, at_once: int = _AT_ONCE) -> Iterator[pl.DataFrame]:
        """The records of one row group in order, in tables of at most `at_once` rows; otherwise as `batches`."""
        name, number = self.groups[group]
        with self._open(name) as table:
            for batch in table.batches(number, columns, at_once):
                yield self._filled(name, batch)

    def by_group(self, *columns: str) -> Iterator[pl.DataFrame]:
        """All records in order, a row group at a time, which is quicker; otherwise as `batches`.

        A row group has 16 MiB of text, or one text that is longer.
        """
        for name, number in self.groups:
            with self._open(name) as table:
                yield self._filled(name, table.group(number, columns))

    def column(self, name: str) -> pl.Series:
        """A column of all records."""
        return pl.concat([batch[name] for batch in self.batches(name)])

    def texts(self, places: npt.NDArray[np.integer]) -> pl.Series:
        """The texts of places, which are sorted; only their row groups are read."""
        return pl.concat([pl.Series("text", [], pl.String), *(rows["text"] for rows in self.rows(places, "text"))])

    def rows(self, places: npt.NDArray[np.integer], *columns: str) -> Iterator[pl.DataFrame]:
        """The columns of places, which are sorted, in order; only their row groups are read."""
        holders = np.searchsorted(self.ends, places, side="right")
        for holder in np.unique(holders):
            name, number = self.groups[holder]
            with self._open(name) as table:
                read = self._filled(name, table.group(number, columns))
            start = self.ends[holder - 1] if holder else 0
            # Through Arrow: what Polars picks keeps the strings of the whole row group.
            picked = read[places[holders == holder] - start].to_arrow(compat_level=pl.CompatLevel.oldest())
            yield pl.DataFrame(picked)

    def _filled(self, name: str, table: pa.Table) -> pl.DataFrame:
        """A table as a frame, once no field that must have a value is null."""
        nullable = self.contract.nullable
        for field, column in zip((flat := table.flatten()).column_names, flat.columns, strict=True):
            if column.null_count and field not in nullable and field.partition(".")[0] not in nullable:
                raise DamagedError.of(self.folder, f"{name}: a row without {field}")
        return pl.DataFrame(table)

    def _open(self, name: str) -> contextlib.AbstractContextManager[TableFile]:
        return open_table(self.folder, name, self.contract)


def scan_shards(folder: Path, config: str, *splits: str) -> pl.LazyFrame:
    """The rows of a config for Polars to stream, of the named splits or of all; see `dataset.parquet.scan`.

    Raises:
        DamagedError: a file cannot be opened, or there is none.
    """
    names = [path.relative_to(folder).as_posix() for path in shard_paths(folder, config, *splits or SPLITS)]
    return scan(folder, names, contracts_in(folder)[config])


def ledger_groups(folder: Path, *columns: str) -> Iterator[pl.DataFrame]:
    """The rows of the ledger by row group, of at most 65,536 rows.

    Raises:
        DamagedError: it cannot be read, or has other columns.
    """
    return map(pl.DataFrame, row_groups(folder, [LEDGER], load_contract("ledger"), columns or None))


def ledger_rows(folder: Path, wanted: pl.Expr, columns: Sequence[str] = (), most: int = 1 << 32) -> pl.DataFrame:
    """Some rows of the ledger, of which those alone are held.

    Args:
        folder: the build.
        wanted: which of them, by the columns and `place` (uint32), the row's number in the ledger.
        columns: these are given, after `place`; none is all.
        most: how many at most, the first ones.

    Raises:
        DamagedError: as `ledger_groups`.
    """
    found, held, first = [], 0, 0
    for frame in ledger_groups(folder, *columns):
        rows = frame.with_row_index("place", first).filter(wanted).head(most - held)
        # Through Arrow: what Polars filters keeps the strings of all rows.
        found.append(rows.to_arrow(compat_level=pl.CompatLevel.oldest()))
        held, first = held + len(rows), first + len(frame)
        if held == most:
            break
    return pl.DataFrame(pa.concat_tables(found))


def scan_ledger(folder: Path) -> pl.LazyFrame:
    """The rows of the ledger for Polars to stream.

    Raises:
        DamagedError: it cannot be opened, or has other columns.
    """
    return scan(folder, [LEDGER], load_contract("ledger"))

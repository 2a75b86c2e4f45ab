"""Opening the Parquet files of a build: they must be regular files, and their schema is checked before any row is read.

A file that somebody made wrong on purpose makes both Parquet libraries fail in many ways; one of them even raises
something that is not an `Exception`. Only this module turns all these errors into a DamagedError.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus_vn_police.contract import Contract
from corpus_vn_police.errors import DamagedError
from corpus_vn_police.files import IrregularError, open_file

_FAILURES = (
    OSError,
    pa.ArrowException,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,  # derives from BaseException
    IrregularError,
    ValueError,  # for example UnicodeDecodeError, for names that are not UTF-8
    LookupError,  # for missing columns
    OverflowError,
)
_ABSURD = 1 << 40  # bytes; no page is so large, and no machine has so much memory
_ASKED = re.compile(r"of size ([0-9]+)")


class ColumnsError(DamagedError):
    """The columns of a Parquet file are not those of its schema."""


@contextmanager
def damage_named(folder: Path, file: str = "") -> Iterator[None]:
    """While files of a build are read: turn the errors of a damaged file into a DamagedError.

    Args:
        folder: the build.
        file: the path in the build of the file that is read; empty if it may be any file.

    Raises:
        DamagedError: a file cannot be read, or not to its end, or contains something that it must not.
        OSError: the operating system failed.
        MemoryError: there is not enough memory.
    """
    try:
        yield
    except MemoryError as error:
        asked = _ASKED.search(str(error))
        if asked is None or int(asked[1]) < _ABSURD:
            raise
        raise _damaged(folder, file, error) from error
    except _FAILURES as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _damaged(folder, file, error) from error


def _damaged(folder: Path, file: str, error: BaseException) -> DamagedError:
    return DamagedError.of(folder, f"{file}: {error}" if file else error)


@dataclass(frozen=True)
class TableFile:
    """An open Parquet file of a build; `sizes` is the number of rows in each row group."""

    folder: Path
    name: str
    contract: Contract
    sizes: tuple[int, ...]
    _file: pq.ParquetFile

    def tables(self, columns: Sequence[str] | None = None, at_once: int | None = None) -> Iterator[pa.Table]:
        """Read all rows in order.

        Args:
            columns: some of the contract's columns, or fields of a struct such as `source.bytes`; None reads all.
            at_once: the most rows in one table; None returns the row groups as they are.

        Raises:
            DamagedError: they cannot be read, or hold strings that are not UTF-8.
        """
        for number in range(len(self.sizes)):
            if at_once is None:
                yield self.group(number, columns)
            else:
                yield from self.batches(number, self.contract.schema.names if columns is None else columns, at_once)

    def group(self, number: int, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of one row group; other details as for `tables`."""
        with damage_named(self.folder, self.name):
            table = self._file.read_row_group(number, None if columns is None else list(columns))
            return self._checked(table)

    def batches(self, number: int, columns: Sequence[str], at_once: int) -> Iterator[pa.Table]:
        """The rows of one row group, in tables of at most `at_once` rows; other details as for `tables`."""
        with damage_named(self.folder, self.name):
            for batch in self._file.iter_batches(at_once, row_groups=[number], columns=list(columns)):
                yield self._checked(pa.Table.from_batches([batch]))

    def _checked(self, table: pa.Table) -> pa.Table:
        """Check a table, and drop the metadata of its fields: Polars fails if they are not UTF-8."""
        table.validate(full=True)  # otherwise strings that are not UTF-8 would be accepted
        expected = self.contract.schema
        return table.cast(pa.schema([pa.field(each.name, _part(each.type, expected.field(each.name).type))
                                     for each in table.schema]))  # fmt: skip


def _part(kind: pa.DataType, expected: pa.DataType) -> pa.DataType:
    """The contract's type for a column; for a struct, only the fields that were read."""
    if not pa.types.is_struct(kind):
        return expected
    return pa.struct([expected.field(kind.field(place).name) for place in range(kind.num_fields)])


@contextmanager
def open_table(folder: Path, name: str, contract: Contract) -> Iterator[TableFile]:
    """Open a Parquet file of a build.

    Args:
        folder: the build.
        name: the file's path in the build.
        contract: the contract that its rows must follow.

    Raises:
        ColumnsError: it has other columns.
        DamagedError: it cannot be read, or has metadata that is not UTF-8.
        OSError: the operating system failed.
    """
    with damage_named(folder, name), open_file(folder / name) as stream, pq.ParquetFile(stream) as file:
        _check_schema(folder, name, file, contract)
        sizes = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
        yield TableFile(folder, name, contract, tuple(sizes), file)


def _check_schema(folder: Path, name: str, file: pq.ParquetFile, contract: Contract) -> None:
    schema = file.schema_arrow
    if not schema.equals(contract.schema):
        raise ColumnsError.of(folder, f"{name}: its columns are not those of {contract.name}")
    for metadata in (file.metadata.metadata, schema.metadata, *map(_metadata, schema)):
        for key, value in (metadata or {}).items():
            key.decode(), value.decode()


def _metadata(field: pa.Field) -> dict[bytes, bytes]:
    """The metadata of a field and of the fields inside it."""
    inner = (field.type.field(place) for place in range(field.type.num_fields))
    return dict(pair for each in (field.metadata or {}, *map(_metadata, inner)) for pair in each.items())


def row_groups(
    folder: Path, names: Iterable[str], contract: Contract, columns: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    """Read Parquet files of a build one row group at a time; Polars' own scan reads many of them ahead.

    Raises:
        DamagedError: as for `open_table`.
    """
    for name in names:
        with open_table(folder, name, contract) as table:
            yield from table.tables(columns)


def scan(folder: Path, names: Iterable[str], contract: Contract) -> pl.LazyFrame:
    """The rows of some Parquet files of a build as a lazy frame. Each file is opened once before that, and checked.

    Collect it inside `damage_named`.

    Raises:
        DamagedError: as for `open_table`; or there is no file.
    """
    frames = []
    for name in names:
        # Polars assumes that a path is UTF-8, whatever the locale's encoding; for an open file it keeps a descriptor.
        with open_table(folder, name, contract), open_file(folder / name) as stream:
            frames.append(pl.scan_parquet(stream, glob=False))
    if not frames:
        raise DamagedError.of(folder, f"there is no Parquet file of {contract.name}")
    return pl.concat(frames)

"""A part: the files that hold what was read from some seeds.

A part is two Arrow IPC files, `<name>.index` (the ledger's row of each seed so far) and `<name>.records` (the
records that may be published), and two files of 64-bit numbers, `<name>.signs` and `<name>.stamps`. They are
read piece by piece, so that a build never holds the records of all parts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from corpus_vn_police.buffers import from_numpy
from corpus_vn_police.errors import DiskError
from corpus_vn_police.files import write_numbers
from corpus_vn_police.reasons import REASONS
from corpus_vn_police.state.stamps import UNKNOWN, Stamps

_INDEX: dict[str, pl.DataType | type[pl.DataType]] = {
    "path": pl.String,
    "sha256": pl.String,
    "bytes": pl.Int64,
    "id": pl.String,
    "reason": pl.String,
    "pointer": pl.String,
    "detail": pl.String,
    "date": pl.String,
    "split": pl.UInt8,
    "text_bytes": pl.UInt32,
    "unused": pl.List(pl.String),
    "unused_dates": pl.List(pl.String),
    "title_kept": pl.Boolean,
}
INDEX = pl.Schema(_INDEX)
"""The columns of a part's index, one row per seed: its values for the ledger so far, and values for writing.

`split` (the number of the split) and `text_bytes` are null for a rejected seed; the others are in
`<name>.records`, in the same order. `unused` has the keys of a row that are not used, `unused_dates` those of them
whose values look like dates; null if there are none.
"""

ENDINGS = ("index", "records", "signs", "stamps")
"""The files of a part, by their endings."""

_CHANGEABLE = [reason.code for reason in REASONS.values() if reason.changeable]
_FEW = 64  # rows; if the average per part is smaller, they are copied together


@dataclass(frozen=True)
class Part:
    """A part on the disk.

    Attributes:
        name: the name of its files, without their endings.
        seeds: how many seeds it holds.
        current: whether each seed is still in the input, unchanged since it was read (bool); None if all are. A part
            of an earlier build may hold seeds that have changed since, or are gone.
        read_again: True if it holds a seed that the next build must read again, even if it did not change.
    """

    name: str
    seeds: int
    current: npt.NDArray[np.bool_] | None = None
    read_again: bool = False

    @property
    def current_rows(self) -> npt.NDArray[np.uint32]:
        """The rows of its index whose seeds are current (uint32)."""
        rows = np.arange(self.seeds) if self.current is None else np.flatnonzero(self.current)
        return rows.astype(np.uint32)


def write_part(
    folder: Path,
    name: str,
    index: pl.DataFrame,
    records: pa.Table | None = None,
    signs: npt.NDArray[np.uint64] | None = None,
    stamps: Stamps | None = None,
) -> Part:
    """Write a part.

    Args:
        folder: the folder of the parts.
        name: its name.
        index: the columns of `INDEX`, one row per seed.
        records: a row for each row of `index` that has a `split`, in that order; None if they are not needed
            later.
        signs: the signs by which copies are found, one column per record; None if copies are not looked for.
        stamps: the stamp of each row of `index`; None if the seeds are not text files.

    Raises:
        OSError: the disk fails.
    """
    read_again = index["reason"].is_in(_CHANGEABLE).fill_null(False).to_numpy()
    tables = {"index": index.to_arrow(compat_level=pl.CompatLevel.oldest()), "records": records}
    for ending, table in tables.items():
        if table is not None:
            path = folder / f"{name}.{ending}"
            with pa.OSFile(os.fsencode(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
    if stamps is not None:
        stamps = np.where(read_again, np.uint64(UNKNOWN), stamps)
    for ending, numbers in (("signs", signs), ("stamps", stamps)):
        if numbers is not None:
            with (folder / f"{name}.{ending}").open("wb") as sink:
                write_numbers(sink, numbers)
    return Part(name, len(index), read_again=bool(read_again.any()))


def part_bytes(folder: Path, name: str) -> int:
    """The total length of the files of a part; 0 if there are none."""
    return sum(path.stat().st_size for ending in ENDINGS if (path := folder / f"{name}.{ending}").exists())


def read_stamps(folder: Path, part: Part) -> Stamps:
    """The stamps of a part's seeds.

    Raises:
        DiskError: the file is damaged.
    """
    return read_numbers(folder / f"{part.name}.stamps", part.seeds)


def read_numbers(path: Path, count: int, skipped: int = 0) -> npt.NDArray[np.uint64]:
    """Read 64-bit numbers from a file.

    Args:
        path: the file.
        count: how many.
        skipped: how many numbers before them are skipped.

    Raises:
        DiskError: the file has fewer.
    """
    numbers = np.fromfile(path, np.uint64, count, offset=8 * skipped)
    if len(numbers) < count:
        raise damaged_part(path.parent, path.suffix[1:])
    return numbers


def read_table(folder: Path, part: Part, ending: str, columns: list[str]) -> pa.Table:
    """Read columns of a part's `index` or `records`.

    The file is read, not mapped: mapped pages count as this process's memory once they are touched, which
    was 0.7 GB for a million records.

    Raises:
        DiskError: the file is damaged.
    """
    try:
        with pa.OSFile(os.fsencode(folder / f"{part.name}.{ending}")) as source:
            names = pa.ipc.open_file(source).schema.names
            wanted = pa.ipc.IpcReadOptions(included_fields=[names.index(name) for name in columns])
            return pa.ipc.open_file(source, options=wanted).read_all().select(columns)
    except (pa.ArrowException, ValueError) as error:
        raise damaged_part(folder, ending) from error


def damaged_part(folder: Path, ending: str) -> DiskError:
    """The error for a file of a part that has changed since it was written."""
    return DiskError(
        f"{folder}: a file that an earlier build wrote is damaged ({ending})",
        "build again with --rehash, which reads all seeds again",
    )


def gather(
    folder: Path,
    parts: tuple[Part, ...],
    part_numbers: npt.NDArray[np.int64],
    places: npt.NDArray[np.int64],
    rows: Callable[[int, npt.NDArray[np.int64]], npt.NDArray[np.int64]],
    ending: str,
    columns: list[str],
) -> pa.Table:
    """Read rows of several parts, in the given order; consecutive rows of one part are not copied.

    Args:
        folder: the folder of the parts.
        parts: the parts.
        part_numbers: for each seed, the number of its part.
        places: for each seed, its position among the current seeds of that part.
        rows: takes the number of a part and such positions, and returns rows in its file.
        ending: `index` or `records`.
        columns: the columns to read.

    Raises:
        DiskError: a file is damaged.
    """
    grouped = np.argsort(part_numbers, kind="stable")
    bounds = np.flatnonzero(np.diff(part_numbers[grouped])) + 1
    tables = []
    for positions in np.split(grouped, bounds):
        part = int(part_numbers[positions[0]])
        table = read_table(folder, parts[part], ending, columns)
        wanted = rows(part, places[positions])
        is_run = bool((np.diff(wanted) == 1).all())
        tables.append(table.slice(wanted[0], len(wanted)) if is_run else table.take(from_numpy(wanted)))
    joined = pa.concat_tables(tables)
    if len(joined) < _FEW * len(tables):
        joined = joined.combine_chunks()  # hashing 1,000 rows as 1,000 chunks took 28 s, as one chunk 0.03 s
    if (np.diff(grouped) == 1).all():
        return joined
    return joined.take(from_numpy(np.argsort(grouped, kind="stable")))

"""What a task leaves on disk: the seeds' ledger rows, and the records that may be published.

A part is two Arrow IPC files, `<name>.index` and `<name>.records`, and two files of 64-bit numbers,
`<name>.signs` and `<name>.stamps`. They are read piece by piece, so that what a build holds of a
record is its line of `Index`: about 40 bytes, and its path where the parts are not in path order.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus_vn_police.buffers import from_numpy
from corpus_vn_police.errors import DiskError
from corpus_vn_police.files import write_numbers
from corpus_vn_police.ids import id_numbers
from corpus_vn_police.reasons import REASONS

INDEX = pl.Schema(
    {
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
    }
)
"""A seed's line in a part: what the ledger says of it so far, and what the writing step needs.

`split` (the index of the split) and `text_bytes` are null for a seed that is rejected; the
others stand in `<name>.records`, in the same order.
"""


ENDINGS = ("index", "records", "signs", "stamps")
"""The files of a part."""

Stamps = npt.NDArray[np.uint64]
"""What text files are known by: 64 bits of path, size and mtime."""

UNKNOWN = 0
"""The stamp of a seed that is to be read again by the next build."""

_CHANGEABLE = [reason.code for reason in REASONS.values() if reason.changeable]
_FEW = 64  # rows of a part, on the average, below which they are copied together
_REJECTED = 255  # the split of a seed that has none


@dataclass(frozen=True)
class Part:
    """A part that was written.

    Attributes:
        name: its files' name, without the ending.
        seeds: how many seeds it holds.
        live: of each whether it still counts (bool); None where all do. A part of an earlier build may
            hold seeds that have changed since, or are gone.
        again: whether the next build has to look again at a seed of it that did not change.
    """

    name: str
    seeds: int
    live: npt.NDArray[np.bool_] | None = None
    again: bool = False

    @property
    def lines(self) -> npt.NDArray[np.uint32]:
        """The lines of its index that count."""
        live = np.arange(self.seeds) if self.live is None else np.flatnonzero(self.live)
        return live.astype(np.uint32)


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
        folder: where.
        name: its name; parts are read in the order of the list that they are given in.
        index: the columns of `INDEX`, a row a seed.
        records: a row for each row of `index` that has a `split`, in that order; None where
            nobody will read them.
        signs: what copies are found by, a column a record; None where none are looked for.
        stamps: of each row of `index` its stamp; None where the seeds are no text files.
    """
    again = index["reason"].is_in(_CHANGEABLE).fill_null(False).to_numpy()
    tables = {"index": index.to_arrow(compat_level=pl.CompatLevel.oldest()), "records": records}
    for kind, table in tables.items():
        if table is not None:
            path = folder / f"{name}.{kind}"
            with pa.OSFile(os.fsencode(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
    if stamps is not None:
        stamps = np.where(again, np.uint64(UNKNOWN), stamps)
    for kind, numbers in (("signs", signs), ("stamps", stamps)):
        if numbers is not None:
            with (folder / f"{name}.{kind}").open("wb") as sink:
                write_numbers(sink, numbers)
    return Part(name, len(index), again=bool(again.any()))


def read_stamps(folder: Path, part: Part) -> Stamps:
    """The stamps of a part's seeds.

    Raises:
        DiskError: the file is damaged.
    """
    return read_numbers(folder / f"{part.name}.stamps", part.seeds)


def read_numbers(path: Path, count: int, skipped: int = 0) -> npt.NDArray[np.uint64]:
    """Some of the 64-bit numbers of a file.

    Raises:
        DiskError: it holds fewer.
    """
    found = np.fromfile(path, np.uint64, count, offset=8 * skipped)
    if len(found) < count:
        raise _damaged(path.parent, path.suffix[1:])
    return found


def read_table(folder: Path, part: Part, kind: str, columns: list[str]) -> pa.Table:
    """Read columns of a part's `index` or `records`.

    Read, not mapped: what is mapped counts as this process's memory as long as it is touched, which came
    to 0.7 GB for a million records.

    Raises:
        DiskError: the file is damaged.
    """
    try:
        with pa.OSFile(os.fsencode(folder / f"{part.name}.{kind}")) as source:
            names = pa.ipc.open_file(source).schema.names
            wanted = pa.ipc.IpcReadOptions(included_fields=[names.index(name) for name in columns])
            return pa.ipc.open_file(source, options=wanted).read_all().select(columns)
    except (pa.ArrowException, ValueError) as error:
        raise _damaged(folder, kind) from error


def _damaged(folder: Path, kind: str) -> DiskError:
    return DiskError(
        f"{folder}: a part that an earlier build left is damaged ({kind})",
        "build again with --rehash, which reads all seeds anew",
    )


_KINDS = {
    "holders": np.uint32, "lines": np.uint32, "ids": np.uint64, "splits": np.uint8, "text_bytes": np.uint32,
    "data_bytes": np.uint32, "rows": np.uint32,
}  # fmt: skip


@dataclass(frozen=True)
class Index:
    """The seeds of all parts that count, in the order of parts; a seed is known by its number in it.

    Attributes:
        folder: where the parts are.
        parts: the parts.
        records: of each part how many records it holds, with those that no longer count.
        holders: of each seed its part (uint32).
        lines: its line in the part's index (uint32).
        ids: the ids as numbers (uint64); 0 where there is none.
        splits: the split (uint8), 255 for a seed that is rejected.
        text_bytes: length of the text in UTF-8 (uint32).
        data_bytes: length of the seed (uint32); no more than 2**32 - 1 is told.
        rows: the seed's row in its part's records (uint32).
    """

    folder: Path
    parts: tuple[Part, ...]
    records: tuple[int, ...]
    holders: npt.NDArray[np.uint32]
    lines: npt.NDArray[np.uint32]
    ids: npt.NDArray[np.uint64]
    splits: npt.NDArray[np.uint8]
    text_bytes: npt.NDArray[np.uint32]
    data_bytes: npt.NDArray[np.uint32]
    rows: npt.NDArray[np.uint32]

    @classmethod
    def read(cls, folder: Path, parts: tuple[Part, ...]) -> Index:
        """Gather the index of parts."""
        columns: dict[str, list[npt.NDArray[np.generic]]] = {name: [] for name in _KINDS}
        records = []
        for holder, part in enumerate(parts):
            frame = pl.DataFrame(read_table(folder, part, "index", ["id", "bytes", "split", "text_bytes"]))
            splits = frame["split"].fill_null(_REJECTED).to_numpy()
            found = {
                "ids": id_numbers(frame["id"]),
                "splits": splits,
                "text_bytes": frame["text_bytes"].fill_null(0),
                "data_bytes": frame["bytes"].fill_null(0).clip(0, 2**32 - 1).cast(pl.UInt32),
                "rows": (np.cumsum(splits != _REJECTED) - 1).clip(min=0).astype(np.uint32),
            }
            records.append(int((splits != _REJECTED).sum()))
            columns["lines"].append(part.lines)
            columns["holders"].append(np.full(len(part.lines), holder, np.uint32))
            for name, values in found.items():
                columns[name].append(np.asarray(values)[part.lines])
        joined = {name: np.concatenate([np.empty(0, kind), *columns[name]]) for name, kind in _KINDS.items()}
        return cls(folder, parts, tuple(records), **joined)

    def __len__(self) -> int:
        """How many seeds there are."""
        return len(self.holders)

    @property
    def publishable(self) -> npt.NDArray[np.bool_]:
        """Of each seed whether it has a record: nothing was wrong with it alone (bool)."""
        found: npt.NDArray[np.bool_] = self.splits != _REJECTED
        return found

    def signed(self, seeds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The place of seeds' records among the records of all parts."""
        starts = np.cumsum(self.records, dtype=np.int64) - self.records
        places: npt.NDArray[np.int64] = starts[self.holders[seeds]] + self.rows[seeds]
        return places

    def by_place(self) -> npt.NDArray[np.int64]:
        """Of each place among the records of all parts the seed; -1 where it no longer counts."""
        seeds = np.flatnonzero(self.publishable)
        found = np.full(sum(self.records), -1, np.int64)
        found[self.signed(seeds)] = seeds
        return found

    def in_path_order(self) -> npt.NDArray[np.int64]:
        """The seeds' numbers in the order of their paths' bytes, then of their sha256.

        Parts of a folder of text files are in that order already; then no path is held.
        """
        last, ordered = "", True
        for part in self.parts:
            paths = self.column(part, "path")
            ordered = (
                ordered and (not last or last < paths[0]) and bool(paths.is_sorted()) and paths.n_unique() == len(paths)
            )
            if not ordered:
                break
            last = paths[-1]
        if ordered:
            return np.arange(len(self), dtype=np.int64)
        paths = self._strings("path")
        # pyarrow's holds 70 bytes a path beside them, Polars' 300, and both take 0.2 s for a million.
        order = pc.sort_indices(paths)
        ordered_paths = paths.take(order)
        if not pc.any(pc.equal(ordered_paths[1:], ordered_paths[:-1])).as_py():
            return np.asarray(order, np.int64)
        # An archive may hold a name twice.
        table = pa.table({"path": paths, "sha256": self._strings("sha256")})
        keys = [("path", "ascending"), ("sha256", "ascending")]
        return np.asarray(pc.sort_indices(table, sort_keys=keys), np.int64)

    def _strings(self, name: str) -> pa.Array:
        chunks = [self.column(part, name).to_arrow(compat_level=pl.CompatLevel.oldest()) for part in self.parts]
        return pa.chunked_array(chunks, pa.large_string()).combine_chunks()

    def dates(self) -> dict[str, int]:
        """How many records that may be published have each date; undated ones are left out."""
        counts: Counter[str] = Counter()
        for part in self.parts:
            frame = pl.DataFrame([self.column(part, "date"), self.column(part, "split")]).drop_nulls()
            counts.update(dict(frame["date"].value_counts().iter_rows()))
        return counts

    def column(self, part: Part, name: str) -> pl.Series:
        """A column of a part's index, of the seeds that count."""
        column = pl.Series(name, read_table(self.folder, part, "index", [name]).column(name))
        return column if part.live is None else column.filter(pl.Series(part.live))

    def gather(self, numbers: npt.NDArray[np.int64], columns: list[str]) -> pa.Table:
        """The index lines of seeds, in the order of their numbers given."""
        holders, lines = (places[numbers].astype(np.int64) for places in (self.holders, self.lines))
        return _gather(self.folder, self.parts, holders, lines, "index", columns)

    def locate(self, numbers: npt.NDArray[np.int64]) -> Located:
        """Where the records of seeds are; all of them must have a split."""
        sizes = np.stack([self.text_bytes[numbers], self.data_bytes[numbers]])
        return Located(self.folder, self.parts, self.holders[numbers], self.rows[numbers], *sizes)


@dataclass(frozen=True)
class Located:
    """Records of parts, in an order of their own.

    Attributes:
        folder: where the parts are.
        parts: all parts.
        holders: of each record its part (uint32).
        rows: of each record its row in the part's records (uint32).
        text_bytes: length of its text in UTF-8 (uint32).
        data_bytes: length of its seed (uint32).
    """

    folder: Path
    parts: tuple[Part, ...]
    holders: npt.NDArray[np.uint32]
    rows: npt.NDArray[np.uint32]
    text_bytes: npt.NDArray[np.uint32]
    data_bytes: npt.NDArray[np.uint32]

    def __len__(self) -> int:
        """How many records there are."""
        return len(self.rows)

    def gather(self, start: int, stop: int, columns: list[str]) -> pa.Table:
        """The records from `start` up to, not including, `stop`."""
        holders = self.holders[start:stop].astype(np.int64)
        return _gather(self.folder, self.parts, holders, self.rows[start:stop].astype(np.int64), "records", columns)


def _gather(
    folder: Path,
    parts: tuple[Part, ...],
    holders: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    kind: str,
    columns: list[str],
) -> pa.Table:
    """Rows of parts, in the order given; a run of rows of one part is not copied."""
    grouped = np.argsort(holders, kind="stable")
    bounds = np.flatnonzero(np.diff(holders[grouped])) + 1
    tables = []
    for mine in np.split(grouped, bounds):
        table = read_table(folder, parts[holders[mine[0]]], kind, columns)
        wanted = rows[mine]
        run = bool((np.diff(wanted) == 1).all())
        tables.append(table.slice(wanted[0], len(wanted)) if run else table.take(from_numpy(wanted)))
    joined = pa.concat_tables(tables)
    if len(joined) < _FEW * len(tables):
        joined = joined.combine_chunks()  # hashing 1,000 chunks of a row took 28 s, one of 1,000 rows 0.03
    if (np.diff(grouped) == 1).all():
        return joined
    return joined.take(from_numpy(np.argsort(grouped, kind="stable")))

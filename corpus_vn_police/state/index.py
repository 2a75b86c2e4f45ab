"""The index of all parts: what a build holds in memory for each seed, about 40 bytes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from corpus_vn_police.ids import id_numbers
from corpus_vn_police.state.parts import Part, damaged_part, gather, read_table
from corpus_vn_police.state.path_order import path_order

_REJECTED = 255  # the split of a seed that has none
_LARGEST = 2**32 - 1  # what a uint32 holds
_MOST_NAMES = 1_000  # keys that are reported

_COLUMNS = {
    "part_numbers": np.uint32, "index_rows": np.uint32, "ids": np.uint64, "splits": np.uint8, "text_bytes": np.uint32,
    "data_bytes": np.uint32, "record_rows": np.uint32,
}  # fmt: skip


@dataclass(frozen=True)
class Index:
    """The current seeds of all parts, in the order of the parts; a seed is known by its number in that order.

    Attributes:
        folder: where the parts are.
        parts: the parts.
        record_counts: how many records each part holds, with those of seeds that are not current.
        part_numbers: the number of the part that each seed is in (uint32).
        index_rows: its row in that part's index (uint32).
        ids: its id as a number (uint64); 0 if it has none.
        splits: the number of its split (uint8); 255 if it is rejected.
        text_bytes: length of its text in UTF-8 (uint32).
        data_bytes: length of the seed (uint32); 2**32 - 1 if it is longer.
        record_rows: its row in the part's records (uint32); of no meaning if it is rejected.
    """

    folder: Path
    parts: tuple[Part, ...]
    record_counts: tuple[int, ...]
    part_numbers: npt.NDArray[np.uint32]
    index_rows: npt.NDArray[np.uint32]
    ids: npt.NDArray[np.uint64]
    splits: npt.NDArray[np.uint8]
    text_bytes: npt.NDArray[np.uint32]
    data_bytes: npt.NDArray[np.uint32]
    record_rows: npt.NDArray[np.uint32]

    @classmethod
    def read(cls, folder: Path, parts: tuple[Part, ...]) -> Index:
        """Gather the indexes of parts.

        Raises:
            DiskError: one is damaged, or holds another number of seeds than its part.
        """
        columns: dict[str, list[npt.NDArray[np.generic]]] = {name: [] for name in _COLUMNS}
        record_counts = []
        for part_number, part in enumerate(parts):
            frame = pl.DataFrame(read_table(folder, part, "index", ["id", "bytes", "split", "text_bytes"]))
            if len(frame) != part.seeds:
                raise damaged_part(folder, "index")
            splits = frame["split"].fill_null(_REJECTED).to_numpy()
            whole = {
                "ids": id_numbers(frame["id"]),
                "splits": splits,
                "text_bytes": frame["text_bytes"].fill_null(0),
                "data_bytes": frame["bytes"].fill_null(0).clip(0, _LARGEST).cast(pl.UInt32),
                "record_rows": (np.cumsum(splits != _REJECTED) - 1).clip(min=0).astype(np.uint32),
            }
            record_counts.append(int((splits != _REJECTED).sum()))
            rows = part.current_rows
            columns["index_rows"].append(rows)
            columns["part_numbers"].append(np.full(len(rows), part_number, np.uint32))
            for name, values in whole.items():
                columns[name].append(np.asarray(values)[rows])
        joined = {name: np.concatenate([np.empty(0, kind), *columns[name]]) for name, kind in _COLUMNS.items()}
        return cls(folder, parts, tuple(record_counts), **joined)

    def __len__(self) -> int:
        """How many seeds there are."""
        return len(self.part_numbers)

    @property
    def publishable(self) -> npt.NDArray[np.bool_]:
        """Whether each seed has a record: nothing is wrong with it by itself (bool)."""
        has_split: npt.NDArray[np.bool_] = self.splits != _REJECTED
        return has_split

    def record_numbers(self, seeds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The numbers of seeds' records, counted through the records of all parts."""
        starts = np.cumsum(self.record_counts, dtype=np.int64) - self.record_counts
        numbers: npt.NDArray[np.int64] = starts[self.part_numbers[seeds]] + self.record_rows[seeds]
        return numbers

    def seeds_of_records(self) -> npt.NDArray[np.int64]:
        """The seed of each record of all parts; -1 if that is not current."""
        seeds = np.flatnonzero(self.publishable)
        by_record = np.full(sum(self.record_counts), -1, np.int64)
        by_record[self.record_numbers(seeds)] = seeds
        return by_record

    def in_path_order(self) -> npt.NDArray[np.int64]:
        """The seeds' numbers in the order of their paths, as `state.path_order` puts them."""
        return path_order(
            np.bincount(self.part_numbers, minlength=len(self.parts)).tolist(),
            lambda part: self.column(self.parts[part], "path"),
            lambda seeds: pl.Series(self.gather(seeds, ["sha256"]).column("sha256")),
        )

    def dates(self, seeds: npt.NDArray[np.bool_]) -> dict[str | None, int]:
        """How many of some seeds have each date; None is the undated ones.

        Args:
            seeds: whether each seed is one of them (bool).
        """
        counts: Counter[str | None] = Counter()
        start = 0
        for part in self.parts:
            dates = self.column(part, "date")
            those = dates.filter(pl.Series(seeds[start : start + len(dates)]))
            counts.update(dict(those.value_counts().iter_rows()))
            start += len(dates)
        return counts

    def unused(self, column: str = "unused") -> dict[str, int]:
        """In how many seeds each key is that nothing reads, the most frequent first; at most 1,000 keys.

        Args:
            column: `unused`, or `unused_dates` for those whose values are like dates.
        """
        counts: Counter[str] = Counter()
        for part in self.parts:
            names = self.column(part, column).drop_nulls()
            if len(names):
                counts.update(dict(names.explode().value_counts().iter_rows()))
        ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return dict(ordered[:_MOST_NAMES])

    def titles_kept(self, published: npt.NDArray[np.bool_]) -> int:
        """How many of the published records have a title that is not a headline, so that it stays in the text.

        Args:
            published: whether each seed is published (bool).
        """
        kept, start = 0, 0
        for part in self.parts:
            column = self.column(part, "title_kept")
            kept += int((column.to_numpy() & published[start : start + len(column)]).sum())
            start += len(column)
        return kept

    def column(self, part: Part, name: str) -> pl.Series:
        """A column of a part's index, of the seeds that are current."""
        column = pl.Series(name, read_table(self.folder, part, "index", [name]).column(name))
        return column if part.current is None else column.filter(pl.Series(part.current))

    def gather(self, seeds: npt.NDArray[np.int64], columns: list[str]) -> pa.Table:
        """The index rows of seeds, in the order in which their numbers are given."""
        part_numbers, rows = (numbers[seeds].astype(np.int64) for numbers in (self.part_numbers, self.index_rows))
        return gather(self.folder, self.parts, part_numbers, rows, "index", columns)

    def records_of(self, seeds: npt.NDArray[np.int64]) -> SeedRecords:
        """Where the records of seeds are; none of them may be rejected."""
        lengths = np.stack([self.text_bytes[seeds], self.data_bytes[seeds]])
        return SeedRecords(self.folder, self.parts, self.part_numbers[seeds], self.record_rows[seeds], *lengths)


@dataclass(frozen=True)
class SeedRecords:
    """Where the records of some seeds are, in an order of their own.

    Attributes:
        folder: where the parts are.
        parts: all parts.
        part_numbers: the number of the part that each record is in (uint32).
        rows: its row in the part's records (uint32).
        text_bytes: length of its text in UTF-8 (uint32).
        data_bytes: length of its seed (uint32).
    """

    folder: Path
    parts: tuple[Part, ...]
    part_numbers: npt.NDArray[np.uint32]
    rows: npt.NDArray[np.uint32]
    text_bytes: npt.NDArray[np.uint32]
    data_bytes: npt.NDArray[np.uint32]

    def __len__(self) -> int:
        """How many records there are."""
        return len(self.rows)

    def gather(self, start: int, stop: int, columns: list[str]) -> pa.Table:
        """Read the records from `start` up to, not including, `stop`."""
        part_numbers, rows = (numbers[start:stop].astype(np.int64) for numbers in (self.part_numbers, self.rows))
        return gather(self.folder, self.parts, part_numbers, rows, "records", columns)

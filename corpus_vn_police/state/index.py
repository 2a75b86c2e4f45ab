"""The index of all parts: the 5 bytes per seed that a build keeps in memory."""

from __future__ import annotations

import hashlib
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

Seeds = npt.NDArray[np.uint32]
"""Numbers of seeds, or of records; 4 bytes each, because there may be millions."""

NONE = 2**32 - 1
"""The number that means that there is no seed."""

_REJECTED = 255  # the split of a rejected seed
_MOST_NAMES = 1_000  # the most keys in a report
_AT_ONCE = 1 << 16  # how many seeds' lengths are read at once


@dataclass(frozen=True)
class Index:
    """The current seeds of all parts, in the order of the parts; a seed is identified by its number in that order.

    Values that are rarely needed are read from the parts each time, so memory holds only 5 bytes per seed.

    Attributes:
        folder: the folder of the parts.
        parts: the parts.
        starts: the number of the first seed of each part; then the number of all seeds (int64).
        record_starts: the same for records, including records of seeds that are not current.
        splits: the number of each seed's split (uint8); 255 if it is rejected.
        text_bytes: the length of each seed's text in UTF-8 (uint32).
    """

    folder: Path
    parts: tuple[Part, ...]
    starts: npt.NDArray[np.int64]
    record_starts: npt.NDArray[np.int64]
    splits: npt.NDArray[np.uint8]
    text_bytes: npt.NDArray[np.uint32]

    @classmethod
    def read(cls, folder: Path, parts: tuple[Part, ...]) -> Index:
        """Read the indexes of parts.

        Raises:
            DiskError: one is damaged, or has the wrong number of seeds.
        """
        starts = np.cumsum([0, *(len(part.current_rows) for part in parts)], dtype=np.int64)
        splits, text_bytes = np.empty(starts[-1], np.uint8), np.empty(starts[-1], np.uint32)
        records = []
        for part, start, stop in zip(parts, starts[:-1], starts[1:], strict=True):
            frame = pl.DataFrame(read_table(folder, part, "index", ["split", "text_bytes"]))
            if len(frame) != part.seeds:
                raise damaged_part(folder, "index")
            records.append(len(frame) - frame["split"].null_count())
            current = frame[part.current_rows]
            splits[start:stop] = current["split"].fill_null(_REJECTED).to_numpy()
            text_bytes[start:stop] = current["text_bytes"].fill_null(0).to_numpy()
        return cls(folder, parts, starts, np.cumsum([0, *records], dtype=np.int64), splits, text_bytes)

    def __len__(self) -> int:
        """The number of seeds."""
        return len(self.splits)

    @property
    def publishable(self) -> npt.NDArray[np.bool_]:
        """Whether each seed has a record, because nothing is wrong with the seed itself (bool)."""
        has_split: npt.NDArray[np.bool_] = self.splits != _REJECTED
        return has_split

    def ids(self) -> npt.NDArray[np.uint64]:
        """The id of each seed as a number; 0 if it has none."""
        ids = np.empty(len(self), np.uint64)
        for number, part in enumerate(self.parts):
            ids[self._seeds_of(number)] = id_numbers(self.column(part, "id")).to_numpy()
        return ids

    def ids_of(self, seeds: Seeds) -> npt.NDArray[np.uint64]:
        """The ids of some seeds, read one part at a time."""
        ids = np.empty(len(seeds), np.uint64)
        by_number = np.argsort(seeds).astype(np.uint32)
        bounds = np.searchsorted(seeds[by_number], self.starts)
        for part, first, start, stop in zip(self.parts, self.starts[:-1], bounds[:-1], bounds[1:], strict=True):
            if start < stop:
                mine = by_number[start:stop]
                ids[mine] = id_numbers(self.column(part, "id")).to_numpy()[seeds[mine] - first]
        return ids

    def seeds_of_records(self) -> Seeds:
        """The seed of each record in all parts; `NONE` if it is not current."""
        by_record = np.full(self.record_starts[-1], NONE, np.uint32)
        for number, first in enumerate(self.record_starts[:-1]):
            mine = self._seeds_of(number)
            found = np.flatnonzero(self.splits[mine] != _REJECTED)
            by_record[first + self._record_rows(number)[found]] = mine.start + found
        return by_record

    def _seeds_of(self, part: int) -> slice:
        """The range of seed numbers of a part."""
        return slice(int(self.starts[part]), int(self.starts[part + 1]))

    def _record_rows(self, part: int) -> npt.NDArray[np.int64]:
        """For each seed of a part, the row of its record; undefined if the seed is rejected."""
        current = self.parts[part].current
        if current is None:
            return np.cumsum(self.splits[self._seeds_of(part)] != _REJECTED) - 1
        whole = read_table(self.folder, self.parts[part], "index", ["split"]).column("split")
        return (np.cumsum(pl.Series(whole).is_not_null().to_numpy()) - 1)[current]

    def in_path_order(self) -> Seeds:
        """The seeds' numbers in the order of their paths, as `state.path_order` puts them."""
        return path_order(
            np.diff(self.starts).tolist(),
            lambda part: self.column(self.parts[part], "path"),
            lambda seeds: pl.Series(self.gather(seeds, ["sha256"]).column("sha256")),
        )

    def dates(self, seeds: npt.NDArray[np.bool_]) -> dict[str | None, int]:
        """How many of the given seeds have each date; None stands for undated ones.

        Args:
            seeds: whether each seed is included (bool).
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
        """In how many seeds each unused key occurs, the most frequent first; at most 1,000 keys.

        Args:
            column: `unused`, or `unused_dates` for keys whose values look like dates.
        """
        counts: Counter[str] = Counter()
        for part in self.parts:
            names = self.column(part, column).drop_nulls()
            if len(names):
                counts.update(dict(names.explode().value_counts().iter_rows()))
        ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return dict(ordered[:_MOST_NAMES])

    def titles_kept(self, published: npt.NDArray[np.bool_]) -> int:
        """How many published records have a title that is not a headline and therefore also stays in the text.

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
        """A column of a part's index, for the seeds that are current."""
        column = pl.Series(name, read_table(self.folder, part, "index", [name]).column(name))
        return column if part.current is None else column.filter(pl.Series(part.current))

    def gather(self, seeds: npt.NDArray[np.integer], columns: list[str]) -> pa.Table:
        """The index rows of seeds, in the order of the given numbers."""
        return self._gather(seeds, "index", columns)

    def gather_records(self, seeds: npt.NDArray[np.integer], columns: list[str]) -> pa.Table:
        """The records of seeds, in the order of the given numbers; none of the seeds may be rejected."""
        return self._gather(seeds, "records", columns)

    def _gather(self, seeds: npt.NDArray[np.integer], ending: str, columns: list[str]) -> pa.Table:
        part_numbers = np.searchsorted(self.starts, seeds, side="right") - 1
        places = seeds.astype(np.int64) - self.starts[part_numbers]

        def rows(part: int, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
            if ending == "records":
                return self._record_rows(part)[places]
            return (
                places if self.parts[part].current is None else self.parts[part].current_rows[places].astype(np.int64)
            )

        return gather(self.folder, self.parts, part_numbers, places, rows, ending, columns)

    def records_of(self, seeds: Seeds) -> SeedRecords:
        """A handle for the records of seeds; none of the seeds may be rejected."""
        return SeedRecords(self, seeds)


@dataclass(frozen=True)
class SeedRecords:
    """The records of some seeds, in a given order; memory holds 4 bytes for each.

    Attributes:
        index: the index of all seeds.
        seeds: the numbers of the seeds that the records belong to.
    """

    index: Index
    seeds: Seeds

    def __len__(self) -> int:
        """The number of records."""
        return len(self.seeds)

    @property
    def text_bytes(self) -> npt.NDArray[np.uint32]:
        """The length of each text in UTF-8 (uint32)."""
        return self.index.text_bytes[self.seeds]

    def marks(self) -> npt.NDArray[np.uint64]:
        """A number for each record that identifies its part and its row there, in every build."""
        numbers = np.searchsorted(self.index.starts, self.seeds, side="right") - 1
        rows = self.seeds - self.index.starts[numbers]
        marks = np.empty(len(self), np.uint64)
        for number in np.unique(numbers):
            part, mine = self.index.parts[number], numbers == number
            name = int.from_bytes(hashlib.blake2b(part.name.encode(), digest_size=8).digest(), "little")
            here = rows[mine] if part.current is None else part.current_rows[rows[mine]]
            marks[mine] = np.uint64(name) + here.astype(np.uint64)
        return marks

    @property
    def data_bytes(self) -> npt.NDArray[np.int64]:
        """The length of each seed (int64), read from the parts."""
        pieces = [self.seeds[start : start + _AT_ONCE] for start in range(0, len(self), _AT_ONCE)]
        lengths = (pl.Series(self.index.gather(piece, ["bytes"]).column("bytes")) for piece in pieces)
        return np.concatenate([np.empty(0, np.int64), *(length.to_numpy() for length in lengths)])

    def gather(self, start: int, stop: int, columns: list[str]) -> pa.Table:
        """Read the records from `start` up to, but not including, `stop`."""
        return self.index.gather_records(self.seeds[start:stop], columns)

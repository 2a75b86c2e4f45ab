"""N-grams that validation and test share with the splits before them.

Boilerplate and quotations are repeated in all news. But if a record shares a large part of its n-grams with train,
it may be a long report with a short one in it. A near-duplicate search by whole texts cannot see this.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police.dataset.rows import Published
from corpus_vn_police.dedup.shingles import Rows, keys, sets, shingles
from corpus_vn_police.stages.split import SPLITS

NGRAM = 13
"""Syllables of an n-gram, of the dedup key; GPT-3's contamination study counted 13-grams of words."""

_MOST = 1 << 24  # n-grams of a split that are held, 16 bytes each; if there are more, a share is drawn by hash
_NAMED = 10  # records that share the most


@dataclass(frozen=True)
class SharingRecord:
    """A record of a later split.

    Attributes:
        id: its id.
        shared, ngrams: how many of its n-grams an earlier split has, and how many it has.
        like: the id of the record there that is the first to have most of them.
    """

    id: str
    shared: int
    ngrams: int
    like: str


@dataclass(frozen=True)
class Sharing:
    """What a split shares with an earlier one.

    Attributes:
        split, earlier: the two.
        shared, ngrams: how many distinct n-grams of `split` are in `earlier`, and how many there are.
        drawn: one n-gram in so many was looked at, chosen by hash; 1 if all were.
        records: the records of `split` that share the largest part, at most 10.
    """

    split: str
    earlier: str
    shared: int
    ngrams: int
    drawn: int
    records: tuple[SharingRecord, ...]


def shared_ngrams(folder: Path, length: int = NGRAM) -> list[Sharing]:
    """Count the n-grams that each later split shares with each earlier one.

    Args:
        folder: reads `id`, `text` and `n_syllables` of `data/*.parquet`.
        length: syllables of an n-gram; a text with fewer has a single one, of all of them.
    """
    opened = {split: published for split in SPLITS if len(published := Published.open(folder, split))}
    found: list[Sharing] = []
    for number, split in enumerate(opened):
        if number:
            found += _against_earlier(opened, split, length)
    return found


def _against_earlier(opened: dict[str, Published], split: str, length: int) -> list[Sharing]:
    names = list(opened)
    later = _Later.of(opened[split], length)
    found = []
    for earlier in names[: names.index(split)]:
        marks = later.marked_by(opened[earlier], length)
        records = later.sharing_most(opened[split], opened[earlier], marks, length)
        shared = int((marks > 0).sum())
        found.append(Sharing(split, earlier, shared, len(later.ngrams), later.drawn, records))
    return found


@dataclass(frozen=True)
class _Later:
    """The distinct n-grams of a split, sorted; one in `drawn` of them."""

    ngrams: npt.NDArray[np.uint64]
    drawn: int

    @classmethod
    def of(cls, published: Published, length: int) -> _Later:
        most = sum(int(batch["n_syllables"].cast(pl.Int64).sum()) for batch in published.batches("n_syllables"))
        drawn = 1
        while most > drawn * _MOST:
            drawn *= 2
        ngrams = np.empty(0, np.uint64)
        waiting: list[npt.NDArray[np.uint64]] = []
        for batch in published.batches("text"):
            waiting.append(_ngrams(batch["text"], length, drawn).hashes)
            if sum(map(len, waiting)) > max(len(ngrams), 1 << 20):
                ngrams, waiting = np.unique(np.concatenate([ngrams, *waiting])), []
        return cls(np.unique(np.concatenate([ngrams, *waiting])), drawn)

    def marked_by(self, published: Published, length: int) -> npt.NDArray[np.uint32]:
        """The first record of another split that has each n-gram, counted from 1; 0 if none has it."""
        marks = np.zeros(len(self.ngrams), np.uint32)
        first = 1
        for batch in published.batches("text"):
            rows = _ngrams(batch["text"], length, self.drawn)
            owners = np.repeat(np.arange(first, first + len(rows), dtype=np.uint32), rows.sizes)
            places, known = self._places(rows.hashes)
            places, owners = places[known][::-1], owners[known][::-1]  # the first one is written last
            new = marks[places] == 0
            marks[places[new]] = owners[new]
            first += len(rows)
        return marks

    def sharing_most(
        self, published: Published, other: Published, marks: npt.NDArray[np.uint32], length: int
    ) -> tuple[SharingRecord, ...]:
        """The records of this split that share the largest part of their n-grams."""
        most: list[tuple[float, str, int, int, int]] = []
        for batch in published.batches("id", "text"):
            rows = _ngrams(batch["text"], length, self.drawn)
            marked = marks[self._places(rows.hashes)[0]] if len(marks) else np.zeros(0, np.uint32)
            ends = np.concatenate([[0], np.cumsum(marked > 0)])
            shared = np.diff(ends[rows.bounds])
            parts = shared / np.maximum(rows.sizes, 1)
            for row in np.argsort(-parts, kind="stable")[:_NAMED]:
                if shared[row]:
                    mine = marked[rows.bounds[row] : rows.bounds[row + 1]]
                    like = Counter(mine[mine > 0].tolist()).most_common(1)[0][0]
                    most.append(
                        (-float(parts[row]), batch["id"][int(row)], int(shared[row]), int(rows.sizes[row]), like)
                    )
        most = sorted(most)[:_NAMED]
        names = _ids(other, sorted({like for *_, like in most}))
        return tuple(SharingRecord(name, shared, ngrams, names[like]) for _, name, shared, ngrams, like in most)

    def _places(self, hashes: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        if not len(self.ngrams):  # none was drawn
            return np.zeros(len(hashes), np.int64), np.zeros(len(hashes), np.bool_)
        places = np.minimum(np.searchsorted(self.ngrams, hashes), len(self.ngrams) - 1)
        return places, self.ngrams[places] == hashes


def _ngrams(text: pl.Series, length: int, drawn: int) -> Rows:
    """The distinct n-grams of texts, one in `drawn` of them."""
    rows = shingles(keys(text).rows, length)
    if drawn > 1:
        chosen = rows.hashes % np.uint64(drawn) == 0
        ends = np.concatenate([[0], np.cumsum(chosen)])
        rows = Rows(rows.hashes[chosen], ends[rows.bounds])
    return sets(rows)


def _ids(published: Published, numbers: list[int]) -> dict[int, str]:
    """The ids of records, by their numbers, which count from 1."""
    found: dict[int, str] = {}
    first = 1
    for batch in published.batches("id"):
        found |= {number: batch["id"][number - first] for number in numbers if first <= number < first + len(batch)}
        first += len(batch)
    return found

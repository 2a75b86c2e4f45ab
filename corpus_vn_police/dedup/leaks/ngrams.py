"""Find n-grams that validation and test share with the splits before them.

Boilerplate and quotations are repeated in all news. But if a record shares a large part of its n-grams with train,
it may be a long report that contains a short one. A near-duplicate search over whole texts cannot see this.

The splits are read once, from the last to the first, so that the n-grams of later splits are known beforehand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police.dataset.rows import Published
from corpus_vn_police.dedup.leaks.filter import HashFilter
from corpus_vn_police.dedup.leaks.texts import KeyedTexts, read_texts
from corpus_vn_police.dedup.shingles import Bounds, Hashes, Rows, distinct, sets, shingles
from corpus_vn_police.files import scratch_folder, write_numbers
from corpus_vn_police.stages.split import SPLITS
from corpus_vn_police.state.parts import read_numbers

NGRAM = 13
"""The length of an n-gram in syllables of the dedup key; GPT-3's contamination study counted 13-grams of words."""

# The most n-grams of a split in memory, at most 17 bytes each; if there are more, a hash selects some of them.
_MOST = 1 << 23
_NAMED = 10  # how many records, those that share the most, are named


@dataclass(frozen=True)
class SharingRecord:
    """A record of a later split that shares n-grams with an earlier split.

    Attributes:
        id: its id.
        shared, ngrams: how many of its n-grams the earlier split also has, and how many it has in all.
        like: the id of the record in the earlier split that is the first to have most of them.
    """

    id: str
    shared: int
    ngrams: int
    like: str


@dataclass(frozen=True)
class Sharing:
    """The n-grams that a split shares with an earlier one.

    Attributes:
        split, earlier: the names of the two splits.
        shared, ngrams: how many distinct n-grams of `split` are also in `earlier`, and how many it has in all.
        drawn: one in this many n-grams was examined, chosen by hash; 1 if all were.
        records: the records of `split` that share the largest portion of their n-grams, at most 10.
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
        length: syllables of an n-gram; a shorter text has a single n-gram of all its syllables.
    """
    with scratch_folder() as scratch:
        search = SharedNgrams.open(folder, scratch, length)
        read_texts(folder, [search])
        return search.found(folder)


@dataclass(frozen=True)
class Examined:
    """The n-grams of some texts of a split.

    Attributes:
        texts: the number of texts.
        own: the distinct n-grams of each; None for the first split, where they are not needed.
        hits: for each later split, those of its n-grams that occur in these texts, as positions in its sorted list; and
            for each, the number (from 0) of the first text that has it.
    """

    texts: int
    own: Rows | None
    hits: Mapping[str, tuple[Bounds, Bounds]]


class SharedNgrams:
    """A search for shared n-grams, for `read_texts`."""

    def __init__(self, syllables: dict[str, int], scratch: Path, length: int = NGRAM) -> None:
        """Begin a search; the splits are not read yet.

        Args:
            syllables: how many syllables each split has, in order of time.
            scratch: a folder for temporary files: 8 bytes per syllable of all splits but the first.
            length: syllables of an n-gram.
        """
        self.splits = tuple(reversed(syllables))
        self._length = length
        self._later = {
            split: _Later(scratch / f"{split}.ngrams", _drawn(syllables[split])) for split in self.splits[:-1]
        }
        self._texts = dict.fromkeys(self.splits, 0)

    @classmethod
    def open(cls, folder: Path, scratch: Path, length: int = NGRAM) -> SharedNgrams:
        """Begin a search in the splits of a build that have records; reads `n_syllables`."""
        opened = {split: published for split in SPLITS if len(published := Published.open(folder, split))}
        syllables = {
            split: sum(int(batch["n_syllables"].cast(pl.Int64).sum()) for batch in published.batches("n_syllables"))
            for split, published in opened.items()
        }
        return cls(syllables, scratch, length)

    def examine(self, texts: KeyedTexts) -> Examined:
        """Look for known n-grams in texts."""
        split, rows = texts.split, sets(shingles(texts.keys.rows, self._length))
        own = _share(rows, self._later[split].drawn) if split in self._later else None
        after = self.splits[: self.splits.index(split)]
        return Examined(len(rows), own, {later: self._later[later].hits(rows) for later in after})

    def add(self, split: str, found: Examined) -> None:
        """Add what `examine` found."""
        if found.own is not None:
            self._later[split].add(found.own)
        for later, (places, texts) in found.hits.items():
            self._later[later].mark(split, places, texts + self._texts[split] + 1)
        self._texts[split] += found.texts

    def close(self, split: str) -> None:
        """Prepare the n-grams of a split, so that earlier splits can be compared with them."""
        if split in self._later:
            self._later[split].close()

    def found(self, folder: Path) -> list[Sharing]:
        """The result, once all splits are closed; the ids of records are read from the build."""
        pairs = [
            (split, earlier)
            for number, split in reversed(list(enumerate(self.splits[:-1])))
            for earlier in reversed(self.splits[number + 1 :])
        ]
        return [self._sharing(folder, split, earlier) for split, earlier in pairs]

    def _sharing(self, folder: Path, split: str, earlier: str) -> Sharing:
        later = self._later[split]
        marks = later.marks.get(earlier, np.zeros(len(later.ngrams), np.uint32))
        most = later.sharing_most(marks)
        here = _ids(Published.open(folder, split), [record for record, *_ in most])
        there = _ids(Published.open(folder, earlier), [like for *_, like in most])
        records = tuple(
            SharingRecord(here[record], shared, ngrams, there[like]) for record, shared, ngrams, like in most
        )
        return Sharing(split, earlier, int((marks > 0).sum()), len(later.ngrams), later.drawn, records)


class _Later:
    """A split whose n-grams are looked for in the splits before it.

    Attributes:
        drawn: one in this many of its n-grams is looked for.
        ngrams: the n-grams of all its texts, sorted, each once; complete after `close`.
        marks: for each earlier split, for each n-gram, the number (from 1) of the first text there that has it; 0 if
            none has it.
    """

    def __init__(self, path: Path, drawn: int) -> None:
        self.drawn = drawn
        self.ngrams = np.empty(0, np.uint64)
        self.marks: dict[str, npt.NDArray[np.uint32]] = {}
        self._path = path
        path.touch()
        self._sizes: list[Bounds] = []
        self._waiting: list[Hashes] = []
        self._filter = HashFilter.of(self.ngrams)

    def add(self, rows: Rows) -> None:
        """Add texts, given as their n-grams."""
        with self._path.open("ab") as sink:
            write_numbers(sink, rows.hashes)
        self._sizes.append(rows.sizes)
        self._waiting.append(rows.hashes)
        if sum(map(len, self._waiting)) > max(len(self.ngrams), 1 << 20):
            self._gather()

    def _gather(self) -> None:
        self.ngrams, self._waiting = distinct(np.concatenate([self.ngrams, *self._waiting])), []

    def close(self) -> None:
        """Finish adding texts."""
        self._gather()
        self._filter = HashFilter.of(self.ngrams)

    def hits(self, rows: Rows) -> tuple[Bounds, Bounds]:
        """The known n-grams in texts: their positions in `ngrams`, each once, and the first text that has each."""
        maybe = self._filter.passing(rows.hashes)
        asked = rows.hashes[maybe]
        order = np.argsort(asked, kind="stable")  # sorted: neighbours in the list are looked up in turn
        asked, maybe = asked[order], maybe[order]
        places = np.minimum(np.searchsorted(self.ngrams, asked), max(len(self.ngrams) - 1, 0))
        found = self.ngrams[places] == asked if len(self.ngrams) else np.zeros(len(asked), np.bool_)
        places, firsts = np.unique(places[found], return_index=True)
        return places, np.searchsorted(rows.bounds, maybe[found][firsts], side="right") - 1

    def mark(self, earlier: str, places: Bounds, texts: Bounds) -> None:
        """Note which texts of an earlier split have which n-grams, unless an earlier text there has them."""
        marks = self.marks.setdefault(earlier, np.zeros(len(self.ngrams), np.uint32))
        new = marks[places] == 0
        marks[places[new]] = texts[new]

    def _rows(self) -> Iterator[tuple[int, Rows]]:
        """The n-grams of all texts, batch by batch, each batch with the number (from 1) of its first text."""
        skipped, first = 0, 1
        for sizes in self._sizes:
            count = int(sizes.sum())
            yield first, Rows(read_numbers(self._path, count, skipped), np.concatenate([[0], np.cumsum(sizes)]))
            skipped, first = skipped + count, first + len(sizes)

    def sharing_most(self, marks: npt.NDArray[np.uint32]) -> list[tuple[int, int, int, int]]:
        """The texts that share the most: number, shared n-grams, n-grams in all, and the text that has most of them."""
        most: list[tuple[float, int, int, int, int]] = []
        found = HashFilter.of(self.ngrams[marks > 0])
        for first, rows in self._rows():
            maybe = found.passing(rows.hashes)
            marked = np.zeros(len(rows.hashes), np.uint32)
            marked[maybe] = marks[np.searchsorted(self.ngrams, rows.hashes[maybe])]
            ends = np.concatenate([[0], np.cumsum(marked > 0)])
            shared = np.diff(ends[rows.bounds])
            parts = shared / np.maximum(rows.sizes, 1)
            for row in np.argsort(-parts, kind="stable")[:_NAMED]:
                if shared[row]:
                    mine = marked[rows.bounds[row] : rows.bounds[row + 1]]
                    counts = Counter(mine[mine > 0].tolist())
                    like = min(counts, key=lambda text: (-counts[text], text))
                    most.append((-float(parts[row]), first + int(row), int(shared[row]), int(rows.sizes[row]), like))
        return [(record, shared, ngrams, like) for _, record, shared, ngrams, like in sorted(most)[:_NAMED]]


def _drawn(syllables: int) -> int:
    """Decide how many n-grams of a split are looked for: one in this many."""
    drawn = 1
    while syllables > drawn * _MOST:
        drawn *= 2
    return drawn


def _share(rows: Rows, drawn: int) -> Rows:
    """Select one in `drawn` of the n-grams of texts."""
    if drawn == 1:
        return rows
    chosen = rows.hashes % np.uint64(drawn) == 0
    return Rows(rows.hashes[chosen], np.concatenate([[0], np.cumsum(chosen)])[rows.bounds])


def _ids(published: Published, numbers: list[int]) -> dict[int, str]:
    """The ids of records, given their numbers, which count from 1."""
    found: dict[int, str] = {}
    first = 1
    for batch in published.batches("id"):
        found |= {number: batch["id"][number - first] for number in numbers if first <= number < first + len(batch)}
        first += len(batch)
    return found

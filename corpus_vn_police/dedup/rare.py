"""Find candidates by their rarest shingles, if a bucket is too crowded to compare all of its members.

Texts that share a footer share bands with thousands of texts that have nothing else in common. Suppose that all
shingles are sorted in some fixed order, and two sets have a Jaccard similarity of at least `t`. Then they share a
shingle among their first ones: the first `n - ⌈2t / (1 + t) · n⌉ + 1` of the smaller set, and of the larger one the
first `n - ⌈t · n⌉ + 1` (prefix filtering: Chaudhuri 2006, Bayardo 2007, Xiao 2008). If the rarest shingles come first,
those of a footer are not among them, and nothing is missed.

Texts written from one template share many shingles that are neither rare nor frequent. So the prefixes are a little
longer than necessary, and two sets must share correspondingly more shingles: shingles that both have, but that are in
neither prefix, cannot be more than the longer of the two rests.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from corpus_vn_police.dedup.equal import Numbers, Places
from corpus_vn_police.dedup.runs import spread
from corpus_vn_police.dedup.shingles import Hashes, Rows

_LONGER = 24  # how many rare shingles a prefix has beyond those that it needs
_COMMON = 0.1  # a shingle that is in more than this portion of the sampled sets is not rare
_HITS = 1 << 18  # how many are counted at once, unless a single set has more
_RUN = 1 << 21  # postings; longer runs are not merged, because merging needs twice their memory
_UPPER = np.uint64(0xFFFFFFFF00000000)
_SHORTER = np.uint64(1 << 31)
_RECORD = np.uint64((1 << 31) - 1)


@dataclass(frozen=True)
class Rarity:
    """An order of shingles, from rare to frequent: by how often they occur in a sample of texts, then by hash.

    The sample affects how fast copies are found, but not which ones.

    Attributes:
        known: the hashes of shingles that occur more than once in the sample, sorted.
        counts: how often each of them occurs.
        many: the count from which a shingle is not rare.
    """

    known: Hashes
    counts: Numbers
    many: int

    @classmethod
    def of(cls, sample: Rows) -> Rarity:
        """Count the shingles of a sample of sets; those that occur once are treated like those that do not occur."""
        hashes, counts = np.unique(sample.hashes, return_counts=True)
        return cls(hashes[counts > 1], counts[counts > 1], max(2, math.ceil(_COMMON * len(sample))))

    def ordered(self, shingles: Hashes) -> tuple[Hashes, int]:
        """Sort shingles, the rarest first; also return how many of them are rare."""
        if not len(self.known):
            return np.sort(shingles), len(shingles)
        at = np.minimum(np.searchsorted(self.known, shingles), len(self.known) - 1)
        counts = np.where(self.known[at] == shingles, self.counts[at], 0)
        return shingles[np.lexsort((shingles, counts))], int((counts < self.many).sum())


@dataclass(frozen=True)
class Prefixes:
    """The rarest shingles of several sets.

    Attributes:
        rows: the prefixes to use if the set is the larger of two.
        smaller: for each set, how many shingles to use if it is the smaller one.
        sizes: how many shingles each set has.
    """

    rows: Rows
    smaller: Numbers
    sizes: Numbers

    @classmethod
    def of(cls, rows: Rows, rarity: Rarity, threshold: float) -> Prefixes:
        """Make the prefixes of sets, a little longer than the threshold requires."""
        ordered = [rarity.ordered(rows.row(row)) for row in range(len(rows))]
        lengths = [_length(len(shingles), rare, threshold) for shingles, rare in ordered]
        bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        cut = [shingles[:length] for (shingles, _), length in zip(ordered, lengths, strict=True)]
        share = 2 * threshold / (1 + threshold)
        smaller = np.array([_length(len(shingles), rare, share) for shingles, rare in ordered], np.int64)
        return cls(Rows(np.concatenate([np.empty(0, np.uint64), *cut]), bounds), smaller, rows.sizes)

    @property
    def smaller_rows(self) -> Rows:
        """The prefixes to use if the set is the smaller of two."""
        chosen = spread(self.rows.bounds[:-1], self.smaller)
        return Rows(self.rows.hashes[chosen], np.concatenate([[0], np.cumsum(self.smaller)]).astype(np.int64))


def _length(size: int, rare: int, share: float) -> int:
    """The length of a set's prefix, if another set must have the given share of its shingles."""
    must = size - math.ceil(share * size - 1e-9) + 1  # rounded down: rounding errors never shorten a prefix
    return min(size, max(must, min(must + _LONGER, rare)))


@dataclass
class Postings:
    """The records that have each shingle, as sorted runs; runs of similar size are merged, up to a limit.

    A posting takes 8 bytes: the upper half of a shingle's hash, a bit that says if it is in the record's shorter
    prefix, and the record. Shingles with the same half of a hash may add a wrong candidate, but never lose one.
    """

    runs: list[Hashes] = field(default_factory=list)

    def add(self, rows: Rows, shorter: npt.NDArray[np.bool_], records: Places) -> None:
        """Add records with their shingles; `shorter` says for each shingle if it is in the shorter prefix."""
        owners = np.repeat(records, rows.sizes).astype(np.uint64)
        self._push(rows.hashes & _UPPER | np.where(shorter, _SHORTER, np.uint64(0)) | owners)
        while len(self.runs) > 1 and len(self.runs[-2]) < min(2 * len(self.runs[-1]), _RUN):
            one, other = self.runs.pop(), self.runs.pop()
            self._push(np.concatenate([other, one]))

    def _push(self, postings: Hashes) -> None:
        postings.sort(kind="stable")
        self.runs.append(postings)

    def having(self, rows: Rows, shorter: bool) -> tuple[Numbers, Numbers, Numbers]:
        """Find records that share shingles with sets: the set's number in `rows`, the record, and the number shared.

        Args:
            rows: the sets.
            shorter: True if only the shorter prefixes of the records count.
        """
        upper = rows.hashes & _UPPER
        lowest = upper | _SHORTER if shorter else upper  # those in shorter prefixes come last in a run
        starts = [np.searchsorted(run, lowest) for run in self.runs]
        counts = [
            np.searchsorted(run, upper | ~_UPPER, side="right") - start
            for run, start in zip(self.runs, starts, strict=True)
        ]
        hits = [np.zeros(len(rows) + 1, np.int64)]
        for each in counts:
            hits.append(np.concatenate([[0], np.cumsum(each)])[rows.bounds])
        found = [
            self._having(rows, slice(first, stop), starts, counts)
            for first, stop in _few(np.diff(np.sum(hits, axis=0)))
        ]
        pairs = np.concatenate([np.empty(0, np.int64), *(pairs for pairs, _ in found)])
        shared = np.concatenate([np.empty(0, np.int64), *(shared for _, shared in found)])
        return pairs >> 32, pairs & 0xFFFFFFFF, shared

    def _having(self, rows: Rows, some: slice, starts: list[Numbers], counts: list[Numbers]) -> tuple[Numbers, Numbers]:
        """The same for a few sets; each pair is one number."""
        mine = slice(int(rows.bounds[some.start]), int(rows.bounds[some.stop]))
        owners = np.repeat(np.arange(some.start, some.stop), rows.sizes[some])
        pairs = [np.empty(0, np.int64)]
        for run, start, count in zip(self.runs, starts, counts, strict=True):
            records = (run[spread(start[mine], count[mine])] & _RECORD).astype(np.int64)
            pairs.append(np.repeat(owners, count[mine]) << 32 | records)
        return np.unique(np.concatenate(pairs), return_counts=True)


def _few(hits: Numbers) -> Iterator[tuple[int, int]]:
    """Runs of sets that have few hits together: the first set of each run, and the one after its last."""
    ends, start = np.cumsum(hits), 0
    while start < len(hits):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _HITS, side="right")))
        yield start, stop
        start = stop


@dataclass
class RareIndex:
    """Look up records by their rarest shingles.

    Attributes:
        threshold: the least Jaccard similarity.
        sizes: the number of shingles of each record that may be added.
        rests: how many of these are outside its prefix: row 0 if it is the smaller of two, row 1 if the larger.
    """

    threshold: float
    sizes: npt.NDArray[np.uint32]
    rests: npt.NDArray[np.uint32]
    postings: Postings = field(default_factory=Postings)

    def add(self, prefixes: Prefixes, records: Places) -> None:
        """Add records."""
        rows = prefixes.rows
        places = np.arange(len(rows.hashes)) - np.repeat(rows.bounds[:-1], rows.sizes)
        self.postings.add(rows, places < np.repeat(prefixes.smaller, rows.sizes), records)
        self.rests[0, records] = prefixes.sizes - prefixes.smaller
        self.rests[1, records] = prefixes.sizes - rows.sizes

    def candidates(self, prefixes: Prefixes) -> tuple[Numbers, Numbers]:
        """Pairs of a set's number and a record that may be similar to the set."""
        found = [
            self._may_be(prefixes.sizes, mine, *self.postings.having(mine, shorter=not kind), kind)
            for mine, kind in ((prefixes.smaller_rows, 1), (prefixes.rows, 0))
        ]
        return np.concatenate([found[0][0], found[1][0]]), np.concatenate([found[0][1], found[1][1]])

    def _may_be(
        self, sizes: Numbers, mine: Rows, asking: Numbers, records: Numbers, shared: Numbers, kind: int
    ) -> tuple[Numbers, Numbers]:
        """The pairs that share enough shingles."""
        here, there = sizes[asking], self.sizes[records].astype(np.int64)
        wanted = self.threshold / (1 + self.threshold) * (here + there) - 1e-9
        rest = np.maximum((sizes - mine.sizes)[asking], self.rests[kind, records])
        may = (shared + rest >= wanted) & (here <= there if kind else here >= there)
        return asking[may], records[may]

"""Candidates by their rarest shingles, if a bucket is too crowded to compare all of it.

Texts that share a footer share bands with thousands that have nothing else in common. Of two sets
whose Jaccard similarity is at least `t`, in whatever order all shingles are put, each has a shingle
of the other among its first ones: of the smaller set the first `n - ⌈2t / (1 + t) · n⌉ + 1`, of the
larger the first `n - ⌈t · n⌉ + 1` (prefix filtering: Chaudhuri 2006, Bayardo 2007, Xiao 2008). With
the rarest shingles first, those of a footer are not among them, and nothing is missed.

Texts by one template share many shingles that are neither rare nor frequent. So the prefixes are a little longer than
they must be, and two sets have to share as many more shingles: whatever is common to both and in neither prefix
cannot be more than what lies behind the longer rest.
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

_LONGER = 24  # shingles of a prefix beyond those that it must have, if they are rare
_COMMON = 0.1  # of a sample's sets; a shingle that more of them have is not rare
_HITS = 1 << 18  # that are counted at once, if a set has no more
_RUN = 1 << 21  # postings; longer runs are not merged, since that takes them twice
_UPPER = np.uint64(0xFFFFFFFF00000000)
_SHORTER = np.uint64(1 << 31)
_RECORD = np.uint64((1 << 31) - 1)


@dataclass(frozen=True)
class Rarity:
    """An order of shingles, the rarest first: by how often a sample of texts has them, then by hash.

    The sample changes how fast copies are found, not which.

    Attributes:
        known: the hashes of the shingles that the sample has more than once, sorted.
        counts: how often it has each.
        many: the count that makes a shingle not rare.
    """

    known: Hashes
    counts: Numbers
    many: int

    @classmethod
    def of(cls, sample: Rows) -> Rarity:
        """Count the shingles of a sample of sets; those that it has once count as if it had none."""
        hashes, counts = np.unique(sample.hashes, return_counts=True)
        return cls(hashes[counts > 1], counts[counts > 1], max(2, math.ceil(_COMMON * len(sample))))

    def ordered(self, shingles: Hashes) -> tuple[Hashes, int]:
        """Shingles, the rarest first, and how many of them are rare."""
        if not len(self.known):
            return np.sort(shingles), len(shingles)
        at = np.minimum(np.searchsorted(self.known, shingles), len(self.known) - 1)
        counts = np.where(self.known[at] == shingles, self.counts[at], 0)
        return shingles[np.lexsort((shingles, counts))], int((counts < self.many).sum())


@dataclass(frozen=True)
class Prefixes:
    """The rarest shingles of several sets.

    Attributes:
        rows: the prefixes that count if the set is the larger of two.
        smaller: how many of the first shingles of each count if it is the smaller one.
        sizes: how many shingles each set has.
    """

    rows: Rows
    smaller: Numbers
    sizes: Numbers

    @classmethod
    def of(cls, rows: Rows, rarity: Rarity, threshold: float) -> Prefixes:
        """The prefixes of sets, as long as the threshold needs them and a little longer."""
        ordered = [rarity.ordered(rows.row(row)) for row in range(len(rows))]
        lengths = [_length(len(shingles), rare, threshold) for shingles, rare in ordered]
        bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        cut = [shingles[:length] for (shingles, _), length in zip(ordered, lengths, strict=True)]
        share = 2 * threshold / (1 + threshold)
        smaller = np.array([_length(len(shingles), rare, share) for shingles, rare in ordered], np.int64)
        return cls(Rows(np.concatenate([np.empty(0, np.uint64), *cut]), bounds), smaller, rows.sizes)

    @property
    def smaller_rows(self) -> Rows:
        """The prefixes that count if the set is the smaller of two."""
        chosen = spread(self.rows.bounds[:-1], self.smaller)
        return Rows(self.rows.hashes[chosen], np.concatenate([[0], np.cumsum(self.smaller)]).astype(np.int64))


def _length(size: int, rare: int, share: float) -> int:
    """How long the prefix of a set is, for a share of its shingles that a set must have in common."""
    must = size - math.ceil(share * size - 1e-9) + 1  # a hair less, so that rounding never shortens a prefix
    return min(size, max(must, min(must + _LONGER, rare)))


@dataclass
class Postings:
    """Which records have a shingle, in sorted runs; runs of one size are merged up to a limit.

    A posting takes 8 bytes: the upper half of a shingle's hash, whether it is in the record's shorter prefix, and the
    record. Shingles that share the half of a hash may make a candidate too many, never one too few.
    """

    runs: list[Hashes] = field(default_factory=list)

    def add(self, rows: Rows, shorter: npt.NDArray[np.bool_], records: Places) -> None:
        """Add records with their shingles, and whether each of these is in the shorter prefix."""
        owners = np.repeat(records, rows.sizes).astype(np.uint64)
        self._push(rows.hashes & _UPPER | np.where(shorter, _SHORTER, np.uint64(0)) | owners)
        while len(self.runs) > 1 and len(self.runs[-2]) < min(2 * len(self.runs[-1]), _RUN):
            one, other = self.runs.pop(), self.runs.pop()
            self._push(np.concatenate([other, one]))

    def _push(self, postings: Hashes) -> None:
        postings.sort(kind="stable")
        self.runs.append(postings)

    def having(self, rows: Rows, shorter: bool) -> tuple[Numbers, Numbers, Numbers]:
        """Pairs of a set's number in `rows` and a record that shares shingles with it, and how many they share.

        Args:
            rows: the sets.
            shorter: whether only the shorter prefixes of the records count.
        """
        upper = rows.hashes & _UPPER
        lowest = upper | _SHORTER if shorter else upper  # of a shingle those in shorter prefixes come last
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
        """The same for a few sets; each pair as one number."""
        mine = slice(int(rows.bounds[some.start]), int(rows.bounds[some.stop]))
        owners = np.repeat(np.arange(some.start, some.stop), rows.sizes[some])
        pairs = [np.empty(0, np.int64)]
        for run, start, count in zip(self.runs, starts, counts, strict=True):
            records = (run[spread(start[mine], count[mine])] & _RECORD).astype(np.int64)
            pairs.append(np.repeat(owners, count[mine]) << 32 | records)
        return np.unique(np.concatenate(pairs), return_counts=True)


def _few(hits: Numbers) -> Iterator[tuple[int, int]]:
    """Runs of sets with few hits together: the first of each, and one past its last."""
    ends, start = np.cumsum(hits), 0
    while start < len(hits):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _HITS, side="right")))
        yield start, stop
        start = stop


@dataclass
class RareIndex:
    """Records by their rarest shingles.

    Attributes:
        threshold: the Jaccard similarity that is asked for.
        sizes: how many shingles each record has that may be added.
        rests: how many of these are not in its prefix: in row 0 as the smaller of two, in row 1 as the larger.
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
        """Pairs of a set's number and a record that may be similar to it."""
        found = [
            self._may_be(prefixes.sizes, mine, *self.postings.having(mine, shorter=not kind), kind)
            for mine, kind in ((prefixes.smaller_rows, 1), (prefixes.rows, 0))
        ]
        return np.concatenate([found[0][0], found[1][0]]), np.concatenate([found[0][1], found[1][1]])

    def _may_be(
        self, sizes: Numbers, mine: Rows, asking: Numbers, records: Numbers, shared: Numbers, kind: int
    ) -> tuple[Numbers, Numbers]:
        """Those of the pairs that share enough shingles."""
        here, there = sizes[asking], self.sizes[records].astype(np.int64)
        wanted = self.threshold / (1 + self.threshold) * (here + there) - 1e-9
        rest = np.maximum((sizes - mine.sizes)[asking], self.rests[kind, records])
        may = (shared + rest >= wanted) & (here <= there if kind else here >= there)
        return asking[may], records[may]

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
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from corpus_vn_police.dedup.equal import Numbers, Places
from corpus_vn_police.dedup.runs import spread
from corpus_vn_police.dedup.shingles import Hashes, Rows

_LONGER = 24  # shingles of a prefix beyond those that it must have, if they are rare
_COMMON = 0.1  # of a sample's sets; a shingle that more of them have is not rare
_AT_ONCE = 8  # sets whose hits are counted at once: there may be as many as all postings


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
        smaller, larger: the prefixes that count if the set is the smaller of two, or the larger.
        sizes: how many shingles each set has.
    """

    smaller: Rows
    larger: Rows
    sizes: Numbers

    @classmethod
    def of(cls, rows: Rows, rarity: Rarity, threshold: float) -> Prefixes:
        """The prefixes of sets, as long as the threshold needs them and a little longer."""
        ordered = [rarity.ordered(rows.row(row)) for row in range(len(rows))]
        return cls(_cut(ordered, 2 * threshold / (1 + threshold)), _cut(ordered, threshold), rows.sizes)


def _cut(ordered: list[tuple[Hashes, int]], share: float) -> Rows:
    """The prefixes of sets, for a share of its shingles that a set must have in common."""
    cut = []
    for shingles, rare in ordered:
        # A hair less, so that rounding never shortens a prefix.
        must = len(shingles) - math.ceil(share * len(shingles) - 1e-9) + 1
        cut.append(shingles[: max(must, min(must + _LONGER, rare))])
    bounds = np.concatenate([[0], np.cumsum([len(each) for each in cut])]).astype(np.int64)
    return Rows(np.concatenate([np.empty(0, np.uint64), *cut]), bounds)


@dataclass
class Postings:
    """Which records have a shingle, in sorted runs; runs of one size are merged, so there are few."""

    runs: list[tuple[Hashes, Places]] = field(default_factory=list)

    def add(self, rows: Rows, records: Places) -> None:
        """Add records with their shingles."""
        self._push(rows.hashes, np.repeat(records, rows.sizes))
        while len(self.runs) > 1 and len(self.runs[-2][0]) < 2 * len(self.runs[-1][0]):
            one, other = self.runs.pop(), self.runs.pop()
            self._push(np.concatenate([other[0], one[0]]), np.concatenate([other[1], one[1]]))

    def _push(self, hashes: Hashes, records: Places) -> None:
        order = np.argsort(hashes, kind="stable")
        self.runs.append((hashes[order], records[order]))

    def having(self, rows: Rows) -> tuple[Numbers, Numbers, Numbers]:
        """Pairs of a set's number in `rows` and a record that shares shingles with it, and how many they share."""
        found = [self._having(rows, start) for start in range(0, len(rows), _AT_ONCE)]
        hits = np.concatenate([np.empty(0, np.int64), *(pairs for pairs, _ in found)])
        counts = np.concatenate([np.empty(0, np.int64), *(counts for _, counts in found)])
        return hits >> 32, hits & 0xFFFFFFFF, counts

    def _having(self, rows: Rows, start: int) -> tuple[Numbers, Numbers]:
        """The same for a few sets, those from `start` on; each pair as one number."""
        stop = min(start + _AT_ONCE, len(rows))
        wanted = rows.hashes[rows.bounds[start] : rows.bounds[stop]]
        owners = np.repeat(np.arange(start, stop), rows.sizes[start:stop])
        pairs = [np.empty(0, np.int64)]
        for hashes, records in self.runs:
            starts = np.searchsorted(hashes, wanted, side="left")
            counts = np.searchsorted(hashes, wanted, side="right") - starts
            pairs.append(np.repeat(owners, counts) << 32 | records[spread(starts, counts)])
        return np.unique(np.concatenate(pairs), return_counts=True)


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
    smaller: Postings = field(default_factory=Postings)
    larger: Postings = field(default_factory=Postings)

    def add(self, prefixes: Prefixes, records: Places) -> None:
        """Add records."""
        self.smaller.add(prefixes.smaller, records)
        self.larger.add(prefixes.larger, records)
        self.rests[0, records] = prefixes.sizes - prefixes.smaller.sizes
        self.rests[1, records] = prefixes.sizes - prefixes.larger.sizes

    def candidates(self, prefixes: Prefixes) -> tuple[Numbers, Numbers]:
        """Pairs of a set's number and a record that may be similar to it."""
        asked = ((prefixes.smaller, self.larger, 1), (prefixes.larger, self.smaller, 0))
        found = [self._may_be(prefixes.sizes, mine, *theirs.having(mine), kind) for mine, theirs, kind in asked]
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

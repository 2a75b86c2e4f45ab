"""Candidates by their rarest shingles, where a bucket is too crowded to compare all of it.

Texts that share a footer share bands with thousands that have nothing else in common. Of two sets
whose Jaccard similarity is at least `t`, in whatever order all shingles are put, each has a shingle
of the other among its first ones: of the smaller set the first `n - ⌈2t / (1 + t) · n⌉ + 1`, of the
larger the first `n - ⌈t · n⌉ + 1` (prefix filtering: Chaudhuri 2006, Bayardo 2007, Xiao 2008). With
the rarest shingles first, those of a footer are not among them, and nothing is missed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from corpus_vn_police.dedup.buckets import Numbers, Places, spread
from corpus_vn_police.dedup.shingles import Hashes, Rows


@dataclass(frozen=True)
class Rarity:
    """An order of shingles, the rarest first: by how often a sample of texts has them, then by hash.

    Which sample does not matter to what is found, only to how fast.
    """

    common: Hashes
    counts: Numbers

    @classmethod
    def of(cls, sample: Rows) -> Rarity:
        """Count the shingles of a sample of sets; those that it has once count as if it had none."""
        hashes, counts = np.unique(sample.hashes, return_counts=True)
        return cls(hashes[counts > 1], counts[counts > 1])

    def ordered(self, shingles: Hashes) -> Hashes:
        """Shingles, the rarest first."""
        if not len(self.common):
            return np.sort(shingles)
        places = np.minimum(np.searchsorted(self.common, shingles), len(self.common) - 1)
        counts = np.where(self.common[places] == shingles, self.counts[places], 0)
        return shingles[np.lexsort((shingles, counts))]


@dataclass(frozen=True)
class Prefixes:
    """The rarest shingles of several sets: those that count where the set is the smaller of two, or the larger."""

    smaller: Rows
    larger: Rows

    @classmethod
    def of(cls, rows: Rows, rarity: Rarity, threshold: float) -> Prefixes:
        """The prefixes of sets, as long as the threshold needs them."""
        ordered = [rarity.ordered(rows.of(row)) for row in range(len(rows))]
        return cls(_cut(ordered, 2 * threshold / (1 + threshold)), _cut(ordered, threshold))


def _cut(ordered: list[Hashes], share: float) -> Rows:
    # A hair less, so that rounding never shortens a prefix.
    cut = [each[: len(each) - math.ceil(share * len(each) - 1e-9) + 1] for each in ordered]
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

    def having(self, rows: Rows) -> tuple[Numbers, Places]:
        """Pairs: the place of a set in `rows`, and a record that has one of its shingles."""
        owners = np.repeat(np.arange(len(rows)), rows.sizes)
        asking, found = [np.empty(0, np.int64)], [np.empty(0, np.uint32)]
        for hashes, records in self.runs:
            starts = np.searchsorted(hashes, rows.hashes, side="left")
            counts = np.searchsorted(hashes, rows.hashes, side="right") - starts
            asking.append(np.repeat(owners, counts))
            found.append(records[spread(starts, counts)])
        return np.concatenate(asking), np.concatenate(found)


@dataclass
class RareIndex:
    """Records by their rarest shingles."""

    smaller: Postings = field(default_factory=Postings)
    larger: Postings = field(default_factory=Postings)

    def add(self, prefixes: Prefixes, records: npt.NDArray[np.uint32]) -> None:
        """Add records."""
        self.smaller.add(prefixes.smaller, records)
        self.larger.add(prefixes.larger, records)

    def candidates(self, prefixes: Prefixes) -> tuple[Numbers, Places]:
        """Pairs of a set's place and a record that may be similar to it; some come more than once."""
        one, other = self.larger.having(prefixes.smaller), self.smaller.having(prefixes.larger)
        return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])

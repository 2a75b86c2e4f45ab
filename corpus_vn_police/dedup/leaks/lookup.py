"""Find the hashes that given sets have in common with other sets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus_vn_police.dedup.equal import Numbers
from corpus_vn_police.dedup.leaks.filter import HashFilter
from corpus_vn_police.dedup.runs import spread
from corpus_vn_police.dedup.shingles import Rows

_AT_ONCE = 1 << 22  # counters or hits, 8 bytes each; a single hash may have as many hits as there are sets


@dataclass(frozen=True)
class Lookup:
    """The given sets, stored as one sorted list of hashes.

    Attributes:
        sizes: how many hashes each set has.
        hashes: the hashes of all sets, sorted.
        owners: for each of these hashes, the number of its set.
        filter: shows quickly that a hash is not among them.
    """

    sizes: Numbers
    hashes: npt.NDArray[np.uint64]
    owners: Numbers
    filter: HashFilter

    @classmethod
    def of(cls, rows: Rows) -> Lookup:
        """Store sets for looking up; `rows` is made by `sets`."""
        order = np.argsort(rows.hashes, kind="stable")
        return cls(
            rows.sizes,
            rows.hashes[order],
            np.repeat(np.arange(len(rows)), rows.sizes)[order],
            HashFilter.of(rows.hashes),
        )

    def common(self, rows: Rows) -> Iterator[tuple[Numbers, Numbers, Numbers]]:
        """Find pairs that have anything in common: the row, the stored set, and how many hashes both have.

        Texts that share a footer hit one another with each hash of the footer. So hits are counted a few million at a
        time, and the pairs of a few rows are returned together, in order.
        """
        maybe = self.filter.passing(rows.hashes)
        starts, hits = np.zeros((2, len(rows.hashes)), np.int64)
        starts[maybe] = np.searchsorted(self.hashes, rows.hashes[maybe], side="left")
        hits[maybe] = np.searchsorted(self.hashes, rows.hashes[maybe], side="right") - starts[maybe]
        at_once = max(1, _AT_ONCE // max(1, len(self.sizes)))
        for first in range(0, len(rows), at_once):
            last = min(first + at_once, len(rows))
            mine = slice(int(rows.bounds[first]), int(rows.bounds[last]))
            owners = np.repeat(np.arange(last - first), rows.sizes[first:last])
            pairs, shared = self._counted(owners, starts[mine], hits[mine], (last - first) * len(self.sizes))
            yield pairs // len(self.sizes) + first, pairs % len(self.sizes), shared

    def _counted(self, rows: Numbers, starts: Numbers, hits: Numbers, most: int) -> tuple[Numbers, Numbers]:
        """The pairs that have anything in common, each as one number below `most`, and how many hashes they share."""
        ends = np.cumsum(hits)
        all_hits = int(ends[-1]) if len(ends) else 0
        if all_hits < most // 8:
            return np.unique(self._pairs(rows, starts, hits), return_counts=True)
        counts = np.zeros(most, np.int64)
        cuts = np.unique([*np.searchsorted(ends, np.arange(0, all_hits, _AT_ONCE), side="right"), len(hits)])
        for start, stop in itertools.pairwise([0, *cuts.tolist()]):
            part = slice(start, stop)
            counts += np.bincount(self._pairs(rows[part], starts[part], hits[part]), minlength=most)
        found = np.flatnonzero(counts)
        return found, counts[found]

    def _pairs(self, rows: Numbers, starts: Numbers, hits: Numbers) -> Numbers:
        return np.repeat(rows, hits) * len(self.sizes) + self.owners[spread(starts, hits)]

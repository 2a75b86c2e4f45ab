"""Some sets of hashes, and what other sets have in common with each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus_vn_police.dedup.buckets import Numbers, spread
from corpus_vn_police.dedup.shingles import Rows


@dataclass(frozen=True)
class Lookup:
    """Sets as one sorted list: who has which hash.

    Attributes:
        sizes: how many hashes each set has.
        hashes: those of all sets, sorted.
        owners: of each of them its set.
    """

    sizes: Numbers
    hashes: npt.NDArray[np.uint64]
    owners: Numbers

    @classmethod
    def of(cls, rows: Rows) -> Lookup:
        """Look sets up; `rows` are as `sets` makes them."""
        order = np.argsort(rows.hashes, kind="stable")
        return cls(rows.sizes, rows.hashes[order], np.repeat(np.arange(len(rows)), rows.sizes)[order])

    def common(self, rows: Rows) -> tuple[Numbers, Numbers, Numbers]:
        """Pairs that have anything in common: the row, the set here, and how many hashes both have."""
        starts = np.searchsorted(self.hashes, rows.hashes, side="left")
        counts = np.searchsorted(self.hashes, rows.hashes, side="right") - starts
        asking = np.repeat(np.repeat(np.arange(len(rows)), rows.sizes), counts)
        pairs, shared = np.unique(asking << 32 | self.owners[spread(starts, counts)], return_counts=True)
        return pairs >> 32, pairs & 0xFFFFFFFF, shared

"""A quick filter: for most hashes that are not in a list, it shows so at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus_vn_police.dedup.equal import Numbers
from corpus_vn_police.dedup.shingles import Hashes

_BITS = 8  # per hash in the list: one in eight hashes that are not in the list still passes


@dataclass(frozen=True)
class HashFilter:
    """Remember the low bits of the hashes in a list.

    Most texts share almost nothing with others. Finding a hash in a sorted list of millions takes 300 ns; asking
    the filter takes 10 ns.

    Attributes:
        bits: one bit for each value that the low bits of a hash can have, eight in each byte.
    """

    bits: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, hashes: Hashes) -> HashFilter:
        """Make the filter of a list."""
        size = 1 << max(3, (_BITS * len(hashes)).bit_length())
        bits = np.zeros(size, np.bool_)
        bits[hashes & np.uint64(size - 1)] = True
        return cls(np.packbits(bits, bitorder="little"))

    def passing(self, hashes: Hashes) -> Numbers:
        """The positions of hashes that may be in the list; all others are certainly not."""
        low = hashes & np.uint64(8 * len(self.bits) - 1)
        found = self.bits[low >> np.uint64(3)] >> (low & np.uint64(7)).astype(np.uint8)
        return np.flatnonzero(found & 1)

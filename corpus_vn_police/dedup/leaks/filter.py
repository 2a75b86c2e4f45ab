"""A filter that says at once of most hashes that a list does not hold them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus_vn_police.dedup.equal import Numbers
from corpus_vn_police.dedup.shingles import Hashes

_BITS = 8  # for each hash of the list: one in eight that it does not hold gets through


@dataclass(frozen=True)
class HashFilter:
    """Which low bits the hashes of a list have.

    Most texts share next to nothing with others. To look for a hash in a sorted list of millions takes 300 ns, to ask
    the filter 10.

    Attributes:
        bits: a bit for each number that the low bits of a hash can make, eight in each byte.
    """

    bits: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, hashes: Hashes) -> HashFilter:
        """The filter of a list."""
        size = 1 << max(3, (_BITS * len(hashes)).bit_length())
        bits = np.zeros(size, np.bool_)
        bits[hashes & np.uint64(size - 1)] = True
        return cls(np.packbits(bits, bitorder="little"))

    def passing(self, hashes: Hashes) -> Numbers:
        """The places of the hashes that the list may hold; all others it does not hold."""
        low = hashes & np.uint64(8 * len(self.bits) - 1)
        found = self.bits[low >> np.uint64(3)] >> (low & np.uint64(7)).astype(np.uint8)
        return np.flatnonzero(found & 1)

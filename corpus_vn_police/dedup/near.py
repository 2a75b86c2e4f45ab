"""Decide which records that share a band are near duplicates, and which of them stay.

Records are compared in their fixed order with the earlier records that stay. So a record is left
out if, and only if, its true Jaccard similarity with an earlier record that stays reaches the
threshold. Each block is compared with the records that stay from the blocks before it, then with itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus_vn_police.dedup.buckets import Buckets
from corpus_vn_police.dedup.equal import Numbers, Places
from corpus_vn_police.dedup.rare import Prefixes, RareIndex, Rarity
from corpus_vn_police.dedup.runs import spread
from corpus_vn_police.dedup.shingles import Hashes, Rows, jaccard

_BLOCK = 64  # how many records are compared with one another pair by pair
_CROWDED = 8  # how many members in one bucket may stay before they are looked up by their rarest shingles
_SAMPLE = 4_096  # how many sets' shingles are counted, to find the common ones
_SHINGLES = 1 << 22  # the most in a block or a sample, 8 bytes each, because texts may be long


@dataclass(frozen=True)
class StoredSets:
    """Sets of shingles that are not in memory.

    Attributes:
        read: reads hashes: takes a position and a number of hashes.
        starts: the position where the set of each member of the buckets begins.
        sizes: how many shingles each set has (uint32).
    """

    read: Callable[[int, int], Hashes]
    starts: Numbers
    sizes: npt.NDArray[np.uint32]

    def set_of(self, member: int | np.integer) -> Hashes:
        """The set of a member."""
        return self.read(int(self.starts[member]), int(self.sizes[member]))

    def rows(self, members: Numbers) -> Rows:
        """The sets of several members."""
        bounds = np.concatenate([[0], np.cumsum(self.sizes[members])]).astype(np.int64)
        return Rows(np.concatenate([np.empty(0, np.uint64), *map(self.set_of, members)]), bounds)


@dataclass(frozen=True)
class LeftOut:
    """Near duplicates.

    Attributes:
        members: the members that are left out, sorted (uint32).
        kept: for each, the most similar member that stays (uint32).
        similarity: for each, the true Jaccard similarity with that member.
    """

    members: Places
    kept: Places
    similarity: npt.NDArray[np.float64]


class _Staying:
    """The members that stay so far, by bucket; in a crowded bucket by their rarest shingles."""

    def __init__(self, buckets: Buckets, stored: StoredSets, threshold: float) -> None:
        self.buckets, self.stored, self.threshold = buckets, stored, threshold
        ends = np.cumsum(buckets.sizes, dtype=np.int64)
        self.starts = ends - buckets.sizes
        self.slots = np.zeros(ends[-1] if len(ends) else 0, np.uint32)
        self.filled = np.zeros(len(ends), np.uint32)
        self.rare = RareIndex(threshold, stored.sizes, np.zeros((2, len(stored.sizes)), np.uint32))
        self.indexed = np.zeros(len(buckets.members), np.bool_)
        self.rarity: Rarity | None = None

    def add(self, members: Numbers) -> None:
        """Add members that stay."""
        owners, buckets = buckets_of(self.buckets, members)
        order = np.argsort(buckets, kind="stable")
        owners, buckets = owners[order], buckets[order]
        firsts = np.searchsorted(buckets, buckets)
        self.slots[self.starts[buckets] + self.filled[buckets] + np.arange(len(buckets)) - firsts] = members[owners]
        np.add.at(self.filled, buckets, 1)
        crowded = np.unique(buckets[self.filled[buckets] > _CROWDED])
        if len(crowded):
            inside = self.slots[spread(self.starts[crowded], self.filled[crowded].astype(np.int64))]
            self._index(np.unique(inside[~self.indexed[inside]]))

    def _index(self, members: Places) -> None:
        self.indexed[members] = True
        self.rare.add(self._prefixes(members.astype(np.int64)), members)

    def _prefixes(self, members: Numbers) -> Prefixes:
        if self.rarity is None:
            sample = np.arange(0, len(self.buckets.members), max(1, len(self.buckets.members) // _SAMPLE))
            few = np.cumsum(self.stored.sizes[sample]) <= _SHINGLES
            self.rarity = Rarity.of(self.stored.rows(sample[few]))
        return Prefixes.of(self.stored.rows(members), self.rarity, self.threshold)

    def near(self, members: Numbers) -> tuple[Numbers, Numbers, npt.NDArray[np.float64]]:
        """Pairs that share a band and reach the threshold: position in `members`, a member that stays, similarity."""
        owners, buckets = buckets_of(self.buckets, members)
        counts = self.filled[buckets].astype(np.int64)
        crowded = counts > _CROWDED
        counts[crowded] = 0
        asking = np.repeat(owners, counts)
        found = self.slots[spread(self.starts[buckets], counts)]
        among = np.unique(owners[crowded])
        if len(among):
            places, records = self.rare.candidates(self._prefixes(members[among]))
            asking, found = np.concatenate([asking, among[places]]), np.concatenate([found, records])
        asking, found = _distinct(asking, found.astype(np.int64))
        similarity = similarities(self.stored, members[asking], found, self.threshold)
        reached = similarity >= self.threshold
        if len(among):
            # These were found by their shingles alone; only pairs that share a band count.
            reached[reached] &= self._share_a_band(members[asking[reached]], found[reached])
        return asking[reached], found[reached], similarity[reached]

    def _share_a_band(self, ones: Numbers, others: Numbers) -> npt.NDArray[np.bool_]:
        """Whether the two members of each pair share a bucket."""
        numbers, bounds = self.buckets.numbers, self.buckets.bounds
        pairs = zip(ones, others, strict=True)
        shared = [
            bool(np.isin(numbers[bounds[one] : bounds[one + 1]], numbers[bounds[other] : bounds[other + 1]]).any())
            for one, other in pairs
        ]
        return np.array(shared, np.bool_)


def buckets_of(buckets: Buckets, members: Numbers) -> tuple[Numbers, Numbers]:
    """The buckets of members, as pairs: the member's position in `members`, and the bucket."""
    starts = buckets.bounds[members]
    counts = buckets.bounds[members + 1] - starts
    return np.repeat(np.arange(len(members)), counts), buckets.numbers[spread(starts, counts)].astype(np.int64)


def _distinct(ones: Numbers, others: Numbers) -> tuple[Numbers, Numbers]:
    """Each pair once, in order."""
    pairs = np.unique(ones << 32 | others)
    return pairs >> 32, pairs & 0xFFFFFFFF


def similarities(stored: StoredSets, ones: Numbers, others: Numbers, threshold: float) -> npt.NDArray[np.float64]:
    """The true Jaccard similarity of pairs; 0 if their sizes show that they cannot reach the threshold.

    The sets of `ones` are those of a block and are held in memory; the other sets are read one at a time.
    """
    similarity = np.zeros(len(ones))
    small = np.minimum(stored.sizes[ones], stored.sizes[others])
    large = np.maximum(stored.sizes[ones], stored.sizes[others])
    possible = np.flatnonzero(small >= threshold * large - 1e-9)
    held = {one: stored.set_of(one) for one in np.unique(ones[possible]).tolist()}
    last, last_set = -1, np.empty(0, np.uint64)
    for pair in possible[np.argsort(others[possible], kind="stable")]:
        if others[pair] != last:
            last = int(others[pair])
            last_set = held[last] if last in held else stored.set_of(last)
        similarity[pair] = jaccard(held[int(ones[pair])], last_set)
    return similarity


def _blocks(members: Places, stored: StoredSets) -> Iterator[Numbers]:
    """Members in blocks of a few, or of fewer if their sets are large."""
    start = 0
    while start < len(members):
        block = members[start : start + _BLOCK].astype(np.int64)
        few = int((np.cumsum(stored.sizes[block]) <= _SHINGLES).sum())
        yield block[: max(few, 1)]
        start += max(few, 1)


def leave_out(
    buckets: Buckets, stored: StoredSets, threshold: float, compared: Callable[[int], None] = lambda members: None
) -> LeftOut:
    """Decide which members are left out, and because of which other member.

    Args:
        buckets: the records that share a band; their numbers are in the order in which they stay.
        stored: the sets of their shingles.
        threshold: the Jaccard similarity that makes two records near duplicates.
        compared: called with the number of members that were just decided.
    """
    count = len(buckets.members)
    staying = _Staying(buckets, stored, threshold)
    stays = np.ones(count, np.bool_)
    for block in _blocks(np.arange(count, dtype=np.uint32), stored):
        stays[block[staying.near(block)[0]]] = False
        rest = block[stays[block]]
        stays[rest] = _greedy(buckets, stored, rest, threshold)
        staying.add(rest[stays[rest]])
        compared(len(block))
    return _most_similar(staying, np.flatnonzero(~stays).astype(np.uint32))


def _greedy(buckets: Buckets, stored: StoredSets, block: Numbers, threshold: float) -> npt.NDArray[np.bool_]:
    """Whether each of a few members, taken in order, stays beside those before it."""
    owners, mine = buckets_of(buckets, block)
    order = np.lexsort((owners, mine))
    owners, mine = owners[order], mine[order]
    # Each one with all those after it in its bucket: within a bucket, the owners are in order.
    after = np.searchsorted(mine, mine, side="right") - np.arange(len(mine)) - 1
    ones = np.repeat(owners, after)
    others = owners[spread(np.arange(len(mine)) + 1, after)]
    ones, others = _distinct(ones, others)
    near = similarities(stored, block[ones], block[others], threshold) >= threshold
    stays = np.ones(len(block), np.bool_)
    for one, other in zip(ones[near], others[near], strict=True):  # by `one` first, so that it is already decided
        stays[other] &= not stays[one]
    return stays


def _most_similar(staying: _Staying, members: Places) -> LeftOut:
    """For each member that is left out, the most similar member that stays; if several are, the first in order."""
    kept, similarity = np.zeros(len(members), np.uint32), np.zeros(len(members))
    start = 0
    for block in _blocks(members, staying.stored):
        asking, found, similar = staying.near(block)
        order = np.lexsort((found, -similar, asking))
        places, firsts = np.unique(asking[order], return_index=True)
        best = order[firsts]
        kept[start + places], similarity[start + places] = found[best], similar[best]
        start += len(block)
    return LeftOut(members, kept, similarity)

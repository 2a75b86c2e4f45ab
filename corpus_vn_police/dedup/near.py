"""Which of the records that share a band are near duplicates, and which of them stays.

Records are gone through in their fixed order and compared with those that stay, so a record is left
out if, and only if, its true Jaccard similarity with an earlier one that stays reaches the
threshold. Each block is compared with what stays of the blocks before it, then with itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus_vn_police.dedup.buckets import Buckets, Numbers, Places, spread
from corpus_vn_police.dedup.rare import Prefixes, RareIndex, Rarity
from corpus_vn_police.dedup.shingles import Hashes, Rows, jaccard

_BLOCK = 64  # records that are compared with one another pair by pair
_CROWDED = 8  # that stay in one bucket, from which on those of it are looked up by their rarest shingles
_SAMPLE = 4_096  # sets, of which the commonest shingles are counted
_SHINGLES = 1 << 22  # of a block or a sample, 8 bytes each: texts may be long


@dataclass(frozen=True)
class Stored:
    """Sets of shingles that are not in memory.

    Attributes:
        read: gives so many hashes from a place on.
        starts: of each member of the buckets where its set begins.
        sizes: how many shingles it has.
    """

    read: Callable[[int, int], Hashes]
    starts: Numbers
    sizes: Numbers

    def of(self, member: int | np.integer) -> Hashes:
        """The set of a member."""
        return self.read(int(self.starts[member]), int(self.sizes[member]))

    def rows(self, members: Numbers) -> Rows:
        """The sets of several members."""
        bounds = np.concatenate([[0], np.cumsum(self.sizes[members])]).astype(np.int64)
        return Rows(np.concatenate([np.empty(0, np.uint64), *map(self.of, members)]), bounds)


@dataclass(frozen=True)
class LeftOut:
    """Near duplicates: members that are left out, sorted, the most similar one that stays, and how similar."""

    members: Numbers
    kept: Numbers
    similarity: npt.NDArray[np.float64]


class _Staying:
    """The members that stay so far, by bucket; by their rarest shingles where a bucket is crowded."""

    def __init__(self, buckets: Buckets, stored: Stored, threshold: float) -> None:
        self.buckets, self.stored, self.threshold = buckets, stored, threshold
        ends = np.cumsum(buckets.sizes, dtype=np.int64)
        self.starts = ends - buckets.sizes
        self.slots = np.zeros(ends[-1] if len(ends) else 0, np.uint32)
        self.filled = np.zeros(len(ends), np.uint32)
        self.rare = RareIndex(threshold, stored.sizes, np.zeros((2, len(stored.sizes)), np.uint32))
        self.indexed = np.zeros(len(buckets.members), np.bool_)
        self.rarity: Rarity | None = None

    def add(self, members: Numbers) -> None:
        """Let members stay."""
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
        """Pairs that share a band and reach the threshold: place in `members`, one that stays, similarity."""
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
            # Alone by their shingles they were found: only those that share a band count.
            reached[reached] &= self._share_a_band(members[asking[reached]], found[reached])
        return asking[reached], found[reached], similarity[reached]

    def _share_a_band(self, ones: Numbers, others: Numbers) -> npt.NDArray[np.bool_]:
        of, bounds = self.buckets.of, self.buckets.bounds
        pairs = zip(ones, others, strict=True)
        shared = [
            bool(np.isin(of[bounds[one] : bounds[one + 1]], of[bounds[other] : bounds[other + 1]]).any())
            for one, other in pairs
        ]
        return np.array(shared, np.bool_)


def buckets_of(buckets: Buckets, members: Numbers) -> tuple[Numbers, Numbers]:
    """The buckets of members: for each the place of the member in `members`, and the bucket."""
    starts = buckets.bounds[members]
    counts = buckets.bounds[members + 1] - starts
    return np.repeat(np.arange(len(members)), counts), buckets.of[spread(starts, counts)].astype(np.int64)


def _distinct(ones: Numbers, others: Numbers) -> tuple[Numbers, Numbers]:
    pairs = np.unique(ones << 32 | others)
    return pairs >> 32, pairs & 0xFFFFFFFF


def similarities(stored: Stored, ones: Numbers, others: Numbers, threshold: float) -> npt.NDArray[np.float64]:
    """The true Jaccard similarity of pairs; 0 if their sizes alone rule the threshold out.

    The sets of `ones` are held, which are those of a block; each other one is read when it is its turn.
    """
    found = np.zeros(len(ones))
    small = np.minimum(stored.sizes[ones], stored.sizes[others])
    large = np.maximum(stored.sizes[ones], stored.sizes[others])
    places = np.flatnonzero(small >= threshold * large - 1e-9)
    held = {one: stored.of(one) for one in np.unique(ones[places]).tolist()}
    last, its = -1, np.empty(0, np.uint64)
    for place in places[np.argsort(others[places], kind="stable")]:
        if others[place] != last:
            last = int(others[place])
            its = held[last] if last in held else stored.of(last)
        found[place] = jaccard(held[int(ones[place])], its)
    return found


def _blocks(members: Numbers, stored: Stored) -> Iterator[Numbers]:
    """Members in blocks of a few, fewer where their sets are large."""
    start = 0
    while start < len(members):
        block = members[start : start + _BLOCK]
        few = int((np.cumsum(stored.sizes[block]) <= _SHINGLES).sum())
        yield block[: max(few, 1)]
        start += max(few, 1)


def leave_out(buckets: Buckets, stored: Stored, threshold: float) -> LeftOut:
    """Say which members are left out for which.

    Args:
        buckets: the records that share a band; their numbers are in the order in which they stay.
        stored: the sets of their shingles.
        threshold: the Jaccard similarity from which on two are near duplicates.
    """
    count = len(buckets.members)
    staying = _Staying(buckets, stored, threshold)
    stays = np.ones(count, np.bool_)
    for block in _blocks(np.arange(count), stored):
        stays[block[staying.near(block)[0]]] = False
        rest = block[stays[block]]
        stays[rest] = _greedy(buckets, stored, rest, threshold)
        staying.add(rest[stays[rest]])
    return _most_similar(staying, np.flatnonzero(~stays))


def _greedy(buckets: Buckets, stored: Stored, block: Numbers, threshold: float) -> npt.NDArray[np.bool_]:
    """Of a few members, in order, which stay beside one another."""
    owners, mine = buckets_of(buckets, block)
    order = np.lexsort((owners, mine))
    owners, mine = owners[order], mine[order]
    # Each with all after it in its bucket: the owners are in order there.
    after = np.searchsorted(mine, mine, side="right") - np.arange(len(mine)) - 1
    ones = np.repeat(owners, after)
    others = owners[spread(np.arange(len(mine)) + 1, after)]
    ones, others = _distinct(ones, others)
    near = similarities(stored, block[ones], block[others], threshold) >= threshold
    stays = np.ones(len(block), np.bool_)
    for one, other in zip(ones[near], others[near], strict=True):  # by `one` first, so it is decided
        stays[other] &= not stays[one]
    return stays


def _most_similar(staying: _Staying, members: Numbers) -> LeftOut:
    """Of each member that is left out the most similar one that stays, the first in order of several."""
    kept, similarity = np.zeros(len(members), np.int64), np.zeros(len(members))
    start = 0
    for block in _blocks(members, staying.stored):
        asking, found, similar = staying.near(block)
        order = np.lexsort((found, -similar, asking))
        places, firsts = np.unique(asking[order], return_index=True)
        best = order[firsts]
        kept[start + places], similarity[start + places] = found[best], similar[best]
        start += len(block)
    return LeftOut(members, kept, similarity)

"""Bands -> buckets: which records share a band, with what few bytes of memory a record.

The bands are gone through one after the other, so that one hash a record is held at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus_vn_police.dedup.shingles import mixed

Numbers = npt.NDArray[np.int64]
Places = npt.NDArray[np.uint32]

_HALF = np.uint64(32)


@dataclass(frozen=True)
class Buckets:
    """Sets of records that share a band, of two or more; a set that several bands have is one bucket.

    Attributes:
        members: the records that are in any, by number, sorted; what follows counts them from 0.
        of: the buckets of each member, one after the other (uint32).
        bounds: member `i` is in `of[bounds[i]:bounds[i + 1]]`.
        sizes: how many members each bucket has (uint32).
    """

    members: Numbers
    of: Places
    bounds: Numbers
    sizes: Places


def share(read_band: Callable[[int], npt.NDArray[np.uint64]], bands: int) -> Buckets:
    """Find the buckets.

    Args:
        read_band: gives of every record the hash of a band; records are known by their place in it.
        bands: how many bands there are.
    """
    seen = np.empty(0, np.uint64)
    pairs, sizes = [np.empty(0, np.uint64)], [np.empty(0, np.uint32)]
    count = 0
    for band in range(bands):
        who, ends = _groups(read_band(band))
        marks = _marks(who, ends)
        new = ~np.isin(marks, seen)
        new[new] &= _firsts(marks[new])
        seen = np.union1d(seen, marks)
        lengths = np.diff(ends, prepend=0)
        numbers = np.arange(count, count + new.sum(), dtype=np.uint64)
        pairs.append(who[np.repeat(new, lengths)].astype(np.uint64) << _HALF | np.repeat(numbers, lengths[new]))
        sizes.append(lengths[new].astype(np.uint32))
        count += int(new.sum())
    joined = np.concatenate(pairs)
    pairs.clear()  # of near copies there are many
    return _by_record(joined, np.concatenate(sizes))


def _groups(hashes: npt.NDArray[np.uint64]) -> tuple[Places, Numbers]:
    """The records that share their hash with another one, group after group; where each group ends."""
    order = np.argsort(hashes, kind="stable").astype(np.uint32)
    ordered = hashes[order]
    same = np.zeros(len(order) + 1, np.bool_)
    same[1:-1] = ordered[1:] == ordered[:-1]
    shared = same[1:] | same[:-1]
    last = shared & ~same[1:]
    return order[shared], np.flatnonzero(last[shared]) + 1


def _marks(who: Places, ends: Numbers) -> npt.NDArray[np.uint64]:
    """A number for each group that depends on its members alone."""
    if not len(ends):
        return np.empty(0, np.uint64)
    values = mixed(who.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(1))
    return np.add.reduceat(values, np.concatenate([[0], ends[:-1]]))


def _firsts(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(values), np.bool_)
    found[np.unique(values, return_index=True)[1]] = True
    return found


def _by_record(pairs: npt.NDArray[np.uint64], sizes: Places) -> Buckets:
    pairs.sort()
    records = (pairs >> _HALF).astype(np.uint32)
    buckets = pairs.astype(np.uint32)  # the lower half
    members, counts = np.unique(records, return_counts=True)
    bounds = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Buckets(members.astype(np.int64), buckets, bounds, sizes)


def spread(starts: Numbers, counts: Numbers) -> Numbers:
    """The places `starts[i] … starts[i] + counts[i] - 1` of all `i`, one after the other."""
    ends: Numbers = np.cumsum(counts)
    places: Numbers = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - counts), counts)
    return places

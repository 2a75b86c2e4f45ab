"""Bands -> buckets: find the records that share a band, with few bytes of memory per record.

The bands are read one after the other. So memory holds one hash per record, and 1 byte while they are compared. A
record that shares a band takes 8 more bytes per bucket, and 16 while they are sorted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus_vn_police.dedup.equal import Numbers, Places, equal
from corpus_vn_police.dedup.shingles import mixed

_HALF = np.uint64(32)


@dataclass(frozen=True)
class Buckets:
    """Sets of two or more records that share a band; a set that several bands share is one bucket.

    Attributes:
        members: the sorted numbers of all records that are in a bucket; a member is identified by its position here
            (uint32).
        numbers: the buckets that each member is in, member after member (uint32).
        bounds: member `i` is in the buckets `numbers[bounds[i]:bounds[i + 1]]`.
        sizes: how many members each bucket has (uint32).
    """

    members: Places
    numbers: Places
    bounds: Numbers
    sizes: Places


def share(read_band: Callable[[int], npt.NDArray[np.uint64]], bands: int) -> Buckets:
    """Find the buckets.

    Args:
        read_band: returns the hash of a band for every record; a record is identified by its position there.
        bands: how many bands there are.
    """
    seen = np.empty(0, np.uint64)
    pairs, sizes = [np.empty(0, np.uint64)], [np.empty(0, np.uint32)]
    count = 0
    for band in range(bands):
        grouped, ends = _groups(read_band(band))
        marks = _marks(grouped, ends)
        new = ~_is_in(marks, seen)
        new[new] &= _firsts(marks[new])
        seen = np.concatenate([seen, marks[new]])
        seen.sort(kind="stable")
        lengths = np.diff(ends, prepend=0)
        numbers = np.arange(count, count + new.sum(), dtype=np.uint64)
        pairs.append(grouped[np.repeat(new, lengths)].astype(np.uint64) << _HALF | np.repeat(numbers, lengths[new]))
        sizes.append(lengths[new].astype(np.uint32))
        count += int(new.sum())
    del seen
    joined = np.concatenate(pairs)
    pairs.clear()  # near copies can make many
    return _by_record(joined, np.concatenate(sizes))


def _groups(hashes: npt.NDArray[np.uint64]) -> tuple[Places, Numbers]:
    """The records that share their hash with another record, group by group, and the end of each group."""
    found, ends, count = [np.empty(0, np.uint32)], [np.empty(0, np.int64)], 0
    for places, each in equal(hashes):
        found.append(places)
        ends.append(each + count)
        count += len(places)
    return np.concatenate(found), np.concatenate(ends)


def _is_in(values: npt.NDArray[np.uint64], known: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Whether each value is in a sorted array. np.isin would sort both together, and hold them twice."""
    if not len(known):
        return np.zeros(len(values), np.bool_)
    found: npt.NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, values), len(known) - 1)] == values
    return found


def _marks(grouped: Places, ends: Numbers) -> npt.NDArray[np.uint64]:
    """A number for each group that depends only on its members."""
    if not len(ends):
        return np.empty(0, np.uint64)
    values = mixed(grouped.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(1))
    return np.add.reduceat(values, np.concatenate([[0], ends[:-1]]))


def _firsts(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Whether each value is the first of several equal ones."""
    is_first = np.zeros(len(values), np.bool_)
    is_first[np.unique(values, return_index=True)[1]] = True
    return is_first


def _by_record(pairs: npt.NDArray[np.uint64], sizes: Places) -> Buckets:
    """The buckets, from pairs of a record (upper half of the number) and a bucket (lower half)."""
    pairs.sort()
    records = (pairs >> _HALF).astype(np.uint32)
    begins = np.flatnonzero(np.diff(records, prepend=records[:1] + 1))
    members = records[begins]
    del records
    return Buckets(members, pairs.astype(np.uint32), np.append(begins, len(pairs)), sizes)  # the lower half

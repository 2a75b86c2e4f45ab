"""The fixed order of records: of two copies, the earlier one in this order stays."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police import periods
from corpus_vn_police.dedup.equal import Places

_UNDATED = np.iinfo(np.int32).max
_AT_ONCE = 1 << 18  # about how many records are sorted at once
_SAMPLE = 1 << 12  # how many ids are sampled to divide the records of a single day


def standing_order(
    days: npt.NDArray[np.int32], ids: npt.NDArray[np.uint64], taking_part: npt.NDArray[np.bool_]
) -> Places:
    """Sort records into the fixed order: by the first day that the date can mean, undated last, then by id.

    They are sorted a few days at a time, and a very frequent day in several pieces by id. So little memory is needed
    besides the arguments and the result.

    Args:
        days: the first day of each, as `first_days` returns it.
        ids: the id of each; all are different, so that the order is complete.
        taking_part: whether each has a place in the order.

    Returns:
        The numbers of those that take part, in order.
    """
    found = [np.empty(0, np.uint32)]
    for first, last in _spans(days[taking_part]):
        some = np.flatnonzero((days >= first) & (days <= last) & taking_part).astype(np.uint32)
        for piece in _by_id(some, ids) if first == last else [some]:
            found.append(piece[np.lexsort((ids[piece], days[piece]))])
    return np.concatenate(found)


def _spans(days: npt.NDArray[np.int32]) -> Iterator[tuple[int, int]]:
    """The first and last day of spans that have few records, or consist of one day."""
    each, counts = np.unique(days, return_counts=True)
    start = 0
    while start < len(each):
        few = int(np.searchsorted(np.cumsum(counts[start:]), _AT_ONCE, side="right"))
        stop = start + max(few, 1)
        yield int(each[start]), int(each[stop - 1])
        start = stop


def _by_id(some: Places, ids: npt.NDArray[np.uint64]) -> Iterator[Places]:
    """Records in pieces; the ids of each piece are higher than those before, whatever their distribution."""
    mine = ids[some]
    sample = np.sort(mine[:: max(1, len(mine) // _SAMPLE)])
    bounds = sample[:: max(1, len(sample) * _AT_ONCE // max(len(mine), 1))][1:]
    for low, high in itertools.pairwise([None, *bounds, None]):
        within = np.ones(len(mine), np.bool_)
        if low is not None:
            within &= mine >= low
        if high is not None:
            within &= mine < high
        yield some[within]


def first_days(dates: pl.Series) -> npt.NDArray[np.int32]:
    """The first day that each date can mean, in days since 1970-01-01; undated records come after all others."""
    return periods.first_days(dates).cast(pl.Int32).fill_null(_UNDATED).to_numpy()

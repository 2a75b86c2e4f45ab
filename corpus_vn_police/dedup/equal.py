"""Which of many numbers are equal, piece by piece: beside them little is held."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.uint32]
"""Numbers of records, 4 bytes each."""

Numbers = npt.NDArray[np.int64]

_AT_ONCE = 1 << 18  # values that are sorted at once
_MOST_PIECES = 1 << 8
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def equal(values: npt.NDArray[np.uint64]) -> Iterator[tuple[Places, Numbers]]:
    """The places of values that others are equal to.

    Yields:
        Places, group after group, in each group in order; and the end of each group. No group is in two of the pairs.
    """
    for places in _pieces(values):
        found = values[places]
        order = np.argsort(found, kind="stable")
        ordered = found[order]
        same = np.zeros(len(order) + 1, np.bool_)
        same[1:-1] = ordered[1:] == ordered[:-1]
        shared = same[1:] | same[:-1]
        last = shared & ~same[1:]
        yield places[order[shared]], np.flatnonzero(last[shared]) + 1


def _pieces(values: npt.NDArray[np.uint64]) -> Iterator[Places]:
    """All places in pieces of which none has a value that another one has; the values may be of any distribution."""
    count = 1
    while count < _MOST_PIECES and len(values) > count * _AT_ONCE:
        count *= 2
    if count == 1:
        yield np.arange(len(values), dtype=np.uint32)
        return
    pieces = np.empty(len(values), np.uint8)
    for start in range(0, len(values), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        pieces[some] = (values[some] * _FACTOR) >> np.uint64(56) & np.uint64(count - 1)
    for piece in range(count):
        yield np.flatnonzero(pieces == piece).astype(np.uint32)

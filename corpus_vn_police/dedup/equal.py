"""Find equal numbers among many, piece by piece, with little memory besides the numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.uint32]
"""Numbers that identify records, 4 bytes each."""

Numbers = npt.NDArray[np.int64]

_AT_ONCE = 1 << 18  # how many values are sorted at once
_MOST_PIECES = 1 << 8
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def equal(values: npt.NDArray[np.uint64]) -> Iterator[tuple[Places, Numbers]]:
    """Find the positions of values that occur more than once.

    Yields:
        Positions, group after group, sorted in each group; and the end of each group. A group is never split.
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
    """All positions in pieces, so that equal values are in the same piece; the values may have any distribution."""
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

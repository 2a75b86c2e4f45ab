"""Signed texts -> which of them are copies: equal in their key, or near duplicates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police.config import Dedup
from corpus_vn_police.dedup.buckets import Numbers, share
from corpus_vn_police.dedup.near import Stored, leave_out
from corpus_vn_police.dedup.shingles import Hashes, keys, sets, shingles
from corpus_vn_police.dedup.sign import BANDS, read_band, read_keys
from corpus_vn_police.files import write_numbers

_AT_ONCE = 2_000  # texts of which the sets are made at once,
_BYTES = 16 << 20  # or fewer, where they are long


@dataclass(frozen=True)
class Signed:
    """Texts whose signs are on disk; a text is known by its place among all of them.

    Attributes:
        paths: the files of signs.
        counts: how many texts each has signed.
        order: the places of the texts that take part, in the order in which they stay.
        sizes: how long each text is, about, in bytes (uint32).
        texts: gives the texts of places, which are sorted.
        scratch: a file that may be written, for the sets of shingles: some 8 bytes a syllable of each
            text that shares a band with another one.
    """

    paths: list[Path]
    counts: list[int]
    order: Numbers
    sizes: npt.NDArray[np.uint32]
    texts: Callable[[Numbers], pl.Series]
    scratch: Path


@dataclass(frozen=True)
class Copies:
    """Texts that are left out.

    Attributes:
        left: their places (int64), sorted.
        kept: of each the most similar text that stays, the first in order of several.
        similarity: of each pair the true Jaccard similarity; 1.0 if the keys are equal.
        exact: whether the keys are equal.
    """

    left: Numbers
    kept: Numbers
    similarity: npt.NDArray[np.float64]
    exact: npt.NDArray[np.bool_]


def find_copies(signed: Signed, dedup: Dedup) -> Copies:
    """Find copies, by the key alone or by their shingles too.

    Of texts with one key the first stays; it takes part in the search for near duplicates alone, and
    where it is left out, so are the others for the same text: they are as similar to it.

    Args:
        signed: the texts.
        dedup: the level `exact` or `near`, and the threshold.
    """
    left, kept = _equal_keys(signed)
    found = _Found(left, kept, np.ones(len(left)))
    exact = np.ones(len(left), np.bool_)
    if dedup.level == "near":
        first = np.setdiff1d(np.arange(len(signed.order)), left)
        near = _near(signed, first, dedup.threshold)
        found, exact = _with_near(found, near)
    places = signed.order[found.left]
    order = np.argsort(places)
    return Copies(places[order], signed.order[found.kept][order], found.similarity[order], exact[order])


@dataclass(frozen=True)
class _Found:
    """What is left out for what, by numbers in the order; near duplicates are sorted by `left`."""

    left: Numbers
    kept: Numbers
    similarity: npt.NDArray[np.float64]


def _with_near(equal: _Found, near: _Found) -> tuple[_Found, npt.NDArray[np.bool_]]:
    """Both together, and which are still equal to what stays."""
    if not len(near.left):
        return equal, np.ones(len(equal.left), np.bool_)
    places = np.minimum(np.searchsorted(near.left, equal.kept), len(near.left) - 1)
    moved = near.left[places] == equal.kept
    kept = np.where(moved, near.kept[places], equal.kept)
    similarity = np.where(moved, near.similarity[places], equal.similarity)
    found = _Found(
        np.concatenate([equal.left, near.left]),
        np.concatenate([kept, near.kept]),
        np.concatenate([similarity, near.similarity]),
    )
    return found, np.concatenate([~moved, np.zeros(len(near.left), np.bool_)])


def _equal_keys(signed: Signed) -> tuple[Numbers, Numbers]:
    """Texts whose key an earlier one has, and that one: by their number in the order."""
    high, low = (row[signed.order] for row in read_keys(signed.paths, signed.counts))
    order = np.lexsort((low, high))  # stable: of equal ones the first in order comes first
    same = (high[order][1:] == high[order][:-1]) & (low[order][1:] == low[order][:-1])
    begins = np.concatenate([[True], ~same])[: len(order)]
    firsts = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0)) if len(order) else order
    return order[~begins], order[firsts[~begins]]


def _near(signed: Signed, first: Numbers, threshold: float) -> _Found:
    """Near duplicates among texts with different keys."""
    places = signed.order[first]
    buckets = share(lambda band: read_band(signed.paths, signed.counts, band)[places], BANDS)
    starts, sizes = _store(signed, places[buckets.members])
    with signed.scratch.open("rb", buffering=0) as source:

        def read(start: int, count: int) -> Hashes:
            # Not mapped: what is mapped counts as this process's memory as long as it is touched.
            source.seek(start * 8)
            return np.frombuffer(source.read(count * 8), np.uint64)

        left = leave_out(buckets, Stored(read, starts, sizes), threshold)
    numbers = first[buckets.members]
    return _Found(numbers[left.members], numbers[left.kept], left.similarity)


def _store(signed: Signed, places: Numbers) -> tuple[Numbers, Numbers]:
    """Write the sets of texts to disk; of each, in the order of `places`, where it begins and its size."""
    order = np.argsort(places)
    sizes = np.zeros(len(places), np.int64)
    with signed.scratch.open("wb") as sink:
        start = 0
        while start < len(order):
            some = order[start : start + _AT_ONCE]
            some = some[: max(1, int((np.cumsum(signed.sizes[places[some]], dtype=np.int64) <= _BYTES).sum()))]
            start += len(some)
            rows = sets(shingles(keys(signed.texts(places[some])).rows))
            sizes[some] = rows.sizes
            write_numbers(sink, rows.hashes)
    ends = np.cumsum(sizes[order])
    starts = np.zeros(len(places), np.int64)
    starts[order] = ends - sizes[order]
    return starts, sizes

"""Signed texts -> which of them are copies: texts with the same key, or near duplicates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police.config import Dedup
from corpus_vn_police.dedup.buckets import Numbers, share
from corpus_vn_police.dedup.near import StoredSets, leave_out
from corpus_vn_police.dedup.shingles import Hashes, keys, sets, shingles
from corpus_vn_police.dedup.sign import BANDS, read_band, read_keys
from corpus_vn_police.engine.progress import Progress, silent
from corpus_vn_police.files import write_numbers

_AT_ONCE = 2_000  # texts of which the sets are made at once,
_BYTES = 16 << 20  # or fewer, if they are long


@dataclass(frozen=True)
class Signed:
    """Texts whose signs are on disk; a text is known by its number among all of them.

    Attributes:
        paths: the files of signs.
        counts: how many texts each file holds the signs of.
        order: the numbers of the texts that take part; of two copies the earlier one in this order stays.
        sizes: the length of each text, about, in bytes (uint32).
        texts: gives the texts with some numbers, which must be sorted.
        scratch: a file that may be written, for the sets of shingles: some 8 bytes per syllable of each text
            that shares a band with another one.
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
        left_out: their numbers (int64), sorted.
        kept: the most similar text that stays, for each; the first in order if there are several.
        similarity: the true Jaccard similarity of each pair; 1.0 if the keys are equal.
        exact: whether the keys of each pair are equal.
    """

    left_out: Numbers
    kept: Numbers
    similarity: npt.NDArray[np.float64]
    exact: npt.NDArray[np.bool_]


def find_copies(signed: Signed, dedup: Dedup, progress: Progress = silent) -> Copies:
    """Find copies, by the key alone or by their shingles too.

    Of texts with one key the first one stays. It alone takes part in the search for near duplicates; if it is
    left out for another text, the others with its key are left out for that text too, as they are as similar.

    Args:
        signed: the texts.
        dedup: the level `exact` or `near`, and the threshold.
        progress: for `near` called with `pair`, how many bands were just read, and of how many; then with `compare`,
            how many texts that share a band were just taken apart or compared, and how many there are, twice.
    """
    left_out, kept = _equal_keys(signed)
    pairs = _Pairs(left_out, kept, np.ones(len(left_out)))
    exact = np.ones(len(left_out), np.bool_)
    if dedup.level == "near":
        first = np.setdiff1d(np.arange(len(signed.order)), left_out)
        near = _near(signed, first, dedup.threshold, progress)
        pairs, exact = _with_near(pairs, near)
    numbers = signed.order[pairs.left_out]
    by_number = np.argsort(numbers)
    kept = signed.order[pairs.kept]
    return Copies(numbers[by_number], kept[by_number], pairs.similarity[by_number], exact[by_number])


@dataclass(frozen=True)
class _Pairs:
    """Texts that are left out and those that are kept for them, by position in the order.

    Near duplicates are sorted by `left_out`.
    """

    left_out: Numbers
    kept: Numbers
    similarity: npt.NDArray[np.float64]


def _with_near(equal: _Pairs, near: _Pairs) -> tuple[_Pairs, npt.NDArray[np.bool_]]:
    """Both together, and whether the keys of each pair are equal."""
    if not len(near.left_out):
        return equal, np.ones(len(equal.left_out), np.bool_)
    at = np.minimum(np.searchsorted(near.left_out, equal.kept), len(near.left_out) - 1)
    moved = near.left_out[at] == equal.kept
    kept = np.where(moved, near.kept[at], equal.kept)
    similarity = np.where(moved, near.similarity[at], equal.similarity)
    pairs = _Pairs(
        np.concatenate([equal.left_out, near.left_out]),
        np.concatenate([kept, near.kept]),
        np.concatenate([similarity, near.similarity]),
    )
    return pairs, np.concatenate([~moved, np.zeros(len(near.left_out), np.bool_)])


def _equal_keys(signed: Signed) -> tuple[Numbers, Numbers]:
    """Texts whose key an earlier one has, and the first one that has it: by position in the order."""
    high, low = (row[signed.order] for row in read_keys(signed.paths, signed.counts))
    order = np.lexsort((low, high))  # stable: of equal ones the first in order comes first
    same = (high[order][1:] == high[order][:-1]) & (low[order][1:] == low[order][:-1])
    begins = np.concatenate([[True], ~same])[: len(order)]
    firsts = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0)) if len(order) else order
    return order[~begins], order[firsts[~begins]]


def _near(signed: Signed, first: Numbers, threshold: float, progress: Progress) -> _Pairs:
    """Near duplicates among the first texts with each key, given by position in the order."""
    numbers = signed.order[first]

    def band(number: int) -> Hashes:
        progress("pair", 1, BANDS)
        return read_band(signed.paths, signed.counts, number)[numbers]

    buckets = share(band, BANDS)

    def compared(texts: int) -> None:
        progress("compare", texts, 2 * len(buckets.members))

    starts, sizes = _store(signed, numbers[buckets.members], compared)
    with signed.scratch.open("rb", buffering=0) as source:

        def read(start: int, count: int) -> Hashes:
            # Not mapped: what is mapped counts as this process's memory as long as it is touched.
            source.seek(start * 8)
            return np.frombuffer(source.read(count * 8), np.uint64)

        near = leave_out(buckets, StoredSets(read, starts, sizes), threshold, compared)
    positions = first[buckets.members]
    return _Pairs(positions[near.members], positions[near.kept], near.similarity)


def _store(signed: Signed, numbers: Numbers, stored: Callable[[int], None]) -> tuple[Numbers, Numbers]:
    """Write the sets of texts to disk; returns where each set begins and its size, in the order of `numbers`."""
    order = np.argsort(numbers)
    sizes = np.zeros(len(numbers), np.int64)
    with signed.scratch.open("wb") as sink:
        start = 0
        while start < len(order):
            some = order[start : start + _AT_ONCE]
            some = some[: max(1, int((np.cumsum(signed.sizes[numbers[some]], dtype=np.int64) <= _BYTES).sum()))]
            start += len(some)
            rows = sets(shingles(keys(signed.texts(numbers[some])).rows))
            sizes[some] = rows.sizes
            write_numbers(sink, rows.hashes)
            stored(len(some))
    ends = np.cumsum(sizes[order])
    starts = np.zeros(len(numbers), np.int64)
    starts[order] = ends - sizes[order]
    return starts, sizes

"""Signed texts -> those that are copies: texts with the same key, or near duplicates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police.config import Dedup
from corpus_vn_police.dedup.buckets import Buckets, share
from corpus_vn_police.dedup.equal import Numbers, Places, equal
from corpus_vn_police.dedup.near import StoredSets, leave_out
from corpus_vn_police.dedup.shingles import Hashes, keys, sets, shingles
from corpus_vn_police.dedup.sign import BANDS, KEY_ROWS, band_row, read_row
from corpus_vn_police.engine.progress import Progress, silent
from corpus_vn_police.files import write_numbers

_AT_ONCE = 2_000  # how many texts' sets are made at once,
_BYTES = 16 << 20  # or fewer if the texts are long


@dataclass(frozen=True)
class Signed:
    """Texts whose signs are on disk; a text is identified by its number among all of them.

    Attributes:
        paths: the files of signs.
        counts: for how many texts each file has signs.
        order: the numbers of the texts that take part (uint32); if two are copies, the earlier one in this order stays.
        sizes: returns the approximate lengths in bytes of the texts with the given numbers.
        texts: returns the texts with the given numbers, which must be sorted.
        scratch: the path of a file to write the sets of shingles to: about 8 bytes per syllable of each text
            that shares a band with another one.
    """

    paths: list[Path]
    counts: list[int]
    order: Places
    sizes: Callable[[Places], npt.NDArray[np.integer]]
    texts: Callable[[Places], pl.Series]
    scratch: Path

    def rows(self, order: Places) -> Callable[[int], Hashes]:
        """Make a function that reads a row of the signs of the texts in `order`, in that order."""
        places = np.full(sum(self.counts), len(order), np.uint32)
        places[order] = np.arange(len(order), dtype=np.uint32)
        return lambda row: read_row(self.paths, self.counts, row, places, len(order))


@dataclass(frozen=True)
class Copies:
    """Texts that are left out.

    Attributes:
        left_out: their numbers (uint32), sorted.
        kept: for each, the number of the most similar text that stays; if several are, the first in order.
        similarity: for each, the true Jaccard similarity with that text; 1.0 if the keys are equal.
        exact: for each, whether it has the same key as that text.
    """

    left_out: Places
    kept: Places
    similarity: npt.NDArray[np.float64]
    exact: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls, left_out: Places, kept: Places, similarity: npt.NDArray[np.float64], exact: npt.NDArray[np.bool_]
    ) -> Copies:
        """Make it from pairs in any order."""
        by_number = np.argsort(left_out)
        return cls(left_out[by_number], kept[by_number], similarity[by_number], exact[by_number])


def find_copies(signed: Signed, dedup: Dedup, progress: Progress = silent) -> Copies:
    """Find copies, by the key alone, or also by shingles.

    Among texts with the same key, the first one stays. Only this one takes part in the search for near duplicates. If
    it is left out because of another text, so are the others with its key, because they are equally similar.

    Args:
        signed: the texts.
        dedup: the level `exact` or `near`, and the threshold.
        progress: for `near`, called with `pair`, how many bands were just read, and the total; then with `compare`,
            how many texts that share a band were just split into shingles or compared, and twice the number of such
            texts.
    """
    same = _equal_keys(signed)
    if dedup.level != "near":
        return same
    is_first = np.ones(sum(signed.counts), np.bool_)
    is_first[same.left_out] = False
    order = signed.order[is_first[signed.order]]
    return _with_near(same, _near(signed, order, dedup.threshold, progress))


def _with_near(same: Copies, near: Copies) -> Copies:
    """Both together."""
    if not len(near.left_out):
        return same
    at = np.minimum(np.searchsorted(near.left_out, same.kept), len(near.left_out) - 1)
    moved = near.left_out[at] == same.kept
    return Copies.of(
        np.concatenate([same.left_out, near.left_out]),
        np.concatenate([np.where(moved, near.kept[at], same.kept), near.kept]),
        np.concatenate([np.where(moved, near.similarity[at], same.similarity), near.similarity]),
        np.concatenate([~moved, near.exact]),
    )


def _equal_keys(signed: Signed) -> Copies:
    """Texts whose key an earlier text has, and the first text that has it."""
    row = signed.rows(signed.order)
    alike = list(equal(row(KEY_ROWS[0])))
    low = row(KEY_ROWS[1])  # read now, when memory for the others is free again
    left_out, kept = [np.empty(0, np.uint32)], [np.empty(0, np.uint32)]
    for places, ends in alike:
        groups = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
        order = np.lexsort((low[places], groups))  # a stable sort: among equal ones, the first in order comes first
        places, groups = places[order], groups[order]
        begins = np.ones(len(places), np.bool_)
        begins[1:] = (groups[1:] != groups[:-1]) | (low[places[1:]] != low[places[:-1]])
        firsts = np.maximum.accumulate(np.where(begins, np.arange(len(places)), 0))
        left_out.append(signed.order[places[~begins]])
        kept.append(signed.order[places[firsts[~begins]]])
    copies = np.concatenate(left_out)
    return Copies.of(copies, np.concatenate(kept), np.ones(len(copies)), np.ones(len(copies), np.bool_))


def _near(signed: Signed, order: Places, threshold: float, progress: Progress) -> Copies:
    """Near duplicates among the first texts with each key.

    Args:
        signed: the texts.
        order: the numbers of the first texts, in order.
        threshold: the least Jaccard similarity that makes two texts copies.
        progress: as in `find_copies`.
    """
    buckets = _buckets(signed, order, progress)
    members = order[buckets.members]

    def compared(texts: int) -> None:
        progress("compare", texts, 2 * len(members))

    starts, sizes = _store(signed, members, compared)
    with signed.scratch.open("rb", buffering=0) as source:

        def read(start: int, count: int) -> Hashes:
            # Not mapped: mapped pages count as this process's memory once they are touched.
            source.seek(start * 8)
            return np.frombuffer(source.read(count * 8), np.uint64)

        near = leave_out(buckets, StoredSets(read, starts, sizes), threshold, compared)
    exact = np.zeros(len(near.members), np.bool_)
    return Copies.of(members[near.members], members[near.kept], near.similarity, exact)


def _buckets(signed: Signed, order: Places, progress: Progress) -> Buckets:
    """The buckets of texts that share a band; texts are numbered by their position in the order."""
    row = signed.rows(order)

    def band(number: int) -> Hashes:
        progress("pair", 1, BANDS)
        return row(band_row(number))

    return share(band, BANDS)


def _store(signed: Signed, numbers: Places, stored: Callable[[int], None]) -> tuple[Numbers, npt.NDArray[np.uint32]]:
    """Write the sets of texts to disk; return the start and size of each set, in the order of `numbers`."""
    order = np.argsort(numbers).astype(np.uint32)
    starts, sizes = np.zeros(len(numbers), np.int64), np.zeros(len(numbers), np.uint32)
    with signed.scratch.open("wb") as sink:
        first = written = 0
        while first < len(order):
            some = order[first : first + _AT_ONCE]
            lengths = np.cumsum(signed.sizes(numbers[some]), dtype=np.int64)
            some = some[: max(1, int((lengths <= _BYTES).sum()))]
            first += len(some)
            rows = sets(shingles(keys(signed.texts(numbers[some])).rows))
            starts[some], sizes[some] = written + rows.bounds[:-1], rows.sizes
            written += len(rows.hashes)
            write_numbers(sink, rows.hashes)
            stored(len(some))
    return starts, sizes

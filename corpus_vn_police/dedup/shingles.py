"""Texts -> the syllables of their keys -> the hashes of their shingles, without a string per shingle.

Each distinct word of a batch is processed once (found with Arrow's dictionary).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from corpus_vn_police import buffers
from corpus_vn_police.dedup.key import syllable_hash
from corpus_vn_police.dedup.runs import spread
from corpus_vn_police.dedup.vocabulary import keyed_words

SHINGLE = 5
"""The length of a shingle in syllables; a shorter key is one shingle."""

Hashes = npt.NDArray[np.uint64]
Bounds = npt.NDArray[np.int64]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)


@dataclass(frozen=True)
class Rows:
    """Hashes of several texts, one row per text: row `i` is `hashes[bounds[i]:bounds[i + 1]]`."""

    hashes: Hashes
    bounds: Bounds

    def __len__(self) -> int:
        """The number of texts."""
        return len(self.bounds) - 1

    @property
    def sizes(self) -> Bounds:
        """The number of hashes of each text."""
        return np.diff(self.bounds)

    def row(self, number: int | np.integer) -> Hashes:
        """The hashes of one text."""
        return self.hashes[self.bounds[number] : self.bounds[number + 1]]


@dataclass(frozen=True)
class Keys:
    """The dedup keys of texts: their syllables as strings and as hashes.

    Attributes:
        syllables: the distinct syllables in the batch.
        numbers: for each syllable of each key, key after key, its position in `syllables` (int64).
        rows: the hashes of the syllables; at least one per text.
    """

    syllables: pa.Array
    numbers: Bounds
    rows: Rows

    def texts(self) -> pa.Array:
        """The keys as strings, as `dedup_key` returns them."""
        bounds, numbers = map(buffers.from_numpy, (self.rows.bounds, self.numbers))
        lists = pa.LargeListArray.from_arrays(bounds, self.syllables.take(numbers))
        spaces = pl.Series([" "]).new_from_index(0, len(lists))
        return pa.compute.binary_join(lists, buffers.strings(spaces))  # with a scalar separator, it would import pandas


def keys(text: pl.Series) -> Keys:
    """The dedup keys of texts.

    Args:
        text: strings without null; their white space is spaces and newlines, and none at the ends, as after
            `clean`.
    """
    words, first_word = buffers.words(text)
    distinct = words.dictionary_encode()
    del words  # for a long text, each of these arrays is longer than the text
    word_numbers = buffers.to_numpy(distinct.indices)
    counts, hashes, spelt = keyed_words(pl.Series(pl.from_arrow(distinct.dictionary)))
    starts = np.cumsum(counts) - counts
    per_word = counts[word_numbers]
    at = spread(starts[word_numbers], per_word)
    bounds = np.concatenate([[0], np.cumsum(per_word)])[first_word]
    bare = np.flatnonzero(np.diff(bounds) == 0)
    if len(bare):  # a text without letters and digits is its own key
        at = np.insert(at, bounds[bare], len(spelt) + np.arange(len(bare)))
        own = text.gather(bare).to_list()
        spelt += own
        hashes = np.concatenate([hashes, np.fromiter(map(syllable_hash, own), np.uint64)])
        bounds = bounds + np.searchsorted(bare, np.arange(len(bounds)))
    return Keys(buffers.strings(pl.Series(spelt, dtype=pl.String)), at, Rows(hashes[at], bounds))


def shingles(syllables: Rows, length: int = SHINGLE) -> Rows:
    """The hashes of all runs of `length` syllables, in order; a shorter text has one hash, of all its syllables.

    The hash of a run takes its syllables' hashes as the digits of a number with base 0x9E3779B97F4A7C15 modulo
    2**64, and mixes it with one round of xor-shift and multiplication.
    """
    hashes, sizes = syllables.hashes, syllables.sizes
    counts = np.maximum(sizes - length + 1, 1)
    bounds = np.concatenate([[0], np.cumsum(counts)])
    short = np.flatnonzero(sizes < length)
    is_run = np.ones(len(hashes), np.bool_)  # False for the last syllables of a text
    is_run[spread(syllables.bounds[:-1] + counts, sizes - counts)] = False
    runs = _runs(hashes, length)[is_run]
    for row in short:
        value = np.zeros(1, np.uint64)
        for each in syllables.row(row):
            value = value * _FACTOR + each
        runs[bounds[row]] = value[0]
    return Rows(mixed(runs), bounds)


def _runs(hashes: Hashes, length: int) -> Hashes:
    """The runs of `length` hashes as digits of a number, from each position on; built from halves: 5 steps for 13."""
    if length == 1:
        return hashes.copy()
    half = length // 2
    runs = _runs(hashes, half)
    following = runs[half:].copy()
    runs *= np.uint64(pow(int(_FACTOR), half, 1 << 64))
    runs[: len(following)] += following
    if length % 2:
        runs *= _FACTOR
        runs[: max(len(hashes) - length + 1, 0)] += hashes[length - 1 :]
    return runs


def mixed(values: Hashes) -> Hashes:
    """Mix values so that every bit depends on every other bit."""
    values = values ^ (values >> _HALF)
    values *= _MIX
    values ^= values >> _HALF
    return values


def sets(rows: Rows) -> Rows:
    """The hashes of each text, sorted and each once."""
    hashes = rows.hashes.copy()
    for start, stop in itertools.pairwise(rows.bounds.tolist()):
        hashes[start:stop].sort()  # `np.unique` for each text takes six times as long
    is_first = np.ones(len(hashes), np.bool_)
    is_first[1:] = hashes[1:] != hashes[:-1]
    is_first[rows.bounds[:-1][rows.sizes > 0]] = True
    bounds = np.concatenate([[0], np.cumsum(is_first)])[rows.bounds]
    return Rows(hashes[is_first], bounds)


def distinct(hashes: Hashes) -> Hashes:
    """Sorted hashes, each once; `np.unique` takes six times as long."""
    hashes = np.sort(hashes)
    is_first = np.ones(len(hashes), np.bool_)
    is_first[1:] = hashes[1:] != hashes[:-1]
    return hashes[is_first]


def jaccard(one: Hashes, other: Hashes) -> float:
    """The Jaccard similarity of two sets that `sets` made."""
    small, large = sorted((one, other), key=len)
    places = np.searchsorted(large, small)
    common = int((large[np.minimum(places, len(large) - 1)] == small).sum())
    return common / (len(one) + len(other) - common)

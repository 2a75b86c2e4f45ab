"""Texts -> the syllables of their keys -> the hashes of their shingles, without a string per shingle.

The distinct words of a batch are found once (Arrow's dictionary); all else is made from these.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from corpus_vn_police import buffers
from corpus_vn_police.dedup.key import key_syllables

SHINGLE = 5
"""Syllables of a shingle; a key with fewer is one shingle."""

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
        """How many texts there are."""
        return len(self.bounds) - 1

    @property
    def sizes(self) -> Bounds:
        """How many hashes each text has."""
        return np.diff(self.bounds)

    def row(self, number: int | np.integer) -> Hashes:
        """The hashes of one text."""
        return self.hashes[self.bounds[number] : self.bounds[number + 1]]


@dataclass(frozen=True)
class Keys:
    """The dedup keys of texts: each one's syllables, as strings and hashed.

    Attributes:
        syllables: the distinct syllables of the batch.
        numbers: the number in `syllables` of each syllable of each key, key after key (int64).
        rows: the hashes of the same; at least one per text.
    """

    syllables: pa.Array
    numbers: Bounds
    rows: Rows

    def texts(self) -> pa.Array:
        """The keys as strings, as `dedup_key` has them."""
        lists = pa.LargeListArray.from_arrays(self.rows.bounds, self.syllables.take(pa.array(self.numbers)))
        return pa.compute.binary_join(lists, pa.scalar(" ", pa.large_string()))


def keys(text: pl.Series) -> Keys:
    """The dedup keys of texts.

    Args:
        text: strings without null; white space in them is spaces and newlines, none at the ends, as
            `clean` leaves it.
    """
    words, first_word = buffers.words(text)
    distinct = words.dictionary_encode()
    word_numbers = distinct.indices.to_numpy().astype(np.int64)
    by_word = [key_syllables(word.rstrip(" \n")) for word in distinct.dictionary.to_pylist()]
    spelt = [syllable for syllables in by_word for syllable in syllables]
    counts = np.fromiter(map(len, by_word), np.int64, len(by_word))
    starts = np.cumsum(counts) - counts
    per_word = counts[word_numbers]
    ends = np.concatenate([[0], np.cumsum(per_word)])
    at = np.arange(ends[-1]) + np.repeat(starts[word_numbers] - ends[:-1], per_word)
    bounds = ends[first_word]
    bare = np.flatnonzero(np.diff(bounds) == 0)
    if len(bare):  # a text without letter or digit is its own key
        at = np.insert(at, bounds[bare], len(spelt) + np.arange(len(bare)))
        spelt += text.gather(bare).to_list()
        bounds = bounds + np.searchsorted(bare, np.arange(len(bounds)))
    hashed = np.fromiter(map(syllable_hash, spelt), np.uint64, len(spelt))
    return Keys(pa.array(spelt, pa.large_string()), at, Rows(hashed[at], bounds))


def syllable_hash(syllable: str) -> int:
    """The first 8 bytes, little-endian, of the BLAKE2b-64 of a syllable's UTF-8."""
    return int.from_bytes(hashlib.blake2b(syllable.encode(), digest_size=8).digest(), "little")


def shingles(syllables: Rows, length: int = SHINGLE) -> Rows:
    """The hashes of all runs of `length` syllables, in order; of a shorter text a single one, of all its syllables.

    A run's hash is its syllables' hashes as digits of a number with base 0x9E3779B97F4A7C15 modulo
    2**64, mixed by one round of xor-shift and multiply.
    """
    hashes, sizes = syllables.hashes, syllables.sizes
    counts = np.maximum(sizes - length + 1, 1)
    bounds = np.concatenate([[0], np.cumsum(counts)])
    starts = np.arange(bounds[-1]) + np.repeat(syllables.bounds[:-1] - bounds[:-1], counts)
    short = np.flatnonzero(sizes < length)
    padded = np.concatenate([hashes, np.zeros(length, np.uint64)])
    runs = padded[: len(hashes)].copy()
    for step in range(1, length):
        runs *= _FACTOR
        runs += padded[step : step + len(hashes)]
    runs = runs[starts]
    for row in short:
        value = np.zeros(1, np.uint64)
        for each in syllables.row(row):
            value = value * _FACTOR + each
        runs[bounds[row]] = value[0]
    return Rows(mixed(runs), bounds)


def mixed(values: Hashes) -> Hashes:
    """Values in which every bit depends on every other."""
    values = (values ^ (values >> _HALF)) * _MIX
    return values ^ (values >> _HALF)


def sets(rows: Rows) -> Rows:
    """Each text's hashes sorted, each once."""
    distinct = [np.unique(rows.row(row)) for row in range(len(rows))]
    bounds = np.concatenate([[0], np.cumsum([len(each) for each in distinct])]).astype(np.int64)
    return Rows(np.concatenate([np.empty(0, np.uint64), *distinct]), bounds)


def jaccard(one: Hashes, other: Hashes) -> float:
    """The Jaccard similarity of two sets, as `sets` makes them."""
    small, large = sorted((one, other), key=len)
    places = np.searchsorted(large, small)
    common = int((large[np.minimum(places, len(large) - 1)] == small).sum())
    return common / (len(one) + len(other) - common)

"""Texts -> signs, by which copies are found: 272 bytes per record, stored on disk.

A band is 4 of the 128 minima of a record's shingle hashes. Two records are candidates if they share a band. At a
Jaccard similarity of 0.70 one pair in 6,000 is missed; with 16 bands of 8, two in five would be missed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police.dedup.equal import Places
from corpus_vn_police.dedup.shingles import Hashes, Keys, Rows, keys, mixed, shingles
from corpus_vn_police.state.parts import read_numbers

BANDS = 32
_ROWS = 4  # how many minima make a band
_SEED = 42
KEY_ROWS = (0, 1)
"""The rows of the signs that hold the digests of the keys."""

_AT_ONCE = 500  # how many texts at once: each holds ten arrays of 8 bytes per syllable
# Odd constants: the hash of a band is the sum of its minima, each multiplied by one of them.
_WEIGHTS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], np.uint64)

Signs = npt.NDArray[np.uint64]
"""One column per record: the first 128 bits of the sha256 of its dedup key in two rows, then the hashes of its
bands in 32 rows if near duplicates are looked for."""


def sign(text: pl.Series, *, near: bool) -> Signs:
    """Make the signs of texts.

    Args:
        text: clean texts, without null.
        near: if False, the bands are left out.
    """
    pieces = [_sign(text.slice(start, _AT_ONCE), near) for start in range(0, len(text), _AT_ONCE)]
    return np.concatenate(pieces, axis=1) if pieces else _sign(text, near)


def _sign(text: pl.Series, near: bool) -> Signs:
    dedup_keys = keys(text)
    signs, rows = sign_keys(dedup_keys), dedup_keys.rows
    del dedup_keys
    return np.concatenate([signs, bands(shingles(rows))]) if near else signs


def sign_keys(dedup_keys: Keys) -> Signs:
    """The first two rows of the signs: the digests of the keys."""
    digests = b"".join(hashlib.sha256(key.as_buffer()).digest()[:16] for key in dedup_keys.texts())
    return np.ascontiguousarray(np.frombuffer(digests, ">u8").astype(np.uint64).reshape(-1, len(KEY_ROWS)).T)


def bands(rows: Rows) -> Signs:
    """The hashes of the bands of texts, one row per band, computed from the hashes of their shingles."""
    import rensa

    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
        rows.hashes, rows.bounds.astype(np.uint64), BANDS * _ROWS, _SEED
    )
    minima = np.array(matrix.to_rows(), np.uint64).reshape(len(rows), BANDS, _ROWS)
    return mixed((minima * _WEIGHTS).sum(axis=2, dtype=np.uint64)).T


def read_row(paths: Sequence[Path], counts: Sequence[int], row: int, places: Places, taking_part: int) -> Hashes:
    """Read one row of the signs of the records that take part, each at its place; files are read one at a time.

    Args:
        paths: the files of signs.
        counts: the number of records in each file.
        row: one of `KEY_ROWS`, or the row that `band_row` returns for a band.
        places: the place of each record; `taking_part` or more if it has none.
        taking_part: how many records have a place.
    """
    values = np.empty(taking_part, np.uint64)
    first = 0
    for path, count in zip(paths, counts, strict=True):
        if count:
            mine = places[first : first + count]
            there = mine < taking_part
            values[mine[there]] = read_numbers(path, count, skipped=count * row)[there]
            first += count
    return values


def band_row(band: int) -> int:
    """The row of the signs that holds the hashes of a band."""
    return len(KEY_ROWS) + band

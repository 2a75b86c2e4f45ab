"""Convert the buffers of Arrow arrays into numpy arrays, and back, without a copy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Bounds = npt.NDArray[np.int64]
"""Where each of several runs begins in one array; the last value is the end of the last run."""

SPACE, NEWLINE = b" \n"
"""The bytes (UTF-8) that separate words in a clean text."""


def from_numpy(values: npt.NDArray[np.integer]) -> pa.Array:
    """Integers as an Arrow array.

    `pa.array` imports pandas to check if it was given a pandas array; that costs each process 0.45 s.
    """
    values = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])


def to_numpy(array: pa.Array) -> npt.NDArray[Any]:
    """Numbers without nulls as a numpy array, without pandas; see `from_numpy`."""
    kind = np.dtype(str(array.type))
    data = array.buffers()[1]
    return np.frombuffer(data, kind)[array.offset : array.offset + len(array)] if len(array) else np.empty(0, kind)


def strings(text: pl.Series) -> pa.Array:
    """A column of strings as one Arrow array (large_string); null becomes empty."""
    return text.fill_null("").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())


def octets(array: pa.Array) -> tuple[Bounds, npt.NDArray[np.uint8]]:
    """The bytes of strings or binary values without nulls, one after the other.

    Returns:
        Where each value begins, counted from 0, and where the last one ends; and the bytes.
    """
    if not len(array):
        return np.zeros(1, np.int64), np.empty(0, np.uint8)
    wide = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    _, offsets, data = array.buffers()
    places = np.frombuffer(offsets, np.int64 if wide else np.int32)[array.offset : array.offset + len(array) + 1]
    bounds = places.astype(np.int64) - places[0]
    return bounds, np.frombuffer(data or b"", np.uint8)[places[0] : places[-1]]


def words(text: pl.Series) -> tuple[pa.Array, Bounds]:
    """Each word of several texts, together with the space or newline after it; a null text has no words.

    The text is cut after each separating byte: 13 ms for 2,000 articles. Splitting strings took 18 ms.

    Returns:
        The words of all texts (large_string); the number of each text's first word, then the number of all words.
    """
    bounds, data = octets(strings(text))
    begins = np.zeros(len(data) + 1, np.bool_)
    begins[1:] = (data == SPACE) | (data == NEWLINE)
    begins[bounds] = True
    starts = np.flatnonzero(begins)
    buffers = [None, pa.py_buffer(starts), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_string(), len(starts) - 1, buffers), np.searchsorted(starts, bounds)

"""How long a body is: code points, white-space tokens, paragraphs."""

from __future__ import annotations

import numpy as np
import polars as pl

_SPACE, _NEWLINE = b" \n"


def counts(text: pl.Series) -> list[pl.Series]:
    """`n_chars`, `n_syllables`, `n_paragraphs` (int32) of bodies; null texts count as empty."""
    blank_lines = text.str.count_matches("\n\n", literal=True).cast(pl.Int32)
    return [
        text.str.len_chars().cast(pl.Int32).alias("n_chars"),
        (_gaps(text) - blank_lines + 1).alias("n_syllables"),
        (blank_lines + 1).alias("n_paragraphs"),
    ]


def _gaps(text: pl.Series) -> pl.Series:
    r"""Spaces and newlines of each text.

    In a body white space is single spaces, newlines and blank lines, so its tokens can be counted
    by their gaps. Over the bytes of all texts at once: 0.13 s for 70 MB, where counting the matches
    of a literal took 0.31 and those of `\S+` 0.98.
    """
    array = text.fill_null("").to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    bounds = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    octets = np.frombuffer(data or b"", np.uint8)[bounds[0] : bounds[-1]]
    white = (octets == _SPACE) | (octets == _NEWLINE)
    # A last element of its own, so that an empty text at the end has somewhere to begin.
    counts = np.add.reduceat(np.append(white, False), bounds[:-1] - bounds[0], dtype=np.int32)
    # An empty text's range is not empty to `reduceat`: it holds the byte that comes next.
    return pl.Series(np.where(np.diff(bounds) == 0, 0, counts).astype(np.int32))

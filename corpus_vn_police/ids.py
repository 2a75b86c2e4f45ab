"""Ids of records: shown as 16 hex characters, but kept as 64-bit numbers if there are many of them."""

from __future__ import annotations

import polars as pl

_CHARACTERS = 16


def id_numbers(ids: pl.Series) -> pl.Series:
    """What the first 16 characters of hex texts write (uint64); 0 if that is null or not hex."""
    return ids.str.slice(0, _CHARACTERS).str.to_integer(base=16, dtype=pl.UInt64, strict=False).fill_null(0)


def id_text(number: int) -> str:
    """The id that a number stands for."""
    return f"{number:0{_CHARACTERS}x}"

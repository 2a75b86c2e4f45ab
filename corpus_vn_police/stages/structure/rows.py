"""From units back to texts."""

from __future__ import annotations

import polars as pl


def of_each_text(found: pl.DataFrame, rows: int) -> pl.DataFrame:
    """A row a text, in order: what was found of it, null where nothing was.

    Args:
        found: the column `row` (uint32, each at most once) and others.
        rows: how many texts there are.
    """
    every = pl.DataFrame({"row": pl.int_range(rows, dtype=pl.UInt32, eager=True)})
    return every.join(found, on="row", how="left", maintain_order="left")

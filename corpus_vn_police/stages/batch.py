"""A batch of seeds on its way through the stages: what all of them do to it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

SPACE = ord(" ")
"""The last byte of white space: a clean text has no controls but newlines."""


def reject(
    batch: pl.DataFrame, where: pl.Expr, reason: str, detail: pl.Expr, pointer: pl.Expr | None = None
) -> pl.DataFrame:
    """Give a reason to the rows of a condition that have none yet.

    Args:
        batch: reads and writes `reason`, `pointer`, `detail`.
        where: the condition; null is false.
        reason: the ledger's code.
        detail: rule, limit and measure, never the text.
        pointer: JSON Pointer of the field at fault; None leaves it null.
    """
    hit = where.fill_null(False) & pl.col("reason").is_null()
    values = {"reason": pl.lit(reason), "detail": detail, "pointer": pl.lit(None) if pointer is None else pointer}
    return batch.with_columns(pl.when(hit).then(value).otherwise(name).alias(name) for name, value in values.items())


def octets_of(text: pl.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """The UTF-8 of all texts, one after the other; a null text is empty.

    Returns:
        Where each text begins, with the end of the last one; and the bytes.
    """
    array = text.fill_null("").to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    bounds = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    return bounds, np.frombuffer(data or b"", np.uint8)

"""The fixed order of records, in which the earlier of two copies stays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police import periods
from corpus_vn_police.state.index import Index

_UNDATED = np.iinfo(np.int32).max


def standing_order(index: Index, seeds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Seeds in the order in which they stay: by the first day that the date can mean, undated last, then id.

    Args:
        index: all seeds.
        seeds: the numbers of seeds with different ids, so that nothing after the id is asked.
    """
    days = np.concatenate([np.empty(0, np.int32), *(first_days(index.column(part, "date")) for part in index.parts)])
    return seeds[np.lexsort((index.ids[seeds], days[seeds]))]


def first_days(dates: pl.Series) -> npt.NDArray[np.int32]:
    """The first day that each date can mean, in days since 1970-01-01; undated ones are after all others."""
    return periods.first_days(dates).cast(pl.Int32).fill_null(_UNDATED).to_numpy()

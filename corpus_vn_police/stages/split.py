"""Record -> split: a pure function of the record alone, so that no other record moves it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import polars as pl

from corpus_vn_police.config import Splits
from corpus_vn_police.periods import first_day, last_days

SPLITS = ("train", "validation", "test")
"""The splits, in the order of time."""


def assign_split(batch: pl.DataFrame, splits: Splits) -> pl.Series:
    """Say which split each record belongs to.

    Args:
        batch: reads `date` (string, null if undated) and `id`.
        splits: the strategy. `temporal`: train strictly before `validation_from`, validation
            strictly before `test_from`, by the last day that the date can mean; an undated record
            is in train; a start that is None takes its split away. `hash`: by `hash_share`.

    Returns:
        `split` (uint8), the index in `SPLITS`.
    """
    if splits.strategy == "hash":
        return pl.Series("split", _by_hash(batch["id"].to_list(), splits), pl.UInt8)
    day = last_days(pl.col("date"))
    validation = pl.lit(False) if splits.validation_from is None else day >= first_day(splits.validation_from)
    test = pl.lit(False) if splits.test_from is None else day >= first_day(splits.test_from)
    code = pl.when(test.fill_null(False)).then(2).when(validation.fill_null(False)).then(1).otherwise(0)
    return batch.select(pl.col("id"), code.cast(pl.UInt8).alias("split"))["split"]


def hash_share(seed: int, record: str) -> float:
    """A record's number in [0, 1): the first 53 bits of sha256 of `<seed>:<id>` in UTF-8."""
    digest = hashlib.sha256(f"{seed}:{record}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def _by_hash(records: Sequence[str], splits: Splits) -> list[int]:
    train = splits.ratios.get("train", 0.0)
    validation = train + splits.ratios.get("validation", 0.0)
    last = max(number for number, name in enumerate(SPLITS) if splits.ratios.get(name, 0.0) > 0)
    shares = (hash_share(splits.seed, record) for record in records)
    # The last split takes what rounding leaves above its own bound.
    return [min(0 if share < train else 1 if share < validation else 2, last) for share in shares]


def suggest_starts(dates: dict[str, int]) -> dict[str, str]:
    """The months from which validation and test would hold about 10 % each.

    Args:
        dates: how many records have each date.

    Returns:
        `validation_from` and `test_from`; only the second, or neither, if there are too few months.
    """
    frame = pl.DataFrame({"date": list(dates), "count": list(dates.values())}, {"date": pl.String, "count": pl.Int64})
    months = (
        frame.select(last_days(pl.col("date")).dt.strftime("%Y-%m").alias("month"), "count")
        .group_by("month")
        .sum()
        .sort("month", descending=True)
    )
    total = sum(dates.values())
    # How large a share of the records is in each month or later; the first month of all would leave nothing before it.
    shares = list(zip(months["month"], (months["count"].cum_sum() / max(total, 1)).to_list(), strict=True))[:-1]
    starts: dict[str, str] = {}
    for key, wanted in (("test_from", 0.1), ("validation_from", 0.2)):
        if shares:
            distances = [abs(reached - wanted) for _, reached in shares]
            nearest = distances.index(min(distances))
            starts[key] = shares[nearest][0]
            shares = shares[nearest + 1 :]
    return dict(reversed(starts.items()))

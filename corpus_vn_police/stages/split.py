"""Record -> split: it depends only on the record itself, so that other records never move it."""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from corpus_vn_police.config import Splits
from corpus_vn_police.periods import first_day, first_days, last_days

SPLITS = ("train", "validation", "test")
"""The splits, in order of time."""

_YEAR = len("2020")


def assign_split(batch: pl.DataFrame, splits: Splits) -> pl.Series:
    """Decide the split of each record.

    Args:
        batch: reads `date` (string, null if undated) and `id`.
        splits: the strategy. `temporal`: train strictly before `validation_from`, validation
            strictly before `test_from`, by the last day that the date can mean; an undated record
            is in train; if a start is None, its split does not exist. `hash`: by `hash_share`.

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
    """A record's number in [0, 1): the first 53 bits of the sha256 of `<seed>:<id>` in UTF-8."""
    digest = hashlib.sha256(f"{seed}:{record}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def _by_hash(records: Sequence[str], splits: Splits) -> list[int]:
    train = splits.ratios.get("train", 0.0)
    validation = train + splits.ratios.get("validation", 0.0)
    last = max(number for number, name in enumerate(SPLITS) if splits.ratios.get(name, 0.0) > 0)
    shares = (hash_share(splits.seed, record) for record in records)
    # Rounding may leave values above the last bound; they belong to the last split.
    return [min(0 if share < train else 1 if share < validation else 2, last) for share in shares]


@dataclass(frozen=True)
class SplitAdvice:
    """Suggested starts of splits in time.

    Attributes:
        starts: `validation_from` and `test_from`, or only the second; days if records have days, otherwise months.
        splits: how many records each split would have, in order of time.
    """

    starts: dict[str, str]
    splits: dict[str, int]


def suggest_starts(dates: Mapping[str | None, int]) -> SplitAdvice | None:
    """Suggest starts that give validation and test about 10 % of the records each, as far as the dates allow.

    A split begins where the date of a record begins: a month, or a day if records have days.

    Args:
        dates: how many records have each date; None stands for undated records, which are in train.

    Returns:
        The starts, or only `test_from` if that comes nearer. None if all choices give splits that `lopsided` names.
    """
    total = sum(dates.values())
    starts = _possible_starts({date: count for date, count in dates.items() if date is not None})
    reached = [count for _, count in starts]  # records from each start on; the latest start first
    options: list[tuple[int, int | None]] = []
    for place, test in enumerate(reached):
        nearest = bisect.bisect_left(reached, test + total / 10, place + 1)
        options += [(place, earlier) for earlier in (nearest - 1, nearest) if place < earlier < len(reached)]
        options.append((place, None))
    splits = [(option, _splits(total, reached, *option)) for option in options]
    good = [(option, given) for option, given in splits if not lopsided(given)]
    if not good:
        return None
    (last, first), given = min(good, key=lambda each: _distance(each[1]))
    names = {"validation_from": first, "test_from": last}
    return SplitAdvice({key: starts[at][0] for key, at in names.items() if at is not None}, given)


def _possible_starts(dates: dict[str, int]) -> list[tuple[str, int]]:
    """Possible starts, the latest first, and the size of the later split; some records must remain before it."""
    frame = pl.DataFrame({"date": list(dates), "count": list(dates.values())}, {"date": pl.String, "count": pl.Int64})
    frame = frame.with_columns(first_days(pl.col("date")).alias("first"), last_days(pl.col("date")).alias("last"))
    ends = frame.sort("last")
    before = [0, *ends["count"].cum_sum()]  # for each date, the records whose dates end before that date ends
    # Of dates that begin together, such as 2020-10 and 2020-10-01, the month is the simpler one.
    begins = frame.sort(pl.col("first"), pl.col("date").str.len_bytes(), descending=[True, False])
    places = ends["last"].search_sorted(begins["first"], side="left")
    starts: dict[int, str] = {}
    for date, place in zip(begins["date"], places, strict=True):
        if before[place]:  # of starts with the same result, the latest one is used
            starts.setdefault(before[-1] - before[place], f"{date}-01" if len(date) == _YEAR else date)
    return [(start, count) for count, start in starts.items()]


def _splits(total: int, reached: list[int], test: int, validation: int | None) -> dict[str, int]:
    """The sizes of the splits that starts give, without empty splits."""
    before = reached[test if validation is None else validation]
    counts = {"train": total - before, "validation": before - reached[test], "test": reached[test]}
    return {split: count for split, count in counts.items() if count}


def _distance(splits: dict[str, int]) -> float:
    """How far the sizes of splits are from 10 % each."""
    total = sum(splits.values())
    return sum(abs(splits.get(split, 0) - total / 10) for split in SPLITS[1:])


def lopsided(splits: Mapping[str, int], rules: Splits | None = None) -> dict[str, str]:
    """Find splits that are too small to be useful; return each with the reason in words.

    A split is too small with less than 2 % of the records; train also with less than half of them, or none.

    Args:
        splits: how many records each has; missing splits have none.
        rules: the settings, by which train may be meant to be empty; None if it is not.
    """
    total = sum(splits.values())
    has_train = rules is None or rules.strategy != "hash" or rules.ratios.get("train", 0) > 0
    counts = {"train": 0, **splits} if has_train else splits
    found = {}
    for split, count in counts.items():
        limit = "half" if split == "train" and 2 * count < total else "2 %" if 50 * count < total else None
        if limit and (count or split == "train"):
            found[split] = (
                f"holds {count:,} of {total:,} records ({100 * count / total:.1f} %), less than {limit} of them"
            )
    return found

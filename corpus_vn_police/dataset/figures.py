"""Measure the figures that the card and `stats` show from the published files; none is copied from elsewhere."""

from __future__ import annotations

import bisect
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from corpus_vn_police.contract import load_contract
from corpus_vn_police.dataset.layout import LEDGER, shard_paths
from corpus_vn_police.dataset.parquet import row_groups
from corpus_vn_police.dataset.rows import ledger_groups
from corpus_vn_police.dataset.schemas import contracts_in
from corpus_vn_police.errors import DamagedError
from corpus_vn_police.results import Result
from corpus_vn_police.stages.split import SPLITS

BINS = 24
"""The most bars of a histogram of lengths; the longest 1 % of the texts have no bars of their own."""

FOUND = ("title", "event_date", "place", "byline", "captions")
"""The fields that the rules of `structure` fill."""

STATUSES = ("published", "rejected", "duplicate", "near_duplicate", "removed")
"""The statuses that a seed may have in the ledger."""

_QUARTILES = {"lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75}
_COLUMNS = (
    "date", "year", "month", "n_paragraphs", "n_syllables", "n_chars", "duplicates", "privacy", "source.path", *FOUND
)  # fmt: skip
_REASON = re.compile(r"[a-z0-9_]+([.][A-Za-z0-9_]+)+")
_ROW = "#[0-9]+$"  # the end of a row's path; the path of a file ends with its extension
_DATE = "^[0-9]{4}(-[0-9]{2}){0,2}$"


@dataclass(frozen=True)
class SplitFigures:
    """A split: the number of records and of undated records, the first and last date, and the totals of its texts."""

    split: str
    records: int
    undated: int
    first: str | None
    last: str | None
    paragraphs: int
    syllables: int
    chars: int


@dataclass(frozen=True, repr=False)
class Figures(Result):
    """The figures of a build.

    Attributes:
        splits: the splits that have records, in the order of time.
        status: how many rows of the ledger have each of the five statuses.
        reasons: rejected seeds by reason, the most frequent first.
        lengths: shortest, median and longest text, and the quartiles, in syllables.
        histogram: how many records each bar has, by the bar's lowest number of syllables; the last bar
            has no upper end.
        years: records by year of their date; undated records are left out.
        months: records by month (`YYYY-MM`); records without a month are left out.
        found: how many records have each field of `FOUND`.
        row_titles: how many records with a title were made from a row; most rows give their title themselves.
        privacy: records by kind of personal data.
        spans: how many spans each list of the annotations has; empty if that config is not built.
        copied: the number of records whose copies were left out.
    """

    splits: tuple[SplitFigures, ...]
    status: Mapping[str, int]
    reasons: Mapping[str, int]
    lengths: Mapping[str, float]
    histogram: Mapping[int, int]
    years: Mapping[str, int]
    months: Mapping[str, int]
    found: Mapping[str, int]
    row_titles: int
    privacy: Mapping[str, int]
    spans: Mapping[str, int]
    copied: int

    @property
    def records(self) -> int:
        """The number of published records."""
        return sum(split.records for split in self.splits)

    @property
    def seeds(self) -> int:
        """The number of rows in the ledger: one for each seed read, and one for each tombstone without a seed."""
        return sum(self.status.values())

    @property
    def undated(self) -> int:
        """The number of published records without a date."""
        return sum(split.undated for split in self.splits)

    @property
    def newest(self) -> str | None:
        """The newest date of a record; None if all are undated."""
        return max((split.last for split in self.splits if split.last), default=None)

    def as_json(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return {"seeds": self.seeds, "records": self.records, "undated": self.undated, **asdict(self)}


def measure(folder: Path) -> Figures:
    """Measure a build folder, one row group at a time.

    Args:
        folder: the build; `data/*.parquet`, `annotations/*.parquet` and `ledger.parquet` are read.

    Raises:
        DamagedError: a file cannot be opened, there is no record, or a record has no length or an invalid date.
    """
    tallies = {split: tally for split in SPLITS if (tally := _Tally.of(folder, split)).rows}
    status, reasons = _ledger(folder)
    if unknown := status.keys() - set(STATUSES) or [each for each in reasons if not _REASON.fullmatch(each)]:
        raise DamagedError.of(folder, f"{LEDGER}: the status or reason {min(unknown)!r}")
    both = sum(tallies.values(), _Tally())
    if not both.rows or both.faulty:
        raise DamagedError.of(folder, "it has no records, or a record has no n_syllables or an invalid date")
    lengths = _Ordered(both.lengths)
    return Figures(
        tuple(tally.figures(split) for split, tally in tallies.items()),
        {name: status[name] for name in STATUSES},
        dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
        {"shortest": lengths.at(0), **{name: lengths.middle(share) for name, share in _QUARTILES.items()},
         "longest": lengths.at(both.rows - 1)},
        _histogram(both.lengths, lengths.at(int((both.rows - 1) * 0.99))),
        dict(sorted(both.years.items())),
        dict(sorted(both.months.items())),
        {name: both.sums[f"found {name}"] for name in FOUND},
        both.sums["row titles"],
        dict(sorted(both.privacy.items())),
        _spans(folder),
        both.sums["copied"],
    )  # fmt: skip


@dataclass
class _Tally:
    """Counts of records, added up row group by row group, also by length, year, month and kind of personal data."""

    rows: int = 0
    faulty: bool = False
    first: str | None = None
    last: str | None = None
    sums: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    years: Counter[str] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)
    privacy: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, folder: Path, split: str) -> _Tally:
        """Count the records of a split."""
        tally = cls()
        have = {
            name: pl.col(name).list.len() > 0 if name == "captions" else pl.col(name).is_not_null() for name in FOUND
        }
        sums = [
            pl.col("date").null_count().alias("undated"),
            *(pl.col(f"n_{name}").cast(pl.Int64).sum().alias(name) for name in ("paragraphs", "syllables", "chars")),
            *(present.sum().alias(f"found {name}") for name, present in have.items()),
            (pl.col("duplicates") > 0).sum().alias("copied"),
            (pl.col("title").is_not_null() & pl.col("source").struct.field("path").str.contains(_ROW))
            .sum()
            .alias("row titles"),
        ]
        for frame in _groups(folder, "default", split, _COLUMNS):
            tally.add(frame, frame.select(sums).row(0, named=True))
        return tally

    def add(self, frame: pl.DataFrame, sums: dict[str, int]) -> None:
        """Count the rows of a frame."""
        self.rows += len(frame)
        self.sums.update(sums)
        self.faulty |= bool(frame["n_syllables"].null_count()) or not frame["date"].str.contains(_DATE).all()
        self._span(frame["date"].min(), frame["date"].max())
        year, month = _digits("year", 4), _digits("month", 2)
        for counter, values in (
            (self.lengths, frame["n_syllables"]),
            (self.years, frame.select(year).to_series()),
            (self.months, frame.select(pl.format("{}-{}", year, month)).to_series()),
            (self.privacy, frame["privacy"].explode()),
        ):
            counter.update(dict(values.drop_nulls().value_counts().iter_rows()))

    def _span(self, *dates: Any) -> None:
        known = [date for date in (self.first, self.last, *dates) if date is not None]
        self.first, self.last = min(known, default=None), max(known, default=None)

    def __add__(self, other: _Tally) -> _Tally:
        """The sum of two tallies, such as those of two splits."""
        both = _Tally(self.rows + other.rows, self.faulty or other.faulty)
        for name in ("sums", "lengths", "years", "months", "privacy"):
            setattr(both, name, getattr(self, name) + getattr(other, name))
        return both

    def figures(self, split: str) -> SplitFigures:
        """The figures of a split, from its tally."""
        sums = (self.sums[name] for name in ("paragraphs", "syllables", "chars"))
        return SplitFigures(split, self.rows, self.sums["undated"], self.first, self.last, *sums)


class _Ordered:
    """Values in ascending order, given by how often each occurs."""

    def __init__(self, counts: Counter[int]) -> None:
        self.values = sorted(counts)
        self.ends = list(itertools.accumulate(counts[value] for value in self.values))

    def at(self, place: int) -> int:
        """The value at a place, counted from 0."""
        return self.values[bisect.bisect_right(self.ends, place)]

    def middle(self, share: float) -> float:
        """The quantile of a share; if it lies between two values, the middle of both."""
        place = (self.ends[-1] - 1) * share
        return (self.at(math.floor(place)) + self.at(math.ceil(place))) / 2


def _digits(name: str, count: int) -> pl.Expr:
    return pl.col(name).cast(pl.String).str.zfill(count)


def _groups(folder: Path, config: str, split: str, columns: tuple[str, ...]) -> Iterator[pl.DataFrame]:
    """The rows of one split of a config, one frame per row group."""
    names = [path.relative_to(folder).as_posix() for path in shard_paths(folder, config, split)]
    return map(pl.DataFrame, row_groups(folder, names, contracts_in(folder)[config], columns))


def _ledger(folder: Path) -> tuple[Counter[str], Counter[str]]:
    """The rows of the ledger by status, and the rejected seeds by reason."""
    status: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for frame in ledger_groups(folder, "status", "reason"):
        status.update(dict(frame["status"].drop_nulls().value_counts().iter_rows()))
        rejected = frame.filter(pl.col("status") == "rejected")["reason"].drop_nulls()
        reasons.update(dict(rejected.value_counts().iter_rows()))
    return status, reasons


def _histogram(lengths: Counter[int], most: int) -> dict[int, int]:
    """Records by length, in bars of one round width. The last bar begins at or below `most` and has no upper end."""
    width = next(
        step * power for power in (10**each for each in range(12)) for step in (1, 2, 5) if most < step * power * BINS
    )
    counts: Counter[int] = Counter()
    for length, records in lengths.items():
        counts[min(length // width, most // width)] += records
    return {bar * width: counts[bar] for bar in range(min(counts), max(counts) + 1)}


def _spans(folder: Path) -> dict[str, int]:
    """How many spans each list of the annotations has, over all records."""
    if not shard_paths(folder, "annotations"):
        return {}
    lists = tuple(each.name for each in load_contract("annotations").schema if each.name != "id")
    counts = dict.fromkeys(lists, 0)
    for frame in (frame for split in SPLITS for frame in _groups(folder, "annotations", split, lists)):
        sums = frame.select(pl.col(name).list.len().cast(pl.Int64).sum() for name in lists).row(0, named=True)
        counts = {name: counts[name] + sums[name] for name in lists}
    return counts

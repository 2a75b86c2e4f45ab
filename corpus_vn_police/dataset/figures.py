"""Published files -> the figures that the card and `stats` show: always measured, never copied from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from corpus_vn_police.contract import load_contract
from corpus_vn_police.dataset.layout import LEDGER, shard_paths
from corpus_vn_police.dataset.rows import scan_ledger, scan_shards
from corpus_vn_police.errors import DamagedError
from corpus_vn_police.results import Result
from corpus_vn_police.stages.split import SPLITS

BINS = 24
"""The longest texts aside, a histogram of lengths has about so many bars."""

FOUND = ("title", "event_date", "place", "byline", "captions")
"""The fields that the rules of `structure` fill."""

STATUSES = ("published", "rejected", "duplicate", "near_duplicate", "removed")
"""What may become of a seed."""

_REASON = re.compile(r"[a-z0-9_]+([.][A-Za-z0-9_]+)+")
_DATE = "^[0-9]{4}(-[0-9]{2}){0,2}$"


@dataclass(frozen=True)
class SplitFigures:
    """A split: records, undated ones, first and last date, and the sums over its texts."""

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
        splits: one line per split, in the order of time.
        status: ledger rows by status, all five.
        reasons: rejected seeds by reason, the most frequent first.
        lengths: shortest, median and longest text, and the quartiles, in syllables.
        histogram: how many records each bar has, by the bar's lowest number of syllables; the last bar
            has no upper end.
        years: records by year of their date, undated ones left out.
        months: records by month (`YYYY-MM`); records without a month are left out.
        found: how many records have each field of `FOUND`.
        privacy: records by kind of personal data.
        spans: how many spans each list of the annotations has; empty if that config is not built.
        copied: records that have copies that were left out.
    """

    splits: tuple[SplitFigures, ...]
    status: Mapping[str, int]
    reasons: Mapping[str, int]
    lengths: Mapping[str, float]
    histogram: Mapping[int, int]
    years: Mapping[str, int]
    months: Mapping[str, int]
    found: Mapping[str, int]
    privacy: Mapping[str, int]
    spans: Mapping[str, int]
    copied: int

    @property
    def records(self) -> int:
        """Published records."""
        return sum(split.records for split in self.splits)

    @property
    def seeds(self) -> int:
        """Rows of the ledger: the seeds read, and the tombstones whose seed is not among them."""
        return sum(self.status.values())

    @property
    def undated(self) -> int:
        """Published records without a date."""
        return sum(split.undated for split in self.splits)

    @property
    def newest(self) -> str | None:
        """The newest date of a record; None if all are undated."""
        return max((split.last for split in self.splits if split.last), default=None)

    def as_json(self) -> dict[str, Any]:
        """The figures as JSON has them."""
        return {"seeds": self.seeds, "records": self.records, "undated": self.undated, **asdict(self)}


def measure(folder: Path) -> Figures:
    """Measure a build folder.

    Args:
        folder: reads `data/*.parquet`, `annotations/*.parquet` and `ledger.parquet`.

    Raises:
        DamagedError: a file cannot be opened, there is no record, or a record has no length or an invalid date.
    """
    splits = tuple(found for split in SPLITS if (found := _split(folder, split)))
    ledger = scan_ledger(folder)
    status = _counts(ledger, "status")
    reasons = _counts(ledger.filter(pl.col("status") == "rejected"), "reason")
    if unknown := status.keys() - set(STATUSES) or [each for each in reasons if not _REASON.fullmatch(each)]:
        raise DamagedError.of(folder, f"{LEDGER}: the status or reason {min(unknown)!r}")
    data = scan_shards(folder, "default")
    length = pl.col("n_syllables")
    quartiles = {"lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75}
    have = {name: pl.col(name).list.len() > 0 if name == "captions" else pl.col(name).is_not_null() for name in FOUND}
    sums = (
        data.select(
            length.min().alias("shortest"),
            *(length.quantile(share, "midpoint").alias(name) for name, share in quartiles.items()),
            length.max().alias("longest"),
            length.quantile(0.99, "lower").cast(pl.Int64).alias("most"),
            *(present.sum().alias(f"found {name}") for name, present in have.items()),
            (pl.col("duplicates") > 0).sum().alias("copied"),
            length.null_count().alias("unmeasured"),
            (~pl.col("date").str.contains(_DATE)).any().alias("misdated"),
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    if sums["shortest"] is None or sums["unmeasured"] or sums["misdated"]:
        raise DamagedError.of(folder, "it has no record, or a record without n_syllables or with an invalid date")
    return Figures(
        splits,
        {name: status.get(name, 0) for name in STATUSES},
        dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
        {name: sums[name] for name in ("shortest", *quartiles, "longest")},
        _histogram(data, sums["most"]),
        _counts(data, _digits("year", 4).alias("year")),
        _counts(data, pl.format("{}-{}", _digits("year", 4), _digits("month", 2)).alias("month")),
        {name: sums[f"found {name}"] for name in have},
        _counts(data.select(pl.col("privacy").explode()), "privacy"),
        _spans(folder),
        sums["copied"],
    )


def _digits(name: str, count: int) -> pl.Expr:
    return pl.col(name).cast(pl.String).str.zfill(count)


def _counts(frame: pl.LazyFrame, value: str | pl.Expr) -> dict[str, int]:
    """How often each value occurs, by value; null left out."""
    values = frame.select(pl.col(value) if isinstance(value, str) else value).drop_nulls()
    return dict(sorted(values.group_by(pl.all()).len().collect(engine="streaming").iter_rows()))


def _histogram(data: pl.LazyFrame, most: int) -> dict[int, int]:
    """Records by length in bars of one round width; the last, which is open, begins at or below `most` syllables."""
    width = next(
        step * power for power in (10**each for each in range(12)) for step in (1, 2, 5) if most < step * power * BINS
    )
    bars = pl.min_horizontal(pl.col("n_syllables") // width, pl.lit(most // width)).alias("bar")
    counts = dict(data.group_by(bars).len().collect(engine="streaming").iter_rows())
    return {int(bar) * width: counts.get(bar, 0) for bar in range(min(counts), max(counts) + 1)}


def _spans(folder: Path) -> dict[str, int]:
    """How many spans each list of the annotations has, over all records."""
    if not shard_paths(folder, "annotations"):
        return {}
    lists = [field.name for field in load_contract("annotations").schema if field.name != "id"]
    counts = [pl.col(name).list.len().cast(pl.Int64).sum() for name in lists]
    row: dict[str, int] = (
        scan_shards(folder, "annotations").select(counts).collect(engine="streaming").row(0, named=True)
    )
    return row


def _split(folder: Path, split: str) -> SplitFigures | None:
    if not shard_paths(folder, "default", split):
        return None
    row = (
        scan_shards(folder, "default", split)
        .select(
            pl.len().alias("records"),
            pl.col("date").null_count().alias("undated"),
            pl.col("date").min().alias("first"),
            pl.col("date").max().alias("last"),
            pl.col("n_paragraphs").cast(pl.Int64).sum().alias("paragraphs"),
            pl.col("n_syllables").cast(pl.Int64).sum().alias("syllables"),
            pl.col("n_chars").cast(pl.Int64).sum().alias("chars"),
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    return SplitFigures(split, **row)

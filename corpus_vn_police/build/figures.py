"""Published files -> the figures that the card and `stats` show: measured, never carried along."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from corpus_vn_police.split import SPLITS

STATUSES = ("published", "rejected", "duplicate", "near_duplicate", "removed")
"""What may become of a seed."""


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


@dataclass(frozen=True)
class Figures:
    """The figures of a build.

    Attributes:
        splits: a line a split, in the order of time.
        status: ledger rows by status, all five.
        reasons: rejected seeds by reason, the most frequent first.
        lengths: shortest, median and longest text, in syllables.
        years: records by year of their date, undated ones left out.
    """

    splits: list[SplitFigures]
    status: dict[str, int]
    reasons: dict[str, int]
    lengths: dict[str, float]
    years: dict[str, int]

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
        """The newest date of a record; None where all are undated."""
        return max((split.last for split in self.splits if split.last), default=None)

    def as_json(self) -> dict[str, Any]:
        """The figures as JSON has them."""
        return {"seeds": self.seeds, "records": self.records, "undated": self.undated, **asdict(self)}


def measure(folder: Path) -> Figures:
    """Measure a build folder.

    Args:
        folder: reads `data/*.parquet` and `ledger.parquet`.
    """
    splits = [found for split in SPLITS if (found := _split(folder, split))]
    ledger = pl.scan_parquet(folder / "ledger.parquet", glob=False)
    counts = dict(ledger.group_by("status").len().collect(engine="streaming").iter_rows())
    reasons = (
        ledger.filter(pl.col("reason").is_not_null())
        .group_by("reason")
        .len()
        .sort(["len", "reason"], descending=[True, False])
        .collect(engine="streaming")
    )
    data = [_shards(folder, split.split) for split in splits]
    lengths = pl.concat(data).select(
        pl.col("n_syllables").min().alias("shortest"),
        pl.col("n_syllables").median().alias("median"),
        pl.col("n_syllables").max().alias("longest"),
    )
    years = pl.concat(data).filter(pl.col("year").is_not_null()).group_by("year").len().sort("year")
    return Figures(
        splits,
        {status: counts.get(status, 0) for status in STATUSES},
        dict(reasons.iter_rows()),
        lengths.collect(engine="streaming").row(0, named=True),
        {str(year): count for year, count in years.collect(engine="streaming").iter_rows()},
    )


def _shards(folder: Path, split: str) -> pl.LazyFrame:
    paths = sorted((folder / "data").glob(f"{split}-*.parquet"))
    columns = ["date", "year", "n_chars", "n_syllables", "n_paragraphs"]
    return pl.concat([pl.scan_parquet(path, glob=False).select(columns) for path in paths])


def _split(folder: Path, split: str) -> SplitFigures | None:
    if not any((folder / "data").glob(f"{split}-*.parquet")):
        return None
    row = (
        _shards(folder, split)
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

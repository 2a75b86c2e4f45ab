"""`stats`: the numbers of a build, measured from its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from corpus_vn_police.commands.built import Build
from corpus_vn_police.commands.built import open as open_location
from corpus_vn_police.commands.built.reading import reading
from corpus_vn_police.dataset.counts import count_by
from corpus_vn_police.dataset.figures import Figures
from corpus_vn_police.dataset.layout import FOLDERS, LEDGER
from corpus_vn_police.dedup.leaks import Sharing, shared_ngrams
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.files import StrPath
from corpus_vn_police.results import Result

_PUBLISHER = "source.publisher"


@dataclass(frozen=True, repr=False)
class Stats(Result):
    """The numbers of a build, measured from its files; its tables are Polars frames.

    Attributes:
        name: the name of the corpus.
        version: the version of the data.
        digest: the content digest.
        figures: all numbers, as plain values.
        sharing: how much text each later split shares with each earlier one.
        build: the build that was measured; ignored by `==`, because a copy of a build has the same numbers.
    """

    name: str
    version: str
    digest: str
    figures: Figures
    sharing: tuple[Sharing, ...]
    build: Build = field(compare=False)
    _publishers: Mapping[str | None, int] = field(repr=False)

    @property
    def splits(self) -> pl.DataFrame:
        """One row per split.

        Its columns are `split` (string), `records, undated` (int64), `first, last` (string: a date), and the totals of
        its texts, `paragraphs, syllables, chars` (int64).
        """
        kinds = {"split": pl.String, "records": pl.Int64, "undated": pl.Int64, "first": pl.String, "last": pl.String}
        sums = dict.fromkeys(("paragraphs", "syllables", "chars"), pl.Int64)
        return pl.DataFrame([asdict(each) for each in self.figures.splits], schema={**kinds, **sums})

    @property
    def status(self) -> pl.DataFrame:
        """`status` (string) and `seeds` (int64): how many rows of the ledger have each of the five statuses."""
        return _frame(self.figures.status, "status", "seeds")

    @property
    def reasons(self) -> pl.DataFrame:
        """`reason` (string) and `seeds` (int64): rejected seeds, the most frequent reason first."""
        return _frame(self.figures.reasons, "reason", "seeds")

    @property
    def years(self) -> pl.DataFrame:
        """`year` (int16) and `records` (int64), by year; undated records are left out."""
        return _frame(self.figures.years, "year").cast({"year": pl.Int16})

    @property
    def months(self) -> pl.DataFrame:
        """`month` (string, `2020-12`) and `records` (int64), by month; records without a month are left out."""
        return _frame(self.figures.months, "month")

    @property
    def publishers(self) -> pl.DataFrame:
        """`publisher` (string; null if the row gave none) and `records` (int64), the most frequent first."""
        return _frame(self._publishers, "publisher")

    @property
    def lengths(self) -> pl.DataFrame:
        """`syllables` (int64: the lowest number of a bar; the last bar has no upper end) and `records` (int64)."""
        return _frame(self.figures.histogram, "syllables", kind=pl.Int64)

    @property
    def found(self) -> pl.DataFrame:
        """`field` (string) and `records` (int64): how many records have each field that the rules fill."""
        return _frame(self.figures.found, "field")

    @property
    def privacy(self) -> pl.DataFrame:
        """`kind` (string) and `records` (int64): records with each kind of personal data."""
        return _frame(self.figures.privacy, "kind")

    @property
    def spans(self) -> pl.DataFrame:
        """`list` (string) and `spans` (int64): spans of each list of the annotations."""
        return _frame(self.figures.spans, "list", "spans")

    def by(self, name: str) -> pl.DataFrame:
        """Count the records by the values of a field; the files are read again. See `Build.count_by`."""
        return self.build.count_by(name)

    def _shown(self) -> Iterator[tuple[str, Any]]:
        yield from (("name", self.name), ("version", self.version), ("digest", self.digest))
        yield "records", {each.split: each.records for each in self.figures.splits}
        yield from (("status", self.figures.status), ("reasons", self.figures.reasons))


def _frame(
    counts: Mapping[Any, int], name: str, count: str = "records", kind: type[pl.DataType] = pl.String
) -> pl.DataFrame:
    return pl.DataFrame({name: list(counts), count: list(counts.values())}, schema={name: kind, count: pl.Int64})


@machine_failures()
def stats(folder: StrPath) -> Stats:
    """Measure a build.

    Args:
        folder: a folder, or the fsspec URL of one (`hf://datasets/user/name`). From a URL, the records, the annotations
            and the ledger are fetched.

    Raises:
        OutputError: the folder is not a build.
        DamagedError: the build cannot be read.
        DiskError: the operating system failed to read, or the URL cannot be fetched.
    """
    return measure_build(open_location(folder))


def measure_build(build: Build) -> Stats:
    """Measure an open build.

    Raises:
        OutputError: the folder has another build now, or no build.
        DamagedError, DiskError: as for `stats`.
    """
    with reading(build, LEDGER, *(f"{FOLDERS[config]}/" for config in ("default", "annotations"))) as folder:
        publishers = dict(count_by(folder.path, _PUBLISHER).iter_rows())
        sharing = tuple(shared_ngrams(folder.path))
        return Stats(
            folder.manifest["name"], folder.version, folder.digest, folder.figures(), sharing, build, publishers
        )

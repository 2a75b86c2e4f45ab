"""Select records for two models, to measure the effect of time: texts before a day, and a control of the same size.

After Lazaridou et al. 2021, "Mind the Gap: Assessing Temporal Generalization in Neural Language Models"; the method
is in docs/evaluation-by-time.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from corpus_vn_police.commands.built import Build
from corpus_vn_police.commands.built import open as open_location
from corpus_vn_police.commands.built.reading import folder_of
from corpus_vn_police.dataset.layout import FOLDERS
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.errors import InputError
from corpus_vn_police.files import StrPath
from corpus_vn_police.results import Result
from corpus_vn_police.stages.split import SPLITS, hash_share
from corpus_vn_police.train.arguments import check_integer

_HINT = 'give [splits] a test_from in corpus.toml, such as test_from = "2021-04", and build again'
_COLUMNS = ("id", "date", "date_end", "n_chars")


@dataclass(frozen=True, repr=False)
class TimeSplit(Result):
    """Ids of records for training two models and for evaluating both. Each tuple is in the order of the build.

    Attributes:
        past: the ids of all dated records of train.
        control: the ids of as many dated records from the whole period. Some may be in `past`, but none is in `test`.
        test: the ids of about half of the records of test.
        cut: a day: all records of `past` end before it, and none of `test` does.
        past_chars: the number of code points in the texts of `past`.
        control_chars: the same for `control`.
        undated: the number of records that are in none of them, because they have no date.
    """

    past: tuple[str, ...]
    control: tuple[str, ...]
    test: tuple[str, ...]
    cut: str
    past_chars: int
    control_chars: int
    undated: int


@machine_failures()
def stratify(build: Build | StrPath, *, seed: int = 0) -> TimeSplit:
    """Choose records for a model of the past, for a control that sees the whole period, and for evaluating both.

    A record of test is used for evaluation if `share("test", id) < 0.5`. So this depends on the record alone, as its
    split does. The control is drawn from train, validation and the other half of test together: the records with the
    lowest `share("control", id)`, as many as there are in the past. This is a uniform draw, so the control contains
    each month in proportion to its number of records. `share(use, id)` is the first 53 bits of the sha256 of
    `<seed>:<use>:<id>`, as a number from 0 to 1.

    Both have the same number of records. The lengths of their texts differ by chance, and if texts became longer over
    time. No record is chosen by its length, because that would make the two sets differ in kind. So train both models
    on the same number of tokens.

    Args:
        build: a build, or the path or URL of one, whose splits follow time.
        seed: a different seed chooses different records.

    Raises:
        ConfigError: the seed is not allowed.
        InputError: the build has no test split, no dated records in train, or splits that do not follow time; or test
            has so few records that one of its halves is empty.
        OutputError, DamagedError, DiskError: as `open`.
    """
    check_integer("seed", seed, 0)
    opened = build if isinstance(build, Build) else open_location(build)
    if "test" not in opened.splits:
        raise InputError(f"{opened.path}: there is no test split", _HINT)
    rows = _rows(opened)
    dated = rows.filter(pl.col("date").is_not_null())
    cut = _cut(opened.path, dated)
    past = dated.filter(pl.col("split") == "train")
    test, other = _halves(opened.path, dated.filter(pl.col("split") == "test"), seed)
    pool = pl.concat([dated.filter(pl.col("split") != "test"), other])
    drawn = _shares(pool, seed, "control").sort("share", "id")[: len(past)].sort("place")
    return TimeSplit(
        tuple(past["id"]), tuple(drawn["id"]), tuple(test["id"]), cut,
        int(past["n_chars"].sum()), int(drawn["n_chars"].sum()), len(rows) - len(dated),
    )  # fmt: skip


def _rows(build: Build) -> pl.DataFrame:
    """The `_COLUMNS` of all records, their `split`, and their `place` in the build."""
    with folder_of(build, f"{FOLDERS['default']}/") as folder:
        frames = [
            batch.select(*_COLUMNS).with_columns(split=pl.lit(split))
            for split in SPLITS
            if split in build.splits
            for batch in folder.rows("default", split).batches(*_COLUMNS)
        ]
    return pl.concat(frames).with_row_index("place")


def _cut(path: str, dated: pl.DataFrame) -> str:
    """The day on which the first record of test ends.

    Raises:
        InputError: train or test has no record with a date, or a record of train ends on that day or later.
    """
    ends = {split: dated.filter(pl.col("split") == split)["date_end"] for split in ("train", "test")}
    for split, days in ends.items():
        if not len(days):
            raise InputError(f"{path}: no record of {split} has a date", f"give the seeds dates; then {_HINT}")
    first, last = min(ends["test"].to_list()), max(ends["train"].to_list())
    if last >= first:
        raise InputError(
            f"{path}: the splits do not follow time: train has records of {last}, and test of {first}",
            f"set strategy to temporal, {_HINT}",
        )
    return str(first)


def _shares(rows: pl.DataFrame, seed: int, use: str) -> pl.DataFrame:
    """The rows with their `share` (float64)."""
    shares = [hash_share(seed, f"{use}:{record}") for record in rows["id"]]
    return rows.with_columns(pl.Series("share", shares, pl.Float64))


def _halves(path: str, test: pl.DataFrame, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Divide the records of test into those for evaluation and the others.

    Raises:
        InputError: one of the halves is empty.
    """
    shared = _shares(test, seed, "test")
    first, second = (shared.filter(each).drop("share") for each in (pl.col("share") < 0.5, pl.col("share") >= 0.5))
    if not len(first) or not len(second):
        raise InputError(
            f"{path}: test has {len(test)} dated records, and all of them are in one half",
            "choose an earlier test_from, or another seed",
        )
    return first, second

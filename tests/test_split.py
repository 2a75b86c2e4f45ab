"""Splits."""

import datetime
import hashlib
from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_vn_police.config import Splits
from corpus_vn_police.stages.split import SPLITS, SplitAdvice, assign_split, hash_share, lopsided, suggest_starts


def _split(dates, **settings):
    ratios = settings.pop("ratios", {})
    splits = Splits(
        strategy=settings.pop("strategy", "temporal"), ratios=ratios, seed=settings.pop("seed", 0), **settings
    )
    ids = [f"{number:016x}" for number in range(len(dates))]
    codes = assign_split(pl.DataFrame({"id": ids, "date": dates}, {"id": pl.String, "date": pl.String}), splits)
    return [SPLITS[code] for code in codes]


def test_time_divides_by_the_last_day_that_a_date_can_mean():
    dates = ["2021-12", "2021-12-31", "2022-01", "2022", "2022-12-31", "2023-01-01", "2023", None]
    found = _split(dates, validation_from="2022-01", test_from="2023-01")
    assert found == ["train", "train", "validation", "validation", "validation", "test", "test", "train"]


def test_one_month_alone_gives_two_splits():
    assert _split(["2021", "2022"], test_from="2022-06") == ["train", "test"]
    assert _split(["2021", "2022"], validation_from="2022-06") == ["train", "validation"]


def test_a_day_divides_inside_a_month():
    assert _split(["2022-06-14", "2022-06-15", "2022-06"], test_from="2022-06-15") == ["train", "test", "test"]


def test_without_a_month_everything_is_train():
    assert _split(["1999", None]) == ["train", "train"]


def test_the_share_of_an_id_is_the_sha256_that_it_always_was():
    digest = hashlib.sha256(b"7:c76f5c9e64c8c598").digest()
    assert hash_share(7, "c76f5c9e64c8c598") == int.from_bytes(digest[:8], "big") // 2**11 / 2**53
    assert hash_share(0, "c76f5c9e64c8c598") == 0.5384894799194485


def test_hash_splits_come_near_their_ratios_and_an_empty_one_gets_nothing():
    found = _split([None] * 4000, strategy="hash", ratios={"train": 0.8, "test": 0.2})
    assert found.count("validation") == 0
    assert 0.17 < found.count("test") / 4000 < 0.23


@pytest.mark.parametrize(
    ("dates", "starts", "splits"),
    [
        (
            {f"2020-{month:02d}": 10 for month in range(1, 11)},
            {"validation_from": "2020-09", "test_from": "2020-10"},
            {"train": 80, "validation": 10, "test": 10},
        ),
        # Inside one month, where there are days.
        (
            {f"2020-10-{day:02d}": 7 for day in range(1, 32)},
            {"validation_from": "2020-10-26", "test_from": "2020-10-29"},
            {"train": 175, "validation": 21, "test": 21},
        ),
        # What has a month alone may be of its last day.
        (
            {**{f"2020-10-{day:02d}": 10 for day in range(1, 21)}, "2020-10": 30},
            {"validation_from": "2020-10-18", "test_from": "2020-10-20"},
            {"train": 170, "validation": 20, "test": 40},
        ),
        # The undated are in train.
        (
            {None: 80, "2020-01": 2, "2020-02": 8, "2020-03": 10},
            {"validation_from": "2020-02", "test_from": "2020-03"},
            {"train": 82, "validation": 8, "test": 10},
        ),
        ({"2020-01": 90, "2020-02": 10}, {"test_from": "2020-02"}, {"train": 90, "test": 10}),
        # A validation that would hold 45 % is left out.
        ({"2020-01": 45, "2020-02": 45, "2020-03": 10}, {"test_from": "2020-03"}, {"train": 90, "test": 10}),
        (
            {"2019": 80, "2020-01-05": 10, "2020-03": 10},
            {"validation_from": "2020-01-05", "test_from": "2020-03"},
            {"train": 80, "validation": 10, "test": 10},
        ),
        ({"2018": 8, "2019": 1, "2020": 1}, {"validation_from": "2019-01", "test_from": "2020-01"}, {"train": 8, "validation": 1, "test": 1}),
        ({"2020-01": 9, "2020-10": 1, "2020-10-01": 1}, {"test_from": "2020-10"}, {"train": 9, "test": 2}),
    ],
)  # fmt: skip
def test_the_starts_suggested_give_about_a_tenth_each(dates, starts, splits):
    assert suggest_starts(dates) == SplitAdvice(starts, splits)


@pytest.mark.parametrize(
    "dates",
    [
        {},
        {None: 9},
        {"2020-01": 90},
        {"2020-01": 10, "2020-02": 90},
        {"2020-01": 999, "2020-02": 1},
        {None: 5, "2020": 5},
    ],
)
def test_no_starts_are_suggested_that_would_give_lopsided_splits(dates):
    assert suggest_starts(dates) is None


def test_a_train_split_of_none_is_named_unless_the_ratios_leave_it_out():
    none = "holds 0 of 5 records (0.0 %), less than half of them"
    dated = Splits("temporal", {}, 0, "2019-10")
    assert lopsided({"validation": 5}, dated) == lopsided({"validation": 5}) == {"train": none}
    assert lopsided({"test": 5}, Splits("hash", {"test": 1.0}, 0)) == {}


@given(
    st.dictionaries(
        st.one_of(
            st.none(),
            st.dates(datetime.date(2019, 11, 1), datetime.date(2020, 2, 1)).flatmap(
                lambda day: st.sampled_from([4, 7, 10]).map(lambda length: day.isoformat()[:length])
            ),
        ),
        st.integers(1, 9),
    )
)
def test_the_counts_suggested_are_those_that_the_starts_give(dates):
    advice = suggest_starts(dates)
    if advice is not None:
        given = Counter(_split([date for date, count in dates.items() for _ in range(count)], **advice.starts))
        assert given == advice.splits
        assert not lopsided(given)


@pytest.mark.parametrize(
    ("splits", "named"),
    [
        ({"train": 50, "validation": 49, "test": 1}, {"test": "holds 1 of 100 records (1.0 %), less than 2 % of them"}),
        ({"train": 49, "test": 51}, {"train": "holds 49 of 100 records (49.0 %), less than half of them"}),
        ({"train": 1, "test": 99}, {"train": "holds 1 of 100 records (1.0 %), less than half of them"}),
        ({"train": 96, "validation": 2, "test": 2}, {}),
        ({"validation": 50, "test": 50}, {"train": "holds 0 of 100 records (0.0 %), less than half of them"}),
        ({"train": 7}, {}),
        ({}, {}),
    ],
)
def test_a_split_that_is_too_small_to_be_of_use_is_named(splits, named):
    assert lopsided(splits) == named

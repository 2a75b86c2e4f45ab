"""Splits."""

import hashlib

import polars as pl
import pytest

from corpus_vn_police.config import Splits
from corpus_vn_police.stages.split import SPLITS, assign_split, hash_share, suggest_starts


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
    ("dates", "starts"),
    [
        ({f"2020-{month:02d}": 10 for month in range(1, 11)}, {"validation_from": "2020-09", "test_from": "2020-10"}),
        ({"2020-01": 90, "2020-02": 10}, {"test_from": "2020-02"}),
        ({"2020-01": 90}, {}),
        ({}, {}),
        ({"2019": 80, "2020-01-05": 10, "2020-03": 10}, {"validation_from": "2020-01", "test_from": "2020-03"}),
    ],
)
def test_the_months_suggested_give_about_a_tenth_each(dates, starts):
    assert suggest_starts(dates) == starts

"""What two models are trained on, and evaluated on, to see what time does."""

import hashlib

import polars as pl
import pytest
from support.training import rows

import corpus_vn_police as cvp
from corpus_vn_police import train


def built(folder, given, **splits):
    config = {"dedup": {"level": "off"}, "quality": {"enabled": False}, "splits": splits}
    return cvp.build(given, out=folder / "build", config=config, progress=False)


@pytest.fixture(scope="module")
def given():
    return [*rows(90), {"date": "2022", "text": rows(1, seed=9)[0]["text"]}, {"text": rows(1, seed=8)[0]["text"]}]


@pytest.fixture(scope="module")
def build(tmp_path_factory, given):
    return built(tmp_path_factory.mktemp("stratify"), given, validation_from="2020-01", test_from="2020-06")


@pytest.fixture(scope="module")
def records(build):
    """`id, split, date, n_chars` of all records."""
    names = ["id", "date", "n_chars"]
    return pl.concat(build.records(split, columns=names).with_columns(split=pl.lit(split)) for split in build.splits)


CHOSEN = ["527a37cbba90b32f", "9c4e7aa069e7d1b7"]


def share(use, record, seed=0):
    return int(hashlib.sha256(f"{seed}:{use}:{record}".encode()).hexdigest()[:16], 16) / 2**64


def test_the_past_is_all_dated_records_of_train(build, records):
    wanted = records.filter((pl.col("split") == "train") & pl.col("date").is_not_null())
    found = train.stratify(build)
    assert list(found.past) == wanted["id"].to_list()
    assert found.past_chars == wanted["n_chars"].sum()
    assert found.undated == records["date"].null_count() == 1
    assert found.cut == "2020-06-30"


def test_a_record_of_test_is_evaluated_on_by_its_id_alone(build, records):
    test = records.filter(pl.col("split") == "test")["id"].to_list()
    assert list(train.stratify(build).test) == [each for each in test if share("test", each) < 0.5]
    other = [each for each in test if share("test", each, 7) < 0.5]
    assert list(train.stratify(build, seed=7).test) == other != list(train.stratify(build).test)


def test_the_control_is_as_large_and_drawn_from_all_that_is_not_evaluated_on(build, records):
    found = train.stratify(build)
    pool = records.filter(pl.col("date").is_not_null() & ~pl.col("id").is_in(list(found.test)))
    lowest = sorted(pool["id"], key=lambda each: share("control", each))[: len(found.past)]
    assert list(found.control) == [each for each in pool["id"] if each in lowest]
    assert len(found.control) == len(found.past)
    assert found.control_chars == pool.filter(pl.col("id").is_in(lowest))["n_chars"].sum()
    assert set(records.filter(pl.col("id").is_in(lowest))["split"]) == {"train", "validation", "test"}


def test_the_choice_is_the_same_in_every_version(build):
    found = train.stratify(build)
    assert [hashlib.sha256(",".join(each).encode()).hexdigest()[:16] for each in (found.control, found.test)] == CHOSEN


def test_more_records_move_none_into_test_or_out_of_it(build, given, tmp_path):
    more = built(tmp_path, [*given, *rows(30, seed=5)], validation_from="2020-01", test_from="2020-06")
    before, after = train.stratify(build), train.stratify(more)
    known = set(build.records(columns=["id"])["id"])
    assert set(before.test) == set(after.test) & known


def test_a_path_is_taken_as_a_build_is(build):
    assert train.stratify(build.path) == train.stratify(build)


@pytest.mark.parametrize(
    ("splits", "said"),
    [
        ({}, "there is no test split"),
        ({"test_from": "2018-01"}, "no record of train has a date"),
        ({"strategy": "hash"}, "the splits do not follow time"),
    ],
)
def test_a_build_without_a_cut_is_refused_with_what_to_do(tmp_path, given, splits, said):
    with pytest.raises(cvp.InputError, match=said) as caught:
        train.stratify(built(tmp_path, given, **splits))
    assert "test_from" in caught.value.hint


def test_a_test_split_of_one_record_is_refused(tmp_path, given):
    with pytest.raises(cvp.InputError, match="test has 1 dated records, and all of them are in one half"):
        train.stratify(built(tmp_path, given, test_from="2022-01"))


@pytest.mark.parametrize("seed", [-1, 1 << 64, 1.0, True])
def test_a_seed_that_is_not_allowed_is_refused(build, seed):
    with pytest.raises(cvp.ConfigError, match="seed = "):
        train.stratify(build, seed=seed)

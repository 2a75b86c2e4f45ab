"""Tables by month: sums, bootstrap intervals and draws; and their picture."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpus_vn_police as cvp
from corpus_vn_police import train
from corpus_vn_police.train.intervals import UNDATED, Losses, draws

pytest.importorskip("matplotlib")


def losses_of(months, targets, sums, *others):
    arrays = [np.array(each, float) for each in (sums, *others)]
    return Losses(np.array(months), np.array(targets), np.array(targets) * 4, tuple(arrays))


def result_of(losses):
    return train.Perplexity(losses.by_month(100, 0), losses.together(100, 0), "test", "seed", 1024, 0)


DRAWN = [[4, 3, 4, 0, 1, 2, 0, 5], [6, 0, 3, 0, 1, 1, 2, 2], [4, 0, 5, 2, 4, 7, 4, 5]]
JANUARY = 2020 * 12


def test_a_row_has_the_sums_of_its_documents():
    table = losses_of([JANUARY, UNDATED, JANUARY, JANUARY + 11], [10, 5, 30, 0], [20.0, 10.0, 60.0, 0.0])
    bits = 2 / (4 * math.log(2))
    assert table.by_month(10, 0).rows() == [
        ("2020-01", 2, 40, 160, 80.0, math.exp(2), math.exp(2), math.exp(2), bits),
        ("2020-12", 1, 0, 0, 0.0, None, None, None, None),
        (None, 1, 5, 20, 10.0, math.exp(2), None, None, bits),
    ]
    assert table.together(10, 0).rows() == [(4, 45, 180, 90.0, math.exp(2), math.exp(2), math.exp(2), bits)]


def test_the_draws_are_the_same_in_every_version():
    assert [each.tolist() for each in draws(8, 3, 0, JANUARY)] == DRAWN


def test_other_seeds_months_and_resamples_have_other_draws():
    several = [*draws(50, 2, 0, 1), *draws(50, 2, 1, 1), *draws(50, 2, 0, 2)]
    assert len({each.tobytes() for each in several}) == 6


@given(st.integers(1, 1000), st.integers(0, (1 << 64) - 1), st.integers(-2, 200_000))
def test_a_draw_has_as_many_documents_as_there_are(count, seed, stream):
    for drawn in draws(count, 2, seed, stream):
        assert len(drawn) == count
        assert 0 <= drawn.min() <= drawn.max() < count


def test_each_document_is_drawn_about_as_often_as_another():
    counts = sum(np.bincount(each, minlength=20) for each in draws(20, 20_000, 3, 7))
    assert (abs(counts / 20_000 - 1) < 0.04).all()  # 5.6 standard deviations


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    draw = np.random.default_rng(0)
    covered = 0
    for seed in range(200):
        targets = draw.integers(50, 500, 60)
        means = draw.normal(3, 0.4, 60)
        row = losses_of([JANUARY] * 60, targets, means * targets).by_month(200, seed).row(0, named=True)
        covered += row["low"] <= math.exp(3) <= row["high"]
    assert 175 <= covered <= 200


def test_the_interval_of_a_ratio_is_that_of_the_same_draws():
    # Documents differ a lot, the models little: only paired draws show it.
    draw = np.random.default_rng(1)
    means, targets = draw.normal(3, 0.8, 80), np.full(80, 100)
    losses = losses_of([JANUARY] * 80, targets, means * targets, (means - draw.normal(0.1, 0.01, 80)) * targets)
    row = losses.by_month(500, 0).row(0, named=True)
    assert row["low"] < row["against_perplexity"] < row["high"]
    assert 1.09 < row["ratio_low"] < row["ratio"] < row["ratio_high"] < 1.12


def test_a_document_without_targets_changes_no_interval():
    some = losses_of([JANUARY] * 3, [10, 20, 30], [10.0, 50.0, 60.0])
    more = losses_of([JANUARY] * 4, [10, 0, 20, 30], [10.0, 0.0, 50.0, 60.0])
    assert some.by_month(50, 0).drop("documents").equals(more.by_month(50, 0).drop("documents"))


def compared():
    months = [JANUARY + 10] * 5 + [JANUARY + 11] * 4 + [JANUARY + 14] + [UNDATED]
    return result_of(losses_of(months, [100] * 11, range(280, 390, 10), range(270, 380, 10)))


def test_a_result_shows_itself_in_a_line():
    assert repr(compared()) == (
        "Perplexity(split='test', template='seed', length=1024, cut=0, months=3, documents=11, "
        "perplexity=27.112638920657883, ratio=1.1051709180756477)"
    )


def test_a_picture_says_in_words_what_it_shows(tmp_path):
    said = train.plot_by_month(compared(), tmp_path / "new" / "months.svg", labels=("past", "control"))
    assert said == (
        "Lines with bands, perplexity of 3 months: past 20.1 in 2020-11 and 40.4 in 2021-03; "
        "control 18.2 in 2020-11 and 36.6 in 2021-03; their ratio 1.11 in 2020-11 and 1.11 in 2021-03. "
        "Bars: documents. Not shown: 1 document without a month."
    )
    described = ET.parse(tmp_path / "new" / "months.svg").iter("{http://purl.org/dc/elements/1.1/}description")
    assert [element.text for element in described] == [said]


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_picture_has_the_same_bytes_each_time(tmp_path, kind):
    for name in ("a", "b"):
        train.plot_by_month(compared(), tmp_path / f"{name}.{kind}")
    assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


def test_one_model_alone_is_drawn_without_a_ratio(tmp_path):
    alone = result_of(losses_of([JANUARY] * 3, [10, 20, 30], [10.0, 50.0, 60.0]))
    said = train.plot_by_month(alone, tmp_path / "a.svg")
    assert said == "Lines with bands, perplexity of 1 month: model 7.39 in 2020-01. Bars: documents."


def test_what_cannot_be_drawn_is_refused(tmp_path):
    with pytest.raises(cvp.ConfigError, match=r"does not end in \.png or \.svg"):
        train.plot_by_month(compared(), tmp_path / "a.jpg")
    undated = result_of(losses_of([UNDATED], [10], [10.0]))
    with pytest.raises(cvp.InputError, match="no month to draw"):
        train.plot_by_month(undated, tmp_path / "a.png")


def test_without_matplotlib_it_is_said_which_extra_has_it(tmp_path, monkeypatch):
    monkeypatch.setattr("corpus_vn_police.train.monthplot.can_draw", lambda: False)
    with pytest.raises(cvp.ExtraError) as caught:
        train.plot_by_month(compared(), tmp_path / "a.png")
    assert caught.value.hint == "pip install 'corpus-vn-police[figures]'"


def test_the_types_of_a_table_are_those_that_it_says():
    floats = [name for name in compared().months.columns if name not in ("month", "documents", "tokens", "bytes")]
    assert compared().months.schema == {
        "month": pl.String, "documents": pl.Int64, "tokens": pl.Int64, "bytes": pl.Int64,
        **dict.fromkeys(floats, pl.Float64),
    }  # fmt: skip

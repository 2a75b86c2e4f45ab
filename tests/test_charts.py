"""The pictures of a build's figures."""

import concurrent.futures
import datetime
import itertools
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text
from support.builds import ROOT
from support.figures import FIGURES

from corpus_vn_police.dataset.figures import SplitFigures
from corpus_vn_police.documents import pictures as charts
from corpus_vn_police.documents.charts import plan_charts
from corpus_vn_police.documents.pictures import draw_charts
from corpus_vn_police.periods import first_day, last_day


def _named(figures=FIGURES):
    return {chart.name: chart for chart in draw_charts(figures)}


def _plans(**changes):
    return {plan.name: plan for plan in plan_charts(replace(FIGURES, **changes))}


def test_what_a_picture_says_is_also_said_in_words():
    assert {name: chart.alt for name, chart in _named().items()} == {
        "months": "Bars, one per month from 2020-11 to 2023-06: 15 records, the most in 2020-11 (6). Not shown: 2 undated records, 5 with only a year.",
        "lengths": "Bars, the number of records by their number of syllables: 12 to 1,200, half of them 90.5 to 300; the median is 150. The last bar is 300 and more.",
        "ledger": "Bars, what became of 29 seeds: published 22; rejected (header.future_date) 2; rejected (text.empty) 1; duplicate 1; near duplicate 2; removed 1.",
        "splits": "Bars on a scale of days: train 2019 to 2020-12-07, 707 days, 16 records; test 2023-01 to 2023-06, 181 days, 4 records. Not shown: 2 undated records.",
    }


def test_both_files_of_a_picture_hold_its_words():
    for chart in draw_charts(FIGURES):
        for svg in chart.files.values():
            described = ET.fromstring(svg).iter("{http://purl.org/dc/elements/1.1/}description")
            assert [element.text for element in described] == [chart.alt]


def test_the_dark_picture_has_no_colour_of_the_light_one():
    for chart in draw_charts(FIGURES):
        assert set(re.findall(rb"#[0-9a-f]{6}", chart.light)) <= {c.encode() for c in charts._LIGHT.values()}
        assert set(re.findall(rb"#[0-9a-f]{6}", chart.dark)) <= {c.encode() for c in charts._DARK.values()}


def _luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("palette", [charts._LIGHT, charts._DARK])
@pytest.mark.parametrize(("role", "least"), [("ink", 7), ("first", 3), ("second", 3), ("third", 3)])
def test_what_is_drawn_stands_out_from_its_ground(palette, role, least):
    light, dark = sorted((_luminance(palette[role]), _luminance(palette["ground"])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= least


def test_the_bytes_are_the_same_in_another_process_with_other_settings(tmp_path):
    (tmp_path / "matplotlibrc").write_text("axes.facecolor: red\nfont.size: 30\nsvg.fonttype: none\n")
    code = (
        "import sys, hashlib; sys.path.insert(0, 'tests')\n"
        "from support.figures import FIGURES\n"
        "from corpus_vn_police.documents.pictures import draw_charts\n"
        "print([hashlib.sha256(svg).hexdigest() for chart in draw_charts(FIGURES) for svg in chart.files.values()])"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "TZ": zone, **extra},
        ).stdout
        for seed, zone, extra in [("1", "UTC", {}), ("2", "Asia/Ho_Chi_Minh", {"MATPLOTLIBRC": str(tmp_path)})]
    }  # fmt: skip
    assert len(printed) == 1


# Records by time


@pytest.mark.parametrize(
    ("months", "said"),
    [
        ({"2000-01": 1, "2009-12": 4}, "one per month from 2000-01 to 2009-12: 5 records, the most in 2009-12 (4)."),
        ({"2000-01": 1, "2010-01": 4}, "one per year from 2000 to 2010: 5 records, the most in 2010 (4)."),
        ({"1890-01": 1, "2010-01": 4}, "one per decade from 1890s to 2010s: 5 records, the most in 2010s (4)."),
        ({"0001-01": 1, "9999-12": 4}, "one per century from 0000s to 9900s: 5 records, the most in 9900s (4)."),
    ],
)
def test_the_more_time_there_is_the_wider_a_bar(months, said):
    years = {month[:4]: count for month, count in months.items()}
    plan = _plans(months=months, years=years)["months"]
    assert (plan.alt, plan.title) == (f"Bars, {said} Not shown: 2 undated records.", f"Records per {said.split()[2]}")
    assert (plan.columns[0], plan.columns[-1], sum(plan.columns)) == (1, 4, 5)


def test_a_picture_of_time_says_below_it_which_records_it_leaves_out():
    assert _plans()["months"].note == "Not shown: 2 undated records, 5 with only a year."
    assert _plans(years={"2020": 15})["months"].note == "Not shown: 2 undated records."
    assert _plans(years={"2020": 16})["months"].note == "Not shown: 2 undated records, 1 with only a year."
    dated = [replace(split, undated=0) for split in FIGURES.splits]
    assert _plans(years={"2020": 16}, splits=dated)["months"].note == "Not shown: 1 record with only a year."
    assert _plans(years={"2020": 15}, splits=dated)["months"].note == ""


def test_records_are_counted_by_year_if_most_of_their_dates_are_a_year_alone():
    plan = _plans(months={"2020-11": 4}, years={"2019": 3, "2021": 6})["months"]
    assert (plan.title, plan.columns, plan.note) == ("Records per year", (3, 0, 6), "Not shown: 2 undated records.")
    assert plan.ticks == ((0.5, "2019"), (1.5, "2020"), (2.5, "2021"))
    only = _plans(months={}, years={"2019": 20})["months"]
    assert (only.columns, only.alt) == ((20,), "One bar: 20 records in 2019. Not shown: 2 undated records.")


def test_without_dates_there_is_no_picture_of_them():
    undated = [replace(split, first=None, last=None) for split in FIGURES.splits]
    assert [*_plans(months={}, years={}, splits=undated)] == ["lengths", "ledger"]


# Lengths


@given(st.integers(0, 30), st.integers(1, 24), st.sampled_from([1, 2, 5, 10, 100, 5_000, 2_000_000]))
def test_the_last_bar_of_lengths_is_labelled_as_open(first, bars, width):
    plan = _plans(histogram={(first + place) * width: 1 for place in range(bars)})["lengths"]
    *others, last = plan.ticks
    assert last == (bars - 1, f"{(first + bars - 1) * width:,}+")
    assert others == [(place, f"{(first + place) * width:,}") for place, _ in others]


# The ledger


def test_small_reasons_share_a_bar():
    reasons = {"a.most": 900, "b.some": 60, "c.two": 20, "d.few": 19, "e.one": 1}
    assert [(row.label, row.length) for row in _plans(reasons=reasons)["ledger"].rows] == [
        ("published: 22", 22), ("rejected (a.most): 900", 900), ("rejected (b.some): 60", 60), ("rejected (c.two): 20", 20),
        ("rejected (2 other reasons): 20", 20), ("duplicate: 1", 1), ("near duplicate: 2", 2), ("removed: 1", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("reasons", "shown"),
    [
        ({}, []),
        ({"a.most": 900, "b.one": 1}, ["rejected (a.most): 900", "rejected (b.one): 1"]),
        ({f"a.{n}": 5 for n in range(7)}, [f"rejected (a.{n}): 5" for n in range(7)]),
        (
            {f"a.{n}": 5 for n in range(8)},
            [*(f"rejected (a.{n}): 5" for n in range(6)), "rejected (2 other reasons): 10"],
        ),
        ({f"a.{n}": 1 for n in range(60)}, ["rejected (60 reasons): 60"]),
        ({f"a.{'x' * 40}": 5}, [f"rejected (a.{'x' * 27}…: 5"]),
    ],
)
def test_a_single_small_reason_has_its_own_bar_and_many_have_one(reasons, shown):
    rows = _plans(reasons=reasons)["ledger"].rows
    assert [row.label for row in rows if row.role == "second"] == shown


# The time of the splits


def _periods():
    dates = st.dates(datetime.date(1, 1, 1), datetime.date(9999, 12, 31))
    return st.tuples(dates, st.sampled_from([4, 7, 10])).map(lambda drawn: drawn[0].isoformat()[: drawn[1]])


@given(st.lists(st.tuples(_periods(), _periods()).map(sorted), min_size=1, max_size=3))
def test_the_bar_of_a_split_is_as_long_as_its_days(periods):
    splits = [
        replace(FIGURES.splits[0], split=name, records=20, first=first, last=last)
        for name, (first, last) in zip(("train", "validation", "test"), periods, strict=False)
    ]
    plan = _plans(splits=splits, months={}, years={})["splits"]
    for row, (first, last) in zip(plan.rows, periods, strict=True):
        days = [datetime.date.fromordinal(row.start), datetime.date.fromordinal(row.start + row.length - 1)]
        assert days == [first_day(first), last_day(last)]
    low, high = min(row.start for row in plan.rows), max(row.start + row.length for row in plan.rows)
    assert plan.ticks
    assert all(low <= day <= high and first_day(date).toordinal() == day for day, date in plan.ticks)


@pytest.mark.parametrize(
    ("first", "last", "ticks"),
    [
        ("2021-05-01", "2021-05-01", ["2021-05-01", "2021-05-02"]),
        ("2021-04-20", "2021-05-02", ["2021-04-20", "2021-04-25", "2021-04-30"]),
        ("2021", "2021", ["2021-01", "2021-07", "2022-01"]),
        ("2019-09-02", "2021-05-02", ["2020-01", "2020-07", "2021-01"]),
        ("1921", "2021-05-02", ["1940", "1960", "1980", "2000", "2020"]),
        ("0001", "9999-12-31", ["2000", "4000", "6000", "8000"]),
        ("9999-12-31", "9999-12-31", ["9999-12-31"]),
    ],
)
def test_a_scale_of_time_has_days_months_or_years(first, last, ticks):
    plan = _plans(splits=[replace(FIGURES.splits[0], records=20, first=first, last=last)])["splits"]
    assert [date for _, date in plan.ticks] == ticks


# Few records


def test_there_are_no_pictures_of_fewer_than_twenty_records():
    few, enough = ([replace(FIGURES.splits[0], records=records)] for records in (19, 20))
    assert (_plans(splits=few), [*_plans(splits=enough)]) == ({}, ["months", "lengths", "ledger", "splits"])


# What is drawn


def _many_reasons():
    return {f"container.duplicate_name{'_long' * number}": 900 - number for number in range(30)}


_DRAWN = {
    "usual": {},
    "a day": {"splits": [SplitFigures("train", 25, 0, "2021-05-01", "2021-05-01", 1, 1, 1)]},
    "all time": {
        "splits": [SplitFigures("train", 23_456_789, 1_234_567, "0001", "9999-12-31", 1, 1, 1), SplitFigures("validation", 23_456_789, 0, "2020", "2020", 1, 1, 1)],
        "years": {"0001": 12_345_678, "9999": 1},
    },
    "many months": {"months": {f"{2011 + month // 12}-{month % 12 + 1:02}": 12_345 for month in range(120)}, "years": {"2011": 2_500_000}},
    "decades": {"years": {str(year): 3 for year in range(1500, 2021)}},
    "long texts": {"histogram": {1_000_000 * each: 98_765_432 for each in range(24)}},
    "a bar": {"histogram": {500: 22}, "months": {"2021-05": 20}},
    "many reasons": {"reasons": _many_reasons(), "status": FIGURES.status | {"published": 98_765_432}},
}  # fmt: skip


@pytest.mark.parametrize("changes", _DRAWN.values(), ids=_DRAWN)
def test_no_words_are_cut_off_or_lie_on_others(changes, monkeypatch):
    draw, places, edges = Text.draw, {}, []

    def noted(text, renderer, *others, **named):
        if text.get_text() and text.get_visible():
            places[text.get_text()] = text.get_window_extent(renderer)
            edges[:] = [text.get_figure().bbox.padded(0.5)]
        draw(text, renderer, *others, **named)

    monkeypatch.setattr(Text, "draw", noted)
    for plan in plan_charts(replace(FIGURES, **changes)):
        places.clear()
        charts._draw.__wrapped__(plan)
        assert {plan.title, *(label for _, label in plan.ticks), *(row.label for row in plan.rows)} <= places.keys()
        cut = [text for text, box in places.items() if not all(edges[0].contains(*each) for each in (box.min, box.max))]
        upon = [pair for pair in itertools.combinations(places, 2) if places[pair[0]].overlaps(places[pair[1]])]
        assert (cut, upon) == ([], [])


def test_letters_have_ten_pixels_on_a_phone():
    for chart in draw_charts(FIGURES):
        width = float(re.search(rb'viewBox="0 0 ([0-9.]+) ', chart.light)[1])
        sizes = {float(size) * 100 for size in re.findall(rb"scale\(([0-9.]+) -", chart.light)}
        assert min(sizes) * 350 / width >= 10


def test_pictures_that_are_drawn_in_several_threads_at_once_are_the_same():
    alone = draw_charts(FIGURES)
    charts._draw.cache_clear()
    plans = plan_charts(FIGURES) * 8
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        drawn = list(threads.map(charts._draw.__wrapped__, plans))
    assert drawn == [*alone] * 8


def test_without_matplotlib_there_are_no_pictures(monkeypatch):
    monkeypatch.setattr(charts.importlib.util, "find_spec", lambda name: None)
    assert draw_charts(FIGURES) == ()


def test_a_picture_that_another_processor_rounded_is_the_same_drawing():
    (chart, *_) = draw_charts(FIGURES)
    rounded = re.sub(rb"[0-9]+[.][0-9]{6}", lambda found: b"%.6f" % (float(found[0]) + 0.00001), chart.light)
    names = re.findall(rb"[mp][0-9a-f]{10}", chart.light)
    renamed = rounded.replace(names[0], names[0][:1] + b"0123456789")
    assert chart.light not in (rounded, renamed)
    assert charts._same_drawing(chart.light, renamed)
    assert not charts._same_drawing(chart.light, chart.light.replace(b'width="', b'width="1', 1))
    assert not charts._same_drawing(chart.light, chart.light.replace(b"</svg>", b"<script/></svg>"))

"""The pictures of a build's figures."""

import concurrent.futures
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from support.builds import ROOT
from support.figures import FIGURES

from corpus_vn_police.documents import pictures as charts
from corpus_vn_police.documents.pictures import draw_charts


def _named(figures=FIGURES):
    return {chart.name: chart for chart in draw_charts(figures)}


def test_what_a_picture_says_is_also_said_in_words():
    assert {name: chart.alt for name, chart in _named().items()} == {
        "months": "Bars, one a month from 2020-11 to 2023-06: 4 records, the most in 2023-06 (2). 3 records without a month are not shown.",
        "lengths": "Bars of how many records have how many syllables: 12 to 1,200, half of them 90.5 to 300, in the median 150. The last bar has no upper end.",
        "ledger": "Bars of 14 seeds: published 7, duplicate 1, near_duplicate 2, removed 1, rejected: header.future_date 2, rejected: text.empty 1.",
        "splits": "A bar a split: train from 2019 to 2020-12-07, 5 records; test from 2023-01 to 2023-06, 2 records.",
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


@pytest.mark.parametrize(
    ("months", "said"),
    [
        ({"1990-01": 1, "2009-12": 4}, "one a month from 1990-01 to 2009-12: 5 records, the most in 2009-12 (4)"),
        ({"1990-01": 1, "2010-01": 4}, "one a year from 1990-01 to 2010-01: 5 records, the most in 2010 (4)"),
        ({"0001-01": 1, "9999-12": 4}, "one a century from 0001-01 to 9999-12: 5 records, the most in 9900 (4)"),
    ],
)
def test_the_more_time_there_is_the_wider_a_bar(months, said):
    assert said in _named(replace(FIGURES, months=months))["months"].alt


def test_without_dates_there_is_no_picture_of_them():
    undated = [replace(split, first=None, last=None) for split in FIGURES.splits]
    assert [*_named(replace(FIGURES, months={}, splits=undated))] == ["lengths", "ledger"]


def test_pictures_that_are_drawn_in_several_threads_at_once_are_the_same():
    alone = draw_charts(FIGURES)
    charts._draw.cache_clear()
    plans = charts.plan_charts(FIGURES) * 8
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

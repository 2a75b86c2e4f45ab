"""The benchmarks' own pieces, without the tools that they compare with."""

import json
import sys
import tomllib
from collections import Counter

import polars as pl
import pytest
from support.builds import ROOT

import corpus_vn_police as cvp

sys.path.append(str(ROOT / "benchmarks"))

import draw
import floor
import outcome
import show
from cost import FailedRunError, measure
from jobs import OURS, SETTINGS, jobs
from make_seeds import write_seeds
from peers.seed_text import prepared, split_of
from ratios import AIMS, beside

DOCS = ROOT / "docs"
TEXT = "Công an tỉnh  khởi tố vụ án \n\n Lực lượng\u00a0chức năng \u200bđiều tra vụ {} làm rõ hành vi.".replace(
    "ụ", "u\u0323"
)


@pytest.fixture
def articles(tmp_path):
    """A JSONL file of 50 articles with white space that no reader wants, the second with markup."""
    path = tmp_path / "articles.jsonl"
    texts = [TEXT.format(number) + "<b>x</b>" * (number == 1) for number in range(50)]
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    return path


def _results(**walls):
    """Results in which each job, `work tool`, took so many seconds in each round."""
    each = [
        {
            "work": work,
            "tool": tool,
            "runs": [{"cpu": 2 * wall, "wall": wall, "memory": 100 * wall} for wall in walls[name]],
            "parquet": None if work in ("floor", "verify") else 10**6 * len(tool),
            "records": None if work in ("floor", "verify") else {"train": 1000, "test": 24},
        }
        for name, work, tool in (
            ("floor", "floor", "floor"),
            ("spine", "spine", OURS),
            ("datasets", "spine", "datasets"),
            ("near", "near", OURS),
        )
        if name in walls
    ]
    return {
        "kind": "comparison",
        "date": "2026-11-29",
        "runs": 3,
        "workers": 2,
        "memory": "pss",
        "seeds": {"articles": ["a.jsonl"], "count": 100, "bytes": 2_000_000, "distinct": 60},
        "machine": {"processor": "A <b>", "cores": 2, "memory_gib": 8.0, "kernel": "Linux 6", "load": 0.1},
        "versions": {"python": "3.11.7"},
        "jobs": each,
    }


def test_articles_become_dated_seeds_and_are_taken_again_if_they_run_out(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "Một\\n\\n\\nhai"}\n{"text": "Ba"}\n')
    assert write_seeds(tmp_path / "out", [tmp_path / "a.jsonl"], 3) == 2
    assert {path.name[:6]: path.read_text() for path in (tmp_path / "out").iterdir()} == {
        "000000": " date 2015-01 Một\n\nhai",
        "000001": " date 2018-05 Ba",
        "000002": " date 2021-09 Một\n\nhai",
    }


def test_the_floor_a_build_and_the_peers_functions_do_the_same_work(articles, tmp_path):
    seeds = tmp_path / "seeds"
    write_seeds(seeds, [articles], 50)
    cvp.build(seeds, out=tmp_path / "out", config=tomllib.loads(SETTINGS["spine"]), workers=1)
    floor.write(str(seeds), sorted(path.name for path in seeds.iterdir()), str(tmp_path / "floor.parquet"))
    theirs = Counter(
        outcome.key(split_of(date), date, text)
        for date, text in (prepared(path.read_text()) for path in seeds.iterdir())
    )
    rejected = outcome.rejected(tmp_path / "out", seeds)
    assert (rejected.total(), pl.read_parquet(tmp_path / "floor.parquet").height) == (1, 50)
    assert outcome.records(tmp_path / "out") == theirs - rejected
    found = outcome.outcome(tmp_path / "out")
    assert found.records == {"train": 34, "validation": 5, "test": 10}
    assert found.digest == outcome.digest(theirs - rejected) != outcome.digest(theirs)


def test_a_round_without_peers_is_the_floor_and_our_own_work(tmp_path):
    assert [(job.work, job.tool) for job in jobs(tmp_path, peers=False)] == [
        ("floor", "floor"),
        *((work, OURS) for work in ("spine", "near", "text", "all", "again", "verify", "grow")),
    ]


def test_a_command_that_fails_stops_the_benchmark_with_what_it_said():
    with pytest.raises(FailedRunError, match=r"ended with 3:\nno such thing"):
        measure([sys.executable, "-c", "import sys; print('no such thing'); sys.exit(3)"])


def test_ratios_are_taken_within_a_round_and_held_to_the_aims():
    results = _results(floor=[1, 2, 4], spine=[1, 3, 8], datasets=[30, 60, 240])
    ratios = [aim.rounds(results) for aim in AIMS]
    assert ratios[0] == [1, 1.5, 2]
    assert [(aim.bound, rounds, aim.reached(2)) for aim, rounds in zip(AIMS, ratios, strict=True) if rounds] == [
        (1.5, [1, 1.5, 2], False),
        (25, [30, 20, 30], False),
    ]


def test_the_table_says_what_is_reached_and_where_another_tool_is_better():
    text = show.comparison(_results(floor=[1, 1], spine=[2, 2], datasets=[1, 1]))
    rows = {line.split(" | ")[0]: line for line in text.splitlines()}
    assert rows["| CPU of the spine over the floor's"].endswith("| at most 1.5 | 2.00 | 2.00, 2.00 | **no** |")
    assert rows["| CPU of everything over the floor's"].endswith("| at most 6 |  |  | not measured |")
    assert "| spine | **this build** | 4.0 | 2.0 | 200 | 10.0 | 1,024 |" in text
    assert "| spine | datasets | **0.50** | **0.50** | **0.50** | **0.80** |" in text
    worse = "- spine, beside datasets: wall 0.50, CPU 0.50, peak memory 0.50, Parquet 0.80\n"
    assert f"Where this build is worse than another tool:\n\n{worse}" in text
    assert "(60 articles, taken again)" in text


def test_where_this_build_is_better_nothing_is_said_to_be_worse():
    results = _results(spine=[1, 1], datasets=[3, 5])
    results["jobs"][1]["parquet"] = 10**8
    assert "worse than another tool:\n\n- nowhere\n" in show.comparison(results)
    assert [(each.figure, each.times) for each in beside(results)] == [
        ("wall", 4),
        ("CPU", 4),
        ("peak memory", 4),
        ("Parquet", 10),
    ]


def test_a_plot_has_the_same_bytes_each_time(tmp_path):
    results = _results(floor=[1, 2], spine=[2, 3], datasets=[10, 20], near=[3, 4])
    for name in ("one", "other"):
        draw.save(draw.comparison(results), tmp_path / name, ("svg",))
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()


def test_a_part_of_a_page_is_replaced_and_one_that_is_missing_is_named():
    page = "a\n<!-- measured: x -->\nold\n<!-- end: x -->\nb\n"
    assert show.filled(page, "x", "\\1 new\n") == "a\n<!-- measured: x -->\n\\1 new\n<!-- end: x -->\nb\n"
    with pytest.raises(ValueError, match="the page has no part y"):
        show.filled(page, "y", "")


@pytest.mark.parametrize("kind", sorted(show.MAKERS))
def test_the_page_of_the_docs_is_what_its_results_give(kind):
    results = json.loads((DOCS / f"{show.PARTS[kind]}.json").read_text())
    page = (DOCS / show.PAGE).read_text()
    assert results["kind"] == kind
    assert show.filled(page, kind, show.MAKERS[kind][0](results)) == page

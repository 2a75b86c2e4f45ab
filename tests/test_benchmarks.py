"""The benchmarks' own pieces, without the tools that they compare with."""

import json
import subprocess
import sys
import tomllib
from collections import Counter

import numpy as np
import polars as pl
import pytest
from support.builds import ROOT

import corpus_vn_police as cvp

sys.path.append(str(ROOT / "benchmarks"))

import annotations_peers
import compare
import draw
import floor
import many
import show
from annotations import Page
from jobs import OURS, SETTINGS, Job, jobs
from make_seeds import write_seeds
from peers.seed_text import SPLITS, prepared, split_of
from peers.token_spans import entities
from ratios import AIMS, beside
from scale import STEPS

DOCS = ROOT / "docs"
TEXT = "Công an tỉnh  khởi tố vụ án \n\n Lực lượng\u00a0chức năng \u200bđiều tra vụ {} làm rõ hành vi.".replace(
    "ụ", "u\u0323"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with 50 seeds, full of white space that no reader wants and the second with markup, and `out`, their spine."""
    place = tmp_path_factory.mktemp("bench")
    texts = [TEXT.format(number) + "<b>x</b>" * (number == 1) for number in range(50)]
    (place / "articles.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    write_seeds(place / "seeds", [place / "articles.jsonl"], 50)
    cvp.build(place / "seeds", out=place / "out", config=tomllib.loads(SETTINGS["spine"]), workers=1)
    return place


@pytest.fixture
def peer(place, tmp_path):
    """Write what another tool would write of these seeds, each text as a function changes it; returns its job."""

    def write(change):
        found = [prepared(path.read_text()) for path in sorted((place / "seeds").iterdir())]
        for split in SPLITS:
            (tmp_path / split).mkdir()
            rows = [{"date": date, "text": change(text)} for date, text in found if split_of(date) == split]
            pl.DataFrame(rows).write_parquet(tmp_path / split / "0.parquet")
        return Job("spine", "a peer", [], tmp_path)

    return write


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


def test_the_floor_a_build_and_another_tool_do_the_same_work_but_for_what_a_build_rejects(place, peer, tmp_path):
    seeds = place / "seeds"
    floor.write(str(seeds), sorted(path.name for path in seeds.iterdir()), str(tmp_path / "floor.parquet"))
    known = {}
    ours = compare.checked(Job("spine", OURS, [], place / "out"), place, known)
    theirs = compare.checked(peer(lambda text: text), place, known)
    assert pl.read_parquet(tmp_path / "floor.parquet").height == 50
    assert known["left out"].total() == 1
    assert (theirs.records, theirs.digest) == (ours.records, ours.digest)
    assert ours.records == {"train": 34, "validation": 5, "test": 10}


def test_a_tool_that_did_other_work_stops_the_benchmark_with_a_text_that_differs(place, peer):
    known = {}
    compare.checked(Job("spine", OURS, [], place / "out"), place, known)
    with pytest.raises(
        compare.OtherWorkError, match=r"a peer has .*only this build has 'Công an tỉnh khởi .* vụ 7 làm"
    ):
        compare.checked(peer(lambda text: text.replace("vụ 7", "vụ  7")), place, known)


def test_a_round_without_peers_is_the_floor_and_our_own_work(tmp_path):
    assert [(job.work, job.tool) for job in jobs(tmp_path, peers=False)] == [
        ("floor", "floor"),
        *((work, OURS) for work in ("spine", "near", "text", "all", "again", "verify", "grow")),
    ]


def test_a_command_that_fails_stops_the_benchmark_with_what_it_said():
    # In a process of its own: it adopts and awaits whatever its commands leave behind.
    code = "import sys, cost; cost.measure([sys.executable, '-c', 'print(1 + 1); raise SystemExit(3)'])"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "benchmarks", capture_output=True, encoding="utf-8")
    assert (told.returncode, "FailedRunError" in told.stderr) == (1, True)
    assert told.stderr.endswith("ended with 3:\n2\n\n")


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


def _scale(*peaks):
    steps = {name: {"cpu": 2, "wall": 1, "memory": 100} for name in STEPS}
    cases = [
        {"case": f"rows-{10 * number}", "what": f"{number} rows", "seeds": 10 * number, "bytes": 1,
         "steps": steps | {"verify": {"cpu": 1_000, "wall": 600, "memory": peak}}}
        for number, peak in enumerate(peaks, 1)
    ]  # fmt: skip
    return _results() | {"kind": "scale", "cases": cases}


def test_the_largest_peak_of_each_input_is_held_to_the_bound():
    text = show.scale(_scale(640, 650))
    assert "From 1 rows to 2 rows the peak grows by 1,000,000 bytes a row." in text
    assert "- 1 rows: reached, 640 MB in *verify*\n- 2 rows: **not reached**, 650 MB in *verify*\n" in text
    assert "| 1 rows | 2 / 1 | 2 / 1 | 2 / 1 | 2 / 1 | 2 / 1 | 1,000 / 600 | 2 / 1 | 2 / 1 |" in text


def test_made_up_rows_are_the_same_for_the_same_numbers_and_one_in_ten_is_a_near_copy(tmp_path):
    for name, last in (("one", 10_020), ("other", 10_040)):
        many.write_rows(tmp_path / name, 10_000, last)
    one, other = (
        [json.loads(line) for line in (tmp_path / name / "000010000.jsonl").read_text().splitlines()]
        for name in ("one", "other")
    )
    assert [(row["id"], row["date"]) for row in one[:3]] == [
        ("10000", "2015-05"),
        ("10001", "2016-06"),
        ("10002", "2017-07"),
    ]
    assert (len(one), len(other)) == (20, 40)
    words = [row["text"].lower().split() for row in other]
    assert all(40 <= len(each) <= 80 for each in words)
    changed = [sum(a != b for a, b in zip(*words[row - 1 : row + 1], strict=True)) for row in (9, 19, 29, 39)]
    assert changed == [1, 1, 1, 1]


def test_made_up_prose_has_sentences_and_paragraphs():
    text = many.texts(np.random.default_rng(0), np.array([150]), copies=False)[0].as_py()
    paragraphs = [paragraph.strip().split() for paragraph in text.split("\n\n")]
    assert [len(paragraph) for paragraph in paragraphs] == [70, 70, 10]
    assert [word for paragraph in paragraphs for word in paragraph if word.endswith(".")] == [
        word
        for paragraph in paragraphs
        for place, word in enumerate(paragraph, 1)
        if place % 14 == 0 or place == 10 == len(paragraph)
    ]


def test_a_long_text_has_the_bytes_that_were_asked_for(tmp_path):
    many.write_long(tmp_path, 100_000)
    text = (tmp_path / "long.txt").read_bytes()
    assert (len(text), text[:14]) == (100_000, b" date 2020-12 ")


def test_a_plot_has_the_same_bytes_each_time(tmp_path):
    results = _results(floor=[1, 2], spine=[2, 3], datasets=[10, 20], near=[3, 4])
    for name in ("one", "other"):
        draw.save(draw.comparison(results), tmp_path / name, ("svg",))
    draw.save(draw.scale(_scale(640, 650)), tmp_path / "scale", ("svg",))
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()
    assert "wanted: 0.6 GiB at most" in (tmp_path / "scale.svg").read_text()


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


def test_entities_are_words_of_the_sentence_though_a_tagger_rewrites_its_tokens():
    sentence = "Ông  Uỷ Ban ở Hà\u00a0Nội."
    tokens = [("Ông", "O"), ("Ủy", "B-PER"), ("Ban", "I-PER"), ("ở", "O"), ("Hà Nội", "I-LOC"), (".", "O")]
    assert entities(sentence, tokens) == [("PER", "Uỷ Ban"), ("LOC", "Hà\u00a0Nội")]
    with pytest.raises(ValueError, match="letters"):
        entities(sentence, tokens[1:])


def test_annotations_are_compared_by_names_and_by_digits():
    people = Counter({("Đại tá Lê Văn A", "Lê Văn A", "Đại tá", None): 2})
    page = Page(
        "page", "", {"people": people, "private_person": Counter([("B",)]), "phone": Counter([("0912 345 678",)])}
    )
    answer = [("officers", "Lê Văn A"), ("all persons", "B"), ("all persons", "C"), ("phone", "ĐT 0912.345.678")]
    scores = annotations_peers.scores([page], [answer])
    assert [scores[kind] for kind in ("officers", "all persons", "phone")] == [(2, 1, 1), (3, 2, 1), (1, 1, 1)]
    rows = annotations_peers.table([page], [(annotations_peers.Tool("a", ("phone",), list), [answer], 2.0)])
    assert rows[2:5] == ["| officers | 2 |  |", "| all persons | 3 |  |", "| phone | 1 | 1 / 1 (1 of 1) |"]
    assert rows[-1] == "| CPU s a MB | | 2 |"

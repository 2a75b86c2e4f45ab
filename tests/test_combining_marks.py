"""Runs of combining marks: canonical ordering by swaps is quadratic, and foreign text may have any length of run."""

import json
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.builds import ROOT, ledger

import corpus_vn_police as cvp
from corpus_vn_police.text import nfc, nfd, with_marks_in_order

# Marks of many classes; U+0344 and U+0F73 are taken apart into two marks each, the latter although its own class is 0.
_MARKS = "\u0323\u0301\u0302\u0306\u031b\u0327\u0334\u0345\u0315\u0344\u0f71\u0f73\u0f72\u3099\u05b0\u064b\u0e38"
_RUNS = st.text(st.sampled_from(_MARKS + "aeế\u0f40≠👩\u200d -\u1100\u1161\u11a8か"), max_size=30).map(
    lambda run: run * 5
)


@given(st.lists(_RUNS, max_size=3).map("".join))
@example("a" + "\u0301\u0323" * 40)
@example("\u0f73" * 40)
def test_long_runs_come_out_as_unicode_says(text):
    assert (nfc(text), nfd(text)) == (unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))


def test_nothing_that_has_a_combining_class_looks_like_a_letter_a_digit_or_a_space():
    marks = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.combining(chr(code)) or unicodedata.combining(unicodedata.normalize("NFD", chr(code))[0])
    ]
    assert [mark for mark in marks if mark.isalnum() or mark.isspace() or mark.isascii() or mark == "_"] == []


def _swaps(text):
    """How often neighbours change places where marks are put in order by swaps."""
    swaps, seen = 0, [0] * 256
    for mark in "".join(unicodedata.normalize("NFD", each) for each in text):
        rank = unicodedata.combining(mark)
        seen = seen if rank else [0] * 256
        swaps += sum(seen[rank + 1 :]) if rank else 0
        seen[rank] += 1
    return swaps


@pytest.mark.parametrize("run", ["\u0301\u0323", "\u0f73", "\u0344\u0323", "\u0323\u0301\u0334", "-\u0301\u0323"])
def test_the_swaps_that_remain_do_not_grow_with_the_square(run):
    few, many = (_swaps(with_marks_in_order("ế" + run * times)) for times in (500, 1_000))
    assert _swaps("ế" + "\u0301\u0323" * 1_000) > 3.9 * _swaps("ế" + "\u0301\u0323" * 500)
    assert many <= 2 * few + 10


def test_only_one_module_calls_the_normalisation_that_swaps():
    files = [file for file in (ROOT / "corpus_vn_police").rglob("*.py") if "unicodedata.normalize(" in file.read_text()]
    # `damage` calls it for mathematical letters, which have no marks.
    assert {file.name: file.read_text().count("unicodedata.normalize(") for file in files} == {
        "text.py": 3,
        "damage.py": 1,
    }


def test_texts_and_titles_of_marks_are_built(write, tmp_path):
    # The first two, a word with a Cyrillic letter and windows-1258 read as windows-1252, are looked at before
    # they are cleaned: on the code before they took minutes. The others were put in order by Polars.
    runs = [
        "а" + "\u0323\u0301" * 150_000,
        "e" + "ìò" * 150_000,
        "ế" + "\u0323\u200b\u0301" * 100_000,
        "\u0f73" * 300_000,
    ]
    texts = [f" date 2020-12 Công an tỉnh {run}" for run in runs]
    rows = [json.dumps({"text": "Công an tỉnh An Giang.", "title": text}, ensure_ascii=False) for text in texts]
    seeds = write({f"{number}.txt": text for number, text in enumerate(texts)} | {"rows.jsonl": "\n".join(rows)})
    out = tmp_path / "out"
    command = [sys.executable, "-m", "corpus_vn_police", "build", str(seeds), "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert len(ledger(out)) == 8


@given(_RUNS)
def test_normalising_a_run_twice_is_normalising_it_once(text):
    once = cvp.normalise(text)
    assert cvp.normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)

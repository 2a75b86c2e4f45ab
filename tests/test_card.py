"""The card: the Hub's sections, the keeper's words, and figures that are those of the files."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support.builds import ROOT, sign
from support.tamper import problem_codes

import corpus_vn_police as cvp
from corpus_vn_police.contract.hub import check_front_matter, hub_values
from corpus_vn_police.dataset.figures import measure
from corpus_vn_police.dataset.folder import open_build
from corpus_vn_police.documents import CARD, compare
from corpus_vn_police.documents import pictures as charts
from corpus_vn_police.documents.accuracy import ACCURACY, ANNOTATION_ACCURACY, PERSONAL_ACCURACY
from corpus_vn_police.documents.card import _changes, differences
from corpus_vn_police.documents.front_matter import size_category
from corpus_vn_police.documents.opened import facts_of, settings_of
from corpus_vn_police.documents.sections import BLOCKS, SECTIONS, compose, fill, words
from corpus_vn_police.errors import ConfigError, DamagedError

_EMPTY = dict.fromkeys(BLOCKS, "0")
_OTHER = {name: f"| {name} |\n```\n## Uses\n```" for name in BLOCKS}
_BEFORE_WORDS = "<!-- measured: summary -->\n0\n<!-- end: summary -->\n\n"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    out = tmp_path_factory.mktemp("shipped") / "out"
    cvp.build(out=out, workers=1)
    return out


@pytest.fixture
def out(write, tmp_path):
    toml = 'title = "Tin <1>"\ncontact = "a|b"\ncitation = "````"\n[card]\nprose = "card.md"\n'
    prose = "# Mine\n\nFirst.\n\n## Uses\n\n### Direct Use\n\nReading.\n"
    changes = "# Changes\n\n## 0.1.0\n\n- First.\n"
    files = {"a.txt": " date 2020-12 Một hai ba.", "b.txt": b"\xff", "CHANGES.md": changes}
    cvp.build(write({**files, "corpus.toml": toml, "card.md": prose}), out=tmp_path / "out", workers=1)
    return tmp_path / "out"


def _many(records=20):
    """Seeds with as many records as a build with pictures has at least, and a seed that is rejected."""
    words = (" ".join(f"vụ{number}{letter}" for letter in "abcdefgh") for number in range(records))
    rows = "\n".join(json.dumps({"text": f"Tin {each}.", "date": "2020-12"}) for each in words)
    return {"a.jsonl": rows, "b.txt": b"\xff"}


@pytest.fixture(scope="module")
def pictured_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictured")
    (folder / "in").mkdir()
    for name, content in _many().items():
        (folder / "in" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    cvp.build(folder / "in", out=folder / "out", workers=1)
    return folder / "out"


@pytest.fixture
def pictured(pictured_once, tmp_path):
    """A build with pictures."""
    return shutil.copytree(pictured_once, tmp_path / "out")


def _rewrite(out, name, content):
    """Change a file of a build and sign the manifest."""
    (out / name).write_bytes(content)
    sign(out)


def _headings(text):
    """The headings of a Markdown text outside of fenced code, the Hub's `[optional]` left out."""
    text = re.sub(r"(?ms)^(`{3,}).*?^\1$", "", text)
    return [line.removesuffix(" [optional]") for line in text.split("\n") if re.match(r"#{2,} ", line)]


# Sections


def test_the_sections_are_those_of_the_hub_in_its_order():
    template = Path(huggingface_hub.__file__).parent / "templates/datasetcard_template.md"
    assert [f"{'#' * each.level} {each.title}" for each in SECTIONS] == _headings(template.read_text())


def test_a_section_of_which_nobody_says_anything_says_so_or_is_left_out():
    card = compose("", _EMPTY)
    assert "### Out-of-Scope Use\n\n[More Information Needed]\n" in card
    assert "## Bias, Risks, and Limitations\n\n[More Information Needed]\n" in card
    assert not {each.title for each in SECTIONS if each.optional} & {line.lstrip("# ") for line in _headings(card)}


def test_the_keeper_s_words_stand_under_their_heading_whatever_its_level_and_place():
    card = compose("# Mine\n\nBefore.\n\n## citation\n\nC.\n\n# Direct use\n\nD.\n\n## Of mine\n\nE.\n", _EMPTY)
    assert card.startswith(f"{_BEFORE_WORDS}Before.\n\n<!-- measured: loading -->")
    assert "### Direct Use\n\nD.\n\n## Of mine\n\nE.\n\n### Out-of-Scope Use" in card
    assert "## Citation\n\nC.\n\n<!-- measured: citation -->" in card


def test_a_block_stands_where_the_keeper_placed_it_and_nowhere_else():
    mark = "<!-- measured: ledger -->\nold\n<!-- end: ledger -->"
    card = compose(f"## Uses\n\nBefore.\n\n{mark}\n\nAfter.\n", {**_EMPTY, "ledger": "new"})
    assert "## Uses\n\nBefore.\n\n<!-- measured: ledger -->\nnew\n<!-- end: ledger -->\n\nAfter.\n" in card
    assert (card.count("measured: ledger"), "old" in card) == (1, False)


def test_the_hints_of_a_template_are_not_published():
    prose = "## Uses\n\n<!-- For what? -->\n\n<!--\nand\n## what not\n-->\nText <!-- here --> stays.\n"
    assert words(prose) == {"Uses": "Text <!-- here --> stays."}
    assert "### Out-of-Scope Use\n\n[More Information Needed]" in compose(
        "### Out-of-Scope Use\n\n<!-- ? -->\n", _EMPTY
    )


def test_what_looks_like_a_heading_or_a_mark_in_code_is_code():
    code = "```sh\n# Uses\n<!-- measured: nothing -->\n<!-- open\n```"
    assert words(f"## Glossary\n\n{code}\n") == {"Glossary": code}


@pytest.mark.parametrize(
    ("prose", "said"),
    [
        ("<!-- measured: ledgr -->\n<!-- end: ledgr -->", "line 1: there is no block 'ledgr'; did you mean 'ledger'"),
        ("a\n<!-- measured: ledger -->", "line 2: the block 'ledger' has no <!-- end: ledger -->"),
        ("<!-- end: ledger -->", "line 1: the block 'ledger' ends and has not begun"),
        ("<!-- measured: ledger -->\n<!-- end: ledger -->\n" * 2, "line 3: the block 'ledger' is there twice"),
        ("a\n```\nb", "line 2: the code that begins with ``` has no end"),
        ("a\n<!-- b\n\nc", "line 2: the comment that begins with <!-- has no -->"),
        ("a <!-- b\n-->", "line 1: the comment that begins with <!-- has no --> on its line"),
        ("a\n\n<pre>\nb", "what begins with '<pre>' has no end"),
        ("## Uses\n\n<script>\n", "what begins with '<script>' has no end"),
        ("- a\n\n<?php b", "what begins with '<?php b' has no end"),
    ],
)
def test_a_text_that_would_swallow_the_rest_of_the_card_is_refused(write, tmp_path, prose, said):
    folder = write({"a.txt": "a", "card.md": prose, "corpus.toml": '[card]\nprose = "card.md"\n'})
    with pytest.raises(ConfigError, match=re.escape(said)):
        cvp.build(folder, out=tmp_path / "out", workers=1)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("changes", ["- a\n\n```\nb", "~~~", "<!-- a", "- a\n\n<pre>"])
def test_a_list_of_changes_that_would_swallow_the_rest_of_the_card_is_refused(write, tmp_path, changes):
    folder = write({"a.txt": "a", "corpus.toml": "", "CHANGES.md": changes})
    with pytest.raises(ConfigError, match=r"^CHANGES.md: what begins with .* has no end"):
        cvp.build(folder, out=tmp_path / "out", workers=1)
    assert not (tmp_path / "out").exists()


def test_emphasis_too_deep_to_follow_is_refused_and_a_deep_list_is_not(write, tmp_path):
    deep = "".join("  " * level + "- a\n" for level in range(20))
    files = {"a.txt": "a", "corpus.toml": '[card]\nprose = "card.md"\n', "CHANGES.md": f"{deep}\n## 0.1.0\n"}
    cvp.build(write({**files, "card.md": deep}), out=tmp_path / "deep", workers=1)
    assert "**0.1.0**" in (tmp_path / "deep/README.md").read_text()
    with pytest.raises(ConfigError, match="too many levels of emphasis"):
        cvp.build(write({**files, "card.md": "*a " * 3_000 + "b*" * 3_000}), out=tmp_path / "out", workers=1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("CHANGES.md", "# Changes\n"),
        ("CHANGES.md", "\u2028"),
        ("CHANGES.md", "- a <!-- b\n"),
        ("card.md", "```\n<!-- measured: changes -->\nnot it\n<!-- end: changes -->\n```\n"),
        ("corpus.toml", "title = 'a <!-- b'\ncontact = 'a \\<!-- b'\n"),
    ],
)
def test_whatever_the_keeper_says_the_card_of_a_build_is_found_true(write, tmp_path, name, content):
    files = {"a.txt": "a", "card.md": "", "corpus.toml": ""} | {name: content}
    files["corpus.toml"] += '[card]\nprose = "card.md"\n'
    cvp.build(write(files), out=tmp_path / "out", workers=1)
    assert cvp.check_card(tmp_path / "out") == []


_LINES = st.sampled_from(
    ["", "a", "# Head", "## Uses", "### direct use [optional]", "## Citation", "## Mine", "[More Information Needed]", "<!-- hint -->", "```", "~~~~", "    ```", "---",
     "<!-- measured: ledger -->", "<!-- end: ledger -->", "<!-- measured: splits -->\n|\n<!-- end: splits -->", "x\u2028# y", "a\r", "\\<!-- end: ledger -->"]
)  # fmt: skip


@given(st.lists(_LINES, max_size=12).map("\n".join))
def test_a_card_that_is_filled_again_changes_its_blocks_alone(prose):
    try:
        card = compose(prose, _EMPTY)
    except ValueError:
        return
    assert compose(f"# Title\n\n{card}", _OTHER) == compose(prose, _OTHER)
    assert compose(f"# Title\n\n{compose(prose, _OTHER)}", _EMPTY) == card


@given(st.lists(_LINES, max_size=12).map("\n".join))
def test_filling_a_file_changes_its_blocks_alone(prose):
    try:
        filled = fill(prose, _OTHER)
    except ValueError:
        return
    marks = re.compile(r"^(<!-- measured: (\w+) -->\n).*?^(<!-- end: \2 -->)", re.DOTALL | re.MULTILINE)
    assert marks.sub(r"\1\3", filled).rstrip("\n") == marks.sub(r"\1\3", prose.replace("\r\n", "\n")).rstrip("\n")


def test_a_list_of_changes_stands_below_the_card_s_headings_and_is_read_back():
    text = "# Changes\n\n\n\n## 0.2.0\n\n- B.\n\n## 0.1.0 ##\n"
    assert _changes(text) == "**0.2.0**\n\n- B.\n\n**0.1.0**"


def test_a_heading_of_a_list_of_changes_is_bold_however_it_is_written_and_code_stays():
    text = "Before.\n0.2.0\n-----\n  ## 0.1.0\n- A.\n\n```sh\n# a comment\n```\n"
    assert _changes(text) == "**Before.\n0.2.0**\n\n**0.1.0**\n\n- A.\n\n```sh\n# a comment\n```"


@given(st.lists(_LINES, max_size=8).map("\n".join))
def test_a_list_of_changes_that_was_read_back_is_shown_as_before(text):
    assert _changes(_changes(text)) == _changes(text)


# Front matter


def test_the_front_matter_is_what_the_hub_takes(out, shipped):
    for folder in (out, shipped):
        front = yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])
        assert check_front_matter(front) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"license": "apache2"}, "license: 'apache2' is not accepted by the Hub; nearest: apache-2.0"),
        ({"language": ["vie"]}, "language: 'vie' is not accepted by the Hub; nearest: vi"),
        ({"size_categories": ["1K"]}, "size_categories: '1K' is not accepted by the Hub; nearest: n<1K"),
        ({"task_categories": []}, "task_categories is missing"),
        ({"configs": []}, "configs is missing"),
    ],
)
def test_what_the_hub_would_not_take_is_named(shipped, change, said):
    front = yaml.safe_load((shipped / "README.md").read_text().split("---\n")[1])
    assert said in check_front_matter(front | change)


@pytest.mark.parametrize(
    ("line", "said"),
    [('license = "apache2"', "did you mean 'apache-2.0'?"), ('language = "vie"', "did you mean 'vi'?")],
)
def test_a_licence_or_language_that_the_hub_does_not_know_is_refused_before_anything_is_read(tmp_path, line, said):
    (tmp_path / "corpus.toml").write_text(line)
    with pytest.raises(ConfigError) as error:
        cvp.build(tmp_path, out=tmp_path.parent / "out", config=tmp_path / "corpus.toml")
    assert said in error.value.hint


def test_the_lists_are_those_of_datasets():
    import datasets

    resources = Path(datasets.__file__).parent / "utils/resources"
    languages = json.loads((resources / "languages.json").read_text())
    assert set(hub_values("languages")) == {code for code in languages if re.fullmatch("[a-z]{2,3}", code)}
    assert ["unknown", *hub_values("size_categories")] == json.loads((resources / "size_categories.json").read_text())
    assert set(hub_values("multilinguality")) == set(json.loads((resources / "multilingualities.json").read_text()))
    creators = json.loads((resources / "creators.json").read_text())
    assert {key: sorted(hub_values(f"{key}_creators")) for key in creators} == {
        k: sorted(v) for k, v in creators.items()
    }


@pytest.mark.parametrize(
    ("records", "size"), [(1, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**9, "1B<n<10B"), (10**12, "n>1T")]
)
def test_the_size_is_the_hub_s_word_for_so_many_records(records, size):
    assert size_category(records) == size


# What is measured


def test_the_repository_s_own_card_says_what_its_files_say(shipped):
    assert cvp.check_card(shipped, file=ROOT / "DATASET_CARD.md") == []


def test_every_block_of_the_repository_s_card_but_the_pictures_is_filled():
    text = (ROOT / "DATASET_CARD.md").read_text(encoding="utf-8")
    assert re.findall(r"<!-- measured: (\w+) -->\n<!-- end", text) == ["pictures"]
    assert sorted(re.findall(r"<!-- measured: (\w+) -->", text)) == sorted(BLOCKS)


def test_the_card_says_what_the_files_say(out):
    assert cvp.check_card(out) == []
    assert cvp.card(out) == (out / "README.md").read_text()
    assert cvp.verify(out).ok


def _numbers(card):
    """Where the figures of a card stand that were measured: not those of prose, markup and fields' descriptions."""
    for block in re.finditer(
        r"<!-- measured: (?!fields|loading|example|pictures|citation|changes|contact)\w+ -->.*?<!-- end",
        card,
        re.DOTALL,
    ):
        yield from (
            found.span()
            for found in re.finditer(r"(?<![\w.#-])[0-9]+(?![\w-])", block[0])
            for found in [_Moved(found, block.start())]
        )
    front = card.index("dataset_info:")
    yield from (
        _Moved(found, front).span()
        for found in re.finditer(r"(?<=: )[0-9]+$", card[front : card.index("\n---\n")], re.MULTILINE)
    )


class _Moved:
    def __init__(self, found, start):
        self._span = (found.start() + start, found.end() + start)

    def span(self):
        return self._span


def test_any_number_that_is_not_that_of_the_files_is_found(out):
    build = open_build(out)
    facts = facts_of(build, *build.shards())
    card = (out / "README.md").read_text()
    places = list(_numbers(card))
    assert len(places) > 60
    for start, end in places:
        (out / "README.md").write_text(card[:start] + str(int(card[start:end]) + 1) + card[end:])
        found = compare(CARD, facts, CARD.name).differences
        assert [each.line for each in found] == [card[:start].count("\n") + 1], card[start - 40 : end + 20]
    (out / "README.md").write_text(card)


def test_a_card_that_says_other_things_than_its_files_is_named_by_line_and_block(out, cli):
    card = (out / "README.md").read_text()
    line = next(
        number for number, line in enumerate(card.split("\n"), 1) if line.startswith("| published as a record |")
    )
    (out / "README.md").write_text(card.replace("| published as a record | 1 |", "| published as a record | 2 |"))
    told = cli("card", out, "--check")
    assert (told.returncode, told.stdout) == (
        1,
        f"{out}/README.md:{line}: ledger\n  expected | published as a record | 1 |\n  got      | published as a record | 2 |\n"
        f"{out}/README.md: differs from the files in 1 place\n",
    )
    assert json.loads(cli("card", out, "--check", "--json").stdout) == {
        "ok": False,
        "differences": [
            {
                "line": line,
                "block": "ledger",
                "expected": "| published as a record | 1 |",
                "got": "| published as a record | 2 |",
            }
        ],
    }


def test_verify_holds_the_card_to_the_files_where_the_manifest_has_its_digest(out):
    card = (out / "README.md").read_text()
    _rewrite(out, "README.md", card.replace("| published as a record | 1 |", "| published as a record | 2 |").encode())
    assert problem_codes(out) == [("README.md", "card.content")]


@pytest.mark.parametrize("card", ["", "no card", "---\nx\n", "<!-- measured: changes -->\n", "\udcff"])
def test_what_is_no_card_is_named(out, card):
    _rewrite(out, "README.md", card.encode(errors="surrogateescape"))
    assert problem_codes(out) == [("README.md", "card.invalid")]
    with pytest.raises(DamagedError):
        cvp.check_card(out)


def test_records_that_cannot_be_measured_are_damage(out, cli):
    path = out / "data/train-00000-of-00001.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    for command in ("card", "stats"):
        told = cli(command, out, "--json")
        assert (told.returncode, json.loads(told.stdout)["error"]["code"], told.stderr) == (2, "damaged", "")
    assert cli("verify", out).returncode == 1
    sign(out)
    assert cli("verify", out).returncode == 1


def test_a_picture_of_other_figures_is_named(pictured):
    out, name = pictured, "figures/ledger-dark.svg"
    svg = (out / name).read_bytes()
    for changed in (svg.replace(b"(encoding.invalid_utf8) 1", b"(encoding.invalid_utf8) 2"), b"<svg/>"):
        _rewrite(out, name, changed)
        assert problem_codes(out) == [(name, "figures.content")]
    _rewrite(out, name, svg.replace(b'width="', b'width="1', 1))  # drawn by the matplotlib that is here
    assert problem_codes(out) == [(name, "figures.content")]


def test_what_another_version_wrote_is_not_compared_and_that_is_said(out, cli):
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps(manifest | {"generator": "corpus-vn-police 0.0.9"}))
    card = (out / "README.md").read_text()
    _rewrite(out, "README.md", f"{card[: card.index('# ')]}other words\n".encode())
    report = cvp.verify(out)
    assert (report.ok, report.unchecked) == (
        True,
        (
            "the documents (figures, data.jsonl.zst, README.md, croissant.json): "
            f"corpus-vn-police 0.0.9 wrote them, not {manifest['generator']}",
        ),
    )
    assert "unchecked   the documents" in cli("verify", out).stdout
    with pytest.raises(ConfigError, match=r"was built by corpus-vn-police 0\.0\.9"):
        cvp.check_card(out)


def test_a_keeper_s_file_is_filled_in_place_and_its_empty_blocks_stay_empty(out, tmp_path, cli):
    file = tmp_path / "mine.md"
    file.write_text(
        "A\n<!-- measured: ledger -->\n9\n<!-- end: ledger -->\n<!-- measured: splits -->\n<!-- end: splits -->\nB"
    )
    assert cli("card", out, "--check", "--file", file).returncode == 1
    assert cli("card", out, "--file", file).stdout == f"filled {file}\n"
    assert (
        cli("card", out, "--check", "--file", file).returncode,
        "| published as a record | 1 |" in file.read_text(),
    ) == (
        0,
        True,
    )
    assert file.read_text().endswith("<!-- end: ledger -->\n<!-- measured: splits -->\n<!-- end: splits -->\nB")


def test_settings_and_words_come_back_from_a_build(out):
    corpus = settings_of(open_build(out))
    assert (corpus.title, corpus.contact, corpus.citation) == ("Tin <1>", "a|b", "````")
    assert words(corpus.prose)["Direct Use"] == "Reading."
    assert corpus.changes == "**0.1.0**\n\n- First."


def test_the_words_of_nothing_said_come_back_as_nothing(write, tmp_path):
    cvp.build(write({"a.txt": "a"}), out=tmp_path / "out", workers=1)
    assert settings_of(open_build(tmp_path / "out")).changes is None


def test_years_below_1000_are_counted_in_the_order_of_time(write, tmp_path):
    dates = ("0009", "0998-05", "2020-12", "0001-02-03")
    files = {f"{date}.txt": f" date {date} Tin của năm {date}." for date in dates}
    cvp.build(write(files), out=tmp_path / "out", workers=1, dedup="off")
    figures = measure(tmp_path / "out")
    assert [*figures.years.items()] == [("0001", 1), ("0009", 1), ("0998", 1), ("2020", 1)]
    assert [*figures.months.items()] == [("0001-02", 1), ("0998-05", 1), ("2020-12", 1)]
    assert cvp.verify(tmp_path / "out").ok


def test_how_good_the_rules_are_is_what_the_benchmark_gave():
    text = (ROOT / "benchmarks/README.md").read_text(encoding="utf-8")
    table = [
        line.strip("| ").split(" | ")
        for line in text.split("\n")
        if line.startswith(("| field | 9", "| event", "| place", "| title", "| byline", "| captions"))
    ]
    header = next(number for number, row in enumerate(table) if row[0] == "field")
    column = table[header].index("11, at first")
    rows = table[header + 1 : header + 6]
    given = {row[0]: tuple(float(value) for value in row[column].split(" / ")) for row in rows}
    pages = len((ROOT / "benchmarks/pages/11.jsonl").read_text(encoding="utf-8").splitlines())
    assert (ACCURACY.fields, ACCURACY.pages) == (given, pages)


def test_how_good_the_annotations_are_is_what_the_benchmark_gave():
    text = (ROOT / "benchmarks/README.md").read_text(encoding="utf-8")
    table = text.partition("| list or kind |")[2].partition("\n\n")[0].split("\n")[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    given = {row[0]: tuple(float(value) for value in row[2].split(" / ")) for row in rows}
    pages = (ROOT / "benchmarks/annotated/6.xml").read_text(encoding="utf-8").count("<page ")
    assert (ANNOTATION_ACCURACY.fields | PERSONAL_ACCURACY.fields, ANNOTATION_ACCURACY.pages) == (given, pages)
    annotated = {row[0]: int(row[1]) for row in rows}
    assert ANNOTATION_ACCURACY.annotated | PERSONAL_ACCURACY.annotated == annotated


def test_without_matplotlib_a_build_has_no_pictures_and_says_so(write, tmp_path, monkeypatch):
    monkeypatch.setattr(charts.importlib.util, "find_spec", lambda name: None)
    built = cvp.build(write(_many()), out=tmp_path / "out", workers=1)
    assert "no pictures: they need matplotlib, pip install 'corpus-vn-police[figures]'" in built.notes
    _has_no_pictures(tmp_path / "out", "matplotlib, which draws them, was not installed")


def _has_no_pictures(out, why):
    assert not (out / "figures").exists()
    assert f"\nThis build has no pictures: {why}.\n" in (out / "README.md").read_text()
    assert cvp.verify(out).problems == ()


@pytest.mark.parametrize("is_installed", [True, False])
def test_a_build_of_few_records_has_no_pictures_and_its_card_says_so(write, tmp_path, monkeypatch, is_installed):
    if not is_installed:
        monkeypatch.setattr(charts.importlib.util, "find_spec", lambda name: None)
    built = cvp.build(write({"a.txt": "a"}), out=tmp_path / "out", workers=1)
    assert [note for note in built.notes if "pictures" in note] == []
    _has_no_pictures(tmp_path / "out", "it has fewer than 20 records")


def test_a_takedown_that_leaves_few_records_leaves_no_pictures(pictured):
    assert (pictured / "figures").is_dir()
    gone = pq.read_table(pictured / "data/train-00000-of-00001.parquet")["id"][0].as_py()
    cvp.remove(pictured, gone, reason="asked")
    _has_no_pictures(pictured, "it has fewer than 20 records")


def test_every_picture_of_the_card_is_there_and_has_words(pictured):
    out = pictured
    card = (out / "README.md").read_text()
    shown = re.findall(r'srcset="([^"]+)"><img src="([^"]+)" alt="([^"]+)"', card)
    assert {name for pair in shown for name in pair[:2]} == {
        f"figures/{path.name}" for path in (out / "figures").iterdir()
    }
    assert all(alt.endswith(".") for *_, alt in shown)


def test_the_code_of_the_card_loads_the_dataset(shipped, tmp_path):
    card = (shipped / "README.md").read_text()
    code = "\n".join(re.findall(r"(?s)```python\n(.*?)```", card)).replace("FOLDER", str(shipped))
    code += "\nprint(dataset.num_rows, annotations.num_rows, sources.num_rows)\n"
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout == "{'train': 1, 'test': 1} " * 2 + "{'train': 1, 'test': 1}\n"


def test_a_difference_of_a_huge_card_is_named_as_well():
    right, there = "\n".join(map(str, range(20_000))), "\n".join(["0", "x", *map(str, range(20_000))])
    assert [(each.line, each.got.split("\n")[0]) for each in differences(right, there)] == [(2, "x")]
    cut = right[: right.index("\n19000\n")]
    assert [(each.line, each.expected.split("\n")[0], each.got) for each in differences(right, cut)] == [
        (19_001, "19000", "")
    ]


def test_differences_of_a_huge_card_of_repeated_lines_are_told_apart():
    right, there = "\n".join(["", "x"] * 2_000), "\n".join(["y", "", "x", "y"] * 2_000)
    found = [(each.line, each.expected, each.got) for each in differences(right, there)]
    assert found == [(1, "", "y"), *((4 * n, "", "y\ny") for n in range(1, 2_000)), (8_000, "", "y")]


def test_the_card_that_init_writes_has_the_hub_s_sections_and_publishes_no_hint(write, tmp_path, cli):
    folder = write({"a.txt": " date 2020-12 Một hai ba."})
    assert cli("init", folder).returncode == 0
    template = _headings((folder / "DATASET_CARD.md").read_text())
    hub = [f"{'#' * each.level} {each.title}" for each in SECTIONS]
    assert template == [heading for heading in hub if heading in template]
    cvp.build(folder, out=tmp_path / "out", workers=1)
    assert not re.search("<!-- (?!measured|end)", (tmp_path / "out/README.md").read_text())


def test_a_picture_of_another_matplotlib_is_compared_by_its_words_and_that_is_said(pictured, cli):
    out, name = pictured, "figures/ledger.svg"
    svg = (out / name).read_bytes()
    _rewrite(out, name, re.sub(rb"Matplotlib v[0-9.]+", b"Matplotlib v9.9.9", svg))
    report = cvp.verify(out)
    said = "figures/ledger.svg: the version of matplotlib that drew it is not installed, so only its description was compared"
    assert (report.ok, report.unchecked) == (True, (said,))
    assert f"unchecked   {said}" in cli("verify", out).stdout


def test_a_build_without_its_card_is_damaged(out):
    (out / "README.md").unlink()
    with pytest.raises(DamagedError, match=r"README\.md: is in the manifest but not here"):
        cvp.check_card(out)


def test_of_a_long_difference_the_first_lines_are_shown_and_the_rest_counted():
    (found,) = differences("a\n" + "x\n" * 6 + "b", "a\nb")
    assert (found.line, found.expected, found.got) == (2, "x\nx\nx\nx\n… and 2 more lines", "")

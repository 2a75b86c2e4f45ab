"""Every command takes steps that grow as its input does, counted and never timed."""

import ast
import importlib
import pkgutil
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from markdown_it import MarkdownIt
from support.steps import lines_run, superlinear

import corpus_vn_police
from corpus_vn_police.align import opcodes
from corpus_vn_police.commands.report.changes import find_changes
from corpus_vn_police.commands.report.shown import decoded, shown, signs
from corpus_vn_police.commands.report.sides import compare_texts
from corpus_vn_police.commands.report.texts import record_units
from corpus_vn_police.commands.versions import add_change
from corpus_vn_police.config import load_config
from corpus_vn_police.dedup.key import dedup_key
from corpus_vn_police.dedup.leaks.lookup import Lookup
from corpus_vn_police.dedup.shingles import Rows
from corpus_vn_police.documents import rai
from corpus_vn_police.documents.card import differences
from corpus_vn_police.documents.markdown import fenced, plain, without_front
from corpus_vn_police.documents.sections import BLOCKS, check_closed, compose, fill, markdown_blocks, words
from corpus_vn_police.errors import ConfigError
from corpus_vn_police.stages.structure.credits import unfuse
from corpus_vn_police.stages.structure.places import place_at
from corpus_vn_police.stages.structure.sentences import last_sentence
from corpus_vn_police.stages.structure.signature import signature
from corpus_vn_police.stages.structure.tail import glued_tail
from corpus_vn_police.syllables import in_style

pytestmark = pytest.mark.field

METHODS = {"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
MODULES = {
    each.name: importlib.import_module(each.name)
    for each in pkgutil.walk_packages(corpus_vn_police.__path__, "corpus_vn_police.")
    if not each.name.endswith("__main__")
}


def _source(module):
    return ast.parse(Path(module.__file__).read_text(encoding="utf-8"))


def _held(module):
    """The patterns of a module by the name that they are used under: its own, in a table, or made by a function."""
    for name, value in vars(module).items():
        made = value() if getattr(value, "__annotations__", None) == {"return": "re.Pattern[str]"} else value
        for pattern in made.values() if isinstance(made, dict) else [made]:
            if isinstance(pattern, re.Pattern):
                yield name, pattern


def _used(module):
    """The names of patterns in a module, with the methods that are called of each."""
    for node in ast.walk(_source(module)):
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            under = node.value
            while isinstance(under, ast.Subscript | ast.Call):
                under = under.value if isinstance(under, ast.Subscript) else under.func
            if isinstance(under, ast.Name):
                yield under.id, node.attr


def _patterns():
    found = {}
    for name, module in MODULES.items():
        held = {}
        for own, pattern in _held(module):
            held.setdefault(own, []).append(pattern)
        for used, mode in _used(module):
            for number, pattern in enumerate(held.get(used, ())):
                found.setdefault((pattern, mode), f"{name.removeprefix('corpus_vn_police.')}.{used}.{mode}.{number}")
    return {where: key for key, where in found.items()}


PATTERNS = _patterns()


@pytest.mark.parametrize("where", PATTERNS)
def test_a_pattern_takes_steps_in_proportion_to_the_text(where):
    assert superlinear(*PATTERNS[where]) is None


def test_every_pattern_stands_where_it_is_counted():
    """At the head of a module, or in a function that is annotated to return one."""
    inline = [
        f"{name}:{node.lineno}"
        for name, module in MODULES.items()
        for node in ast.walk(_source(module))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in METHODS
    ]
    assert inline == []
    assert {pattern for module in MODULES.values() for _, pattern in _held(module)} == {
        pattern for pattern, _ in PATTERNS.values()
    }


@pytest.mark.parametrize(
    ("pattern", "mode"),
    [
        (r"(#{1,6})\s+(.*?)\s*#*\s*$", "fullmatch"),  # a heading with spaces hung the build
        (r"\s+\Z", "sub"),
        (r"(https?://[^\s?]+)\?\S+", "sub"),
        (r"(?:a|a)*b", "match"),
        (r"(?:\w+\s?)*:", "match"),
    ],
)
def test_a_pattern_that_backtracks_is_found(pattern, mode):
    assert superlinear(re.compile(pattern), mode) is not None


BLOCK_CONTENTS = dict.fromkeys(BLOCKS, "x")


def _allowed(function, *errors):
    """A function whose errors are an answer as well."""

    def call(text):
        try:
            return function(text)
        except errors:
            return None

    return call


def _page(text):
    """The parts of a record that a stranger made: annotations on every code point, all within one another, and captions."""
    size = len(text)
    spans = sorted([place, size - place // 2, "people", "x"] for place in range(size))
    captions = [{"text": "a", "credit": None, "after_paragraph": place % 50} for place in range(size)]
    record = {"text": text, "title": None, "byline": None, "captions": captions, "event_date_text": None}
    return record_units(record, None, spans)


LOOPS = {
    "words": _allowed(words, ValueError),
    "compose": _allowed(lambda text: compose(text, BLOCK_CONTENTS), ValueError),
    "fill": _allowed(lambda text: fill(text, BLOCK_CONTENTS), ValueError),
    "check_closed": _allowed(check_closed, ValueError),
    "markdown_blocks": markdown_blocks,
    "plain_text": _allowed(rai.plain_text, ConfigError),
    "without_front": without_front,
    "plain": plain,
    "fenced": fenced,
    "add_change": lambda text: add_change(text, "- x"),
    "differences": lambda text: differences(text, text[::-1].replace("a", "b")),
    "find_changes": lambda text: find_changes(
        text, text.translate(dict.fromkeys([*range(9), 0x301, 0x200B])).rstrip(" a")
    ),
    "find_changes repaired": lambda text: find_changes(f"\n{text}", text[1::2]),
    "compare_texts": lambda text: compare_texts(text[::2].replace("a", "a "), text.replace("a", " a")),
    "record_units": _page,
    "shown": shown,
    "signs": signs,
    "decoded": lambda text: decoded(text.encode("utf-16")),
    "unfuse": lambda text: unfuse(f"Công an. {text}. Ảnh: A", 50),
    "last_sentence": last_sentence,
    "place_at": place_at,
    "glued_tail": glued_tail,
    "signature": signature,
    "in_style": lambda text: in_style(text, "old"),
    "dedup_key": dedup_key,
}
# What is repeated: signs that begin something in Markdown, in a page or in a text, and do not end it.
SLOW = [
    " ", "\n", "a\n", "# a\n", "#    ", "a a\n\n", "<!-- ", "<!--\n", "-->\n", "```\n", "````\n```\n", "- ", "  - a\n", "> ", "[", "![", "[a](", "[a]: b '\n",
    "*a **b ", "*a_", "_*a", "**a*", "`a``b", "<a ", "<?", "a <!A", "&", "\\", "|a", "<!-- measured: details -->\n", "## Uses\n", "---\n",
    "\u4e2d\x01", "\u4e2d\x01\u56fd\x02", "a\u0301\u0323", "\u200b", "a b c d\n", "Ảnh: A. ", "(Ảnh: ", "ẢNH:", "Ảnh: B C D. Ông nói. ", "TP. ", ". A", "A.", "tại ", ", huyện A", "/A", "- ", "…\n\n",
]  # fmt: skip


# Letters that stand once each, with a control character after each: `report` did not come back from 45 kB of them.
SLOW.append("".join(f"{chr(0x4E00 + number)}\x01" for number in range(1_000)))


def _lines(name, pump, size):
    return lines_run(LOOPS[name], (pump * (size // len(pump) + 1))[:size])


@pytest.mark.parametrize("name", LOOPS)
def test_a_function_runs_lines_in_proportion_to_the_text(name):
    grown = {
        pump[:20]: counts
        for pump in SLOW
        if (counts := [_lines(name, pump, size) for size in (240, 480)])[1] > 2.5 * counts[0] + 200
        if _lines(name, pump, 1_920) > 16 * counts[0]
    }
    assert grown == {}


def test_no_list_is_taken_from_its_head():
    """`list.pop(0)` moves all that follows."""
    heads = [
        f"{name}:{node.lineno}"
        for name, module in MODULES.items()
        for node in ast.walk(_source(module))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (node.func.attr, [getattr(each, "value", None) for each in node.args[:1]])
        in [("pop", [0]), ("insert", [0])]
    ]
    assert heads == []


def test_difflib_compares_short_names_alone():
    users = {name.removeprefix("corpus_vn_police.") for name, module in MODULES.items() if "difflib" in vars(module)}
    short = {"config.checks", "contract.hub", "documents.sections", "dataset.counts", "commands.schemas"}
    assert users == {*short, "train.formats", "train.templates"}  # names of keys, columns, schemas and templates
    calls = [
        ast.unparse(node.func)
        for name in users
        for node in ast.walk(_source(MODULES[f"corpus_vn_police.{name}"]))
        if isinstance(node, ast.Call) and "difflib" in ast.unparse(node.func)
    ]
    assert set(calls) == {"difflib.get_close_matches"}


def test_a_long_unknown_key_is_compared_in_proportion_to_its_length(tmp_path):
    def load(length):
        (tmp_path / "corpus.toml").write_text(f"{'lice' * (length // 4)} = 1\n")
        with pytest.raises(ConfigError, match="unknown key"):
            load_config(tmp_path / "corpus.toml")

    load(100)
    once, twice = lines_run(load, 2_000), lines_run(load, 4_000)
    assert twice < 2.5 * once


def test_what_becomes_of_a_text_is_told_of_the_ordinary_case_as_before():
    old, new = ["một", "hai", "", "ba\x01", "bốn", "năm"], ["một", "hai", "ba", "bốn", "x", "năm"]
    assert opcodes(old, new) == [
        ("equal", 0, 2, 0, 2), ("replace", 2, 4, 2, 3), ("equal", 4, 5, 3, 4), ("insert", 5, 5, 4, 5), ("equal", 5, 6, 5, 6),
    ]  # fmt: skip


def test_a_long_paragraph_of_the_prose_stays_as_it_is_in_the_croissant_file():
    long = f"**a** {'b ' * 10_000}"
    assert rai.plain_text(f"{long}\n\n**c**") == f"{long.strip()}\n\nc"


def test_a_paragraph_reads_as_markdown_it_reads_it():
    text = "a *b* `c` [d](e)\n\n- <f> ![g](h)\n"
    assert [token.type for token in rai._markdown().parse(text)] == [
        token.type for token in MarkdownIt("commonmark").parse(text)
    ]


def test_counting_what_records_share_holds_no_more_for_more_records():
    """Of 128 sets and records that all share a footer of 512 shingles."""

    def peak(records):
        footer = np.arange(512, dtype=np.uint64)
        sets, rows = (Rows(np.tile(footer, n), np.arange(n + 1, dtype=np.int64) * 512) for n in (128, records))
        tracemalloc.start()
        shared = [int(counts.sum()) for *_, counts in Lookup.of(sets).common(rows)]
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert shared == [records * 128 * 512]
        return most

    assert peak(400) < 1.2 * peak(200)


@pytest.mark.parametrize(
    ("key", "most"),
    [("max_bytes", 268_435_456), ("max_ratio", 10_000), ("max_members", 10_000_000), ("max_paragraphs", 1_000_000)],
)
def test_a_corpus_toml_raises_its_limits_to_a_maximum_and_no_further(tmp_path, key, most):
    file = tmp_path / "corpus.toml"
    file.write_text(f"[limits]\n{key} = {most}\n")
    assert load_config(file).settings["limits"][key] == most
    file.write_text(f"[limits]\n{key} = {most + 1}\n")
    with pytest.raises(ConfigError) as error:
        load_config(file)
    assert f"limits.{key} = {most + 1} is not allowed" in str(error.value)
    assert f"a whole number from 1 to {most:,}" in error.value.hint


@pytest.mark.parametrize("name", ["CARD.md", "CHANGES.md"])
def test_prose_and_changes_of_more_than_a_mebibyte_are_refused(tmp_path, name):
    (tmp_path / "corpus.toml").write_text('[card]\nprose = "CARD.md"\n')
    (tmp_path / "CARD.md").write_text("a")
    (tmp_path / name).write_text("a" * (1 << 20))
    load_config(tmp_path / "corpus.toml")
    (tmp_path / name).write_text("a" * ((1 << 20) + 1))
    with pytest.raises(ConfigError, match=f"'{name}' cannot be read: it has more than 1,048,576 bytes"):
        load_config(tmp_path / "corpus.toml")


def test_changes_of_the_lines_after_a_million_compared_code_points_are_untold():
    line = "a\x01" + "b" * 18_000
    found = find_changes(f"{line}\x01\n" * 60, f"{line.replace(chr(1), '')}\n" * 60)
    assert (found.untold, found.counts) == (5, {("\x01", ""): 110})

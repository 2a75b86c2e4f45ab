"""The words that stages look for: their files, and the patterns that are made of them."""

import re

import polars as pl
import pytest
from support.builds import ROOT

from corpus_vn_police.lexicon import NOTHING, Lexicon, WordClass, lexicon, parse

FILES = sorted((ROOT / "corpus_vn_police/lexicon").glob("*.txt"))
CLASSES = [
    pytest.param(path.stem, name, each, id=f"{path.stem}-{name}")
    for path in FILES
    for name, each in lexicon(path.stem).classes.items()
]


def test_a_file_becomes_classes_with_their_reasons_and_weights():
    text = "# The file's own.\n\n# Why,\n# and from where.\n[scene] +4\nquang cảnh\nma t[uú]y\n\n[at]\ntại\n"
    assert parse(text) == Lexicon(
        {"scene": WordClass("Why, and from where.", 4, ["quang cảnh", "ma t[uú]y"]), "at": WordClass("", None, ["tại"])}
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [("tại\n", "'tại' comes before the first class"), ("[a]\nb\n[a]\n", "the class [a] occurs twice")],
)
def test_a_file_that_cannot_be_meant_is_refused(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        parse(text)


def test_a_group_matches_the_phrases_of_its_classes_and_nothing_else_in_re_and_in_polars():
    words = parse("[a]\nTP.\nt[uú]y\n(ảnh\n[b]\n=>\n")
    pattern, texts = f"^{words.any_of('a', 'b')}$", ["TP.", "TPx", "túy", "tuy", "tùy", "(ảnh", "=>", ""]
    found = [True, False, True, True, False, True, True, False]
    assert [bool(re.search(pattern, text)) for text in texts] == found
    assert pl.Series(texts).str.contains(pattern).to_list() == found


def test_a_group_without_phrases_matches_nothing():
    assert parse("[a]\n").any_of("a") == NOTHING
    assert re.search(NOTHING, "a\n") is None
    assert pl.Series(["", "a\n"]).str.contains(NOTHING).to_list() == [False, False]


def test_classes_that_are_counted_once_have_one_weight():
    words = parse("[a] +1\n[b] +1\n[c] -2\n[d]\n")
    assert (words.weight("a", "b"), words.weight("c")) == (1, -2)
    for names in (("a", "c"), ("d",)):
        with pytest.raises(ValueError, match="one weight is needed"):
            words.weight(*names)


@pytest.mark.parametrize(("file", "name", "words"), CLASSES)
def test_every_class_has_a_reason_and_each_of_its_phrases_once(file, name, words):
    assert words.reason
    assert words.phrases
    assert len(set(words.phrases)) == len(words.phrases)
    assert [each for each in words.phrases if each != each.strip() or "  " in each] == []


@pytest.mark.parametrize(("file", "name", "words"), CLASSES)
def test_every_class_is_named_in_the_room_that_reads_its_file(file, name, words):
    modules = {path: path.read_text(encoding="utf-8") for path in (ROOT / "corpus_vn_police").rglob("*.py")}
    rooms = {path.parent for path, text in modules.items() if f'lexicon("{file}")' in text}
    readers = [text for path, text in modules.items() if path.parent in rooms]
    assert any(f'"{name}"' in text or f"'{name}'" in text for text in readers)


def test_a_text_with_a_label_of_a_credit_passes_the_cheap_test_for_signs():
    words = lexicon("credits")
    labels = words.phrases("label", "short label", "source label")
    labels += tuple(f"({label}" for label in words.phrases("label of a name in brackets"))
    assert [label for label in labels if not any(sign in f"{label}:" for sign in words.phrases("sign"))] == []

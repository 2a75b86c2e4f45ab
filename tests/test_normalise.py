"""Law 2 and the cases of normalisation."""

import unicodedata

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.texts import normalisation_cases

import corpus_vn_police as cvp
from corpus_vn_police.stages.normalise import diagnose
from corpus_vn_police.stages.normalise.batch import decode
from corpus_vn_police.stages.normalise.clean import _NOT_COMPOSED, clean

_NAMED = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff\r\u0085\u2028\u2029\t\u00a0\u2003\u202f\u3000"
_MIXED = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from(_NAMED + " \n\0\x0b\x1fae\u0302\u0301\u0323\u0300👩❤\ufe0f"),
    )
)


_CHOICES = {
    "default": {},
    "preserve": {},
    "tone_old": {"tone": "old"},
    "tone_new": {"tone": "new"},
    "repair": {"repair": True},
    "order": {"repair": True},
}


def _cases(*profiles):
    for name, text, expected in normalisation_cases(*profiles):
        yield pytest.param(text, expected, _CHOICES.get(name.partition("/")[0]), id=name)


@pytest.mark.parametrize(("text", "expected", "choices"), _cases(*_CHOICES))
def test_the_cases_come_out_as_the_experts_wrote_them(text, expected, choices):
    assert cvp.normalise(text, **choices) == expected


@pytest.mark.parametrize(("text", "expected", "choices"), _cases("detect"))
def test_the_encoding_is_named_as_the_experts_named_it(text, expected, choices):
    damage = diagnose(text)
    named = damage.reason.code.partition(".")[2].replace("_", "-") if damage else "ok"
    assert named == expected


@given(_MIXED)
@example("\u0300 \u200b\n \u0301")
@example("👩\u200d❤\ufe0f\u200d👨 a\u200db")
@example("\u1100\u1161\u11a8")
@example("\u2329\u200d👨")
@example("👨\u200d\u2329")
def test_normalising_twice_is_normalising_once(text):
    once = cvp.normalise(text)
    assert cvp.normalise(once) == once


@given(
    st.lists(st.sampled_from(["hoà", "Khoá", "quý", "ỦY", "\u0301", " ", "-", "a", "noé", "thuỷ", "n"])).map("".join),
    st.sampled_from(["old", "new"]),
)
def test_rewriting_in_a_style_twice_is_rewriting_once_and_the_text_stays_clean(text, tone):
    once = cvp.normalise(text, tone=tone)
    assert cvp.normalise(once, tone=tone) == once
    assert cvp.normalise(once) == once


@given(_MIXED)
def test_what_comes_out_is_clean(text):
    out = cvp.normalise(text)
    assert unicodedata.is_normalized("NFC", out)
    assert not set(out) & (set(_NAMED) - {"\u200d"} | {chr(code) for code in range(32) if code != 10})
    assert "  " not in out
    assert all(line == line.strip(" ") for line in out.split("\n"))


_CLEAN = st.text(
    alphabet=st.characters(
        exclude_categories=["Cs", "Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Mc", "Me"], exclude_characters="ÐðƉƢƣ"
    )
)


@given(st.lists(st.lists(_CLEAN.filter(bool), max_size=4).map(" ".join), max_size=4).map("\n".join))
def test_a_clean_text_is_its_own_fixed_point(text):
    if unicodedata.is_normalized("NFC", text):
        assert cvp.normalise(text) == text


@given(_MIXED)
def test_every_newline_stays(text):
    newlines = text.replace("\r\n", "\n")
    assert cvp.normalise(text).count("\n") == sum(newlines.count(mark) for mark in "\n\r\u0085\u2028\u2029")


def test_only_what_the_cheap_test_finds_can_break_nfc():
    everything = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    found = pl.Series(everything).str.contains(f"[{_NOT_COMPOSED}]")
    missed = [
        character
        for character, hit in zip(everything, found, strict=True)
        if not hit and (not unicodedata.is_normalized("NFC", character) or unicodedata.combining(character))
    ]
    assert missed == []


def test_a_joiner_stays_inside_an_emoji_and_nowhere_else():
    assert cvp.normalise("👨\u200d👩\u200d👧 a\u200db 👩\u200d") == "👨\u200d👩\u200d👧 ab 👩"


def test_a_batch_is_cleaned_as_each_of_its_texts_is():
    texts = ["a  b", None, "ho\u0300a", "x", " y\r\nz ", ""]
    assert clean(pl.Series(texts)).to_list() == ["a b", None, "hòa", "x", "y\nz", ""]


def test_bytes_that_are_not_utf_8_become_null_and_their_neighbours_stay():
    assert decode(pl.Series([b"a", b"\xff", "đ".encode(), b"\xed\xa0\x80"])).to_list() == ["a", None, "đ", None]


def test_an_unknown_style_is_refused():
    with pytest.raises(ValueError, match="give 'keep', 'old' or 'new'"):
        cvp.normalise("hoà", tone="both")

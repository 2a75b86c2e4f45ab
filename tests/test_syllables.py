"""The table of syllables and the two styles of the tone."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_vn_police.syllables import (
    in_style,
    is_syllable,
    style_of,
    syllables,
    toneless_syllables,
    without_diacritics,
)


@pytest.mark.parametrize(
    "token",
    [
        "nghiêng",
        "khuya",
        "khuỷu",
        "quý",
        "quốc",
        "gì",
        "giữ",
        "giết",
        "giếng",
        "yêu",
        "yểng",
        "oằn",
        "xoong",
        "đường",
        "ủy",
        "uỷ",
        "hòa",
        "hoà",
        "Huỳnh",
        "ỦY",
        "TRƯỜNG",
        "thuở",
        "ngoằn",
        "nguệch",
        "quẹo",
        "quynh",
        "khoét",
        "tuýp",
        "boong",
        "ỉa",
        "uống",
        "ướt",
        "sỹ",
        "kỹ",
        "lý",
        "mỹ",
        "hy",
        "ngoe",
        "ngoé",
        "ngóe",
        "kiên",
        "ghê",
        "nghe",
        "cua",
        "quơ",
        "ình",
    ],
)
def test_what_vietnamese_spells_is_a_syllable(token):
    assert is_syllable(token)


@pytest.mark.parametrize(
    "token",
    [
        "Covid",
        "CAND",
        "café",
        "ka'",
        "fax",
        "zô",
        "kua",
        "ce",
        "gê",
        "nge",
        "ghà",
        "ngha",
        "qa",
        "qúy",
        "gìa",
        "hòan",
        "ngòai",
        "các̀",
        "cạtt",
        "tôit",
        "iêu",
        "câch",
        "mat̃",
        "đươc",
        "nghành",
        "ôtô",
        "XIII",
    ],
)
def test_what_it_does_not_spell_is_none(token):
    assert not is_syllable(token)


def test_the_table_is_lower_case_and_composed():
    assert all(syllable == unicodedata.normalize("NFC", syllable.lower()) for syllable in syllables())
    assert toneless_syllables() >= {without_diacritics(syllable) for syllable in syllables()}


def test_a_stop_has_two_tones_and_every_other_rime_six():
    assert [tone for tone in ["cac", "càc", "các", "cảc", "cãc", "cạc"] if is_syllable(tone)] == ["các", "cạc"]
    assert all(map(is_syllable, ["ca", "cà", "cá", "cả", "cã", "cạ"]))


@pytest.mark.parametrize(
    ("token", "style"),
    [("hòa", "old"), ("hoà", "new"), ("ỦY", "old"), ("thuý", "new"), ("khỏe", "old"), ("quý", None), ("hoàn", None),
     ("hoa", None), ("của", None), ("noé", None), ("Chloé", None)],
)  # fmt: skip
def test_only_open_oa_oe_and_uy_have_a_style(token, style):
    assert style_of(token) == style


def test_a_syllable_does_not_become_a_name():
    assert in_style("Nóe nóe", "new") == "Nóe nóe"


@given(st.lists(st.sampled_from(sorted(syllables())), max_size=8).map(" ".join))
def test_a_text_in_one_style_goes_to_the_other_and_back(text):
    old = in_style(text, "old")
    assert in_style(in_style(old, "new"), "old") == old
    assert in_style(old, "old") == old
    assert not any(style_of(token) == "new" for token in old.split())

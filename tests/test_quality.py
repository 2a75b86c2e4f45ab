"""How Vietnamese a text is, and the gate."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_vn_police.config import corpus_of
from corpus_vn_police.stages.quality import quality
from corpus_vn_police.syllables import is_syllable, style_of


def _corpus(**keys):
    return corpus_of({"quality": keys}, None, None, "x")


_DEFAULT = _corpus(min_vietnamese_share=0.03, min_syllable_share=0.3)
_OPEN = _corpus(min_vietnamese_share=0, min_syllable_share=0)


def _measured(*texts, settings=_DEFAULT):
    none = pl.Series([None] * len(texts), dtype=pl.String)
    return quality(
        pl.DataFrame({"text": pl.Series(texts, dtype=pl.String), "reason": none, "pointer": none, "detail": none}),
        settings,
    )


_WORDS = st.sampled_from(
    ["hòa", "Hoà", "công", "an,", "Covid-19", "(CAND)", "ỦY", "2020", "đ", "x", "người.", "naïve", "中国", "é́", "–"]
)


@given(
    st.lists(st.lists(_WORDS, max_size=12).map(lambda words: " \n"[len(words) % 2].join(words)), min_size=1, max_size=5)
)
def test_the_figures_are_those_that_counting_one_by_one_gives(texts):
    for text, row in zip(texts, _measured(*texts, settings=_OPEN).iter_rows(named=True), strict=True):
        letters = [letter for letter in text if letter.isalpha()]
        tokens = "".join(letter if letter.isalpha() or letter == "\u0301" else " " for letter in text).split()
        only = [letter for letter in letters if letter in "ĂăĐđƠơƯư" or "Ạ" <= letter <= "ỹ"]
        styles = [style_of(token) for token in tokens]
        assert row["vietnamese_share"] == (len(only) / len(letters) if letters else None)
        assert row["syllable_share"] == (sum(map(is_syllable, tokens)) / len(tokens) if tokens else None)
        assert row["tone_style"] == {"old": styles.count("old"), "new": styles.count("new")}


def test_texts_that_share_words_are_measured_as_if_alone():
    texts = ["", "Hoà thuý, một hai ba", "naïve Covid-19", "", "người. \n\nCông an", "hòa hoá, một – 2020", ""]
    alone = [_measured(text, settings=_OPEN).row(0) for text in texts]
    assert _measured(*texts, settings=_OPEN).rows() == alone


_VIETNAMESE = "Công an thành phố đã tổ chức hội nghị tổng kết công tác năm với sự tham dự của lãnh đạo các đơn vị."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (_VIETNAMESE, None),
        (
            "Cong an thanh pho da to chuc hoi nghi tong ket cong tac nam voi su tham du cua lanh dao cac don vi.",
            "text.no_diacritics",
        ),
        (
            "The police department held its annual conference in the capital on Monday with all the units present.",
            "text.not_vietnamese",
        ),
        (
            "La police nationale a tenu lundi sa conférence annuelle à Paris, où les élèves étaient présents.",
            "text.not_vietnamese",
        ),
        (
            "国家警察周一在首都举行了年度会议，所有单位都出席了会议，会议总结了去年的工作成绩和不足。",
            "text.not_vietnamese",
        ),
        ("Breaking news", None),
        ("12.345 67.890 – 2020", None),
    ],
)
def test_a_text_of_another_language_is_named_and_a_short_one_is_not_judged(text, reason):
    assert _measured(text)["reason"].to_list() == [reason]


def test_thresholds_of_the_keeper_reject_with_a_reason_of_their_own():
    strict = _corpus(min_vietnamese_share=0.5, min_syllable_share=0)
    assert _measured(_VIETNAMESE, settings=strict).select("reason", "detail").row(0) == (
        "quality.vietnamese_share",
        "min_vietnamese_share 0.5, got 0.24",
    )
    mixed = (
        f"{_VIETNAMESE} Alpha Bravo Charlie Delta Foxtrot Hotel Juliett Quebec Romeo Sierra Zulu Whiskey Xray Yankee"
    )
    strict = _corpus(min_vietnamese_share=0, min_syllable_share=0.9)
    assert _measured(mixed, settings=strict)["reason"].to_list() == ["quality.syllable_share"]


def test_what_is_not_enabled_measures_nothing():
    row = _measured("The police held a conference in the capital.", settings=_corpus(enabled=False)).row(0, named=True)
    assert row == {
        "text": "The police held a conference in the capital.",
        "reason": None,
        "pointer": None,
        "detail": None,
    }


def test_a_rejected_text_keeps_its_reason():
    batch = pl.DataFrame(
        {"text": [None], "reason": ["text.empty"], "pointer": [None], "detail": ["x"]},
        schema_overrides={"text": pl.String, "pointer": pl.String},
    )
    assert quality(batch, _DEFAULT).select("reason", "vietnamese_share").row(0) == ("text.empty", None)

"""Headers, paragraphs and counts."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.texts import taken_apart

from corpus_vn_police.config import corpus_of, load_config

_CORPUS = load_config(None).with_flags(latest="2026-11-22")


def _structure(*texts, **row):
    return taken_apart(*texts, corpus=_CORPUS, **row)


def _one(text, **row):
    return _structure(text, **row).row(0, named=True)


@pytest.mark.parametrize(
    ("text", "date", "precision", "body"),
    [
        (" date 2020-12 Ngày 7/12", "2020-12", "month", "Ngày 7/12"),
        ("date 2020 a", "2020", "year", "a"),
        ("\ufeff\u200b date\t2020-12-07\na", "2020-12-07", "day", "a"),
        ("\n\n date\u00a0 2020-12\u3000a", "2020-12", "month", "a"),
        ("date 2020-12\r\n\r\na", "2020-12", "month", "a"),
        ("date 2020-12\x0ca", "2020-12", "month", "a"),
        ("date 2020-12\x1c\x1ca", "2020-12", "month", "a"),
        ("date 2020 date 2020-12 date 2020-12-05 a", "2020-12-05", "day", "a"),
        ("date 2020-12-05 date 2020 a", "2020-12-05", "day", "a"),
        ("update 2020-12 a", None, None, "update 2020-12 a"),
        ("dated 2020 a", None, None, "dated 2020 a"),
        ("a date 2020-12 b", None, None, "a date 2020-12 b"),
        ("# doc_id = 1\n# date = 20201001\na", None, None, "a"),
        ("date 2020-12\n# url = x\n\na", "2020-12", "month", "a"),
        ("\n# Tiêu đề = b\na", None, None, "a"),
        ("# không phải khóa\na", None, None, "# không phải khóa\n\na"),
    ],
)
def test_the_header_is_read_and_never_stays_in_the_text(text, date, precision, body):
    row = _one(text)
    assert (row["date"], row["date_precision"], row["text"], row["reason"]) == (date, precision, body, None)


@pytest.mark.parametrize(
    ("date", "start", "end"),
    [
        ("2020", "2020-01-01", "2020-12-31"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("2020-12-07", "2020-12-07", "2020-12-07"),
        ("0001-01", "0001-01-01", "0001-01-31"),
    ],
)
def test_a_record_has_the_first_and_the_last_day_that_its_date_can_mean(date, start, end):
    row = _one(f" date {date} a")
    assert (str(row["date_start"]), str(row["date_end"])) == (start, end)


@pytest.mark.parametrize("text", ["a", "date 2020-13 a", "date 2026-12 a"])
def test_a_text_without_a_date_that_counts_has_no_days(text):
    row = _one(text)
    assert (row["date"], row["date_start"], row["date_end"]) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("date 2020-1 a", "header.malformed"),
        ("Date 2020-12 a", "header.malformed"),
        ("DATE: 2020 a", "header.malformed"),
        ("date 20201207 a", "header.malformed"),
        ("date 2020-12, a", "header.malformed"),
        ("date 2020-12 date 2020-1 a", "header.malformed"),
        ("date 2020-13 a", "header.impossible_date"),
        ("date 2021-02-29 a", "header.impossible_date"),
        ("date 0000 a", "header.impossible_date"),
        ("date 2026-12 a", "header.future_date"),
        ("date 2026-11-23 a", "header.future_date"),
        ("date 2020 date 2021 a", "header.contradiction"),
        ("date 2020-12-05 date 2020 date 2020-12-06 a", "header.contradiction"),
        ("date 2020-12", "text.empty"),
        (" date 2020-12 \n\n \u200b ", "text.empty"),
        ("", "text.empty"),
        ("date 2020\0 a", "encoding.nul"),
    ],
)
def test_a_bad_header_or_body_is_rejected_with_its_reason(text, reason):
    row = _one(text)
    assert (row["reason"], row["date"]) == (reason, "2020-12" if reason == "text.empty" and "2020" in text else None)


def test_the_year_and_the_month_of_today_are_not_the_future():
    assert _structure("date 2026 a", "date 2026-11 a", "date 2026-11-22 a")["reason"].to_list() == [None, None, None]


@pytest.mark.parametrize(
    ("given_date", "date"),
    [
        ("20200102", "2020-01-02"),
        ("2020", "2020-01"),
        ("2020-01-02T10:00:00+07:00", "2020-01-02"),
        ("2020-01-02 10:00:00.5Z", "2020-01-02"),
        ("2020-01-02T10", "2020-01-02"),
        ("20200102T101010Z", "2020-01-02"),
        ("2020-01-02t10:00z", "2020-01-02"),
    ],
)
def test_a_row_s_date_and_the_header_together_give_the_more_precise_one(given_date, date):
    row = _one("date 2020-01 a", header_date=given_date)
    assert (row["date"], row["reason"]) == (date, None)


@pytest.mark.parametrize(
    ("given_date", "reason", "pointer"),
    [
        ("2021", "header.contradiction", None),
        ("2/1/2020", "header.malformed", "/date"),
        ("202001", "header.malformed", "/date"),
        ("2020-01-32", "header.impossible_date", "/date"),
        ("2020-01-02T99:00", "header.malformed", "/date"),
        ("2020-01-02T10:00---", "header.malformed", "/date"),
        ("2020T10:00", "header.malformed", "/date"),
    ],
)
def test_a_row_s_date_that_is_wrong_is_rejected(given_date, reason, pointer):
    row = _one("date 2020-01 a", header_date=given_date)
    assert (row["reason"], row["pointer"]) == (reason, pointer)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("a\nb\nc", "a\n\nb\n\nc"),
        ("a\nb\n\n\n\nc\n", "a\nb\n\nc"),
        ("a \n \n b", "a\n\nb"),
        ("\n\na\nb\n", "a\n\nb"),
    ],
)
def test_paragraphs_are_split_at_blank_lines_or_without_any_at_newlines(text, body):
    assert _one(text)["text"] == body


def test_a_first_paragraph_that_is_the_row_s_title_is_taken_out():
    assert _structure("Tiêu đề\nThân bài", "Khác\nThân bài", title=" Tiêu  đề\n")["text"].to_list() == [
        "Thân bài",
        "Khác\n\nThân bài",
    ]


_SENTENCE = "Ngày 7/12, Bộ Công an đã tổ chức Hội nghị."
_TWO = "Công an thành phố vừa bắt giữ một nhóm cướp giật. Nhóm này đã gây ra mười vụ trên các tuyến đường trung tâm, trong đó có hai vụ làm chết người"
_LONG = "Bắt nhóm cướp giật " + "và trộm cắp " * 30


@pytest.mark.parametrize(
    ("title", "then", "text", "kept"),
    [
        ("Bắt nhóm cướp giật", "Thân bài.", "Thân bài.", False),
        ("Thắng đậm! HLV nói gì?", "Thân bài.", "Thân bài.", False),
        ("Barca gặp Alaves. Oezil ra đi", "Thân bài.", "Thân bài.", False),
        ("Làm thầy thật khó...", "Thân bài.", "Thân bài.", False),
        ("Khác", "Thân bài.", "Khác hẳn\n\nThân bài.", False),
        (_SENTENCE, "Thân bài.", f"{_SENTENCE}\n\nThân bài.", True),
        (_TWO, "Thân bài.", f"{_TWO}\n\nThân bài.", True),
        (_LONG.strip(), "Thân bài.", f"{_LONG.strip()}\n\nThân bài.", True),
        # A headline, and the lead that is or begins with the same sentence.
        (_SENTENCE, _SENTENCE, _SENTENCE, False),
        (_SENTENCE, f"{_SENTENCE} Thân bài.", f"{_SENTENCE} Thân bài.", False),
        ("Bắt nhóm cướp giật", "Bắt nhóm cướp giật", "Bắt nhóm cướp giật", False),
    ],
)
def test_a_row_s_title_that_is_no_headline_stays_in_the_body(title, then, text, kept):
    first = "Khác hẳn" if title == "Khác" else title
    row = _one(f"{first}\n{then}", title=title)
    assert (row["title"], row["text"], row["title_kept"], row["reason"]) == (title, text, kept, None)


def test_a_text_that_is_nothing_but_its_title_is_empty_unless_that_is_a_sentence():
    headline, sentence = (_one(title, title=title) for title in ("Bắt nhóm cướp giật", _SENTENCE))
    assert (headline["reason"], sentence["reason"], sentence["text"]) == ("text.empty", None, _SENTENCE)


def test_without_structure_no_title_is_looked_for():
    corpus = corpus_of({"name": "a", "structure": {"enabled": False}}, None, None, "x")
    row = taken_apart(f"{_SENTENCE}\nThân bài.", corpus=corpus, title=_SENTENCE).row(0, named=True)
    assert (row["text"], row["title_kept"]) == (f"{_SENTENCE}\n\nThân bài.", False)


@settings(max_examples=50)  # each is a batch of its own, which costs 0.08 s
@given(st.lists(st.text(alphabet="a đ\n.\u00a0\t", min_size=1), min_size=1, max_size=5))
def test_the_counts_are_those_of_the_text(texts):
    rows = _structure(*texts).filter(pl.col("reason").is_null())
    for row in rows.iter_rows(named=True):
        text = row["text"]
        counted = (row["n_chars"], row["n_syllables"], row["n_paragraphs"])
        assert counted == (len(text), len(text.split()), len(text.split("\n\n")))

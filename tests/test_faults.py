"""Where the report finds the fault of a rejected seed, and how it tells it."""

import json

import pytest

from corpus_vn_police.commands.report.faults import as_text, find_fault
from corpus_vn_police.config import load_config

_GOOD = "Công an tỉnh Đồng Tháp cho biết đã bắt giữ hai đối tượng."


def _text(reason, data, detail="", pointer=None):
    data = data if isinstance(data, bytes) else data.encode()
    return {"reason": reason, "detail": detail, "pointer": pointer}, {"data": data, "body": data, "title": None}


def _row(reason, line, detail="", pointer=None, body="", title=None):
    seed = {"data": line.encode(), "body": body.encode(), "title": title}
    return {"reason": reason, "detail": detail, "pointer": pointer}, seed


_CASES = {
    "homoglyphs": (
        _text("text.homoglyphs", f"{_GOOD} \u0421ông \u0430n, Москва"),
        ["\u0421", "\u0430"],
        "2 syllables with a Cyrillic \u0421 (U+0421), a Cyrillic \u0430 (U+0430): “\u0421ông”, “\u0430n,”.",
    ),
    "C1": (
        _text("encoding.c1_controls", "Công an \x93huyện\x94"),
        ["\x93", "\x94"],
        "2 C1 control characters: “\x93huyện\x94”.",
    ),
    "lost letter": (_text("encoding.replacement_character", "C\ufffdng"), ["\ufffd"], "1 lost letter (U+FFFD): “C\ufffdng”."),
    "markup": (
        _text("text.markup", "a < b <p>x</p> R&D; &nbsp;"),
        ["<p>", "</p>", "&nbsp;"],
        "3 HTML tags or character references: “<p>x</p>”, “&nbsp;”.",
    ),
    "NUL": (_text("encoding.nul", "tin\0tin"), ["\0"], "1 NUL byte: “tin\0tin”."),
    "not UTF-8": (
        _text("encoding.invalid_utf8", "đất ".encode() + b"\xff", "byte 7 of 8: invalid start byte"),
        ["\udcff"],
        "Byte 7 of 8: invalid start byte: “\\xff”.",
    ),
    "UTF-16": (
        _text("encoding.utf16", "\ufefftin".encode("utf-16-le"), "begins with the byte order mark of utf16"),
        ["\udcff\udcfe"],
        "Begins with the byte order mark of utf16: “\\xff\\xfet\0i\0n\0”.",
    ),
    "misread UTF-8": (
        _text("encoding.utf8_as_cp1252", "tin xã Cần Thơ".encode().decode("cp1252"), "3 words"),
        ["Ã£", "áº§", "Æ¡"],
        "3 words: “xÃ£”, “Cáº§n”, “ThÆ¡”.",
    ),
    "TCVN3 bytes": (
        _text("encoding.tcvn3", b"tin C\xabng an", "1 of 1 words"),
        ["C\udcabng"],
        "1 of 1 words: “C\\xabng”.",
    ),
    "VNI misread": (_text("encoding.vni", "Coâng an", "1 of 1 words"), ["Coâng"], "1 of 1 words: “Coâng”."),
    "a date that is not in the calendar": (
        _text("header.impossible_date", f"\n date 2021-02-29 {_GOOD}", "2021-02-29 is no date of the calendar"),
        ["date 2021-02-29"],
        "2021-02-29 is no date of the calendar: “date 2021-02-29”.",
    ),
    "two headers": (
        _text("header.contradiction", f" date 2020-12 date 2021-01 {_GOOD}", "two headers say different dates"),
        ["date 2020-12 date 2021-01"],
        "Two headers say different dates: “date 2020-12 date 2021-01”.",
    ),
    "a malformed header behind key lines": (
        _text("header.malformed", f"# a = b\ndate 2020/12 {_GOOD}", "begins with date"),
        ["date 2020"],
        "Begins with date: “date 2020”.",
    ),
    "a key line": (
        _text("schema.type", f"# page = x\n\n{_GOOD}", "expected integer", "/page"),
        ["# page = x"],
        "Expected integer: “# page = x”.",
    ),
    "a field of the row": (
        _row("json.type", '{"a": {"date": 1}, "date": [1, 2]}', "expected string", "/date"),
        ['"date": [1, 2]'],
        "Expected string: “\"date\": [1, 2]”.",
    ),
    "a field of the record": (
        _row("schema.pattern", json.dumps({"text": "a", "url": "not a url"}), "pattern x", "/source/url", "a"),
        ['"url": "not a url"'],
        "Pattern x: “\"url\": \"not a url\"”.",
    ),
    "the title": (
        _row("encoding.replacement_character", '{"title": "C\ufffdng"}', "x", "/title", "tin", "C\ufffdng"),
        ["\ufffd"],
        "1 lost letter (U+FFFD): “C\ufffdng”.",
    ),
    "not JSON": (
        _row("json.invalid", '{"text": "a" "b"}', "Expecting ',' delimiter at character 13"),
        ['"'],
        "Expecting ',' delimiter at character 13: “\"”.",
    ),
    "a key twice": (
        _row("json.duplicate_key", '{"a": {"text": 1}, "text": "a", "text": "b"}', "a key stands twice in one object"),
        ['"text"'],
        "A key stands twice in one object: “\"text\"”.",
    ),
    "below a threshold": (
        _text("quality.syllable_share", "x", "min_syllable_share 0.5, got 0.4444"),
        [],
        "Measured: 0.4444; allowed is at least 0.5 (`quality.min_syllable_share`).",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _CASES)
def test_the_place_of_a_fault_is_found_again_and_told_in_words(name):
    (row, seed), places, said = _CASES[name]
    found = find_fault(row, seed, load_config(None))
    text = as_text(found.data)
    assert [text[start:end] for start, end in found.places] == places
    assert found.said == said


def test_the_second_of_two_equal_keys_is_the_place():
    row, seed = _row("json.duplicate_key", '{"text": "a", "text": "b"}', "twice")
    assert find_fault(row, seed, load_config(None)).places == [(14, 20)]

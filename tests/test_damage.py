"""Legacy and damaged texts: each is named, and what can be restored exactly is."""

import html
import io
import json
import random
import unicodedata

import polars as pl
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

import corpus_vn_police as cvp
from corpus_vn_police.config import Text, load_config
from corpus_vn_police.normalise import diagnose
from corpus_vn_police.normalise.batch import normalise, suspects
from corpus_vn_police.read.seeds import SeedBatch, take

_LIMITS = load_config(None).limits
# Paragraphs of the annotated pages: proper Vietnamese of some length.
_PAGES = (ROOT / "benchmarks/pages/1.jsonl").read_text(encoding="utf-8").splitlines()
_BODIES = [paragraph for page in _PAGES for paragraph in json.loads(page)["body"] if len(paragraph) > 150]
_TEXTS = [f" date 2020-12 {body}" for body in random.Random(3).sample(_BODIES, 40)]

_MARKS = {"\u0300": "grave", "\u0301": "acute", "\u0309": "hook", "\u0303": "tilde", "\u0323": "dot"}
_TCVN3 = dict(
    zip(
        "àảãáạằẳẵắặầẩẫấậđèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵăâêôơưĂÂÊÔƠƯĐ",
        bytes.fromhex(
            "b5b6b7b8b9bbbcbdbec6c7c8c9cacbaecccecfd0d1d2d3d4d5d6d7d8dcdddedfe1e2e3e4e5e6e7e8e9eaebecedee"
            "eff1f2f3f4f5f6f7f8f9fafbfcfdfea8a9aaabacada1a2a3a4a5a6a7"
        ),
        strict=True,
    )
)


def _tcvn3(text):
    return b"".join(bytes([_TCVN3.get(letter) or _TCVN3.get(letter.lower()) or ord(letter)]) for letter in text)


def _cp1258(text):
    parts = []
    for letter in text:
        decomposed = unicodedata.normalize("NFD", letter)
        tone = "".join(mark for mark in decomposed if mark in _MARKS)
        base = unicodedata.normalize("NFC", "".join(mark for mark in decomposed if mark not in _MARKS))
        parts.append((base + tone).encode("cp1258"))
    return b"".join(parts)


_VNI_ONE = dict(zip("ơưđíìỉĩịỵ", "ôöñíìæóòî", strict=True))
_VNI_TONE = {"": dict(zip(_MARKS, "øùûõï", strict=True))}
_VNI_TONE["\u0302"] = {"": "â", **dict(zip(_MARKS, "àáåãä", strict=True))}
_VNI_TONE["\u0306"] = {"": "ê", **dict(zip(_MARKS, "èéúüë", strict=True))}


def _vni(text):
    out = []
    for letter in text:
        lower = letter.lower()
        if lower in _VNI_ONE:
            pair = _VNI_ONE[lower]
        else:
            decomposed = unicodedata.normalize("NFD", lower)
            tone = "".join(mark for mark in decomposed if mark in _MARKS)
            quality = "".join(mark for mark in decomposed if mark in "\u0302\u0306")
            horn = {"o": "ô", "u": "ö"}[decomposed[0]] if "\u031b" in decomposed else decomposed[0]
            pair = horn + _VNI_TONE[quality].get(tone, "") if len(decomposed) > 1 else lower
        out.append(pair.upper() if letter.isupper() else pair)
    return "".join(out).encode("cp1252", "replace")


def _western(data):
    return "".join(bytes([code]).decode("cp1252", "ignore") or chr(code) for code in data)


def _plain(text):
    """Only what all the encodings have: no curly quotes, no accented capitals outside of words of capitals."""
    text = "".join(letter if letter.isascii() or letter.lower() in _TCVN3 else " " for letter in text)
    lowered = "".join(
        letter.lower() if letter in "ÀÁẢÃẠẤẦẨẪẬẮẰẲẴẶÉÈẺẼẸẾỀỂỄỆÍÌỈĨỊÓÒỎÕỌỐỒỔỖỘỚỜỞỠỢÚÙỦŨỤỨỪỬỮỰÝỲỶỸỴ" else letter
        for letter in text
    )
    return " ".join(lowered.split())


def _disguised(text):
    return text[:14] + text[14:].translate(str.maketrans("aoec", "аоес"))


_AS_TEXT = {
    "encoding.utf8_as_cp1252": lambda text: _western(text.encode()),
    "encoding.tcvn3": lambda text: _western(_tcvn3(_plain(text))),
    "encoding.vni": lambda text: _western(_vni(_plain(text))),
    "encoding.cp1258_as_cp1252": lambda text: _western(_cp1258(_plain(text))),
    "encoding.replacement_character": lambda text: f"{text[:40]}\ufffd{text[41:]}",
    "encoding.c1_controls": lambda text: f"{text} \x96 \x93a\x94",
    "text.homoglyphs": _disguised,
    "text.markup": lambda text: f"<p>{text}</p>\n<div class='x'>{text}</div>",
}
_AS_BYTES = {
    "encoding.tcvn3": lambda text: _tcvn3(_plain(text)),
    "encoding.vni": lambda text: _vni(_plain(text)),
    "encoding.cp1258": lambda text: _cp1258(_plain(text)),
    "encoding.utf16": lambda text: text.encode("utf-16"),
    "encoding.utf32": lambda text: text.encode("utf-32"),
    "encoding.nul": lambda text: text.encode() + b"\0",
    "encoding.invalid_utf8": lambda text: text.encode()[:-1] + b"\xff",
}
_RESTORED = dict.fromkeys(("encoding.tcvn3", "encoding.vni", "encoding.cp1258_as_cp1252", "encoding.cp1258"), _plain)
_RESTORED |= dict.fromkeys(("encoding.utf8_as_cp1252", "encoding.utf16", "encoding.utf32", "text.homoglyphs"), str)


def _normalised(bodies, *, repair=False, titles=None):
    batch = SeedBatch()
    for number, body in enumerate(bodies):
        row = {"body": body, "title": titles[number] if titles else None}
        batch.add(f"{number}.txt", take(io.BytesIO(body), _LIMITS), row)
    return normalise(batch.frame(), Text(repair=repair, tone="keep"))


@pytest.mark.parametrize("reason", _AS_TEXT)
def test_damaged_text_is_rejected_with_the_reason_that_names_it(reason):
    rows = _normalised([_AS_TEXT[reason](text).encode() for text in _TEXTS])
    assert rows["reason"].to_list() == [reason] * len(_TEXTS)
    assert rows["text"].null_count() == len(_TEXTS)


@pytest.mark.parametrize("reason", _AS_BYTES)
def test_bytes_that_are_not_utf_8_are_rejected_with_the_reason_that_names_them(reason):
    rows = _normalised([_AS_BYTES[reason](text) for text in _TEXTS])
    assert rows["reason"].to_list() == [reason] * len(_TEXTS)


@pytest.mark.parametrize("reason", sorted(_RESTORED))
def test_with_repair_what_was_meant_comes_back_and_the_ledger_says_so(reason):
    damage = _AS_BYTES.get(reason) or (lambda text: _AS_TEXT[reason](text).encode())
    rows = _normalised([damage(text) for text in _TEXTS], repair=True)
    assert rows["text"].to_list() == [cvp.normalise(_RESTORED[reason](text)) for text in _TEXTS]
    assert rows["reason"].null_count() == len(_TEXTS)
    assert set(rows["detail"]) == {f"repaired {reason}"}


@pytest.mark.parametrize("reason", ["encoding.replacement_character", "text.markup", "encoding.nul"])
def test_what_cannot_be_restored_exactly_stays_rejected_with_repair(reason):
    damage = _AS_BYTES.get(reason) or (lambda text: _AS_TEXT[reason](text).encode())
    assert set(_normalised([damage(text) for text in _TEXTS], repair=True)["reason"]) == {reason}


def test_text_misread_twice_is_repaired_twice():
    text = _western(_western(_TEXTS[0].encode()).encode())
    assert cvp.normalise(text, repair=True) == cvp.normalise(_TEXTS[0])


def test_a_misread_paragraph_among_sound_ones_is_found_and_only_it_is_repaired():
    text = "\n\n".join([_TEXTS[0], _western(_tcvn3(_plain(_TEXTS[1]))), _TEXTS[2]])
    assert diagnose(text).reason == "encoding.tcvn3"
    assert cvp.normalise(text, repair=True) == cvp.normalise("\n\n".join([_TEXTS[0], _plain(_TEXTS[1]), _TEXTS[2]]))


def test_of_two_encodings_that_fit_the_one_that_changes_less_is_named():
    assert diagnose("Coâng an nhân dân").reason == "encoding.vni"


def test_utf_8_with_lost_bytes_is_named_and_not_mended():
    lost = _western(_TEXTS[0].encode()).replace("\x90", "")
    found = diagnose(lost)
    assert (found.reason, found.restored) == ("encoding.utf8_as_cp1252", None)


def test_sound_texts_are_sound_also_with_soft_hyphens_and_no_break_spaces():
    for text in _TEXTS:
        assert diagnose(text) is None
        assert diagnose(text.replace(" ", "\u00a0")) is None
        assert diagnose("\u00ad".join(text)) is None


def test_a_damaged_title_is_rejected_at_its_pointer_and_repaired():
    body = _TEXTS[0].encode()
    titles = [_western("Công an nhân dân".encode())]
    assert _normalised([body], titles=titles).row(0, named=True)["pointer"] == "/title"
    repaired = _normalised([body], titles=titles, repair=True).row(0, named=True)
    assert (repaired["title"], repaired["detail"]) == ("Công an nhân dân", "repaired encoding.utf8_as_cp1252 in /title")


@given(st.text())
def test_what_the_cheap_test_passes_over_is_not_damaged(text):
    if not suspects(pl.Series([text]))[0]:
        assert diagnose(text) is None


@given(
    st.text(
        alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("Ã¡º»áàâ€œ\x90ÐðñÑ©«¬­®аоc&;<>"))
    )
)
def test_repairing_twice_is_repairing_once(text):
    once = cvp.normalise(text, repair=True)
    assert cvp.normalise(once, repair=True) == once


@given(st.binary(max_size=200))
def test_no_bytes_raise(data):
    for repair in (False, True):
        row = _normalised([data], repair=repair).row(0, named=True)
        assert (row["reason"] is None) == (row["text"] is not None)


def test_character_references_are_damage_and_words_that_look_like_them_are_not():
    assert diagnose("Công an &amp; quân đội").restored == "Công an & quân đội"
    assert diagnose(html.escape("<b>") + "Công an").reason == "text.markup"
    assert diagnose("Sở TN&MT; R&D; a < b; i<3") is None

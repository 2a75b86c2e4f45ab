"""Homes: the place after `trú tại`, `ngụ`, `HKTT` and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.gates import HOMES
from corpus_vn_police.stages.annotate.spans import Span
from corpus_vn_police.stages.annotate.words import CAPITAL, any_of

_WORDS = lexicon("personal")
_PLACES = lexicon("places")
_UNIT = rf"(?i:{any_of(_WORDS, 'unit')})"
_NAMED = rf"(?:{CAPITAL}(?:-{CAPITAL})*|[0-9]+[A-ZĐa-z]?(?:/[0-9]+[A-Za-z]?){{0,4}}(?!\w))"
_PROVINCE = rf"(?:{any_of(_PLACES, 'province', 'city')}|TP\.? ?HCM|TPHCM|HCM|Thành phố Hồ Chí Minh|BR-VT|TT-Huế)"
_HOUSE = r"[0-9]+[A-Za-z]?(?:/[0-9]+[A-Za-z]?){0,4}"
_PART = re.compile(
    rf"(?:{_HOUSE},? (?=(?i:đường|phố|đại lộ|quốc lộ|ngõ|hẻm|ấp|thôn|khu)\b))?"
    rf"(?:{_UNIT}(?: (?i:{any_of(_WORDS, 'in a unit')}))? ?{_NAMED}(?: {_NAMED}){{0,4}}"
    rf"|(?:[Nn]hà )?[Ss]ố (?:nhà )?{_HOUSE}|{_PROVINCE}|{_HOUSE} {CAPITAL}(?: {CAPITAL}){{1,4}})"
)
_LAST = re.compile(rf"{CAPITAL}(?: {CAPITAL}){{1,2}}(?: - {CAPITAL} {CAPITAL})?(?=\)|;|\.(?:\s|$)|$)")
_STREET = re.compile(rf" (?={_UNIT} ?{_NAMED})")
_NEXT = re.compile(r" ?, ?| ?[-–] ")
_HOME = re.compile(rf"(?<!\w)(?i:{any_of(_WORDS, 'home')})(?: \([^()\n]{{1,30}}\))?[: ]{{1,2}}(?:(?:ở|tại|là) )?")
_NEEDS_PERSON = frozenset(_WORDS.phrases("home beside a person"))
_BITS = {mark: 1 << bit for bit, mark in enumerate(HOMES)}
_MARKS = {mark: _BITS[mark] for mark in HOMES[:8]}
_DWELLINGS = {
    **{f"{mark} ": _BITS[mark] for mark in HOMES[8:]},
    **{f"{mark} của ": _BITS[mark] for mark in ("ơi ở", "hỗ ở")},
}
_AT_A_DWELLING = re.compile(r"(?:[^\W\d_]+ ){0,7}?(?:ở|tại|là) ")


def place_end(text: str, start: int) -> int | None:
    """The end of a place that begins with a unit, a number or the name of a province; None if there is none."""
    end = _parts_end(text, start)
    if end and text.startswith(" (", end):
        inside = _parts_end(text, end + 2)
        if inside and text.startswith(")", inside):
            return inside + 1
    return end


def _parts_end(text: str, start: int) -> int | None:
    part = _PART.match(text, start)
    end = None
    while part:
        end = part.end()
        if street := _STREET.match(text, end):
            part = _PART.match(text, street.end())
        elif gap := _NEXT.match(text, end):
            part = _PART.match(text, gap.end()) or _LAST.match(text, gap.end())
        else:
            part = None
    return end


def home_at(text: str, start: int, beside: bool) -> Span | None:
    """The place after the words for a home that begin at a position.

    Args:
        text: the text.
        start: the position where the words begin.
        beside: True if they are beside a person; some words mean a home only then.
    """
    words = _HOME.match(text, start)
    if not words:
        return None
    if not beside and words.group().strip(" :").lower() in _NEEDS_PERSON:
        return None
    end = place_end(text, words.end())
    return Span(words.end(), end) if end else None


def speaks_of_homes(text: str) -> bool:
    """Whether a text has one of the most common words for homes; this test is cheap."""
    return "trú" in text or "ngụ" in text or "KTT" in text


def homes(text: str, may_have: int = -1) -> Iterator[Span]:
    """The places after words that can only mean a home, unordered; some may occur twice.

    Args:
        text: the text.
        may_have: a bit for each pattern of `gates.HOMES` that it may match.
    """
    for mark, bit in _MARKS.items():
        place = text.find(mark) if may_have & bit else -1
        while place >= 0:
            if home := home_at(text, _word_start(text, place), beside=False):
                yield home
            place = text.find(mark, place + len(mark))
    for mark, bit in _DWELLINGS.items():
        place = text.find(mark) if may_have & bit else -1
        while place >= 0:
            if (words := _AT_A_DWELLING.match(text, place + len(mark))) and (end := place_end(text, words.end())):
                yield Span(words.end(), end)
            place = text.find(mark, place + len(mark))


def _word_start(text: str, place: int) -> int:
    return max(text.rfind(sign, max(0, place - 12), place) for sign in " (\n,;") + 1 or place

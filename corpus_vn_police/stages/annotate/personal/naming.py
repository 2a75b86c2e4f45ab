"""Names of private persons: where one begins and ends, and what is said in front of it."""

from __future__ import annotations

import re

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.names import FAMILY, name_end
from corpus_vn_police.stages.annotate.personal.cues import WORDS
from corpus_vn_police.stages.annotate.spans import Span
from corpus_vn_police.stages.annotate.words import CAPITAL, any_of
from corpus_vn_police.syllables import in_style

_OFFICERS = lexicon("officers")
_FAMILY_NAME = re.compile(FAMILY)
_INITIALS = r"(?:[A-ZĐ]\.){1,4}[A-ZĐ]?"
_BEFORE = re.compile(rf"(?<![\w.’'-])(?:{_INITIALS}|{CAPITAL}(?: {CAPITAL}){{0,6}}\.?)$")
_LONGEST = 48  # code points of a name
_FIRST = re.compile(rf"{CAPITAL} ")
_PUBLIC = re.compile(
    rf"(?<!\w)(?i:{any_of(WORDS, 'public role')}|{any_of(_OFFICERS, 'office', 'police rank', 'army rank')})"
    rf"(?:[^,.;:()\n]{{0,60}}?)?(?: (?:ông|bà|đồng chí|anh|chị|cô))? $"
)
_OFFICE_AFTER = re.compile(
    rf"(?:, | [-–] | \()(?:(?:là|hiện là|nguyên là|nguyên|quyền) )?(?i:{any_of(_OFFICERS, 'office', 'member')}|{any_of(WORDS, 'public role')})"
)
_ADDRESSES = WORDS.phrases("address", "address of anybody")


def both_styles(phrases: tuple[str, ...]) -> frozenset[str]:
    """Phrases in both styles of the tone."""
    return frozenset(in_style(phrase, style) for phrase in phrases for style in ("old", "new"))


_CAPITAL_ADDRESSES = frozenset(address.capitalize() for address in both_styles(_ADDRESSES))


def name_at(text: str, start: int) -> Span | None:
    """The name that begins at a place, with the point of an initial at its end."""
    end = name_end(text, start)
    if end is None:
        return None
    if text.startswith(".", end) and text[end - 2 : end - 1] in (" ", ".") and text[end - 1].isupper():
        end += 1
    return Span(start, end)


def name_before(text: str, end: int) -> Span | None:
    """The name that ends at a place, without words such as `Anh` at the beginning of its sentence."""
    found = _BEFORE.search(text, max(0, end - _LONGEST), end)
    if not found:
        return None
    start = found.start()
    while (word := _FIRST.match(text, start, end)) and (
        word.group().rstrip() in _CAPITAL_ADDRESSES
        or (not is_family(text, start) and is_family(text, word.end()) and " " in text[word.end() : end])
    ):
        start = word.end()
    return Span(start, end) if is_name(text[start:end]) else None


def is_name(name: str) -> bool:
    """Whether capitals can be a name: initials, or words that are not all of capitals."""
    return "." in name or len(name) == 1 or not name.replace(" ", "").isupper() or len(name) > 9


def is_family(text: str, start: int) -> bool:
    """Whether a family name stands at a place."""
    return bool(_FAMILY_NAME.match(text, start))


def is_full(text: str, name: Span) -> bool:
    """Whether a name has a family name and another one."""
    return " " in text[slice(*name)] and is_family(text, name.start)


def is_public(text: str, name: Span) -> bool:
    """Whether an office, a rank or a public role stands in front of a name."""
    begin = max(0, name.start - 90, text.rfind("\n", 0, name.start) + 1)
    return bool(_PUBLIC.search(text, begin, name.start))


def has_office(text: str, name: Span) -> bool:
    """Whether an office or a public role follows a name."""
    return bool(_OFFICE_AFTER.match(text, name.end))

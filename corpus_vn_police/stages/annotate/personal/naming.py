"""Names of private persons: their start and end, and what is said before them."""

from __future__ import annotations

import re

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.names import FAMILY, name_end
from corpus_vn_police.stages.annotate.spans import Span
from corpus_vn_police.stages.annotate.words import CAPITAL, any_of, both_styles

_WORDS = lexicon("personal")


_OFFICERS, _PLACES = lexicon("officers"), lexicon("places")
_FAMILY_NAME = re.compile(FAMILY)
_INITIAL = "(?:Ngh|Th|Tr|Ch|Ph|Nh|Ng|Kh|Gi|Gh|Qu|[A-ZĐ])"
_INITIALS = rf"(?:{_INITIAL}\.){{1,5}}(?:{_INITIAL}(?!\w))?"
_IS_INITIALS = re.compile(rf"{_INITIALS}|{_INITIAL}(?![\w’'ʼ]| {CAPITAL})|{_INITIAL}(?:\. {_INITIAL})+\.")
_ENDS_IN_INITIAL = re.compile(rf"(?<= ){_INITIAL}$")
_FURTHER_INITIALS = re.compile(rf"(?:\.{_INITIAL}(?!\w))*\.?")
_BEFORE = re.compile(rf"(?<![\w.’'-])(?:(?:{CAPITAL} ){{0,4}}{_INITIALS}|{CAPITAL}(?: {CAPITAL}){{0,6}})$")
_LONGEST = 48  # code points of a name
_FIRST = re.compile(rf"{CAPITAL} ")
_OFFICE_AFTER = re.compile(
    rf"(?:, | [-–] | \()(?:(?:là|hiện là|nguyên là|nguyên|quyền) )?"
    rf"(?i:{any_of(_OFFICERS, 'office', 'member')}|{any_of(_WORDS, 'public role')})"
)
_PUBLIC = both_styles(
    (*_WORDS.phrases("public role"), *_OFFICERS.phrases("office", "police rank", "army rank"))
) - both_styles(_WORDS.phrases("role"))
_BODY_WORDS = frozenset(
    word for phrase in both_styles(_OFFICERS.phrases("body", "goes on a title")) for word in phrase.split(" ")
) | {"và", "ông", "bà", "đồng", "chí", "anh", "chị", "cô", "nhân", "dân", "thường", "trực", "kiêm"}
_PUBLIC_BEGINS = frozenset(phrase.partition(" ")[0] for phrase in _PUBLIC)
_PUBLIC_WORDS = max(phrase.count(" ") for phrase in _PUBLIC) + 1
_CLAUSE = re.compile(r"[,.;:()\n“”\"]")
_ADDRESSES = both_styles(_WORDS.phrases("address", "address of anybody"))
_NO_FIRST_WORDS = frozenset(word.capitalize() for word in _ADDRESSES | both_styles(_WORDS.phrases("begins a sentence")))
_NO_NAMES = both_styles(_WORDS.phrases("no name"))
_NO_PERSONS = frozenset(place.lower() for place in both_styles(_PLACES.phrases("province", "city", "other name")))
_COMPOUND = re.compile(rf"(?i:{any_of(_WORDS, 'compound')})")


def name_at(text: str, start: int) -> Span | None:
    """The name that begins at a position, including the full stop of an initial at its end."""
    may_be_initials = not (text[start + 1 : start + 4].isalpha() and start + 4 <= len(text))
    if may_be_initials and (initials := _IS_INITIALS.match(text, start)):
        return Span(start, initials.end())
    end = name_end(text, start)
    if end is None:
        return None
    if _ENDS_IN_INITIAL.search(text, start, end) and (further := _FURTHER_INITIALS.match(text, end)):
        end = further.end()
    return Span(start, end) if is_name(text, Span(start, end)) else None


def name_before(text: str, end: int) -> Span | None:
    """The name that ends at a position, without words such as `Anh` that begin the sentence."""
    found = _BEFORE.search(text, _capitals_begin(text, end), end)
    if not found:
        return None
    start = found.start()
    while (word := _FIRST.match(text, start, end)) and (
        word.group().rstrip() in _NO_FIRST_WORDS
        or (not is_family(text, start) and is_family(text, word.end()) and " " in text[word.end() : end])
    ):
        start = word.end()
    return Span(start, end) if is_name(text, Span(start, end)) else None


def _capitals_begin(text: str, end: int) -> int:
    """The start of the words with capitals that end at a position, and of the word before: no name begins earlier.

    Searching all code points in which a name may begin takes three times as long.
    """
    begin = max(0, end - _LONGEST)
    place = end
    while (space := text.rfind(" ", begin, place)) >= 0:
        if not text[space + 1].isupper():
            return space + 1
        place = space
    return begin


def is_name(text: str, name: Span) -> bool:
    """Whether words with capitals can be a person's name: no place, no body, no word that only begins a sentence."""
    words = text[slice(*name)]
    if not words.replace(" ", "").isalpha() and any(map(str.isdigit, words)):
        return False
    lower = words.lower()
    if lower in _NO_NAMES or lower in _NO_PERSONS:
        return False
    first = lower.split(" ")[0]
    if " " in words:
        return first not in ("tp", "việt", "ubnd", "bộ", "thpt", "thcs", "đh", "trường") or first == "việt"
    if "." in words or len(words) == 1:
        return True
    return not (words.isupper() and len(words) > 3) and not _COMPOUND.match(text, name.start)


def is_address(word: str) -> bool:
    """Whether a lower-case word is a form of address."""
    return word in _ADDRESSES


def is_family(text: str, start: int) -> bool:
    """Whether there is a family name at a position."""
    return bool(_FAMILY_NAME.match(text, start))


def is_full(text: str, name: Span) -> bool:
    """Whether a name consists of a family name and another name."""
    return " " in text[slice(*name)] and is_family(text, name.start)


def is_public(text: str, start: int) -> bool:
    """Whether an office, a rank or a public role comes before a name, perhaps with the name of a body between them."""
    words = _CLAUSE.split(text[max(0, start - 90) : start])[-1].split()
    for first in range(len(words) - 1, -1, -1):
        word = words[first]
        if word.lower() in _PUBLIC_BEGINS:
            for last in range(first + 1, min(len(words), first + _PUBLIC_WORDS) + 1):
                if " ".join(words[first:last]).lower() in _PUBLIC:
                    return True
        if not (word[0].isupper() or word[0].isdigit() or word in _BODY_WORDS):
            return " ".join(words[max(0, first - 1) : first + 1]).lower() in _PUBLIC
    return False


def has_office(text: str, name: Span) -> bool:
    """Whether an office or a public role follows a name."""
    return bool(_OFFICE_AFTER.match(text, name.end))

"""Names of persons: find the end of a name that begins at a position."""

from __future__ import annotations

import re

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.words import CAPITAL, any_of, first_words
from corpus_vn_police.syllables import UPPER

_LONGEST = 5  # words of a name: `Tôn Nữ Thị Ninh Hương`; a longer one continues as a heading in capitals
_OFFICERS = lexicon("officers")
_NAMES = lexicon("names")
FAMILY = rf"(?:{any_of(_NAMES, 'family')}|{CAPITAL}(?= (?:Văn|Thị) [{UPPER}]))"
"""A family name: a known one, or any word before `Văn` and `Thị`."""

_FAMILY = re.compile(rf"(?i:{FAMILY})")
_WORD = re.compile(CAPITAL)
_NEXT = re.compile(rf" (?:[A-Z]\. ?)?({CAPITAL})")
_INITIALS = re.compile(rf"(?:[A-ZĐ]\.){{1,4}}[A-ZĐ]?(?!\w)|[A-ZĐ](?![\w’'ʼ]| {CAPITAL})")
_BODY_OR_OFFICE = re.compile(rf"(?i:{any_of(_OFFICERS, 'not a name', 'office', 'member', 'body')})")
_FIRST_WORDS = first_words(_OFFICERS, "not a name", "office", "member", "body")
_HYPHEN = re.compile(r"-[^\W\d_]+")


def name_end(text: str, start: int) -> int | None:
    """The end of a name: up to five words with a capital, or initials.

    Args:
        text: the text.
        start: where the name begins.

    Returns:
        None if there is no name.
    """
    if not text[start + 1 : start + 2].isalpha() and (initials := _INITIALS.match(text, start)):
        return initials.end()
    first = _WORD.match(text, start)
    if not first or (_begins_title(text, start)):
        return None
    end, words = first.end(), 1
    while words < _LONGEST and (following := _NEXT.match(text, end)) and not _begins_title(text, following.start(1)):
        end, words = following.end(), words + 1
    foreign = _HYPHEN.match(text, end)
    return foreign.end() if foreign and not _BODY_OR_OFFICE.match(text, end + 1) else end


def is_full_name(text: str, start: int) -> bool:
    """Whether there is a family name at a position, followed by another word with a capital: `Phó Đức Phương`."""
    family = _FAMILY.match(text, start)
    return bool(family and text[start].isupper() and _NEXT.match(text, family.end()))


def _begins_title(text: str, start: int) -> bool:
    """Whether words after a name begin a title: `Công an` and `CÔNG AN` do, `Công An` in `Dương Công An` does not."""
    word = _WORD.match(text, start)
    if word and word.group().isalpha() and word.group().lower() not in _FIRST_WORDS:
        return False
    found = _BODY_OR_OFFICE.match(text, start)
    if not found or found.group().istitle():
        return False
    return " " in found.group() or (found.group().isupper() and len(found.group()) > 2)

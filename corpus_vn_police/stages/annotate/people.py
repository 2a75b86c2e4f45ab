"""Officers: people whom the text mentions by rank and name."""

from __future__ import annotations

import re

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.names import name_end
from corpus_vn_police.stages.annotate.spans import Person, Span
from corpus_vn_police.stages.annotate.titles import title_end
from corpus_vn_police.stages.annotate.words import any_of, places_of

_WORDS = lexicon("officers")
_RANK = re.compile(rf"(?<!\w)(?i:{any_of(_WORDS, 'police rank', 'army rank')})(?! (?i:{any_of(_WORDS, 'not a rank')}))")
_TAILS = tuple(
    f" {form}"
    for tail in ("tướng", "tá", "úy", "uý", "sĩ", "sỹ", "nhất", "nhì", "đốc")
    for form in (tail, tail.title(), tail.upper())
)
"""The beginnings of the last words of ranks. Finding these, and then examining the text before them, takes a third of
the time that the pattern takes."""

_BEFORE_TAIL = frozenset("iguạnhôIGUẠNHÔ")  # the last letters of the words before them
_LONGEST_HEAD = 9  # code points of a rank before its last word: `phó đô`, `thượng`
_LONGEST_RANK = 16  # code points of a rank from its last word on: ` đốc hải quân`
_BETWEEN = re.compile(rf"(?:(?: ?[,–-] ?| )?(?i:{any_of(_WORDS, 'between rank and name')})[.,]*)+(?=\W)")
_GAP = re.compile(r"[ \u00a0]+")
_TITLE = re.compile(r" ?(?:,|[-–—]|\() ?")
_LOOK_BACK = 160  # code points before a rank in which its title may begin
_BOUNDARY = re.compile(r"[.;:!?…”\"“\n]")
_HEAD = re.compile(rf"(?<!\w)(?i:{any_of(_WORDS, 'office', 'member')})")
_OFFICE = re.compile(rf"(?i:{any_of(_WORDS, 'office')})")
_TAKES = re.compile(rf"(?<!\w)(?i:{any_of(_WORDS, 'takes an office')}) $")


def people(text: str) -> list[Person]:
    """The officers that a text mentions, in order.

    A title after a comma, after a dash or in brackets belongs to the mention. If there is none, one before the rank
    does.
    """
    found: list[Person] = []
    after = 0
    for place in places_of(text, _TAILS):
        if place < after or text[place - 1 : place] not in _BEFORE_TAIL:
            continue
        rank = _RANK.search(text, max(after, place - _LONGEST_HEAD), place + _LONGEST_RANK)
        if rank is None or rank.start() > place:
            continue
        person = _person(text, rank, after)
        if person:
            found.append(person)
            after = person.mention.end
    return found


def _person(text: str, rank: re.Match[str], after: int) -> Person | None:
    """The officer with a rank at a position; `after` is the end of the mention before."""
    begin = rank.end()
    if between := _BETWEEN.match(text, begin):
        begin = between.end()
    gap = _GAP.match(text, begin)
    if gap:
        begin = gap.end()
    elif not between:
        return None
    end = name_end(text, begin)
    if end is None:
        return None
    name, here = Span(begin, end), Span(*rank.span())
    if title := _title_after(text, end):
        return Person(Span(here.start, title.end), name, here, title)
    before = _title_before(text, here.start, after)
    return Person(Span(before.start if before else here.start, end), name, here, before)


def _title_after(text: str, end: int) -> Span | None:
    opening = _TITLE.match(text, end)
    if not opening:
        return None
    begin = opening.end()
    until = title_end(text, begin)
    if until is None or ("(" in opening.group() and not text.startswith(")", until)):
        return None
    return Span(begin, until)


def _title_before(text: str, start: int, after: int) -> Span | None:
    """The title that ends at a rank: `Thứ trưởng Bộ Công an, Thượng tướng Lê Quốc Hùng`."""
    begin = max(after, start - _LOOK_BACK)
    for boundary in _BOUNDARY.finditer(text, begin, start):
        begin = boundary.end()
    for head in _HEAD.finditer(text, begin, start):
        end = title_end(text, head.start())
        gaps = (" ", ", ", " - ", " – ") if _OFFICE.match(text, head.start()) else (" ",)
        if end is not None and text[end:start] in gaps:
            taken = _TAKES.search(text, max(0, head.start() - 24), head.start())
            return None if taken else Span(head.start(), end)
    return None

"""Quotation marks: which one opens and which one closes."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import NamedTuple

from corpus_vn_police.stages.annotate.words import places_of

_MARKS = ("“", "”", '"', "«", "»", "„", "‟", "''", "‘")
_PARAGRAPH = "\n\n"
_LONGEST = 8  # paragraphs of one quotation
_DEEPEST = 8  # quotations inside one another; what a stranger nests deeper would take the square of its length
_OPENS = "“«„‘"
_CLOSES = "”»’"
_CLOSED_BY = {"“": '”"', '"': '"”', "«": "»", "„": '“”"', "''": "''", "‘": "’", "‟": '”"'}


class Quoted(NamedTuple):
    """What stands between two quotation marks.

    Attributes:
        opening: where the opening mark begins.
        start, end: what they enclose.
        closing: one past the closing mark.
    """

    opening: int
    start: int
    end: int
    closing: int


def quoted(text: str) -> list[Quoted]:
    """The outermost pieces of a text that stand in quotation marks, in order.

    A piece may end in a later paragraph; if this opens with a mark again, that mark is of the piece. One that is not
    closed is left out. A piece may open with a curly mark and close with a straight one.
    """
    found: list[Quoted] = []
    open_now: list[_Open] = []
    breaks = places_of(text, (_PARAGRAPH,))
    for mark, start, end in _marks(text):
        passed = bisect.bisect(breaks, start - 1) - bisect.bisect(breaks, open_now[0].end - 1) if open_now else 0
        if passed >= _LONGEST:
            open_now.clear()
        opens = _looks_opening(text, start, end, mark)
        if not opens:
            closed = _closed(open_now, mark)
            if closed == 0:
                found.append(Quoted(open_now[0].start, open_now[0].end, start, end))
            if closed is not None:
                del open_now[closed:]
        elif open_now and passed:
            if not (text.endswith(_PARAGRAPH, 0, start) and mark == open_now[0].mark):
                open_now = [_Open(mark, start, end)]  # what was open before has lost its end
        elif len(open_now) < _DEEPEST:
            open_now.append(_Open(mark, start, end))
    return found


class _Open(NamedTuple):
    """An opening mark: which, and where it begins and ends."""

    mark: str
    start: int
    end: int


def _marks(text: str) -> Iterator[tuple[str, int, int]]:
    """The marks of a text, with where each begins and ends."""
    needles = [mark for mark in _MARKS if mark[0] in text]
    for start in places_of(text, [*needles, "’"] if "‘" in needles else needles):
        mark = "''" if text[start] == "'" else text[start]
        end = start + len(mark)
        if mark != "’" or not text[end : end + 1].isalnum():
            yield mark, start, end


def _closed(open_now: list[_Open], mark: str) -> int | None:
    """Which of the marks that are open one closes: the last one that it fits, else the first."""
    if open_now and mark in _CLOSED_BY[open_now[-1].mark]:
        return len(open_now) - 1
    return 0 if open_now and mark in _CLOSED_BY[open_now[0].mark] else None


def _looks_opening(text: str, start: int, end: int, mark: str) -> bool:
    """Whether a mark opens: by its form, or for a straight one by what stands beside it."""
    if mark in _OPENS:
        return True
    if mark in _CLOSES:
        return False
    before, after = text[start - 1 : start], text[end : end + 1]
    return (not before or before in " \n(-–—:[/") and bool(after) and not after.isspace() and after not in ".,;:!?)"

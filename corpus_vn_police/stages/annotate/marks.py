"""Quotation marks: find out which one opens and which one closes."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import NamedTuple

from corpus_vn_police.stages.annotate.words import places_of

_MARKS = ("“", "”", '"', "«", "»", "„", "‟", "''", "‘")
_PARAGRAPH = "\n\n"
_LONGEST = 8  # the most paragraphs of one quotation
_DEEPEST = 8  # the deepest nesting of quotations; without a limit, the time could grow quadratically
_OPENS = "“«„‘"
_CLOSES = "”»’"
_CLOSED_BY = {"“": '”"', '"': '"”', "«": "»", "„": '“”"', "''": "''", "‘": "’", "‟": '”"'}


class Quoted(NamedTuple):
    """The text between two quotation marks.

    Attributes:
        opening: the start of the opening mark.
        start, end: start and end of the enclosed text.
        closing: the position after the closing mark.
    """

    opening: int
    start: int
    end: int
    closing: int


def quoted(text: str) -> list[Quoted]:
    """The outermost pieces of a text in quotation marks, in order.

    A piece may end in a later paragraph; if that opens with a mark again, the mark belongs to the piece. A piece that
    is not closed is left out. A piece may open with a curly mark and close with a straight one.
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
                open_now = [_Open(mark, start, end)]  # marks that were open before are never closed
        elif len(open_now) < _DEEPEST:
            open_now.append(_Open(mark, start, end))
    return found


class _Open(NamedTuple):
    """An opening mark: the mark itself, its start and its end."""

    mark: str
    start: int
    end: int


def _marks(text: str) -> Iterator[tuple[str, int, int]]:
    """The marks of a text, each with its start and end."""
    needles = [mark for mark in _MARKS if mark[0] in text]
    for start in places_of(text, [*needles, "’"] if "‘" in needles else needles):
        mark = "''" if text[start] == "'" else text[start]
        end = start + len(mark)
        if mark != "’" or not text[end : end + 1].isalnum():
            yield mark, start, end


def _closed(open_now: list[_Open], mark: str) -> int | None:
    """Which open mark is closed by a mark: the last one that it fits, otherwise the first."""
    if open_now and mark in _CLOSED_BY[open_now[-1].mark]:
        return len(open_now) - 1
    return 0 if open_now and mark in _CLOSED_BY[open_now[0].mark] else None


def _looks_opening(text: str, start: int, end: int, mark: str) -> bool:
    """Whether a mark opens: decided by its form, or for a straight mark by the characters beside it."""
    if mark in _OPENS:
        return True
    if mark in _CLOSES:
        return False
    before, after = text[start - 1 : start], text[end : end + 1]
    return (not before or before in " \n(-–—:[/") and bool(after) and not after.isspace() and after not in ".,;:!?)"

"""Quotation marks: which one opens and which one closes."""

from __future__ import annotations

from typing import NamedTuple

from corpus_vn_police.stages.annotate.words import places_of

_MARKS = ("“", "”", '"', "«", "»", "„", "‟", "''", "‘")
_PARAGRAPH = "\n\n"
_LONGEST = 8  # paragraphs of one quotation
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
    open_now: list[tuple[str, int, int]] = []
    for start in places_of(text, (*_MARKS, "’") if "‘" in text else _MARKS):
        mark = "''" if text[start] == "'" else text[start]
        end = start + len(mark)
        if mark == "’" and text[end : end + 1].isalnum():
            continue
        if open_now and _is_too_far(text, open_now[0][2], start):
            open_now.clear()
        if open_now and mark in _CLOSED_BY[open_now[-1][0]] and not _looks_opening(text, start, end, mark):
            _, opening, inside = open_now.pop()
            if not open_now:
                found.append(Quoted(opening, inside, start, end))
        elif mark in _CLOSES or (not open_now and not _looks_opening(text, start, end, mark)):
            if open_now and mark in _CLOSED_BY[open_now[0][0]]:
                _, opening, inside = open_now[0]
                open_now.clear()
                found.append(Quoted(opening, inside, start, end))
        elif open_now and _PARAGRAPH in text[open_now[0][2] : start]:
            if text[max(0, start - 2) : start] != _PARAGRAPH or mark != open_now[0][0]:
                open_now = [(mark, start, end)]  # what was open before has lost its end
        elif mark in _CLOSED_BY:
            open_now.append((mark, start, end))
    return found


def _looks_opening(text: str, start: int, end: int, mark: str) -> bool:
    """Whether a mark opens: by its form, or for a straight one by what stands beside it."""
    if mark in _OPENS:
        return True
    if mark in _CLOSES:
        return False
    before, after = text[start - 1 : start], text[end : end + 1]
    return (not before or before in " \n(-–—:[/") and bool(after) and not after.isspace() and after not in ".,;:!?)"


def _is_too_far(text: str, start: int, end: int) -> bool:
    return text.count(_PARAGRAPH, start, end) >= _LONGEST

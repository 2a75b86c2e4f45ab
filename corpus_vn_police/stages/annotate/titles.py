"""Titles: find the end of an office that begins at a position."""

from __future__ import annotations

import functools
import re

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.words import CAPITAL, any_of
from corpus_vn_police.syllables import UPPER

_WORDS = lexicon("officers")
_ALSO = re.compile(r",? (?:kiêm|đồng thời là|kiêm nhiệm)(?= )")
_BREAK = re.compile(r", ?| [-–—] ?|[-–—] ")


@functools.cache
def rank_pattern() -> re.Pattern[str]:
    """A rank."""
    return re.compile(rf"(?i:{any_of(_WORDS, 'police rank', 'army rank')})")


@functools.cache
def _office() -> re.Pattern[str]:
    """An office, or a member of a body."""
    return re.compile(rf"(?i:{any_of(_WORDS, 'office', 'member')})")


@functools.cache
def _head() -> re.Pattern[str]:
    """The beginning of a title: an office, a member or a body."""
    return re.compile(rf"(?i:{any_of(_WORDS, 'office', 'member', 'body')})")


@functools.cache
def _body() -> re.Pattern[str]:
    """A body."""
    return re.compile(rf"(?i:{any_of(_WORDS, 'body')})")


@functools.cache
def _step() -> re.Pattern[str]:
    """The next word of a title, with the space before it."""
    return re.compile(
        rf" ?(?:(?i:{any_of(_WORDS, 'office', 'body', 'goes on a title')})"
        rf"|{CAPITAL}(?:[-/&]{CAPITAL})*|[0-9][\w./-]*\w|[0-9]|\([{UPPER}][{UPPER}0-9./-]+\))"
    )


@functools.cache
def _aside() -> re.Pattern[str]:
    """Words in brackets inside a title."""
    return re.compile(rf" \([^()\n]{{2,60}}\)(?= (?i:{any_of(_WORDS, 'body', 'goes on a title')}))")


@functools.cache
def _may_be_a_verb() -> re.Pattern[str]:
    """A word that continues a title or is a verb."""
    return re.compile(rf" (?i:{any_of(_WORDS, 'may be a verb')})")


@functools.cache
def _ends_in_body() -> re.Pattern[str]:
    """Whether words end in a body, a member or a word that may be a verb."""
    return re.compile(rf"(?<!\w)(?i:{any_of(_WORDS, 'body', 'member', 'may be a verb')}|viên)$")


@functools.cache
def _joined() -> re.Pattern[str]:
    """A word that joins two parts of a title."""
    return re.compile(rf" (?i:{any_of(_WORDS, 'joins a title')})(?= )")


@functools.cache
def _province() -> re.Pattern[str]:
    """A province, a town or a district."""
    return re.compile(
        rf"(?:(?:tỉnh|thành phố|TP\.?|huyện|quận|thị xã|H\.|Q\.) ?{CAPITAL}(?: {CAPITAL}){{0,3}}"
        rf"|{any_of(lexicon('places'), 'province')}|TP\.? ?HCM|TPHCM)(?=[ ,.;)]| [-–])"
    )


def title_end(text: str, start: int) -> int | None:
    """The end of a title: an office or a body, and all words that belong to it.

    Args:
        text: the text.
        start: the position where it begins.

    Returns:
        None if no title begins there.
    """
    head = _head().match(text, start)
    if not head:
        return None
    end = _part_end(text, head.end())
    while following := _BREAK.match(text, end) or _ALSO.match(text, end):
        begin = following.end()
        while text.startswith(" ", begin):
            begin += 1
        also = _ALSO.match(text, end)
        if also and (head := _office().match(text, begin)):
            end = _part_end(text, head.end())
            continue
        if _goes_on_title(text, begin) and (head := _head().match(text, begin)):
            end = _part_end(text, head.end())
        elif place := _province().match(text, begin):
            end = place.end()
        else:
            break
    return end


def _goes_on_title(text: str, start: int) -> bool:
    """Whether a comma is followed by an office, or a body in capitals; `, cơ quan Công an` begins a new statement."""
    if rank_pattern().match(text, start):
        return False
    return bool(_office().match(text, start) or (text[start : start + 1].isupper() and _head().match(text, start)))


def _part_end(text: str, end: int) -> int:
    """The end of a title up to its first comma."""
    while True:
        begin = end + text.startswith(" ", end)
        if rank_pattern().match(text, begin):
            return end
        verb = _may_be_a_verb().match(text, end)
        if verb and (step := _step().match(text, end)) and step.end() >= verb.end():
            verb = None
        if verb:
            if not (_ends_in_body().search(text, max(0, end - 24), end) or text[verb.start() + 1].isupper()):
                return end
            end = verb.end()
        elif step := _step().match(text, end):
            end = step.end()
        elif aside := _aside().match(text, end):
            end = aside.end()
        elif joined := _joined().match(text, end):
            following = _step().match(text, joined.end())
            if not following or rank_pattern().match(text, joined.end() + 1) or not _joins(text, joined, following):
                return end
            end = following.end()
        else:
            return end


def _joins(text: str, joined: re.Match[str], following: re.Match[str]) -> bool:
    """Whether text after `và` belongs to the title: in `Quốc phòng và An ninh`, not in `Bộ Công an và Công an tỉnh`."""
    if joined.group().strip().lower() not in ("và", "&"):
        return True
    begin = joined.end() + 1
    return not _body().match(text, begin) and not _office().match(text, begin)

"""Titles: where an office that begins at a place ends."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.words import CAPITAL, any_of
from corpus_vn_police.syllables import UPPER

_WORDS = lexicon("officers")
_ALSO = re.compile(r",? (?:kiêm|đồng thời là|kiêm nhiệm)(?= )")
_BREAK = re.compile(r", ?| [-–—] ?|[-–—] ")


class _Patterns(NamedTuple):
    """The patterns of the words of titles."""

    rank: re.Pattern[str]
    office: re.Pattern[str]
    head: re.Pattern[str]
    body: re.Pattern[str]
    step: re.Pattern[str]
    aside: re.Pattern[str]
    may_be_a_verb: re.Pattern[str]
    ends_in_body: re.Pattern[str]
    joined: re.Pattern[str]
    province: re.Pattern[str]


@functools.cache
def _patterns() -> _Patterns:
    """The patterns, compiled when a title is looked for first: they take 0.05 s."""
    return _Patterns(
        rank=re.compile(rf"(?i:{any_of(_WORDS, 'police rank', 'army rank')})"),
        office=re.compile(rf"(?i:{any_of(_WORDS, 'office', 'member')})"),
        head=re.compile(rf"(?i:{any_of(_WORDS, 'office', 'member', 'body')})"),
        body=re.compile(rf"(?i:{any_of(_WORDS, 'body')})"),
        step=re.compile(
            rf" ?(?:(?i:{any_of(_WORDS, 'office', 'body', 'goes on a title')})"
            rf"|{CAPITAL}(?:[-/&]{CAPITAL})*|[0-9][\w./-]*\w|[0-9]|\([{UPPER}][{UPPER}0-9./-]+\))"
        ),
        aside=re.compile(rf" \([^()\n]{{2,60}}\)(?= (?i:{any_of(_WORDS, 'body', 'goes on a title')}))"),
        may_be_a_verb=re.compile(rf" (?i:{any_of(_WORDS, 'may be a verb')})"),
        ends_in_body=re.compile(rf"(?<!\w)(?i:{any_of(_WORDS, 'body', 'member', 'may be a verb')}|viên)$"),
        joined=re.compile(rf" (?i:{any_of(_WORDS, 'joins a title')})(?= )"),
        province=re.compile(
            rf"(?:(?:tỉnh|thành phố|TP\.?|huyện|quận|thị xã|H\.|Q\.) ?{CAPITAL}(?: {CAPITAL}){{0,3}}"
            rf"|{any_of(lexicon('places'), 'province')}|TP\.? ?HCM|TPHCM)(?=[ ,.;)]| [-–])"
        ),
    )


def title_end(text: str, start: int) -> int | None:
    """Where a title ends: an office or a body, and all that goes on it.

    Args:
        text: the text.
        start: where it begins.

    Returns:
        None if no title begins there.
    """
    words = _patterns()
    head = words.head.match(text, start)
    if not head:
        return None
    end = _part_end(text, head.end())
    while following := _BREAK.match(text, end) or _ALSO.match(text, end):
        begin = following.end()
        while text.startswith(" ", begin):
            begin += 1
        also = _ALSO.match(text, end)
        if also and (head := words.office.match(text, begin)):
            end = _part_end(text, head.end())
            continue
        if _goes_on_title(text, begin) and (head := words.head.match(text, begin)):
            end = _part_end(text, head.end())
        elif place := words.province.match(text, begin):
            end = place.end()
        else:
            break
    return end


def _goes_on_title(text: str, start: int) -> bool:
    """Whether an office, or a body in capitals, stands behind a comma: `, cơ quan Công an` begins what is said."""
    words = _patterns()
    if words.rank.match(text, start):
        return False
    return bool(
        words.office.match(text, start) or (text[start : start + 1].isupper() and words.head.match(text, start))
    )


def _part_end(text: str, end: int) -> int:
    """Where a title without its commas ends."""
    words = _patterns()
    while True:
        begin = end + text.startswith(" ", end)
        if words.rank.match(text, begin):
            return end
        verb = words.may_be_a_verb.match(text, end)
        if verb and (step := words.step.match(text, end)) and step.end() >= verb.end():
            verb = None
        if verb:
            if not (words.ends_in_body.search(text, max(0, end - 24), end) or text[verb.start() + 1].isupper()):
                return end
            end = verb.end()
        elif step := words.step.match(text, end):
            end = step.end()
        elif aside := words.aside.match(text, end):
            end = aside.end()
        elif joined := words.joined.match(text, end):
            following = words.step.match(text, joined.end())
            if not following or words.rank.match(text, joined.end() + 1) or not _joins(text, joined, following):
                return end
            end = following.end()
        else:
            return end


def _joins(text: str, joined: re.Match[str], following: re.Match[str]) -> bool:
    """Whether what follows `và` is still of the title: `Quốc phòng và An ninh`, not `Bộ Công an và Công an tỉnh`."""
    words = _patterns()
    if joined.group().strip().lower() not in ("và", "&"):
        return True
    begin = joined.end() + 1
    return not words.body.match(text, begin) and not words.office.match(text, begin)

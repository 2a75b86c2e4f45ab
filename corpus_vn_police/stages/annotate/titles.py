"""Titles: where an office that begins at a place ends."""

from __future__ import annotations

import re

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.words import CAPITAL, any_of
from corpus_vn_police.syllables import UPPER

_WORDS = lexicon("officers")
_RANK = re.compile(rf"(?i:{any_of(_WORDS, 'police rank', 'army rank')})")
_OFFICE = re.compile(rf"(?i:{any_of(_WORDS, 'office', 'member')})")
_HEAD = re.compile(rf"(?i:{any_of(_WORDS, 'office', 'member', 'body')})")
_BODY = re.compile(rf"(?i:{any_of(_WORDS, 'body')})")
_STEP = re.compile(
    rf" ?(?:(?i:{any_of(_WORDS, 'office', 'body', 'goes on a title')})"
    rf"|{CAPITAL}(?:[-/&]{CAPITAL})*|[0-9][\w./-]*\w|[0-9]|\([{UPPER}][{UPPER}0-9./-]+\))"
)
_ASIDE = re.compile(rf" \([^()\n]{{2,60}}\)(?= (?i:{any_of(_WORDS, 'body', 'goes on a title')}))")
_MAY_BE_A_VERB = re.compile(rf" (?i:{any_of(_WORDS, 'may be a verb')})")
_ENDS_IN_BODY = re.compile(rf"(?<!\w)(?i:{any_of(_WORDS, 'body', 'member', 'may be a verb')}|viên)$")
_JOINED = re.compile(rf" (?i:{any_of(_WORDS, 'joins a title')})(?= )")
_ALSO = re.compile(r",? (?:kiêm|đồng thời là|kiêm nhiệm)(?= )")
_BREAK = re.compile(r", ?| [-–—] ?|[-–—] ")
_PROVINCE = re.compile(
    rf"(?:(?:tỉnh|thành phố|TP\.?|huyện|quận|thị xã|H\.|Q\.) ?{CAPITAL}(?: {CAPITAL}){{0,3}}"
    rf"|{any_of(lexicon('places'), 'province')}|TP\.? ?HCM|TPHCM)(?=[ ,.;)]| [-–])"
)
_ADDRESS = re.compile(r" (?:[Ôô]ng|[Bb]à|[Cc]ác đồng chí|đồng chí)\b")


def title_end(text: str, start: int) -> int | None:
    """Where a title ends: an office or a body, and all that goes on it.

    Args:
        text: the text.
        start: where it begins.

    Returns:
        None if no title begins there.
    """
    head = _HEAD.match(text, start)
    if not head:
        return None
    end = _part_end(text, head.end())
    while following := _BREAK.match(text, end) or _ALSO.match(text, end):
        begin = following.end()
        while text.startswith(" ", begin):
            begin += 1
        also = _ALSO.match(text, end)
        if also and (head := _OFFICE.match(text, begin)):
            end = _part_end(text, head.end())
            continue
        if _goes_on_title(text, begin) and (head := _HEAD.match(text, begin)):
            end = _part_end(text, head.end())
        elif place := _PROVINCE.match(text, begin):
            end = place.end()
        else:
            break
    return end


def _goes_on_title(text: str, start: int) -> bool:
    """Whether an office, or a body in capitals, stands behind a comma: `, cơ quan Công an` begins what is said."""
    if _RANK.match(text, start):
        return False
    return bool(_OFFICE.match(text, start) or (text[start : start + 1].isupper() and _HEAD.match(text, start)))


def _part_end(text: str, end: int) -> int:
    """Where a title without its commas ends."""
    while True:
        begin = end + text.startswith(" ", end)
        if _RANK.match(text, begin):
            return end
        verb = _MAY_BE_A_VERB.match(text, end)
        if verb and (step := _STEP.match(text, end)) and step.end() >= verb.end():
            verb = None
        if verb:
            if not (_ENDS_IN_BODY.search(text, max(0, end - 24), end) or text[verb.start() + 1].isupper()):
                return end
            end = verb.end()
        elif step := _STEP.match(text, end):
            end = step.end()
        elif aside := _ASIDE.match(text, end):
            end = aside.end()
        elif joined := _JOINED.match(text, end):
            following = _STEP.match(text, joined.end())
            if not following or _RANK.match(text, joined.end() + 1) or not _joins(text, joined, following):
                return end
            end = following.end()
        else:
            return end


def _joins(text: str, joined: re.Match[str], following: re.Match[str]) -> bool:
    """Whether what follows `và` is still of the title: `Quốc phòng và An ninh`, not `Bộ Công an và Công an tỉnh`."""
    if joined.group().strip().lower() not in ("và", "&"):
        return True
    begin = joined.end() + 1
    return not _BODY.match(text, begin) and not _OFFICE.match(text, begin)

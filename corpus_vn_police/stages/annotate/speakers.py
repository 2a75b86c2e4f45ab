"""Whoever speaks, as the text writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.names import name_end
from corpus_vn_police.stages.annotate.spans import Span
from corpus_vn_police.stages.annotate.titles import title_end
from corpus_vn_police.stages.annotate.words import CAPITAL, any_of

_SPEECH, _OFFICERS = lexicon("speech"), lexicon("officers")
_ADDRESS = re.compile(rf"(?i:{any_of(_SPEECH, 'address')})")
_OFFICE = re.compile(rf"(?i:{any_of(_OFFICERS, 'office')})")
_RANK = re.compile(rf"(?i:{any_of(_OFFICERS, 'police rank', 'army rank')})")
_THIS = re.compile(r" (?:này|ấy|ta|đó|kia)\b")
_NAME = re.compile(rf" (?={CAPITAL})")
_BARE = re.compile(rf"{CAPITAL}(?: {CAPITAL}){{0,3}}(?= [^\W\d_])")
_TITLE = re.compile(r" ?[,–-] ?")
_SAYS = re.compile(rf"(?<!\w)(?i:{any_of(_SPEECH, 'says')})")
_CLAUSE = re.compile(r"[,;:(] ?|[-–] ")
SAYS = _SAYS


def speaker_end(text: str, start: int, mentions: Mapping[int, int]) -> int | None:
    """Where a phrase for a person ends that begins at a place.

    Args:
        text: the text.
        start: where it begins.
        mentions: where each officer's mention begins and ends.

    Returns:
        None if no such phrase begins there.
    """
    if start in mentions:
        return mentions[start]
    if rank := _RANK.match(text, start):
        office = re.compile(" ").match(text, rank.end())
        end = title_end(text, office.end()) if office and _OFFICE.match(text, office.end()) else None
        return end or rank.end()
    if address := _ADDRESS.match(text, start):
        return _after_address(text, address.end(), mentions)
    if office := _OFFICE.match(text, start):
        return _with_name(text, title_end(text, start) or office.end())
    return None


def _after_address(text: str, end: int, mentions: Mapping[int, int]) -> int:
    if this := _THIS.match(text, end):
        return this.end()
    begin = end + 1
    if text.startswith(" ", end):
        if begin in mentions:
            return mentions[begin]
        if further := _ADDRESS.match(text, begin) or _OFFICE.match(text, begin):
            inner = speaker_end(text, begin, mentions)
            return inner if inner else further.end()
    if _NAME.match(text, end) and (until := name_end(text, begin)):
        return _with_title(text, until)
    return end


def _with_title(text: str, end: int) -> int:
    if title := _TITLE.match(text, end):
        return title_end(text, title.end()) or end
    return end


def _with_name(text: str, end: int) -> int:
    if _NAME.match(text, end) and (until := name_end(text, end + 1)):
        return until
    return end


def speaker_before(text: str, begin: int, end: int, mentions: Mapping[int, int]) -> Span | None:
    """Who speaks in a clause that introduces a quotation: the subject of its last verb of saying.

    Args:
        text: the text.
        begin: where the sentence begins.
        end: where the quotation begins.
        mentions: as `speaker_end`.
    """
    verbs = [verb.start() for verb in _SAYS.finditer(text, begin, end)]
    until = verbs[-1] if verbs else end
    starts = [begin, *(clause.end() for clause in _CLAUSE.finditer(text, begin, until))]
    candidates = []
    place = begin
    for word in re.finditer(r"(?<![\w’'])\w", text[begin:until]):
        start = begin + word.start()
        if start < place:
            continue
        found = speaker_end(text, start, mentions)
        if found is None and start in starts and (bare := _BARE.match(text, start)):
            found = bare.end()
        if found is not None and found <= until:
            candidates.append((start in starts, Span(start, found)))
            place = found
    subjects = [span for leads, span in candidates if leads]
    return (subjects or [span for _, span in candidates] or [None])[-1]

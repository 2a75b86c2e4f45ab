"""Direct speech: what stands in quotation marks and is said by somebody."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.marks import Quoted, quoted
from corpus_vn_police.stages.annotate.spans import Person, Quote, Span
from corpus_vn_police.stages.annotate.speakers import SAYS, speaker_before, speaker_end
from corpus_vn_police.stages.annotate.words import CAPITAL, any_of

_WORDS = lexicon("speech")
_NAMES_A_THING = re.compile(rf"(?<!\w)(?i:{any_of(_WORDS, 'names a thing')})\s*:?\s*$")
_BEFORE = re.compile(r"[.!?…:;,]?[”\"»']?\s*[-–—]?\s*$")
_AFTER = re.compile(r"[.,!?…]? ?[-–—]?,? ?(?:[Tt]heo |[Đđ]ó là lời |lời (?:của )?|là lời (?:của )?)?")
_SENTENCE = re.compile(r"[.!?…][”\"»]? |\n|[”\"»][.,]? ")
_BARE = re.compile(rf"({CAPITAL}(?: {CAPITAL}){{0,3}}) (?=[^\W\d_])")
_FEW = 5  # words: so many are a term rather than speech, unless something says that they are spoken
_PARTIAL = 4
_LOOK = 240  # code points before a quotation, in which its sentence begins
_END = re.compile(r"[.!?…]$")


def quotes(text: str, officers: Sequence[Person]) -> list[Quote]:
    """The direct speech of a text, in order.

    Args:
        text: the text.
        officers: as `people` finds them.
    """
    mentions = {person.mention.start: person.mention.end for person in officers}
    found = []
    for piece in quoted(text):
        inside = text[piece.start : piece.end]
        start = piece.start + len(inside) - len(inside.lstrip())
        end = piece.start + len(inside.rstrip())
        if start < end and (said := _said(text, Quoted(piece.opening, start, end, piece.closing), mentions)):
            found.append(said)
    return found


def _said(text: str, piece: Quoted, mentions: Mapping[int, int]) -> Quote | None:
    begin = _sentence_begins(text, piece.opening)
    before = text[begin : piece.opening]
    lead = before.rstrip()
    words = text.count(" ", piece.start, piece.end) + 1
    speech = Span(piece.start, piece.end)
    alone = not lead.strip(" -–—")
    whole = alone or lead.endswith(":")
    if not alone and _NAMES_A_THING.search(lead):
        return None
    if lead.endswith(":"):
        says = SAYS.search(lead)
        if not says and words < _FEW:
            return None
        return Quote(speech, speaker_before(text, begin, piece.opening, mentions) if says else None)
    after = _speaker_after(text, piece.closing, mentions)
    if alone:
        if words < _PARTIAL and not after and not _END.search(text[piece.start : piece.end]):
            return None
        return Quote(speech, after)
    if words >= _PARTIAL and SAYS.search(lead[-60:]):
        return Quote(speech, speaker_before(text, begin, piece.opening, mentions) or after)
    if after and words >= _FEW and whole:
        return Quote(speech, after)
    return None


def _sentence_begins(text: str, opening: int) -> int:
    """Where the sentence before a quotation begins; a paragraph that ends in a colon introduces the next one."""
    limit = max(0, opening - _LOOK)
    if text[max(0, opening - 2) : opening] == "\n\n" and text[: opening - 2].endswith(":"):
        opening -= 2
    begin = text.rfind("\n", limit, opening) + 1 or limit
    for sentence in _SENTENCE.finditer(text, begin, opening):
        if sentence.end() <= opening:
            begin = sentence.end()
    return begin


def _speaker_after(text: str, closing: int, mentions: Mapping[int, int]) -> Span | None:
    """Who speaks by the words behind a quotation: `”, Đại tướng Tô Lâm nêu rõ`."""
    gap = _AFTER.match(text, closing)
    if not gap or not gap.group() or gap.group() == " ":
        return None
    begin = gap.end()
    stopped = gap.group().lstrip()[:1] in ".!?…"
    end = speaker_end(text, begin, mentions)
    if end is None and (bare := _BARE.match(text, begin)):
        end = bare.end(1)
    if end is None:
        return None
    if stopped and "-" not in gap.group() and "–" not in gap.group():
        return None
    return Span(begin, end)

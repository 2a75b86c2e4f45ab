"""Direct speech: text in quotation marks that somebody says."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.marks import Quoted, quoted
from corpus_vn_police.stages.annotate.spans import Person, Quote, Span
from corpus_vn_police.stages.annotate.speakers import Cast, cast_of, says_in, speaker_after, speaker_before
from corpus_vn_police.stages.annotate.words import any_of, ends_in, phrases_of
from corpus_vn_police.syllables import LOWER

_WORDS = lexicon("speech")
_NAMES_A_THING = phrases_of(_WORDS, "names a thing")
_LEADS_TO_A_TERM = phrases_of(_WORDS, "leads to a term")
_SAYS = phrases_of(_WORDS, "says")
_LONGEST_NAME = 4  # words of a phrase that names a thing: `được mệnh danh là`
_FULL_STOP = re.compile(r"[.!?…]|\s|$")
_BY = re.compile(r"(?:Cũng )?[Tt]heo ")
_COLON_NAMES = re.compile(rf"(?<!\w)(?i:{any_of(_WORDS, 'names what follows a colon')})[^,;:]{{0,24}}:\s*$")
_AFTER = re.compile(r"[.,!?…]? ?[-–—]?,? ?(?P<theo>[Tt]heo |[Đđ]ó là lời |[Ll]ời (?:của )?|là lời (?:của )?)?")
_STOP = re.compile(rf"[.!?…][”\"»]? (?![{LOWER}])")
_AFTER_INITIAL = re.compile(r"[\s.][A-ZĐ]$")  # `anh T. kể`
_PREVIOUS_QUOTE = re.compile(r"[”\"»](?:,| và| hay| hoặc|;|, và) ?$")
_GOES_ON = re.compile(r" [^\W\d_A-ZĐÀ-Ỹ]")
_ENDS = re.compile(r"[.!?…,]$")
_BY_COMMA = re.compile(r",\s*$")
_FEW = 4  # words; a shorter quotation is a term, unless the text says that somebody says it
_CLAUSE = 5  # words; a shorter part of a sentence is a term rather than speech
_NEAR = 36  # code points before a part of a sentence that may contain its verb of saying
_LOOK = 300  # code points before a quotation that may contain the start of its sentence


def quotes(text: str, officers: Sequence[Person]) -> list[Quote]:
    """The direct speech of a text, in order.

    Args:
        text: the text.
        officers: the officers that `people` found.
    """
    pieces = quoted(text)
    if not pieces:
        return []
    cast = cast_of(text, officers)
    found: list[Quote] = []
    named = -1  # the end of the last quotation that is not speech
    for piece in pieces:
        inside = text[piece.start : piece.end]
        speech = Span(piece.start + len(inside) - len(inside.lstrip()), piece.start + len(inside.rstrip()))
        if speech.start >= speech.end:
            continue
        words = text.count(" ", *speech) + text.count("\n", *speech) + 1
        if words < _FEW and text[max(0, piece.opening - 2) : piece.opening].strip()[-1:].isalnum():
            named = piece.closing
            continue
        begin = _sentence_begins(text, piece.opening)
        in_row = _PREVIOUS_QUOTE.search(text, max(begin, piece.opening - 8), piece.opening)
        quote = None if in_row and named > in_row.start() else _said(cast, piece, speech, begin, words)
        if quote and quote.speaker is None and begin == piece.opening and _FULL_STOP.match(text, piece.closing):
            quote = Quote(speech, _sentence_before(cast, piece, found[-1] if found else None))
        if quote:
            found.append(quote)
        else:
            named = piece.closing
    return found


def _said(cast: Cast, piece: Quoted, speech: Span, begin: int, words: int) -> Quote | None:
    """The quotation, if the text shows that somebody says it."""
    text = cast.text
    lead = text[begin : piece.opening]
    if lead.rstrip().endswith(":"):
        return _introduced(cast, piece, speech, begin, words)
    after, says_after = _named_after(cast, piece.closing)
    if not lead.strip(" -–—+•"):
        whole = bool(_ENDS.search(text[slice(*speech)])) or not _GOES_ON.match(text, piece.closing)
        return Quote(speech, after) if after or (whole and words >= _FEW) else None
    near = lead[-_NEAR:]
    last_words = near.rstrip().lower()
    if ends_in(last_words, _NAMES_A_THING, _LONGEST_NAME):
        return None
    if says_after and words >= _CLAUSE:
        return Quote(speech, after)
    if words < _FEW or (ends_in(last_words, _LEADS_TO_A_TERM, _LONGEST_NAME) and not _BY.match(lead)):
        return None
    says = says_in(text, max(begin, piece.opening - _NEAR), piece.opening)
    if says and _BY_COMMA.search(near):
        return Quote(speech, speaker_before(cast, begin, piece.opening) or after)
    lower = not text[speech.start].isupper() or ends_in(last_words, _SAYS, _LONGEST_NAME)
    if lower and words >= _CLAUSE and (says or _BY.match(lead)):
        return Quote(speech, speaker_before(cast, begin, piece.opening) or after)
    return None


def _introduced(cast: Cast, piece: Quoted, speech: Span, begin: int, words: int) -> Quote | None:
    """A quotation after a colon: it is speech, unless the words before show that it is a name or a slogan."""
    lead = cast.text[begin : piece.opening]
    speaker = speaker_before(cast, begin, piece.opening)
    if _COLON_NAMES.search(lead) or (words < _FEW and not (speaker or says_in(cast.text, begin, piece.opening))):
        return None
    return Quote(speech, speaker)


def _sentence_begins(text: str, opening: int) -> int:
    """The start of the sentence before a quotation; a paragraph that ends in a colon introduces the next one."""
    limit, end = max(0, opening - _LOOK), opening
    if text[max(0, opening - 2) : opening] == "\n\n" and text[: opening - 2].endswith(":"):
        end -= 2
    begin = max(limit, text.rfind("\n", limit, end) + 1)
    for stop in reversed([*_STOP.finditer(text, begin, opening)]):
        if stop.start() < end and not _AFTER_INITIAL.search(text, max(0, stop.start() - 2), stop.start()):
            return stop.end()
    return begin


def _named_after(cast: Cast, closing: int) -> tuple[Span | None, bool]:
    """The person named after a quotation (`”, Đại tướng Tô Lâm nêu rõ`), and whether they are said to say it."""
    gap = _AFTER.match(cast.text, closing)
    if not gap or gap.group() in ("", " ") or (gap.group()[0] in ".…" and not gap.group().strip(".… ")):
        return None, False
    named = speaker_after(cast, gap.end())
    if not named:
        return None, False
    return named[0], named[1] or bool(gap["theo"])


def _sentence_before(cast: Cast, piece: Quoted, last: Quote | None) -> Span | None:
    """The speaker, from the sentence before a sentence that is only a quotation: `Anh A kể hôm đó trời mưa. “Tôi …”`.

    If that sentence names the speaker of the quotation before (`“…”, anh nói. “…”`), it is the same speaker.
    """
    text, opening = cast.text, piece.opening
    if opening < 2 or text[opening - 1] == "\n":
        return None
    begin = _sentence_begins(text, opening - 2)
    if last and last.speaker and last.speech.end < last.speaker.start and begin <= last.speaker.end < opening:
        return last.speaker
    if not says_in(text, begin, opening):
        return None
    return speaker_before(cast, begin, opening)

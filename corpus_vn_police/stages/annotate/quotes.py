"""Direct speech: what stands in quotation marks and is said by somebody."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.marks import Quoted, quoted
from corpus_vn_police.stages.annotate.spans import Person, Quote, Span
from corpus_vn_police.stages.annotate.speakers import SAYS, Cast, cast_of, speaker_after, speaker_before
from corpus_vn_police.stages.annotate.words import any_of
from corpus_vn_police.syllables import LOWER

_WORDS = lexicon("speech")
_NAMES_A_THING = re.compile(rf"(?<!\w)(?i:{any_of(_WORDS, 'names a thing')})\s*$")
_LEADS_TO_A_TERM = re.compile(rf"(?<!\w)(?i:{any_of(_WORDS, 'leads to a term')})\s*$")
_BY = re.compile(r"(?:Cũng )?[Tt]heo ")
_NAMES_A_THING_BEFORE_COLON = re.compile(
    r"(?<!\w)(?i:chủ đề|khẩu hiệu|phương châm|mang tên|tên là|thông điệp|dòng chữ|biểu ngữ|tiêu đề)[^,;:]{0,24}:\s*$"
)
_AFTER = re.compile(r"[.,!?…]? ?[-–—]?,? ?(?P<theo>[Tt]heo |[Đđ]ó là lời |[Ll]ời (?:của )?|là lời (?:của )?)?")
_SENTENCE = re.compile(rf"(?<![\s.][A-ZĐ])[.!?…][”\"»]? (?![{LOWER}])|\n|[”\"»]\. ")
_PREVIOUS_QUOTE = re.compile(r"[”\"»](?:,| và| hay| hoặc|;|, và) ?$")
_GOES_ON = re.compile(r" [^\W\d_A-ZĐÀ-Ỹ]")
_ENDS = re.compile(r"[.!?…,]$")
_BY_COMMA = re.compile(r",\s*$")
_FEW = 4  # words: a quotation with fewer is a term, unless something says that somebody says it
_CLAUSE = 5  # words of a part of a sentence that is speech rather than a term
_NEAR = 36  # code points in front of a part of a sentence, in which its verb of saying stands
_LOOK = 300  # code points before a quotation, in which its sentence begins


def quotes(text: str, officers: Sequence[Person]) -> list[Quote]:
    """The direct speech of a text, in order.

    Args:
        text: the text.
        officers: as `people` finds them.
    """
    pieces = quoted(text)
    if not pieces:
        return []
    cast = cast_of(text, officers)
    found: list[Quote] = []
    named = -1  # where the last piece that is no speech ends
    for piece in pieces:
        inside = text[piece.start : piece.end]
        speech = Span(piece.start + len(inside) - len(inside.lstrip()), piece.start + len(inside.rstrip()))
        if speech.start >= speech.end:
            continue
        begin = _sentence_begins(text, piece.opening)
        in_row = _PREVIOUS_QUOTE.search(text, max(begin, piece.opening - 8), piece.opening)
        quote = None if in_row and named > in_row.start() else _said(cast, piece, speech, begin)
        if quote and quote.speaker is None and found and _goes_on(text, found[-1], piece):
            quote = Quote(speech, found[-1].speaker)
        if quote:
            found.append(quote)
        else:
            named = piece.closing
    return found


def _said(cast: Cast, piece: Quoted, speech: Span, begin: int) -> Quote | None:
    """The quotation, if somebody says it."""
    text = cast.text
    lead = text[begin : piece.opening]
    words = text.count(" ", *speech) + text.count("\n", *speech) + 1
    after, says_after = _named_after(cast, piece.closing)
    if not lead.strip(" -–—+•"):
        whole = bool(_ENDS.search(text[slice(*speech)])) or not _GOES_ON.match(text, piece.closing)
        return Quote(speech, after) if after or (whole and words >= _FEW) else None
    if lead.rstrip().endswith(":"):
        return _introduced(cast, piece, speech, begin, words)
    if _NAMES_A_THING.search(lead):
        return None
    if says_after and words >= _CLAUSE:
        return Quote(speech, after)
    if _LEADS_TO_A_TERM.search(lead) and not _BY.match(lead):
        return None
    says = list(SAYS.finditer(lead))
    if says and _BY_COMMA.search(lead) and len(lead) - says[-1].end() < _NEAR and words >= _FEW:
        return Quote(speech, speaker_before(cast, begin, piece.opening) or after)
    lower = not text[speech.start].isupper()
    near = _BY.match(lead) or (says and len(lead) - says[-1].end() < _NEAR)
    if near and lower and words >= _CLAUSE:
        return Quote(speech, speaker_before(cast, begin, piece.opening) or after)
    return None


def _introduced(cast: Cast, piece: Quoted, speech: Span, begin: int, words: int) -> Quote | None:
    """A quotation behind a colon: speech, if the words before do not say that it is a name or a slogan."""
    lead = cast.text[begin : piece.opening]
    speaker = speaker_before(cast, begin, piece.opening)
    if _NAMES_A_THING_BEFORE_COLON.search(lead) or (words < _FEW and not (speaker or SAYS.search(lead))):
        return None
    return Quote(speech, speaker)


def _sentence_begins(text: str, opening: int) -> int:
    """Where the sentence before a quotation begins; a paragraph that ends in a colon introduces the next one."""
    limit, end = max(0, opening - _LOOK), opening
    if text[max(0, opening - 2) : opening] == "\n\n" and text[: opening - 2].endswith(":"):
        end -= 2
    begin = max(limit, text.rfind("\n", limit, end) + 1)
    for sentence in _SENTENCE.finditer(text, begin, end):
        begin = sentence.end()
    return begin


def _named_after(cast: Cast, closing: int) -> tuple[Span | None, bool]:
    """Who is named behind a quotation (`”, Đại tướng Tô Lâm nêu rõ`), and whether the words say that they say it."""
    gap = _AFTER.match(cast.text, closing)
    if not gap or gap.group() in ("", " ") or (gap.group()[0] in ".…" and not gap.group().strip(".… ")):
        return None, False
    named = speaker_after(cast, gap.end())
    if not named:
        return None, False
    return named[0], named[1] or bool(gap["theo"])


def _goes_on(text: str, last: Quote, piece: Quoted) -> bool:
    """Whether only the words that name the speaker are between two quotations: `“…”, anh nói. “…”`."""
    if last.speaker is None or not last.speech.end < last.speaker.start < piece.opening:
        return False
    return piece.opening - last.speaker.end < _NEAR and "\n" not in text[last.speech.end : piece.opening]

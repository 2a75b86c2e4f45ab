"""Text attached to the end of the last paragraph that is not prose: a signature, and the page's stamp."""

from __future__ import annotations

import re
from typing import NamedTuple

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.structure.sentences import ends_in_abbreviation
from corpus_vn_police.stages.structure.signature import LONGEST_SIGNATURE, is_signed, signature
from corpus_vn_police.syllables import UPPER

_WORDS = lexicon("signatures")
TAIL = 160
"""Code points at the end of a paragraph that are searched for a signature or a stamp."""
_END = re.compile(rf"[.!?…”\")](?:/\.)?(?:\s+|/\s*|(?=[{UPPER}]))")
_OF_A_CLIP = re.compile(rf"{_WORDS.any_case_of('clip')}[^:.]{{0,100}}:\s*")
_CLOCK, _DAY = r"[0-9]{1,2}[:hg][0-9]{2}", r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}"
_STAMP = re.compile(rf"(?:\| ?)?(?:{_CLOCK}[,:]?(?: -)? {_DAY}|{_DAY}[,:]?(?: -)? {_CLOCK})(?: ?\(?GMT ?\+ ?7\)?)?")
_STAMP_WORDS = 5


class Tail(NamedTuple):
    """The end of a paragraph that is not prose.

    Attributes:
        length: its length in code points, including the space before it.
        names: the names of the signature; None if it is only a stamp.
    """

    length: int
    names: str | None


def glued_tail(paragraph: str) -> Tail | None:
    """Find text after the prose of a paragraph: `… cấp thiết. Kh.V`, `… Châu Tinh - Thể thao | 03:30 11/05/2017`.

    Args:
        paragraph: the paragraph, or its last `TAIL` code points.

    Returns:
        None if it ends in prose.
    """
    end = paragraph[-TAIL:]
    stamp = _stamp_at(end)
    if stamp is None:
        return _signed_at(end)
    before = end[:stamp].rstrip(" ,-–|")
    piped = "|" in end[len(before) :]
    signed = _section_at(before) if piped else _signed_at(before)
    if signed is None:
        return None if before and before[-1].isalnum() and not piped else Tail(len(end) - len(before), None)
    return Tail(len(end) - len(before) + signed.length, signed.names)


def _stamp_at(text: str) -> int | None:
    """Where the page's stamp (time and date) at the end of a text begins; None if there is none."""
    if not text.rstrip(" )")[-1:].isdigit():
        return None
    words = text.rstrip().split(" ")
    for count in range(min(_STAMP_WORDS, len(words) - 1), 1, -1):
        stamp = " ".join(words[-count:])
        if _STAMP.fullmatch(stamp):
            return text.rstrip().rfind(stamp)
    return None


def _section_at(text: str) -> Tail | None:
    """The signature and the section before a stamp: `Châu Tinh - Thể thao`, `Thể thao`."""
    starts = [cut.end() for cut in (*_END.finditer(text), *_OF_A_CLIP.finditer(text))]
    start = max(starts, default=len(text))
    piece = text[start:]
    if not piece or len(piece.split()) > LONGEST_SIGNATURE or not piece[0].isupper():
        return None
    names, _, section = piece.partition(" - ")
    return Tail(len(text) - len(text[:start].rstrip()), signature(names) if section else None)


def _signed_at(text: str) -> Tail | None:
    """The signature after the last sentence."""
    bracket = text.rfind(" (") if text.endswith(")") else -1
    core = text[:bracket].rstrip() if bracket > 0 else text
    words = core.rsplit(" ", LONGEST_SIGNATURE + 1)
    start = len(words[0]) if len(words) > LONGEST_SIGNATURE + 1 else 0
    cuts = list(_END.finditer(core, start))
    if ":" in core[start:]:
        cuts = sorted((*cuts, *_OF_A_CLIP.finditer(core)), key=re.Match.end)
    for cut in cuts:
        rest = core[cut.end() :]
        if not rest or ends_in_abbreviation(core[: cut.start() + 1]):
            continue
        names = signature(rest)
        if names is not None and (bracket > 0 or is_signed(rest, names, apart=cut.group()[-1].isspace())):
            return Tail(len(text) - len(core[: cut.end()].rstrip()), names)
    return None

"""The words around a number that show whose it is or what it is."""

from __future__ import annotations

import re
from typing import NamedTuple

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.words import any_of
from corpus_vn_police.syllables import UPPER

_WORDS = lexicon("personal")
_KINDS = ("phone", "id number", "passport", "driving licence", "bank account", "plate", "other number")
_CUE = re.compile("|".join(rf"(?P<{kind.replace(' ', '_')}>(?<!\w)(?i:{any_of(_WORDS, kind)}))" for kind in _KINDS))
_SENTENCE = re.compile(rf"[.!?…][”\"»)]?\s+(?=[{UPPER}“\"«])|\n")
_BANK = re.compile(rf"[ ,]*(?:\(|tại |mở tại |của |ở |thuộc |- )*(?i:{any_of(_WORDS, 'bank')})(?!\.?\w)")
_IN_BRACKETS = re.compile(r" ?\(([^()\n]{1,24})")
_AMOUNT = re.compile(rf" ?(?i:{any_of(_WORDS, 'amount')})")
_LOOK_BACK = 110  # code points before a number that may contain its cue; several numbers in a list share one


class Cue(NamedTuple):
    """The meaning of the words around a number.

    Attributes:
        kind: the kind of personal data; `other_number` if it is not personal.
        distance: code points between the words and the number.
    """

    kind: str
    distance: int


def sentence_start(text: str, place: int, look_back: int = _LOOK_BACK) -> int:
    """The start of the sentence that contains a position, or the limit up to which a rule looks back."""
    begin = max(0, place - look_back)
    for boundary in _SENTENCE.finditer(text, begin, place):
        begin = boundary.end()
    return begin


def cue(text: str, start: int, end: int) -> Cue | None:
    """What the words of a sentence say about a number in it: the nearest words, before it or in brackets after it."""
    before = None
    for found in _CUE.finditer(text, sentence_start(text, start), start):
        before = Cue(found.lastgroup or "", start - found.end())
    return min(filter(None, (before, _behind(text, end))), key=lambda each: each.distance, default=None)


def is_amount(text: str, end: int) -> bool:
    """Whether a unit or a currency follows a number."""
    return bool(_AMOUNT.match(text, end))


def _behind(text: str, end: int) -> Cue | None:
    if bank := _BANK.match(text, end):
        return Cue("bank_account", bank.end() - end - len(bank.group().lstrip(" ,(")))
    if (brackets := _IN_BRACKETS.match(text, end)) and (found := _CUE.search(text, *brackets.span(1))):
        return Cue(found.lastgroup or "", found.start() - end)
    return None

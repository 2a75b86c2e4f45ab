"""Words right in front of a name that say what kind of person it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from corpus_vn_police.stages.annotate.personal.cues import WORDS
from corpus_vn_police.stages.annotate.personal.naming import both_styles
from corpus_vn_police.syllables import UPPER

KINDS = ("suspect", "role", "done to a suspect", "relative", "address", "address of anybody")
_LONGEST = 30  # code points of a phrase


class Trigger(NamedTuple):
    """Words in front of a name.

    Attributes:
        kind: a class of `personal.txt`.
        start: where the words begin.
        name: where the name begins.
    """

    kind: str
    start: int
    name: int


def _by_last_word() -> dict[str, list[tuple[str, str]]]:
    """The phrases and their kinds by their last word, the longest first."""
    table: dict[str, list[tuple[str, str]]] = {}
    for kind in KINDS:
        for phrase in both_styles(WORDS.phrases(kind)):
            table.setdefault(phrase.rpartition(" ")[2], []).append((phrase, kind))
    for phrases in table.values():
        phrases.sort(key=lambda each: -len(each[0]))
    return table


_PHRASES = _by_last_word()
_ENDS = "|".join(sorted({f"{word[-2:]} " for word in _PHRASES}))
_SITE = re.compile(rf" (?=[{UPPER}])(?<={_ENDS})")
_LABEL = re.compile(rf"(?i:{'|'.join(WORDS.phrases('label'))})(?: [^\n:]{{0,20}})?: ?(?=[{UPPER}])")


def triggers(text: str) -> Iterator[Trigger]:
    """The words in front of names in a text, in order."""
    for site in _SITE.finditer(text):
        end = site.start()
        word = text[text.rfind(" ", 0, end) + 1 : end]
        phrases = _PHRASES.get(word) or _PHRASES.get(word.lower().lstrip("(“\"«-–\n"))
        if not phrases and "\n" in word:
            phrases = _PHRASES.get(word.rpartition("\n")[2].lower())
        if phrases and (found := _longest(text, end, phrases)):
            yield found
    if "ọ tên" in text or "ọ và tên" in text:
        for label in _LABEL.finditer(text):
            yield Trigger("suspect", label.start(), label.end())


def _longest(text: str, end: int, phrases: list[tuple[str, str]]) -> Trigger | None:
    before = text[max(0, end - _LONGEST) : end].lower()
    for phrase, kind in phrases:
        start = end - len(phrase)
        if before.endswith(phrase) and (start <= 0 or not text[start - 1].isalnum()):
            return Trigger(kind, start, end + 1)
    return None

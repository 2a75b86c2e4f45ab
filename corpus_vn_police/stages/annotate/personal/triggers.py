"""Words directly before a name that show what kind of person it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from corpus_vn_police.lexicon import NOTHING, lexicon
from corpus_vn_police.stages.annotate.words import both_styles
from corpus_vn_police.syllables import UPPER

_WORDS = lexicon("personal")
STRONG: tuple[str, ...] = ("suspect", "done to a suspect", "address", "address of anybody")
"""Words that make anybody a private person; the last class only before initials."""

WEAK: tuple[str, ...] = ("role", "relative", "address of anybody", "identified")
"""Words that make somebody a private person only if the text has another private person."""

_BEFORE_COLON = frozenset(
    {"gồm", "là", "khác", "nã", "nhân", "tượng", "can", "cáo", "em", "cháu"}
)  # `4 đối tượng gồm: Nguyễn Văn A, …`
_LONGEST = 30  # code points of a phrase
_NOT_AFTER = frozenset({"đàn", "bậc", "người", "nước"})  # `đàn anh`
_SEVERAL = frozenset({"các", "hai", "ba", "bốn", "những"})  # `các anh Bộ đội`


class Trigger(NamedTuple):
    """Words before a name.

    Attributes:
        kind: a class of `personal.txt`.
        start: the start of the words.
        name: the start of the name.
    """

    kind: str
    start: int
    name: int


Table = dict[str, list[tuple[str, str]]]
"""Phrases and their kinds, by the last word of the phrase; the longest come first."""


def _by_last_word(kinds: tuple[str, ...]) -> Table:
    table: Table = {}
    for kind in kinds:
        for phrase in both_styles(_WORDS.phrases(kind)):
            last = phrase.rpartition(" ")[2]
            table.setdefault(last, []).append((phrase, kind))
            if last in _BEFORE_COLON:
                table.setdefault(f"{last}:", []).append((f"{phrase}:", kind))
    for phrases in table.values():
        phrases.sort(key=lambda each: -len(each[0]))
    return table


def _sites(kinds: tuple[str, ...]) -> re.Pattern[str]:
    """A cheap pattern for positions where a capital may follow a phrase: it tests only the phrase's last letters."""
    ends: dict[str, set[str]] = {}
    common = set(_by_last_word(("address of anybody",))) if kinds is STRONG else set()
    for word in _TABLES[kinds].keys() - common:
        for begins in _written(word):
            ends.setdefault(begins[1:], set()).add(begins[0])
    three = "|".join(f"[{''.join(sorted(first))}]{rest} " for rest, first in sorted(ends.items()))
    two = "|".join(sorted({f"{rest} " for rest in ends}))
    last = "".join(sorted({rest[-1] for rest in ends}))
    named = rf"(?<=[{last}] )(?<={two})(?<={three})"
    initials = rf"(?<=[{''.join(sorted({word[-1] for word in common}))}] )(?=[A-ZĐ](?!\w))" if common else NOTHING
    return re.compile(rf" (?=[{UPPER}])(?:{named}|{initials})")


def _written(word: str) -> Iterator[str]:
    """The last three letters of a word, in all spellings; for a word of two letters, also the character before it."""
    if len(word) >= 3:
        yield word[-3:]
    if len(word) == 3:
        yield word.capitalize()
    if len(word) == 2:
        yield from (f"{before}{form}" for before in ' \n“"(' for form in (word, word.capitalize()))


_TABLES = {kinds: _by_last_word(kinds) for kinds in (STRONG, WEAK)}
_SITES = {kinds: _sites(kinds) for kinds in _TABLES}
_LABEL = re.compile(rf"(?i:{'|'.join(_WORDS.phrases('label'))})(?: [^\n:]{{0,20}})?: ?(?=[{UPPER}])")


def triggers(text: str, kinds: tuple[str, ...]) -> Iterator[Trigger]:
    """The words before names in a text, in order; `kinds` is `STRONG` or `WEAK`."""
    table = _TABLES[kinds]
    for site in _SITES[kinds].finditer(text):
        end = site.start()
        word = text[text.rfind(" ", 0, end) + 1 : end]
        phrases = table.get(word)
        if phrases is None and not (word.islower() and word.isalpha()):
            phrases = table.get(_bare(word))
        if phrases and (found := _longest(text, end, phrases)):
            yield found
    if kinds is STRONG and ("ọ tên" in text or "ọ và tên" in text):
        for label in _LABEL.finditer(text):
            yield Trigger("suspect", label.start(), label.end())


def _bare(word: str) -> str:
    """A word in lower case, without a mark or paragraph break before it."""
    return word.rpartition("\n")[2].lower().lstrip('(“"«-–')


def _longest(text: str, end: int, phrases: list[tuple[str, str]]) -> Trigger | None:
    before = text[max(0, end - _LONGEST) : end].lower()
    for phrase, kind in phrases:
        start = end - len(phrase)
        if before.endswith(phrase) and (start <= 0 or not text[start - 1].isalnum()):
            if kind == "address":
                further = before[: -len(phrase)].rstrip().rpartition(" ")[2]
                if further in _NOT_AFTER:
                    return None
                kind = "done to a suspect" if further in _SEVERAL else kind
            return Trigger(kind, start, end + 1)
    return None

"""Patterns of the words that annotating looks for, and where words stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from corpus_vn_police.lexicon import Lexicon, group
from corpus_vn_police.syllables import UPPER, in_style

_WORD_BEGINS = re.compile(r"\W.*")

CAPITAL = rf"[{UPPER}][\w’'ʼ]*"
"""A word that begins with a capital."""


def any_of(words: Lexicon, *names: str) -> str:
    """A group that matches the phrases of some classes as whole words, in both styles of the tone.

    Of two phrases that fit at one place it takes the longer one. Capitals matter; `(?i:…)` around it changes that.
    """
    phrases = {in_style(phrase, style) for phrase in words.phrases(*names) for style in ("old", "new")}
    inside = group(sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))
    return rf"{inside}(?:(?<=\W)|(?!\w))"


def first_words(words: Lexicon, *names: str) -> frozenset[str]:
    """The first words of the phrases of some classes, in small letters and both styles of the tone.

    At a word that is not among them none of the phrases begins, and their pattern need not be tried.
    """
    firsts = {in_style(phrase, style).split(" ")[0] for phrase in words.phrases(*names) for style in ("old", "new")}
    return frozenset(_WORD_BEGINS.sub("", form).lower() for first in firsts for form in _forms(first))


def phrases_of(words: Lexicon, *names: str) -> frozenset[str]:
    """The phrases of some classes, in small letters and both styles of the tone."""
    return frozenset(in_style(phrase, style).lower() for phrase in words.phrases(*names) for style in ("old", "new"))


def ends_in(text: str, phrases: frozenset[str], longest: int) -> bool:
    """Whether a text in small letters ends in one of some phrases, of so many words at most."""
    words = text.rsplit(" ", longest)[-longest:]
    return any(" ".join(words[start:]) in phrases for start in range(len(words)))


def _forms(word: str) -> list[str]:
    """`s[ĩỹ]` as `sĩ` and `sỹ`."""
    before, bracket, rest = word.partition("[")
    letters, _, after = rest.partition("]")
    return [before + letter + after for letter in letters] if bracket else [word]


def places_of(text: str, needles: Iterable[str]) -> list[int]:
    """Where some strings begin in a text, in order; to find them one by one is faster than a pattern of them all."""
    places = []
    for needle in needles:
        place = text.find(needle)
        while place >= 0:
            places.append(place)
            place = text.find(needle, place + 1)
    places.sort()
    return places

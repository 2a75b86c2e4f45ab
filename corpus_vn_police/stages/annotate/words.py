"""Patterns of the words that annotating looks for, and their positions in a text."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from corpus_vn_police.lexicon import NOTHING, Lexicon
from corpus_vn_police.syllables import UPPER, in_style

_WORD_ENDS = re.compile(r"\W")

CAPITAL = rf"[{UPPER}][\w’'ʼ]*"
"""A word that begins with a capital."""


def any_of(words: Lexicon, *names: str) -> str:
    """A group that matches the phrases of some classes as whole words, in both styles of the tone mark.

    If two phrases match at the same position, it takes the longer one. Case matters, unless the group is inside
    `(?i:…)`. Phrases with the same beginning share it in the pattern, because `re` would try 200 phrases one after the
    other, which made annotating three times as slow.
    """
    shared: _Shared = {}
    for phrase in words.phrases(*names):
        for form in spelled(phrase):
            node = shared
            for sign in form:
                node = node.setdefault(sign, {})
            node[""] = {}
    return rf"(?:{_pattern(shared)})(?:(?<=\W)|(?!\w))" if shared else NOTHING


_Shared = dict[str, "_Shared"]
"""Phrases by their first character, then by their second one, and so on; "" marks the end of a phrase."""


def _pattern(shared: _Shared) -> str:
    branches = [re.escape(sign) + _pattern(rest) for sign, rest in shared.items() if sign]
    if not branches:
        return ""
    inside = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    return f"(?:{inside})?" if "" in shared else inside


def first_words(words: Lexicon, *names: str) -> frozenset[str]:
    """The first words of the phrases of some classes, in lower case and both styles of the tone mark.

    No phrase begins at any other word, so the pattern of these phrases need not be tried there.
    """
    return frozenset(_WORD_ENDS.split(phrase, 1)[0] for phrase in phrases_of(words, *names))


def phrases_of(words: Lexicon, *names: str) -> frozenset[str]:
    """The phrases of some classes, in lower case and both styles of the tone mark."""
    return frozenset(form.lower() for form in both_styles(words.phrases(*names)))


def both_styles(phrases: tuple[str, ...]) -> frozenset[str]:
    """Phrases in both styles of the tone mark."""
    return frozenset(form for phrase in phrases for form in spelled(phrase))


def ends_in(text: str, phrases: frozenset[str], longest: int) -> bool:
    """Whether a lower-case text ends in one of some phrases, which have at most `longest` words."""
    words = text.rsplit(" ", longest)[-longest:]
    return any(" ".join(words[start:]) in phrases for start in range(len(words)))


@functools.cache  # most phrases are in several patterns
def spelled(phrase: str) -> list[str]:
    """All spellings of a phrase of the lexicon: `[ĩỹ]` as one of its letters, and both styles of the tone mark."""
    return sorted({in_style(form, style) for form in _forms(phrase) for style in ("old", "new")})


def _forms(phrase: str) -> list[str]:
    """`s[ĩỹ]` becomes `sĩ` and `sỹ`."""
    before, bracket, rest = phrase.partition("[")
    letters, _, after = rest.partition("]")
    return [before + letter + form for letter in letters for form in _forms(after)] if bracket else [phrase]


def places_of(text: str, needles: Iterable[str]) -> list[int]:
    """The positions where some strings begin in a text, in order; searching one by one is faster than one pattern."""
    places = []
    for needle in needles:
        place = text.find(needle)
        while place >= 0:
            places.append(place)
            place = text.find(needle, place + 1)
    places.sort()
    return places

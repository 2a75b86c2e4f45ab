"""Patterns of the words that annotating looks for."""

from __future__ import annotations

from corpus_vn_police.lexicon import Lexicon, group
from corpus_vn_police.syllables import UPPER, in_style

CAPITAL = rf"[{UPPER}][\w’'ʼ]*"
"""A word that begins with a capital."""


def any_of(words: Lexicon, *names: str) -> str:
    """A group that matches the phrases of some classes as whole words, in both styles of the tone.

    Of two phrases that fit at one place it takes the longer one. Capitals matter; `(?i:…)` around it changes that.
    """
    phrases = {in_style(phrase, style) for phrase in words.phrases(*names) for style in ("old", "new")}
    inside = group(sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))
    return rf"{inside}(?:(?<=\W)|(?!\w))"

"""Articles of made-up syllables, of which one can be made that is like another."""

import random

_SYLLABLES = [
    onset + rime
    for onset in ("b", "c", "d", "đ", "g", "h", "k", "l", "m", "n", "ph", "qu", "r", "s", "t", "th", "tr", "v", "x")
    for rime in ("an", "ang", "ông", "ơi", "inh", "ùng", "ạt")
]


def article(number, length=100):
    """The syllables of an article; another number gives another one."""
    draw = random.Random(number)
    return [draw.choice(_SYLLABLES) for _ in range(length)]


def changed(words, *places):
    """With other syllables at some places: each changes five shingles."""
    return [f"mới{place}" if place in places else word for place, word in enumerate(words)]


def seed_text(date, words):
    """A seed with a header."""
    return f" date {date} {' '.join(words)}."

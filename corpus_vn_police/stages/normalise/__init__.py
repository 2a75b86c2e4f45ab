"""Raw bytes -> clean text: `batch` for batches of seeds, `normalise` for one text.

This module needs only Python's own libraries, so that it is quick to import and works in a forked
child; `rules` says why this matters.
"""

from __future__ import annotations

from corpus_vn_police.stages.normalise.damage import diagnose, find_places, find_places_in_bytes, restore
from corpus_vn_police.stages.normalise.rules import cleaned
from corpus_vn_police.syllables import in_style

__all__ = ["diagnose", "find_places", "find_places_in_bytes", "normalise"]

_ROUNDS = 8  # of repairing and cleaning; two are enough for all that was met


def normalise(text: str, *, tone: str = "keep", repair: bool = False) -> str:
    """Clean one text as the build would; the header and all newlines stay.

    Args:
        text: any text; lone surrogates, which no build can meet, stay as they are.
        tone: `keep`, or the style that syllables like hòa/hoà are rewritten in: `old`, `new`.
            Rewriting is lossy: a foreign name that is spelt like a syllable has no style.
        repair: whether text in a legacy encoding is restored where that is exact. Without it
            damaged text is cleaned like any other.

    Raises:
        ValueError: `tone` is none of the three.
    """
    if tone not in ("keep", "old", "new"):
        raise ValueError(f"tone={tone!r}: give 'keep', 'old' or 'new'")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text
    for _ in range(_ROUNDS):
        before = text
        text = cleaned(restore(text)[0] if repair else text)
        if not repair or text == before:
            break
    return text if tone == "keep" else in_style(text, tone)

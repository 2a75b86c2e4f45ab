"""Raw bytes -> clean text: `batch` for batches of seeds, `normalise` for one text.

This module needs only Python's own libraries, so that it imports quickly and works in a forked process;
`rules` explains why this matters.
"""

from __future__ import annotations

from corpus_vn_police.stages.normalise.damage import diagnose, find_places, find_places_in_bytes, restore
from corpus_vn_police.stages.normalise.rules import cleaned
from corpus_vn_police.syllables import in_style

__all__ = ["diagnose", "find_places", "find_places_in_bytes", "normalise"]

_ROUNDS = 8  # of repairing and cleaning; two were enough for all texts seen so far


def normalise(text: str, *, tone: str = "keep", repair: bool = False) -> str:
    """Clean one text in the same way as the build; the header and all newlines stay.

    Args:
        text: any text; lone surrogates, which cannot occur in a build, stay as they are.
        tone: `keep`, or the style in which syllables like hòa/hoà are rewritten: `old` or `new`.
            Rewriting loses information: it also changes foreign names that are spelt like a syllable.
        repair: whether damaged text, such as text in a legacy encoding, is restored if that is possible exactly. If
            not, damaged text is cleaned like any other.

    Raises:
        ValueError: `tone` is not one of the three.
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

"""Two texts side by side: the syllables that only one of them has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus_vn_police.align import opcodes
from corpus_vn_police.commands.report.shown import Segment, shown

_TOKEN = re.compile(r"\n\n|\S+")
_MOST = 3_000  # tokens of a side that are compared


def compare_texts(stayed: str, left: str) -> tuple[list[Segment], int]:
    """Compare a text that was left out with the one that stayed, syllable by syllable.

    Returns:
        Segments `["=", both]`, `["-", what only the one that stayed has]`, `["+", what only the one
        left out has]`; and how many syllables at the ends were not compared.
    """
    old, new = _TOKEN.findall(stayed), _TOKEN.findall(left)
    over = max(0, len(old) - _MOST) + max(0, len(new) - _MOST)
    segments: list[Segment] = []
    for sign, tokens in _operations(old[:_MOST], new[:_MOST]):
        text = shown(" ".join(tokens).replace(" \n\n ", "\n\n"))
        if segments and segments[-1][0] == sign:
            segments[-1][1] += f" {text}"
        else:
            segments.append([sign, text])
    return segments, over


def _operations(old: list[str], new: list[str]) -> Iterator[tuple[str, list[str]]]:
    for operation, a, b, c, d in opcodes(old, new):
        if operation == "equal":
            yield "=", old[a:b]
            continue
        if b > a:
            yield "-", old[a:b]
        if d > c:
            yield "+", new[c:d]

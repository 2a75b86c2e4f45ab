"""What normalisation changed in a text: each change by its code points, and where it is."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from corpus_vn_police.align import opcodes
from corpus_vn_police.commands.report.shown import Segment, shown, signs
from corpus_vn_police.text import nfd

_NEWLINE = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
# A letter with its marks; a word with what is not to be seen in it.
_LETTER = re.compile(r"(?s).[\u0300-\u036f]*")
_WORD = re.compile(r"(?s)(?:\w[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]*)+|.")
_AROUND = 40  # code points that are shown of what stayed, on each side of a change
_LONGEST = 20_000  # code points of a line between its first and its last change; a longer line shows none
_MOST = 60  # lines of a text that are shown
_LONGEST_TEXT = 1_000_000  # code points of a text that are compared; the changes of the lines after them are not told

Pair = tuple[str, str]
"""What stood there, and what stands there now."""


@dataclass(frozen=True)
class Corrections:
    """What normalisation made of one text.

    Attributes:
        counts: how often each pair occurs.
        lines: the lines that changed, as segments `=` stayed, `-` taken out, `+` put in.
        more: how many lines changed beside these.
        untold: how many changed lines are too long to show each change, or come after a million code points of other
            lines; their changes are not counted.
    """

    counts: Counter[Pair]
    lines: list[list[Segment]]
    more: int
    untold: int


def find_changes(before: str, after: str) -> Corrections:
    """Compare a decoded text with the clean one."""
    counts: Counter[Pair] = Counter()
    lines, untold, compared = [], 0, 0
    for ends, old, new in _paired_lines(before, after):
        counts.update(ends)
        if old == new:
            continue
        start = _common(old, new)
        end = _common(old[start:][::-1], new[start:][::-1])
        length = len(old) - start - end
        if length > _LONGEST or compared + length > _LONGEST_TEXT:
            untold += 1
            continue
        compared += length
        pieces = list(_pieces(old, new, start, end))
        counts.update((one, other) for one, other in pieces if one != other)
        lines.append(_segments(pieces))
    return Corrections(counts, lines[:_MOST], max(0, len(lines) - _MOST), untold)


def _paired_lines(before: str, after: str) -> Iterator[tuple[list[Pair], str, str]]:
    """Line beside line, with what became of the newline; cleaning keeps every one of them."""
    olds, news = _NEWLINE.split(before), after.split("\n")
    newlines = [each.group() for each in _NEWLINE.finditer(before)]
    if len(olds) != len(news):  # a text that was repaired
        yield [], before, after
        return
    for place, (old, new) in enumerate(zip(olds, news, strict=True)):
        end = newlines[place] if place < len(newlines) else "\n"
        yield ([] if end == "\n" else [(end, "\n")]), old, new


def _pieces(old: str, new: str, start: int, end: int) -> Iterator[Pair]:
    """A line as pairs, in order; equal ones stayed, as its `start` and `end` first and last code points did."""
    yield old[:start], old[:start]
    inner_old, inner_new = old[start : len(old) - end], new[start : len(new) - end]
    for one, other in _aligned(_WORD.findall(inner_old), _WORD.findall(inner_new)):
        yield from [(one, other)] if one == other else _aligned(_LETTER.findall(one), _LETTER.findall(other))
    yield old[len(old) - end :], old[len(old) - end :]


def _aligned(old: list[str], new: list[str]) -> Iterator[Pair]:
    """Pairs of what stands in one place: words or letters are held together by their base letters."""
    for operation, a, b, c, d in opcodes(list(map(_base, old)), list(map(_base, new))):
        if operation == "equal":
            yield from zip(old[a:b], new[c:d], strict=True)
        else:
            yield "".join(old[a:b]), "".join(new[c:d])


def _base(token: str) -> str:
    letters = "".join(each for each in nfd(token) if each.isalnum())
    return letters or (" " if token.isspace() else token)


def _common(one: str, other: str) -> int:
    """How many code points two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one.startswith(other[:middle]) else (low, middle - 1)
    return low


def _segments(pieces: list[Pair]) -> list[Segment]:
    runs = [(same, list(run)) for same, run in itertools.groupby(pieces, lambda pair: pair[0] == pair[1])]
    segments: list[Segment] = []
    for place, (same, run) in enumerate(runs):
        if same:
            stayed = _shortened("".join(one for one, _ in run), place > 0, place < len(runs) - 1)
            segments += [["=", shown(stayed)]] if stayed else []
        else:
            segments += [[sign, signs(part)] for pair in run for sign, part in zip("-+", pair, strict=True) if part]
    return segments


def _shortened(text: str, after: bool, before: bool) -> str:
    """What stayed between two changes, without its middle."""
    head, tail = text[:_AROUND] if after else "", text[-_AROUND:] if before else ""
    return text if len(text) <= 2 * _AROUND else f"{head} … {tail}"

"""Texts that are safe to show on a page: nothing in them can hide, change the order, or look like something else."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from corpus_vn_police.text import escaped, is_visible, visible

LONGEST = 20_000
"""Code points of a text that are shown; of a longer one it is said how many are not."""

_MOST = 2_000  # pieces of damaged bytes; UTF-16 has one a byte

_LEAD = 2_000  # code points before a place that is far from the beginning

Segment = list[str]
"""A piece of a text with what it is: `["=", "plain"]`."""

_NAMES = {"\0": "NULL", "\t": "TAB", "\n": "LINE FEED", "\r": "CARRIAGE RETURN", "\x85": "NEXT LINE"}
_SIGNS = {" ": "␣", "\n": "⏎", "\t": "⇥"}


def shown(text: str) -> str:
    """A text whose control and bidirectional characters, but for tabs and newlines, are escapes."""
    return "\n".join(line if line.isprintable() else visible(line) for line in text.split("\n"))


def shown_line(text: str) -> str:
    """The same on one line: newlines and tabs are escapes as well."""
    return text if text.isprintable() else shown(text).replace("\n", "\\n").replace("\t", "\\t")


def cut(text: str) -> tuple[str, int]:
    """A text, cut if it is too long to be shown, and how many code points are not shown."""
    return text[:LONGEST], max(0, len(text) - LONGEST)


@dataclass(frozen=True)
class Raw:
    """Bytes as text, for showing.

    Attributes:
        segments: `["=", text]` and `["!", escapes]`; with a third item, 1, if they are a place that was asked for.
        before: how many code points before these are not shown, because the first place is far from the beginning.
        more: how many bytes after these are not shown.
    """

    segments: list[list[Any]]
    before: int
    more: int


def decoded(data: bytes, places: Sequence[tuple[int, int]] = ()) -> Raw:
    """Show bytes as text: bytes that are not UTF-8, and invisible characters, are separate segments.

    Args:
        data: the bytes; 20,000 of their code points are shown, the first place among them.
        places: what is marked, in code points of the text with one surrogate for each byte that is not UTF-8.
    """
    text = data.decode("utf-8", "surrogateescape")
    start = places[0][0] - _LEAD if places and places[0][0] > LONGEST - _LEAD else 0
    piece = text[start : start + LONGEST]
    marked = bytearray(len(piece))
    for first, end in places:
        inside = slice(max(0, first - start), max(0, end - start))
        marked[inside] = b"\1" * len(marked[inside])
    runs = itertools.groupby(zip(piece, marked, strict=True), lambda each: (is_visible(each[0]), each[1]))
    segments: list[list[Any]] = []
    length = 0
    for (plain, is_place), run in itertools.islice(runs, _MOST):
        letters = "".join(letter for letter, _ in run)
        length += len(letters)
        shown_run = letters if plain else "".join(map(_escape, letters))
        segments.append(["=" if plain else "!", shown_run, *([1] if is_place else [])])
    return Raw(segments, start, len(text[start + length :].encode("utf-8", "surrogateescape")))


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # what `surrogateescape` makes of a byte
        return f"\\x{code - 0xDC00:x}"
    return escaped(character)


def signs(text: str) -> str:
    """A changed piece with all characters visible: spaces and newlines are shown as signs."""
    return "".join(
        _SIGNS.get(each) or (each if each.isprintable() and not _alone(each, place) else _escape(each))
        for place, each in enumerate(text)
    )


def _alone(character: str, place: int) -> bool:
    """Whether it is a mark with no letter before it to stand on."""
    return place == 0 and unicodedata.combining(character) > 0


def named(text: str) -> str:
    """The code points of a short text, by number and name."""
    return " + ".join(f"U+{ord(each):04X} {_NAMES.get(each) or unicodedata.name(each, 'no name')}" for each in text)

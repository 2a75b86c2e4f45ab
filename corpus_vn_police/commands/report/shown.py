"""Texts that are safe to show on a page: nothing in them can hide, change the order, or look like something else."""

from __future__ import annotations

import itertools
import unicodedata

from corpus_vn_police.text import escaped, is_visible, visible

LONGEST = 20_000
"""Code points of a text that are shown; of a longer one it is said how many are not."""

_MOST = 2_000  # pieces of damaged bytes; UTF-16 has one a byte

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


def decoded(data: bytes) -> tuple[list[Segment], int]:
    """Bytes as text, for showing: bytes that are not UTF-8, and invisible characters, are separate segments.

    Returns:
        Segments `["=", text]` and `["!", escapes]`; and how many bytes are not shown.
    """
    text = data[:LONGEST].decode("utf-8", "surrogateescape")
    runs = [(plain, "".join(run)) for plain, run in itertools.groupby(text, is_visible)]
    runs = runs[:_MOST]
    segments = [["=", run] if plain else ["!", "".join(map(_escape, run))] for plain, run in runs]
    return segments, len(data) - sum(len(run.encode("utf-8", "surrogateescape")) for _, run in runs)


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

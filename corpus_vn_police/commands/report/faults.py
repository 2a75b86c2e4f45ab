"""Where in a rejected seed its fault is, and what is wrong with it, in words."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from corpus_vn_police.config import Corpus
from corpus_vn_police.reasons import (
    BROKEN_KEYWORD,
    ENCODING_C1_CONTROLS,
    ENCODING_NUL,
    ENCODING_REPLACEMENT_CHARACTER,
    REASONS,
    TEXT_HOMOGLYPHS,
    TEXT_MARKUP,
    Reason,
)
from corpus_vn_police.stages.normalise import find_places, find_places_in_bytes, normalise
from corpus_vn_police.stages.read.row_form import RowForm
from corpus_vn_police.stages.read.row_places import find_field, find_in_line
from corpus_vn_police.stages.structure import find_header, find_key_line
from corpus_vn_police.text import counted, is_utf8

_MOST = 1_000  # places of a text that are marked
_FIRST = 3  # places that are told in words
_LONGEST_WORD = 40  # code points of the words that describe a place
_BEYOND = re.compile(r"(min|max)_\w+ (\S+), got (\S+)")
_AFTER = re.compile(r"\S*")

Places = list[tuple[int, int]]


@dataclass(frozen=True)
class Fault:
    """What is wrong with a rejected seed.

    Attributes:
        data: what is shown of the seed: its text, its title, or its row.
        of: which of these `data` is: `text`, `title` or `row`.
        places: where the fault is, in code points of the decoded `data` (bytes that are not UTF-8 are one code point
            each); empty if it has no place, or if it is not found again.
        said: what is wrong, in a sentence.
    """

    data: bytes
    of: str
    places: Places
    said: str


def find_fault(row: dict[str, Any], seed: dict[str, Any], corpus: Corpus) -> Fault:
    """Find the fault of a rejected seed again.

    Args:
        row: its row of the ledger: `reason`, `pointer`, `detail`.
        seed: as it was read again: `data`, `body`, `title`.
        corpus: the settings of the build.
    """
    reason, pointer = reason_of(row["reason"]), row["pointer"]
    data, of = _what_is_at_fault(pointer, seed)
    text = as_text(data)
    if of == "row":
        field = None if pointer is None else find_field(text, pointer, RowForm.of(corpus))
        place = field or find_in_line(text)
        places = [place] if place else _in_bytes(data, reason)
    elif of == "text" and (pointer is not None or reason.code.startswith("header.")):
        clean = normalise(text)
        places = _found(text, find_header(clean) if pointer is None else find_key_line(clean, pointer[1:]))
    else:
        places = _in_bytes(data, reason) or list(itertools.islice(find_places(text, reason), _MOST))
    said = _said(reason, text, places, row["detail"] or "").encode("utf-8", "surrogateescape")
    return Fault(data, of, places, said.decode("utf-8", "backslashreplace"))


def reason_of(code: str) -> Reason:
    """The reason with a code of the ledger; one for all codes of keywords, and for codes of another version."""
    return REASONS.get(code) or (BROKEN_KEYWORD if code.startswith("schema.") else Reason(code, "", ""))


def as_text(data: bytes) -> str:
    """Bytes as text; each that is not UTF-8 is a surrogate."""
    return data.decode("utf-8", "surrogateescape")


def _what_is_at_fault(pointer: str | None, seed: dict[str, Any]) -> tuple[bytes, str]:
    if pointer == "/title" and seed["title"] and seed["body"]:
        return seed["title"].encode(), "title"
    is_row = seed["body"] != seed["data"]
    if is_row and (pointer is not None or not seed["body"]):
        return seed["data"], "row"
    return seed["body"] or seed["data"], "text"


def _in_bytes(data: bytes, reason: Reason) -> Places:
    """The places in bytes that are not text, in code points of `as_text`; empty if they are text."""
    if is_utf8(data) and reason is not ENCODING_NUL:
        return []
    places, at, before = [], 0, 0
    for start, end in itertools.islice(find_places_in_bytes(data, reason), _MOST):
        first = before + len(as_text(data[at:start]))
        places.append((first, first + len(as_text(data[start:end]))))
        at, before = end, places[-1][1]
    return places


def _found(text: str, piece: str) -> Places:
    """Where a piece of the clean text is in the text as it was read."""
    start = text.find(piece) if piece else -1
    return [] if start < 0 else [(start, start + len(piece))]


def _said(reason: Reason, text: str, places: Places, detail: str) -> str:
    """What is wrong, in a sentence: the measure, and the words of the first places."""
    if beyond := _BEYOND.fullmatch(detail):
        side = "at least" if beyond[1] == "min" else "at most"
        return f"Measured: {beyond[3]}; allowed is {side} {beyond[2]} (`{reason.setting or beyond[1]}`)."
    if not places:
        return f"{_capital(detail)}."
    words = _listed([f"“{_around(text, place)}”" for place in places])
    if len(places) < _MOST and reason is TEXT_HOMOGLYPHS:
        count = len({_bounds(text, place) for place in places})
        return f"{counted(count, 'syllable', 'syllables')} with {_letters(text, places)}: {words}."
    if len(places) < _MOST and reason in _NAMED:
        return f"{counted(len(places), *_NAMED[reason])}: {words}."
    if reason.code.startswith("encoding."):
        return f"{_capital(detail)}: {words}."
    return f"{_capital(detail)}: “{text[slice(*places[0])][:_LONGEST_WORD]}”."


_NAMED = {
    ENCODING_NUL: ("NUL byte", "NUL bytes"),
    ENCODING_C1_CONTROLS: ("C1 control character", "C1 control characters"),
    ENCODING_REPLACEMENT_CHARACTER: ("lost letter (U+FFFD)", "lost letters (U+FFFD)"),
    TEXT_MARKUP: ("HTML tag or character reference", "HTML tags or character references"),
}


def _capital(detail: str) -> str:
    """The detail of a ledger row as the beginning of a sentence, unless it begins with a name in code."""
    first = detail.partition(" ")[0]
    return detail if "_" in first or "`" in first else detail[:1].upper() + detail[1:]


def _letters(text: str, places: Places) -> str:
    """The letters of other scripts, such as `a Cyrillic а (U+0430)`."""
    letters = sorted({text[start] for start, _ in places})
    return _listed([f"a {unicodedata.name(each).split()[0].title()} {each} (U+{ord(each):04X})" for each in letters])


def _listed(values: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(values))
    more = [f"{len(distinct) - _FIRST:,} more"] if len(distinct) > _FIRST else []
    return ", ".join([*distinct[:_FIRST], *more])


def _bounds(text: str, place: tuple[int, int]) -> tuple[int, int]:
    """The word that a place is in, without what is far from it."""
    near = text[max(0, place[0] - _LONGEST_WORD) : place[0]]
    before = near.split()[-1] if near.strip() and not near[-1].isspace() else ""
    after = _AFTER.match(text, place[1], place[1] + _LONGEST_WORD)
    return place[0] - len(before), after.end() if after else place[1]


def _around(text: str, place: tuple[int, int]) -> str:
    """The word that a place is in."""
    return text[slice(*_bounds(text, place))]

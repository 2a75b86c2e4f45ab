"""Make text safe to show to people or to write into files; Unicode normal forms and text encodings."""

from __future__ import annotations

import codecs
import itertools
import re
import unicodedata
from collections.abc import Mapping


def printable(text: object) -> str:
    """A text on one line; control and bidirectional characters, which a terminal would obey, are escaped."""
    return "".join(each if each.isprintable() else escaped(each) for each in str(text))


def visible(text: str) -> str:
    """A text of several lines, escaped as in `printable`, except that tabs, newlines and no-break spaces stay."""
    return "".join(each if is_visible(each) else escaped(each) for each in text)


def is_visible(character: str) -> bool:
    """Whether `visible` leaves a character as it is."""
    return character.isprintable() or character in "\n\t\u00a0"


def escaped(character: str) -> str:
    r"""A character as an escape in a Python string: `\x07`, `\u202e`."""
    return character.encode("unicode_escape").decode("ascii")


def readable(name: bytes) -> str:
    r"""A file name's bytes as the ledger writes them: bytes that are not UTF-8 become `\xNN`."""
    return name.decode("utf-8", "backslashreplace")


def is_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number and what it counts: `1 record`, `2,652 records`. None for `many` adds an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def as_counts(splits: Mapping[str, int]) -> str:
    """Splits with their numbers of records: `train 8,012, validation 991, test 1,003`."""
    return ", ".join(f"{split} {count:,}" for split, count in splits.items())


def spreadsheet_safe(text: str) -> str:
    """A text for a cell of a CSV file, changed so that a spreadsheet does not take it for a formula."""
    line = printable(text)
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line


def nfc(text: str) -> str:
    """A text in NFC; the time grows with the length of the text, not with its square."""
    return unicodedata.normalize("NFC", with_marks_in_order(text))


def nfd(text: str) -> str:
    """A text in NFD; see `nfc`."""
    return unicodedata.normalize("NFD", with_marks_in_order(text))


# UAX #15 calls a text "stream-safe" if it has at most 30 marks in a row; all real text has. The class below matches
# more than marks, which needs no table: no letter, digit or space has a combining class.
_STREAM_SAFE = 30
_LONG_RUN = re.compile(rf"[^\x00-\x7f\w\s]{{{_STREAM_SAFE + 1},}}")


def with_marks_in_order(text: str) -> str:
    """An equivalent text in which long runs of marks are in canonical order.

    `unicodedata` puts marks in order by swapping neighbours: n marks cost up to n * n / 2 swaps, and
    a run of 100,000 took 11 s. Marks that are already in order cost it one look each.
    """
    return text if len(text) <= _STREAM_SAFE else _LONG_RUN.sub(_run_in_order, text)


def _run_in_order(match: re.Match[str]) -> str:
    marks = "".join(unicodedata.normalize("NFD", each) for each in match.group())
    runs = itertools.groupby(marks, key=lambda each: unicodedata.combining(each) > 0)
    return "".join("".join(sorted(run, key=unicodedata.combining) if loose else run) for loose, run in runs)


# UTF-32 comes first, because its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def marked_encoding(data: bytes) -> str | None:
    """The UTF-16 or UTF-32 codec whose byte order mark the bytes begin with; None if they begin with none."""
    return next((codec for mark, codec in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), None)


def western(data: bytes) -> str:
    """Decode windows-1252 as browsers do: every byte is a character, and the five unused codes are C1 controls."""
    return data.decode("latin-1").translate(_WESTERN)


# Encoded as in `cp1252`, except for the five unused codes.
_WESTERN = dict(enumerate("€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ", 0x80))

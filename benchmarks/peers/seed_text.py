"""What every peer does with a seed, in plain Python: its header off, NFC and white space, its split, a check.

The same steps as a build's, written as a user of `datasets` or datatrove would write them: one compiled pattern
to see whether anything has to be done, and `str` methods where they will do. Only the repair of letters that no
seed of the benchmark needs is left out; the benchmark compares the texts, so it would be seen.
"""

from __future__ import annotations

import re
import unicodedata

VALIDATION_FROM, TEST_FROM = "2022-01", "2023-01"
SPLITS = ("train", "validation", "test")

_HEADER = re.compile(r"\s*date[ \t]+([0-9]{4}-(?:0[1-9]|1[0-2]))\s")
_NEWLINE = re.compile("\r\n|[\r\x85\u2028\u2029]")
_DROPPED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_SPACE = re.compile("[\t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_ODD = re.compile(
    "[\x00-\x09\x0b-\x1f\x85\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
)
_TIDY = ((re.compile(" {2,}"), " "), (re.compile("\n "), "\n"), (re.compile(" \n"), "\n"))


def cleaned(text: str) -> str:
    """A text in NFC, with single spaces, none at the ends of a line, and without invisible characters."""
    if _ODD.search(text):
        text = _SPACE.sub(" ", _DROPPED.sub("", _NEWLINE.sub("\n", text)))
    text = unicodedata.normalize("NFC", text).strip(" ")
    if "  " in text or "\n " in text or " \n" in text:
        for pattern, replacement in _TIDY:
            text = pattern.sub(replacement, text)
    return text


def prepared(seed: str) -> tuple[str | None, str]:
    """The month of a seed's header, `YYYY-MM`, None if it has none, and its clean text without the header."""
    header = _HEADER.match(seed)
    return (header[1], cleaned(seed[header.end() :]).strip("\n")) if header else (None, cleaned(seed))


def valid(date: str | None, text: str) -> bool:
    """Whether a record may be published: dated, and with a text."""
    return date is not None and bool(text)


def split_of(date: str) -> str:
    """The split of a month."""
    return SPLITS[(date >= VALIDATION_FROM) + (date >= TEST_FROM)]

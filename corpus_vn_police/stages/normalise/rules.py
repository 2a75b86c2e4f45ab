"""The rules of cleaning, each defined once, and a function that cleans one text.

`clean` applies the same rules to columns. One text is cleaned with `re` and `unicodedata` only. The reason: in a
forked child, Polars' string functions wait for ever for the threads of their pool, which the fork did not copy.
With Polars 2.1 this was seen for `contains`, `replace_all`, `strip_chars`, `sort` and all lazy queries after one
`contains` in the parent; with POLARS_MAX_THREADS=1, still for lazy queries.
"""

from __future__ import annotations

import re

from corpus_vn_police.syllables import TOKEN, is_syllable
from corpus_vn_police.text import nfc, nfd

_CONTROLS = r"\x00-\x08\x0B-\x0C\x0E-\x1F"
_INVISIBLE = r"\u00AD\u061C\u180E\u200B\u200C\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF"
_NEWLINES = r"\r\u0085\u2028\u2029"
_SPACES = r"\t\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000"

# `\s` is written out, because it means U+001C to U+001F to `re`, but not to Rust.
_BEFORE_HEADER = rf"[{_SPACES}{_NEWLINES} \n\x0B\x0C\uFEFF\u200B]*"
_HEADER_GAP = rf"^({_BEFORE_HEADER}date[ \t\u00A0]+[0-9]{{4}}(?:-[0-9]{{2}}){{0,2}})[\x0B\x0C\x1C-\x1F]"

# Zero-width joiners hold the parts of an emoji together (a family, a profession), so those between two
# pictographs are kept. A variation selector or a skin tone may come before the joiner.
JOINER = "\u200d"
# Extended_Pictographic of Unicode 16. `re` does not know it, and Rust and `regress` differ by 689 code points.
_PICTOGRAPHS = (
    r"\u00A9\u00AE\u203C\u2049\u2122\u2139\u2194-\u2199\u21A9\u21AA\u231A\u231B\u2328\u2388\u23CF\u23E9-\u23F3"
    r"\u23F8-\u23FA\u24C2\u25AA\u25AB\u25B6\u25C0\u25FB-\u25FE\u2600-\u2605\u2607-\u2612\u2614-\u2685"
    r"\u2690-\u2705\u2708-\u2712\u2714\u2716\u271D\u2721\u2728\u2733\u2734\u2744\u2747\u274C\u274E\u2753-\u2755"
    r"\u2757\u2763-\u2767\u2795-\u2797\u27A1\u27B0\u27BF\u2934\u2935\u2B05-\u2B07\u2B1B\u2B1C\u2B50\u2B55\u3030"
    r"\u303D\u3297\u3299\U0001F000-\U0001F0FF\U0001F10D-\U0001F10F\U0001F12F\U0001F16C-\U0001F171"
    r"\U0001F17E\U0001F17F\U0001F18E\U0001F191-\U0001F19A\U0001F1AD-\U0001F1E5\U0001F201-\U0001F20F\U0001F21A"
    r"\U0001F22F\U0001F232-\U0001F23A\U0001F23C-\U0001F23F\U0001F249-\U0001F3FA\U0001F400-\U0001F53D"
    r"\U0001F546-\U0001F64F\U0001F680-\U0001F6FF\U0001F774-\U0001F77F\U0001F7D5-\U0001F7FF\U0001F80C-\U0001F80F"
    r"\U0001F848-\U0001F84F\U0001F85A-\U0001F85F\U0001F888-\U0001F88F\U0001F8AE-\U0001F8FF\U0001F90C-\U0001F93A"
    r"\U0001F93C-\U0001F945\U0001F947-\U0001FAFF\U0001FC00-\U0001FFFD"
)
_KEPT = rf"([{_PICTOGRAPHS}][\uFE0F\U0001F3FB-\U0001F3FF]?)\u200D([{_PICTOGRAPHS}])"
_PLACEHOLDER = "\x01"  # a control character, which cannot be in the text at this point

Step = tuple[str, str]
"""A pattern that means the same to `re` and Rust, and the replacement of its matches; `$1` is its first group."""

VISIBLE: tuple[Step, ...] = (
    (r"\r\n", "\n"),
    (f"[{_NEWLINES}]", "\n"),
    # Any white space may separate a header from the text, also the control characters that are dropped here.
    (_HEADER_GAP, "$1 "),
    (f"[{_CONTROLS}]", ""),
    (f"[{_INVISIBLE}]", ""),
)
"""Newlines, control characters and invisible characters: the first steps."""
JOINED: tuple[Step, ...] = (
    # Applied twice, because a pictograph between two joiners belongs to two overlapping matches.
    (_KEPT, f"$1{_PLACEHOLDER}$2"),
    (_KEPT, f"$1{_PLACEHOLDER}$2"),
    (JOINER, ""),
    (_PLACEHOLDER, JOINER),
)
"""The next steps, for texts that have a `JOINER`. After them, letters are composed (`composed`)."""
SPACED: tuple[Step, ...] = ((f"[{_SPACES}]", " "),)
"""The step after that. Then spaces are removed from both ends of the text."""
TIDY: tuple[Step, ...] = ((" {2,}", " "), ("\n ", "\n"), (" \n", "\n"))
"""The last steps."""

NAMED = f"{_CONTROLS}{_INVISIBLE}{_NEWLINES}{_SPACES}{JOINER}"
"""The members of a character class: characters that `VISIBLE`, `JOINED` and `SPACED` change."""

# Letters used in place of others: Ð, ð and Ɖ for Đ and đ (windows-1258 read as windows-1252, and
# fonts), Ƣ and ƣ for Ư and ư (conversions of PDF).
_LOOK_ALIKES = str.maketrans("ÐðƉƢƣ", "ĐđĐƯư")
_LOOK_ALIKE = re.compile("[ÐðƉƢƣ]")

_QUALITY = "\u0302\u0306\u031b"  # circumflex, breve, horn: with them it is another letter
_TONE = "\u0300\u0301\u0303\u0309\u0323"
_MARKS = re.compile(f"[{_QUALITY}{_TONE}]{{2,}}")
# NFC has composed all it can; marks that are left are out of order, or belong to no letter.
_ODD_LETTERS = re.compile(f"[{_QUALITY}{_TONE}ÐðƉƢƣ]")


_COMPILED = {pattern: re.compile(pattern) for pattern, _ in (*VISIBLE, *JOINED, *SPACED, *TIDY)}


def cleaned(text: str) -> str:
    """Clean one text, as `clean` cleans a row."""
    text = _stepped(text, VISIBLE)
    if JOINER in text:
        text = _stepped(text, JOINED)
    text = _stepped(composed(text), SPACED).strip(" ")
    return _stepped(text, TIDY)


def _stepped(text: str, steps: tuple[Step, ...]) -> str:
    for pattern, replacement in steps:
        text = _COMPILED[pattern].sub(replacement.replace("$", "\\"), text)
    return text


def composed(text: str) -> str:
    """A text in NFC, with marks put in order and look-alikes of Đ and Ư replaced."""
    text = nfc(text)
    return mended_letters(text) if _ODD_LETTERS.search(text) else text


def mended_letters(text: str) -> str:
    """Put marks in the order in which they can be composed, and replace look-alikes of Đ and Ư.

    In each run of Vietnamese marks, marks that make another letter come before tone marks; apart from
    that, the order stays. Other marks are not moved. A look-alike is replaced only if that makes its token
    a syllable (Icelandic Davíð stays).

    Args:
        text: NFC.

    Returns:
        NFC; applying the function again changes nothing.
    """
    ordered = _MARKS.sub(lambda run: "".join(sorted(run.group(), key=_TONE.__contains__)), nfd(text))
    text = nfc(ordered)
    # Examining each token took 0.6 of 1.0 ms per text, and hardly any text has a look-alike.
    return TOKEN.sub(_without_look_alikes, text) if _LOOK_ALIKE.search(text) else text


def _without_look_alikes(match: re.Match[str]) -> str:
    token = match.group()
    meant = nfc(token.translate(_LOOK_ALIKES))
    return meant if meant != token and is_syllable(meant) else token

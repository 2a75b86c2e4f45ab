"""Text -> clean text: newlines, invisible characters, the order of marks, NFC, spaces.

One cheap test finds the rows that need any of it; the others are left as they are. Marks out of
order and look-alikes of Đ and Ư, which hardly any text has, are mended text by text.
"""

from __future__ import annotations

import functools
import operator
import re
import unicodedata

import polars as pl

from corpus_vn_police.syllables import TOKEN, is_syllable

# What may break NFC: marks (also the conjoining Hangul ones) and the characters that have a
# canonical decomposition although nothing composes to them. A superset: the test over all code
# points holds it to `unicodedata`.
_NOT_NFC = (
    r"\p{M}\u0340\u0341\u0374\u037E\u0387\u1161-\u1175\u11A8-\u11C2\u1F71-\u1FFD\u2000\u2001"
    r"\u2126\u212A\u212B\u2329\u232A\u0958-\u095F\u09DC-\u09DF\u0A33-\u0A5E\u0B5C\u0B5D\u0F43-\u0FB9"
    r"\u2ADC\uF900-\uFAFF\uFB1D-\uFB4E\x{1D15E}-\x{1D1C0}\x{11000}-\x{11FFF}\x{16100}-\x{16DFF}\x{2F800}-\x{2FA1F}"
)
_CONTROLS = r"\x00-\x08\x0B-\x0C\x0E-\x1F"
_INVISIBLE = r"\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF"
_NEWLINES = r"\r\u0085\u2028\u2029"
_SPACES = r"\t\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000"

# Letters that stand for others: Ð, ð and Ɖ for Đ and đ (windows-1258 read as windows-1252, and
# fonts), Ƣ and ƣ for Ư and ư (conversions of PDF).
_LOOK_ALIKES = str.maketrans("ÐðƉƢƣ", "ĐđĐƯư")
_LOOK_ALIKE = re.compile("[ÐðƉƢƣ]")
_LETTERS = r"\p{M}ÐðƉƢƣ"
_SUSPECT = f"[{_LETTERS}{_CONTROLS}{_INVISIBLE}{_NEWLINES}{_SPACES}{_NOT_NFC}]"

_HEADER_GAP = r"^([\s\uFEFF\u200B]*date[ \t\u00A0]+[0-9]{4}(?:-[0-9]{2}){0,2})[\x0B\x0C\x1C-\x1F]"

# An emoji sequence (a family, a profession) is held together by zero-width joiners: those
# between two pictographs are kept. A variation selector or a skin tone may stand before it.
_JOINER = "\u200d"
_PICTOGRAPH = r"\p{Extended_Pictographic}"
_KEPT_JOINER = rf"({_PICTOGRAPH}[\uFE0F\x{{1F3FB}}-\x{{1F3FF}}]?)\u200D({_PICTOGRAPH})"
_PLACEHOLDER = "\x01"  # a control character, so it cannot be in the text at that point


def clean(text: pl.Series) -> pl.Series:
    r"""Clean texts; idempotent, and a clean text is its fixed point (law 2).

    Args:
        text: a string column; null stays null.

    Returns:
        The same rows: newlines are `\n`, all of them kept; no C0 control characters but that,
        none of the zero-width, bidirectional and soft-hyphen characters (a joiner inside an
        emoji stays), NFC, and single U+0020 spaces, none at the ends of a line.
    """
    suspect = text.str.contains(_SUSPECT).fill_null(False)
    if suspect.any():
        text = text.zip_with(~suspect, _visible(text.filter(suspect)).gather(_positions(suspect)))
    # Stripped first: a seed begins with a space, and one that has no other is then left alone.
    text = text.str.strip_chars(" ")
    marks = [text.str.contains(mark, literal=True) for mark in ("  ", "\n ", " \n")]
    untidy = functools.reduce(operator.or_, marks).fill_null(False)
    if untidy.any():
        text = text.zip_with(~untidy, _tidy(text.filter(untidy)).gather(_positions(untidy)))
    return text.alias("text")


def _positions(mask: pl.Series) -> pl.Series:
    """For each row of the mask, which of the true rows before or at it is the last; 0 at least."""
    return (mask.cast(pl.Int64).cum_sum() - 1).clip(lower_bound=0)


def _visible(text: pl.Series) -> pl.Series:
    """Newlines, controls, invisible characters, NFC and kinds of spaces, of the rows that need it."""
    text = text.str.replace_all("\r\n", "\n", literal=True).str.replace_all(f"[{_NEWLINES}]", "\n")
    # Between a header and the text any white space will do, also the controls that are dropped.
    text = text.str.replace(_HEADER_GAP, "${1} ").str.replace_all(f"[{_CONTROLS}]", "")
    without_joiner = _INVISIBLE.replace(r"\u200B-\u200F", r"\u200B\u200C\u200E\u200F")
    text = text.str.replace_all(f"[{without_joiner}]", "")
    if text.str.contains(_JOINER, literal=True).any():
        # Twice: a pictograph between two joiners is in two matches that overlap.
        kept = f"${{1}}{_PLACEHOLDER}${{2}}"
        text = text.str.replace_all(_KEPT_JOINER, kept).str.replace_all(_KEPT_JOINER, kept)
        text = text.str.replace_all(_JOINER, "", literal=True)
        text = text.str.replace_all(_PLACEHOLDER, _JOINER, literal=True)
    text = text.str.normalize("NFC")
    # NFC has composed what can be; what still has a mark has it out of order, or has no letter.
    lettered = text.str.contains(f"[{_LETTERS}]").fill_null(False)
    if lettered.any():
        mended = pl.Series([mended_letters(each) for each in text.filter(lettered)], dtype=pl.String)
        text = text.zip_with(~lettered, mended.gather(_positions(lettered)))
    return text.str.replace_all(f"[{_SPACES}]", " ")


_QUALITY = "\u0302\u0306\u031b"  # circumflex, breve, horn: they make another letter
_TONE = "\u0300\u0301\u0303\u0309\u0323"
_MARKS = re.compile(f"[{_QUALITY}{_TONE}]{{2,}}")


def mended_letters(text: str) -> str:
    """Put marks in the order that composes, and Đ and Ư where look-alikes stand for them.

    Within each run of Vietnamese marks those of quality come before those of tone, else in the
    order they had; other marks stay where they are. A look-alike is replaced only where its token
    becomes a syllable (Icelandic Davíð stays).

    Args:
        text: NFC.

    Returns:
        NFC; the fixed point of this function.
    """
    decomposed = unicodedata.normalize("NFD", text)
    ordered = _MARKS.sub(lambda run: "".join(sorted(run.group(), key=_TONE.__contains__)), decomposed)
    composed = unicodedata.normalize("NFC", ordered)
    # Looking at each token took 0.6 of 1.0 ms a text, and hardly any text has a look-alike.
    return TOKEN.sub(_without_look_alikes, composed) if _LOOK_ALIKE.search(composed) else composed


def _without_look_alikes(match: re.Match[str]) -> str:
    token = match.group()
    meant = unicodedata.normalize("NFC", token.translate(_LOOK_ALIKES))
    return meant if meant != token and is_syllable(meant) else token


def _tidy(text: pl.Series) -> pl.Series:
    text = text.str.replace_all(" {2,}", " ")
    return text.str.replace_all("\n ", "\n", literal=True).str.replace_all(" \n", "\n", literal=True)

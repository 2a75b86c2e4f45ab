"""Columns of texts -> clean texts, by the rules in `rules`.

One cheap test finds the rows that need any rule; all others stay unchanged.
"""

from __future__ import annotations

import functools
import operator

import polars as pl

from corpus_vn_police.stages.normalise.rules import JOINED, JOINER, NAMED, SPACED, TIDY, VISIBLE, Step, composed

# Characters that `composed` may change: marks (also the conjoining Hangul ones), characters that have a
# canonical decomposition and are never composed again, look-alikes, and characters that are unassigned in
# Rust but perhaps not in Python. It may match too much, never too little: a test tries all code points.
_NOT_COMPOSED = (
    r"\p{M}\p{Cn}ÐðƉƢƣ\u0340\u0341\u0374\u037E\u0387\u1161-\u1175\u11A8-\u11C2\u1F71-\u1FFD\u2000\u2001"
    r"\u2126\u212A\u212B\u2329\u232A\u0958-\u095F\u09DC-\u09DF\u0A33-\u0A5E\u0B5C\u0B5D\u0F43-\u0FB9"
    r"\u2ADC\uF900-\uFAFF\uFB1D-\uFB4E\x{1D15E}-\x{1D1C0}\x{11000}-\x{11FFF}\x{16100}-\x{16DFF}\x{2F800}-\x{2FA1F}"
)
UNCLEAN = f"[{NAMED}{_NOT_COMPOSED}]"
"""Matches every text that needs more than removing spaces."""


def clean(text: pl.Series, odd: pl.Series | None = None) -> pl.Series:
    r"""Clean texts; cleaning a clean text again changes nothing (law 2).

    Args:
        text: a string column; null stays null.
        odd: which rows may match `UNCLEAN` (boolean); None if that is not known.

    Returns:
        The same rows. All newlines are kept, as `\n`. There are no other C0 control characters, and
        no zero-width, bidirectional or soft-hyphen characters (except a joiner inside an emoji).
        The text is NFC, with single U+0020 spaces, and no spaces at the ends of a line.
    """
    suspect = holding(text, UNCLEAN, odd)
    if suspect.any():
        text = _put(text, suspect, _visible(text.filter(suspect)))
    # Strip first: a seed begins with a space, and often has no other space that needs a change.
    text = text.str.strip_chars(" ")
    marks = [text.str.contains(mark, literal=True) for mark in ("  ", "\n ", " \n")]
    untidy = functools.reduce(operator.or_, marks).fill_null(False)
    if untidy.any():
        text = _put(text, untidy, _stepped(text.filter(untidy), TIDY))
    return text.alias("text")


def holding(text: pl.Series, pattern: str, odd: pl.Series | None = None) -> pl.Series:
    """Which texts match a pattern (boolean; null counts as false); with `odd`, only those rows are searched."""
    if odd is None:
        return text.str.contains(pattern).fill_null(False)
    rows = odd.arg_true()
    return odd.clone().scatter(rows, holding(text.gather(rows), pattern))


def _put(text: pl.Series, mask: pl.Series, new: pl.Series) -> pl.Series:
    """The column with the values of `new` in place of the rows for which the mask is true."""
    # For each row, the number of true rows up to it, minus one; but not below 0.
    positions = (mask.cast(pl.Int64).cum_sum() - 1).clip(lower_bound=0)
    return text.zip_with(~mask, new.gather(positions))


def _visible(text: pl.Series) -> pl.Series:
    """Clean newlines, control and invisible characters, NFC and kinds of spaces, in the rows that need it."""
    text = _stepped(text, VISIBLE)
    if text.str.contains(JOINER, literal=True).any():
        text = _stepped(text, JOINED)
    loose = text.str.contains(f"[{_NOT_COMPOSED}]")
    if loose.any():
        text = _put(text, loose, pl.Series([composed(each) for each in text.filter(loose)], dtype=pl.String))
    return _stepped(text, SPACED)


def _stepped(text: pl.Series, steps: tuple[Step, ...]) -> pl.Series:
    for pattern, replacement in steps:
        value = replacement.replace("$1", "${1}").replace("$2", "${2}")
        text = text.str.replace_all(pattern, value, literal=pattern.isspace())  # a literal takes a fifth of the time
    return text

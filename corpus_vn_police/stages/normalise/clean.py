"""Columns of texts -> clean texts, by the rules of `rules`.

One cheap test finds the rows that need any of them; the others are left as they are.
"""

from __future__ import annotations

import functools
import operator

import polars as pl

from corpus_vn_police.stages.normalise.rules import JOINED, JOINER, NAMED, SPACED, TIDY, VISIBLE, Step, composed

# What `composed` may change: marks (also the conjoining Hangul ones), the characters that have a
# canonical decomposition although nothing composes to them, look-alikes, and what Rust has no
# property for yet and Python may. A superset: the test over all code points holds it to that.
_NOT_COMPOSED = (
    r"\p{M}\p{Cn}ÐðƉƢƣ\u0340\u0341\u0374\u037E\u0387\u1161-\u1175\u11A8-\u11C2\u1F71-\u1FFD\u2000\u2001"
    r"\u2126\u212A\u212B\u2329\u232A\u0958-\u095F\u09DC-\u09DF\u0A33-\u0A5E\u0B5C\u0B5D\u0F43-\u0FB9"
    r"\u2ADC\uF900-\uFAFF\uFB1D-\uFB4E\x{1D15E}-\x{1D1C0}\x{11000}-\x{11FFF}\x{16100}-\x{16DFF}\x{2F800}-\x{2FA1F}"
)
UNCLEAN = f"[{NAMED}{_NOT_COMPOSED}]"
"""What every text has that more is done to than to take spaces off."""


def clean(text: pl.Series, odd: pl.Series | None = None) -> pl.Series:
    r"""Clean texts; idempotent, and a clean text is its fixed point (law 2).

    Args:
        text: a string column; null stays null.
        odd: which rows may hold something of `UNCLEAN` (boolean); None if that is not known.

    Returns:
        The same rows: newlines are `\n`, all of them kept; no C0 control characters but that,
        none of the zero-width, bidirectional and soft-hyphen characters (a joiner inside an
        emoji stays), NFC, and single U+0020 spaces, none at the ends of a line.
    """
    suspect = holding(text, UNCLEAN, odd)
    if suspect.any():
        text = _put(text, suspect, _visible(text.filter(suspect)))
    # Stripped first: a seed begins with a space, and one that has no other is then left alone.
    text = text.str.strip_chars(" ")
    marks = [text.str.contains(mark, literal=True) for mark in ("  ", "\n ", " \n")]
    untidy = functools.reduce(operator.or_, marks).fill_null(False)
    if untidy.any():
        text = _put(text, untidy, _stepped(text.filter(untidy), TIDY))
    return text.alias("text")


def holding(text: pl.Series, pattern: str, odd: pl.Series | None = None) -> pl.Series:
    """Which texts hold a match of a pattern (boolean; null is false); with `odd` it is looked for in these alone."""
    if odd is None:
        return text.str.contains(pattern).fill_null(False)
    rows = odd.arg_true()
    return odd.clone().scatter(rows, holding(text.gather(rows), pattern))


def _put(text: pl.Series, mask: pl.Series, new: pl.Series) -> pl.Series:
    """The column with `new`, a value for each true row of the mask, in their places."""
    # For each row, which of the true rows before or at it is the last; 0 at least.
    positions = (mask.cast(pl.Int64).cum_sum() - 1).clip(lower_bound=0)
    return text.zip_with(~mask, new.gather(positions))


def _visible(text: pl.Series) -> pl.Series:
    """Newlines, controls, invisible characters, NFC and kinds of spaces, of the rows that need it."""
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

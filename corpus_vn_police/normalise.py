"""Raw text -> clean text: strict UTF-8, newlines, invisible characters, NFC, spaces.

The order loses nothing: newlines first, then what is invisible, then NFC, then spaces. One cheap
test finds the rows that need any of it; the others are left as they are. What is dropped or
folded here is lossless for Vietnamese; quotes, dashes, ellipses, tone style and spelling stay.
"""

from __future__ import annotations

import functools
import operator

import polars as pl

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

_SUSPECT = f"[{_CONTROLS}{_INVISIBLE}{_NEWLINES}{_SPACES}{_NOT_NFC}]"

_HEADER_GAP = r"^([\s\uFEFF\u200B]*date[ \t\u00A0]+[0-9]{4}(?:-[0-9]{2}){0,2})[\x0B\x0C\x1C-\x1F]"

# An emoji sequence (a family, a profession) is held together by zero-width joiners: those
# between two pictographs are kept. A variation selector or a skin tone may stand before it.
_JOINER = "\u200d"
_PICTOGRAPH = r"\p{Extended_Pictographic}"
_KEPT_JOINER = rf"({_PICTOGRAPH}[\uFE0F\x{{1F3FB}}-\x{{1F3FF}}]?)\u200D({_PICTOGRAPH})"
_PLACEHOLDER = "\x01"  # a control character, so it cannot be in the text at that point


def normalise(batch: pl.DataFrame) -> pl.DataFrame:
    """Decode and clean the texts of a batch of seeds.

    Args:
        batch: reads `body` (binary) and `reason`.

    Returns:
        The same rows in the same order, with `text` (string; null where there is a reason) in
        place of `body`, and `encoding.invalid_utf8` or `encoding.nul` in `reason` where the
        bytes are damaged: a text is never mended silently.
    """
    text = decode(batch["body"])
    damaged = (text.is_null() | text.str.contains("\0", literal=True)) & batch["reason"].is_null()
    batch = _with_damage(batch, text, damaged).drop("body")
    return batch.with_columns(clean(text.zip_with(batch["reason"].is_null(), _NO_TEXT)))


_NO_TEXT = pl.Series([None], dtype=pl.String)


def _with_damage(batch: pl.DataFrame, text: pl.Series, damaged: pl.Series) -> pl.DataFrame:
    """Give the rows of the mask the reason that names what is wrong with their bytes."""
    if not damaged.any():
        return batch
    places = damaged.arg_true()
    reasons, details = [], []
    for place in places:
        try:
            batch["body"][place].decode("utf-8")
        except UnicodeDecodeError as error:
            reasons.append("encoding.invalid_utf8")
            details.append(f"byte {error.start} of {len(error.object)}: {error.reason}")
        else:
            reasons.append("encoding.nul")
            details.append(f"{text[place].count(chr(0))} NUL bytes")
    return batch.with_columns(
        batch["reason"].scatter(places, pl.Series(reasons)), batch["detail"].scatter(places, pl.Series(details))
    )


def decode(body: pl.Series) -> pl.Series:
    """Read bytes as strict UTF-8.

    Returns:
        A string column named `text`; null where the bytes are not UTF-8.
    """
    try:
        # All rows are checked at once, without a copy; only a batch that holds a damaged text is
        # looked at row by row. (`strict=False` raises as well, in Polars 2.1.)
        return body.cast(pl.String).alias("text")
    except pl.exceptions.ComputeError:
        return pl.Series("text", [_utf8(value) for value in body], pl.String)


def _utf8(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return None


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
    return text.str.normalize("NFC").str.replace_all(f"[{_SPACES}]", " ")


def _tidy(text: pl.Series) -> pl.Series:
    text = text.str.replace_all(" {2,}", " ")
    return text.str.replace_all("\n ", "\n", literal=True).str.replace_all(" \n", "\n", literal=True)


def normalise_text(text: str, *, tone: str = "keep", repair: bool = False) -> str:
    """Clean one text as the build would; the header and all newlines stay.

    Args:
        text: any text; lone surrogates, which no build can meet, stay as they are.
        tone: `keep` is the only style yet.
        repair: False is the only choice yet.

    Raises:
        ValueError: `tone` or `repair` asks for what this version does not do.
    """
    if tone != "keep" or repair:
        raise ValueError(f"tone={tone!r}, repair={repair!r}: only tone='keep', repair=False yet")
    try:
        return str(clean(pl.Series([text], dtype=pl.String))[0])
    except UnicodeEncodeError:
        return text

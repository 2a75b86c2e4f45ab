"""Points for or against a paragraph being a caption, if it has no label.

The words and their weights are in `lexicon/captions.txt`. This module adds them up, and gives points for length and
punctuation.
"""

from __future__ import annotations

import functools

import polars as pl

from corpus_vn_police.lexicon import lexicon

_WORDS = lexicon("captions")
_any_of = _WORDS.any_of
_BEFORE = r"(?:^|[ ,.;:!?()“”\"/])"
_AFTER = r"(?:[ ,.;:!?()“”\"/…]|$)"


def _opening(*classes: str) -> str:
    """A pattern for paragraphs that open with a phrase of some classes."""
    return f"^{_any_of(*classes)}{_AFTER}"


def _anywhere(*classes: str) -> str:
    """A pattern for paragraphs that contain a phrase of some classes."""
    return f"{_BEFORE}{_any_of(*classes)}{_AFTER}"


# All except _NAME_AT are applied to lower-case text: patterns that ignore case take twice as long to compile,
# and each batch compiles them again, because Polars keeps only 32.
_SCENE = rf"^(?:{_any_of('scene')}|số {_any_of('seized')}[^,]*{_any_of('as evidence')})"
_SHOWN = rf"^{_any_of('shown')} ?:"
_TAKEN = f"{_any_of('taken')} "
_GROUP = _opening("group", "exhibit", "rank")
_SUBJECT = rf"^(?:{_any_of('person', 'thing')}|(?:hơn |gần |khoảng )?[0-9][0-9.,]* {_any_of('measure')}){_AFTER}"
_EVENT = rf"{_BEFORE}{_any_of('at')} (?:các |một |hai )?{_any_of('event')}{_AFTER}|[, ]nơi "
_POSITION = rf", nơi {_any_of('where')}|\((?:[^()]* )?{_any_of('position')}(?: [^()]*)?\)"
_NAME = r"\p{Lu}[^ ,.]+(?: \p{Lu}[^ ,.]+)+"
_NAME_AT = (
    rf"^{_NAME} (?:\([^()]+\) )?{_any_of('beside a name')} [^,]*$|"
    rf"^{_any_of('portrait')},?(?: {_any_of('academic title')}[,.]?)*"
    r"(?:,? (?:và )?\p{Lu}[^ ,()]*)+(?: \([^()]+\)\.?)?$"
)
_VERB_FIRST = rf"^{_any_of('verb first')}(?:,? [^,]*)?$"
_FIGURES = rf"[0-9]\s?{_any_of('figure')}|[“\"][^”\"]{{25}}[”\"]|[:;?]|\./\."
_PROVIDED = r" do [^,.]+ cung cấp\.?$"
_OWNED = r"^[^,.]+ của [^,]+$"
_ITEM = r"^(?:[-–—•*+]|[0-9]+[.)]) "
_NEXT_SENTENCE = r"[.!?…] \p{Lu}"

_WORD_SIGNS = (
    (_SCENE, _WORDS.weight("scene")),
    (_SHOWN, _WORDS.weight("shown")),
    (_TAKEN, _WORDS.weight("taken")),
    (_GROUP, _WORDS.weight("group", "exhibit", "rank")),
    (_SUBJECT, _WORDS.weight("person", "thing", "measure")),
    (_EVENT, _WORDS.weight("event")),
    (_anywhere("action", "passive", "look"), _WORDS.weight("action", "passive", "look")),
    (_POSITION, _WORDS.weight("where", "position")),
    (_VERB_FIRST, _WORDS.weight("verb first")),
    (_anywhere("narrative"), _WORDS.weight("narrative")),
    (_opening("adverbial", "appeal", "crime headline"), _WORDS.weight("adverbial", "appeal", "crime headline")),
    (_anywhere("discourse"), _WORDS.weight("discourse")),
    (_PROVIDED, _WORDS.weight("scene")),
    (_FIGURES, _WORDS.weight("figure")),
    (_ITEM, -4),
)
"""Patterns for a paragraph in lower case, and the points of each."""


def points(text: pl.Series, words: pl.Series, gap: pl.Series | None = None, near: pl.Series | None = None) -> pl.Series:
    """The points of paragraphs (int8); with 3 or more, one is a caption.

    Args:
        text: paragraphs (string).
        words: the number of words of each.
        gap: whether there are more blank lines than usual before it (boolean); None if that means nothing.
        near: whether a caption is beside it (boolean); None as for `gap`.
    """
    no = pl.Series([False]).new_from_index(0, len(text))
    # These are stored as columns: an expression is evaluated again for each pattern that uses it, which took
    # 12 of the 17 ms for 2,000 headlines, for lower case alone.
    paragraphs = pl.DataFrame({
        "text": text, "lower": text.str.to_lowercase(), "words": words, "gap": no if gap is None else gap,
        "near": no if near is None else near, "stop": text.str.contains(r"[.!?…:;,]$"),
    })  # fmt: skip
    return paragraphs.select(_sum()).to_series()


@functools.cache
def _sum() -> pl.Expr:
    """The sum of all points; cached, because building it takes as long as applying it to 100 paragraphs."""
    in_words = [(pl.col("lower").str.contains(pattern), weight) for pattern, weight in _WORD_SIGNS]
    signs = [*in_words, *_signs_of_length(), *_signs_beside_the_words()]
    return pl.sum_horizontal(sign.cast(pl.Int8) * weight for sign, weight in signs)


def _signs_of_length() -> list[tuple[pl.Expr, int]]:
    """Points for length: captions are short, many without a full stop; very short lines like that are sub-headings."""
    stop, words = pl.col("stop"), pl.col("words")
    comma = pl.col("text").str.contains(",", literal=True)
    return [
        (~stop, 2),
        (~stop & (words >= 10), 1),
        (stop & (words <= 14) & pl.col("lower").str.contains(_OWNED), 1),
        (stop & (words <= 17) & ~comma, 1),
        (stop & (words > 18) & comma, -1),
        (stop & (words > 22), -2),
        (words > 30, -1),
        (~stop & (words <= 7), -1),
        (~stop & (words <= 5), -1),
        (words <= 4, -1),
    ]


def _signs_beside_the_words() -> list[tuple[pl.Expr, int]]:
    """Points for the position of a paragraph, and for its capitals."""
    text = pl.col("text")
    return [
        (text.str.contains(_NAME_AT), _WORDS.weight("beside a name", "portrait")),
        (pl.col("gap"), 2),
        (pl.col("near") & (pl.col("stop") | (pl.col("words") >= 9)), 1),
        (text.str.contains(_NEXT_SENTENCE), -2),
        (text == text.str.to_uppercase(), -4),
    ]


def opens_like_a_caption(text: pl.Expr) -> pl.Expr:
    """Whether a sentence opens as captions of a single sentence do; a cheap test before `points` (boolean)."""
    opening = f"{_SCENE}|{_SHOWN}|{_GROUP}|{_SUBJECT}|{_VERB_FIRST}"
    return text.str.to_lowercase().str.contains(opening) | text.str.contains(_NAME_AT) | text.str.contains(_TAKEN)


def begins_with_a_verb(text: pl.Expr) -> pl.Expr:
    """Whether a paragraph begins with a verb and has no subject (boolean)."""
    return text.str.to_lowercase().str.contains(_VERB_FIRST)

"""Measure how Vietnamese a body is (letters, syllables, styles of the tone mark), and reject texts below a limit.

Each distinct word of a batch is measured only once, because words repeat: 2,000 articles (7 MB) have a million words,
but only 40,000 distinct ones.
"""

from __future__ import annotations

import functools

import numpy as np
import polars as pl

from corpus_vn_police.buffers import to_numpy, words
from corpus_vn_police.config import Corpus
from corpus_vn_police.reasons import (
    QUALITY_SYLLABLE_SHARE,
    QUALITY_VIETNAMESE_SHARE,
    TEXT_NO_DIACRITICS,
    TEXT_NOT_VIETNAMESE,
)
from corpus_vn_police.stages.batch import is_beyond, reject, reject_beyond
from corpus_vn_police.syllables import STYLES, style_of, syllables, toneless_syllables

_MARK = r"\p{M}"
# ă, đ, ơ, ư and the letters of U+1EA0 to U+1EF9: a quarter of the letters of Vietnamese prose.
_ONLY_VIETNAMESE = "[ĂăĐđƠơƯưẠ-ỹ]"
_TOKEN = r"[\p{L}\p{M}]+"  # noqa: S105
_AROUND = " \n.,:;!?…“”‘’\"'()[]-–/%"
_PLAIN = r"^\p{L}+$"

_ENOUGH = 25  # letters: the language of a shorter text is not judged
_TONELESS = 0.65  # the share of words that are syllables without diacritics; in English and Indonesian it is 0.2 to 0.4
_FOREIGN = 0.05  # the share of Vietnamese letters; one in 8,000 of 42,088 real articles has less


def quality(batch: pl.DataFrame, corpus: Corpus) -> pl.DataFrame:
    """Measure the bodies, and reject those that are below the thresholds.

    Args:
        batch: reads `text` (the body), `reason`, `pointer`, `detail`.
        corpus: the settings; if `quality` is False, the batch is not changed.

    Returns:
        The same rows in the same order. Added are `vietnamese_share`, the share of letters that
        only Vietnamese uses, `syllable_share`, the share of letter tokens that are Vietnamese
        syllables (float64; null if there are none), and `tone_style` (struct {old, new: int32}).
        A text of at least 25 letters that is below a threshold gets a `reason`.
    """
    if not corpus.quality:
        return batch
    shares = [
        (pl.col("vietnamese") / pl.col("letters")).alias("vietnamese_share"),
        (pl.col("syllables") / pl.col("tokens")).alias("syllable_share"),
        pl.struct(pl.col("old", "new").cast(pl.Int32)).alias("tone_style"),
        (pl.col("letters") >= _ENOUGH).alias("judged"),
    ]
    measured = _measure(batch["text"]).select(shares).with_columns(pl.col("^.*_share$").fill_nan(None))
    return _gate(batch.with_columns(measured), corpus).drop("judged")


def _measure(text: pl.Series) -> pl.DataFrame:
    """The number of letters, Vietnamese letters, tokens, syllables, old and new tone marks in each text (int64)."""
    every, first_word = words(text)
    distinct = every.dictionary_encode()
    # One more empty word at the end, so that a last text without words has a first word as well.
    figures = _of_words(pl.Series(pl.from_arrow(distinct.dictionary)).append(pl.Series([""])))
    which = np.append(to_numpy(distinct.indices), len(distinct.dictionary)).astype(np.intp)
    sums = {name: np.add.reduceat(each.to_numpy().take(which), first_word)[:-1] for name, each in figures.items()}
    is_empty = np.diff(first_word) == 0  # for a text without words, `reduceat` returns the numbers of the next word
    return pl.DataFrame({name: np.where(is_empty, 0, each) for name, each in sums.items()})


def _of_words(every: pl.Series) -> dict[str, pl.Series]:
    """The numbers for each word (int64); it may have punctuation.

    Four of five words are one token, perhaps with punctuation around it. For the others, each token is measured.
    """
    token = every.str.strip_chars(_AROUND)
    others = (~token.str.contains(_PLAIN)).arg_true()
    odd = every.gather(others)
    found = pl.DataFrame({"word": others, "token": odd.str.extract_all(_TOKEN)}).explode("token").drop_nulls("token")
    figures = _of_tokens(token.scatter(others, "").append(found["token"]))
    parts = found.select("word", **{name: each.tail(len(found)) for name, each in figures.items()})
    sums = parts.group_by("word").sum()
    whole = {name: each.head(len(every)) for name, each in figures.items()}
    return {name: each.scatter(sums["word"], sums[name]) for name, each in whole.items()}


def _of_tokens(token: pl.Series) -> dict[str, pl.Series]:
    """The numbers for each token (int64); zero for an empty one."""
    known, old, new = _known()
    lower = token.str.to_lowercase()
    figures = {
        "letters": token.str.len_chars() - token.str.count_matches(_MARK),
        "vietnamese": token.str.count_matches(_ONLY_VIETNAMESE),
        "tokens": token != "",
        "syllables": lower.is_in(known),
        "old": lower.is_in(old),
        "new": lower.is_in(new),
    }
    return {name: each.cast(pl.Int64) for name, each in figures.items()}


@functools.cache
def _known() -> tuple[pl.Series, pl.Series, pl.Series]:
    """The syllables, and those of the old and the new style, each as one list, which `is_in` needs."""
    every = sorted(syllables())
    styled = {style: [syllable for syllable in every if style_of(syllable) == style] for style in STYLES}
    known, old, new = (pl.Series([values]) for values in (every, styled["old"], styled["new"]))
    return known, old, new


def _gate(batch: pl.DataFrame, corpus: Corpus) -> pl.DataFrame:
    """Reject the texts below a threshold: first those that are in another language, then by the shares."""
    thresholds = {"vietnamese_share": QUALITY_VIETNAMESE_SHARE, "syllable_share": QUALITY_SYLLABLE_SHARE}
    measures = {name: pl.when("judged").then(name) for name in thresholds}
    low = pl.any_horizontal(is_beyond(measures[name], reason, corpus) for name, reason in thresholds.items())
    few = batch.select(low & pl.col("reason").is_null()).to_series().arg_true()
    if not len(few):
        return batch
    toneless = pl.Series([False]).new_from_index(0, len(batch)).scatter(few, _toneless(batch["text"].gather(few)))
    batch = batch.with_columns(toneless.alias("toneless"))
    foreign = low & (pl.col("vietnamese_share") < _FOREIGN)
    shares = pl.format("vietnamese_share {}, syllable_share {}", *(pl.col(name).round(4) for name in thresholds))
    batch = reject(batch, foreign & pl.col("toneless"), TEXT_NO_DIACRITICS, shares)
    batch = reject(batch, foreign, TEXT_NOT_VIETNAMESE, shares)
    for name, reason in thresholds.items():
        batch = reject_beyond(batch, measures[name], reason, corpus)
    return batch.drop("toneless")


def _toneless(text: pl.Series) -> pl.Series:
    """Which texts are Vietnamese without its diacritics (boolean)."""
    known = toneless_syllables()
    shares = []
    for value in text:
        tokens = [token for token in value.lower().split() if token.isalpha()]
        shares.append(bool(tokens) and sum(token in known for token in tokens) >= _TONELESS * len(tokens))
    return pl.Series(shares, dtype=pl.Boolean)

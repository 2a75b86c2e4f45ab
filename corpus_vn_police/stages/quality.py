"""Body -> how Vietnamese it is: shares of letters and syllables, styles of the tone; rejects texts below a limit.

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

_LETTER = r"\p{L}"
# ă, đ, ơ, ư and the letters of U+1EA0 to U+1EF9: a quarter of the letters of Vietnamese prose.
_ONLY_VIETNAMESE = "[ĂăĐđƠơƯưẠ-ỹ]"
_TOKEN = r"[\p{L}\p{M}]+"  # noqa: S105

_ENOUGH = 25  # letters: a text of fewer is not judged by its language
_TONELESS = 0.65  # share of words that are syllables without diacritics; English and Indonesian have 0.2 to 0.4
_FOREIGN = 0.05  # share of Vietnamese letters; of 42,088 real articles one in 8,000 is below
_FIGURES = ("letters", "vietnamese", "tokens", "syllables", "old", "new")


def quality(batch: pl.DataFrame, corpus: Corpus) -> pl.DataFrame:
    """Measure the bodies, and reject those that are below the thresholds.

    Args:
        batch: reads `text` (the body), `reason`, `pointer`, `detail`.
        corpus: the settings; with `quality` False the batch is left as it is.

    Returns:
        The same rows in the same order; added are `vietnamese_share`, the share of letters that
        only Vietnamese uses, `syllable_share`, the share of tokens of letters that are Vietnamese
        syllables (float64; null if there are none), and `tone_style` (struct {old, new: int32}).
        A text of 25 letters and more below a threshold has the `reason` that names what it is.
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
    """How many letters, Vietnamese letters, tokens, syllables, old and new tones each text has (int64)."""
    every, first_word = words(text)
    distinct = every.dictionary_encode()
    # One empty word more, at the end, so that also a last text without words begins at a word.
    figures = _of_words(pl.Series(pl.from_arrow(distinct.dictionary)).append(pl.Series([""])))
    which = np.append(to_numpy(distinct.indices), len(distinct.dictionary)).astype(np.intp)
    sums = {name: np.add.reduceat(figures[name].to_numpy().take(which), first_word)[:-1] for name in _FIGURES}
    is_empty = np.diff(first_word) == 0  # `reduceat` gives a text without words the figures of the next word
    return pl.DataFrame({name: np.where(is_empty, 0, each) for name, each in sums.items()})


def _of_words(every: pl.Series) -> pl.DataFrame:
    """The figures of each word (int64); punctuation may hang on it."""
    tokens = pl.DataFrame({"word": np.arange(len(every)), "token": every.str.extract_all(_TOKEN)}).explode("token")
    tokens = tokens.drop_nulls("token").with_columns(pl.col("token").str.to_lowercase().alias("lower"))
    known, old, new = _known()
    lower = tokens["lower"]
    counted = tokens.select(
        "word",
        pl.col("token").str.count_matches(_LETTER).alias("letters"),
        pl.col("token").str.count_matches(_ONLY_VIETNAMESE).alias("vietnamese"),
        pl.lit(1).alias("tokens"),
        lower.is_in(known).alias("syllables"),
        lower.is_in(old).alias("old"),
        lower.is_in(new).alias("new"),
    )
    sums = counted.group_by("word").agg(pl.col(_FIGURES).cast(pl.Int64).sum())
    numbers = pl.DataFrame({"word": np.arange(len(every))})
    return numbers.join(sums, on="word", how="left", maintain_order="left").fill_null(0)


@functools.cache
def _known() -> tuple[pl.Series, pl.Series, pl.Series]:
    """The syllables, and those of the old and the new style, each as the one list that `is_in` takes."""
    every = sorted(syllables())
    styled = {style: [syllable for syllable in every if style_of(syllable) == style] for style in STYLES}
    known, old, new = (pl.Series([values]) for values in (every, styled["old"], styled["new"]))
    return known, old, new


def _gate(batch: pl.DataFrame, corpus: Corpus) -> pl.DataFrame:
    """Reject the texts below a threshold: first by what language they are in, then by the measure."""
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

"""Body -> how Vietnamese it is: shares of letters and syllables, styles of the tone, and a gate.

A body's words repeat: what is measured is measured once for each distinct word, and gathered.
(2,000 articles, 7 MB: 45 ms, where matching no more than the letters of every text took 90.)
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from corpus_vn_police.config import Quality
from corpus_vn_police.stages.batch import SPACE, octets_of, reject
from corpus_vn_police.syllables import STYLES, style_of, syllables, toneless_syllables

_LETTER = r"\p{L}"
# ă, đ, ơ, ư and the letters of U+1EA0 to U+1EF9: a quarter of the letters of Vietnamese prose.
_ONLY_VIETNAMESE = "[ĂăĐđƠơƯưẠ-ỹ]"
_TOKEN = r"[\p{L}\p{M}]+"  # noqa: S105

_ENOUGH = 25  # letters: of fewer no language is told
_TONELESS = 0.65  # share of words that are syllables without diacritics; English and Indonesian have 0.2 to 0.4
_FOREIGN = 0.05  # share of Vietnamese letters; of 42,088 real articles one in 8,000 is below
_BELOW = {"vietnamese_share": "quality.vietnamese_share", "syllable_share": "quality.syllable_share"}
_FIGURES = ("letters", "vietnamese", "tokens", "syllables", "old", "new")
_PAIRS = tuple(zip(_FIGURES[::2], _FIGURES[1::2], strict=True))
_MET = 1 << 18  # places for words, in 8 MB; 2,000 articles have 40,000 words, 8,000 have 100,000


def quality(batch: pl.DataFrame, settings: Quality) -> pl.DataFrame:
    """Measure the bodies, and reject those that are below the thresholds.

    Args:
        batch: reads `text` (the body), `reason`, `pointer`, `detail`.
        settings: `[quality]`; not enabled leaves the batch as it is.

    Returns:
        The same rows in the same order; added are `vietnamese_share`, the share of letters that
        only Vietnamese uses, `syllable_share`, the share of tokens of letters that are Vietnamese
        syllables (float64; null where there are none), and `tone_style` (struct {old, new: int32}).
        A text of 25 letters and more below a threshold has the `reason` that names what it is.
    """
    if not settings.enabled:
        return batch
    figures = _measure(batch["text"])
    shares = [
        (pl.col("vietnamese") / pl.col("letters")).alias("vietnamese_share"),
        (pl.col("syllables") / pl.col("tokens")).alias("syllable_share"),
        pl.struct(pl.col("old", "new").cast(pl.Int32)).alias("tone_style"),
        (pl.col("letters") >= _ENOUGH).alias("judged"),
    ]
    batch = batch.with_columns(figures.select(shares).with_columns(pl.col("^.*_share$").fill_nan(None)))
    return _gate(batch, settings).drop("judged")


def _measure(text: pl.Series) -> pl.DataFrame:
    """Of each text how many letters, Vietnamese letters, tokens, syllables, and old and new tones (int64)."""
    words, starts = _words(text)
    hashes = words.hash().to_numpy()
    places = (hashes & (_MET - 1)).astype(np.int64)
    met = _Met.words
    missing = np.flatnonzero(met.hashes[places] != hashes)
    new, first, which, often = np.unique(hashes[missing], return_index=True, return_inverse=True, return_counts=True)
    figures = _packed(_of_words(words.gather(missing[first])))
    _Met.words = met.and_these(new, figures, often)
    sums = {}
    for pair, (low, high) in enumerate(_PAIRS):
        each = met.figures[pair, places]
        each[missing] = figures[pair, which]
        total = np.add.reduceat(each, starts)
        sums[low], sums[high] = total & 0xFFFFFFFF, total >> 32
    return pl.DataFrame(sums)


def _words(text: pl.Series) -> tuple[pl.Series, npt.NDArray[np.int64]]:
    """The words of all texts, each with the space after it, and of each text the place of its first one.

    They are cut where a space ends, without a copy: 10 ms for 2,000 articles, where splitting took 18.
    """
    bounds, octets = octets_of(text)
    after = np.flatnonzero(octets <= SPACE) + 1
    first = np.searchsorted(after, bounds[:-1])
    cuts = np.append(np.insert(after, first, bounds[:-1]), bounds[-1])
    buffers = [None, pa.py_buffer(cuts), pa.py_buffer(octets)]
    words = pa.Array.from_buffers(pa.large_string(), len(cuts) - 1, buffers)
    return pl.Series(pl.from_arrow(words)), first + np.arange(len(first))


@dataclass(frozen=True)
class _Met:
    """The figures of words that were met, so that each is measured once and not in every batch.

    A word has the place that the last bits of its hash give, where that is free. Two words with one hash of 64 bits
    would be taken for each other: of a million words that happens once in 30 million runs.

    Attributes:
        words: those that this process has met; replaced, never changed.
        hashes: the hash of the word in each place; 0 where there is none yet.
        figures: its figures, packed.
    """

    words: ClassVar[_Met]

    hashes: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(_MET, np.uint64))
    figures: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((len(_PAIRS), _MET), np.int64))

    def and_these(
        self, hashes: npt.NDArray[np.uint64], figures: npt.NDArray[np.int64], often: npt.NDArray[np.int64]
    ) -> _Met:
        """These with more words: the most frequent of those that share a place; none where too many are here."""
        if np.count_nonzero(self.hashes) > _MET // 2:
            return _Met()
        order = np.argsort(often, kind="stable")  # the last one that is written stays
        places = (hashes[order] & (_MET - 1)).astype(np.int64)
        order, places = order[self.hashes[places] == 0], places[self.hashes[places] == 0]
        both = _Met(self.hashes.copy(), self.figures.copy())
        both.hashes[places] = hashes[order]
        both.figures[:, places] = figures[:, order]
        return both


_Met.words = _Met()


def _packed(figures: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Two figures in one number, so that half as many are gathered and added; neither reaches 2**32."""
    return np.stack([figures[low].to_numpy() + (figures[high].to_numpy() << 32) for low, high in _PAIRS])


def _of_words(words: pl.Series) -> pl.DataFrame:
    """The figures of each word (int64); punctuation may hang on it."""
    tokens = pl.DataFrame({"word": np.arange(len(words)), "token": words.str.extract_all(_TOKEN)}).explode("token")
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
    every = pl.DataFrame({"word": np.arange(len(words))})
    return every.join(sums, on="word", how="left", maintain_order="left").fill_null(0)


@functools.cache
def _known() -> tuple[pl.Series, pl.Series, pl.Series]:
    """The syllables, and those of the old and the new style, each as the one list that `is_in` takes."""
    every = sorted(syllables())
    styled = {style: [syllable for syllable in every if style_of(syllable) == style] for style in STYLES}
    known, old, new = (pl.Series([values]) for values in (every, styled["old"], styled["new"]))
    return known, old, new


def _gate(batch: pl.DataFrame, settings: Quality) -> pl.DataFrame:
    """Reject the texts below a threshold."""
    shares = {"vietnamese_share": settings.min_vietnamese_share, "syllable_share": settings.min_syllable_share}
    low = {name: pl.col("judged") & (pl.col(name) < least) for name, least in shares.items()}
    few = batch.select(pl.any_horizontal(low.values()) & pl.col("reason").is_null()).to_series().arg_true()
    if not len(few):
        return batch
    toneless = pl.Series([False]).new_from_index(0, len(batch)).scatter(few, _toneless(batch["text"].gather(few)))
    batch = batch.with_columns(toneless.alias("toneless"))
    foreign = pl.col("vietnamese_share") < _FOREIGN
    measure = pl.format("vietnamese_share {}, syllable_share {}", *(pl.col(name).round(4) for name in shares))
    any_low = pl.any_horizontal(low.values())
    batch = reject(batch, any_low & foreign & pl.col("toneless"), "text.no_diacritics", measure)
    batch = reject(batch, any_low & foreign, "text.not_vietnamese", measure)
    for name, reason in _BELOW.items():
        detail = pl.format(f"min_{name} {shares[name]}, got {{}}", pl.col(name).round(4))
        batch = reject(batch, low[name], reason, detail)
    return batch.drop("toneless")


def _toneless(text: pl.Series) -> pl.Series:
    """Which texts are Vietnamese without its diacritics (boolean)."""
    known = toneless_syllables()
    shares = []
    for value in text:
        tokens = [token for token in value.lower().split() if token.isalpha()]
        shares.append(bool(tokens) and sum(token in known for token in tokens) >= _TONELESS * len(tokens))
    return pl.Series(shares, dtype=pl.Boolean)

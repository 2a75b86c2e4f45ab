"""Find published records that are similar to given ones: a keeper who takes one down may want to see the others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from corpus_vn_police.dataset.rows import Published
from corpus_vn_police.dedup import first_days
from corpus_vn_police.dedup.equal import Numbers
from corpus_vn_police.dedup.leaks.lookup import Lookup
from corpus_vn_police.dedup.leaks.ngrams import NGRAM
from corpus_vn_police.dedup.shingles import SHINGLE, keys, sets, shingles

SHARED = 0.5
"""Two records are alike if they share this portion of the n-grams of the one that has fewer."""


@dataclass(frozen=True)
class Alike:
    """A published record that is similar to another one.

    Attributes:
        id: its id.
        like: the id of the other one.
        similarity: the true Jaccard similarity of their 5-syllable shingles.
        shared: the portion of 13-grams that both have, out of those of the record with fewer; None if it is not known.
        after: whether it comes after the other one in the order that decides which copy stays.
    """

    id: str
    like: str
    similarity: float
    shared: float | None
    after: bool


def find_alike(folder: Path, ids: frozenset[str], least: float) -> list[Alike]:
    """Find records that are similar to some given published records.

    Args:
        folder: the build; reads `id`, `date` and `text` of `data/*.parquet`.
        ids: the given records; they are not compared with one another.
        least: the least Jaccard similarity, above 0, of two similar records.

    Returns:
        The pairs; those with the most in common come first.
    """
    published = Published.open(folder)
    wanted = pl.Series(list(ids), dtype=pl.String).implode()
    chosen = [batch.filter(pl.col("id").is_in(wanted)) for batch in published.batches("id", "date", "text")]
    if not any(map(len, chosen)):
        return []
    lookups = _Lookups.of(pl.concat(chosen))
    found: list[Alike] = []
    for batch in published.batches("id", "date", "text"):
        found += lookups.pairs(batch.filter(~pl.col("id").is_in(wanted)), least)
    return sorted(
        found, key=lambda pair: (-max(pair.similarity, pair.shared or 0), -pair.similarity, pair.id, pair.like)
    )


@dataclass(frozen=True)
class _Lookups:
    """The given records: their ids and places in the order, their shingles and their n-grams."""

    ids: list[str]
    days: list[int]
    shingles: Lookup
    ngrams: Lookup

    @classmethod
    def of(cls, records: pl.DataFrame) -> _Lookups:
        syllables = keys(records["text"]).rows
        both = (Lookup.of(sets(shingles(syllables, length))) for length in (SHINGLE, NGRAM))
        return cls(records["id"].to_list(), first_days(records["date"]).tolist(), *both)

    def pairs(self, batch: pl.DataFrame, least: float) -> list[Alike]:
        """The similar pairs of a record of a batch and a given record."""
        if not len(batch):
            return []
        syllables = keys(batch["text"]).rows
        runs, longer = (sets(shingles(syllables, length)) for length in (SHINGLE, NGRAM))
        ids, days = batch["id"].to_list(), first_days(batch["date"]).tolist()
        found = []
        # Both have one set per record, so they return pairs for the same rows each time.
        both = zip(self.shingles.common(runs), self.ngrams.common(longer), strict=True)
        for (rows, places, counts), ngrams in both:
            similarity = counts / (runs.sizes[rows] + self.shingles.sizes[places] - counts)
            shared = _found(ngrams, rows, places) / np.minimum(longer.sizes[rows], self.ngrams.sizes[places])
            for pair in np.flatnonzero((similarity >= least) | (shared >= SHARED)):
                row, place = int(rows[pair]), int(places[pair])
                after = (days[row], ids[row]) > (self.days[place], self.ids[place])
                found.append(Alike(ids[row], self.ids[place], float(similarity[pair]), float(shared[pair]), after))
        return found


def _found(common: tuple[Numbers, Numbers, Numbers], rows: Numbers, places: Numbers) -> Numbers:
    """How many hashes the pairs have in common; 0 if `common` does not have the pair."""
    known, wanted = common[0] << 32 | common[1], rows << 32 | places
    if not len(known):
        return np.zeros(len(wanted), np.int64)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[at] == wanted, common[2][at], 0)

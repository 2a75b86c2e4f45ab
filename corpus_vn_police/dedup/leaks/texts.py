"""Read the texts of a build once for all searches, with several threads, from the last split to the first."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from corpus_vn_police.dataset.rows import Published
from corpus_vn_police.dedup.shingles import Keys, keys
from corpus_vn_police.engine.local import give_back_memory, map_tasks
from corpus_vn_police.engine.processors import available_processors
from corpus_vn_police.stages.split import SPLITS

_AT_ONCE = 500  # how many texts at once: each holds about ten arrays of 8 bytes per syllable


@dataclass(frozen=True)
class KeyedTexts:
    """Consecutive records of a split.

    Attributes:
        split: the name of the split.
        first: the number of the first one in the split, from 0.
        dates: their dates (string).
        keys: the dedup keys of their texts.
    """

    split: str
    first: int
    dates: pl.Series
    keys: Keys


class Search(Protocol):
    """A search through all texts. Several threads call `examine`; one thread calls the other methods."""

    def examine(self, texts: KeyedTexts) -> Any:
        """Search some texts; the splits after theirs are closed by then."""

    def add(self, split: str, found: Any) -> None:
        """Add what `examine` found, in the order of the texts."""

    def close(self, split: str) -> None:
        """All texts of a split have been added."""


def read_texts(folder: Path, searches: Sequence[Search]) -> None:
    """Pass all published texts to searches: the splits from the last to the first, the texts of each in order.

    Args:
        folder: the build; reads `date` and `text` of `data/*.parquet`.
        searches: the searches. The dedup keys are made once for all of them.
    """
    for split in reversed(SPLITS):
        published = Published.open(folder, split)
        work = functools.partial(_examine, published, split, searches)
        with closing(map_tasks(work, range(len(published.groups)), available_processors())) as groups:
            for found in (each for group in groups for each in group):
                for search, mine in zip(searches, found, strict=True):
                    search.add(split, mine)
        for search in searches:
            search.close(split)


def _examine(published: Published, split: str, searches: Sequence[Search], group: int) -> list[list[Any]]:
    """Let each search examine the texts of a row group, batch by batch."""
    found = []
    first = int(published.ends[group - 1]) if group else 0
    for batch in published.batches_of(group, "date", "text", at_once=_AT_ONCE):
        texts = KeyedTexts(split, first, batch["date"], keys(batch["text"]))
        found.append([search.examine(texts) for search in searches])
        first += len(batch)
    give_back_memory()
    return found

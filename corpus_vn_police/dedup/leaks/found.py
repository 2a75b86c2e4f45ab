"""Find everything that published records share but should not, in one pass over their texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from corpus_vn_police.config import Dedup
from corpus_vn_police.dedup.leaks.copies import CopySearch, PublishedCopies
from corpus_vn_police.dedup.leaks.ngrams import SharedNgrams, Sharing
from corpus_vn_police.dedup.leaks.texts import Search, read_texts
from corpus_vn_police.engine.local import give_back_memory
from corpus_vn_police.files import scratch_folder


@dataclass(frozen=True)
class Leaks:
    """Content that records of a build share.

    Attributes:
        copies: pairs that the build's rule should not have published together; None if the build does not look for
            copies.
        sharing: the n-grams that each later split shares with each earlier one.
    """

    copies: PublishedCopies | None
    sharing: tuple[Sharing, ...]


def find_leaks(folder: Path, dedup: Dedup) -> Leaks:
    """Look for copies and for shared n-grams.

    Args:
        folder: the build; reads `id`, `date`, `n_chars`, `n_syllables` and `text` of `data/*.parquet`.
        dedup: the build's rule for copies; with the level `off` none are looked for.
    """
    with scratch_folder() as scratch:
        ngrams = SharedNgrams.open(folder, scratch)
        copies = None if dedup.level == "off" else CopySearch(folder, dedup, scratch)
        searches: list[Search] = [ngrams] if copies is None else [ngrams, copies]
        read_texts(folder, searches)
        sharing = tuple(ngrams.found(folder))
        del ngrams, searches  # frees memory: the search for copies needs as much
        give_back_memory()
        return Leaks(None if copies is None else copies.found(), sharing)

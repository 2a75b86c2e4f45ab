"""Find content that published records share but should not: copies, and n-grams across splits."""

from corpus_vn_police.dedup.leaks.alike import SHARED, Alike, find_alike
from corpus_vn_police.dedup.leaks.copies import CopyPair, PublishedCopies
from corpus_vn_police.dedup.leaks.found import Leaks, find_leaks
from corpus_vn_police.dedup.leaks.ngrams import NGRAM, Sharing, shared_ngrams

__all__ = [
    "NGRAM",
    "SHARED",
    "Alike",
    "CopyPair",
    "Leaks",
    "PublishedCopies",
    "Sharing",
    "find_alike",
    "find_leaks",
    "shared_ngrams",
]

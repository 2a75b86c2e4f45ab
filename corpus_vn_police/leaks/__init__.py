"""What published records share that they should not: copies, and n-grams across splits."""

from corpus_vn_police.leaks.copies import CopyPair, PublishedCopies, find_published_copies
from corpus_vn_police.leaks.ngrams import NGRAM, Sharing, shared_ngrams

__all__ = ["NGRAM", "CopyPair", "PublishedCopies", "Sharing", "find_published_copies", "shared_ngrams"]

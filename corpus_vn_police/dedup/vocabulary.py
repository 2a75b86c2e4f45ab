"""What words have in the dedup key, remembered from batch to batch: few words of a batch are new.

Of 1.5 million words that are distinct in batches of 500 articles, 123,000 are distinct in all 39,000 articles, without
the marks around them. Working one out takes 5 us. A dictionary of Python looked one up in 1.2 us while other threads
waited; the table here takes a quarter of that, and they go on.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police.dedup.key import key_syllables, syllable_hash
from corpus_vn_police.dedup.runs import spread

# Marks that hang on words, and that no mark after them combines with (as with `<`, which becomes `≮`).
_AROUND = ' \n.,;:!?()"“”…'
_MOST_WORDS = 1 << 17  # that are remembered; with their syllables some 20 MB,
_MOST_LETTERS = 1 << 21  # or fewer, if they are long
_SLOTS = 1 << 16  # at first; there are always at least twice as many as words

Places = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


class KeyedWords(NamedTuple):
    """Words in the dedup key.

    Attributes:
        counts: how many syllables each word has (int64).
        hashes: the hash of each syllable, word after word (uint64).
        syllables: the syllables, in the same order.
    """

    counts: Places
    hashes: Hashes
    syllables: list[str]


@dataclass(frozen=True)
class Vocabulary:
    """Words with what they have in the key; a word is known by its number.

    Attributes:
        slots: an open-addressing table: the number of a word stands in the slot of its first hash, or in the next one
            that is free; -1 in those that are free (int32).
        first, second: two hashes of each word (uint64). With 64 bits alone, one vocabulary in a billion would take a
            word for another one.
        starts, counts: the first syllable of each word, and how many it has (int64).
        hashes: the hashes of all syllables (uint64).
        syllables: the syllables.
        letters: how many letters all words have.
    """

    slots: npt.NDArray[np.int32]
    first: Hashes
    second: Hashes
    starts: Places
    counts: Places
    hashes: Hashes
    syllables: list[str]
    letters: int

    @classmethod
    def empty(cls) -> Vocabulary:
        """A vocabulary without words."""
        hashes, places = np.empty(0, np.uint64), np.empty(0, np.int64)
        return cls(np.full(_SLOTS, -1, np.int32), hashes, hashes, places, places, hashes, [], 0)

    @property
    def is_full(self) -> bool:
        """Whether it holds as many words as are to be remembered."""
        return len(self.counts) > _MOST_WORDS or self.letters > _MOST_LETTERS

    def numbers(self, words: pl.Series) -> Places:
        """The numbers of words; -1 if a word is not known."""
        first, second = _hashes(words)
        found = np.full(len(words), -1, np.int64)
        asking, slots = np.arange(len(words) if len(self.counts) else 0), _slots(first, self.slots)
        while len(asking):
            there = self.slots[slots]
            same = (self.first[there] == first[asking]) & (self.second[there] == second[asking]) & (there >= 0)
            found[asking[same]] = there[same]
            onwards = ~same & (there >= 0)
            asking, slots = asking[onwards], (slots[onwards] + 1) % len(self.slots)
        return found

    def with_words(self, words: pl.Series) -> Vocabulary:
        """This vocabulary and more words, each once, none of which it has."""
        keyed = [key_syllables(word) for word in words]
        spelt = [syllable for syllables in keyed for syllable in syllables]
        counts = np.fromiter(map(len, keyed), np.int64, len(keyed))
        starts = len(self.hashes) + np.cumsum(counts) - counts
        new, second = _hashes(words)
        first = np.concatenate([self.first, new])
        if 2 * len(first) > len(self.slots):
            slots = np.full(1 << (4 * len(first)).bit_length(), -1, np.int32)
            _put(slots, _slots(first, slots), np.arange(len(first), dtype=np.int32))
        else:
            slots = self.slots.copy()
            _put(slots, _slots(new, slots), np.arange(len(self.first), len(first), dtype=np.int32))
        return Vocabulary(
            slots,
            first,
            np.concatenate([self.second, second]),
            np.concatenate([self.starts, starts]),
            np.concatenate([self.counts, counts]),
            np.concatenate([self.hashes, np.fromiter(map(syllable_hash, spelt), np.uint64, len(spelt))]),
            self.syllables + spelt,
            self.letters + int(words.str.len_chars().sum()),
        )

    def keyed(self, numbers: Places) -> KeyedWords:
        """What words have in the key, by their numbers."""
        counts = self.counts[numbers]
        places = spread(self.starts[numbers], counts)
        return KeyedWords(counts, self.hashes[places], list(map(self.syllables.__getitem__, places.tolist())))


def _hashes(words: pl.Series) -> tuple[Hashes, Hashes]:
    return words.hash(seed=1).to_numpy(), words.hash(seed=2).to_numpy()


def _slots(hashes: Hashes, table: npt.NDArray[np.int32]) -> Places:
    return (hashes % np.uint64(len(table))).astype(np.int64)


def _put(table: npt.NDArray[np.int32], slots: Places, numbers: npt.NDArray[np.int32]) -> None:
    """Put numbers into their slots, or into the next ones that are free."""
    while len(numbers):
        free = table[slots] < 0
        table[slots[free]] = numbers[free]  # of several in one slot the last one stays
        onwards = table[slots] != numbers
        numbers, slots = numbers[onwards], (slots[onwards] + 1) % len(table)


class _Remembered:
    """The vocabulary of this process. Threads read it as it is, and replace it one at a time."""

    vocabulary = Vocabulary.empty()
    replacing = threading.Lock()


def keyed_words(words: pl.Series) -> KeyedWords:
    """What words (string) have in the key; white space may hang on them."""
    bare = words.str.strip_chars(_AROUND)
    known = _Remembered.vocabulary
    numbers = known.numbers(bare)
    if (numbers < 0).any():
        known = _remember(bare.unique())
        numbers = known.numbers(bare)
    return known.keyed(numbers)


def _remember(words: pl.Series) -> Vocabulary:
    """The vocabulary with all of these words, which are distinct; if it was full, with no others."""
    with _Remembered.replacing:
        known = Vocabulary.empty() if _Remembered.vocabulary.is_full else _Remembered.vocabulary
        known = known.with_words(words.filter(known.numbers(words) < 0))
        _Remembered.vocabulary = known
    return known

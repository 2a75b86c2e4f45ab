"""The syllables that words have in the dedup key, remembered from batch to batch, because few words are new.

In batches of 500 articles there are 1.5 million distinct words, but in all 39,000 articles only 123,000, if the marks
around words do not count. Computing the syllables of a word takes 5 us. A Python dictionary took 1.2 us for a lookup,
while other threads waited; the table here takes a quarter of that, and other threads continue.
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

# Marks that may be attached to words, and do not combine with a mark after them (as `<` does: it becomes `≮`).
_AROUND = ' \n.,;:!?()"“”…'
_MOST_WORDS = 1 << 17  # that are remembered; with their syllables about 20 MB
_MOST_LETTERS = 1 << 21  # or fewer if they are long
_SLOTS = 1 << 16  # at first; there are always at least twice as many slots as words

Places = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


class KeyedWords(NamedTuple):
    """The form of words in the dedup key.

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
    """Words with their syllables in the key; a word is identified by its number.

    Attributes:
        slots: an open-addressing table: the number of a word is in the slot of its first hash, or in the next one
            that was free; free slots are -1 (int32).
        first, second: two hashes of each word (uint64). With one hash of 64 bits, one vocabulary in a billion would
            mistake a word for another one.
        starts, counts: the first syllable of each word, and how many it has (int64).
        hashes: the hashes of all syllables (uint64).
        syllables: the syllables.
        letters: the number of letters of all words.
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
        """Make a vocabulary without words."""
        hashes, places = np.empty(0, np.uint64), np.empty(0, np.int64)
        return cls(np.full(_SLOTS, -1, np.int32), hashes, hashes, places, places, hashes, [], 0)

    @property
    def is_full(self) -> bool:
        """Whether it holds as many words as may be remembered."""
        return len(self.counts) > _MOST_WORDS or self.letters > _MOST_LETTERS

    def numbers(self, words: pl.Series) -> Places:
        """The numbers of words; -1 for a word that is not known."""
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
        """A copy of this vocabulary with more words, each given once, none of which it has yet."""
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
        """The syllables of words in the key, given the numbers of the words."""
        counts = self.counts[numbers]
        places = spread(self.starts[numbers], counts)
        return KeyedWords(counts, self.hashes[places], list(map(self.syllables.__getitem__, places.tolist())))


def _hashes(words: pl.Series) -> tuple[Hashes, Hashes]:
    return words.hash(seed=1).to_numpy(), words.hash(seed=2).to_numpy()


def _slots(hashes: Hashes, table: npt.NDArray[np.int32]) -> Places:
    return (hashes % np.uint64(len(table))).astype(np.int64)


def _put(table: npt.NDArray[np.int32], slots: Places, numbers: npt.NDArray[np.int32]) -> None:
    """Put numbers into their slots, or into the next free ones."""
    while len(numbers):
        free = table[slots] < 0
        table[slots[free]] = numbers[free]  # if several have the same slot, the last one gets it
        onwards = table[slots] != numbers
        numbers, slots = numbers[onwards], (slots[onwards] + 1) % len(table)


class _Remembered:
    """The vocabulary of this process. Threads read it without a lock, and replace it one at a time."""

    vocabulary = Vocabulary.empty()
    replacing = threading.Lock()


def keyed_words(words: pl.Series) -> KeyedWords:
    """The syllables that words (string) have in the key; words may end in white space."""
    bare = words.str.strip_chars(_AROUND)
    known = _Remembered.vocabulary
    numbers = known.numbers(bare)
    if (numbers < 0).any():
        known = _remember(bare.unique())
        numbers = known.numbers(bare)
    return known.keyed(numbers)


def _remember(words: pl.Series) -> Vocabulary:
    """A vocabulary with all of these distinct words; if the old one was full, it has no others."""
    with _Remembered.replacing:
        known = Vocabulary.empty() if _Remembered.vocabulary.is_full else _Remembered.vocabulary
        known = known.with_words(words.filter(known.numbers(words) < 0))
        _Remembered.vocabulary = known
    return known

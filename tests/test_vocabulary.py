"""What words have in the dedup key, remembered from batch to batch."""

from concurrent.futures import ThreadPoolExecutor

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from corpus_vn_police.dedup import vocabulary
from corpus_vn_police.dedup.key import key_syllables, syllable_hash
from corpus_vn_police.dedup.vocabulary import Vocabulary, keyed_words

_WORDS = st.lists(st.text(st.sampled_from("aàÀđ7.,<(“…”\u0300\u0338ﬁß \n"), max_size=6), max_size=40)


def _one_by_one(words):
    keyed = [key_syllables(word) for word in words]
    spelt = [syllable for syllables in keyed for syllable in syllables]
    return list(map(len, keyed)), [syllable_hash(syllable) for syllable in spelt], spelt


def _looked_up(words):
    counts, hashes, syllables = keyed_words(pl.Series(words, dtype=pl.String))
    return counts.tolist(), hashes.tolist(), syllables


@given(_WORDS, _WORDS)
def test_a_word_has_the_syllables_of_its_key_whatever_came_before(before, words):
    _looked_up(before)
    assert _looked_up(words) == _one_by_one(words)


@given(st.lists(st.integers(0, 5_000), max_size=3_000))
def test_a_full_vocabulary_is_begun_anew(numbers):
    words = [f"từ{number}" for number in numbers]
    most, vocabulary._MOST_WORDS = vocabulary._MOST_WORDS, 100
    try:
        for start in range(0, len(words), 300):
            assert _looked_up(words[start : start + 300]) == _one_by_one(words[start : start + 300])
    finally:
        vocabulary._MOST_WORDS = most


def test_there_is_room_for_more_distinct_words_than_a_batch_has():
    words = pl.Series([f"w{number}" for number in range(70_000)])
    known = Vocabulary.empty().with_words(words)
    assert known.numbers(words).tolist() == list(range(70_000))
    assert known.numbers(pl.Series(["w70000"])).tolist() == [-1]


def test_threads_that_add_words_at_once_all_have_theirs():
    batches = [[f"luồng{number * 7 % 1_000 + thread}" for number in range(500)] for thread in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(_looked_up, batches)) == list(map(_one_by_one, batches))

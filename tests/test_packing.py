"""Packing: every token in one block, by the lengths of the documents alone; and the order of an epoch."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_vn_police.train.order import epoch_order, mixed
from corpus_vn_police.train.plan import PACKINGS, pack

LENGTHS = st.lists(st.integers(0, 90), max_size=60).map(lambda each: np.array(each, np.int64))
ROOM = st.integers(1, 40)


def in_blocks(plan):
    """The fragments of every block: document, first token, size."""
    fragments = list(zip(plan.documents.tolist(), plan.starts.tolist(), plan.sizes.tolist(), strict=True))
    bounds = [0, *plan.ends.tolist()]
    return [fragments[first:last] for first, last in itertools.pairwise(bounds)]


def best_fit_decreasing(lengths, length):
    """How full the blocks are, sorted, as the textbook packs: one piece after another, each into the fullest block."""
    pieces = [min(length, total - first) for total in lengths for first in range(0, total, length)]
    rooms = []
    for piece in sorted(pieces, reverse=True):
        fitting = [place for place, room in enumerate(rooms) if room >= piece]
        if fitting:
            rooms[min(fitting, key=rooms.__getitem__)] -= piece
        else:
            rooms.append(length - piece)
    return sorted(length - room for room in rooms)


@given(LENGTHS, ROOM, st.sampled_from(PACKINGS), st.sampled_from([0, 0.9, 0.99, 1]))
def test_every_token_is_in_one_block_once(lengths, length, packing, min_fill):
    plan = pack(lengths, length, packing, min_fill)
    seen = [np.zeros(total, int) for total in lengths]
    for fragments in in_blocks(plan):
        assert 0 < sum(size for _, _, size in fragments) <= length
        for document, first, size in fragments:
            seen[document][first : first + size] += 1
    assert all((times == 1).all() for times in seen)
    assert plan.used.tolist() == [sum(size for _, _, size in fragments) for fragments in in_blocks(plan)]


@given(LENGTHS, ROOM)
def test_best_fit_without_a_least_fill_is_best_fit_decreasing(lengths, length):
    assert sorted(pack(lengths, length, "best_fit", 0).used) == best_fit_decreasing(lengths, length)


@given(LENGTHS, ROOM)
def test_best_fit_without_a_least_fill_cuts_only_what_fits_into_no_block(lengths, length):
    plan = pack(lengths, length, "best_fit", 0)
    counts = np.bincount(plan.documents, minlength=len(lengths))
    assert counts.tolist() == [-(-total // length) for total in lengths]


@given(LENGTHS, ROOM, st.sampled_from([0.5, 0.9, 0.99, 1]))
def test_best_fit_is_as_full_as_asked_or_has_the_fewest_blocks(lengths, length, min_fill):
    plan, tokens = pack(lengths, length, "best_fit", min_fill), int(lengths.sum())
    blocks = len(plan.ends)
    assert blocks == -(-tokens // length) or tokens >= min_fill * blocks * length


@given(LENGTHS, ROOM)
def test_in_order_is_full_and_keeps_the_order(lengths, length):
    plan = pack(lengths, length, "in_order")
    assert plan.used[:-1].tolist() == [length] * (len(plan.ends) - 1)
    laid = [(document, first) for fragments in in_blocks(plan) for document, first, _ in fragments]
    assert laid == sorted(laid)


@given(LENGTHS, ROOM)
def test_none_has_one_fragment_in_a_block(lengths, length):
    assert all(len(fragments) == 1 for fragments in in_blocks(pack(lengths, length, "none")))


@given(LENGTHS, ROOM, st.sampled_from(PACKINGS))
def test_blocks_are_numbered_by_their_first_document(lengths, length, packing):
    leads = [fragments[0][:2] for fragments in in_blocks(pack(lengths, length, packing))]
    assert leads == sorted(leads)


@pytest.mark.parametrize("power", [4, 5, 8, 10])
def test_a_length_of_one_more_than_a_power_of_two_is_packed(power):
    plan = pack(np.array([2**power + 1, 2**power - 1] * 3), 2 ** (power + 1), "best_fit", 0)
    assert plan.used.tolist() == [2 ** (power + 1)] * 3


def test_documents_of_one_awkward_length_are_cut_until_blocks_are_full():
    lengths = np.full(1000, 600, np.int64)
    assert len(pack(lengths, 1024, "best_fit", 0).ends) == 1000
    plan = pack(lengths, 1024)
    assert len(plan.ends) == int(600_000 / (0.99 * 1024))


def test_no_documents_give_no_blocks():
    for packing in PACKINGS:
        assert in_blocks(pack(np.zeros(0, np.int64), 8, packing)) == []


GOLDEN = [[0, 7, 8, 2, 5, 9, 4, 6, 3, 1], [9, 4, 1, 7, 5, 8, 0, 6, 3, 2], [6, 1, 8, 7, 9, 3, 2, 5, 4, 0]]


@given(st.integers(0, 300), st.integers(0, 2**64 - 1), st.integers(0, 2**32))
def test_an_epoch_has_every_block_once(blocks, seed, epoch):
    assert sorted(epoch_order(blocks, seed, epoch)) == list(range(blocks))


def test_the_order_of_an_epoch_never_changes():
    assert epoch_order(10, 0, 0).tolist() == GOLDEN[0]
    assert epoch_order(10, 0, 1).tolist() == GOLDEN[1]
    assert epoch_order(10, 2**64 - 1, 0).tolist() == GOLDEN[2]


def test_the_hash_is_splitmix64():
    # The first outputs of the generator with the seed 1234567, as its authors' C code prints them.
    state = np.array([1234567], np.uint64)
    found = []
    for _ in range(3):
        found.append(int(mixed(state)[0]))
        state = state + np.uint64(0x9E3779B97F4A7C15)
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]

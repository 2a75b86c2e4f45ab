"""Packing: decide which fragment of which document is in which block, only from the lengths of the documents."""

from __future__ import annotations

import bisect
import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus_vn_police.errors import ConfigError
from corpus_vn_police.train.arguments import check_integer

PACKINGS = ("best_fit", "in_order", "none")
"""The methods of packing; see `pack`."""

_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Packing:
    """How documents are put into blocks; see `Blocks`."""

    length: int
    packing: str
    min_fill: float
    seed: int

    def __post_init__(self) -> None:
        """Refuse values that are not allowed."""
        check_integer("length", self.length, 1, 1 << 31)
        check_integer("seed", self.seed, 0)
        if self.packing not in PACKINGS:
            raise ConfigError(f"packing = {self.packing!r} is not a packing", f"give {', '.join(PACKINGS)}")
        if type(self.min_fill) not in (int, float) or not 0 <= self.min_fill <= 1:
            raise ConfigError(f"min_fill = {self.min_fill!r} is not allowed", "give a share from 0 to 1")


@dataclass(frozen=True, eq=False)
class BlockPlan:
    """Fragments of documents, block after block. A fragment is a run of tokens of one document in one block.

    Attributes:
        length: the number of tokens in a block.
        documents: the number of every fragment's document (int64).
        starts: the position in its document of every fragment's first token, from 0 (int64).
        sizes: the number of tokens of every fragment, at least 1 (int64).
        ends: the number of fragments up to the end of every block (int64).
    """

    length: int
    documents: _Ints
    starts: _Ints
    sizes: _Ints
    ends: _Ints

    @property
    def used(self) -> _Ints:
        """The number of tokens in every block (int64)."""
        totals: _Ints = np.concatenate([[0], np.cumsum(self.sizes)])[np.concatenate([[0], self.ends])]
        return np.diff(totals)


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Runs of tokens that are not in blocks yet: their document, first token and size (int64 each)."""

    documents: _Ints
    starts: _Ints
    sizes: _Ints

    def __getitem__(self, chosen: npt.NDArray[np.generic]) -> _Pieces:
        return _Pieces(self.documents[chosen], self.starts[chosen], self.sizes[chosen])

    def __add__(self, other: _Pieces) -> _Pieces:
        pairs = zip(
            (self.documents, self.starts, self.sizes), (other.documents, other.starts, other.sizes), strict=True
        )
        return _Pieces(*map(np.concatenate, pairs))


def pack(lengths: _Ints, length: int, packing: str = "best_fit", min_fill: float = 0.99) -> BlockPlan:
    """Put every token of every document into a block, once.

    Args:
        lengths: the number of tokens of every document (int64); a document with 0 is in no block.
        length: the number of tokens in a block, at least 1.
        packing: one of `PACKINGS`. `best_fit` first places documents that fit into blocks, the longest first, each into
            the fullest block that has room for it (best-fit decreasing); longer ones are cut into fragments of `length`
            and a rest. If the blocks are then less full than `min_fill`, the emptiest ones are dissolved, and their
            fragments are cut to fill the widest gaps in the others. `in_order` joins the documents end to end, and cuts
            after every `length` tokens. `none` gives every document its own blocks.
        min_fill: with `best_fit`, how full the blocks must be, as a share; with 0, no document that fits into a block
            is cut. With few blocks, the last one can be less full.
    """
    numbers = np.arange(len(lengths), dtype=np.int64)
    if packing == "in_order":
        total = int(lengths.sum())
        whole = _Pieces(numbers, np.zeros_like(numbers), lengths)
        return _in_blocks(*_laid(whole, np.full(-(-total // length), length, np.int64)), length)
    pieces = _cut(lengths, length)
    if packing == "none":
        return _in_blocks(pieces, np.arange(len(pieces.sizes)), length)
    return _in_blocks(*_filled(pieces, _best_fit(pieces.sizes, length), length, min_fill), length)


def _cut(lengths: _Ints, length: int) -> _Pieces:
    """Documents that are too long for a block, in pieces of `length` and a rest; all others uncut."""
    counts = -(-lengths // length)
    documents = np.repeat(np.arange(len(lengths), dtype=np.int64), counts)
    firsts = np.cumsum(counts) - counts
    starts = (np.arange(len(documents), dtype=np.int64) - firsts[documents]) * length
    return _Pieces(documents, starts, np.minimum(length, lengths[documents] - starts))


def _best_fit(sizes: _Ints, length: int) -> _Ints:
    """Assign every piece to a block (int64), by best-fit decreasing.

    Pieces of one size are placed together: the fullest block with room for one takes as many as fit, and then the next
    block follows. So the work depends on how many different sizes there are, not on the number of pieces.
    """
    block_of = np.empty(len(sizes), np.int64)
    order = np.argsort(-sizes, kind="stable")
    ordered = sizes[order]
    bounds = np.flatnonzero(np.diff(ordered, prepend=0, append=0))
    free = _FreeBlocks(length)
    for first, last in itertools.pairwise(bounds):
        waiting, size = order[first:last], int(ordered[first])
        while len(waiting):
            blocks, each = free.taken(size, len(waiting))
            placed = waiting[: len(blocks) * each]
            block_of[placed] = blocks[np.arange(len(placed)) // each]
            free.given_back(blocks, each, size, len(placed))
            waiting = waiting[len(placed) :]
    return block_of


class _FreeBlocks:
    """Blocks, by how much room they have."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._blocks = 0
        self._rooms: list[int] = []  # sorted: every amount of room that some block has
        self._by_room: dict[int, list[_Ints]] = {}
        self._room = length  # of the blocks that were taken last

    def taken(self, size: int, count: int) -> tuple[_Ints, int]:
        """Take the fullest blocks with room for pieces of a size; they are equally full. If there are none, new ones.

        Returns:
            The blocks (no more than `count` pieces need), and how many pieces fit into each.
        """
        place = bisect.bisect_left(self._rooms, size)
        if place == len(self._rooms):
            self._room = self._length
            blocks = np.arange(self._blocks, self._blocks + -(-count // (self._length // size)), dtype=np.int64)
            self._blocks += len(blocks)
            return blocks, self._length // size
        self._room = self._rooms[place]
        each = self._room // size
        there = np.concatenate(self._by_room.pop(self._rooms.pop(place)))
        needed = -(-count // each)
        self._put(self._room, there[needed:])
        return there[:needed], each

    def given_back(self, blocks: _Ints, each: int, size: int, placed: int) -> None:
        """Record the room of blocks that have taken pieces: `each` pieces per block, and the last block the rest."""
        last = placed - (len(blocks) - 1) * each
        self._put(self._room - each * size, blocks[:-1])
        self._put(self._room - last * size, blocks[-1:])

    def _put(self, room: int, blocks: _Ints) -> None:
        if not room or not len(blocks):
            return
        if room not in self._by_room:
            bisect.insort(self._rooms, room)
        self._by_room.setdefault(room, []).append(blocks)


def _filled(pieces: _Pieces, block_of: _Ints, length: int, min_fill: float) -> tuple[_Pieces, _Ints]:
    """Dissolve the emptiest blocks, so that the others are full enough; return the new pieces and their blocks."""
    tokens = int(pieces.sizes.sum())
    used = np.bincount(block_of, weights=pieces.sizes).astype(np.int64)
    fewest = -(-tokens // length)
    wanted = max(fewest, int(tokens / (min_fill * length))) if min_fill > 0 else len(used)
    if len(used) <= wanted:
        return pieces, block_of
    by_use = np.argsort(used, kind="stable")
    dissolved, kept = np.split(by_use, [len(used) - wanted])
    moves = np.isin(block_of, dissolved)
    widest = kept  # the emptiest first
    cut, gap_of = _laid(pieces[moves], length - used[widest])
    return pieces[~moves] + cut, np.concatenate([block_of[~moves], widest[gap_of]])


def _laid(pieces: _Pieces, gaps: _Ints) -> tuple[_Pieces, _Ints]:
    """Put pieces end to end into gaps, and cut them where a gap ends.

    Returns:
        The new pieces, and the number of the gap of each.
    """
    ends, walls = np.cumsum(pieces.sizes), np.cumsum(gaps)
    total = int(ends[-1]) if len(ends) else 0
    bounds = np.union1d(np.concatenate([[0], ends]), walls[walls < total]).astype(np.int64)
    firsts = bounds[:-1]
    piece_of = np.searchsorted(ends, firsts, side="right")
    inside = firsts - (ends - pieces.sizes)[piece_of]
    cut = _Pieces(pieces.documents[piece_of], pieces.starts[piece_of] + inside, np.diff(bounds))
    return cut, np.searchsorted(walls, firsts, side="right")


def _in_blocks(pieces: _Pieces, block_of: _Ints, length: int) -> BlockPlan:
    """Sort pieces by block, and inside a block by document; leave out empty blocks.

    Blocks are numbered in the order of the first document in each, so that the numbers do not depend on sizes.
    """
    inside = np.lexsort((pieces.starts, pieces.documents, block_of))
    firsts = np.flatnonzero(np.diff(block_of[inside], prepend=-1))
    counts = np.diff(np.append(firsts, len(inside)))
    lead = inside[firsts]
    by_document = np.lexsort((pieces.starts[lead], pieces.documents[lead]))
    chosen = inside[runs(firsts[by_document], counts[by_document])]
    ordered = pieces[chosen]
    return BlockPlan(length, ordered.documents, ordered.starts, ordered.sizes, np.cumsum(counts[by_document]))


def runs(firsts: _Ints, counts: _Ints) -> _Ints:
    """The numbers first, first + 1, ... of every run, one run after the other."""
    total = int(counts.sum())
    offsets = np.repeat(firsts - (np.cumsum(counts) - counts), counts)
    numbers: _Ints = np.arange(total, dtype=np.int64) + offsets
    return numbers

"""Make the arrays of blocks from the token store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus_vn_police.train.plan import BlockPlan, runs

COLUMNS = ("input_ids", "labels", "position_ids", "document_ids")
"""The arrays of a block, by name."""

IGNORED = -100
"""The label of a token that is not predicted; torch's cross entropy leaves it out."""

Arrays = dict[str, npt.NDArray[np.int64]]

_Ints = npt.NDArray[np.int64]
_Numbers = npt.NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class Layout:
    """The positions in the store of each block's tokens; padding is a fragment of document -1.

    Attributes:
        length: the number of tokens in a block.
        documents: the document of every fragment (int64).
        firsts: the position in the store of every fragment's first token (int64).
        sizes: the number of tokens in every fragment (int64).
        ends: the number of fragments up to the end of every block (int64).
        opens: whether every fragment is the beginning of its document (bool).
    """

    length: int
    documents: _Ints
    firsts: _Ints
    sizes: _Ints
    ends: _Ints
    opens: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, plan: BlockPlan, chosen: _Ints, starts: _Ints) -> Layout:
        """Make the layout of a plan.

        Args:
            plan: the plan of the chosen documents.
            chosen: their numbers in the store.
            starts: the position in the store of every document's first token.
        """
        documents = chosen[plan.documents]
        gaps = plan.length - plan.used
        padded = np.flatnonzero(gaps)
        at = plan.ends[padded]
        return cls(
            plan.length,
            np.insert(documents, at, -1),
            np.insert(starts[documents] + plan.starts, at, 0),
            np.insert(plan.sizes, at, gaps[padded]),
            plan.ends + np.cumsum(gaps > 0),
            np.insert(plan.starts == 0, at, False),
        )

    def openings(self) -> tuple[_Ints, _Ints]:
        """The documents, and the position of each one's first token, counted through all blocks (int64 each)."""
        begins = np.cumsum(self.sizes) - self.sizes
        return self.documents[self.opens], begins[self.opens]

    def arrays(self, blocks: _Ints, token_ids: _Numbers, pad: int, own: npt.NDArray[np.int32] | None = None) -> Arrays:
        """Make the arrays of some blocks, each of shape (blocks, length).

        Args:
            blocks: the numbers of the blocks.
            token_ids: the tokens of all documents in the store.
            pad: the token for padding.
            own: the label of every token in the store; None means the token itself, for a model that predicts the next
                one.
        """
        ends = self.ends[blocks]
        firsts = np.where(blocks > 0, self.ends[blocks - 1], 0)
        inside = runs(firsts, ends - firsts)
        sizes = self.sizes[inside]
        return self._laid(self.documents[inside], self.firsts[inside], sizes, token_ids, pad, own)

    def _laid(
        self,
        documents: _Ints,
        firsts: _Ints,
        sizes: _Ints,
        token_ids: _Numbers,
        pad: int,
        own: npt.NDArray[np.int32] | None = None,
    ) -> Arrays:
        """The arrays of fragments that fill blocks, laid end to end."""
        begins = np.cumsum(sizes) - sizes
        place = np.arange(int(sizes.sum()), dtype=np.int64)
        position_ids = place - np.repeat(begins, sizes)
        document_ids = np.repeat(documents, sizes)
        # Padding has no tokens in the store: the tokens read for it, perhaps from after the end, are replaced.
        stored = place + np.repeat(firsts - begins, sizes)
        input_ids: _Ints = np.take(token_ids, stored, mode="clip").astype(np.int64)
        if own is None:
            labels = input_ids.copy()
            labels[begins] = IGNORED
        else:
            labels = np.take(own, stored, mode="clip").astype(np.int64)
        if (documents < 0).any():
            padding = document_ids < 0
            input_ids[padding] = pad
            labels[padding] = IGNORED
        arrays = (input_ids, labels, position_ids, document_ids)
        return {name: array.reshape(-1, self.length) for name, array in zip(COLUMNS, arrays, strict=True)}

    def empty(self, count: int, pad: int) -> Arrays:
        """Blocks of padding."""
        sizes = np.full(count, self.length, np.int64)
        any_token = np.zeros(1, np.int64)  # replaced by padding
        return self._laid(np.full(count, -1, np.int64), np.zeros(count, np.int64), sizes, any_token, pad)

"""Compute the loss of every document under a model, from packed blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from corpus_vn_police.train.arrays import IGNORED, Arrays
from corpus_vn_police.train.blocks import Blocks
from corpus_vn_police.train.boundaries import check_boundaries, in_eval_mode

_AT_ONCE = 1 << 24  # how many logits are float32 at once: 64 MiB

_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Evaluated:
    """Blocks in which the labels of headers do not count.

    Attributes:
        blocks: the blocks of the documents.
        headers: the tokens of each header that occurs.
        header_of: for every document of the split, the index of its header in `headers` (int64).
    """

    blocks: Blocks
    headers: Sequence[tuple[int, ...]]
    header_of: _Ints

    @cached_property
    def _opens(self) -> tuple[_Ints, _Ints]:
        return self.blocks.openings()

    def batches(self, size: int) -> Iterator[Arrays]:
        """The blocks in the order of their numbers, `size` at a time, as `Blocks.batch` returns them."""
        for first in range(0, len(self.blocks), size):
            arrays = self.blocks.batch(range(first, min(first + size, len(self.blocks))))
            self._leave_out_headers(arrays, first * self.blocks.length)
            yield arrays

    def _leave_out_headers(self, arrays: Arrays, begin: int) -> None:
        """Ignore the labels of tokens that are part of a header."""
        tokens, labels = arrays["input_ids"].reshape(-1), arrays["labels"].reshape(-1)
        documents, places = self._opens
        for number in range(*np.searchsorted(places, [begin, begin + len(tokens)])):
            header = self.headers[self.header_of[documents[number]]]
            at = int(places[number]) - begin
            labels[at : at + _common(tokens[at : at + len(header)], header)] = IGNORED

    def targets(self) -> _Ints:
        """The number of tokens that are predicted, for every document of the split (int64)."""
        found = np.zeros(len(self.header_of), np.int64)
        for arrays in self.batches(_BLOCKS):
            counting = arrays["labels"] != IGNORED
            found += np.bincount(arrays["document_ids"][counting], minlength=len(found))
        return found

    def losses(self, model: Any, batch_size: int, device: Any, moved: Any) -> _Floats:
        """The negative log-likelihood in nats of every document of the split, under a model (float64).

        Args:
            model: as in `perplexity_by_month`; its training mode is restored.
            batch_size: how many blocks are computed together.
            device: the device of the inputs; None means that of the model's first parameter.
            moved: called with the number of blocks that are done.
        """
        import torch

        found = np.zeros(len(self.header_of))
        parameter = next(iter(model.parameters()), None)
        place = device if device is not None or parameter is None else parameter.device
        with in_eval_mode(model), torch.no_grad():
            for arrays in self.batches(batch_size):
                inputs = {name: torch.from_numpy(arrays[name]).to(place) for name in ("input_ids", "position_ids")}
                logits = Uncached(model)(**inputs).logits
                documents, losses = _token_losses(logits, arrays)
                found += np.bincount(documents, losses, len(found))
                moved("evaluate", len(arrays["labels"]), len(self.blocks))
        return found


_BLOCKS = 64  # how many are searched at once


def _common(tokens: _Ints, header: tuple[int, ...]) -> int:
    """How many tokens of its header a document begins with.

    The last ones may be missing: in ` date 2020-12 ` before a text, tokenizers usually put the last space into the
    first token of the text.
    """
    known = np.asarray(header[: len(tokens)], np.int64)
    return int(np.argmin(np.append(tokens == known, False)))


def _token_losses(logits: Any, arrays: Arrays) -> tuple[_Ints, _Floats]:
    """For every token that is predicted: its document and its loss in nats.

    Only some logits at a time are converted to float32, so that there is never a float32 copy of all.
    """
    import torch

    labels, documents = arrays["labels"][:, 1:], arrays["document_ids"][:, 1:]
    rows, places = np.nonzero(labels != IGNORED)
    step = max(1, _AT_ONCE // logits.shape[-1])
    found = [np.zeros(0)]
    for first in range(0, len(rows), step):
        some = rows[first : first + step], places[first : first + step]
        wanted = torch.from_numpy(labels[some]).to(logits.device)
        chosen = logits[tuple(torch.from_numpy(each).to(logits.device) for each in some)].float()
        found.append(torch.nn.functional.cross_entropy(chosen, wanted, reduction="none").cpu().numpy().astype(float))
    return documents[rows, places], np.concatenate(found)


@dataclass(frozen=True)
class Uncached:
    """Calls a model without a cache.

    Attributes:
        model: the model that is called.
    """

    model: Any

    def __getattr__(self, name: str) -> Any:
        """All other attributes are those of the model."""
        return getattr(self.model, name)

    def __call__(self, **inputs: Any) -> Any:
        """The output of the model."""
        return self.model(**inputs, use_cache=False)

    def check(self) -> None:
        """Refuse a model that lets documents see one another; a model whose embeddings are not known is not tested.

        Raises:
            ConfigError: it does that.
        """
        if hasattr(self.model, "get_input_embeddings"):
            check_boundaries(self)

"""The loss of every document under a model, from packed blocks."""

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

_AT_ONCE = 1 << 24  # logits that are float32 at once: 64 MiB

_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Evaluated:
    """Blocks whose labels count without those of headers.

    Attributes:
        blocks: of the documents.
        headers: tokens that a header may have, one tuple per kind of header.
        header_of: the header of every document of the split, by its place in `headers` (int64).
    """

    blocks: Blocks
    headers: Sequence[tuple[int, ...]]
    header_of: _Ints

    @cached_property
    def _opens(self) -> tuple[_Ints, _Ints]:
        return self.blocks.openings()

    def batches(self, size: int) -> Iterator[Arrays]:
        """The blocks in the order of their numbers, `size` at once, as `Blocks.batch` gives them."""
        for first in range(0, len(self.blocks), size):
            arrays = self.blocks.batch(range(first, min(first + size, len(self.blocks))))
            self._leave_out_headers(arrays, first * self.blocks.length)
            yield arrays

    def _leave_out_headers(self, arrays: Arrays, begin: int) -> None:
        """Ignore the labels of tokens that lie in a header."""
        tokens, labels = arrays["input_ids"].reshape(-1), arrays["labels"].reshape(-1)
        documents, places = self._opens
        for number in range(*np.searchsorted(places, [begin, begin + len(tokens)])):
            header = self.headers[self.header_of[documents[number]]]
            at = int(places[number]) - begin
            labels[at : at + _common(tokens[at : at + len(header)], header)] = IGNORED

    def targets(self) -> _Ints:
        """Tokens of every document of the split that are predicted (int64)."""
        found = np.zeros(len(self.header_of), np.int64)
        for arrays in self.batches(_BLOCKS):
            counting = arrays["labels"] != IGNORED
            found += np.bincount(arrays["document_ids"][counting], minlength=len(found))
        return found

    def losses(self, model: Any, batch_size: int, device: Any, moved: Any) -> _Floats:
        """The negative log-likelihood in nats of every document of the split under a model (float64).

        Args:
            model: as of `perplexity_by_month`; it is left in the mode that it was in.
            batch_size: blocks at once.
            device: where the inputs go; None is where the first parameter of the model is.
            moved: called with the blocks done.
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


_BLOCKS = 64  # that are looked through at once


def _common(tokens: _Ints, header: tuple[int, ...]) -> int:
    """With how many tokens of a header a document begins.

    The last ones may not be among them: of ` date 2020-12 ` and a text, tokenizers mostly put the last space into the
    first token of the text.
    """
    known = np.asarray(header[: len(tokens)], np.int64)
    return int(np.argmin(np.append(tokens == known, False)))


def _token_losses(logits: Any, arrays: Arrays) -> tuple[_Ints, _Floats]:
    """The document of every token that is predicted, and its loss in nats.

    Only some logits at once are taken into float32: of a model in a shorter type there is never a copy of all.
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
    """A model that is called without a cache, as it is here.

    Attributes:
        model: what is called.
    """

    model: Any

    def __getattr__(self, name: str) -> Any:
        """All else is as the model has it."""
        return getattr(self.model, name)

    def __call__(self, **inputs: Any) -> Any:
        """What the model gives."""
        return self.model(**inputs, use_cache=False)

    def check(self) -> None:
        """Refuse a model that lets documents see one another; one without known embeddings cannot be tried.

        Raises:
            ConfigError: it does.
        """
        if hasattr(self.model, "get_input_embeddings"):
            check_boundaries(self)

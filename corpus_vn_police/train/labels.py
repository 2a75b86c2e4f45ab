"""Your own labels: one per token, instead of the token that comes next."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from corpus_vn_police.errors import ConfigError, InputError
from corpus_vn_police.files import StrPath
from corpus_vn_police.ids import id_text
from corpus_vn_police.train.arrays import IGNORED
from corpus_vn_police.train.encoding import Encoder
from corpus_vn_police.train.store import TokenStore

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerBase

_TYPE = np.dtype("<i4")
_WANTED = "give an array of integers, one per token, from 0; -100 is a token that does not count"

_Ints = npt.NDArray[np.int64]


def token_offsets(
    tokenizer: Tokenizer | PreTrainedTokenizerBase | StrPath, texts: Iterable[str], *, end_token: str | None = None
) -> list[_Ints]:
    """The positions of tokens in their text, for the tokens that `Blocks` makes from it.

    Args:
        tokenizer: as in `Blocks`; tokenizers of `transformers` that are written in Python do not know offsets.
        texts: the training texts. With the template `none` they are the `text` of the records, so that the offsets are
            comparable with those in the config "annotations".
        end_token: as in `Blocks`.

    Returns:
        For each text an array of shape (tokens, 2), int64: the first code point of the token, and the one after its
        last. Both are equal for a token that is not from the text, such as the one that ends a document. Tokens overlap
        if a letter is divided into several tokens. A space before a word usually belongs to the word's token.

    Raises:
        ConfigError: the tokenizer does not know offsets, or fails.
        ExtraError: `tokenizers` is not installed.
    """
    return Encoder.of(tokenizer, end_token).offsets(list(texts))


@dataclass(frozen=True, eq=False)
class OwnLabels:
    """The labels of the tokens in a store.

    Attributes:
        flat: the labels of all documents, one after another (int32); `IGNORED` for documents without labels.
        sha256: the digest of these labels (hex).
        counting: how many of the labels count.
    """

    flat: npt.NDArray[np.int32]
    sha256: str
    counting: int

    @classmethod
    def of(cls, store: TokenStore, documents: _Ints, labels: Mapping[str, Any]) -> OwnLabels:
        """Check and collect the labels of some documents.

        Args:
            store: the tokens.
            documents: the numbers of the documents that need labels, each once.
            labels: the labels of each record, by its id.

        Raises:
            ConfigError: the labels of a record are not allowed integers.
            InputError: a document has no labels, or not one per token.
        """
        flat = np.full(store.tokens, IGNORED, _TYPE)
        ends = np.cumsum(store.lengths)
        for number in documents.tolist():
            size, end = int(store.lengths[number]), int(ends[number])
            flat[end - size : end] = _checked(labels, id_text(int(store.record_ids[number])), size)
        return cls(flat, hashlib.sha256(flat.data).hexdigest(), int((flat != IGNORED).sum()))


def _checked(labels: Mapping[str, Any], record: str, size: int) -> npt.NDArray[np.generic]:
    """Check the labels of a record with `size` tokens."""
    if record not in labels:
        raise InputError(f"the record {record} has no labels", "give labels for every record that is in the blocks")
    found = np.asarray(labels[record])
    if found.dtype.kind not in "iu" or found.ndim != 1:
        raise ConfigError(f"the labels of {record} are {found.dtype} of shape {found.shape}", _WANTED)
    if len(found) != size:
        raise InputError(
            f"the record {record} has {size} tokens and {len(found)} labels",
            "give a label for every token that token_offsets has, with the tokenizer and the template of the blocks",
        )
    wrong = found[((found < 0) & (found != IGNORED)) | (found > np.iinfo(_TYPE).max)]
    if len(wrong):
        raise ConfigError(f"the labels of {record} have {wrong[0]}", _WANTED)
    return found

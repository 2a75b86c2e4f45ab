"""The token store: the tokens of all documents of a split, on disk and mapped into memory."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpus_vn_police.contract import canonical_json
from corpus_vn_police.errors import DiskError

FORMAT = 1
"""The version of the rules for making and storing tokens; other rules make another store."""

TOKENS, LENGTHS, IDS, ABOUT = "tokens.bin", "lengths.bin", "ids.bin", "store.json"
LENGTH_TYPE, ID_TYPE = np.dtype("<u4"), np.dtype("<u8")

_Numbers = npt.NDArray[np.generic]


@dataclass(frozen=True)
class StoreKey:
    """Everything that the tokens of a store depend on.

    Attributes:
        digest: the content digest of the build.
        split: `train`, `validation` or `test`; None means all.
        tokenizer: the sha256 (hex) of the tokenizer.
        end: the id of the end token of every document; None means that there is none.
        template: how a record becomes text.
        mask_dates: whether dates in the text are masked.
    """

    digest: str
    split: str | None
    tokenizer: str
    end: int | None
    template: str
    mask_dates: bool

    @cached_property
    def sha256(self) -> str:
        """The digest (hex) of the attributes and the format."""
        return hashlib.sha256(canonical_json({"format": FORMAT, **asdict(self)})).hexdigest()


def token_type(size: int) -> np.dtype[Any]:
    """The type in which tokens of a vocabulary are stored: the smallest that can hold `size` different ids."""
    return np.dtype("<u2" if size <= 1 << 16 else "<u4")


def file_sizes(documents: int, tokens: int, kind: str) -> dict[str, int]:
    """The length in bytes of each file of a store, by its name.

    Args:
        documents: the number of documents.
        tokens: the number of their tokens.
        kind: the type of a token, as in `TokenStore.type`.
    """
    return {
        TOKENS: np.dtype(kind).itemsize * tokens,
        LENGTHS: LENGTH_TYPE.itemsize * documents,
        IDS: ID_TYPE.itemsize * documents,
    }


@dataclass(frozen=True)
class TokenStore:
    """The tokens of all documents of a split, in the order of the rows.

    Attributes:
        folder: its folder.
        key: the digest of its `StoreKey`.
        documents: the number of documents.
        tokens: the number of tokens.
        type: the type of a token, as numpy writes it: `<u2` or `<u4`.
    """

    folder: Path
    key: str
    documents: int
    tokens: int
    type: str

    @classmethod
    def open(cls, folder: Path) -> TokenStore | None:
        """Open a store; None if the folder has none, or an incomplete one.

        Raises:
            DiskError: the system failed to read it.
        """
        try:
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            store = cls(folder, about["key"], about["documents"], about["tokens"], about["type"])
            whole = (store.key, store._sizes()) == (folder.name, file_sizes(store.documents, store.tokens, store.type))
            return store if whole and int(store.lengths.sum()) == store.tokens else None
        except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
            return None  # there is nothing, or something that no run wrote
        except OSError as error:
            raise DiskError.of(error) from error

    def _sizes(self) -> dict[str, int]:
        files = (self.folder / name for name in (TOKENS, LENGTHS, IDS))
        return {file.name: file.stat().st_size for file in files if file.is_file()}

    @cached_property
    def token_ids(self) -> _Numbers:
        """The tokens of all documents, one document after the other (`type`), mapped."""
        return _mapped(self.folder / TOKENS, np.dtype(self.type), self.tokens)

    @cached_property
    def lengths(self) -> npt.NDArray[np.int64]:
        """The number of tokens of every document (int64)."""
        return _mapped(self.folder / LENGTHS, LENGTH_TYPE, self.documents).astype(np.int64)

    @cached_property
    def record_ids(self) -> _Numbers:
        """The id of every document's record, as a number (uint64), mapped."""
        return _mapped(self.folder / IDS, ID_TYPE, self.documents)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle only the folder: unpickling maps the files again."""
        return TokenStore, (self.folder, self.key, self.documents, self.tokens, self.type)


def _mapped(file: Path, kind: np.dtype[Any], count: int) -> _Numbers:
    """The numbers of a file, read only.

    Raises:
        DiskError: it cannot be opened, or does not have so many numbers.
    """
    try:
        with file.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size != count * kind.itemsize:
                wanted = count * kind.itemsize
                raise DiskError(f"{file}: has {size:,} bytes instead of {wanted:,}", "make the blocks again")
            return np.frombuffer(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if size else b"", kind)
    except OSError as error:
        raise DiskError.of(error) from error

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
"""The version of how tokens are made and stored: another one makes another store."""

TOKENS, LENGTHS, IDS, ABOUT = "tokens.bin", "lengths.bin", "ids.bin", "store.json"
LENGTH_TYPE, ID_TYPE = np.dtype("<u4"), np.dtype("<u8")

_Numbers = npt.NDArray[np.generic]


@dataclass(frozen=True)
class StoreKey:
    """What the tokens of a store are a function of.

    Attributes:
        digest: the content digest of the build.
        split: `train`, `validation` or `test`; None is all.
        tokenizer: the sha256 (hex) of the tokenizer.
        end: the id that every document ends with; None is none.
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
        """Of the attributes and the format (hex)."""
        return hashlib.sha256(canonical_json({"format": FORMAT, **asdict(self)})).hexdigest()


def token_type(size: int) -> np.dtype[Any]:
    """The type that tokens of a vocabulary are stored in: the smallest that holds `size` different ids."""
    return np.dtype("<u2" if size <= 1 << 16 else "<u4")


def file_sizes(documents: int, tokens: int, kind: str) -> dict[str, int]:
    """How many bytes each file of a store has, by its name.

    Args:
        documents: in it.
        tokens: of these.
        kind: the type of a token, as `TokenStore.type`.
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
        folder: where it lies.
        key: the sha256 of its `StoreKey`.
        documents: how many there are.
        tokens: how many there are.
        type: of a token, as numpy writes it: `<u2` or `<u4`.
    """

    folder: Path
    key: str
    documents: int
    tokens: int
    type: str

    @classmethod
    def open(cls, folder: Path) -> TokenStore | None:
        """A store that is there; None if the folder has none, or not a whole one.

        Raises:
            DiskError: the system failed to read it.
        """
        try:
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            store = cls(folder, about["key"], about["documents"], about["tokens"], about["type"])
            whole = (store.key, store._sizes()) == (folder.name, file_sizes(store.documents, store.tokens, store.type))
            return store if whole and int(store.lengths.sum()) == store.tokens else None
        except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
            return None  # nothing is there, or something that a run did not write
        except OSError as error:
            raise DiskError.of(error) from error

    def _sizes(self) -> dict[str, int]:
        files = (self.folder / name for name in (TOKENS, LENGTHS, IDS))
        return {file.name: file.stat().st_size for file in files if file.is_file()}

    @cached_property
    def token_ids(self) -> _Numbers:
        """The tokens of all documents, one document after another (`type`), mapped."""
        return _mapped(self.folder / TOKENS, np.dtype(self.type), self.tokens)

    @cached_property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of every document (int64)."""
        return _mapped(self.folder / LENGTHS, LENGTH_TYPE, self.documents).astype(np.int64)

    @cached_property
    def record_ids(self) -> _Numbers:
        """The number that the id of every document's record writes (uint64), mapped."""
        return _mapped(self.folder / IDS, ID_TYPE, self.documents)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the folder alone: whoever unpickles it maps the files again."""
        return TokenStore, (self.folder, self.key, self.documents, self.tokens, self.type)


def _mapped(file: Path, kind: np.dtype[Any], count: int) -> _Numbers:
    """The numbers of a file, read only.

    Raises:
        DiskError: it cannot be opened, or does not have so many.
    """
    try:
        with file.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size != count * kind.itemsize:
                wanted = count * kind.itemsize
                raise DiskError(f"{file}: has {size:,} bytes instead of {wanted:,}", "make the blocks anew")
            return np.frombuffer(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if size else b"", kind)
    except OSError as error:
        raise DiskError.of(error) from error

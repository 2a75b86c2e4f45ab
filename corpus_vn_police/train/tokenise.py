"""Make a token store: completely or not at all; if a run is killed, the next run continues."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police.contract import canonical_json
from corpus_vn_police.dataset.rows import Published
from corpus_vn_police.engine.local import map_tasks
from corpus_vn_police.engine.progress import Progress
from corpus_vn_police.errors import ConfigError, DiskError
from corpus_vn_police.files import locked, write_numbers, write_whole
from corpus_vn_police.ids import id_numbers
from corpus_vn_police.paths import CACHE_VARIABLE
from corpus_vn_police.state.place import delete
from corpus_vn_police.train.encoding import Encoder
from corpus_vn_police.train.store import (
    ABOUT,
    ID_TYPE,
    IDS,
    LENGTH_TYPE,
    LENGTHS,
    TOKENS,
    StoreKey,
    TokenStore,
    file_sizes,
    token_type,
)
from corpus_vn_police.train.templates import Rendering

# Two batches at a time: while the tokenizer works on one, with all processors, the other one's text is made or its ids
# are fetched, both under the interpreter's lock.
_AT_A_TIME = 2


@dataclass(frozen=True)
class _Done:
    """How much of a store is on the disk: the number of documents, and of their tokens."""

    documents: int = 0
    tokens: int = 0


@dataclass(frozen=True, eq=False)
class _Encoded:
    """Tokens of some documents.

    Attributes:
        ids: the ids of their records (uint64).
        lengths: the number of tokens of each (uint32).
        tokens: the tokens of all, one document after the other.
    """

    ids: npt.NDArray[np.generic]
    lengths: npt.NDArray[np.generic]
    tokens: npt.NDArray[np.generic]


@dataclass(frozen=True)
class Tokenising:
    """Turns the rows of a build into tokens.

    Attributes:
        rows: the records of the split, or of all splits.
        encoder: text -> tokens.
        rendering: record -> text.
        progress: called with the number of documents that are done.
        at_once: code points of text that are tokenised at once. While the tokenizer holds a token, it takes 100
            bytes.
        journal_every: after this many tokens, everything must be on the disk: a killed run loses no more.
    """

    rows: Published
    encoder: Encoder
    rendering: Rendering
    progress: Progress
    at_once: int = 1 << 20
    journal_every: int = 1 << 22

    def make(self, folder: Path, key: StoreKey) -> TokenStore:
        """Make the store, unless it exists.

        Files grow in a folder beside it. A journal says how much of them is complete; anything that a killed run wrote
        after that is cut off, and the rest is added. At the end the folder gets its name.

        Args:
            folder: the folder of the store.
            key: the key of the store.

        Raises:
            DamagedError: the build cannot be read.
            DiskError: the folder cannot be written.
        """
        try:
            with locked(folder):
                if store := TokenStore.open(folder):
                    return store
                delete(folder)  # an incomplete store
                growing = folder.with_name(f".{folder.name}.new")
                growing.mkdir(exist_ok=True)
                done = self._grow(growing)
                about = {"key": key.sha256, "documents": done.documents, "tokens": done.tokens, "type": self._type.str}
                write_whole(growing / ABOUT, canonical_json({**about, "made_of": asdict(key)}))
                for file in growing.iterdir():  # the journal, and files that a killed run was writing
                    if file.name not in _FILES:
                        file.unlink()
                growing.rename(folder)
        except OSError as error:
            failed = DiskError.of(error)
            raise DiskError(failed.message, f"{failed.hint}; or give another cache= or {CACHE_VARIABLE}") from error
        return TokenStore(folder, key.sha256, done.documents, done.tokens, self._type.str)

    @property
    def _type(self) -> np.dtype[np.generic]:
        return token_type(self.encoder.size)

    def _grow(self, folder: Path) -> _Done:
        """Add the documents that are missing to the files in a folder."""
        done = journaled = self._left_by_killed(folder)
        self.progress("tokens", done.documents, len(self.rows))
        with ExitStack() as open_files:
            sizes = self._sizes(done)
            files = {name: open_files.enter_context(_opened(folder / name, sizes[name])) for name in sizes}
            encoded = map_tasks(self._encode, self._frames(done.documents), _AT_A_TIME)
            open_files.callback(encoded.close)
            for some in encoded:
                for name, numbers in ((TOKENS, some.tokens), (LENGTHS, some.lengths), (IDS, some.ids)):
                    write_numbers(files[name], numbers)
                done = _Done(done.documents + len(some.lengths), done.tokens + len(some.tokens))
                if done.tokens - journaled.tokens >= self.journal_every:
                    _journal(folder, files.values(), done)
                    journaled = done
                self.progress("tokens", len(some.lengths), len(self.rows))
            _journal(folder, files.values(), done)
        return done

    def _left_by_killed(self, folder: Path) -> _Done:
        """How much a killed run has left that is complete."""
        done = _read_journal(folder, len(self.rows))
        there = {file.name: file.stat().st_size for file in folder.iterdir()}
        return done if all(there.get(name, 0) >= size for name, size in self._sizes(done).items()) else _Done()

    def _sizes(self, done: _Done) -> dict[str, int]:
        return file_sizes(done.documents, done.tokens, self._type.str)

    def _frames(self, skipped: int) -> Iterator[pl.DataFrame]:
        """The records after those that are done, in frames of about `at_once` code points."""
        whole = int(np.searchsorted(self.rows.ends, skipped, side="right"))  # row groups that need not be read
        rest = replace(self.rows, groups=self.rows.groups[whole:], ends=self.rows.ends[whole:])
        skipped -= int(self.rows.ends[whole - 1]) if whole else 0
        for frame in rest.batches(*dict.fromkeys(("id", "n_chars", *self.rendering.columns))):
            yield from _sliced(frame[skipped:], self.at_once)
            skipped = max(0, skipped - len(frame))

    def _encode(self, frame: pl.DataFrame) -> _Encoded:
        texts = [self.rendering.text_of(record) for record in frame.iter_rows(named=True)]
        found = self.encoder.encode(texts)
        lengths = np.fromiter(map(len, found), LENGTH_TYPE, len(found))
        try:
            tokens = np.fromiter(itertools.chain.from_iterable(found), self._type, int(lengths.sum()))
        except OverflowError as error:
            raise ConfigError(
                f"the tokenizer gave an id that its vocabulary of {self.encoder.size} does not have",
                "give a tokenizer whose get_vocab() has all of its tokens",
            ) from error
        return _Encoded(id_numbers(frame["id"]).to_numpy().astype(ID_TYPE), lengths, tokens)


def _sliced(frame: pl.DataFrame, at_once: int) -> Iterator[pl.DataFrame]:
    """A frame in slices of at most `at_once` code points; a longer text is a slice by itself."""
    ends = np.cumsum(frame["n_chars"].to_numpy().astype(np.int64))
    first = 0
    while first < len(frame):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + at_once, side="right")))
        yield frame[first:last]
        first = last


_JOURNAL = "journal.json"
_FILES = {TOKENS, LENGTHS, IDS, ABOUT}


def _journal(folder: Path, files: Iterable[BinaryIO], done: _Done) -> None:
    """Make sure that the files are on the disk, and then record how much is in them."""
    for file in files:
        file.flush()
        os.fsync(file.fileno())
    write_whole(folder / _JOURNAL, canonical_json({"documents": done.documents, "tokens": done.tokens}))


def _read_journal(folder: Path, rows: int) -> _Done:
    """How much of the files in a folder is complete; nothing if they are new, or if the journal cannot be right."""
    try:
        said = json.loads((folder / _JOURNAL).read_text(encoding="utf-8"))
        done = _Done(said["documents"], said["tokens"])
        return done if 0 <= done.documents <= rows and done.tokens >= 0 else _Done()
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return _Done()


def _opened(file: Path, size: int) -> BinaryIO:
    """Open a file for appending, and cut off everything after the complete part."""
    stream = file.open("ab")
    stream.truncate(size)
    return stream

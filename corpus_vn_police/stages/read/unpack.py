"""The files of an input -> tasks.

The task itself reads its text files. A file with many seeds (rows or members) is a stream that can only be read
from its start. So it is unpacked here, in one thread, and cut into blocks of bytes for the tasks. At most one block is
in memory here.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import IO, Any

import pyarrow as pa

from corpus_vn_police.config import Limits
from corpus_vn_police.errors import DiskError
from corpus_vn_police.reasons import CONTAINER_DAMAGED, LIMIT_MEMBERS, Reason
from corpus_vn_police.stages.read.archives import Member, TooManyError, tar_members, zip_members
from corpus_vn_police.stages.read.bounds import Bounded, Budget, Readable, table_batches
from corpus_vn_police.stages.read.encoded import Utf8Stream
from corpus_vn_police.stages.read.given import given_blocks
from corpus_vn_police.stages.read.ipc import arrow_batches
from corpus_vn_police.stages.read.lines import ROWS_OF_TEXT, rows_as_lines
from corpus_vn_police.stages.read.listing import Listing, display, is_hidden, kind_of, open_file
from corpus_vn_police.stages.read.rows import is_whole
from corpus_vn_police.stages.read.saved import is_bookkeeping
from corpus_vn_police.stages.read.seeds import Blob, describe, failed, fault, over_limit, take
from corpus_vn_police.stages.read.skipped import Skipped
from corpus_vn_police.stages.read.streams import BLOCK, BrokenError, Cut, Slice, is_packed, sound_part, unpacked
from corpus_vn_police.stages.read.tasks import Batching, GivenRows, Lines, Members, TableRows, Task, Texts

# The amount read at once decides how much of a damaged file is recovered. So neither depends on the size of a batch.
_TABLE_ROWS = 512
_IN_MEMORY = 8 << 20  # bytes of a member that is read more than once; longer ones go to the temporary folder


@dataclass
class Unpacker:
    """Turns a listing into tasks, and counts the files that it skips.

    Attributes:
        limits: the limits on seeds.
        batching: the limits on the size of a task.
        skipped: the files skipped so far, including those that the listing skipped.
        place: how far the last file of many seeds was read, in bytes: all of it once it was cut into tasks.
    """

    limits: Limits
    batching: Batching
    skipped: Skipped = field(default_factory=Skipped)
    place: int = 0

    def tasks(self, listing: Listing) -> Iterator[Task]:
        """The tasks of a listing, in its order."""
        self.skipped += listing.skipped
        texts: list[str] = []
        for name in listing.names:
            kind = listing.kind(name)
            container = kind != "text" and name not in listing.refused
            if texts and (container or len(texts) == self.batching.rows):
                yield _texts(listing, texts)
                texts = []
            if container:
                yield from self._container(listing, name, kind)
            else:
                texts.append(name)
        if texts:
            yield _texts(listing, texts)

    def _container(self, listing: Listing, name: str, kind: str | None) -> Iterator[Task]:
        path = display(name)
        prefix = "" if listing.own else f"{path}/"
        try:
            with open_file(listing.root, name) as raw:
                packed = raw.seek(0, os.SEEK_END)
                if not packed and kind not in ("rows", "given"):
                    raise BrokenError("an empty file")
                self.place = 0
                for task in self._unpack(raw, name, kind, prefix, packed):
                    self.place = max(self.place, min(_place(raw), packed))
                    yield task
                self.place = packed
        except TooManyError as error:
            yield _refused(path, LIMIT_MEMBERS, str(error))
        except Exception as error:  # law 9: a parser may raise anything for foreign bytes
            yield _refused(path, fault(error), describe(error))

    def _unpack(self, raw: Any, name: str, kind: str | None, prefix: str, packed: int) -> Iterator[Task]:
        budget = Budget.of(packed, self.limits)

        def opened(budget: Budget) -> Readable:
            return Bounded(unpacked(Slice(raw, 0, packed), name), budget)

        if kind in ROWS_OF_TEXT:
            stream = sound_part(opened, budget) if is_packed(name) else opened(budget)
            yield from self._text_rows(stream, name, display(name), kind, budget)
        elif kind == "given":
            yield from _given(raw, display(name))
        elif kind == "arrow":
            yield from _table(arrow_batches(raw, budget, _TABLE_ROWS), display(name))
        elif kind == "table":
            yield from _table(table_batches(raw, budget, _TABLE_ROWS), display(name))
        elif kind == "zip":
            members = zip_members(raw, packed, self.limits.max_members)
            yield from self._members(self._archive(members, prefix, budget))
        else:
            whole = Cut(Slice(raw, 0, packed), packed, None)
            stream = sound_part(opened, replace(budget)) if is_packed(name) else whole
            yield from self._members(self._archive(tar_members(stream, self.limits.max_members), prefix, budget))

    def _text_rows(self, stream: Readable, name: str, path: str, kind: str, budget: Budget) -> Iterator[Task]:
        """The tasks of a text file with rows."""
        if kind == "rows":
            yield from self._lines(stream, path)
        else:
            yield from rows_as_lines(stream, name, path, kind, budget, self.limits, self.batching)

    def _lines(self, packed: Readable, path: str) -> Iterator[Task]:
        pending, first, stream = b"", 1, Utf8Stream.of(packed)
        try:
            for chunk in _chunks(stream, self.batching.bytes // 2):
                pending += chunk
                if cut := pending.rfind(b"\n") + 1:
                    yield Lines(path, first, pending[:cut], stream.encoding)
                    first += pending.count(b"\n", 0, cut)
                    pending = pending[cut:]
                elif len(pending) > self.limits.max_bytes + 1:
                    blob, pending = _long_line(pending, stream, self.limits)
                    yield Members((f"{path}#{first}",), (blob,))
                    first += 1
        except Exception:
            if is_whole(pending):  # the last line was complete, except for its line end
                yield Lines(path, first, pending, stream.encoding)
            raise
        if pending:
            yield Lines(path, first, pending, stream.encoding)

    def _members(self, found: Iterator[Task | tuple[str, Blob]]) -> Iterator[Task]:
        """Collect an archive's text members into tasks; pass on the tasks of its other files."""
        gathered: list[tuple[str, Blob]] = []
        size = 0
        try:
            for item in found:
                if isinstance(item, tuple):
                    gathered.append(item)
                    size += len(item[1].data)
                full = len(gathered) >= self.batching.rows or size >= self.batching.bytes
                if gathered and (full or not isinstance(item, tuple)):
                    yield _gather(gathered)
                    gathered, size = [], 0
                if not isinstance(item, tuple):
                    yield item
        except Exception:
            if gathered:  # members before the damage
                yield _gather(gathered)
            raise
        if gathered:
            yield _gather(gathered)

    def _archive(self, members: Iterator[Member], prefix: str, budget: Budget) -> Iterator[Task | tuple[str, Blob]]:
        for member in members:
            path = prefix + member.name
            if member.reason is CONTAINER_DAMAGED and not _is_hidden_member(member.name):
                yield path, failed(member.reason, member.detail)  # for any name: it may be the fault
                continue
            kind = self._kind(member.name, path)
            if kind is not None and member.reason is not None:
                yield path, failed(member.reason, member.detail)
            elif kind is not None:
                try:
                    yield from self._member(path, member, kind, budget)
                except Exception as error:  # law 9, as for a whole archive
                    yield path, failed(fault(error), describe(error))

    def _member(self, path: str, member: Member, kind: str, budget: Budget) -> Iterator[Task | tuple[str, Blob]]:
        name = member.name
        if kind == "text":
            packed = budget.packed if member.packed is None else member.packed
            yield path, take(Bounded(unpacked(member.open(), name), budget), self.limits, packed)
        elif kind in ("table", "arrow"):
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:  # such files are read from their end
                size = _copy(Bounded(member.open(), budget), file)
                batches = (table_batches if kind == "table" else arrow_batches)(
                    file, Budget.of(size, self.limits, budget), _TABLE_ROWS
                )
                yield from _table(batches, path)
        elif member.packed is not None:
            stream: Readable = sound_part(lambda budget: Bounded(unpacked(member.open(), name), budget), budget)
            yield from self._text_rows(stream, name, path, kind, budget)
        elif is_packed(name):
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
                size = _copy(Bounded(member.open(), replace(budget)), file)
                stream = sound_part(lambda budget: Bounded(unpacked(Slice(file, 0, size), name), budget), budget)
                yield from self._text_rows(stream, name, path, kind, budget)
        else:
            yield from self._text_rows(Bounded(member.open(), budget), name, path, kind, budget)

    def _kind(self, name: str, path: str) -> str | None:
        """The kind of a member; None if it is skipped (and counted). Archives inside archives are not opened."""
        kind = kind_of(name)
        if _is_hidden_member(name):
            self.skipped += Skipped.of(hidden=[path])
            return None
        if kind in (None, "zip", "tar") or is_bookkeeping(name):
            self.skipped += Skipped.of(other=[path])
            return None
        return kind


def _place(raw: Any) -> int:
    """Where a file is read, in bytes; 0 if its reader has closed it."""
    try:
        return int(raw.tell())
    except ValueError:
        return 0


def _table(batches: Iterator[pa.RecordBatch], path: str) -> Iterator[Task]:
    """The tasks of a table file."""
    first = 1
    for batch in batches:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        yield TableRows(path, first, batch.num_rows, sink.getvalue().to_pybytes())
        first += batch.num_rows


def _given(raw: Any, path: str) -> Iterator[Task]:
    """The tasks of a file with rows that came from Python."""
    raw.seek(0)
    first = 1
    for count, block in given_blocks(raw):
        yield GivenRows(path, first, count, block)
        first += count


def _is_hidden_member(name: str) -> bool:
    """Whether a member is hidden; `..` does not make it hidden."""
    return is_hidden(name.replace("../", ""))


def _copy(stream: Readable, file: IO[bytes]) -> int:
    """Write a stream to a file that can be read more than once; return the number of bytes.

    Raises:
        DiskError: they fit neither into memory nor into the temporary folder.
    """
    size = 0
    while block := stream.read(1 << 20):
        size += len(block)
        try:
            file.write(block)
        except OSError as error:
            raise DiskError(
                f"a member of an archive cannot be written into the temporary folder: {error.strerror}",
                "set TMPDIR to a folder with room for it, or unpack the archive",
            ) from error
    return size


def _gather(members: list[tuple[str, Blob]]) -> Members:
    paths, blobs = zip(*members, strict=True)
    return Members(paths, blobs)


def _texts(listing: Listing, names: list[str]) -> Texts:
    return Texts(listing.root, tuple(names), {name: listing.refused[name] for name in names if name in listing.refused})


def _refused(path: str, reason: Reason, detail: str) -> Members:
    return Members((path,), (failed(reason, detail),))


def _chunks(stream: Readable, least: int) -> Iterator[bytes]:
    """A stream in chunks of at least `least` bytes; if it is damaged, the bytes before the damage come first."""
    held: list[bytes] = []
    size = 0
    try:
        while block := stream.read(BLOCK):
            held.append(block)
            size += len(block)
            if size >= least:
                yield b"".join(held)
                held, size = [], 0
    except Exception:
        yield b"".join(held)
        raise
    yield b"".join(held)


def _long_line(pending: bytes, stream: Readable, limits: Limits) -> tuple[Blob, bytes]:
    """Read a line that is over the limit to its end, without keeping it in memory.

    Returns:
        The line as a rejected seed, and the bytes after its end that were already read.
    """
    digest, size, carry = sha256(), 0, b""
    while True:
        head, newline, rest = pending.partition(b"\n")
        head = carry + head
        if newline or not pending:
            line = head.removesuffix(b"\r") if newline else head
            digest.update(line)
            size += len(line)
            return over_limit(size, digest.hexdigest(), limits), rest
        # The last byte may be the CR of a CRLF line end.
        digest.update(head[:-1])
        size += len(head) - 1
        carry = head[-1:]
        pending = stream.read(1 << 20)

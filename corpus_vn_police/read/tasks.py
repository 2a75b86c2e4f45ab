"""The files of an input -> tasks, each of which becomes one or more batches of seeds.

Text files are read where the task runs. A file that holds many seeds (JSONL, Parquet, zip, tar)
is a stream that cannot be entered in the middle: it is unpacked here, in one process, and cut
into blocks of bytes that travel with their task. At most one block is held here.
"""

from __future__ import annotations

import errno
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from tarfile import HeaderError, ReadError
from typing import Any, BinaryIO, Self

import pyarrow as pa

from corpus_vn_police.config import Limits
from corpus_vn_police.read.listing import Listing, display, filesystem, is_hidden, kind_of
from corpus_vn_police.read.seeds import Blob, Readable, failed, take, unpacked


@dataclass(frozen=True)
class Batching:
    """How large a batch may grow: seeds, and bytes of seeds. It changes no result (law 4)."""

    rows: int = 2_000
    bytes: int = 16 << 20


@dataclass(frozen=True)
class Texts:
    """Text files below a root, to be read by the task; from the irregular ones nothing can be."""

    root: str
    names: tuple[str, ...]
    irregular: frozenset[str]


@dataclass(frozen=True)
class Lines:
    """Whole lines of a JSONL file; `first` is the number of the first one, from 1."""

    path: str
    first: int
    block: bytes


@dataclass(frozen=True)
class Rows:
    """Rows of a Parquet file as an Arrow IPC stream; `first` is the number of the first, from 1."""

    path: str
    first: int
    count: int
    stream: bytes


@dataclass(frozen=True)
class Members:
    """Seeds whose bytes were read here: members of archives, and what cannot be read."""

    paths: tuple[str, ...]
    blobs: tuple[Blob, ...]


Task = Texts | Lines | Rows | Members


# What is read at once decides how much of a damaged file comes out, so neither is a batch's size.
_BLOCK = 1 << 16
_TABLE_ROWS = 512
BLANK = b" \t\r"  # a line of a JSONL file that holds no more is empty
_ENCRYPTED, _UTF8 = 0x1, 0x800  # flag bits of a zip member


class _TooManyError(Exception):
    """An archive has more members than `max_members`."""


def seeds_in(task: Task) -> int:
    """How many seeds a task will give: what the ledger is balanced against."""
    if isinstance(task, Texts):
        return len(task.names)
    if isinstance(task, Members):
        return len(task.paths)
    if isinstance(task, Rows):
        return task.count
    return sum(1 for line in task.block.split(b"\n") if line.strip(BLANK))


@dataclass
class Skipped:
    """What was passed over: hidden names, and extensions that are no seeds."""

    hidden: int = 0
    other: int = 0


@dataclass
class Unpacker:
    """Turns a listing into tasks, counting what it passes over on the way.

    Attributes:
        limits: what is refused.
        batching: how large a task may be.
        skipped: so far, the listing's own included.
    """

    limits: Limits
    batching: Batching
    skipped: Skipped = field(default_factory=Skipped)

    def tasks(self, listing: Listing) -> Iterator[Task]:
        """The tasks of a listing, in its order."""
        self.skipped.hidden += listing.hidden
        self.skipped.other += listing.other
        texts: list[str] = []
        for name in listing.names:
            kind = kind_of(name)
            container = kind != "text" and name not in listing.irregular
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
                if not raw.seek(0, os.SEEK_END) and kind != "rows":
                    raise EOFError("an empty file")
                raw.seek(0)
                yield from self._unpack(raw, name, path, prefix)
        except _TooManyError as error:
            yield _refused(path, "limit.members", str(error))
        except OSError as error:
            reason = "file.unreadable" if error.errno else "container.damaged"
            yield _refused(path, reason, describe(error))
        except Exception as error:  # law 9: what a parser raises for foreign bytes is not known
            yield _refused(path, fault(error), describe(error))

    def _unpack(self, raw: Any, name: str, path: str, prefix: str) -> Iterator[Task]:
        kind = kind_of(name)
        if kind == "rows":
            yield from self._lines(unpacked(raw, name), path)
        elif kind == "table":
            yield from self._table(raw, path)
        elif kind == "zip":
            yield from self._members(self._zip(raw, prefix))
        else:
            yield from self._members(self._tar(unpacked(raw, name), prefix))

    def _lines(self, stream: Readable, path: str) -> Iterator[Task]:
        pending, first = b"", 1
        for chunk in _chunks(stream, self.batching.bytes // 2):
            pending += chunk
            if cut := pending.rfind(b"\n") + 1:
                yield Lines(path, first, pending[:cut])
                first += pending.count(b"\n", 0, cut)
                pending = pending[cut:]
            elif len(pending) > self.limits.max_bytes + 1:
                blob, pending = _long_line(pending, stream, self.limits)
                yield Members((f"{path}#{first}",), (blob,))
                first += 1
        if pending:
            yield Lines(path, first, pending)

    def _table(self, raw: Any, path: str) -> Iterator[Task]:
        import pyarrow.parquet as pq

        first = 1
        names = pq.ParquetFile(raw).schema_arrow.names
        if len(set(names)) < len(names):
            raise ValueError("two columns have one name")
        for batch in pq.ParquetFile(raw).iter_batches(batch_size=_TABLE_ROWS):
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, batch.schema) as writer:
                writer.write_batch(batch)
            yield Rows(path, first, batch.num_rows, sink.getvalue().to_pybytes())
            first += batch.num_rows

    def _members(self, found: Iterator[Task | tuple[str, Blob]]) -> Iterator[Task]:
        """Gather an archive's text members into tasks; pass on the tasks of its other files."""
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
            if gathered:  # what came before the damage
                yield _gather(gathered)
            raise
        if gathered:
            yield _gather(gathered)

    def _zip(self, raw: BinaryIO, prefix: str) -> Iterator[Task | tuple[str, Blob]]:
        with zipfile.ZipFile(raw) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            self._count_members(len(members))
            for info in members:
                # Without the UTF-8 flag zipfile reads names as cp437; most writers meant UTF-8.
                name = _without_dots(info.filename if info.flag_bits & _UTF8 else _utf8_name(info.filename))
                kind = self._kind(name)
                if kind is None:
                    continue
                if info.flag_bits & _ENCRYPTED:
                    yield prefix + name, failed("container.encrypted", "a member with a password")
                    continue
                try:
                    with archive.open(info) as stream:
                        yield from self._member(stream, prefix + name, name, kind, info.compress_size)
                except Exception as error:  # law 9, as for the whole archive
                    yield prefix + name, failed(fault(error), describe(error))

    def _tar(self, raw: BinaryIO, prefix: str) -> Iterator[Task | tuple[str, Blob]]:
        options: Any = {"encoding": "utf-8", "errors": "surrogateescape", "tarinfo": _TarInfo}
        with tarfile.open(fileobj=raw, mode="r|", **options) as archive:
            for count, info in enumerate(archive, 1):
                self._count_members(count)
                name = _without_dots(display(info.name))
                kind = None if info.isdir() else self._kind(name)
                if kind is None:
                    continue
                stream = archive.extractfile(info) if info.isreg() else None
                if stream is None:
                    yield prefix + name, failed("file.not_regular", "a link or a device in an archive")
                else:
                    yield from self._member(stream, prefix + name, name, kind, None)

    def _member(
        self, stream: Any, path: str, name: str, kind: str, packed: int | None
    ) -> Iterator[Task | tuple[str, Blob]]:
        if name.startswith("/") or ".." in name.split("/"):
            yield path, failed("container.unsafe_path", "a member's path leads out of its archive")
        elif kind == "text":
            yield path, take(unpacked(stream, name), self.limits, packed)
        elif kind == "rows":
            yield from self._lines(unpacked(stream, name), path)
        else:
            with tempfile.TemporaryFile() as spooled:  # Parquet is read from its end
                while block := stream.read(1 << 20):
                    spooled.write(block)
                yield from self._table(spooled, path)

    def _kind(self, name: str) -> str | None:
        """What a member is; None, and counted, where it is no seed. Archives are not nested."""
        kind = kind_of(name)
        if is_hidden(name.replace("../", "")):
            self.skipped.hidden += 1
            return None
        if kind in (None, "zip", "tar"):
            self.skipped.other += 1
            return None
        return kind

    def _count_members(self, count: int) -> None:
        if count > self.limits.max_members:
            raise _TooManyError(f"max_members {self.limits.max_members}, got {count} or more")


_END_OF_ARCHIVE: type[HeaderError] = tarfile.EOFHeaderError  # type: ignore[attr-defined]


class _TarInfo(tarfile.TarInfo):
    """A member whose header must be whole.

    `tarfile` takes a damaged or missing header after the first one for the end of the archive;
    the members after it would vanish.
    """

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile)
        except _END_OF_ARCHIVE:
            raise
        except HeaderError as error:
            raise ReadError(f"{error}: the archive goes on or was cut") from error


def _without_dots(name: str) -> str:
    return "/".join(part for part in name.split("/") if part != ".")


def _gather(members: list[tuple[str, Blob]]) -> Members:
    paths, blobs = zip(*members, strict=True)
    return Members(paths, blobs)


def _utf8_name(name: str) -> str:
    return name.encode("cp437").decode("utf-8", "backslashreplace")


def _texts(listing: Listing, names: list[str]) -> Texts:
    return Texts(listing.root, tuple(names), listing.irregular.intersection(names))


def open_file(root: str, name: str) -> Any:
    """Open a file of the input for reading bytes.

    Raises:
        OSError: it cannot be opened.
    """
    location = f"{root}/{name}"
    if "://" in root:
        system, path = filesystem(location)
        return system.open(path, "rb")
    return open(location, "rb")


# What the operating system says of a file. Anything else (no memory, no space, too many open
# files, a failing disk) is the machine's fault, and a build must not depend on it.
_OF_THE_FILE = {
    *(errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR),
    *(errno.ELOOP, errno.ENXIO, errno.ENODEV, errno.EINVAL, errno.ENAMETOOLONG),
}


def fault(error: Exception) -> str:
    """The reason code for what was raised while a file was read.

    Raises:
        MemoryError, OSError: the machine failed, not the file.
    """
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, MemoryError) or (number is not None and number not in _OF_THE_FILE):
        raise error
    return "container.damaged" if number is None else "file.unreadable"


def describe(error: BaseException) -> str:
    """An error in one short line that names no path of this machine."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:200]
    return f"{type(error).__name__}: {error}".split("\n")[0][:200]


def _refused(path: str, reason: str, detail: str) -> Members:
    return Members((path,), (failed(reason, detail),))


def _chunks(stream: Readable, least: int) -> Iterator[bytes]:
    """A stream in chunks of `least` bytes or more; where it is damaged, first what came before."""
    held: list[bytes] = []
    size = 0
    try:
        while block := stream.read(_BLOCK):
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
    """Read a line that is over the limit to its end, holding none of it; what follows comes back."""
    digest, size, carry = sha256(), 0, b""
    while True:
        head, newline, rest = pending.partition(b"\n")
        head = carry + head
        if newline or not pending:
            line = head.removesuffix(b"\r") if newline else head
            digest.update(line)
            size += len(line)
            detail = f"max_bytes {limits.max_bytes}, got {size}"
            return Blob(b"", size, digest.hexdigest(), "limit.bytes", detail), rest
        # The last byte may be the CR of the line's end.
        digest.update(head[:-1])
        size += len(head) - 1
        carry = head[-1:]
        pending = stream.read(1 << 20)

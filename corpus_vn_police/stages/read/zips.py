"""The structure of zip files: their members, and anything else in the file.

`zipfile` is not used, for three reasons: its version decides which archives and names it refuses; it unpacks a whole
chunk at once; and it skips bytes that the archive's directory does not name. The layout is that of PKWARE's
APPNOTE.TXT 6.3.10.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from corpus_vn_police.stages.read.bounds import Readable
from corpus_vn_police.stages.read.streams import (
    BZIP2,
    DEFLATE,
    LZMA,
    ZSTD,
    BrokenError,
    Chain,
    Checked,
    Seekable,
    Slice,
    Unpacked,
    alone_header,
)

_LOCAL, _CENTRAL, _END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
_END_64, _LOCATOR_64, _DESCRIPTOR = b"PK\6\6", b"PK\6\7", b"PK\7\x08"
_LOCAL_HEADER = struct.Struct("<4x2xHH4xIIIHH")  # flags, method, crc, packed, size, name, extra
_CENTRAL_HEADER = struct.Struct("<4sBBHHH4xIIIHHHHHII")
_END_RECORD = struct.Struct("<4sHHHHIIH")
_MOST_16, _MOST_32 = 0xFFFF, 0xFFFFFFFF
_WINDOW = 1 << 20
_MOST_ARCHIVES = 1000  # in one file; each of them is searched for

ENCRYPTED, UTF8 = 0x1 | 0x40 | 0x2000, 0x800
_DESCRIBED, _LZMA_ENDED = 0x8, 0x2
_STORED, _DEFLATED, _LZMA, _AES = 0, 8, 14, 99
_CODECS = {_DEFLATED: DEFLATE, 12: BZIP2, _LZMA: LZMA, 93: ZSTD}


class Entry(NamedTuple):
    """A member, as the directory or its own header describes it.

    Attributes:
        name, extra: the bytes in the file.
        flags, method, system: the numbers in PKWARE's tables.
        crc, packed, size: checksum, packed length and unpacked length, in bytes.
        mode: its file type and permissions, if `system` is a system with such permissions.
        at: the position of its header in the file.
    """

    name: bytes
    extra: bytes
    flags: int
    method: int
    system: int
    crc: int
    packed: int
    size: int
    mode: int
    at: int

    @property
    def is_folder(self) -> bool:
        """Whether its name marks it as a folder."""
        return self.name.endswith((b"/", b"\\"))

    @property
    def is_encrypted(self) -> bool:
        """Whether a password is needed."""
        return bool(self.flags & ENCRYPTED) or self.method == _AES

    @property
    def is_readable(self) -> bool:
        """Whether its compression method is supported."""
        return self.method == _STORED or self.method in _CODECS


@dataclass(frozen=True)
class Archive:
    """One of the archives in a file.

    Attributes:
        start: where it begins; above 0 if something comes before it.
        directory, directory_end: start and end of its directory; equal if it is empty.
        records: the position of its end records.
        end: its end, including its comment.
        count: the number of entries in its end record, modulo 65,536; -1 if the file was cut before the directory.
    """

    start: int
    directory: int
    directory_end: int
    records: int
    end: int
    count: int


def archives(raw: Seekable, size: int) -> tuple[list[Archive], str | None]:
    """The archives of a file, in order, and what else is wrong with it.

    Concatenated zip files each have their own directory, but most programs read only the last one.

    Raises:
        BrokenError: there is no archive in it.
    """
    several: list[Archive] = []
    wrong, end = None, size
    while end and len(several) < _MOST_ARCHIVES and (archive := _last_archive(raw, end, exact=bool(several))):
        if archive.end > end:
            wrong = "its comment is cut"
        elif _is_filled(raw, archive.end, end):
            wrong = f"{end - archive.end} bytes follow its end"
        several.append(archive)
        end = archive.start
    if not several:
        if _read(raw, 0, 4) != _LOCAL:
            raise BrokenError("not a zip archive: it has no directory")
        return [Archive(0, size, size, size, size, -1)], "its directory is missing: the file was cut"
    if _is_filled(raw, 0, end):
        wrong = f"{end} bytes come before its start"
    return several[::-1], wrong


def _last_archive(raw: Seekable, end: int, *, exact: bool) -> Archive | None:
    """The archive whose end record is the last one before a position; if `exact`, it must end there."""
    for at in _signatures(raw, _END, end, _MOST_16 + 22 if exact else end):
        record = _read(raw, at, 22)
        if len(record) == 22 and (archive := _archive(raw, at, record)) and (archive.end == end or not exact):
            return archive
    return None


def _archive(raw: Seekable, at: int, record: bytes) -> Archive | None:
    """The archive of an end record; None if its directory is not where the record says."""
    _, disk, first_disk, _, count, length, offset, comment = _END_RECORD.unpack(record)
    records = at
    if _MOST_16 in (disk, count) or _MOST_32 in (length, offset):
        locator = _read(raw, at - 20, 20) if at >= 20 else b""
        if locator.startswith(_LOCATOR_64):
            (place,) = struct.unpack_from("<Q", locator, 8)
            for records in (place, at - 76):
                record = _read(raw, records, 56) if 0 <= records < at else b""
                if len(record) == 56 and record.startswith(_END_64):
                    disk, first_disk, _, count, length, offset = struct.unpack_from("<IIQQQQ", record, 16)
                    break
            else:
                return None
    if disk or first_disk:
        return None
    for directory in (records - length, offset):
        fits = offset <= directory <= records - length
        if fits and (_read(raw, directory, 4) == _CENTRAL if length else not count):
            ends = at + 22 + comment
            return Archive(directory - offset, directory, directory + length, records, ends, count & _MOST_16)
    return None


def _signatures(raw: Seekable, signature: bytes, end: int, most: int) -> Iterator[int]:
    """The positions of a signature in the last `most` bytes before a position, from last to first."""
    at = end
    while at > max(end - most, 0):
        start = max(at - _WINDOW, 0)
        window = _read(raw, start, at - start + 3)
        place = len(window)
        while (place := window.rfind(signature, 0, place + 3)) >= 0:
            if start + place < end:
                yield start + place
        at = start


def _is_filled(raw: Seekable, start: int, end: int) -> bool:
    """Whether there is anything except zeros between two positions."""
    section = Slice(raw, start, end)
    while block := section.read(_WINDOW):
        if block.strip(b"\0"):
            return True
    return False


def _read(raw: Seekable, at: int, size: int) -> bytes:
    raw.seek(at)
    return raw.read(size)


def entries(raw: Seekable, archive: Archive) -> Iterator[Entry]:
    """The members that an archive's directory lists; without a directory, those found by their own headers.

    Raises:
        BrokenError: the directory is incomplete; the members before that are returned first.
    """
    if archive.count < 0:
        yield from _undirected(raw, archive)
        return
    source = _Buffered(Slice(raw, archive.directory, archive.directory_end))
    count = 0
    while header := source.read(46):
        if len(header) < 46 or not header.startswith(_CENTRAL):
            raise BrokenError(f"its directory is damaged after {count} entries")
        yield _entry(header, source, archive.start)
        count += 1
    if count & _MOST_16 != archive.count:
        raise BrokenError(f"its directory has {count} entries, its end record says {archive.count}")


@dataclass
class _Buffered:
    """A part of a file that is read in large pieces."""

    section: Slice
    held: bytes = b""
    at: int = 0

    def read(self, size: int) -> bytes:
        if len(self.held) - self.at < size:
            self.held, self.at = self.held[self.at :] + self.section.read(max(size, _WINDOW)), 0
        self.at += size
        return self.held[self.at - size : self.at]


def _entry(header: bytes, source: _Buffered, start: int) -> Entry:
    fields = _CENTRAL_HEADER.unpack(header)
    _, _, system, _, flags, method, crc, packed, size, named, extended, commented, _, _, attributes, at = fields
    rest = source.read(named + extended + commented)
    extra = rest[named : named + extended]
    size, packed, at = _long(extra, [size, packed, at])
    return Entry(rest[:named], extra, flags, method, system, crc, packed, size, attributes >> 16, start + at)


def extra_field(extra: bytes, number: int) -> bytes | None:
    """The first extra field with a number; None if there is none, or the fields are cut before it."""
    at = 0
    while at + 4 <= len(extra):
        field_number, length = struct.unpack_from("<HH", extra, at)
        if field_number == number:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return None


def _long(extra: bytes, values: list[int]) -> list[int]:
    """The values; those that do not fit into 32 bits are read from the zip64 field."""
    longer = extra_field(extra, 1) or b""
    long = iter(struct.unpack(f"<{len(longer) // 8}Q", longer[: len(longer) // 8 * 8]))
    return [next(long, value) if value == _MOST_32 else value for value in values]


def _undirected(raw: Seekable, archive: Archive) -> Iterator[Entry]:
    """The members of an archive that was cut before its directory, as long as their headers state their lengths."""
    at = archive.start
    while len(header := _read(raw, at, 30)) == 30 and header.startswith(_LOCAL):
        flags, method, crc, packed, size, named, extended = _LOCAL_HEADER.unpack(header)
        rest = raw.read(named + extended)
        size, packed = _long(rest[named:], [size, packed])
        begins = at + 30 + named + extended
        if flags & _DESCRIBED or begins + packed > archive.end:
            return
        yield Entry(rest[:named], rest[named:], flags, method, 0, crc, packed, size, 0, at)
        at = begins + packed


@dataclass
class Reader:
    """Opens the members of an archive, and records which bytes belong to a member."""

    raw: Seekable
    archive: Archive
    starts: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))

    def place(self, entry: Entry) -> tuple[int, str | None]:
        """The position of a member's bytes, and what is wrong with its own header."""
        header = _read(self.raw, entry.at, 30) if entry.at < self.archive.directory else b""
        if len(header) < 30 or not header.startswith(_LOCAL):
            return entry.at, "its own header is missing"
        flags, method, crc, packed, size, named, extended = _LOCAL_HEADER.unpack(header)
        rest = self.raw.read(named + extended)
        size, packed = _long(rest[named:], [size, packed])
        begins = entry.at + 30 + named + extended
        same = [(rest[:named], entry.name), (method, entry.method), (flags & ENCRYPTED, entry.flags & ENCRYPTED)]
        if not flags & _DESCRIBED:
            same += [(crc, entry.crc), (packed, entry.packed), (size, entry.size)]
        end = begins + entry.packed
        if end > self.archive.directory:
            return begins, "it reaches into the directory"
        self.starts.append(entry.at)
        self.ends.append(end + (self._descriptor(end) if flags & _DESCRIBED else 0))
        wrong = None if all(own == listed for own, listed in same) else "its own header and the directory disagree"
        return begins, wrong

    def _descriptor(self, at: int) -> int:
        """The length of the record after a member's bytes that completes its header."""
        told = _read(self.raw, at, 28)
        signed = 4 if told.startswith(_DESCRIPTOR) else 0
        following = (_LOCAL, _CENTRAL, _END_64)
        return next((length for length in (12, 20) if told[signed + length :].startswith(following)), 12) + signed

    def open(self, entry: Entry, begins: int) -> Readable:
        """A stream of a member's bytes; several may be open at once."""
        section: Readable = Slice(self.raw, begins, begins + entry.packed)
        if entry.method == _LZMA:
            size = None if entry.flags & _LZMA_ENDED else entry.size
            section = Chain(alone_header(section.read(9), size), section)
        if entry.method != _STORED:
            section = Unpacked(section, _CODECS[entry.method])
        return Checked(section, entry.size, entry.crc)

    def unlisted(self) -> str | None:
        """A description of the bytes between the members; None if they are only zeros."""
        starts, ends = np.frombuffer(self.starts, np.int64), np.frombuffer(self.ends, np.int64)
        order = np.argsort(starts, kind="stable")
        reached = np.maximum.accumulate(np.concatenate([[self.archive.start], ends[order]]))
        following = np.concatenate([starts[order], [self.archive.directory]])
        gaps = [
            (int(start), int(end))
            for start, end in zip(reached[following > reached], following[following > reached], strict=True)
            if _is_filled(self.raw, int(start), int(end))
        ]
        behind = (self.archive.directory_end, self.archive.records)
        gaps += [behind] if _is_filled(self.raw, *behind) else []
        if not gaps:
            return None
        start, end = gaps[0]
        return f"{end - start} bytes at {start} belong to no member that its directory names"

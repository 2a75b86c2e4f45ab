"""Packed streams -> their bytes: read to the real end, with each checksum checked, and little in memory.

A stream is a sequence of frames (the members of a gzip file, the frames of Zstandard). A broken stream says how
many of its bytes are sound. A complete frame is sound if its checksum is right. If a stream just ends too early, the
last frame is sound up to there. A frame with a wrong checksum is not sound at all.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from corpus_vn_police.reasons import CONTAINER_DAMAGED, LIMIT_WINDOW, Reason
from corpus_vn_police.stages.read.bounds import Budget, RatioError, Readable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK = 1 << 16  # bytes that are read at once; with more, every read would map new memory
_WINDOW = 128 << 20  # bytes of its own output that a decoder may keep in memory; also the default limit of `zstd`


class BrokenError(Exception):
    """A container cannot be read, or not to its end.

    Attributes:
        sound: how many bytes of the stream, from its start, can be trusted.
        reason: the reason for rejecting the seed.
    """

    def __init__(self, message: str, sound: int = 0, reason: Reason = CONTAINER_DAMAGED) -> None:
        super().__init__(message)
        self.sound, self.reason = sound, reason


class Decoder(Protocol):
    """The interface of decompressor objects in `bz2`, `lzma` and `zstd`."""

    @property
    def eof(self) -> bool:
        """Whether the end mark was read."""

    @property
    def needs_input(self) -> bool:
        """Whether it needs more input before it can return more."""

    @property
    def unused_data(self) -> bytes:
        """The input after the end mark."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most so many bytes."""


class _Inflater:
    """`zlib`'s decompressor, with the interface of the others."""

    def __init__(self, window_bits: int) -> None:
        self._inner = zlib.decompressobj(window_bits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        block = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = len(block) < max_length and not self._inner.unconsumed_tail
        return block


@dataclass(frozen=True)
class Codec:
    """A compression format.

    Attributes:
        name: the name for messages.
        decoder: makes a decoder for one frame.
        magics: the bytes that a frame may begin with; empty for a stream of exactly one frame.
        padded: whether zeros may follow the last frame.
        doubtful: how many bytes before the place where decoding fails may be wrong; None means the whole frame.
    """

    name: str
    decoder: Callable[[], Decoder]
    magics: tuple[bytes, ...] = ()
    padded: bool = False
    doubtful: int | None = None


def _raw_lzma() -> Decoder:
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_WINDOW + (1 << 20))


# Up to 4 KiB of gzip streams of real articles were overwritten: 43 of 720 could not be decoded to their end, and gave
# up to 118,768 wrong bytes; the others had a wrong checksum. 122 Zstandard streams gave none: it returns whole blocks.
_DEFLATE_BLOCK, _ZSTD_BLOCK = 1 << 18, 1 << 17
_ZSTD_MAGICS = (b"\x28\xb5\x2f\xfd", *(bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60)))
GZIP = Codec("gzip", lambda: _Inflater(31), (b"\x1f\x8b",), padded=True, doubtful=_DEFLATE_BLOCK)
ZSTD = Codec("Zstandard", zstd.ZstdDecompressor, _ZSTD_MAGICS, doubtful=_ZSTD_BLOCK)
DEFLATE = Codec("deflate", lambda: _Inflater(-15), doubtful=_DEFLATE_BLOCK)
BZIP2 = Codec("bzip2", bz2.BZ2Decompressor)
LZMA = Codec("LZMA", _raw_lzma)


@dataclass
class Unpacked:
    """The unpacked bytes of a packed stream.

    Attributes:
        raw: the packed bytes.
        codec: how they are packed.
        given: how many bytes came out.
        start: how many of them come from earlier frames.
    """

    raw: Readable
    codec: Codec
    given: int = 0
    start: int = 0
    _held: bytes = b""
    _frames: int = 0
    _decoder: Decoder | None = field(default=None, repr=False)

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end.

        Raises:
            BrokenError: the stream is damaged, cut, followed by something else, or needs too large a window.
            MemoryError: memory ran out.
        """
        while True:
            if self._decoder is None and not self._next_frame():
                return b""
            block = self._step(size)
            if block:
                return block

    def _next_frame(self) -> bool:
        """Start the next frame; False at the end of the stream. Raises if something else follows."""
        codec, longest = self.codec, max(map(len, self.codec.magics), default=1)
        while len(self._held) < longest and (more := self.raw.read(BLOCK)):
            self._held += more
            if codec.padded and self._frames:
                self._held = self._held.lstrip(b"\0")
        if codec.padded and self._frames:
            self._held = self._held.lstrip(b"\0")
        if not self._held:
            if not self._frames and codec.magics:
                raise BrokenError("an empty file")
            return False
        if (self._frames and not codec.magics) or (codec.magics and not self._held.startswith(codec.magics)):
            behind = f"there is something else after the end of the {codec.name} stream"
            raise BrokenError(behind if self._frames else f"does not begin like {codec.name} data", self.given)
        self._decoder, self._frames, self.start = codec.decoder(), self._frames + 1, self.given
        return True

    def _step(self, size: int) -> bytes:
        decoder = self._decoder
        assert decoder is not None  # noqa: S101 - for mypy
        if decoder.needs_input and not self._held:
            self._held = self.raw.read(BLOCK)
            if not self._held:
                raise BrokenError(f"the {self.codec.name} stream is cut: its end mark is missing", self.given)
        data, self._held = self._held, b""
        try:
            block = decoder.decompress(data, size)
        except (zlib.error, zstd.ZstdError, lzma.LZMAError, OSError) as error:  # OSError is what bz2 raises
            raise self._failure(str(error)) from error
        self.given += len(block)
        if decoder.eof:
            self._held, self._decoder = decoder.unused_data, None
        return block

    def _failure(self, message: str) -> Exception:
        """The meaning of a decoder's message; the libraries offer no other way to tell failures apart."""
        if "Error -4" in message or "not enough memory" in message:
            return MemoryError(message)
        if "too much memory" in message or "usage limit" in message:
            return BrokenError(f"{self.codec.name} with a window of more than 128 MiB", self.given, LIMIT_WINDOW)
        if "check" in message or self.codec.doubtful is None:
            return BrokenError(f"{self.codec.name}: {message}", self.start)
        return BrokenError(f"{self.codec.name}: {message}", max(self.start, self.given - self.codec.doubtful))


def unpacked(raw: Readable, name: str) -> Readable:
    """A file's stream after decompression, which the extension of its name decides."""
    codec = _BY_ENDING.get(name.lower().rpartition(".")[2])
    return raw if codec is None else Unpacked(raw, codec)


_BY_ENDING = {"gz": GZIP, "zst": ZSTD}


def is_packed(name: str) -> bool:
    """Whether `unpacked` unpacks a file with that name."""
    return name.lower().rpartition(".")[2] in _BY_ENDING


@dataclass
class Checked:
    """A stream whose length and CRC-32 are known beforehand, such as a member of a zip archive."""

    stream: Readable
    size: int
    crc: int
    _given: int = 0
    _sum: int = 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end.

        Raises:
            BrokenError: length or checksum are wrong, so that no byte can be trusted.
        """
        block = self.stream.read(size)
        self._given += len(block)
        self._sum = zlib.crc32(block, self._sum)
        if not block and size and self._given != self.size:
            raise BrokenError(f"{self._given} bytes, its header says {self.size}")
        if not block and size and self._sum != self.crc:
            raise BrokenError("wrong CRC-32")
        return block


@dataclass
class Cut:
    """The first `remaining` bytes of a stream, and then an error if there is one."""

    stream: Readable
    remaining: int
    error: Exception | None

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        block = self.stream.read(min(size, self.remaining)) if self.remaining > 0 else b""
        self.remaining -= len(block)
        if not block and size and self.error is not None:
            raise self.error
        return block


@dataclass
class Slice:
    """The bytes of a file between two positions; others may read the file at the same time."""

    raw: Seekable
    at: int
    end: int

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end, or if the file is cut."""
        self.raw.seek(self.at)
        block = self.raw.read(min(size, self.end - self.at))
        self.at += len(block)
        return block


class Seekable(Readable, Protocol):
    """A seekable file."""

    def seek(self, place: int, whence: int = 0, /) -> int:
        """Move to a position."""


@dataclass
class Chain:
    """Some bytes, followed by a stream."""

    head: bytes
    stream: Readable

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        block, self.head = self.head[:size], self.head[size:]
        return block or self.stream.read(size)


def sound_part(opened: Callable[[Budget], Readable], budget: Budget) -> Cut:
    """The part of a stream that can be trusted, followed by its error. The stream is read twice to find it.

    Args:
        opened: opens the stream from its start, bounded by a budget; called twice.
        budget: how many bytes may come out; the first reading does not count.
    """
    stream, sound = opened(replace(budget)), 0
    failure: Exception | None = None
    try:
        while block := stream.read(BLOCK):
            sound += len(block)
    except BrokenError as error:
        sound, failure = error.sound, error
    except RatioError as error:
        failure = error
    return Cut(opened(budget), sound, failure)


def alone_header(head: bytes, size: int | None) -> bytes:
    """Make the header that an LZMA stream in a zip archive would have as a separate file.

    Args:
        head: its first nine bytes: the version, the length of the properties, the properties.
        size: the bytes that it unpacks to; None if it has an end mark.
    """
    return head[4:9] + struct.pack("<q", -1 if size is None else size)

"""The files that this package opens: regular ones only, so that nothing waits for a FIFO or reads a device."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from io import BufferedReader

StrPath = str | os.PathLike[str]

LONGEST = 64 << 20
"""Bytes that a file may have that is read whole, such as a manifest, a card or a removed.csv of 500,000 lines."""


class IrregularError(Exception):
    """A device, a FIFO or a socket stands where a file should be."""


class LongError(ValueError):
    """A file is longer than what is read whole."""


UNREADABLE = (OSError, ValueError, IrregularError)
"""What reading a file, and decoding it, raises."""


def why(error: Exception) -> str:
    """Why a file could not be read, without its name."""
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8: {error}"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def open_regular(location: StrPath) -> int:
    """Open a file of this machine for reading; never waits for a FIFO's writer, nor reads a device.

    Returns:
        The descriptor, which the caller closes.

    Raises:
        OSError: it cannot be opened, or is a folder (`IsADirectoryError`).
        IrregularError: it is a device, a FIFO or a socket.
    """
    descriptor = os.open(location, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(location))
    raise IrregularError("a device, a FIFO or a socket")


def open_file(location: StrPath) -> BufferedReader:
    """Open a file of this machine as a stream of bytes.

    Raises:
        OSError, IrregularError: as `open_regular`.
    """
    return os.fdopen(open_regular(location), "rb")


def read_file(location: StrPath, longest: int = LONGEST) -> bytes:
    """All bytes of a file of this machine.

    Args:
        location: the file.
        longest: bytes that it may have.

    Raises:
        OSError, IrregularError: as `open_regular`.
        LongError: it is longer.
    """
    with open_file(location) as stream:
        content = stream.read(longest + 1)
    if len(content) > longest:
        raise LongError(f"longer than {longest:,} bytes")
    return content


def file_digest(location: StrPath) -> tuple[int, str]:
    """Length in bytes and sha256 (hex) of a file.

    Raises:
        OSError, IrregularError: as `open_regular`.
    """
    with open_file(location) as stream:
        digest = hashlib.file_digest(stream, "sha256")
        return stream.tell(), digest.hexdigest()

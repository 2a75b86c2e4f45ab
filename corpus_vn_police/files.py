"""Open files: only regular ones, so that nothing waits for a FIFO or reads a device."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from corpus_vn_police.errors import DiskError

if TYPE_CHECKING:
    from numpy.typing import NDArray

StrPath = str | os.PathLike[str]

LONGEST = 64 << 20
"""The most bytes of a file that is read as a whole, such as a manifest, a card or a removed.csv of 500,000 lines."""


class IrregularError(Exception):
    """The path is a device, a FIFO or a socket instead of a file."""


class LongError(ValueError):
    """A file is too long to be read at once."""


UNREADABLE = (OSError, ValueError, IrregularError)
"""The errors that reading and decoding a file can raise."""


def why(error: Exception) -> str:
    """Why a file could not be read, without its name."""
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 (byte {error.start})"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_regular(location: StrPath) -> tuple[int, int]:
    """Open a local file for reading. It never waits for the writer of a FIFO, and never reads a device.

    Returns:
        The descriptor, which the caller must close, and the file's length in bytes.

    Raises:
        OSError: it cannot be opened, or is a folder (`IsADirectoryError`).
        IrregularError: it is a device, a FIFO or a socket.
    """
    descriptor = _open(location, _READING)
    status = os.fstat(descriptor)
    mode = status.st_mode
    if stat.S_ISREG(mode):
        return descriptor, status.st_size
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(location))
    raise IrregularError("a device, a FIFO or a socket")


def open_folder(location: StrPath) -> int:
    """Open a local folder; its path may be longer than the system accepts in one call.

    Returns:
        The descriptor, which the caller must close.

    Raises:
        OSError: it cannot be opened, or is not a folder.
    """
    return _open(location, os.O_RDONLY | os.O_DIRECTORY)


def _open(location: StrPath, flags: int) -> int:
    try:
        return os.open(location, flags)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
    return _open_by_steps(os.fspath(location), flags)


def _open_by_steps(location: str, flags: int) -> int:
    """Open a path that is too long for one call: open each folder from the one above it."""
    *folders, name = location.split("/")
    here = os.open("/" if location.startswith("/") else ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in filter(None, folders):
            below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = below
        return os.open(name, flags, dir_fd=here)
    finally:
        os.close(here)


def open_file(location: StrPath) -> BufferedReader:
    """Open a local file as a stream of bytes.

    Raises:
        OSError, IrregularError: as `open_regular`.
    """
    return os.fdopen(open_regular(location)[0], "rb")


def read_file(location: StrPath, longest: int = LONGEST) -> bytes:
    """Read all bytes of a local file.

    Args:
        location: the file.
        longest: how many bytes it may have.

    Raises:
        OSError, IrregularError: as `open_regular`.
        LongError: it is longer.
    """
    with open_file(location) as stream:
        content = stream.read(longest + 1)
    if len(content) > longest:
        raise LongError(f"it has more than {longest:,} bytes")
    return content


def file_digest(location: StrPath) -> tuple[int, str]:
    """Length in bytes and sha256 (hex) of a file.

    Raises:
        OSError, IrregularError: as `open_regular`.
    """
    with open_file(location) as stream:
        digest = hashlib.file_digest(stream, "sha256")
        return stream.tell(), digest.hexdigest()


def write_numbers(sink: BinaryIO, values: NDArray[Any]) -> None:
    """Write the bytes of an array as they are in memory.

    numpy's `tofile` is not used: on a full disk it loses the last block without an error.

    Raises:
        OSError: not all bytes can be written; for bytes that the stream still buffers, closing it raises this.
    """
    sink.write(values.tobytes())


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes out while a folder is made: a second process waits, and then finds the folder.

    Raises:
        OSError: the folders above it cannot be made, or it cannot be locked.
    """
    from filelock import FileLock

    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f".{folder.name}.lock"):
        yield


def write_whole(out: Path, content: bytes | Iterable[bytes], mode: int = 0o666) -> None:
    """Write a file whole or not at all; make missing folders above it.

    Args:
        out: the file; it is replaced if it is there.
        content: its bytes, or pieces of them.
        mode: its permissions, before the process's umask is applied.

    Raises:
        OSError: it cannot be written.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    new = out.with_name(f".{secrets.token_hex(8)}.new")  # a short name, as that of `out` may be as long as allowed
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(new, flags, mode), "wb") as stream:
            stream.writelines([content] if isinstance(content, bytes) else content)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(out)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def in_utf8(name: str) -> str:
    """Read a name that the system gave as UTF-8; bytes that are not UTF-8 become surrogates.

    In a locale with another encoding, Python has decoded the name with that one. In a UTF-8 locale nothing changes.
    """
    return os.fsencode(name).decode("utf-8", "surrogateescape")


def of_system(name: str) -> str:
    """The system's name for a text: the reverse of `in_utf8`."""
    return os.fsdecode(name.encode("utf-8", "surrogateescape"))


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder that is deleted afterwards.

    Raises:
        DiskError: it cannot be made, for example in a container without /tmp.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix="corpus-vn-police-")
    except OSError as error:
        raise no_scratch(error) from error
    with folder as name:
        yield Path(name)


def no_scratch(error: OSError) -> DiskError:
    """The error if no temporary folder can be made, for example in a container without /tmp."""
    return DiskError(
        f"no temporary folder can be made: {error.strerror}", "set TMPDIR to a folder that you may write to"
    )

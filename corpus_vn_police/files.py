"""The files that this package opens: regular ones only, so that nothing waits for a FIFO or reads a device."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from corpus_vn_police.errors import DiskError

StrPath = str | os.PathLike[str]


class IrregularError(Exception):
    """A device, a FIFO or a socket stands where a file should be."""


def open_regular(location: StrPath) -> int:
    """Open a file of this machine for reading; never waits for a FIFO's writer, nor reads a device.

    Returns:
        The descriptor, which the caller closes.

    Raises:
        OSError: it cannot be opened, or is a folder (`IsADirectoryError`).
        IrregularError: it is a device, a FIFO or a socket.
    """
    descriptor = _open(location, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(location))
    raise IrregularError("a device, a FIFO or a socket")


def open_folder(location: StrPath) -> int:
    """Open a folder of this machine, whose path may be longer than the system takes at once.

    Returns:
        The descriptor, which the caller closes.

    Raises:
        OSError: it cannot be opened, or is no folder.
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
    """Open what is too deep to be named: each folder from the one above it."""
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


def open_file(location: StrPath) -> BinaryIO:
    """Open a file of this machine as a stream of bytes.

    Raises:
        OSError, IrregularError: as `open_regular`.
    """
    return os.fdopen(open_regular(location), "rb")


def read_file(location: StrPath) -> bytes:
    """All bytes of a file of this machine.

    Raises:
        OSError, IrregularError: as `open_regular`.
    """
    with open_file(location) as stream:
        return stream.read()


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder, which is gone afterwards.

    Raises:
        DiskError: there is no place for one, as in a container without /tmp.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix="corpus-vn-police-")
    except OSError as error:
        raise DiskError(
            f"no temporary folder can be made: {error.strerror}", "set TMPDIR to a folder that can be written"
        ) from error
    with folder as name:
        yield Path(name)

"""Putting a finished folder in the place of an old one: whole, or not at all."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM}


def put_in_place(new: Path, out: Path, aside: Path) -> None:
    """Make a finished folder the output; whoever looks sees the old one or the new one.

    Args:
        new: the finished folder, on the same file system.
        out: where it goes; may hold an older build.
        aside: where the older one is put on its way out; it may still be there if the process is
            killed, and `recover` then knows what to do.

    Raises:
        OSError: the folders cannot be renamed.
    """
    _flush(new)
    if not out.exists():
        os.rename(new, out)
    elif _exchange(new, out):
        os.rename(new, aside)
    else:
        os.rename(out, aside)
        os.rename(new, out)
    _flush_folder(out.parent)


def recover(out: Path, aside: Path) -> None:
    """Put the older build back where a killed process left no output between two renames."""
    if aside.exists() and not out.exists():
        os.rename(aside, out)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    result = libc.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    if result == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(other))


def _flush(folder: Path) -> None:
    """Have the disk hold every file before it gets its name."""
    for parent, _, names in os.walk(folder):
        for name in names:
            descriptor = os.open(os.path.join(parent, name), os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        _flush_folder(Path(parent))


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Replace an older build by a new one: completely, or not at all."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import sys
from pathlib import Path

from corpus_vn_police.dataset.layout import MANIFEST

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
# Errors of fsync that mean that data may be lost. Any other error means that the file system cannot flush such a file;
# for a folder EINVAL (vboxsf), EBADF (virtiofs), EOPNOTSUPP.
_LOSS = {errno.EIO, errno.ENOSPC, errno.EDQUOT}


def put_in_place(new: Path, out: Path, aside: Path) -> None:
    """Make a new build the output; at any moment, readers find either the older build or the new one.

    If the system can exchange two folders in one step, that is done. Otherwise the older one is moved aside
    first; if the process is killed in between, `recover` moves it back.

    Args:
        new: the folder of the new build, on the same file system.
        out: the output; may hold an older build.
        aside: where the older build is moved to before it is deleted.

    Raises:
        OSError: the folders cannot be renamed, or the disk fails.
    """
    _flush(new)
    if not out.exists():
        os.rename(new, out)
    elif _exchange(new, out):
        os.rename(new, aside)
    else:
        _move_aside(out, aside)
        os.rename(new, out)
    _flush_one(out.parent)


def recover(new: Path, out: Path, aside: Path) -> None:
    """Put the older build back if a killed process had moved it aside and not put the new one in its place.

    Args:
        new: the folder of the new build; it exists until the build is put in place.
        out: the output.
        aside: where the older build is, complete, if it was moved.
    """
    if aside.exists() and (new.exists() or not out.exists()):
        delete(out)
        os.rename(aside, out)


def delete(path: Path) -> None:
    """Delete a file or a folder, if it is there; a link is not followed.

    Raises:
        OSError: it cannot be deleted.
    """
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    with contextlib.suppress(OSError):  # if this fails, deleting the folder reports why
        (path / MANIFEST).unlink()  # first, so that nobody takes the rest for a build
    folders = [str(path)]
    while folders:  # not recursive, unlike shutil.rmtree: Python 3.11 follows at most 980 nested folders
        with os.scandir(folders[-1]) as scan:
            entries = list(scan)
        below = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        folders += below
        if not below:
            for entry in entries:
                os.unlink(entry.path)
            os.rmdir(folders.pop())


def _move_aside(out: Path, aside: Path) -> None:
    """Rename a folder; if that is impossible, copy it and then delete it."""
    try:
        os.rename(out, aside)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # A folder of a lower overlay layer (a container's image) cannot be renamed, but it can be deleted.
        copy = copy_of(aside)
        try:
            shutil.copytree(out, copy, symlinks=True)
        except shutil.Error as failed:  # shutil continues after a file that it cannot copy, and lists them all
            raise OSError(errno.EIO, failed.args[0][0][2], str(copy)) from failed
        _flush(copy)
        os.rename(copy, aside)
        _flush_one(aside.parent)
        delete(out)


def copy_of(aside: Path) -> Path:
    """The path of a copy of the older build while the copy is incomplete."""
    return aside.with_name(f"{aside.name}.copy")


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False if that fails: renaming them one by one then reports why."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    result: int = libc.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return result == 0


def _flush(folder: Path) -> None:
    """Make sure that every file is on the disk before the folder gets its name."""
    for parent, _, names in os.walk(folder):
        for name in names:
            _flush_one(Path(parent, name))
        _flush_one(Path(parent))


def _flush_one(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on the disk.

    Raises:
        OSError: the disk is full or fails.
    """
    if path.is_symlink() or (os.name == "nt" and path.is_dir()):  # folders cannot be opened on Windows
        return
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        if path.is_dir():  # a folder that may be entered, but not listed
            return
        raise
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in _LOSS:
            raise
    finally:
        os.close(descriptor)

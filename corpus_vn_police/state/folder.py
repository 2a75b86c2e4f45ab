"""`.OUT.state/`: files that a build needs beside its output; they are never published.

It holds the lock that stops a second build, the parts with everything that was read (also for the next build), the
new build before it is put in place, and the older build before it is deleted.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from corpus_vn_police.dataset.layout import MANIFEST, carry_over, look_into
from corpus_vn_police.dataset.manifest import glance_at
from corpus_vn_police.errors import DiskError, OutputError
from corpus_vn_police.state.place import copy_of, delete, put_in_place, recover

# Errors of flock on a file system without locks: NFS without lockd, some FUSE and network mounts.
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


@dataclass(frozen=True)
class State:
    """The state folder of an output folder."""

    out: Path

    @property
    def folder(self) -> Path:
        """The folder itself; it is beside the output, and so on the same file system."""
        return self.out.parent / f".{self.out.name}.state"

    @property
    def parts(self) -> Path:
        """The folder of the parts, of this build and of earlier ones, and of their journal."""
        return self.folder / "parts"

    @property
    def new(self) -> Path:
        """The folder of the build that is being made."""
        return self.folder / "new"

    @property
    def _aside(self) -> Path:
        return self.folder / "old"

    def put_in_place(self) -> None:
        """Make the new build the output, and delete the older one."""
        put_in_place(self.new, self.out, self._aside)
        self._delete_older()

    def _delete_older(self) -> None:
        """Delete the older build; files that do not belong to it, such as a `.git/`, are moved into the new one."""
        if self._aside.is_dir() and not self._aside.is_symlink():
            carry_over(self._aside, self.out)
            with contextlib.suppress(OSError):  # the new build is in place, and the next build tries again
                delete(self._aside)

    def _clean(self) -> None:
        """Undo or complete what a killed build was doing, and delete the files that it left."""
        recover(self.new, self.out, self._aside)
        self._delete_older()
        half_written = self.folder.glob(".*.new")  # by `files.write_whole`
        for leftover in (self.new, self._aside, copy_of(self._aside), *half_written):
            delete(leftover)


def check_output(out: Path) -> None:
    """Refuse an output folder that a build must not replace.

    Raises:
        OutputError: it is a file, a mount point, or a folder that holds something other than a build.
    """
    if out.is_mount():
        raise OutputError(f"{out}: is a mount point, which cannot be replaced", "give a folder below it for --out")
    nearest = next(folder for folder in (out, *out.parents) if folder.exists())
    if not nearest.is_dir():
        raise OutputError(f"{nearest}: is a file", "give a folder for --out, new or an older build")
    if nearest != out or not any(out.iterdir()):
        return
    foreign = _foreign(out)
    if foreign:
        raise OutputError(
            f"{out}: holds something other than a build ({foreign}); nothing was written",
            "give a new folder for --out, or empty this one yourself",
        )


def _foreign(out: Path) -> str | None:
    """Something in a folder that does not belong to a build; None if there is nothing like that."""
    contents = look_into(out)
    if contents.files or contents.irregular:
        manifest = glance_at(out)  # not `read_manifest`, because builds of other versions may be replaced as well
        if manifest is None:
            return f"its {MANIFEST} is not that of a build" if MANIFEST in contents.files else f"no {MANIFEST}"
        other = [*contents.irregular, *sorted(contents.files - manifest.files.keys() - {MANIFEST})]
        return f"{other[0]} and {len(other) - 1} more" if len(other) > 1 else next(iter(other), None)
    return None


@contextmanager
def open_state(out: Path) -> Iterator[State]:
    """Lock an output folder, delete what a killed build left, and clean up at the end.

    Raises:
        OutputError: it holds something that is not a build, another build is writing into it, or the folder beside
            it was not made by a build.
        DiskError: the folder beside it cannot be written or locked.
        KeyboardInterrupt: Ctrl-C; its arguments say what is in the folder now, and what to do.
    """
    state = State(out)
    new_folder: os.stat_result | None = None
    try:
        if not state.folder.exists():  # otherwise a killed process may have left the output incomplete
            check_output(out)
        with _locked(state):
            try:
                state._clean()
                check_output(out)  # check again, now that no other build can change it
                state.new.mkdir()
                new_folder = state.new.stat()
                yield state
            finally:
                state._clean()
    except KeyboardInterrupt:
        raise _interrupted(out, new_folder) from None


def _interrupted(out: Path, new_folder: os.stat_result | None) -> KeyboardInterrupt:
    """A KeyboardInterrupt that says what is there now: the older build, or the new one if the output is that folder."""
    if new_folder is not None and out.exists() and os.path.samestat(new_folder, out.stat()):
        return KeyboardInterrupt(
            f"interrupted after the new build was put in place: {out} is whole",
            "run the same command again for the steps after that",
        )
    return KeyboardInterrupt(f"interrupted: {out} is as it was", "run it again: it continues where it stopped")


def recover_output(out: Path) -> None:
    """If a killed process had moved an older build aside, put it back.

    Raises:
        OutputError, DiskError: as `open_state`.
    """
    state = State(out)
    if state.folder.exists() and not (out / MANIFEST).exists():
        with _locked(state):
            state._clean()


@contextmanager
def _locked(state: State) -> Iterator[None]:
    """Make the folder beside the output if it is missing, and keep other builds out in the meantime."""
    from filelock import FileLock, Timeout

    lock = FileLock(state.folder / "lock")
    try:
        state.out.parent.mkdir(parents=True, exist_ok=True)
        _make_own(state.folder)
        _make_own(state.parts)
        lock.acquire(timeout=0)
    except Timeout:
        raise OutputError(
            f"{state.out}: another build is writing into it", "wait for it to end, or give another --out"
        ) from None
    except OSError as error:
        raise _unwritable(state.folder, error) from error
    try:
        yield
    finally:
        lock.release()


def _make_own(folder: Path) -> None:
    """Make a folder, or use the one that is there.

    Raises:
        OutputError: it is a link, a file or a mount point. With a link, somebody else's files would be deleted,
            and a build cannot be renamed from another disk.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()) or folder.is_mount():
        kind = "a link" if folder.is_symlink() else "a mount point" if folder.is_dir() else "a file"
        raise OutputError(
            f"{folder}: is {kind}, not a folder that a build made; nothing was written",
            "remove or rename it: a folder of this name only makes the next build faster",
        )
    folder.mkdir(exist_ok=True)


def _unwritable(folder: Path, error: OSError) -> DiskError:
    """The error for a folder beside the output that cannot be made, written or locked."""
    if error.errno in _NO_LOCKS:
        return DiskError(
            f"{folder}: its file system has no file locks (flock: {error.strerror}), like some network and FUSE mounts",
            "without a lock two builds could mix: give an --out on a local disk, and copy the build when it is done",
        )
    hints = {errno.ENOSPC: "make room", errno.EDQUOT: "make room", errno.ENAMETOOLONG: "rename the build's folder"}
    hint = hints.get(error.errno or 0, "make the folder writable")
    return DiskError(f"{folder}: cannot be written: {error.strerror or error}", f"{hint} or give another --out")

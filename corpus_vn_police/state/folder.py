"""`.OUT.state/`: what a build needs beside its output, never published.

Holds the lock that keeps two builds out of one folder, the parts that were read (for the next build as
well), the finished folder before it is put in place, and the older one on its way out.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from corpus_vn_police.dataset.layout import MANIFEST, carry_over, look_into
from corpus_vn_police.errors import DiskError, OutputError
from corpus_vn_police.files import UNREADABLE, read_file
from corpus_vn_police.state.place import copy_of, delete, put_in_place, recover

# What flock says on a file system that has no locks: NFS without lockd, some FUSE and network mounts.
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


@dataclass(frozen=True)
class State:
    """The state folder of an output folder."""

    out: Path

    @property
    def folder(self) -> Path:
        """Where it is: beside the output, so on the same file system."""
        return self.out.parent / f".{self.out.name}.state"

    @property
    def parts(self) -> Path:
        """The parts of this build and of those before it."""
        return self.folder / "parts"

    @property
    def new(self) -> Path:
        """The build under way."""
        return self.folder / "new"

    @property
    def _aside(self) -> Path:
        return self.folder / "old"

    def place(self) -> None:
        """Put the new build in the output's place and drop the older one."""
        put_in_place(self.new, self.out, self._aside)
        self._drop_older()

    def _drop_older(self) -> None:
        """Delete the older build; what is none of it, such as a `.git/`, goes over into the new one."""
        if self._aside.is_dir() and not self._aside.is_symlink():
            carry_over(self._aside, self.out)
            with contextlib.suppress(OSError):  # the new build is in place; the next one tries again
                delete(self._aside)

    def _clean(self) -> None:
        recover(self.new, self.out, self._aside)
        self._drop_older()
        for leftover in (self.new, self._aside, copy_of(self._aside)):
            delete(leftover)


def check_output(out: Path) -> None:
    """Refuse an output folder that a build must not replace.

    Raises:
        OutputError: it is a file, or a folder that holds something else than a build.
    """
    if out.is_mount():
        raise OutputError(f"{out}: is a mount point, which cannot be replaced", "give a folder below it for --out")
    above = next(folder for folder in (out, *out.parents) if folder.exists())
    if not above.is_dir():
        raise OutputError(f"{above}: is a file", "give a folder for --out, new or an older build")
    if above != out or not any(out.iterdir()):
        return
    stranger = _stranger(out)
    if stranger:
        raise OutputError(
            f"{out}: holds something else than a build ({stranger}); nothing was written",
            "give a new folder for --out, or empty this one yourself",
        )


def _stranger(out: Path) -> str | None:
    """What in a folder is not part of a build; None if nothing is."""
    found = look_into(out)
    if found.files or found.irregular:
        try:
            # Not `read_manifest`: a build of another version of the schema may be replaced as well.
            manifest = json.loads(read_file(out / MANIFEST))
            listed = {entry["path"] for entry in manifest["files"]}
            ours = manifest["schema"].startswith("urn:corpus-vn-police:schema:manifest:")
        except FileNotFoundError:
            return f"no {MANIFEST}"
        except (*UNREADABLE, RecursionError, TypeError, LookupError, AttributeError):
            ours = False
        if not ours:
            return f"its {MANIFEST} is not that of a build"
        other = [*found.irregular, *sorted(found.files - listed - {MANIFEST})]
        return f"{other[0]} and {len(other) - 1} more" if len(other) > 1 else next(iter(other), None)
    return None


@contextmanager
def open_state(out: Path) -> Iterator[State]:
    """Lock an output folder, clear what a killed build left, and clean up at the end.

    Raises:
        OutputError: it holds something else, another build is writing into it, or the folder beside it is
            not one that a build made.
        DiskError: the folder beside it cannot be written or locked.
        KeyboardInterrupt: of Ctrl-C; its arguments say what it left, and what to do.
    """
    state = State(out)
    made: os.stat_result | None = None
    try:
        if not state.folder.exists():  # else a killed process may have left the output half-way
            check_output(out)
        with _locked(state):
            try:
                state._clean()
                check_output(out)  # again, now that no other build can be at it
                state.new.mkdir()
                made = state.new.stat()
                yield state
            finally:
                state._clean()
    except KeyboardInterrupt:
        raise _interrupted(out, made) from None


def _interrupted(out: Path, made: os.stat_result | None) -> KeyboardInterrupt:
    """Ctrl-C, with what it left: the old build, or the new one, whose folder is the one that was made."""
    if made is not None and out.exists() and os.path.samestat(made, out.stat()):
        return KeyboardInterrupt(
            f"interrupted after the new build was put in place: {out} is whole",
            "the same command again does what was to come after that",
        )
    return KeyboardInterrupt(f"interrupted: {out} is as it was", "run it again: it goes on from what was done")


def put_right(out: Path) -> None:
    """Put back an older build that a killed process had moved aside; does nothing if there is none.

    Raises:
        OutputError, DiskError: as `open_state`.
    """
    state = State(out)
    if state.folder.exists() and not (out / MANIFEST).exists():
        with _locked(state):
            state._clean()


@contextmanager
def _locked(state: State) -> Iterator[None]:
    """Keep other builds out, in a folder beside the output that is made if it is missing."""
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
    """Make a folder, or take the one that is there.

    Raises:
        OutputError: something else is there: through a link, or on another disk, files of somebody else's
            would be deleted, and no build could be renamed out of it.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()) or folder.is_mount():
        found = "a link" if folder.is_symlink() else "a mount point" if folder.is_dir() else "a file"
        raise OutputError(
            f"{folder}: is {found}, not a folder that a build made; nothing was written",
            "remove or rename it: it holds only what makes the next build faster",
        )
    folder.mkdir(exist_ok=True)


def _unwritable(folder: Path, error: OSError) -> DiskError:
    """What is wrong with the folder beside the output, and what helps."""
    if error.errno in _NO_LOCKS:
        return DiskError(
            f"{folder}: its file system has no file locks (flock: {error.strerror}), as some network and FUSE mounts",
            "without a lock two builds could mix: give an --out on a local disk, and copy the build when it is done",
        )
    hints = {errno.ENOSPC: "make room", errno.EDQUOT: "make room", errno.ENAMETOOLONG: "rename the build's folder"}
    hint = hints.get(error.errno or 0, "make the folder writable")
    return DiskError(f"{folder}: cannot be written: {error.strerror or error}", f"{hint} or give another --out")

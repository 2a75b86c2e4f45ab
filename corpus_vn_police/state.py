"""`.OUT.state/`: what a build needs beside its output, never published.

Holds the lock that keeps two builds out of one folder, the parts that were read (for the next build as
well), the finished folder before it is put in place, and the older one on its way out.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from corpus_vn_police.build.manifest import FILE_NAME
from corpus_vn_police.build.place import put_in_place, recover
from corpus_vn_police.errors import DiskError, OutputError


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
        shutil.rmtree(self._aside, ignore_errors=True)

    def _clean(self) -> None:
        recover(self.out, self._aside)
        for leftover in (self.new, self._aside):
            if leftover.exists():
                shutil.rmtree(leftover)


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
    """What in a folder is no part of a build; None where there is nothing else."""
    if not (out / FILE_NAME).is_file():
        return f"no {FILE_NAME}"
    try:
        # Not `read_manifest`: a build of another version of the schema may be replaced as well.
        manifest = json.loads((out / FILE_NAME).read_bytes())
        listed = {entry["path"] for entry in manifest["files"]}
        ours = manifest["schema"].startswith("urn:corpus-vn-police:schema:manifest:")
    except (ValueError, RecursionError, TypeError, LookupError, AttributeError):
        ours = False
    if not ours:
        return f"its {FILE_NAME} is none of a build"
    found = (path.relative_to(out).as_posix() for path in out.rglob("*") if not path.is_dir())
    other = sorted(set(found) - listed - {FILE_NAME})
    return f"{other[0]} and {len(other) - 1} more" if len(other) > 1 else next(iter(other), None)


@contextmanager
def open_state(out: Path) -> Iterator[State]:
    """Lock an output folder, clear what a killed build left, and clean up at the end.

    Raises:
        OutputError: it holds something else, or another build is writing into it.
        DiskError: the folder beside it cannot be written.
    """
    from filelock import FileLock, Timeout

    state = State(out)
    check_output(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        state.folder.mkdir(exist_ok=True)
        lock = FileLock(state.folder / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise OutputError(
                f"{out}: another build is writing into it", "wait for it to end, or give another --out"
            ) from None
    except OSError as error:
        raise DiskError(
            f"{state.folder}: cannot be written: {error.strerror}", "make the folder writable or give another --out"
        ) from error
    try:
        state._clean()
        check_output(out)  # again, now that no other build can be at it
        state.new.mkdir()
        yield state
    finally:
        try:
            state._clean()
        finally:
            lock.release()

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

from corpus_vn_police.build.place import put_in_place, recover
from corpus_vn_police.dataset.layout import MANIFEST, carry_over, look_into
from corpus_vn_police.errors import DiskError, OutputError
from corpus_vn_police.files import UNREADABLE, read_file


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
        if self._aside.exists():
            carry_over(self._aside, self.out)
            shutil.rmtree(self._aside, ignore_errors=True)

    def _clean(self) -> None:
        recover(self.out, self._aside)
        self._drop_older()
        if self.new.exists():
            shutil.rmtree(self.new)


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

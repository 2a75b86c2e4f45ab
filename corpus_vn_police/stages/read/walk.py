"""A folder -> the files below it: each folder is read once, even if several links lead to it.

The folders below the root are read first, then links to folders, in the order of their paths. So neither the
order of the file system nor a loop of links changes the result.
"""

from __future__ import annotations

import errno
import functools
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from corpus_vn_police.errors import DiskError
from corpus_vn_police.files import open_folder
from corpus_vn_police.reasons import (
    FILE_BUILD_OUTPUT,
    FILE_LINK_LOOP,
    FILE_LINK_OUTSIDE,
    FILE_NOT_REGULAR,
    FILE_UNREADABLE,
    Reason,
)
from corpus_vn_police.text import printable


class Refusal(NamedTuple):
    """Why a file or folder is not read.

    Attributes:
        reason: the reason for rejecting its seeds.
        detail: the rule and the value; may contain a name as the system gives it.
        folder: True if it is a folder, or leads to one.
    """

    reason: Reason
    detail: str
    folder: bool = False


IRREGULAR = Refusal(FILE_NOT_REGULAR, "a device, a FIFO, a socket or a broken link")
_HOW = "give a copy, or set follow_links in a --config file"
_BUILT = Refusal(FILE_BUILD_OUTPUT, "the output of a build is not read as seeds: keep it outside of the input", True)
# Files that every build has, and the ending of the folder beside it.
_OF_A_BUILD = {"manifest.json", "ledger.parquet"}
_STATE = ".state"


@dataclass
class Walk:
    """The files below a folder.

    Attributes:
        root: the folder.
        follow: whether links that lead out of it are followed.
        enters: tells if anything in a folder is wanted, given its path relative to the root.
        names: the files, relative to the root, with `/`; also hidden folders, which are not entered.
        refused: the names that are not read, and why.
    """

    root: str
    follow: bool = False
    enters: Callable[[str], bool] = lambda name: True
    names: list[str] = field(default_factory=list)
    refused: dict[str, Refusal] = field(default_factory=dict)
    _links: list[str] = field(default_factory=list)
    _read: dict[tuple[int, int], str] = field(default_factory=dict)

    def run(self) -> Walk:
        """Find everything.

        Raises:
            DiskError: a folder cannot be listed.
        """
        self._folders("")
        while self._links:
            links, self._links = sorted(self._links), []
            for link in links:
                self._folders(link)
        return self

    def _folders(self, top: str) -> None:
        """List a folder and the folders below it, without links; not recursively, because they may be nested deeply."""
        stack = [top]
        while stack:
            name = stack.pop()
            try:
                stack += self._below(name)
            except (FileNotFoundError, NotADirectoryError) as error:  # it was moved in the meantime
                self._refuse(name, Refusal(FILE_UNREADABLE, error.strerror or "", folder=True))
            except OSError as error:
                raise DiskError(
                    f"{printable(self._place(name))}: cannot be listed: {error.strerror}",
                    "make it readable, or take it out of the input: its seeds would be missing from the ledger",
                ) from error

    def _below(self, folder: str) -> list[str]:
        """Record the entries of a folder; return the folders among them, in reverse order."""
        with _listed(self._place(folder)) as (key, entries):
            refusal = self._seen(folder, key, entries)
            if refusal:
                self._refuse(folder, refusal)
                return []
            return [name for entry in reversed(entries) if (name := self._entry(folder, entry))]

    def _place(self, name: str) -> str:
        return f"{self.root}/{name}" if name else self.root

    def _seen(self, name: str, key: tuple[int, int], entries: list[os.DirEntry[str]]) -> Refusal | None:
        """Why a folder is not read: it was read already, or it is a build."""
        if key in self._read:
            read = self._read[key] or "the input itself"
            return Refusal(FILE_LINK_LOOP, f"leads to {read}, which is read under that path", True)
        if name and {entry.name for entry in entries} >= _OF_A_BUILD:
            return _BUILT
        self._read[key] = name
        return None

    def _refuse(self, name: str, refusal: Refusal) -> None:
        self.names.append(name)
        self.refused[name] = refusal

    def _entry(self, folder: str, entry: os.DirEntry[str]) -> str | None:
        """Record a file; return the name if it is a folder to read."""
        name = f"{folder}/{entry.name}" if folder else entry.name
        if entry.name.startswith("."):
            self.names.append(name)
        elif entry.is_symlink():
            self._link(name, entry)
        elif not entry.is_dir(follow_symlinks=False):
            if not entry.is_file(follow_symlinks=False):
                self.refused[name] = IRREGULAR
            self.names.append(name)
        elif self.enters(name):
            return name
        return None

    def _link(self, name: str, entry: os.DirEntry[str]) -> None:
        """Record a link to a file, a link to a folder that is read later, or why it is neither."""
        try:
            mode = entry.stat().st_mode
        except OSError as error:
            loop = Refusal(FILE_LINK_LOOP, "leads to itself", True)
            self._refuse(name, loop if error.errno == errno.ELOOP else IRREGULAR)
            return
        if stat.S_ISDIR(mode):
            refusal = self._leads_away(name)
            if not self.enters(name):
                return
            if refusal:
                self._refuse(name, refusal._replace(folder=True))
            else:
                self._links.append(name)
            return
        self.names.append(name)
        refusal = self._leads_away(name) if stat.S_ISREG(mode) else IRREGULAR
        if refusal:
            self.refused[name] = refusal

    def _leads_away(self, name: str) -> Refusal | None:
        """Why a link is not followed."""
        try:
            real = os.path.realpath(self._place(name), strict=True)
        except OSError:
            return IRREGULAR
        within = self._real_root
        if real != within and not real.startswith(within.rstrip("/") + "/"):
            if not self.follow:
                return Refusal(FILE_LINK_OUTSIDE, f"leads out of the input: {_HOW}")
            within = os.sep
        return _BUILT if _built(os.path.dirname(real), within) else None

    @functools.cached_property
    def _real_root(self) -> str:
        return os.path.realpath(self.root)


@functools.lru_cache(maxsize=1 << 12)
def _built(folder: str, within: str) -> bool:
    """Whether a folder inside another one is a build, a build's state, or inside one of these."""
    if folder == within or len(folder) < len(within):
        return False
    base = os.path.basename(folder)
    if base.startswith(".") and base.endswith(_STATE):
        return True
    here = all(os.path.lexists(f"{folder}/{name}") for name in _OF_A_BUILD)
    return here or (os.path.dirname(folder) != folder and _built(os.path.dirname(folder), within))


@contextmanager
def _listed(folder: str) -> Iterator[tuple[tuple[int, int], list[os.DirEntry[str]]]]:
    """The identity of a folder (device and inode), and its entries sorted by name, however deep it is."""
    descriptor = open_folder(folder)
    try:
        here = os.fstat(descriptor)
        with os.scandir(descriptor) as scan:
            yield (here.st_dev, here.st_ino), sorted(scan, key=lambda entry: entry.name)
    finally:
        os.close(descriptor)

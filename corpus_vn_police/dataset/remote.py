"""A build on a remote file system -> a temporary local copy, of everything or of the files that are read."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_vn_police.dataset.layout import MANIFEST, is_harmless, is_part
from corpus_vn_police.dataset.manifest import read_manifest, self_digest
from corpus_vn_police.errors import CorpusError, DamagedError, DiskError, OutputError
from corpus_vn_police.files import file_digest, no_scratch, scratch_folder
from corpus_vn_police.stages.read.remote import at_commit, filesystem


@contextmanager
def local_copy(location: str) -> Iterator[Path]:
    """The folder of a build. For an fsspec URL (`hf://datasets/…`) it is a copy that is deleted afterwards.

    All files from the Hub come from the same commit, even if there is a new one in the meantime. Harmless files, such
    as the `.gitattributes` that the Hub adds, are left out.

    Raises:
        OutputError: there is no manifest at the URL, so it is not a build, or fsspec does not know it.
        DiskError: a file cannot be fetched or written.
    """
    if "://" not in location:
        yield Path(location)
        return
    with scratch_folder() as folder:
        with _fetching(location):
            system, root = _root(location)
            for found in system.find(root):
                name = found.removeprefix(root).lstrip("/")
                if not is_harmless(name):
                    target = folder / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    system.get_file(found, str(target))
        yield folder


@contextmanager
def _fetching(location: str) -> Iterator[None]:
    """While something is fetched: turn any error of a client into a DiskError."""
    try:
        yield
    except CorpusError:
        raise
    except Exception as error:  # each client raises errors of its own: those of httpx are not OSErrors
        raise DiskError(f"{location}: cannot be fetched: {error}", "check the URL and the access to it") from error


def _root(location: str) -> tuple[Any, str]:
    """The file system of a build's URL, and its path there.

    Raises:
        OutputError: there is no manifest, so it is not a build.
    """
    system, root = filesystem(location)
    system.invalidate_cache()  # cached listings would hide builds that this process publishes later
    root = at_commit(system, root)
    if not system.exists(f"{root}/{MANIFEST}"):
        raise OutputError(
            f"{location}: is not a build (it has no {MANIFEST})", "give the URL of a folder that build wrote"
        )
    return system, root


@dataclass(frozen=True)
class RemoteCopy:
    """A partial copy of a remote build: files are fetched when they are read, and deleted when the process ends.

    Attributes:
        location: the URL.
        folder: the copy: the manifest, and the files that were fetched.
        manifest: the manifest, which is valid.
        get: fetches a file, given its path in the build, to a local path.
    """

    location: str
    folder: Path
    manifest: dict[str, Any]
    get: Callable[[str, str], None]

    @classmethod
    def fetch(cls, location: str) -> RemoteCopy:
        """Fetch the manifest of a build, and nothing else.

        Raises:
            OutputError: there is no manifest at the URL, so it is not a build.
            DamagedError: the manifest is damaged.
            DiskError: it cannot be fetched or written.
        """
        folder = _kept_folder()

        def get(name: str, target: str) -> None:
            system.get_file(f"{root}/{name}", target)

        with _fetching(location):
            system, root = _root(location)
            get(MANIFEST, str(folder / MANIFEST))
        try:
            manifest = read_manifest(folder)
        except ValueError as error:
            raise DamagedError.of(location, f"{MANIFEST}: {error}") from error
        if self_digest(manifest) != manifest["sha256"]:
            raise DamagedError.of(location, f"{MANIFEST}: its sha256 does not match its contents")
        for copy in kept_copies(location):
            if copy.manifest == manifest:
                shutil.rmtree(folder)
                return copy
        copy = cls(location, folder, manifest, get)
        _kept.setdefault(location, []).append(copy)
        return copy

    def bring(self, *beginnings: str) -> None:
        """Fetch files that are not here yet.

        Args:
            beginnings: fetch the files whose paths in the build begin with one of these.

        Raises:
            DamagedError: a file has other bytes than the manifest says.
            DiskError: a file cannot be fetched or written.
        """
        for entry in self.manifest["files"]:
            path = str(entry["path"])
            if not path.startswith(beginnings) or not is_part(path) or (self.folder / path).exists():
                continue
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            # Another thread may fetch the same file; the one that finishes last replaces it with the same bytes.
            new = target.with_name(f"{target.name}.{os.getpid()}-{threading.get_ident()}")
            with _fetching(self.location):
                self.get(path, str(new))
            if file_digest(new) != (entry["bytes"], entry["sha256"]):
                new.unlink()
                raise DamagedError.of(self.location, f"{path}: has other bytes than the manifest says")
            new.replace(target)


_kept: dict[str, list[RemoteCopy]] = {}


def kept_copies(location: str) -> list[RemoteCopy]:
    """The copies that this process has of builds at a URL, the newest first."""
    return _kept.get(location, [])[::-1]


def _kept_folder() -> Path:
    """A new folder that is deleted when this process ends, but not when a process that was forked from it ends."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="corpus-vn-police-"))
    except OSError as error:
        raise no_scratch(error) from error
    owner = os.getpid()
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == owner else None)
    return folder

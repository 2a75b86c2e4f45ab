"""A build is compared with a repository: which files differ, and whether publishing must be refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_vn_police.commands.versions import version_numbers
from corpus_vn_police.dataset.folder import open_build
from corpus_vn_police.dataset.layout import MANIFEST
from corpus_vn_police.dataset.manifest import Glance, glance
from corpus_vn_police.errors import DamagedError, OutputError
from corpus_vn_police.files import file_digest, read_file

NOT_OURS = ".gitattributes"
"""The Hub's own file in each repository; it is neither sent nor deleted."""


@dataclass(frozen=True)
class Stored:
    """A file in a repository.

    Attributes:
        bytes: its length.
        blob: its git blob id; for a file in large storage, the blob id of its pointer.
        sha256: for a file in large storage, the sha256 of its bytes; for a file in git, None.
    """

    bytes: int
    blob: str
    sha256: str | None = None


@dataclass(frozen=True)
class Content:
    """A build that is to be published: exactly the bytes that its manifest lists, and the manifest.

    Attributes:
        folder: the build.
        manifest: its manifest.
        files: path -> (bytes, sha256), the manifest's own too.
    """

    folder: Path
    manifest: dict[str, Any]
    files: dict[str, tuple[int, str]]

    @property
    def version(self) -> str:
        """The version of the data."""
        return str(self.manifest["version"])

    @property
    def tag(self) -> str:
        """The tag that it gets."""
        return f"v{self.version}"

    @property
    def removed(self) -> int:
        """How many tombstones its ledger has."""
        return int(self.manifest["status"]["removed"])

    def blob(self, path: str) -> str:
        """The git blob id of a file.

        Raises:
            OutputError: it is no longer what was verified.
        """
        data = self.read(path)
        return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()

    def read(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            OutputError: it is no longer what was verified.
        """
        data = read_file(self.folder / path, self.files[path][0])
        self.check(path, hashlib.sha256(data).hexdigest())
        return data

    def check_files(self, paths: Iterable[str]) -> None:
        """Compare files, as they are now, with what was verified.

        Raises:
            OutputError: one has another sha256.
        """
        for path in paths:
            self.check(path, file_digest(self.folder / path)[1])

    def check(self, path: str, sha256: str) -> None:
        """Compare a file with what was verified.

        Raises:
            OutputError: it has another sha256.
        """
        if sha256 != self.files[path][1]:
            raise OutputError(
                f"{self.folder / path}: was changed while it was published: expected sha256 {self.files[path][1]}, "
                f"got {sha256}; it was not published",
                "run it again when no other program changes the folder",
            )


@dataclass(frozen=True)
class Upload:
    """What makes a repository hold a build.

    Attributes:
        sent: path -> bytes of the files that the repository does not have, or has with other content.
        deleted: the files that only the repository has.
        unchanged: how many files are the same in both.
    """

    sent: dict[str, int]
    deleted: tuple[str, ...]
    unchanged: int

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.sent or self.deleted)

    def named(self, most: int = 5) -> str:
        """The files, the first by name and the others by number."""
        names = [*self.sent, *self.deleted]
        return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def read_content(folder: Path) -> Content:
    """What there is to publish.

    Raises:
        OutputError: the folder is not a build.
        DamagedError: its manifest is broken, or has no version that a tag could be named after.
    """
    build = open_build(folder)
    try:
        version_numbers(build.version)
    except ValueError as error:
        raise DamagedError.of(folder, f"{MANIFEST}: {error}") from error
    files = {path: (file.bytes, file.sha256) for path, file in build.files.items()}
    return Content(folder, build.manifest, {**files, MANIFEST: file_digest(folder / MANIFEST)})


def compare(content: Content, there: dict[str, Stored]) -> Upload:
    """What differs between a build and the files of a revision.

    Raises:
        OutputError: a file of the build is no longer what was verified.
    """
    sent = {
        path: size
        for path, (size, sha256) in sorted(content.files.items())
        if not (path in there and _same(content, path, size, sha256, there[path]))
    }
    deleted = tuple(sorted(there.keys() - content.files.keys() - {NOT_OURS}))
    return Upload(sent, deleted, len(content.files) - len(sent))


def _same(content: Content, path: str, size: int, sha256: str, stored: Stored) -> bool:
    if size != stored.bytes:
        return False
    return stored.sha256 == sha256 if stored.sha256 is not None else stored.blob == content.blob(path)


def parse_manifest(data: bytes) -> Glance | None:
    """The manifest of a revision; None if it is not a sound one, or its version is not numbers."""
    found = glance(data)
    try:
        known = found is not None and found.sound and found.removed is not None and version_numbers(found.version)
        return found if known else None
    except ValueError:
        return None


def higher_version(version: str) -> str:
    """What to do if a version is published with other content."""
    return (
        f"raise `version` in corpus.toml above {version} and build again; "
        "a takedown without the seeds: remove … --version X.Y.Z"
    )


def check_version(content: Content, repo: str, older: Glance | None) -> None:
    """Refuse to follow a version with itself or with a lower one.

    Args:
        content: what is to be published, and differs from what is there.
        repo: where to.
        older: the manifest of what is there; None if that is not a build.

    Raises:
        OutputError: the version is not higher, and it is not the same build.
    """
    if older is None or older.sha256 == content.manifest["sha256"]:
        return
    if version_numbers(content.version) <= version_numbers(older.version):
        raise OutputError(
            f"{repo}: holds version {older.version} with other content, and this is version {content.version}",
            higher_version(older.version),
        )

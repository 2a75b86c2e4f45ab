"""Read files of an open build again, and check that the folder or the URL still has the same build."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from corpus_vn_police.dataset.folder import BuildFolder, naming, open_build, reopen
from corpus_vn_police.dataset.layout import SCHEMA_FOLDER
from corpus_vn_police.dataset.remote import RemoteCopy, kept_copies
from corpus_vn_police.errors import OutputError

if TYPE_CHECKING:
    from corpus_vn_police.commands.built.handle import Build


def opened(location: str) -> BuildFolder:
    """Open a build. In a folder, all files are compared with the manifest; from a URL, only the manifest is fetched.

    Raises:
        OutputError: the location is not a build.
        DamagedError: a file is not as it was built.
        DiskError: the URL cannot be fetched.
    """
    if "://" not in location:
        return open_build(location)
    copy = RemoteCopy.fetch(location)
    return BuildFolder(copy.folder, copy.manifest)


@contextmanager
def reading(build: Build, *beginnings: str) -> Iterator[BuildFolder]:
    """Give the folder of a build, to read from inside the `with` block. For a URL, this is the folder of the copy.

    Args:
        build: the build.
        beginnings: the beginnings of the paths, inside the build, of all files that will be read.

    Raises:
        OutputError: the folder, or the URL, has another build now, or no build.
        DamagedError: a file is not as it was built, or errors in the `with` block show this.
        DiskError: a file cannot be fetched.
    """
    with folder_of(build, *beginnings) as folder, folder.reading():
        yield folder


@contextmanager
def folder_of(build: Build, *beginnings: str) -> Iterator[BuildFolder]:
    """The same as `reading`, but errors in the `with` block that are not about the build stay as they are.

    Raises:
        OutputError, DiskError: as for `reading`.
        DamagedError: a file is not as it was built.
    """
    folder = _same(build, *beginnings)
    with naming(build.path, folder.path):
        yield folder


def _same(build: Build, *beginnings: str) -> BuildFolder:
    if "://" not in build.path:
        folder = reopen(build.path)
        if build.of(build.path, folder.manifest) == build:
            return folder
    else:
        for copy in kept_copies(build.path) or [RemoteCopy.fetch(build.path)]:
            if build.of(build.path, copy.manifest) == build:
                copy.bring(f"{SCHEMA_FOLDER}/", *beginnings)
                return BuildFolder(copy.folder, copy.manifest)
    raise OutputError(f"{build.path}: has another build now", "open it again: corpus_vn_police.open(path)")

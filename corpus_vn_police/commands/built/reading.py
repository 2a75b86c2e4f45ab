"""A build that was opened is read again, if it is still the same one."""

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
    """A build whose files were all compared with its manifest; from a URL only the manifest was fetched.

    Raises:
        OutputError: it is not a build.
        DamagedError: something in it is not as it was built.
        DiskError: the URL cannot be fetched.
    """
    if "://" not in location:
        return open_build(location)
    copy = RemoteCopy.fetch(location)
    return BuildFolder(copy.folder, copy.manifest)


@contextmanager
def reading(build: Build, *beginnings: str) -> Iterator[BuildFolder]:
    """The folder of a build while it is read; of a build behind a URL the copy.

    Args:
        build: the build.
        beginnings: what the paths of the files that are read begin with, below the build.

    Raises:
        OutputError: the folder, or the URL, has another build now, or none.
        DamagedError: a file is not as it was built; also while the build is read.
        DiskError: a file cannot be fetched.
    """
    with folder_of(build, *beginnings) as folder, folder.reading():
        yield folder


@contextmanager
def folder_of(build: Build, *beginnings: str) -> Iterator[BuildFolder]:
    """As `reading`, for those who read rows alone, and do other things meanwhile whose errors are not the build's.

    Raises:
        OutputError, DiskError: as `reading`.
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

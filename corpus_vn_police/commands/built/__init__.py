"""`open`: open the build at a folder or a URL as a Python object."""

from __future__ import annotations

import os

from corpus_vn_police.commands.built.handle import Build
from corpus_vn_police.commands.built.reading import opened
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.files import StrPath

__all__ = ["Build", "open"]


@machine_failures()
def open(location: StrPath) -> Build:
    """Open a build.

    In a folder, every file is compared with its sha256 in the manifest. From a URL only the manifest is fetched at
    first. Each other file is fetched when it is first read and compared with its sha256. The copies are deleted when
    the process ends.

    Args:
        location: a folder; the fsspec URL of one, such as `hf://datasets/user/name@v0.2.0`; or a `Build`, to open it
            again.

    Returns:
        The build. Its `notes` are empty, since nothing was built.

    Raises:
        OutputError: it is not a build.
        DamagedError: something in the folder is not as it was built.
        DiskError: the operating system failed to read, or the URL cannot be fetched.
    """
    where = os.fspath(location)
    return Build.of(where, opened(where).manifest)

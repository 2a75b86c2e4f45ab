"""`open`: a folder or a URL -> the build that is there, as Python has it."""

from __future__ import annotations

import os

from corpus_vn_police.commands.built.handle import Build
from corpus_vn_police.commands.built.reading import opened
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.files import StrPath

__all__ = ["Build", "open"]


@machine_failures()
def open(location: StrPath) -> Build:
    """Open a build that is there.

    In a folder, every file is compared with its sha256 in the manifest. From a URL only the manifest is fetched;
    files are fetched when they are first read, each is compared with its sha256, and the copies are deleted when
    the process ends.

    Args:
        location: a folder; the fsspec URL of one, such as `hf://datasets/user/name@v0.2.0`; or a `Build`, which is
            opened again.

    Returns:
        The build; `notes` is empty, since nothing was built.

    Raises:
        OutputError: it is not a build.
        DamagedError: something in the folder is not as it was built.
        DiskError: the operating system failed to read, or the URL cannot be fetched.
    """
    where = os.fspath(location)
    return Build.of(where, opened(where).manifest)

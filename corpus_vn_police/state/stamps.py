"""Recognise an unchanged file without reading it: name, size and mtime in 64 bits."""

from __future__ import annotations

import hashlib
import os

import numpy as np
import numpy.typing as npt

from corpus_vn_police.stages.read import Listing
from corpus_vn_police.stages.read.roots import Root

Stamps = npt.NDArray[np.uint64]
"""The stamps of some files."""

UNKNOWN = 0
"""The stamp of a file that the next build reads again."""


def stamps_of(listing: Listing, names: list[str], started: int) -> Stamps:
    """The stamps of files of an input.

    Args:
        listing: the input; a file that it refuses has no stamp, because the target of a link does not show why it was
            refused.
        names: the files.
        started: as in `stamp`.
    """
    refused = listing.refused
    stamps = [UNKNOWN if name in refused else stamp(listing.root, name, started) for name in names]
    return np.array(stamps, np.uint64)


def stamp(root: Root, name: str, started: int) -> int:
    """A 64-bit digest of the name, size and mtime (ns) of a file; `UNKNOWN` if they cannot be trusted.

    Args:
        root: the place that the name is relative to; at a URL, no file is trusted.
        name: the file.
        started: when this build began, in ns since 1970; a file that is not older may still change, but keep
            its mtime.
    """
    location = root.on_disk(name)
    if location is None:
        return UNKNOWN
    try:
        status = os.stat(location)  # noqa: PTH116 - half the time of Path, and there may be millions
    except OSError:
        return UNKNOWN
    if status.st_mtime_ns >= started:
        return UNKNOWN
    named = f"{status.st_size}:{status.st_mtime_ns}:".encode() + os.fsencode(name)
    return int.from_bytes(hashlib.blake2b(named, digest_size=8).digest(), "little") or 1

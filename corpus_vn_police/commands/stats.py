"""`stats`: a build -> its numbers, measured from its files."""

from __future__ import annotations

from dataclasses import dataclass

from corpus_vn_police.dataset.figures import Figures
from corpus_vn_police.dataset.folder import open_anywhere
from corpus_vn_police.dedup.leaks import Sharing, shared_ngrams
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.files import StrPath


@dataclass(frozen=True)
class Stats:
    """The numbers of a build.

    Attributes:
        name: of the corpus.
        version: of the data.
        digest: the content digest.
        figures: what was measured.
        sharing: what each later split shares with each earlier one.
    """

    name: str
    version: str
    digest: str
    figures: Figures
    sharing: list[Sharing]


@machine_failures()
def stats(folder: StrPath) -> Stats:
    """Measure a build.

    Args:
        folder: a folder, or the fsspec URL of one (`hf://datasets/user/name`), which is fetched.

    Raises:
        OutputError: the folder is not a build.
        DamagedError: the build cannot be read.
        DiskError: the operating system failed to read, or the URL cannot be fetched.
    """
    with open_anywhere(folder) as build, build.reading():
        return Stats(build.manifest["name"], build.version, build.digest, build.figures(), shared_ngrams(build.path))

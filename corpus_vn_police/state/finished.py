"""Remember what the last build was made from and its result, so that the same build again has nothing to do.

This is a file beside the parts. It is ignored if anything that a build depends on has changed, or if a file of the
output has another size, time or inode. If it is damaged or missing, the only cost is the time of a build.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus_vn_police.config import Corpus
from corpus_vn_police.contract import canonical_json
from corpus_vn_police.dataset.files import BuildFile
from corpus_vn_police.dataset.layout import look_into
from corpus_vn_police.dataset.tombstones import Tombstones
from corpus_vn_police.files import UNREADABLE, read_file, write_whole
from corpus_vn_police.stages.read import Listing
from corpus_vn_police.state.place import delete
from corpus_vn_police.state.plan import fingerprint
from corpus_vn_police.state.stamps import UNKNOWN, stamps_of
from corpus_vn_police.version import GENERATOR

_NAME = "finished.json"
_MOST_BYTES = 1 << 30
# Libraries that affect how files of a build are written, and whether it has pictures.
_WRITERS = ("jinja2", "matplotlib", "polars", "pyarrow", "pyyaml")

FileStamps = Mapping[str, tuple[int, int, int, int]]
"""Size, mtime and ctime (ns) and inode of each file, by path."""


@dataclass(frozen=True)
class FinishedBuild:
    """A build that was put in place.

    Attributes:
        made_of: a digest of the input and of everything else that the build depends on; None if the same build again
            may have a different result.
        latest: the value of `[limits] latest` in that build.
        files: its files, as they were when it was put in place.
        result: what `build` gave back, as JSON.
        shards: its shards, by the key of their records (`write.reuse.key_of`).
        blocks: the hashes of its blocks (`ColumnHashes.digest`), by the same kind of key.
    """

    made_of: str | None
    latest: str
    files: FileStamps
    result: Mapping[str, Any]
    shards: Mapping[str, BuildFile]
    blocks: Mapping[str, dict[str, Any]]

    def is_still(self, files: FileStamps, made_of: str | None, latest: str) -> bool:
        """Whether running the build again would change nothing.

        Args:
            files: the files that are there now, from `file_stamps`.
            made_of: the digest for the next build.
            latest: the value of `[limits] latest` in the next build. No seed of this build was rejected for a later day
                than its own value, so a higher value changes nothing.
        """
        return made_of is not None and made_of == self.made_of and self.latest <= latest and self.files == files


def made_of(
    listing: Listing, corpus: Corpus, removed: Tombstones, choices: Iterable[object], started: int
) -> str | None:
    """A digest of everything that a build depends on; None if a file of the input may have changed unnoticed.

    Args:
        listing: the input.
        corpus: the settings, without a `latest` that was taken from the clock.
        removed: the seeds that are kept out, besides those that the output lists.
        choices: other options of this build.
        started: the start of the first build of this input, in ns since 1970; see `stamps.stamp`.
    """
    stamps = stamps_of(listing, list(listing.names), started)
    if (stamps == UNKNOWN).any():
        return None
    parts = (
        fingerprint(listing, corpus),
        hashlib.sha256(stamps.tobytes()).hexdigest(),
        repr(listing.skipped),
        repr(corpus),
        repr([sorted(each) for each in (removed.ids, removed.sha256, removed.pairs)]),
        repr(list(choices)),
        repr([_version(name) for name in _WRITERS]),
        unicodedata.unidata_version,
    )
    return hashlib.sha256(canonical_json(parts)).hexdigest()


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def file_stamps(out: Path) -> FileStamps:
    """The stamps of the files of a build; empty if the folder does not exist."""
    if not out.is_dir():
        return {}
    found = look_into(out)
    stats = {path: (out / path).lstat() for path in sorted([*found.files, *found.irregular])}
    return {path: (each.st_size, each.st_mtime_ns, each.st_ctime_ns, each.st_ino) for path, each in stats.items()}


def read_finished(folder: Path) -> FinishedBuild | None:
    """Read the file in a folder; None if there is none, if it is damaged, or if another version wrote it."""
    try:
        said = json.loads(read_file(folder / _NAME, _MOST_BYTES))
        content = said["content"]
        if said["sha256"] != _sum(content) or content.pop("generator") != GENERATOR:
            return None
        files = {path: tuple(stamp) for path, stamp in content["files"].items()}
        shards = {key: BuildFile(**each) for key, each in content["shards"].items()}
        return FinishedBuild(**{**content, "files": files, "shards": shards})
    except (*UNREADABLE, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def write_finished(folder: Path, finished: FinishedBuild | None) -> None:
    """Write the file, or delete it if `finished` is None. Anything in its place is deleted; a link is not followed.

    Raises:
        OSError: the disk is full or fails.
    """
    delete(folder / _NAME)
    if finished is not None:
        content = {**asdict(finished), "generator": GENERATOR}
        write_whole(folder / _NAME, json.dumps({"content": content, "sha256": _sum(content)}).encode())


def _sum(content: Any) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()  # not canonical: `unused` has an order

"""What the last build was made of and what came out, so that the same build again has nothing to do.

It is a file beside the parts. It does not count if anything that a build depends on has changed, or if a file of the
output has another size, time or inode. If it is damaged or missing, that costs the time of a build.
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
# Libraries that decide how files of a build are written, and whether it has pictures.
_WRITERS = ("jinja2", "matplotlib", "polars", "pyarrow", "pyyaml")

FileStamps = Mapping[str, tuple[int, int, int, int]]
"""Size, mtime and ctime (ns) and inode of files, by path."""


@dataclass(frozen=True)
class FinishedBuild:
    """A build that is in place.

    Attributes:
        made_of: a digest of the input and of everything else that it depends on; None if the same build again may
            have another outcome.
        latest: the last day that a header could mean.
        files: its files, as they were when it was put in place.
        result: what `build` gave back, as JSON.
        shards: its shards, by what their records are known by (`write.reuse.key_of`).
        blocks: the hashes of its blocks (`ColumnHashes.digest`), likewise.
    """

    made_of: str | None
    latest: str
    files: FileStamps
    result: Mapping[str, Any]
    shards: Mapping[str, BuildFile]
    blocks: Mapping[str, dict[str, Any]]

    def is_still(self, files: FileStamps, made_of: str | None, latest: str) -> bool:
        """Whether the same build again would change nothing.

        Args:
            files: what is where it was put, as `file_stamps` gives it.
            made_of: what the next build would be made of.
            latest: the last day that a header may mean in it. No seed of this build was rejected for a day beyond its
                own, so a later one changes nothing.
        """
        return made_of is not None and made_of == self.made_of and self.latest <= latest and self.files == files


def made_of(
    listing: Listing, corpus: Corpus, removed: Tombstones, choices: Iterable[object], started: int
) -> str | None:
    """A digest of all that a build depends on; None if a file of the input may have changed unseen.

    Args:
        listing: the input.
        corpus: the settings, without a `latest` that the clock gave.
        removed: which seeds are kept out, beside those that the output says.
        choices: what else was chosen for this build.
        started: when the first build of this input began, in ns since 1970, as in `stamps.stamp`.
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
    """The stamps of the files of a build; of a folder that is not there, none."""
    if not out.is_dir():
        return {}
    found = look_into(out)
    stats = {path: (out / path).lstat() for path in sorted([*found.files, *found.irregular])}
    return {path: (each.st_size, each.st_mtime_ns, each.st_ctime_ns, each.st_ino) for path, each in stats.items()}


def read_finished(folder: Path) -> FinishedBuild | None:
    """What the file in a folder says; None if there is none, if it is damaged, or if another version wrote it."""
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
    """Write the file; for None delete it. Whatever stands in its place is deleted; a link is not followed.

    Raises:
        OSError: the disk is full or fails.
    """
    delete(folder / _NAME)
    if finished is not None:
        content = {**asdict(finished), "generator": GENERATOR}
        write_whole(folder / _NAME, json.dumps({"content": content, "sha256": _sum(content)}).encode())


def _sum(content: Any) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()  # not canonical: `unused` has an order

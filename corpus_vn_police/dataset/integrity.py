"""Compare a build folder with its manifest, file by file; every command does this before it reads a build."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_vn_police.contract import schema_digests
from corpus_vn_police.dataset.layout import CARD, LEDGER, MANIFEST, SCHEMAS, is_part, look_into, missing_shards
from corpus_vn_police.dataset.manifest import self_digest
from corpus_vn_police.dataset.schemas import contracts_in
from corpus_vn_police.errors import DamagedError
from corpus_vn_police.files import UNREADABLE, file_digest, why
from corpus_vn_police.results import Result


@dataclass(frozen=True, repr=False)
class Problem(Result):
    """Something that is wrong with a build: the file, a dotted code, and the details."""

    file: str
    code: str
    detail: str


@dataclass(frozen=True)
class FilesCheck:
    """A folder compared with its manifest.

    Attributes:
        problems: what is wrong.
        digests: length and sha256 of the listed files that exist, by path.
        whole: True if every listed file exists with exactly these bytes, and is a file that a build may have.
    """

    problems: tuple[Problem, ...]
    digests: dict[str, tuple[int, str]]
    whole: bool


def check_files(folder: Path, manifest: dict[str, Any], but: str = "") -> FilesCheck:
    """Compare a folder with its manifest; files are hashed, but not parsed.

    Args:
        folder: the build.
        manifest: as `read_manifest` returns it.
        but: a file that may have changed.
    """
    found = look_into(folder)
    listed = {entry["path"]: (entry["bytes"], entry["sha256"]) for entry in manifest["files"]}
    around = [
        *_manifest_problems(manifest, listed),
        *_schema_problems(folder, manifest),
        *(Problem(path, "file.not_regular", what) for path, what in sorted(found.irregular.items())),
        *(Problem(path, "file.unlisted", "is not in the manifest")
          for path in sorted(found.files - listed.keys() - {MANIFEST})),
    ]  # fmt: skip
    wrong = [Problem(path, "file.foreign", "is listed, but is not a file that a build has")
             for path in listed if not is_part(path)]  # fmt: skip
    wrong += [Problem(path, "file.missing", what) for path, what in _missing(listed, found.files)]
    digests: dict[str, tuple[int, str]] = {}
    for path in (path for path in listed if path in found.files):
        try:
            digests[path] = file_digest(folder / path)
        except UNREADABLE as error:
            wrong.append(Problem(path, "file.unreadable", why(error)))
            continue
        if digests[path] != listed[path] and path != but:
            wrong.append(Problem(path, "file.digest", _difference(listed[path], digests[path])))
    return FilesCheck((*around, *wrong), digests, not wrong)


def _difference(listed: tuple[int, str], found: tuple[int, str]) -> str:
    """How a file differs from what the manifest says: by its length, or if that is the same by its sha256."""
    if listed[0] != found[0]:
        return f"expected {listed[0]:,} bytes, got {found[0]:,}"
    return f"expected sha256 {listed[1]}, got {found[1]}"


def _missing(listed: Iterable[str], here: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Files that are missing, or that every build must list: their paths, and what is wrong."""
    yield from ((path, "is in the manifest but not here") for path in listed if path not in here)
    yield from ((path, "is not in the manifest, which lists every file of a build")
                for path in (CARD, LEDGER, SCHEMAS["default"]) if path not in listed)  # fmt: skip
    yield from missing_shards(listed)


def _manifest_problems(manifest: dict[str, Any], listed: dict[str, Any]) -> Iterator[Problem]:
    if self_digest(manifest) != manifest["sha256"]:
        yield Problem(MANIFEST, "manifest.digest", "its sha256 does not match its contents")
    if len(listed) < len(manifest["files"]):
        yield Problem(MANIFEST, "manifest.files", "lists a file twice")


def _schema_problems(folder: Path, manifest: dict[str, Any]) -> Iterator[Problem]:
    """Check the schemas in a build: they must be those of the manifest, with the built-in fields of this version."""
    try:
        if manifest["schemas"] != schema_digests(contracts_in(folder)):
            yield Problem(MANIFEST, "manifest.schemas", "names other schemas than those in the build")
    except DamagedError as error:
        yield Problem(MANIFEST, "manifest.schemas", error.what)

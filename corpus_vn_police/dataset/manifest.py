"""Reading manifest.json: it is checked against its schema before it is used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_vn_police.contract import canonical_json, first_error, validator
from corpus_vn_police.dataset.layout import MANIFEST
from corpus_vn_police.errors import OutputError
from corpus_vn_police.files import UNREADABLE, read_file, why

_URN = "urn:corpus-vn-police:schema:manifest:"


def self_digest(content: dict[str, Any]) -> str:
    """The sha256 (hex) of a manifest's canonical JSON without its `sha256` field."""
    rest = {key: value for key, value in content.items() if key != "sha256"}
    return hashlib.sha256(canonical_json(rest)).hexdigest()


@dataclass(frozen=True)
class Glance:
    """The content of a manifest of any version of this package, as far as it can be read.

    Attributes:
        version: the version of the data.
        sha256: the sha256 that the manifest gives for itself.
        files: path -> bytes and sha256 of the files that it lists.
        removed: how many tombstones the ledger has; None if the manifest does not say.
        sound: True if `sha256` is right.
    """

    version: str
    sha256: str
    files: dict[str, tuple[int, str]]
    removed: int | None
    sound: bool


def glance(data: bytes) -> Glance | None:
    """Read a manifest that may come from another version; None if the bytes are not a manifest."""
    try:
        found = json.loads(data)
        if not found["schema"].startswith(_URN):
            return None
        files = {str(each["path"]): (int(each["bytes"]), str(each["sha256"])) for each in found["files"]}
        removed = found["status"].get("removed")
        sound = bool(found["sha256"] == self_digest(found))
        counted = None if removed is None else int(removed)
        return Glance(str(found["version"]), str(found["sha256"]), files, counted, sound)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None


def glance_at(folder: Path) -> Glance | None:
    """Read the manifest of a folder that may hold another version's build; None if there is none that can be read."""
    try:
        return glance(read_file(folder / MANIFEST))
    except UNREADABLE:
        return None


def contradiction(manifest: Mapping[str, Any]) -> str | None:
    """Describe how the counts of a valid manifest contradict one another (law 3); None if they agree."""
    seeds, status, splits = manifest["seeds"], manifest["status"], manifest["splits"]
    if seeds != sum(status.values()):
        return f"it counts {seeds:,} seeds, and {sum(status.values()):,} by status"
    if status["published"] != sum(splits.values()):
        return f"it counts {status['published']:,} published records, and {sum(splits.values()):,} by split"
    return None


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a build's manifest.

    Raises:
        OutputError: the folder has no manifest, so it is not a build.
        ValueError: the file exists, but cannot be read or is not a manifest; the message says why.
    """
    path = folder / MANIFEST
    if not path.exists() and not path.is_symlink():
        raise OutputError(f"{folder}: is not a build (it has no {MANIFEST})", "give the folder that build --out wrote")
    try:
        content = json.loads(read_file(path))
    except RecursionError as error:
        raise ValueError("nested deeper than the parser goes") from error
    except UNREADABLE as error:
        raise ValueError(why(error)) from error
    wrong = first_error(validator("manifest"), content)
    if wrong is not None:
        where = "/".join(str(step) for step in wrong.absolute_path)
        raise ValueError(f"/{where}: {wrong.message[:200]}")
    settings = first_error(validator("corpus"), content["config"])
    if settings is not None:
        raise ValueError(f"/config: {settings.message[:200]}")
    self_digest(content)  # fails if it holds half a surrogate pair, or a number that JSON cannot write
    result: dict[str, Any] = content
    return result

"""manifest.json: every other file with bytes and sha256, and what the build is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from corpus_vn_police.build.parquet import Written
from corpus_vn_police.config import Corpus
from corpus_vn_police.contract import canonical_json, document, first_error, schema_digests, validator
from corpus_vn_police.errors import OutputError
from corpus_vn_police.version import GENERATOR

FILE_NAME = "manifest.json"


def manifest(
    corpus: Corpus,
    *,
    date: str | None,
    digest: str,
    status: dict[str, int],
    splits: dict[str, int],
    files: Iterable[Written],
) -> dict[str, Any]:
    """Lay out a build's manifest.

    Args:
        corpus: the settings; those that shape the data are in it.
        date: the build's date.
        digest: the content digest.
        status: ledger rows by status, all five.
        splits: records by split, empty splits left out.
        files: every other file of the build.
    """
    shaping = {key: value for key, value in corpus.settings.items() if isinstance(value, dict) and key != "card"}
    content: dict[str, Any] = {
        "schema": document("manifest")["$id"],
        "name": corpus.name,
        "version": corpus.version,
        "generator": GENERATOR,
        "date": date,
        "digest": digest,
        "schemas": schema_digests(),
        "config": shaping,
        "card": corpus.card,
        "seeds": sum(status.values()),
        "status": status,
        "splits": splits,
        "files": [
            {"path": file.path, "bytes": file.bytes, "sha256": file.sha256}
            for file in sorted(files, key=lambda file: file.path)
        ],
    }
    return {**content, "sha256": self_digest(content)}


def self_digest(content: dict[str, Any]) -> str:
    """sha256 (hex) of a manifest's canonical JSON without its `sha256`."""
    rest = {key: value for key, value in content.items() if key != "sha256"}
    return hashlib.sha256(canonical_json(rest)).hexdigest()


def write_manifest(content: dict[str, Any], folder: Path) -> None:
    """Write a manifest into a build folder."""
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    (folder / FILE_NAME).write_text(text, encoding="utf-8", newline="\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a build's manifest.

    Raises:
        OutputError: the folder has none, so it is no build.
        ValueError: it is there, but is not JSON or not a manifest; the message says why.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise OutputError(f"{folder}: is not a build (it has no {FILE_NAME})", "give the folder that build --out wrote")
    try:
        content = json.loads(path.read_bytes())
    except RecursionError as error:
        raise ValueError("nested deeper than the parser goes") from error
    wrong = first_error(validator("manifest"), content)
    if wrong is not None:
        where = "/".join(str(step) for step in wrong.absolute_path)
        raise ValueError(f"/{where}: {wrong.message[:200]}")
    result: dict[str, Any] = content
    return result

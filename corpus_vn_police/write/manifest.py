"""manifest.json as it is written: every other file with bytes and sha256, and what the build is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from corpus_vn_police.config import Corpus
from corpus_vn_police.contract import document, schema_digests
from corpus_vn_police.dataset.layout import MANIFEST
from corpus_vn_police.dataset.manifest import self_digest
from corpus_vn_police.dataset.shards import Written
from corpus_vn_police.version import GENERATOR


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
    content: dict[str, Any] = {
        "schema": document("manifest")["$id"],
        "name": corpus.name,
        "version": corpus.version,
        "generator": GENERATOR,
        "date": date,
        "digest": digest,
        "schemas": schema_digests(),
        "config": corpus.tables,
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


def write_manifest(content: dict[str, Any], folder: Path) -> None:
    """Write a manifest into a build folder."""
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")

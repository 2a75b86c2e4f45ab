"""Parquet files -> a complete build, with documents and manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_vn_police.config import Corpus
from corpus_vn_police.contract import document as schema_document
from corpus_vn_police.contract import schema_digests
from corpus_vn_police.dataset.digest import BlockHashes, content_digest
from corpus_vn_police.dataset.figures import Figures, measure
from corpus_vn_police.dataset.files import BuildFile
from corpus_vn_police.dataset.layout import LEDGER, MANIFEST, SCHEMAS
from corpus_vn_police.dataset.manifest import self_digest
from corpus_vn_police.documents import DOCUMENTS
from corpus_vn_police.documents.facts import Facts, gather_facts
from corpus_vn_police.documents.pictures import can_draw
from corpus_vn_police.files import file_digest
from corpus_vn_police.version import GENERATOR


@dataclass(frozen=True)
class Finished:
    """A complete build: its content digest, and its figures."""

    digest: str
    figures: Figures

    @property
    def splits(self) -> dict[str, int]:
        """The number of records in each split, without empty splits."""
        return {split.split: split.records for split in self.figures.splits}


def finish(
    folder: Path, corpus: Corpus, date: str | None, shards: Sequence[BuildFile], hashes: BlockHashes
) -> Finished:
    """Write the documents and the manifest beside the Parquet files of a build.

    Args:
        folder: holds the schemas, the shards and the ledger.
        corpus: the settings.
        date: the build's date; None is the newest record's.
        shards: the shards that were written, sorted by config, split and number.
        hashes: the hashes of their rows.

    Raises:
        ConfigError: the keeper's text for the card cannot be put into it.
    """
    figures = measure(folder)
    date = date or figures.newest
    there = [path for path in (LEDGER, *SCHEMAS.values()) if (folder / path).exists()]
    files = tuple(BuildFile(path, *file_digest(folder / path)) for path in there)
    digest = content_digest(hashes, schema_digests(corpus.contracts))
    facts = gather_facts(folder, corpus, figures, shards, digest=digest, date=date, pictures=can_draw(), files=files)
    for document in DOCUMENTS:
        for file in document.files(facts):
            _write(folder / file, document.render(facts, file))
            facts = facts.with_file(BuildFile(file, *file_digest(folder / file)))
    finished = Finished(digest, figures)
    manifest = json.dumps(_manifest(facts, finished.splits), ensure_ascii=False, indent=2) + "\n"
    _write(folder / MANIFEST, [manifest.encode()])
    return finished


def write_schemas(folder: Path, corpus: Corpus, configs: Iterable[str]) -> None:
    """Write the schemas of a build, before anything that follows them.

    Args:
        folder: the folder of the build.
        corpus: the settings, with the own fields.
        configs: the configs that are built.
    """
    for config in (config for config in configs if config in SCHEMAS):
        text = json.dumps(corpus.contracts[config].document, ensure_ascii=False, indent=2) + "\n"
        _write(folder / SCHEMAS[config], [text.encode()])


def _write(path: Path, content: Iterable[bytes]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as stream:
        stream.writelines(content)


def _manifest(facts: Facts, splits: dict[str, int]) -> dict[str, Any]:
    """Make the manifest of a build, which lists every other file.

    Args:
        facts: what is known about the build, including its documents.
        splits: the number of records in each split, without empty splits.
    """
    corpus, status = facts.corpus, facts.figures.status
    files = sorted([*facts.shards, *facts.files], key=lambda file: file.path)
    content: dict[str, Any] = {
        "schema": schema_document("manifest")["$id"],
        "name": corpus.name,
        "version": corpus.version,
        "generator": GENERATOR,
        "date": facts.date,
        "digest": facts.digest,
        "schemas": schema_digests(corpus.contracts),
        "config": corpus.tables,
        "card": corpus.card,
        "seeds": sum(status.values()),
        "status": status,
        "splits": splits,
        "files": [{"path": file.path, "bytes": file.bytes, "sha256": file.sha256} for file in files],
    }
    return {**content, "sha256": self_digest(content)}

"""Parquet files -> a whole build: the documents and the manifest beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus_vn_police.config import Corpus
from corpus_vn_police.dataset.figures import Figures, measure
from corpus_vn_police.dataset.layout import LEDGER
from corpus_vn_police.dataset.shards import Written
from corpus_vn_police.documents import DOCUMENTS
from corpus_vn_police.documents.facts import gather_facts
from corpus_vn_police.documents.pictures import can_draw
from corpus_vn_police.files import file_digest
from corpus_vn_police.write.manifest import manifest, write_manifest


@dataclass(frozen=True)
class Finished:
    """A build that is whole: its content digest, and what was measured of it."""

    digest: str
    figures: Figures

    @property
    def splits(self) -> dict[str, int]:
        """Records by split, empty splits left out."""
        return {split.split: split.records for split in self.figures.splits}


def finish(folder: Path, corpus: Corpus, date: str | None, shards: Sequence[Written]) -> Finished:
    """Write the documents and the manifest beside the Parquet files of a build.

    Args:
        folder: holds the shards and the ledger.
        corpus: the settings.
        date: the build's date; None is the newest record's.
        shards: the shards that were written, by config, split and number.

    Raises:
        ConfigError: the keeper's words for the card cannot be put into it.
    """
    figures = measure(folder)
    date = date or figures.newest
    ledger = Written(LEDGER, *file_digest(folder / LEDGER))
    facts = gather_facts(folder, corpus, figures, shards, date=date, pictures=can_draw(), files=(ledger,))
    for document in DOCUMENTS:
        for file in document.files(facts):
            _write(folder / file, document.render(facts, file))
            facts = facts.with_file(Written(file, *file_digest(folder / file)))
    finished = Finished(facts.digest, figures)
    content = manifest(
        corpus,
        date=date,
        digest=finished.digest,
        status=figures.status,
        splits=finished.splits,
        files=[*shards, *facts.files],
    )
    write_manifest(content, folder)
    return finished


def _write(path: Path, content: Iterable[bytes]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as stream:
        stream.writelines(content)

"""Parquet files -> a whole build: pictures, card, Croissant file and manifest beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus_vn_police.config import Corpus
from corpus_vn_police.dataset.figures import Figures, measure
from corpus_vn_police.dataset.layout import LEDGER
from corpus_vn_police.dataset.shards import Written
from corpus_vn_police.documents.card import FILE_NAME, render_card
from corpus_vn_police.documents.charts import draw_charts, write_charts
from corpus_vn_police.documents.croissant import FILE_NAME as CROISSANT
from corpus_vn_police.documents.croissant import write_croissant
from corpus_vn_police.documents.facts import describe, gather_facts
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
    """Write pictures, card, Croissant file and manifest beside the Parquet files of a build.

    Args:
        folder: holds the shards and the ledger.
        corpus: the settings.
        date: the build's date; None is the newest record's.
        shards: what was written of each shard, by config, split and number.

    Raises:
        ConfigError: the keeper's words for the card cannot be put into it.
    """
    figures = measure(folder)
    date = date or figures.newest
    drawn = write_charts(folder, draw_charts(figures))
    facts = gather_facts(folder, corpus, figures, shards, pictures=bool(drawn))
    (folder / FILE_NAME).write_text(render_card(facts), encoding="utf-8", newline="\n")
    ledger = Written(LEDGER, *file_digest(folder / LEDGER))
    write_croissant(describe(facts, ledger, date), folder)
    others = [Written(name, *file_digest(folder / name)) for name in (FILE_NAME, CROISSANT, *drawn)]
    finished = Finished(facts.digest, figures)
    content = manifest(
        corpus,
        date=date,
        digest=finished.digest,
        status=figures.status,
        splits=finished.splits,
        files=[*shards, ledger, *others],
    )
    write_manifest(content, folder)
    return finished

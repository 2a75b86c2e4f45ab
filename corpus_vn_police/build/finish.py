"""Parquet files -> a whole build: the card, the Croissant file and the manifest beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus_vn_police.build.card import render_card
from corpus_vn_police.build.croissant import FILE_NAME as CROISSANT
from corpus_vn_police.build.croissant import croissant, write_croissant
from corpus_vn_police.build.digest import content_digest
from corpus_vn_police.build.figures import Figures, measure
from corpus_vn_police.build.manifest import manifest, write_manifest
from corpus_vn_police.build.parquet import Written, file_digest
from corpus_vn_police.config import Corpus


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
    """Write card, Croissant file and manifest beside the Parquet files of a build.

    Args:
        folder: holds the shards and the ledger.
        corpus: the settings.
        date: the build's date; None is the newest record's.
        shards: what was written of each shard, by config, split and number.
    """
    hashes: dict[str, dict[str, list[dict[str, object]]]] = {}
    for shard in shards:
        hashes.setdefault(shard.config, {}).setdefault(shard.split, []).append(shard.hashes or {})
    finished = Finished(content_digest(hashes), measure(folder))
    figures = finished.figures
    card = render_card(corpus, figures, shards, finished.digest)
    (folder / "README.md").write_text(card, encoding="utf-8", newline="\n")
    date = date or figures.newest
    ledger = Written("ledger.parquet", *file_digest(folder / "ledger.parquet"))
    write_croissant(croissant(corpus, figures, [*shards, ledger], finished.digest, date), folder)
    others = [ledger, *(Written(name, *file_digest(folder / name)) for name in ("README.md", CROISSANT))]
    content = manifest(
        corpus,
        date=date,
        digest=finished.digest,
        status=figures.status,
        splits=finished.splits,
        files=[*shards, *others],
    )
    write_manifest(content, folder)
    return finished

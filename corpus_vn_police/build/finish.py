"""Parquet files -> a whole build: pictures, card, Croissant file and manifest beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_vn_police.build.card import FILE_NAME, Facts, render_card
from corpus_vn_police.build.charts import draw_charts, plan_charts, write_charts
from corpus_vn_police.build.croissant import FILE_NAME as CROISSANT
from corpus_vn_police.build.croissant import croissant, write_croissant
from corpus_vn_police.build.digest import content_digest
from corpus_vn_police.build.figures import Figures, measure
from corpus_vn_police.build.front_matter import built_configs
from corpus_vn_police.build.manifest import manifest, write_manifest
from corpus_vn_police.build.parquet import Written
from corpus_vn_police.config import Corpus
from corpus_vn_police.contract import CONFIGS, json_rows, load_contract
from corpus_vn_police.dataset.layout import LEDGER
from corpus_vn_police.dataset.parquet import open_table
from corpus_vn_police.errors import DamagedError
from corpus_vn_police.files import file_digest

_LONGEST = 240  # characters of a value that the card shows
_MOST = 2  # of the values of a list


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


def digest_of(shards: Sequence[Written]) -> str:
    """The content digest of a build's shards, which stand by config, split and number."""
    hashes: dict[str, dict[str, list[dict[str, object]]]] = {}
    for shard in shards:
        hashes.setdefault(shard.config, {}).setdefault(shard.split, []).append(shard.hashes or {})
    return content_digest(hashes)


def gather_facts(folder: Path, corpus: Corpus, figures: Figures, shards: Sequence[Written], *, pictures: bool) -> Facts:
    """All that a build's card says.

    Args:
        folder: the build; the first record of each config is read.
        corpus: the settings.
        figures: what was measured.
        shards: its Parquet files, by config, split and number.
        pictures: whether it has them.
    """
    charts = plan_charts(figures) if pictures else ()
    firsts = {shard.config: shard.path for shard in reversed(shards)}
    examples = {config: _example(folder, config, firsts[config]) for config in built_configs(shards)}
    return Facts(corpus, figures, shards, digest_of(shards), charts, examples)


def describe(facts: Facts, ledger: Written, date: str | None) -> dict[str, Any]:
    """All that a build's Croissant file says.

    Args:
        facts: what its card says.
        ledger: the file of its ledger.
        date: the build's date; None where no record has one.
    """
    return croissant(facts.corpus, facts.figures, [*facts.shards, ledger], facts.digest, date)


def _example(folder: Path, config: str, name: str) -> dict[str, Any]:
    """The first row of a shard as JSON has it, cut where it is long."""
    contract = load_contract(CONFIGS[config])
    with open_table(folder, name, contract) as table:
        first = next(table.batches(0, contract.schema.names, 1), None) if table.sizes else None
        if first is None:
            raise DamagedError.of(folder, f"{name}: holds no row")
        row: dict[str, Any] = json_rows(first)[0]
    return {key: _cut(value) for key, value in row.items()}


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST:
        return value[:_LONGEST] + "…"
    if isinstance(value, list):
        return [*map(_cut, value[:_MOST]), *(["…"] if len(value) > _MOST else [])]
    return {key: _cut(part) for key, part in value.items()} if isinstance(value, dict) else value

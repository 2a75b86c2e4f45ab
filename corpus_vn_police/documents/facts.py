"""What the documents of a build say, gathered from its settings and its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_vn_police.config import Corpus
from corpus_vn_police.contract import CONFIGS, json_rows, load_contract
from corpus_vn_police.dataset.figures import Figures
from corpus_vn_police.dataset.parquet import open_table
from corpus_vn_police.dataset.shards import Written, digest_of
from corpus_vn_police.documents.charts import Plan, plan_charts
from corpus_vn_police.documents.croissant import croissant
from corpus_vn_police.documents.front_matter import built_configs
from corpus_vn_police.errors import DamagedError

_LONGEST = 240  # characters of a value that the card shows
_MOST = 2  # of the values of a list


@dataclass(frozen=True)
class Facts:
    """What a card says: what the keeper says of the corpus, and what was measured of the files.

    Attributes:
        corpus: the settings.
        figures: what was measured.
        shards: the Parquet files of its configs.
        digest: the content digest.
        charts: the pictures that the build has.
        examples: of each config a record, as JSON has it, long values cut.
    """

    corpus: Corpus
    figures: Figures
    shards: Sequence[Written]
    digest: str
    charts: Sequence[Plan]
    examples: dict[str, dict[str, Any]]


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

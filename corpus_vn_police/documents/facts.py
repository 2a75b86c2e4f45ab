"""The facts for the documents of a build, gathered from its settings and its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpus_vn_police.config import Corpus
from corpus_vn_police.contract import Contract, json_rows
from corpus_vn_police.dataset.figures import Figures
from corpus_vn_police.dataset.files import BuildFile
from corpus_vn_police.dataset.parquet import open_table
from corpus_vn_police.documents.front_matter import built_configs
from corpus_vn_police.errors import DamagedError

_LONGEST = 240  # characters of a value that the card shows
_MOST = 2  # of the values of a list


@dataclass(frozen=True)
class Facts:
    """The facts about a build that its documents are rendered from, or compared with.

    Attributes:
        folder: the build.
        corpus: the settings, with the keeper's words.
        figures: what was measured of the Parquet files.
        shards: the Parquet files of its configs, by config, split and number.
        digest: the content digest.
        date: the build's date; None if no record has one.
        pictures: whether the build has pictures.
        files: the other files with data: the ledger, and what the documents before this one wrote.
        examples: the first record of each config, as JSON has it, with long values cut.
    """

    folder: Path
    corpus: Corpus
    figures: Figures
    shards: Sequence[BuildFile]
    digest: str
    date: str | None
    pictures: bool
    files: tuple[BuildFile, ...]
    examples: dict[str, dict[str, Any]]

    @property
    def configs(self) -> list[str]:
        """The configs that the build has, in their order."""
        return built_configs(self.shards)

    def with_file(self, file: BuildFile) -> Facts:
        """The facts once another file was written."""
        return replace(self, files=(*self.files, file))


def gather_facts(
    folder: Path,
    corpus: Corpus,
    figures: Figures,
    shards: Sequence[BuildFile],
    *,
    digest: str,
    date: str | None,
    pictures: bool,
    files: tuple[BuildFile, ...],
) -> Facts:
    """The facts of a build; the first record of each config is read.

    Raises:
        DamagedError: a shard cannot be read, or holds no row.
    """
    firsts = {shard.config: shard.path for shard in reversed(shards)}
    contracts = corpus.contracts
    examples = {config: _example(folder, contracts[config], firsts[config]) for config in built_configs(shards)}
    return Facts(folder, corpus, figures, shards, digest, date, pictures, files, examples)


def _example(folder: Path, contract: Contract, name: str) -> dict[str, Any]:
    """The first row of a shard as JSON has it, with long values cut."""
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

"""Gather the facts for the documents of a build from its settings and its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpus_vn_police.config import Corpus
from corpus_vn_police.dataset.figures import Figures
from corpus_vn_police.dataset.files import BuildFile
from corpus_vn_police.documents.counted import Counted, count_fields
from corpus_vn_police.documents.examples import Examples, first_shards, gather_examples
from corpus_vn_police.documents.front_matter import built_configs


@dataclass(frozen=True)
class Facts:
    """The facts about a build that its documents are rendered from, or compared with.

    Attributes:
        folder: the build.
        corpus: the settings, with the keeper's words for the card.
        figures: the numbers measured from the Parquet files.
        shards: the Parquet files of its configs, ordered by config, split and number.
        digest: the content digest.
        date: the build's date; None if no record has one.
        pictures: True if the build has pictures.
        files: the other files that were written: the ledger, and documents that are finished already.
        examples: one record, and a value of each field, with long values cut.
        counted: how many records have each value, for some fields.
    """

    folder: Path
    corpus: Corpus
    figures: Figures
    shards: Sequence[BuildFile]
    digest: str
    date: str | None
    pictures: bool
    files: tuple[BuildFile, ...]
    examples: Examples
    counted: tuple[Counted, ...]

    @property
    def configs(self) -> list[str]:
        """The names of the configs that the build has, in their order."""
        return built_configs(self.shards)

    def with_file(self, file: BuildFile) -> Facts:
        """The same facts after another file was written."""
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
    """Gather the facts of a build. This reads its first rows, and all values of the fields that the card counts.

    Raises:
        DamagedError: a shard cannot be read, or has no row.
        ConfigError: `[card] by` names a field that the records do not have.
    """
    examples = gather_examples(folder, corpus.contracts, first_shards(shards))
    counted = count_fields(folder, corpus.by)
    return Facts(folder, corpus, figures, shards, digest, date, pictures, files, examples, counted)

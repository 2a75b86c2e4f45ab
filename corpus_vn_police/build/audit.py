"""A build folder -> what its card, its pictures and its Croissant file should say, and where they do not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from corpus_vn_police.build import croissant
from corpus_vn_police.build.card import FILE_NAME, Facts, Mismatch, differences, read_prose, render_card
from corpus_vn_police.build.charts import FOLDER, check_charts
from corpus_vn_police.build.digest import ColumnHashes
from corpus_vn_police.build.figures import measure
from corpus_vn_police.build.finish import describe, digest_of, gather_facts
from corpus_vn_police.build.front_matter import loaded_from
from corpus_vn_police.build.parquet import Written, table_bytes
from corpus_vn_police.config import Corpus, corpus_of
from corpus_vn_police.contract import CONFIGS, load_contract
from corpus_vn_police.dataset.layout import shard_paths
from corpus_vn_police.dataset.parquet import open_table
from corpus_vn_police.files import file_digest, read_file
from corpus_vn_police.split import SPLITS

_FRONT_MATTER = 1 << 18  # code points of a card in which its front matter must end: YAML is slow


@dataclass
class Reading:
    """A shard that is read again, row group by row group: gathers what was `Written` of it."""

    folder: Path
    path: str
    config: str
    split: str

    def __post_init__(self) -> None:
        """Begin with nothing read."""
        self.rows, self.arrow_bytes, self.hashes = 0, 0, ColumnHashes()

    def add(self, table: pa.Table) -> None:
        """Count a row group."""
        self.rows += table.num_rows
        self.arrow_bytes += table_bytes(table)
        self.hashes.update(table)

    def written(self, digest: tuple[int, str] | None = None) -> Written:
        """What the writer would have said of it.

        Args:
            digest: the file's length and sha256, where they are known; None reads the file for them.
        """
        size, sha256 = digest or file_digest(self.folder / self.path)
        return Written(
            self.path, size, sha256, self.config, self.split, self.rows, self.arrow_bytes, self.hashes.digest()
        )


def find_shards(folder: Path, *configs: str) -> list[Reading]:
    """The Parquet files of a build's configs (of all where none is named), by config, split and number."""
    return [
        Reading(folder, path.relative_to(folder).as_posix(), config, split)
        for config in configs or CONFIGS
        for split in SPLITS
        for path in shard_paths(folder, config, split)
    ]


def read_shards(folder: Path) -> list[Written]:
    """Read all of a build's Parquet files again.

    Raises:
        DamagedError: one of them cannot be read.
    """
    found = find_shards(folder)
    for shard in found:
        with open_table(folder, shard.path, load_contract(CONFIGS[shard.config])) as table:
            for group in range(len(table.sizes)):
                shard.add(table.group(group))
    return [shard.written() for shard in found]


def read_corpus(folder: Path, manifest: dict[str, Any], version: str | None = None) -> Corpus:
    """The settings of a build: from its manifest, and the keeper's words from its card.

    Args:
        folder: the build.
        manifest: its manifest.
        version: another version of the data, as an argument gives it; None is the manifest's.

    Raises:
        ValueError: the card is not one that a build wrote.
        ConfigError: a setting is not allowed.
        OSError: the card cannot be read.
    """
    prose, changes = read_prose(read_file(folder / FILE_NAME).decode())
    settings = {
        "name": manifest["name"],
        "version": version or manifest["version"],
        **manifest["card"],
        **manifest["config"],
    }
    return corpus_of(settings, prose, changes, "the arguments" if version else f"{folder}/manifest.json")


def facts_of(folder: Path, manifest: dict[str, Any], shards: Sequence[Written]) -> Facts:
    """What a build's card has to say, from its files.

    Args:
        folder: the build.
        manifest: its manifest.
        shards: its Parquet files, as `read_shards` gives them.

    Raises:
        ValueError, ConfigError, OSError: as `read_corpus`.
    """
    pictures = any(entry["path"].startswith(f"{FOLDER}/") for entry in manifest["files"])
    return gather_facts(folder, read_corpus(folder, manifest), measure(folder), shards, pictures=pictures)


def check_card(folder: Path, facts: Facts) -> list[Mismatch]:
    """Where a build's card does not say what its files say.

    The keeper's words are taken from the card itself, so all else is compared: every number, table and example, the
    front matter, the sections and their order.

    Raises:
        ConfigError: the keeper's words cannot be put into a card.
    """
    got = read_file(folder / FILE_NAME).decode()
    return differences(render_card(facts), got)


def check_loading(folder: Path, version: str, shards: Sequence[Written]) -> list[str]:
    """Where a card's front matter has `datasets` load something else than the build's files.

    Whoever wrote the card: what a reader gets hangs on these two keys.

    Args:
        folder: the build.
        version: of the data.
        shards: its Parquet files, as `read_shards` gives them.

    Raises:
        ValueError: the front matter is not YAML, or the card is not a text.
    """
    import yaml
    from huggingface_hub.repocard import REGEX_YAML_BLOCK  # by which `datasets` finds it

    expected = loaded_from(version, shards, digest_of(shards))
    found = REGEX_YAML_BLOCK.search(read_file(folder / FILE_NAME).decode()[:_FRONT_MATTER])
    try:
        got = yaml.safe_load(found[2] if found else "") or {}
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"its front matter cannot be read: {error}") from error
    if not isinstance(got, dict):
        raise ValueError("its front matter is not a table of keys")
    said = "in its front matter is not what the files say, so `datasets` may load something else"
    return [f"`{key}` {said}" for key, value in expected.items() if got.get(key) != value]


def check_pictures(folder: Path, facts: Facts) -> tuple[dict[str, str], list[str]]:
    """Of each picture that does not show the build's figures what is wrong with it; empty without pictures."""
    return check_charts(folder, facts.figures) if facts.charts else ({}, [])


def check_croissant(folder: Path, facts: Facts, ledger: Written, date: str | None) -> list[str]:
    """Where a build's Croissant file does not say what its files say: JSON Pointer, what was expected, what is there.

    Raises:
        ValueError, RecursionError: it is not JSON.
    """
    got = read_file(folder / croissant.FILE_NAME)
    expected = describe(facts, ledger, date)
    found = list(croissant.differences(expected, json.loads(got)))
    if not found and got != croissant.croissant_text(expected).encode():
        return ["its bytes are not those that a build writes, such as a key that stands twice"]
    return found

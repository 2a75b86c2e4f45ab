"""A build folder -> what its card, its pictures and its Croissant file should say, and where they do not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpus_vn_police.config import Corpus, corpus_of
from corpus_vn_police.dataset.figures import measure
from corpus_vn_police.dataset.shards import Written, digest_of
from corpus_vn_police.documents import croissant
from corpus_vn_police.documents.card import FILE_NAME, Mismatch, differences, read_prose, render_card
from corpus_vn_police.documents.charts import FOLDER, check_charts
from corpus_vn_police.documents.facts import Facts, describe, gather_facts
from corpus_vn_police.documents.front_matter import loaded_from
from corpus_vn_police.files import read_file

_FRONT_MATTER = 1 << 18  # code points of a card in which its front matter must end: YAML is slow


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

"""The facts about a build that exists, to compare its documents or to write them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from corpus_vn_police.config import Corpus, corpus_of
from corpus_vn_police.dataset.files import BuildFile
from corpus_vn_police.dataset.folder import BuildFolder
from corpus_vn_police.dataset.layout import CARD, FIGURES, MANIFEST
from corpus_vn_police.dataset.schemas import own_fields_in
from corpus_vn_police.documents.card import read_prose
from corpus_vn_police.documents.facts import Facts, gather_facts
from corpus_vn_police.errors import ConfigError, DamagedError
from corpus_vn_police.files import read_file


def settings_of(build: BuildFolder, version: str | None = None) -> Corpus:
    """The settings of a build: from its manifest, and the keeper's words from its card.

    Args:
        build: the build.
        version: another version of the data, as an argument gives it; None is the manifest's.

    Raises:
        ValueError: the card is not one that a build wrote.
        ConfigError: a setting is not allowed.
        OSError: the card cannot be read.
    """
    prose, changes = read_prose(read_file(build.path / CARD).decode())
    settings = build.settings if version is None else {**build.settings, "version": version}
    where = "the arguments" if version else f"{build.path}/{MANIFEST}"
    return replace(corpus_of(settings, prose, changes, where), own=own_fields_in(build.path))


def recorded_settings(build: BuildFolder) -> Corpus:
    """The settings of a build that shape its data: from its manifest and the schemas that it carries.

    Raises:
        DamagedError: they are not allowed.
    """
    try:
        return replace(corpus_of(build.settings, None, None, MANIFEST), own=own_fields_in(build.path))
    except ConfigError as error:
        raise DamagedError.of(build.path, error.message) from error


def facts_of(build: BuildFolder, shards: Sequence[BuildFile], digest: str) -> Facts:
    """The facts that a build's documents must agree with.

    Args:
        build: the build.
        shards: its Parquet files, as `BuildFolder.shards` gives them.
        digest: the content digest of their rows.

    Raises:
        ValueError, ConfigError, OSError: as `settings_of`.
    """
    listed = build.files
    others = [listed[file] for file in listed.keys() - {shard.path for shard in shards}]
    return gather_facts(
        build.path,
        settings_of(build),
        build.figures(),
        shards,
        digest=digest,
        date=build.manifest["date"],
        pictures=any(file.startswith(f"{FIGURES}/") for file in listed),
        files=tuple(others),
    )

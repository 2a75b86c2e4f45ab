"""`card`: compute the card of a build again from its files, and compare it with the card that is there."""

from __future__ import annotations

from pathlib import Path

from corpus_vn_police.dataset.folder import at_hand, open_build
from corpus_vn_police.dataset.parquet import damage_named
from corpus_vn_police.documents import CARD, compare
from corpus_vn_police.documents.card import Mismatch, differences, measured_blocks, render_card
from corpus_vn_police.documents.facts import Facts
from corpus_vn_police.documents.opened import facts_of
from corpus_vn_police.documents.sections import fill
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.errors import ConfigError, DiskError, InputError
from corpus_vn_police.files import UNREADABLE, StrPath, read_file, why
from corpus_vn_police.version import GENERATOR


@machine_failures()
def card(folder: StrPath, *, file: StrPath | None = None) -> str:
    """Recompute the card of a build from its files.

    Args:
        folder: a folder, or the fsspec URL of one (`hf://datasets/user/name`), which is fetched.
        file: a Markdown file of the keeper. Its measured blocks are filled in place, except empty ones. None changes
            no file.

    Returns:
        The card, or the filled text of the file.

    Raises:
        OutputError: `folder` is not a build.
        DamagedError: its files cannot be read, or its card was not written by a build.
        ConfigError: it was built by another version of this package, or the file has an unknown block.
        DiskError: the operating system failed to read or write.
    """
    with at_hand(folder) as here:
        facts = _facts(here)
        if file is None:
            return render_card(facts)
        text, filled = _filled(Path(file), facts)
    if filled != text:
        try:
            Path(file).write_text(filled, encoding="utf-8", newline="\n")
        except OSError as error:
            raise DiskError.of(error) from error
    return filled


@machine_failures()
def check_card(folder: StrPath, *, file: StrPath | None = None) -> list[Mismatch]:
    """Compare the card of a build, or the measured blocks of a keeper's file, with the build's files.

    Returns:
        The places that differ; empty if the card agrees with the files.

    Raises:
        CorpusError: as for `card`.
    """
    with at_hand(folder) as here:
        facts = _facts(here)
        if file is not None:
            text, filled = _filled(Path(file), facts)
            return differences(filled, text)
        with damage_named(facts.folder):
            return list(compare(CARD, facts, CARD.name).differences)


def _facts(folder: Path) -> Facts:
    build = open_build(folder, but=CARD.name)
    if build.manifest["generator"] != GENERATOR:
        raise ConfigError(
            f"{folder}: was built by {build.manifest['generator']}, but this is {GENERATOR}",
            "build it again, or install that version: each version may word the card differently",
        )
    with build.reading(CARD.name):
        return facts_of(build, *build.shards())


def _filled(file: Path, facts: Facts) -> tuple[str, str]:
    """The text of a keeper's file, and the same text with its blocks filled."""
    try:
        text = read_file(file).decode().replace("\r\n", "\n").replace("\r", "\n")
    except UNREADABLE as error:
        raise InputError(f"{file}: cannot be read: {why(error)}", "give a Markdown file in UTF-8") from error
    try:
        return text, fill(text, measured_blocks(facts))
    except ValueError as error:
        raise ConfigError(
            f"{file}: {error}", "correct the marks of its blocks; docs/card.md shows how they look"
        ) from error

"""What a build says of itself: its card, its pictures and its Croissant file, held to its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corpus_vn_police.commands.verify.findings import Findings
from corpus_vn_police.dataset.layout import LEDGER
from corpus_vn_police.dataset.shards import Written
from corpus_vn_police.documents import card, croissant
from corpus_vn_police.documents.audit import check_card, check_croissant, check_loading, check_pictures, facts_of
from corpus_vn_police.documents.facts import Facts
from corpus_vn_police.errors import ConfigError, DamagedError
from corpus_vn_police.version import GENERATOR

_NAMED = 5  # differences that are named before they are counted


def check_documents(folder: Path, manifest: dict[str, Any], findings: Findings) -> None:
    """Check that card, pictures and Croissant file say what the files say.

    Another version of this package may say the same in other words: of what it wrote that alone is compared by which
    `datasets` loads.
    """
    if manifest["generator"] != GENERATOR:
        _check_loading(folder, manifest, findings)
        findings.unchecked.append(
            f"{card.FILE_NAME}, {croissant.FILE_NAME} and figures/: {manifest['generator']} wrote them, not {GENERATOR}"
        )
        return
    try:
        facts = facts_of(folder, manifest, findings.shards)
        found = check_card(folder, facts)
    except (ValueError, ConfigError, DamagedError) as error:  # UnicodeDecodeError is a ValueError
        findings.add(card.FILE_NAME, "card.invalid", str(error).split("\n")[0][:300])
        return
    for each in found[:_NAMED]:
        where = f"line {each.line}" + (f" ({each.block})" if each.block else "")
        findings.add(card.FILE_NAME, "card.content", f"{where}: expected {each.expected!r}, got {each.got!r}")
    if len(found) > _NAMED:
        findings.add(card.FILE_NAME, "card.content", f"and {len(found) - _NAMED} more places differ")
    wrong, unchecked = check_pictures(folder, facts)
    for name, what in wrong.items():
        findings.add(name, "figures.content", what)
    if unchecked:
        by = "the matplotlib that drew them is not installed, so their words alone were compared"
        findings.unchecked.append(f"what is drawn in {len(unchecked)} pictures: {by}")
    _check_croissant(folder, manifest, facts, findings)


def _check_loading(folder: Path, manifest: dict[str, Any], findings: Findings) -> None:
    try:
        for difference in check_loading(folder, manifest["version"], findings.shards):
            findings.add(card.FILE_NAME, "card.loading", difference)
    except ValueError as error:
        findings.add(card.FILE_NAME, "card.loading", str(error).split("\n")[0][:300])


def _check_croissant(folder: Path, manifest: dict[str, Any], facts: Facts, findings: Findings) -> None:
    name = croissant.FILE_NAME
    try:
        ledger = Written(LEDGER, *findings.files[LEDGER])
        found = check_croissant(folder, facts, ledger, manifest["date"])
    except (ValueError, RecursionError, ConfigError) as error:
        findings.add(name, "croissant.invalid", str(error)[:300])
        return
    for difference in found[:_NAMED]:
        findings.add(name, "croissant.content", difference)
    if len(found) > _NAMED:
        findings.add(name, "croissant.content", f"and {len(found) - _NAMED} more values differ")

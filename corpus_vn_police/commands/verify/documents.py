"""The documents that describe a build: each is compared with the build's files."""

from __future__ import annotations

from corpus_vn_police.commands.verify.findings import Findings
from corpus_vn_police.dataset.folder import BuildFolder
from corpus_vn_police.dataset.layout import CARD, LEDGER, SCHEMAS
from corpus_vn_police.dataset.schemas import contracts_in
from corpus_vn_police.documents import DOCUMENTS, Document, compare
from corpus_vn_police.documents.facts import Facts
from corpus_vn_police.documents.front_matter import loading_differences
from corpus_vn_police.documents.opened import facts_of
from corpus_vn_police.errors import ConfigError, DamagedError, first_line
from corpus_vn_police.files import UNREADABLE, read_file
from corpus_vn_police.version import GENERATOR

_NAMED = 5  # differences that are named before they are counted
_INVALID = (*UNREADABLE, RecursionError, ConfigError, DamagedError)


def check_documents(build: BuildFolder, findings: Findings) -> None:
    """Check that the documents say what the files say, and that there is no other file.

    The digest of the manifest must have been found right. Another version of this package may write the same in other
    words. So if another version built it, only the lines that decide what `datasets` loads are compared.
    """
    writer = build.manifest["generator"]
    if writer != GENERATOR:
        _check_loading(build, findings)
        names = ", ".join(document.name for document in DOCUMENTS)
        findings.unchecked.append(f"the documents ({names}): {writer} wrote them, not {GENERATOR}")
        return
    try:
        facts = facts_of(build, findings.shards, build.digest)
    except _INVALID as error:
        findings.add(CARD, "card.invalid", first_line(error))
        return
    listed = build.files
    expected = {file: document for document in DOCUMENTS for file in document.files(facts)}
    for file in sorted(expected.keys() - listed.keys()):
        findings.add(file, "file.missing", "is not in the manifest, which lists every file of a build")
    built = {shard.config for shard in findings.shards}
    data = {LEDGER, *(SCHEMAS[each] for each in SCHEMAS if each in built), *(shard.path for shard in findings.shards)}
    for file in sorted(listed.keys() - expected.keys() - data):
        findings.add(file, "file.foreign", "is listed, and is not a file of this build")
    unchecked: dict[str, list[str]] = {}
    for file in (each for each in expected if each in listed):
        if reason := _check(expected[file], facts, file, findings):
            unchecked.setdefault(reason, []).append(file)
    for reason, files in unchecked.items():
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        findings.unchecked.append(f"{files[0]}{more}: {reason}")


def _check(document: Document, facts: Facts, file: str, findings: Findings) -> str | None:
    """Compare a file of a document; returns what could not be compared, in words."""
    try:
        found = compare(document, facts, file)
    except _INVALID as error:
        findings.add(file, f"{document.code}.invalid", first_line(error))
        return None
    for difference in found.differences[:_NAMED]:
        findings.add(file, f"{document.code}.content", str(difference))
    if len(found.differences) > _NAMED:
        more = len(found.differences) - _NAMED
        findings.add(file, f"{document.code}.content", f"and {more} more places differ")
    return found.unchecked


def _check_loading(build: BuildFolder, findings: Findings) -> None:
    try:
        card = read_file(build.path / CARD).decode()
        stated = build.version, findings.shards, build.digest
        for difference in loading_differences(card, *stated, contracts_in(build.path)):
            findings.add(CARD, "card.loading", difference)
    except UNREADABLE as error:
        findings.add(CARD, "card.loading", first_line(error))

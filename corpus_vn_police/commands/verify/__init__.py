"""`verify`: a build folder -> what is wrong with it: digests, schema, ledger balance, configs aligned, leaks, card."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_vn_police.commands.verify.cuts import check_cuts
from corpus_vn_police.commands.verify.documents import check_documents
from corpus_vn_police.commands.verify.findings import Findings
from corpus_vn_police.commands.verify.ledger import check_alignment, check_ledger
from corpus_vn_police.commands.verify.rows import check_config
from corpus_vn_police.commands.verify.spans import check_spans
from corpus_vn_police.config import Dedup, Splits
from corpus_vn_police.contract import CONFIGS, schema_digests
from corpus_vn_police.dataset.digest import content_digest
from corpus_vn_police.dataset.folder import TRIES, BuildFolder, was_replaced
from corpus_vn_police.dataset.integrity import Problem, check_files
from corpus_vn_police.dataset.layout import FOLDERS, MANIFEST
from corpus_vn_police.dataset.manifest import read_manifest
from corpus_vn_police.dataset.parquet import damage_named
from corpus_vn_police.dataset.remote import local_copy
from corpus_vn_police.dataset.schemas import contracts_in
from corpus_vn_police.dedup.leaks import Leaks, PublishedCopies, Sharing, find_leaks
from corpus_vn_police.engine.local import give_back_memory
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.engine.progress import LOG, reported
from corpus_vn_police.errors import DamagedError
from corpus_vn_police.files import StrPath
from corpus_vn_police.results import Result
from corpus_vn_police.stages.split import lopsided

__all__ = ["Problem", "Verification", "verify", "verify_folder"]


@dataclass(frozen=True, repr=False)
class Verification(Result):
    """What `verify` found.

    Attributes:
        digest: the content digest, recomputed from the Parquet files; None if they cannot all
            be read.
        problems: what is wrong, in the order in which it was found.
        warnings: what is not wrong, and may still not be what the keeper meant, such as a split of a few records;
            empty if the files cannot all be read.
        sharing: what each later split shares with each earlier one; empty if the files cannot all
            be read.
        copies: the result of the search for copies among the published records; None if the files cannot all be
            read, or if the build does not look for copies.
        unchecked: what could not be checked, and why: lines for people.
        files: how many files were compared with the manifest, itself included.
        records: how many records were checked; 0 if the files cannot all be read.
    """

    digest: str | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    sharing: tuple[Sharing, ...] = ()
    copies: PublishedCopies | None = None
    unchecked: tuple[str, ...] = ()
    files: int = 0
    records: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def _shown(self) -> Iterator[tuple[str, Any]]:
        yield "ok", self.ok
        yield from super()._shown()


@machine_failures()
def verify(folder: StrPath) -> Verification:
    """Check a build: digests, schema of every row, ledger balance, configs aligned, copies and leaks.

    Args:
        folder: a folder, or the fsspec URL of one (`hf://datasets/user/name`), which is fetched.

    Raises:
        OutputError: the folder is not a build (it has no manifest).
        DiskError: the URL cannot be fetched.
    """
    with reported("verify", False), local_copy(os.fspath(folder)) as local:
        found = verify_folder(local)
    for each in (*found.problems, *found.warnings):
        LOG.warning("verify: %s: %s: %s", each.file, each.code, each.detail)
    return found


def verify_folder(folder: Path) -> Verification:
    """Check a build folder. Every problem in it is reported, and none raises an error.

    If another build replaces the folder meanwhile, that is not a problem: the check starts again with the new one.

    Args:
        folder: a build on this machine.

    Raises:
        OutputError: it has no manifest, so it is not a build.
        OSError, MemoryError: the machine failed.
    """
    for last in (False,) * (TRIES - 1) + (True,):
        try:
            manifest = read_manifest(folder)
            dedup, splits = _rules(manifest["config"])
        except ValueError as error:
            return Verification(None, (Problem(MANIFEST, "manifest.invalid", str(error)[:500]),))
        report = _verify(folder, manifest, dedup, splits)
        if report.ok or last or not was_replaced(folder, manifest):
            break
    return report


def _verify(folder: Path, manifest: dict[str, Any], dedup: Dedup, splits: Splits) -> Verification:
    checked = check_files(folder, manifest)
    findings = Findings(list(checked.problems), checked.digests)
    if not checked.whole:
        # A damaged file says nothing reliable about the others.
        return Verification(None, tuple(findings.problems))
    try:
        with damage_named(folder):
            return _verify_rows(folder, manifest, dedup, splits, findings)
    except DamagedError as error:
        findings.add(".", "file.unreadable", error.what)
        return Verification(None, tuple(findings.problems), unchecked=tuple(findings.unchecked))


def _verify_rows(
    folder: Path, manifest: dict[str, Any], dedup: Dedup, splits: Splits, findings: Findings
) -> Verification:
    for config in CONFIGS:
        check_config(folder, config, splits, findings)
    give_back_memory()
    check_ledger(folder, manifest, findings)
    check_alignment(findings)
    if findings.readable:
        check_cuts(manifest["config"], findings)
        check_spans(folder, findings)
    findings.forget_records()
    give_back_memory()  # 70 MB of 450,000 records, before their texts are read
    digest = None
    if findings.readable:
        digest = content_digest(findings.hashes.blocks(), schema_digests(contracts_in(folder)))
    leaks = Leaks(None, ())
    if findings.readable:
        leaks = find_leaks(folder, dedup)
        _check_copies(leaks.copies, findings)
        _check_sizes(findings, splits)
    if digest not in (None, manifest["digest"]):
        findings.add(MANIFEST, "manifest.content_digest", f"says {manifest['digest']}, the files say {digest}")
    elif findings.readable:
        check_documents(BuildFolder(folder, manifest), findings)
    return Verification(
        digest,
        tuple(findings.problems),
        tuple(findings.warnings),
        leaks.sharing,
        leaks.copies,
        tuple(findings.unchecked),
        len(manifest["files"]) + 1,
        sum(shard.rows for shard in findings.shards if shard.config == "default"),
    )


def _rules(config: dict[str, Any]) -> tuple[Dedup, Splits]:
    """The rules of the build, whose settings must all be there.

    Raises:
        ValueError: they are not.
    """
    try:
        return Dedup(**config["dedup"]), Splits(**config["splits"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"/config: not all settings are there: {str(error)[:200]}") from error


def _check_sizes(findings: Findings, splits: Splits) -> None:
    """Warn of splits that are too small to be of use."""
    records: Counter[str] = Counter()
    for shard in findings.shards:
        if shard.config == "default":
            records[shard.split] += shard.rows
    for split, why in lopsided(records, splits).items():
        findings.warn(f"{FOLDERS['default']}/{split}", "splits.lopsided", why)


_NAMED = 5  # pairs of copies that a problem names before it counts


def _check_copies(found: PublishedCopies | None, findings: Findings) -> None:
    """Law 6: no two published records are copies by the build's own rule."""
    if found is None:
        return
    for exact, code, what in (
        (True, "copies.duplicate", "duplicates"),
        (False, "copies.near_duplicate", "near duplicates"),
    ):
        pairs = [pair for pair in found.pairs if pair.exact == exact]
        if pairs:
            named = ", ".join(f"{pair.left} like {pair.kept} ({pair.similarity:.2f})" for pair in pairs[:_NAMED])
            more = f" and {len(pairs) - _NAMED} more" if len(pairs) > _NAMED else ""
            findings.add(FOLDERS["default"], code, f"{len(pairs)} {what}: {named}{more}")

"""A build folder -> what is wrong with it: digests, schema, ledger balance, configs aligned, leaks, card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_vn_police.build.finish import digest_of
from corpus_vn_police.build.manifest import FILE_NAME, read_manifest, self_digest
from corpus_vn_police.build.parquet import FOLDERS, file_digest
from corpus_vn_police.config import Dedup, Splits
from corpus_vn_police.contract import CONFIGS, first_error, schema_digests, validator
from corpus_vn_police.leaks import PublishedCopies, Sharing, find_published_copies, shared_ngrams
from corpus_vn_police.verify.documents import check_documents
from corpus_vn_police.verify.findings import Findings, Problem
from corpus_vn_police.verify.ledger import check_alignment, check_ledger
from corpus_vn_police.verify.rows import check_config

__all__ = ["Problem", "Report", "verify"]


@dataclass(frozen=True)
class Report:
    """What `verify` found.

    Attributes:
        digest: the content digest, recomputed from the Parquet files; None where they cannot all
            be read.
        problems: what is wrong, in the order in which it was found.
        sharing: what each later split shares with each earlier one; empty where the files cannot all
            be read.
        copies: what was looked for among the published records; None where the files cannot all be
            read, or the build left no copies out.
        unchecked: what could not be checked, and why: lines for people.
    """

    digest: str | None
    problems: tuple[Problem, ...]
    sharing: tuple[Sharing, ...] = ()
    copies: PublishedCopies | None = None
    unchecked: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(folder: Path) -> Report:
    """Check a build folder.

    Args:
        folder: a build on this machine.

    Raises:
        OutputError: it has no manifest, so it is no build.
    """
    try:
        manifest = read_manifest(folder)
        own = self_digest(manifest)
        dedup, splits = _rules(manifest["config"])
    except (ValueError, RecursionError) as error:
        return Report(None, (Problem(FILE_NAME, "manifest.invalid", str(error)[:500]),))
    findings = Findings()
    if own != manifest["sha256"]:
        findings.add(FILE_NAME, "manifest.digest", "its own sha256 is not that of its contents")
    if not _check_files(folder, manifest, findings):
        # What a damaged file says of the others is no news.
        return Report(None, tuple(findings.problems))
    for config in CONFIGS:
        check_config(folder, config, splits, findings)
    check_ledger(folder, manifest, findings)
    check_alignment(findings)
    digest = digest_of(findings.shards) if findings.readable else None
    sharing: list[Sharing] = []
    copies = None
    if findings.readable:
        copies = _check_copies(folder, dedup, findings)
        sharing = shared_ngrams(folder)
    if digest not in (None, manifest["digest"]):
        findings.add(FILE_NAME, "manifest.content_digest", f"says {manifest['digest']}, the files say {digest}")
    elif findings.readable:
        check_documents(folder, manifest, findings)
    return Report(digest, tuple(findings.problems), tuple(sharing), copies, tuple(findings.unchecked))


def _rules(config: dict[str, Any]) -> tuple[Dedup, Splits]:
    """The rules of the build; its settings must be ones that a corpus.toml may hold, and all be there.

    Raises:
        ValueError: they are not.
    """
    wrong = first_error(validator("corpus"), config)
    if wrong is not None:
        raise ValueError(f"/config: {wrong.message[:200]}")
    try:
        return Dedup(**config["dedup"]), Splits(**config["splits"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"/config: not all settings are there: {str(error)[:200]}") from error


def _check_files(folder: Path, manifest: dict[str, Any], findings: Findings) -> bool:
    """Whether every file of the manifest is here, to the byte."""
    whole = True
    if manifest["schemas"] != schema_digests():
        findings.add(FILE_NAME, "manifest.schemas", "was built to other schemas than this version's")
    listed = {entry["path"]: entry for entry in manifest["files"]}
    found = [path for path in folder.rglob("*") if not path.is_dir()]
    # A device, or a link to one, could be read for ever; a link to a file is how the Hub's cache holds it.
    present = {path.relative_to(folder).as_posix() for path in found if path.is_file()}
    for path in sorted(path.relative_to(folder).as_posix() for path in found if not path.is_file()):
        findings.add(path, "file.not_regular", "is a device, a FIFO, a socket or a broken link")
    for path in sorted(present - listed.keys() - {FILE_NAME}):
        findings.add(path, "file.unlisted", "is not in the manifest")
    for path, entry in listed.items():
        if path not in present:
            findings.add(path, "file.missing", "is in the manifest but not here")
            whole = False
            continue
        size, sha256 = findings.files[path] = file_digest(folder / path)
        if (size, sha256) != (entry["bytes"], entry["sha256"]):
            findings.add(
                path, "file.digest", f"expected {entry['bytes']} bytes, sha256 {entry['sha256']}; got {size}, {sha256}"
            )
            whole = False
    return whole


_NAMED = 5  # pairs of copies that a problem names before it counts


def _check_copies(folder: Path, dedup: Dedup, findings: Findings) -> PublishedCopies | None:
    """Law 6: no two published records are copies by the build's own rule."""
    if dedup.level == "off":
        return None
    found = find_published_copies(folder, dedup)
    for exact, code, what in (
        (True, "copies.duplicate", "duplicates"),
        (False, "copies.near_duplicate", "near duplicates"),
    ):
        pairs = [pair for pair in found.pairs if pair.exact == exact]
        if pairs:
            named = ", ".join(f"{pair.left} like {pair.kept} ({pair.similarity:.2f})" for pair in pairs[:_NAMED])
            more = f" and {len(pairs) - _NAMED} more" if len(pairs) > _NAMED else ""
            findings.add(FOLDERS["default"], code, f"{len(pairs)} {what}: {named}{more}")
    return found

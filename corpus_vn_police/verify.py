"""A build folder -> what is wrong with it: digests, schema, ledger balance, configs aligned, leaks."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus_vn_police.build.digest import ColumnHashes, content_digest
from corpus_vn_police.build.manifest import FILE_NAME, read_manifest, self_digest
from corpus_vn_police.build.parquet import FOLDERS, file_digest
from corpus_vn_police.config import Dedup, Splits
from corpus_vn_police.contract import (
    CONFIGS,
    Contract,
    first_error,
    json_rows,
    load_contract,
    schema_digests,
    validator,
    violation,
)
from corpus_vn_police.leaks import PublishedCopies, Sharing, find_published_copies, shared_ngrams
from corpus_vn_police.split import SPLITS, assign_split


@dataclass(frozen=True)
class Problem:
    """Something wrong with a build: the file, a dotted code, and what exactly."""

    file: str
    code: str
    detail: str


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
    """

    digest: str | None
    problems: tuple[Problem, ...]
    sharing: tuple[Sharing, ...] = ()
    copies: PublishedCopies | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass
class _Findings:
    """What is gathered on the way through the files."""

    problems: list[Problem] = field(default_factory=list)
    hashes: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    ids: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    duplicates: list[pl.DataFrame] = field(default_factory=list)
    readable: bool = True

    def add(self, file: str, code: str, detail: str) -> None:
        self.problems.append(Problem(file, code, detail))


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
    findings = _Findings()
    if own != manifest["sha256"]:
        findings.add(FILE_NAME, "manifest.digest", "its own sha256 is not that of its contents")
    if not _check_files(folder, manifest, findings):
        # What a damaged file says of the others is no news.
        return Report(None, tuple(findings.problems))
    for config in CONFIGS:
        _check_config(folder, config, splits, findings)
    _check_ledger(folder, manifest, findings)
    _check_alignment(findings)
    digest = content_digest(findings.hashes) if findings.readable else None
    sharing: list[Sharing] = []
    copies = None
    if findings.readable:
        copies = _check_copies(folder, dedup, findings)
        sharing = shared_ngrams(folder)
    if digest not in (None, manifest["digest"]):
        findings.add(FILE_NAME, "manifest.content_digest", f"says {manifest['digest']}, the files say {digest}")
    return Report(digest, tuple(findings.problems), tuple(sharing), copies)


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


def _check_files(folder: Path, manifest: dict[str, Any], findings: _Findings) -> bool:
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
        size, sha256 = file_digest(folder / path)
        if (size, sha256) != (entry["bytes"], entry["sha256"]):
            findings.add(
                path, "file.digest", f"expected {entry['bytes']} bytes, sha256 {entry['sha256']}; got {size}, {sha256}"
            )
            whole = False
    return whole


def _check_config(folder: Path, config: str, splits: Splits, findings: _Findings) -> None:
    contract = load_contract(CONFIGS[config])
    for split in SPLITS:
        for path in sorted((folder / FOLDERS[config]).glob(f"{split}-*.parquet")):
            name = path.relative_to(folder).as_posix()
            hashes = ColumnHashes()
            ids = findings.ids.setdefault((config, split), [])
            for table in _tables(path, name, contract, findings):
                hashes.update(table)
                _check_rows(table, name, contract, findings)
                ids.append(_identity(table, config))
                if config == "default":
                    findings.duplicates.append(_left_out_for(table))
                    _check_splits(table, split, splits, name, findings)
            findings.hashes.setdefault(config, {}).setdefault(split, []).append(hashes.digest())


def _tables(path: Path, name: str, contract: Contract, findings: _Findings) -> Iterator[pa.Table]:
    """A Parquet file's rows by row group, as long as it can be read and has the right columns."""
    try:
        with pq.ParquetFile(path) as file:
            if not file.schema_arrow.equals(contract.schema):
                findings.add(name, "schema.columns", f"its columns are not those of {contract.name}")
                findings.readable = False
                return
            for group in range(file.num_row_groups):
                yield file.read_row_group(group)
    except (OSError, pa.ArrowException) as error:
        findings.add(name, "file.unreadable", str(error).split("\n")[0][:200])
        findings.readable = False


def _check_rows(table: pa.Table, name: str, contract: Contract, findings: _Findings) -> None:
    valid = pl.DataFrame(table).select(contract.valid)
    bad = (~valid.to_series()).arg_true()
    if not len(bad):
        return
    first = json_rows(table.slice(bad[0], 1))[0]
    found = violation(validator(contract.name), first)
    where = f"{found[1]}: {found[2]}" if found else "the columnar check alone rejects it"
    findings.add(name, "schema.row", f"{len(bad)} rows break {contract.name}; the first is row {bad[0]}, {where}")


def _check_splits(table: pa.Table, split: str, splits: Splits, name: str, findings: _Findings) -> None:
    """Each record is in the split that its date, or its id, says."""
    meant = assign_split(pl.DataFrame(table.select(["id", "date"])), splits)
    wrong = (meant != SPLITS.index(split)).arg_true()
    if len(wrong):
        where = f"{len(wrong)} records belong to other splits; the first, row {wrong[0]}, to {SPLITS[meant[wrong[0]]]}"
        findings.add(name, "splits.assignment", where)


def _identity(table: pa.Table, config: str) -> pl.DataFrame:
    """Id and sha256 of a table's rows, 64 bits of each; the annotations have no sha256: 0.

    The digests of files and contents hold every bit; this is for telling rows apart, in 16 bytes.
    """
    ids = pl.Series("id", table.column("id"))
    if config == "default":
        sha256 = pl.Series("sha256", table.column("source").combine_chunks().field("sha256"))
    elif config == "sources":
        sha256 = pl.Series("sha256", [hashlib.sha256(data).hexdigest() for data in _views(table.column("data"))])
    else:
        sha256 = pl.Series("sha256", ["0"], pl.String).new_from_index(0, len(ids))
    return pl.DataFrame([_bits(ids), _bits(sha256)])


def _left_out_for(table: pa.Table) -> pl.DataFrame:
    """The records that others were left out for: their ids (64 bits), and how many they say."""
    frame = pl.DataFrame(table.select(["id", "duplicates"])).filter(pl.col("duplicates") != 0)
    return pl.DataFrame([_bits(frame["id"]), frame["duplicates"].cast(pl.Int64)])


def _bits(digits: pl.Series) -> pl.Series:
    return digits.str.slice(0, 16).str.to_integer(base=16, dtype=pl.UInt64, strict=False).fill_null(0)


def _views(column: pa.ChunkedArray) -> Iterator[Any]:
    for chunk in column.chunks:
        for value in chunk:
            yield value.as_buffer() or b""


def _check_ledger(folder: Path, manifest: dict[str, Any], findings: _Findings) -> None:
    contract = load_contract("ledger")
    counts: Counter[str] = Counter()
    published, left_out, removed = [], [], []
    path = folder / "ledger.parquet"
    if not path.is_file():
        return
    for table in _tables(path, path.name, contract, findings):
        _check_rows(table, path.name, contract, findings)
        frame = pl.DataFrame(table.select(["id", "sha256", "status", "duplicate_of"]))
        counts.update(dict(frame["status"].value_counts().iter_rows()))
        kept = frame.filter(pl.col("status") == "published")
        published.append(pl.DataFrame([_bits(kept["id"]), _bits(kept["sha256"])]))
        left_out.append(_bits(frame["duplicate_of"].drop_nulls()))
        gone = frame.filter(pl.col("status") == "removed")
        removed.append(pl.DataFrame([_bits(gone["id"]), _bits(gone["sha256"])]))
    _check_removed(removed, findings)
    expected = {status: count for status, count in manifest["status"].items() if count}
    if counts != expected or sum(counts.values()) != manifest["seeds"]:
        findings.add(
            path.name,
            "ledger.balance",
            f"has {dict(counts)}, the manifest says {expected} of {manifest['seeds']} seeds",
        )
    sizes = {split: sum(map(len, findings.ids.get(("default", split), []))) for split in SPLITS}
    splits = {split: size for split, size in sizes.items() if size}
    if splits != manifest["splits"]:
        findings.add(FILE_NAME, "splits.count", f"the files have {splits}, the manifest says {manifest['splits']}")
    records = [frame for key, frames in findings.ids.items() if key[0] == "default" for frame in frames]
    if not records or not published:
        return
    if not pl.concat(records).sort("id", "sha256").equals(pl.concat(published).sort("id", "sha256")):
        findings.add(path.name, "ledger.records", "the rows that it calls published are not the records")
    said = pl.concat(findings.duplicates).sort("id").rows()
    if pl.concat(left_out).value_counts(name="duplicates").sort("duplicate_of").rows() != said:
        findings.add(path.name, "ledger.duplicates", "`duplicate_of` and the records' `duplicates` do not say the same")
    repeated = pl.concat(records)["id"].is_duplicated().sum()
    if repeated:
        findings.add("data", "records.id", f"{repeated} records share their id with another one")


def _check_removed(removed: list[pl.DataFrame], findings: _Findings) -> None:
    """Nothing that is published has the id or the bytes of what was taken down."""
    gone = pl.concat(removed) if removed else pl.DataFrame()
    if not len(gone):
        return
    for (config, split), frames in findings.ids.items():
        for frame in frames:
            found = frame["id"].is_in(gone["id"].implode())
            if config != "annotations":  # which have no sha256
                found |= frame["sha256"].is_in(gone["sha256"].implode())
            if found.any():
                findings.add(
                    f"{FOLDERS[config]}/{split}",
                    "removed.present",
                    f"{found.sum()} rows have the id or the sha256 of what was taken down; "
                    f"the first is {frame['id'][int(found.arg_true()[0])]:016x}",
                )
                break


def _check_alignment(findings: _Findings) -> None:
    """Every config has the records of `default`, row by row; a seed's bytes have its sha256."""
    for (config, split), frames in findings.ids.items():
        if config == "default" or not frames:
            continue
        here = pl.concat(frames)
        there = findings.ids.get(("default", split), [])
        base = pl.concat(there) if there else here.clear()
        where = f"{FOLDERS[config]}/{split}"
        if not here["id"].equals(base["id"]):
            findings.add(where, "configs.aligned", f"its {len(here)} ids are not those of data/{split} in order")
        elif config == "sources" and not here["sha256"].equals(base["sha256"]):
            rows = np.flatnonzero((here["sha256"] != base["sha256"]).to_numpy())
            findings.add(
                where,
                "sources.sha256",
                f"{len(rows)} rows hold other bytes than the seed's; the first is row {rows[0]}",
            )
    for split in SPLITS:
        for config in ("annotations", "sources"):
            built = any(key[0] == config and frames for key, frames in findings.ids.items())
            if built and findings.ids.get(("default", split)) and not findings.ids.get((config, split)):
                findings.add(f"{FOLDERS[config]}/{split}", "configs.aligned", "the split is missing")


_NAMED = 5  # pairs of copies that a problem names before it counts


def _check_copies(folder: Path, dedup: Dedup, findings: _Findings) -> PublishedCopies | None:
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

"""Check the ledger of a build, and compare its configs row by row."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from corpus_vn_police.commands.verify.findings import Findings
from corpus_vn_police.commands.verify.records import Identities, Numbers, Records, rows_of_all
from corpus_vn_police.commands.verify.rows import PathOrder, row_problems, tables_of
from corpus_vn_police.contract import load_contract
from corpus_vn_police.dataset.layout import FOLDERS, LEDGER, MANIFEST
from corpus_vn_police.dedup.equal import equal
from corpus_vn_police.dedup.shingles import mixed
from corpus_vn_police.ids import id_numbers, id_text
from corpus_vn_police.stages.split import SPLITS

_AT_ONCE = 1 << 18  # records whose marks are made at once
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def check_ledger(folder: Path, manifest: dict[str, Any], findings: Findings) -> None:
    """Check that the ledger balances, and that it agrees with the records."""
    contract = load_contract("ledger")
    counts: Counter[str] = Counter()
    published, left_out, removed, order = [], [], [], PathOrder()
    for table in tables_of(folder, LEDGER, contract, findings):
        for code, detail in row_problems(table, contract):
            findings.add(LEDGER, code, detail)
        order.add(pl.Series("path", table.column("path")))
        frame = pl.DataFrame(table.select(["id", "sha256", "status", "duplicate_of"]))
        counts.update(dict(frame["status"].value_counts().iter_rows()))
        published.append(_marks(_identities(frame, "published")))
        left_out.append(id_numbers(frame["duplicate_of"].drop_nulls()).to_numpy())
        removed.append(_identities(frame, "removed"))
    order.report(LEDGER, "ledger.order", findings)
    _check_removed(Identities.joined(removed), findings)
    _check_counts(counts, manifest, findings)
    if any(len(each.all) for each in findings.records.values()) and published:
        _check_records(published, findings)
        _check_duplicates(np.concatenate(left_out), findings)


def _identities(frame: pl.DataFrame, status: str) -> Identities:
    rows = frame.filter(pl.col("status") == status)
    return Identities(id_numbers(rows["id"]).to_numpy(), id_numbers(rows["sha256"]).to_numpy())


def _marks(rows: Identities) -> Numbers:
    """A number for each row that stands for its id and its sha256."""
    return mixed(rows.ids * _FACTOR + rows.sha256)


def _check_counts(counts: Counter[str], manifest: dict[str, Any], findings: Findings) -> None:
    """The ledger and the splits have as many rows as the manifest says."""
    expected = {status: count for status, count in manifest["status"].items() if count}
    if counts != expected or sum(counts.values()) != manifest["seeds"]:
        said = f"has {dict(counts)}, the manifest says {expected} of {manifest['seeds']} seeds"
        findings.add(LEDGER, "ledger.balance", said)
    sizes = {split: len(findings.records[split].all) for split in SPLITS if split in findings.records}
    splits = {split: size for split, size in sizes.items() if size}
    if splits != manifest["splits"]:
        findings.add(MANIFEST, "splits.count", f"the files have {splits}, the manifest says {manifest['splits']}")


def _check_records(published: list[Numbers], findings: Findings) -> None:
    """The rows that are called published are the records, and no two of these have one id.

    Args:
        published: the marks of the rows, table by table; they are taken out.
        findings: has the records.
    """
    said = np.concatenate(published)
    published.clear()
    said.sort()
    pieces = (each.all[start : start + _AT_ONCE] for each in findings.records.values()
              for start in range(0, len(each.all), _AT_ONCE))  # fmt: skip
    marks = np.concatenate(list(map(_marks, pieces)))
    marks.sort()
    if not np.array_equal(marks, said):
        findings.add(LEDGER, "ledger.records", "the rows that it calls published are not the records")
    del marks, said
    ids = np.concatenate([each.all.ids for each in findings.records.values()])
    repeated = sum(len(places) for places, _ in equal(ids))
    if repeated:
        findings.add("data", "records.id", f"{repeated} records share their id with another one")


def _check_duplicates(left_out: Numbers, findings: Findings) -> None:
    """The ledger leaves out as many seeds for each record as the record says."""
    said = pl.concat(findings.duplicates).sort("id")
    ids, counts = np.unique(left_out, return_counts=True)
    if not (np.array_equal(said["id"], ids) and np.array_equal(said["duplicates"], counts)):
        findings.add(LEDGER, "ledger.duplicates", "`duplicate_of` and the records' `duplicates` do not say the same")


def _check_removed(gone: Identities, findings: Findings) -> None:
    """Nothing that is published has the id or the bytes of what was taken down."""
    for config, split, rows in rows_of_all(findings.records, findings.beside) if len(gone) else ():
        found = rows.among(gone, with_sha256=config != "annotations")
        if found.any():
            findings.add(
                f"{FOLDERS[config]}/{split}",
                "removed.present",
                f"{found.sum()} rows have the id or the sha256 of what was taken down; "
                f"the first is {id_text(int(rows.ids[found][0]))}",
            )


def check_alignment(findings: Findings) -> None:
    """Every config has the records of `default`, row by row; a seed's bytes have its sha256."""
    for (config, split), rows in findings.beside.items():
        where = f"{FOLDERS[config]}/{split}"
        records = findings.records.get(split, Records()).all
        if rows.other_ids or rows.rows != len(records):
            findings.add(where, "configs.aligned", f"its {rows.rows} ids are not those of data/{split} in order")
        elif rows.other_bytes:
            said = f"{rows.other_bytes} rows hold other bytes than the seed's; the first is row {rows.first}"
            findings.add(where, "sources.sha256", said)
    built = {config for (config, _), rows in findings.beside.items() if rows.rows}
    for split in (split for split in SPLITS if split in findings.records and len(findings.records[split].all)):
        for config in ("annotations", "sources"):
            if config in built and (config, split) not in findings.beside:
                findings.add(f"{FOLDERS[config]}/{split}", "configs.aligned", "the split is missing")

"""Check the ledger of a build, and compare its configs row by row."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from corpus_vn_police.commands.verify.findings import Findings
from corpus_vn_police.commands.verify.rows import PathOrder, check_rows, tables_of
from corpus_vn_police.contract import load_contract
from corpus_vn_police.dataset.layout import FOLDERS, LEDGER, MANIFEST
from corpus_vn_police.ids import id_numbers, id_text
from corpus_vn_police.stages.split import SPLITS


def check_ledger(folder: Path, manifest: dict[str, Any], findings: Findings) -> None:
    """Check that the ledger balances, and that it agrees with the records."""
    contract = load_contract("ledger")
    counts: Counter[str] = Counter()
    published, left_out, removed, order = [], [], [], PathOrder()
    for table in tables_of(folder, LEDGER, contract, findings):
        check_rows(table, LEDGER, contract, findings)
        order.add(pl.Series("path", table.column("path")))
        frame = pl.DataFrame(table.select(["id", "sha256", "status", "duplicate_of"]))
        counts.update(dict(frame["status"].value_counts().iter_rows()))
        kept = frame.filter(pl.col("status") == "published")
        published.append(pl.DataFrame([id_numbers(kept["id"]), id_numbers(kept["sha256"])]))
        left_out.append(id_numbers(frame["duplicate_of"].drop_nulls()))
        gone = frame.filter(pl.col("status") == "removed")
        removed.append(pl.DataFrame([id_numbers(gone["id"]), id_numbers(gone["sha256"])]))
    order.report(LEDGER, "ledger.order", findings)
    _check_removed(removed, findings)
    expected = {status: count for status, count in manifest["status"].items() if count}
    if counts != expected or sum(counts.values()) != manifest["seeds"]:
        findings.add(
            LEDGER,
            "ledger.balance",
            f"has {dict(counts)}, the manifest says {expected} of {manifest['seeds']} seeds",
        )
    sizes = {split: sum(map(len, findings.ids.get(("default", split), []))) for split in SPLITS}
    splits = {split: size for split, size in sizes.items() if size}
    if splits != manifest["splits"]:
        findings.add(MANIFEST, "splits.count", f"the files have {splits}, the manifest says {manifest['splits']}")
    records = [frame for key, frames in findings.ids.items() if key[0] == "default" for frame in frames]
    if not records or not published:
        return
    if not pl.concat(records).sort("id", "sha256").equals(pl.concat(published).sort("id", "sha256")):
        findings.add(LEDGER, "ledger.records", "the rows that it calls published are not the records")
    said = pl.concat(findings.duplicates).sort("id").rows()
    if pl.concat(left_out).value_counts(name="duplicates").sort("duplicate_of").rows() != said:
        findings.add(LEDGER, "ledger.duplicates", "`duplicate_of` and the records' `duplicates` do not say the same")
    repeated = pl.concat(records)["id"].is_duplicated().sum()
    if repeated:
        findings.add("data", "records.id", f"{repeated} records share their id with another one")


def _check_removed(removed: list[pl.DataFrame], findings: Findings) -> None:
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
                    f"the first is {id_text(frame['id'][int(found.arg_true()[0])])}",
                )
                break


def check_alignment(findings: Findings) -> None:
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

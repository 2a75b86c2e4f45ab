"""Builds that tests make and read."""

import json
import os
import re
from pathlib import Path

import polars as pl

from corpus_vn_police.dataset.manifest import self_digest
from corpus_vn_police.files import file_digest

ROOT = Path(__file__).resolve().parent.parent.parent
SEEDS = ROOT / "seeds"


UNSAID = (
    "Direct Use",
    "Out-of-Scope Use",
    "Curation Rationale",
    "Who are the source data producers?",
    "Bias, Risks, and Limitations",
)
"""The sections of a card that need the keeper's words."""

SAID = "".join(f"## {section}\n\nWords.\n\n" for section in UNSAID)
"""Words for each of them."""

PAST = 1_500_000_000_000_000_000
"""A time before every build, in ns since 1970."""


def age(folder: Path) -> None:
    """Make files older than every build: one that may still change is read again."""
    for path in folder.rglob("*"):
        os.utime(path, ns=(PAST, PAST))


def ledger(out: Path) -> list[dict[str, object]]:
    """The rows of a build's ledger."""
    return pl.read_parquet(out / "ledger.parquet").to_dicts()


def sign(out: str | Path, **changes: object) -> None:
    """Make a build's manifest agree with its files, as somebody would who changes them on purpose."""
    path = Path(out) / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | changes
    for entry in manifest["files"]:
        entry["bytes"], entry["sha256"] = file_digest(Path(out) / entry["path"])
    manifest["sha256"] = self_digest(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def outcomes(out: Path) -> dict[str, str]:
    """Of each path its reason, or its status where it has none."""
    return {str(row["path"]): str(row["reason"] or row["status"]) for row in ledger(out)}


def records(out: str | os.PathLike[str], config: str = "data") -> list[dict[str, object]]:
    """All rows of a config, split after split."""
    files = [
        path for split in ("train", "validation", "test") for path in sorted((Path(out) / config).glob(f"{split}-*"))
    ]
    return [row for path in files for row in pl.read_parquet(path).to_dicts()]


def place_of(path: str) -> tuple[bytes, int]:
    """Where a path stands among others: by the bytes of its file, then by the number of its row."""
    found = re.fullmatch("(.*)#([0-9]{1,18})", path, re.DOTALL)
    return (found[1].encode(), int(found[2])) if found else (path.encode(), 0)

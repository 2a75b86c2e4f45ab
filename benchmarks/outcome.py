"""What a job wrote: how many records each split has, and whether the texts are those of another job."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from peers.seed_text import SPLITS, prepared, split_of

Records = Counter[tuple[str, str, str]]
"""How often which split has a text: split, `YYYY-MM`, sha256 of the text."""


@dataclass(frozen=True)
class Outcome:
    """What stands in the files of a job.

    Attributes:
        records: how many each split has.
        digest: sha256 of all splits, dates and texts; their order does not count.
        parquet: bytes of the Parquet files with the records.
    """

    records: dict[str, int]
    digest: str
    parquet: int


def key(split: str, date: str, text: str) -> tuple[str, str, str]:
    """What two records have in common that count as the same."""
    return split, date, hashlib.sha256(text.encode()).hexdigest()


def files(out: Path, split: str) -> list[Path]:
    """The Parquet files of a split: those of a build, or a folder of the split's name."""
    return sorted([*out.glob(f"data/{split}-*.parquet"), *out.glob(f"{split}/*.parquet")])


def records(out: Path) -> Records:
    """The records that a job wrote."""
    found: Records = Counter()
    for split in SPLITS:
        for path in files(out, split):
            rows = pl.read_parquet(path, columns=["date", "text"])
            found.update(key(split, date, text) for date, text in rows.iter_rows())
    return found


def rejected(out: Path, seeds: Path) -> Records:
    """The records that a build rejects, as a tool without its checks of damaged text would write them."""
    ledger = pl.read_parquet(out / "ledger.parquet", columns=["path", "status"])
    found: Records = Counter()
    for path in ledger.filter(pl.col("status") == "rejected")["path"]:
        date, text = prepared((seeds / path).read_bytes().decode())
        if date is not None and text:
            found[key(split_of(date), date, text)] += 1
    return found


def digest(found: Records) -> str:
    """Sha256 of records; their order does not count."""
    lines = sorted(" ".join((*each, str(count))) for each, count in found.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def outcome(out: Path, left_out: Records | None = None) -> Outcome:
    """Sum up what a job wrote.

    Args:
        out: its folder.
        left_out: records that do not count; those of them that are not there change nothing.
    """
    found = records(out) - (left_out or Counter())
    counts = {split: sum(count for each, count in found.items() if each[0] == split) for split in SPLITS}
    size = sum(path.stat().st_size for split in SPLITS for path in files(out, split))
    return Outcome(counts, digest(found), size)


def first_difference(out: Path, other: Path, left_out: Records) -> str:
    """The beginning of a text that one of two jobs has and the other has not, for the error that says so."""
    ours, theirs = records(out), records(other) - left_out
    for name, extra, place in (("only this build", ours - theirs, out), ("only the other", theirs - ours, other)):
        for split, _, wanted in extra:
            for path in files(place, split):
                for text in pl.read_parquet(path, columns=["text"])["text"]:
                    if hashlib.sha256(text.encode()).hexdigest() == wanted:
                        return f"{name} has {text[:300]!r}"
    return "none"

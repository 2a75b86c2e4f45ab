"""What a takedown of some ids removes from a build: rows of the ledger, copies and records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from corpus_vn_police.config import REMOVED_NAME, Dedup
from corpus_vn_police.contract import load_contract
from corpus_vn_police.dataset.folder import BuildFolder
from corpus_vn_police.dataset.layout import LEDGER
from corpus_vn_police.dataset.rows import ledger_groups, ledger_rows
from corpus_vn_police.dataset.tombstones import Tombstones
from corpus_vn_police.dedup.leaks import SHARED, Alike, find_alike
from corpus_vn_police.errors import DamagedError, InputError
from corpus_vn_police.write.rewrite import Leaving

SHOWN = 20
"""Records that are like those taken down: at most so many are shown."""

_ALIKE = 0.3  # the Jaccard similarity from which on a record is shown
_LEAST = 0.05  # what has less in common is not looked at
_ROUNDING = 1e-9


def check_ledger(build: BuildFolder) -> None:
    """Refuse a ledger that breaks its schema, or contradicts the manifest or the records.

    Why: its ids are written into removed.csv and read again later, and the new build counts its rows.

    Raises:
        DamagedError: a row breaks the schema; or the numbers of rows are not those in the manifest.
    """
    contract = load_contract("ledger")
    counts: Counter[str] = Counter()
    for frame in ledger_groups(build.path):
        broken = (~frame.select(contract.valid).to_series()).arg_true()
        if len(broken):
            row = sum(counts.values()) + broken[0]
            raise DamagedError.of(build.path, f"{LEDGER}: row {row} breaks its schema")
        counts.update(dict(frame["status"].value_counts().iter_rows()))
    stated = {status: count for status, count in build.manifest["status"].items() if count}
    if counts != stated or len(build.rows()) != stated.get("published", 0):
        raise DamagedError.of(
            build.path, f"{LEDGER}: has {dict(counts)} rows and {len(build.rows())} records, the manifest says {stated}"
        )


def _rows(build: BuildFolder, wanted: pl.Expr) -> pl.DataFrame:
    """The rows of the ledger that are wanted."""
    return ledger_rows(build.path, wanted, ("id", "sha256", "status", "duplicate_of", "similarity")).drop("place")


def rows_of(build: BuildFolder, ids: frozenset[str]) -> pl.DataFrame:
    """The ledger's rows of some ids.

    Raises:
        InputError: an id has none, or none with bytes that could be read.
    """
    rows = _rows(build, pl.col("id").is_in(list(ids)))
    unknown = sorted(ids - set(rows["id"]))
    if unknown:
        raise InputError(
            f"not in the ledger of {build.path}: {', '.join(unknown)}; nothing was changed",
            "ids are 16 characters 0-9a-f, as the records and the ledger have them",
        )
    unread = sorted(ids - set(rows.filter(pl.col("sha256").is_not_null())["id"]))
    if unread:
        raise InputError(
            f"could not be read, so {build.path} holds nothing of them: {', '.join(unread)}; nothing was changed",
            f"to keep them out as well, list them in {REMOVED_NAME} beside corpus.toml",
        )
    return rows.filter(pl.col("sha256").is_not_null())


@dataclass(frozen=True)
class Withdrawn:
    """What goes: the ids that were named or too similar, the ledger's rows, and what is like them."""

    ids: frozenset[str]
    rows: pl.DataFrame
    alike: tuple[Alike, ...]

    @property
    def tombstones(self) -> Tombstones:
        """What is left of it."""
        return Tombstones.of(self.rows.select("id", "sha256").iter_rows())

    @property
    def records(self) -> frozenset[str]:
        """The ids of the published records."""
        return frozenset(self.rows.filter(pl.col("status") == "published")["id"])

    @property
    def leaving(self) -> Leaving:
        """What the build loses."""
        others = self.rows["duplicate_of"].drop_nulls()
        fewer = others.filter(~others.is_in(list(self.records))).value_counts(name="count")
        return Leaving(self.records, dict(fewer.iter_rows()), self.tombstones)


def find_withdrawn(build: BuildFolder, named: frozenset[str], near: float | None, dedup: Dedup) -> Withdrawn:
    """All that goes with some ids."""
    rows = _with_copies(build, named, pl.DataFrame())
    least = min(_ALIKE, near or 1.0, max(2 * dedup.threshold - 1, _LEAST))
    alike = _left_out_for(rows, named) + find_alike(build.path, Withdrawn(named, rows, ()).records, least)
    close = frozenset(pair.id for pair in alike if near is not None and pair.similarity >= near)
    ids = named | close
    if close:
        rows = _with_copies(build, ids, pl.DataFrame())
        alike = _left_out_for(rows, ids) + find_alike(build.path, Withdrawn(ids, rows, ()).records, least)
    if dedup.level == "near":
        rows = _with_copies(build, ids, _kept_out(alike, dedup.threshold))
    shown = [pair for pair in alike if pair.similarity >= _ALIKE or (pair.shared or 0) >= SHARED]
    best = {pair.id: pair for pair in reversed(shown)}  # the pair with the most in common, for each record
    return Withdrawn(ids, rows, tuple([pair for pair in shown if best[pair.id] is pair][:SHOWN]))


def _left_out_for(rows: pl.DataFrame, ids: frozenset[str]) -> list[Alike]:
    """The records that stay, but have a copy among the removed seeds: they have the same text, or almost."""
    copies = rows.filter(
        pl.col("id").is_in(list(ids)), pl.col("duplicate_of").is_not_null(), pl.col("similarity").is_not_null()
    )
    stay = copies.filter(~pl.col("duplicate_of").is_in(list(ids))).sort("similarity", descending=True)
    columns = stay.select("duplicate_of", "id", "similarity", "status").iter_rows()
    return [
        Alike(record, name, similarity, 1.0 if status == "duplicate" else None, after=False)
        for record, name, similarity, status in columns
    ]


def _kept_out(alike: Sequence[Alike], threshold: float) -> pl.DataFrame:
    """Of which records the copies may come back once what is withdrawn no longer keeps them out.

    A copy is named after the published record that it is most like, which may be a later one than that
    for which it was left out. `1 - similarity` is a distance, so with A going and D staying later, a copy
    of D can be like A only where similarity(A, D) >= threshold + similarity(copy, D) - 1.

    Returns:
        `duplicate_of`, the record, and `most`, how similar to it such a copy can be.
    """
    most: dict[str, float] = {}
    for pair in alike:
        if pair.after:
            most[pair.id] = max(most.get(pair.id, 0.0), pair.similarity + 1 - threshold + _ROUNDING)
    return pl.DataFrame(list(most.items()), schema={"duplicate_of": pl.String, "most": pl.Float64}, orient="row")


def _with_copies(build: BuildFolder, ids: frozenset[str], kept_out: pl.DataFrame) -> pl.DataFrame:
    """The ledger's rows that go with some ids: whatever has one of them, or bytes of theirs, or was left out for it.

    Args:
        build: the build.
        ids: what goes.
        kept_out: as `_kept_out` gives it; without columns for none.
    """
    there = (pl.col("status") != "removed") & pl.col("sha256").is_not_null()
    coming_back = pl.lit(False)
    if len(kept_out):
        most = pl.col("duplicate_of").replace_strict(
            kept_out["duplicate_of"], kept_out["most"], default=-1.0, return_dtype=pl.Float64
        )
        coming_back = (pl.col("status") == "near_duplicate") & (pl.col("similarity") <= most)
    gone = Tombstones(ids)
    while True:
        names = list(gone.ids)
        mask = pl.col("id").is_in(names) | pl.col("sha256").is_in(list(gone.sha256))
        copy = pl.col("duplicate_of").is_in(names) | coming_back
        rows = _rows(build, there & (mask | copy.fill_null(False)))
        more = gone | Tombstones.of(rows.select("id", "sha256").iter_rows())
        if more == gone:
            return rows
        gone = more

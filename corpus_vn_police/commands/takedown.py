"""Find everything that a takedown of some ids removes from a build: rows of the ledger, copies and records."""

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
"""The most records that are shown because they are similar to those taken down."""

_ALIKE = 0.3  # a record with at least this Jaccard similarity is shown
_LEAST = 0.05  # records with a lower similarity are never looked at
_ROUNDING = 1e-9


def check_ledger(build: BuildFolder) -> None:
    """Refuse a ledger that breaks its schema, or contradicts the manifest or the records.

    This matters because its ids are written into removed.csv and read again later, and the new build counts its rows.

    Raises:
        DamagedError: a row breaks the schema, or the manifest gives other numbers of rows.
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
    """The rows of the ledger for which `wanted` is true."""
    return ledger_rows(build.path, wanted, ("id", "sha256", "status", "duplicate_of", "similarity")).drop("place")


def rows_of(build: BuildFolder, ids: frozenset[str]) -> pl.DataFrame:
    """The ledger's rows with some ids.

    Raises:
        InputError: an id has no row, or the bytes of its seeds could not be read.
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
            f"these seeds could not be read, so {build.path} holds nothing of them: {', '.join(unread)}; "
            "nothing was changed",
            f"to keep them out of later builds, list them in {REMOVED_NAME} beside corpus.toml",
        )
    return rows.filter(pl.col("sha256").is_not_null())


@dataclass(frozen=True)
class Withdrawn:
    """What a takedown removes.

    Attributes:
        ids: the ids that were named, and those of records that are too similar to them.
        rows: all rows of the ledger that are removed.
        alike: records that stay, although they are similar to removed ones.
    """

    ids: frozenset[str]
    rows: pl.DataFrame
    alike: tuple[Alike, ...]

    @property
    def tombstones(self) -> Tombstones:
        """The id and sha256 of each removed seed, which the build keeps."""
        return Tombstones.of(self.rows.select("id", "sha256").iter_rows())

    @property
    def records(self) -> frozenset[str]:
        """The ids of the published records among the removed rows."""
        return frozenset(self.rows.filter(pl.col("status") == "published")["id"])

    @property
    def leaving(self) -> Leaving:
        """The same in the form that `write.rewrite` takes."""
        others = self.rows["duplicate_of"].drop_nulls()
        fewer = others.filter(~others.is_in(list(self.records))).value_counts(name="count")
        return Leaving(self.records, dict(fewer.iter_rows()), self.tombstones)


def find_withdrawn(build: BuildFolder, named: frozenset[str], near: float | None, dedup: Dedup) -> Withdrawn:
    """Find everything that a takedown of some ids removes.

    Args:
        build: the build.
        named: the ids.
        near: published records with at least this Jaccard similarity are removed too; None removes no others.
        dedup: the build's settings for duplicates.
    """
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
    """Records that stay although one of their copies is removed, so that they have the same text or almost the same."""
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
    """Find records whose copies could come back into a later build once the removed records no longer keep them out.

    The ledger's `duplicate_of` names the published record that a copy is most similar to. This may be a record D that
    is later than the record A because of which the copy was left out. If A is removed, the copy could come back.
    `1 - similarity` is a distance, so the copy can be a near duplicate of A only if
    similarity(A, D) >= threshold + similarity(copy, D) - 1.

    Returns:
        `duplicate_of`, the id of such a record D, and `most`, the highest similarity to D that such a copy can have.
    """
    most: dict[str, float] = {}
    for pair in alike:
        if pair.after:
            most[pair.id] = max(most.get(pair.id, 0.0), pair.similarity + 1 - threshold + _ROUNDING)
    return pl.DataFrame(list(most.items()), schema={"duplicate_of": pl.String, "most": pl.Float64}, orient="row")


def _with_copies(build: BuildFolder, ids: frozenset[str], kept_out: pl.DataFrame) -> pl.DataFrame:
    """The ledger's rows that are removed with some ids: those with such an id, with the same bytes, or their copies.

    Args:
        build: the build.
        ids: the ids to remove.
        kept_out: what `_kept_out` gives; an empty frame if there is nothing.
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

"""Takedown: a build -> the same build without some records, and the tombstones that keep them away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from corpus_vn_police.build.audit import read_corpus
from corpus_vn_police.build.figures import measure
from corpus_vn_police.build.finish import Finished, finish
from corpus_vn_police.build.rewrite import Leaving, rewrite_ledger, rewrite_shards
from corpus_vn_police.changes import add_change, read_changes
from corpus_vn_police.config import REMOVED_NAME, Corpus, Dedup
from corpus_vn_police.contract import schema_digests
from corpus_vn_police.dataset.check import open_build
from corpus_vn_police.dataset.layout import CARD, MANIFEST
from corpus_vn_police.dataset.parquet import damage_named
from corpus_vn_police.dataset.rows import scan_ledger
from corpus_vn_police.errors import ConfigError, DamagedError, InputError, LedgerError, NothingPublishedError
from corpus_vn_police.known import forget
from corpus_vn_police.leaks import SHARED, Alike, find_alike
from corpus_vn_police.state import open_state, put_right
from corpus_vn_police.tombstones import Pair, Tombstones, read_removed, removed_lines, write_down

SHOWN = 20
"""Records that are like those taken down: at most so many are shown."""

Progress = Callable[[str, int, int | None], None]
"""Called with the name of a step, how many rows it has just done, and of how many; None where that is not known."""

_ALIKE = 0.3  # the Jaccard similarity from which on a record is shown
_LEAST = 0.05  # what has less in common is not looked at
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Takedown:
    """What is asked for.

    Attributes:
        ids: what is to go.
        reason: why, in one line.
        date: the day, `YYYY-MM-DD`.
        near: the Jaccard similarity from which on published records go along; None where none do.
        seeds: the folder of the seeds, where it is written down; None where it is not.
        version: the version of what is left; None keeps it.
    """

    ids: frozenset[str]
    reason: str
    date: str
    near: float | None = None
    seeds: Path | None = None
    version: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be done."""
        if not self.ids:
            raise ConfigError("no id is given", "give --id ID, or --ids with a file of one id a line")
        if not self.reason:
            raise ConfigError("the reason is empty", "say in a line why it is taken down")
        if self.near is not None and not 0 < self.near <= 1:
            raise ConfigError(f"near = {self.near} is not allowed", "give a similarity above 0, up to 1")
        if self.seeds is not None and not self.seeds.is_dir():
            raise InputError(f"{self.seeds}: is no folder", "give the folder of the seeds, or leave --seeds out")


@dataclass(frozen=True)
class Removal:
    """What a takedown came to.

    Attributes:
        out: the build, as it was given.
        digest: its content digest now.
        seeds: rows of its ledger.
        status: these by status, all five.
        splits: records by split, empty splits left out.
        removed: the ids that were named, or taken along as too similar, and are gone now.
        copies: the ids of the seeds that had been left out in their favour, and went along.
        already: the ids that were named and had been taken down before.
        alike: published records that are like those that are gone, the most similar first, at most 20.
        lines: what `removed.csv` holds, or should hold, of this takedown: lines without their ends.
        written: the files beside the seeds that were written.
    """

    out: str
    digest: str
    seeds: int
    status: dict[str, int]
    splits: dict[str, int]
    removed: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    already: tuple[str, ...] = ()
    alike: tuple[Alike, ...] = ()
    lines: tuple[str, ...] = ()
    written: tuple[str, ...] = ()


def run_remove(out: Path, asked: Takedown, progress: Progress = lambda step, done, total: None) -> Removal:
    """Take records out of a build, whole or not at all.

    Args:
        out: the build.
        asked: what is to go.
        progress: told of each step what has been done.

    Raises:
        CorpusError: it is no build, is damaged or busy, an id is not in its ledger, or nothing would
            be left. The build is as it was.
        OSError: the disk fails. The build is as it was, or as it is to be.
    """
    put_right(out)
    _open(out)
    known = Tombstones() if asked.seeds is None else read_removed(asked.seeds / REMOVED_NAME)
    with open_state(out) as state, damage_named(out):
        manifest = _open(out)  # again, now that no build can be at it
        corpus = _corpus(out, manifest, asked.version)
        rows = _rows_of(out, asked.ids)
        already = rows.filter(pl.col("status") == "removed")
        named = asked.ids - frozenset(already["id"])
        going = _Going(frozenset(), already.clear(), ())
        if named:
            going = _going(out, named, asked.near, corpus.dedup)
        pairs = going.tombstones.pairs | Tombstones.of(already.select("id", "sha256").iter_rows()).pairs
        lines = removed_lines(pairs - known.pairs, asked.date, asked.reason)
        changes = None if asked.seeds is None or not lines else _with_takedown(asked.seeds, asked, pairs)
        if named or changes is not None or asked.version not in (None, manifest["version"]):
            corpus = corpus if changes is None else replace(corpus, changes=changes)
            finished = _rewrite(out, state.new, manifest, going, corpus, progress)
            forget(state.parts, going.tombstones)
            state.place()
            found = _removal(going, named, finished)
        else:
            found = Removal("", manifest["digest"], manifest["seeds"], manifest["status"], manifest["splits"])
        written = () if asked.seeds is None or changes is None else write_down(asked.seeds, lines, changes)
    return replace(found, already=tuple(sorted(already["id"].unique())), lines=tuple(lines), written=written)


def _open(out: Path) -> dict[str, Any]:
    """The manifest of a build that can be written again.

    Raises:
        DamagedError: it is not as it was built, or was built to other schemas.
    """
    manifest = open_build(out)
    if manifest["schemas"] != schema_digests():
        raise _damaged(out, f"{MANIFEST}: it has the schemas of another version")
    return manifest


def _damaged(out: Path, what: str) -> DamagedError:
    hint = f"corpus-vn-police verify {out} says what is wrong; or list the ids in {REMOVED_NAME} and build it again"
    return DamagedError(f"{out}: is not as it was built: {what}", hint, what)


def _ledger(out: Path) -> pl.LazyFrame:
    return scan_ledger(out).select("id", "sha256", "status", "duplicate_of", "similarity")


def _rows_of(out: Path, ids: frozenset[str]) -> pl.DataFrame:
    """The ledger's rows of some ids.

    Raises:
        InputError: an id has none, or none with bytes that could be read.
    """
    rows = _ledger(out).filter(pl.col("id").is_in(list(ids))).collect(engine="streaming")
    unknown = sorted(ids - set(rows["id"]))
    if unknown:
        raise InputError(
            f"not in the ledger of {out}: {', '.join(unknown)}; nothing was changed",
            "ids are 16 characters 0-9a-f, as the records and the ledger have them",
        )
    unread = sorted(ids - set(rows.filter(pl.col("sha256").is_not_null())["id"]))
    if unread:
        raise InputError(
            f"could not be read, so nothing of them is in {out}: {', '.join(unread)}; nothing was changed",
            f"to keep them away as well, list them in {REMOVED_NAME} beside corpus.toml",
        )
    return rows.filter(pl.col("sha256").is_not_null())


@dataclass(frozen=True)
class _Going:
    """What goes: the ids that were named or too similar, the ledger's rows, and what is like them."""

    ids: frozenset[str]
    rows: pl.DataFrame
    alike: tuple[Alike, ...]

    @property
    def tombstones(self) -> Tombstones:
        return Tombstones.of(self.rows.select("id", "sha256").iter_rows())

    @property
    def records(self) -> frozenset[str]:
        return frozenset(self.rows.filter(pl.col("status") == "published")["id"])

    @property
    def leaving(self) -> Leaving:
        others = self.rows["duplicate_of"].drop_nulls()
        fewer = others.filter(~others.is_in(list(self.records))).value_counts(name="count")
        return Leaving(self.records, dict(fewer.iter_rows()), self.tombstones)


def _going(out: Path, named: frozenset[str], near: float | None, dedup: Dedup) -> _Going:
    """All that goes with some ids."""
    rows = _with_copies(out, named, pl.DataFrame())
    least = min(_ALIKE, near or 1.0, max(2 * dedup.threshold - 1, _LEAST))
    alike = find_alike(out, _Going(named, rows, ()).records, least)
    close = frozenset(pair.id for pair in alike if near is not None and pair.similarity >= near)
    ids = named | close
    if close:
        rows = _with_copies(out, ids, pl.DataFrame())
        alike = find_alike(out, _Going(ids, rows, ()).records, least)
    if dedup.level == "near":
        rows = _with_copies(out, ids, _kept_out(alike, dedup.threshold))
    shown = [pair for pair in alike if pair.similarity >= _ALIKE or pair.shared >= SHARED]
    best = {pair.id: pair for pair in reversed(shown)}  # of each record the pair with the most in common
    return _Going(ids, rows, tuple([pair for pair in shown if best[pair.id] is pair][:SHOWN]))


def _kept_out(alike: Sequence[Alike], threshold: float) -> pl.DataFrame:
    """Of which records the copies may come back once what goes no longer keeps them out.

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


def _with_copies(out: Path, ids: frozenset[str], kept_out: pl.DataFrame) -> pl.DataFrame:
    """The ledger's rows that go with some ids: whatever has one of them, or bytes of theirs, or was left out for it.

    Args:
        out: the build.
        ids: what goes.
        kept_out: as `_kept_out` gives it; without columns for none.
    """
    ledger = _ledger(out).filter(pl.col("status") != "removed", pl.col("sha256").is_not_null())
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
        rows = ledger.filter(mask | copy.fill_null(False)).collect(engine="streaming")
        more = gone | Tombstones.of(rows.select("id", "sha256").iter_rows())
        if more == gone:
            return rows
        gone = more


def _rewrite(
    out: Path, new: Path, manifest: dict[str, Any], going: _Going, corpus: Corpus, progress: Progress
) -> Finished:
    """Write the new build into a folder.

    Raises:
        NothingPublishedError: nothing would be left.
        LedgerError: the ledger does not balance (law 3).
    """
    leaving = going.leaving
    if len(leaving.records) >= manifest["status"]["published"]:
        raise NothingPublishedError(
            f"{out}: all of its {manifest['status']['published']} records would go; nothing was changed",
            "a dataset is at least one record: delete the folder, where nothing of it may stay",
        )
    status = rewrite_ledger(out, new, leaving)
    shards = []
    for shard in rewrite_shards(out, new, leaving):
        shards.append(shard)
        progress("write", shard.rows, None)
    date = None if manifest["date"] == measure(out).newest else manifest["date"]  # else it was given
    finished = finish(new, corpus, date, shards)
    published = manifest["status"]["published"] - len(leaving.records)
    if (
        sum(status.values()) != manifest["seeds"]
        or not status["published"] == sum(finished.splits.values()) == published
    ):
        raise LedgerError(
            f"the ledger does not balance: {manifest['seeds']} rows, {dict(status)}, {finished.splits}",
            "this is a defect of corpus-vn-police: please report it; nothing was changed",
        )
    return finished


def _corpus(out: Path, manifest: dict[str, Any], version: str | None) -> Corpus:
    """The settings of a build, with another version where one is given.

    Raises:
        DamagedError: its card is not one that a build wrote.
        ConfigError: the version is none.
    """
    try:
        return read_corpus(out, manifest, version)
    except ValueError as error:
        raise _damaged(out, f"{CARD}: {error}") from error


def _removal(going: _Going, named: frozenset[str], finished: Finished) -> Removal:
    figures = finished.figures
    removed = going.ids
    copies = frozenset(going.rows["id"]) - removed
    return Removal(
        "",
        finished.digest,
        figures.seeds,
        figures.status,
        finished.splits,
        tuple(sorted(removed)),
        tuple(sorted(copies)),
        alike=going.alike,
    )


def _with_takedown(seeds: Path, asked: Takedown, pairs: frozenset[Pair]) -> str:
    """A keeper's CHANGES.md with a line of the takedown on top; without the reason, as the card shows it."""
    ids = ", ".join(f"`{name}`" for name in sorted(asked.ids))
    copies = len({name for name, _ in pairs} - asked.ids)
    more = f" and {copies} more with them" if copies else ""
    return add_change(read_changes(seeds), f"- {asked.date}: took down {ids}{more}")

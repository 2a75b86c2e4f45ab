"""`remove`: take records out of a build, and leave tombstones that keep them out of later builds."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from corpus_vn_police.commands.inputs import check_apart
from corpus_vn_police.commands.takedown import Withdrawn, check_ledger, find_withdrawn, rows_of
from corpus_vn_police.commands.versions import add_change, read_changes
from corpus_vn_police.config import REMOVED_NAME, Corpus
from corpus_vn_police.contract import CONFIGS, schema_digests
from corpus_vn_police.dataset.digest import ContentHashes
from corpus_vn_police.dataset.folder import BuildFolder, open_build
from corpus_vn_police.dataset.layout import CARD, MANIFEST
from corpus_vn_police.dataset.parquet import damage_named
from corpus_vn_police.dataset.schemas import contracts_in
from corpus_vn_police.dataset.tombstones import Pair, Tombstones, read_removed, removed_lines, write_down
from corpus_vn_police.dedup.leaks import Alike
from corpus_vn_police.documents.opened import settings_of
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.engine.progress import Progress, Reporting, reported, silent
from corpus_vn_police.errors import ConfigError, DamagedError, InputError, LedgerError, NothingPublishedError
from corpus_vn_police.files import StrPath
from corpus_vn_police.paths import Output, output_path
from corpus_vn_police.results import PathResult
from corpus_vn_police.stages.read import Source
from corpus_vn_police.state.finished import write_finished
from corpus_vn_police.state.folder import open_state, recover_output
from corpus_vn_police.state.journal import delete_parts_with
from corpus_vn_police.write.finish import Finished, finish, write_schemas
from corpus_vn_police.write.rewrite import rewrite_ledger, rewrite_shards


@dataclass(frozen=True)
class Takedown:
    """The request to take records down.

    Attributes:
        ids: the ids to remove.
        reason: why, in one line.
        date: the day, `YYYY-MM-DD`.
        near: published records with at least this Jaccard similarity are removed too; None removes no others.
        seeds: the folder of the seeds, where the takedown is written into two files; None writes neither.
        version: the version of the new build; None keeps the old version.
    """

    ids: frozenset[str]
    reason: str
    date: str
    near: float | None = None
    seeds: Path | None = None
    version: str | None = None

    def __post_init__(self) -> None:
        """Refuse a request that is not allowed."""
        if not self.ids:
            raise ConfigError("no id is given", "give --id ID, or --ids with a file of ids, one per line")
        if not self.reason:
            raise ConfigError("the reason is empty", "say in one line why it is taken down")
        if self.near is not None and not 0 < self.near <= 1:
            raise ConfigError(f"near = {self.near} is not allowed", "give a similarity above 0, up to 1")
        if self.seeds is not None and not self.seeds.is_dir():
            raise InputError(f"{self.seeds}: is not a folder", "give the folder of the seeds, or leave --seeds out")


@dataclass(frozen=True, repr=False)
class Removal(PathResult):
    """The result of a takedown.

    Attributes:
        path: the build, as it was given.
        digest: its content digest after the takedown.
        seeds: the number of rows in its ledger.
        status: how many of these rows have each of the five statuses.
        splits: how many records each split has; empty splits are left out.
        removed: the ids that were taken down this time, because they were named or are too similar.
        copies: the ids of seeds that had been left out as copies of those; they were taken down, too.
        already: the named ids that had been taken down before.
        alike: published records that are similar to the removed ones, the most similar first, at most 20.
        lines: the lines of this takedown for `removed.csv`, without line ends.
        written: the files in the folder of the seeds that were written.
    """

    digest: str
    seeds: int
    status: Mapping[str, int]
    splits: Mapping[str, int]
    removed: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    already: tuple[str, ...] = ()
    alike: tuple[Alike, ...] = ()
    lines: tuple[str, ...] = ()
    written: tuple[str, ...] = ()


@machine_failures()
def remove(
    folder: StrPath,
    ids: str | Iterable[str],
    *,
    reason: str,
    near: float | None = None,
    seeds: StrPath | None = None,
    version: str | None = None,
    progress: Reporting = None,
) -> Removal:
    """Take records down: remove them from a build, and keep them out of later builds.

    Seeds that were left out as copies of these records are taken down, too. No seeds are read, and no other record
    changes its split.

    Args:
        folder: a build on this machine, which is replaced as a whole.
        ids: one id or several, of records or of seeds that were not published.
        reason: why, in one line; it is written into the folder of the seeds, never into the build.
        near: also take down published records with at least this Jaccard similarity to one of the given records; None
            takes down no others.
        seeds: the folder of the seeds; the takedown is written into its `removed.csv` and `CHANGES.md`. None writes
            neither.
        version: the version of the new build, three numbers; it must be higher if the old build was published.
            None keeps the version.
        progress: None shows a bar on a terminal and in a notebook, True always, False never. A callable is called with
            the step (`write`), the number of rows just written, and the total, which is None here.

    Returns:
        The result. If an id was taken down before, nothing changes for it.

    Raises:
        InputError: an id is not in the ledger; nothing was changed.
        ConfigError: an argument, or a line of removed.csv, is not allowed.
        OutputError: the folder is not a build, is damaged, or is busy.
        NothingPublishedError: no record would be left; nothing was changed.
        DiskError: the operating system failed to read or write.
    """
    target = output_path(folder, "DIR")
    if seeds is not None:
        check_apart(Source((os.fspath(seeds),)), target.path)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    named = frozenset([ids] if isinstance(ids, str) else ids)
    takedown = Takedown(named, " ".join(reason.split()), today, near, None if seeds is None else Path(seeds), version)
    with reported("remove", progress) as moved:
        return _take_down(target, takedown, moved)


def _take_down(target: Output, takedown: Takedown, progress: Progress = silent) -> Removal:
    """Take records out of a build, completely or not at all.

    Args:
        target: the build.
        takedown: the request.
        progress: called with `write` and the number of rows just written.

    Raises:
        CorpusError: the folder is not a build, is damaged or busy, an id is not in its ledger, or no record would
            be left. The build is unchanged.
        OSError: the disk fails. The build is either unchanged or completely new.
    """
    out = target.path
    recover_output(out)
    _open(out)
    known = Tombstones() if takedown.seeds is None else read_removed(takedown.seeds / REMOVED_NAME)
    with open_state(out) as state, damage_named(out):
        build = _open(out)  # again, because now no other process can change it
        manifest = build.manifest
        check_ledger(build)
        corpus = _corpus(build, takedown.version)
        rows = rows_of(build, takedown.ids)
        already = rows.filter(pl.col("status") == "removed")
        named = takedown.ids - frozenset(already["id"])
        withdrawn = Withdrawn(frozenset(), already.clear(), ())
        if named:
            withdrawn = find_withdrawn(build, named, takedown.near, corpus.dedup)
        pairs = withdrawn.tombstones.pairs | Tombstones.of(already.select("id", "sha256").iter_rows()).pairs
        lines = removed_lines(pairs - known.pairs, takedown.date, takedown.reason)
        changes = None if takedown.seeds is None or not lines else _with_takedown(takedown.seeds, takedown, pairs)
        if named or changes is not None or takedown.version not in (None, manifest["version"]):
            corpus = corpus if changes is None else replace(corpus, changes=changes)
            finished = _rewrite(build, state.new, withdrawn, corpus, progress)
            write_finished(state.folder, None)
            delete_parts_with(state.parts, withdrawn.tombstones)
            state.put_in_place()
            found = _removal(target.given, withdrawn, finished)
        else:
            found = Removal(target.given, manifest["digest"], manifest["seeds"], manifest["status"], manifest["splits"])
        written = () if takedown.seeds is None or changes is None else write_down(takedown.seeds, lines, changes)
    return replace(found, already=tuple(sorted(already["id"].unique())), lines=tuple(lines), written=written)


def _open(out: Path) -> BuildFolder:
    """Open a build that is to be written again.

    Raises:
        DamagedError: it is not as it was built, or its manifest names other schemas than it has.
    """
    build = open_build(out)
    if build.manifest["schemas"] != schema_digests(contracts_in(out)):
        raise _damaged(out, f"{MANIFEST}: it names other schemas than those in the build")
    return build


def _damaged(out: Path, what: str) -> DamagedError:
    hint = f"corpus-vn-police verify {out} shows what is wrong; or list the ids in {REMOVED_NAME} and build it again"
    return DamagedError(f"{out}: is not as it was built: {what}", hint, what)


def _rewrite(build: BuildFolder, new: Path, withdrawn: Withdrawn, corpus: Corpus, progress: Progress) -> Finished:
    """Write the new build into a folder.

    Raises:
        NothingPublishedError: no record would be left.
        LedgerError: the ledger does not balance (law 3).
    """
    leaving, out, manifest = withdrawn.leaving, build.path, build.manifest
    if len(leaving.records) >= manifest["status"]["published"]:
        raise NothingPublishedError(
            f"{out}: all of its {manifest['status']['published']} records would be removed; nothing was changed",
            "a dataset has at least one record: delete the folder if all of them must go",
        )
    write_schemas(new, corpus, [config for config in CONFIGS if build.has(config)])
    status = rewrite_ledger(out, new, leaving)
    shards, hashes = [], ContentHashes()
    for shard in rewrite_shards(out, new, leaving, corpus.shard_mib, hashes):
        shards.append(shard)
        progress("write", shard.rows, None)
    date = None if manifest["date"] == build.figures().newest else manifest["date"]  # if it differs, the keeper gave it
    finished = finish(new, corpus, date, shards, hashes.blocks())
    published = manifest["status"]["published"] - len(leaving.records)
    if (
        sum(status.values()) != manifest["seeds"]
        or not status["published"] == sum(finished.splits.values()) == published
    ):
        _check_counts(build)
        raise LedgerError(
            f"the ledger does not balance: {manifest['seeds']} rows, {dict(status)}, {finished.splits}",
            "this is a defect of corpus-vn-police: please report it; nothing was changed",
        )
    return finished


def _check_counts(build: BuildFolder) -> None:
    """Refuse a build whose manifest has other counts than its files, although the sha256 of the manifest is right.

    Raises:
        DamagedError: the counts differ.
    """
    figures = build.figures()
    found = {each.split: each.records for each in figures.splits}
    if dict(figures.status) != build.manifest["status"] or found != build.manifest["splits"]:
        raise DamagedError.of(build.path, f"{MANIFEST}: its counts differ from those of the files")


def _corpus(build: BuildFolder, version: str | None) -> Corpus:
    """The settings of a build, with another version if one is given.

    Raises:
        DamagedError: its card was not written by a build, or was changed.
        ConfigError: `version` is not a version.
    """
    try:
        return settings_of(build, version)
    except ValueError as error:
        raise _damaged(build.path, f"{CARD}: {error}") from error


def _removal(out: str, withdrawn: Withdrawn, finished: Finished) -> Removal:
    figures = finished.figures
    removed = withdrawn.ids
    copies = frozenset(withdrawn.rows["id"]) - removed
    return Removal(
        out,
        finished.digest,
        figures.seeds,
        figures.status,
        finished.splits,
        tuple(sorted(removed)),
        tuple(sorted(copies)),
        alike=withdrawn.alike,
    )


def _with_takedown(seeds: Path, takedown: Takedown, pairs: frozenset[Pair]) -> str:
    """CHANGES.md with a line for the takedown on top. The line gives no reason, because the card shows the line."""
    ids = ", ".join(f"`{name}`" for name in sorted(takedown.ids))
    copies = len({name for name, _ in pairs} - takedown.ids)
    more = f" and {copies} more with them" if copies else ""
    return add_change(read_changes(seeds), f"- {takedown.date}: took down {ids}{more}")

"""All steps of a build in one file: seeds -> parts -> which seeds are published -> a build in its place."""

from __future__ import annotations

import datetime
import functools
import itertools
import os
from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from corpus_vn_police.commands.build.batches import Recipe, grouped, process
from corpus_vn_police.commands.build.notes import pictures_note, skipped_note, splits_note, unused_note, version_note
from corpus_vn_police.commands.built.handle import Build
from corpus_vn_police.config import Corpus
from corpus_vn_police.dataset.files import BuildFile
from corpus_vn_police.dataset.layout import LEDGER
from corpus_vn_police.dataset.tombstones import Tombstones, older_tombstones
from corpus_vn_police.dedup import Settled, settle
from corpus_vn_police.engine.local import give_back_memory, map_tasks
from corpus_vn_police.engine.processors import available_processors
from corpus_vn_police.engine.progress import Progress, silent
from corpus_vn_police.errors import ConfigError, InputError, LedgerError, NothingPublishedError, RejectedError
from corpus_vn_police.paths import Output
from corpus_vn_police.stages.read import Batching, Listing, Skipped, Source, list_input
from corpus_vn_police.state.folder import open_state
from corpus_vn_police.state.index import Index
from corpus_vn_police.state.journal import Journal, open_journal
from corpus_vn_police.state.known import DoneTask, KnownParts
from corpus_vn_police.state.parts import Part
from corpus_vn_police.state.plan import PlannedTask, fingerprint, plan_reading, planned_tasks
from corpus_vn_police.write.finish import Finished, finish, write_schemas
from corpus_vn_police.write.ledger import ledger_rows, tombstone_rows, write_ledger
from corpus_vn_police.write.shards import Shard, plan_shards, write_shard

# Seeds below which a second thread has nothing to gain.
_WORTH_A_THREAD = 20_000


@dataclass(frozen=True)
class Job:
    """How a build runs; none of it changes the result (law 4).

    Attributes:
        workers: threads; None for one per processor.
        batching: how large a batch may grow.
        strict: whether a rejected seed makes the build fail, leaving the output as it was.
        date: the build's date as ISO day; None for the newest record's.
        progress: called with what has been done.
        resume: False forgets what an interrupted build has done.
        rehash: True reads all seeds, also those that have not changed.
    """

    workers: int | None = None
    batching: Batching = field(default_factory=Batching)
    strict: bool = False
    date: str | None = None
    progress: Progress = silent
    resume: bool = True
    rehash: bool = False

    def __post_init__(self) -> None:
        """Refuse a number of threads below 1."""
        if self.workers is not None and self.workers < 1:
            raise ConfigError(
                f"workers = {self.workers} is not allowed", "give 1 or more, or leave it out for one per processor"
            )

    @property
    def threads(self) -> int:
        """How many threads there may be."""
        return self.workers or available_processors()


def run_build(
    seeds: Source | str, out: Output, corpus: Corpus, job: Job, tombstones: Tombstones | None = None
) -> Build:
    """Turn a folder of seeds into a build.

    Args:
        seeds: the input; a str is a single one.
        out: the folder to write; if it holds a build, the seeds that were taken down from it are kept out.
        corpus: the settings.
        job: how it runs.
        tombstones: which other seeds are kept out; None is no others.

    Raises:
        CorpusError: the input is missing or holds no seeds, the output holds something else or is
            busy, nothing would be published, or the disk fails. The output is left as it was.
    """
    corpus = with_latest(corpus)
    listing = _listing_outside(out.path, seeds, corpus)
    with open_state(out.path) as state, _journal(state.parts, listing, corpus, job) as journal:
        tombstones = older_tombstones(out.path) | (tombstones or Tombstones())
        index, known, skipped = _read_all(journal, listing, corpus, job)
        settled = settle(index, corpus.dedup, tombstones, job.progress)
        give_back_memory()
        _check_publishable(index, settled, job)
        order = index.in_path_order()
        write_schemas(state.new, corpus, _configs(corpus))
        rows = ledger_rows(index, order[~settled.removed[order]], settled.published, settled.changes)
        status = write_ledger(itertools.chain(rows, tombstone_rows(settled.tombstones)), state.new / LEDGER)
        give_back_memory()
        shards = plan_shards(index, order[settled.published[order]], settled.copies, _configs(corpus))
        written = _write_all(state.new, shards, job, len(index))
        finished = finish(state.new, corpus, job.date, written)
        figures = finished.figures
        _check_balance(settled.rows, status, finished)
        unused = index.unused()
        notes = [*splits_note(corpus, index), *skipped_note(skipped), *unused_note(corpus, index), *pictures_note()]
        del index, settled, shards  # all that is held per seed: the comparison holds as much
        notes += version_note(out.path, state.new, corpus)
        state.put_in_place()
        journal.finish(known)
    sizes = figures.seeds, figures.status, finished.splits
    return Build(out.given, finished.digest, corpus.version, *sizes, unused, tuple(notes))


def _journal(folder: Path, listing: Listing, corpus: Corpus, job: Job) -> AbstractContextManager[Journal]:
    """What earlier builds have read, as far as it holds for this one."""
    latest = corpus.limits.latest or ""
    return open_journal(folder, fingerprint(listing, corpus), latest, resume=job.resume, rehash=job.rehash)


def _read_all(journal: Journal, listing: Listing, corpus: Corpus, job: Job) -> tuple[Index, KnownParts, Skipped]:
    """Read all seeds of a listing, but for those that earlier builds have read and that did not change.

    Returns:
        The index of all parts, what the next build need not read, and what was passed over.
    """
    plan = plan_reading(journal.known, journal.folder, listing)
    job.progress("read", sum(len(part.current_rows) for part in plan.reused), listing.seeds)
    done: list[DoneTask] = []
    tasks = planned_tasks(plan, corpus.limits, job.batching)
    with closing(process_all(tasks, listing.seeds, journal.folder, corpus, job)) as groups:
        for group in groups:
            journal.add(group)
            done += group
    parts = [*plan.reused, *(part for task in done for part in task.parts)]
    skipped = sum((task.contents.skipped for task in done if task.contents), plan.skipped)
    return gather_parts(journal.folder, parts), plan.known.with_done(done), skipped


def process_all(
    tasks: Iterable[PlannedTask],
    total: int | None,
    folder: Path,
    corpus: Corpus,
    job: Job,
    *,
    keep_records: bool = True,
) -> Generator[tuple[DoneTask, ...]]:
    """Take all tasks through the stages to their parts.

    Args:
        tasks: what to read.
        total: how many seeds there are, for the progress; None if it is not known.
        folder: where the parts are written.
        corpus: the settings.
        job: how it runs.
        keep_records: False leaves the records out of the parts, as a check does not need them.

    Returns:
        The tasks in their order, as many at once as fill a batch. A caller that stops before the end must close
        the generator; after that no thread writes any more.

    Raises:
        LedgerError: a seed was lost between the reading and its part (law 3).
    """
    _ = corpus.contracts  # here, for each thread that finds them missing would make its own
    work = functools.partial(process, Recipe(folder, corpus, job.batching, keep_records))
    with closing(map_tasks(work, grouped(tasks, job.batching), job.threads)) as groups:
        for group in groups:
            yield group
            job.progress("read", sum(task.seeds for task in group), total)


def gather_parts(folder: Path, parts: list[Part]) -> Index:
    """The index of all parts.

    Raises:
        InputError: there are no seeds.
    """
    index = Index.read(folder, tuple(parts))
    if not len(index):
        raise InputError("the input holds no seeds: no text, row or member", "give files that hold seeds")
    return index


def _listing_outside(out: Path, seeds: Source | str, corpus: Corpus) -> Listing:
    """The input; a build in it is not read, but has a row in the ledger.

    Raises:
        ConfigError: it is in the output folder.
    """
    listing = list_input(seeds, follow_links=corpus.limits.follow_links)
    local = [place for place in listing.root.places if "://" not in place]
    if any(Path(os.path.realpath(place)).is_relative_to(out) for place in local):
        raise ConfigError(f"the seeds {seeds} are inside --out {out}", "give a folder for --out somewhere else")
    return listing


def _write_all(folder: Path, shards: list[Shard], job: Job, seeds: int) -> list[BuildFile]:
    """Write all shards, with several threads if there are many seeds."""
    written = []
    threads = job.threads if len(shards) > 1 and seeds > _WORTH_A_THREAD else 1
    rows = sum(len(shard.records) for shard in shards)
    with closing(map_tasks(functools.partial(write_shard, folder), shards, threads)) as done:
        for shard in done:
            written.append(shard)
            job.progress("write", shard.rows, rows)
    return written


def with_latest(corpus: Corpus) -> Corpus:
    """The settings with the last day that a header may mean: the only use of a clock."""
    if corpus.limits.latest is not None:
        return corpus
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return replace(corpus, limits=replace(corpus.limits, latest=today))


def _configs(corpus: Corpus) -> list[str]:
    """The configs that are built."""
    wanted = {"default": True, "annotations": corpus.annotations, "sources": corpus.sources}
    return [config for config, enabled in wanted.items() if enabled]


def _check_publishable(index: Index, settled: Settled, job: Job) -> None:
    """Refuse a build that would publish nothing, and with `strict` one that rejects a seed."""
    counts = settled.reasons(index)
    named = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    reasons = ", ".join(f"{count} {reason}" for reason, count in named[:5])
    if not settled.published.any():
        raise NothingPublishedError(
            f"none of {len(index)} seeds can be published: {reasons}",
            "corpus-vn-police check SEEDS says what is wrong with each seed",
        )
    if job.strict and counts:
        raise RejectedError(
            f"{sum(counts.values())} of {len(index)} seeds are rejected: {reasons}",
            "correct or remove them (corpus-vn-police check SEEDS names them), or build without --strict",
        )


def _check_balance(rows: int, counted: dict[str, int], finished: Finished) -> None:
    """Law 3: the seeds read and the tombstones without one are the sum over statuses; the published the records."""
    published = sum(finished.splits.values())
    occurring = {status: count for status, count in finished.figures.status.items() if count}
    if finished.figures.seeds != rows or counted != occurring or published != counted.get("published", 0):
        raise LedgerError(
            f"the ledger does not balance: {rows} rows, {dict(counted)}, {published} records",
            "this is a defect of corpus-vn-police: please report it; nothing was published",
        )

"""Read seeds into parts and decide which are published: the first half of a build, and all that a check does."""

from __future__ import annotations

import datetime
import functools
import itertools
from collections.abc import Generator, Iterable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus_vn_police.commands.build.batches import Recipe, grouped, process
from corpus_vn_police.config import Corpus
from corpus_vn_police.dataset.tombstones import Tombstones
from corpus_vn_police.dedup import Settled, settle
from corpus_vn_police.engine.local import give_back_memory, map_tasks
from corpus_vn_police.engine.processors import available_processors
from corpus_vn_police.engine.progress import BYTES, Progress, silent
from corpus_vn_police.errors import ConfigError, InputError
from corpus_vn_police.stages.read import Batching, Listing, Skipped
from corpus_vn_police.stages.split import SPLITS
from corpus_vn_police.state.index import Index, Seeds
from corpus_vn_police.state.journal import Journal, open_journal
from corpus_vn_police.state.known import DoneTask, KnownParts
from corpus_vn_police.state.parts import Part
from corpus_vn_police.state.plan import Plan, PlannedTask, bytes_of, fingerprint, plan_reading, planned_tasks
from corpus_vn_police.write.ledger import ledger_rows, tombstone_rows


@dataclass(frozen=True)
class Job:
    """How a build runs; nothing here changes the records (law 4).

    Attributes:
        workers: the number of threads; None is one per processor.
        batching: how large a batch may grow.
        strict: if True, the build fails when a seed is rejected, and the output stays as it was.
        date: the build's date as ISO day; None is the date of the newest record.
        progress: called with the number of seeds or rows that were just done.
        resume: False ignores what an interrupted build has already done.
        rehash: True reads all seeds again, even if they have not changed.
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
        """The most threads that may run."""
        return self.workers or available_processors()


def with_latest(corpus: Corpus) -> Corpus:
    """Fill in today (UTC) as the last date that a seed may have, if the settings give none: the only use of a clock."""
    if corpus.limits.latest is not None:
        return corpus
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return replace(corpus, limits=replace(corpus.limits, latest=today))


@dataclass(frozen=True)
class Decision:
    """Which seeds are published and why others are not. A build writes this; a check only reports it.

    Attributes:
        corpus: the settings.
        index: all seeds.
        settled: which of them are published.
        order: the numbers of the seeds in path order (uint32).
        known: the parts that the next build need not make again.
        skipped: the files of the input that were skipped.
    """

    corpus: Corpus
    index: Index
    settled: Settled
    order: Seeds
    known: KnownParts
    skipped: Skipped

    @property
    def splits(self) -> dict[str, int]:
        """How many records each split gets; empty splits are left out."""
        codes = self.index.splits[self.settled.published]
        return {name: count for name, count in zip(SPLITS, np.bincount(codes).tolist(), strict=False) if count}

    @functools.cached_property
    def dates(self) -> dict[str | None, int]:
        """How many published records have each date; the key None counts records without a date."""
        return self.index.dates(self.settled.published)

    @functools.cached_property
    def unused(self) -> dict[str, int]:
        """The keys that nothing reads, and how many seeds have each; the most frequent first, at most 1,000 keys."""
        return self.index.unused()

    def ledger(self) -> Iterator[pa.Table]:
        """The rows of the ledger, as tables of at most 65,536 rows."""
        removed = self.settled.removed
        order = self.order[~removed[self.order]] if removed.any() else self.order
        rows = ledger_rows(self.index, order, self.settled.published, self.settled.changes)
        return itertools.chain(rows, tombstone_rows(self.settled.tombstones))


def open_parts(folder: Path, listing: Listing, corpus: Corpus, job: Job) -> AbstractContextManager[Journal]:
    """Open the journal of what earlier builds have read, as far as this build can use it."""
    latest = corpus.limits.latest or ""
    return open_journal(folder, fingerprint(listing, corpus), latest, resume=job.resume, rehash=job.rehash)


def decide(
    journal: Journal,
    listing: Listing,
    corpus: Corpus,
    job: Job,
    tombstones: Tombstones,
    *,
    keep_records: bool = True,
) -> Decision:
    """Read all seeds of a listing that are not in the journal yet, and decide which are published.

    Args:
        journal: what earlier builds have read; what is read now is added to it.
        listing: the input.
        corpus: the settings; `limits.latest` must be set.
        job: how the build runs.
        tombstones: the seeds that were taken down and must stay out.
        keep_records: False keeps in the parts only what is needed to find copies.

    Raises:
        InputError: there are no seeds.
        LedgerError: a seed was read but is in no part.
    """
    index, known, skipped = _read_all(journal, listing, corpus, job, keep_records=keep_records)
    settled = settle(index, corpus.dedup, tombstones, job.progress)
    give_back_memory()
    return Decision(corpus, index, settled, index.in_path_order(), known, skipped)


@dataclass(frozen=True)
class _Reading:
    """How much there is to read: in seeds, or in bytes if nobody knows how many seeds there are.

    Attributes:
        step: the name of the step.
        done: how much of it earlier builds have read.
        total: how much there is; None if that is not known.
    """

    step: str
    done: int
    total: int | None

    @classmethod
    def of(cls, plan: Plan, listing: Listing) -> _Reading:
        """What is to be read of an input."""
        if listing.seeds is None:
            size, unread = bytes_of(listing, listing.names), bytes_of(listing, plan.unread.names)
            if size is not None and unread is not None:
                return cls("read" + BYTES, size - unread, size)
        return cls("read", sum(len(part.current_rows) for part in plan.reused), listing.seeds)

    def size(self, task: DoneTask) -> int:
        """How much a task is."""
        return task.bytes if self.step.endswith(BYTES) else task.seeds


def _read_all(
    journal: Journal, listing: Listing, corpus: Corpus, job: Job, *, keep_records: bool
) -> tuple[Index, KnownParts, Skipped]:
    """Read all seeds of a listing, except those that earlier builds have read and that did not change.

    Returns:
        The index of all parts, the parts that the next build need not make again, and what was skipped.
    """
    plan = plan_reading(journal.known, journal.folder, listing)
    reading = _Reading.of(plan, listing)
    job.progress(reading.step, reading.done, reading.total)
    done: list[DoneTask] = []
    tasks = planned_tasks(plan, corpus.limits, job.batching)
    recipe = Recipe(journal.folder, corpus, job.batching, keep_records)
    with closing(_process_all(tasks, reading, recipe, job)) as groups:
        for group in groups:
            journal.add(group)
            done += group
    parts = [*plan.reused, *(part for task in done for part in task.parts)]
    skipped = sum((task.contents.skipped for task in done if task.contents), plan.skipped)
    return _gather_parts(journal.folder, parts), plan.known.with_done(done), skipped


def _process_all(
    tasks: Iterable[PlannedTask], reading: _Reading, recipe: Recipe, job: Job
) -> Generator[tuple[DoneTask, ...]]:
    """Take all tasks through the stages and write their parts.

    Args:
        tasks: what to read.
        reading: how much there is to read, for the progress.
        recipe: the settings for the parts.
        job: how the build runs.

    Returns:
        The tasks in their order, in groups that fill a batch. A caller that stops before the end must close the
        generator; after that, no thread writes any more.

    Raises:
        LedgerError: a seed was read but is in no part (law 3).
    """
    _ = recipe.corpus.contracts  # computed once here, as otherwise each thread would compute its own
    work = functools.partial(process, recipe)
    with closing(map_tasks(work, grouped(tasks, job.batching), job.threads)) as groups:
        for group in groups:
            yield group
            job.progress(reading.step, sum(map(reading.size, group)), reading.total)


def _gather_parts(folder: Path, parts: list[Part]) -> Index:
    """The index of all parts.

    Raises:
        InputError: there are no seeds.
    """
    index = Index.read(folder, tuple(parts))
    if not len(index):
        raise InputError(
            "the input holds no seeds: its files have no text and no rows",
            "give text files, files with rows, or archives of these",
        )
    return index

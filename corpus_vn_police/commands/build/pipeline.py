"""All steps of a build: seeds -> which of them are published -> a build in its place."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from corpus_vn_police.commands.build.decide import Job, decide, open_parts, with_latest
from corpus_vn_police.commands.build.notes import pictures_note, seed_notes, unfinished_note, version_note
from corpus_vn_police.commands.built.handle import Build
from corpus_vn_police.config import Corpus
from corpus_vn_police.dataset.layout import LEDGER
from corpus_vn_police.dataset.tombstones import Tombstones, older_tombstones
from corpus_vn_police.dedup import Settled
from corpus_vn_police.documents.at_hand import matplotlib_at_hand
from corpus_vn_police.engine.local import give_back_memory, map_tasks
from corpus_vn_police.errors import LedgerError, NothingPublishedError, RejectedError
from corpus_vn_police.paths import Output
from corpus_vn_police.reasons import REASONS
from corpus_vn_police.stages.read import Listing, Source, list_input
from corpus_vn_police.state.finished import (
    FileStamps,
    FinishedBuild,
    file_stamps,
    made_of,
    read_finished,
    write_finished,
)
from corpus_vn_police.state.folder import State, open_state
from corpus_vn_police.state.journal import Journal
from corpus_vn_police.write.finish import Finished, finish, write_schemas
from corpus_vn_police.write.ledger import write_ledger
from corpus_vn_police.write.reuse import Reusable, Written, hashes_of
from corpus_vn_police.write.shards import Block, plan_blocks, write_block

_RESULT = ("digest", "version", "seeds", "status", "splits", "unused", "notes")  # of a Build
# Seeds below which a second thread has nothing to gain.
_WORTH_A_THREAD = 2_000


def run_build(
    seeds: Source | str, out: Output, corpus: Corpus, job: Job, tombstones: Tombstones | None = None
) -> Build:
    """Turn a folder of seeds into a build.

    Args:
        seeds: the input; a str is a single one.
        out: the folder to write; if it holds a build, the seeds that were taken down from it are kept out.
        corpus: the settings.
        job: how it runs.
        tombstones: other seeds that are kept out; None means that there are none.

    Raises:
        CorpusError: the input is missing or holds no seeds, the output holds something else or is
            busy, nothing would be published, or the disk fails. The output is left as it was.
    """
    started, tombstones = time.time_ns(), tombstones or Tombstones()
    listing = list_input(seeds, follow_links=corpus.limits.follow_links)
    made = made_of(listing, corpus, tombstones, (job.date, job.strict), started)
    given = _Given(out, listing, with_latest(corpus), job, tombstones)
    latest = given.corpus.limits.latest or ""
    with open_state(out.path) as state:
        last = None if job.rehash else read_finished(state.folder)
        files = file_stamps(out.path)
        if last is not None and last.is_still(files, made, latest):
            job.progress("read", last.result["seeds"], last.result["seeds"])
            return Build(out.given, **{**last.result, "notes": tuple(last.result["notes"])})
        with open_parts(state.parts, listing, given.corpus, job) as journal:
            done = _build(given, state, journal, Reusable.of(last, out.path, files))
        with suppress(OSError):  # the build is in place; without this file the next one takes longer
            write_finished(state.folder, _finished(done, made, latest, file_stamps(out.path)))
    return replace(done.build, notes=(*done.build.notes, *done.changes))


@dataclass(frozen=True)
class _Given:
    """What a build is made of: `corpus` has `latest`; otherwise as the arguments of `run_build`."""

    out: Output
    listing: Listing
    corpus: Corpus
    job: Job
    tombstones: Tombstones


@dataclass(frozen=True)
class _Done:
    """A build that is in its place.

    Attributes:
        build: what it is.
        changes: notes on how it differs from the build before.
        blocks: what was written.
        is_lasting: whether the same seeds have the same outcome on another day.
    """

    build: Build
    changes: list[str]
    blocks: list[Written]
    is_lasting: bool


def _finished(done: _Done, made_of: str | None, latest: str, files: FileStamps) -> FinishedBuild:
    """What the next build should know of one that is in place."""
    return FinishedBuild(
        made_of if done.is_lasting else None,
        latest,
        files,
        {name: getattr(done.build, name) for name in _RESULT},
        {key: shard for each in done.blocks for key, shard in each.shards.items()},
        {each.key: each.hashes for each in done.blocks},
    )


def _build(given: _Given, state: State, journal: Journal, reusable: Reusable) -> _Done:
    """Read what is not known, decide, write, and put the build in its place."""
    out, corpus, job = given.out, given.corpus, given.job
    decision = decide(journal, given.listing, corpus, job, older_tombstones(out.path) | given.tombstones)
    index, settled, known = decision.index, decision.settled, decision.known
    reasons = settled.reasons(index)
    _check_publishable(settled, reasons, len(index), job)
    write_schemas(state.new, corpus, _configs(corpus))
    status = write_ledger(decision.ledger(), state.new / LEDGER)
    give_back_memory()
    published = decision.order[settled.published[decision.order]]
    blocks = plan_blocks(index, published, settled.copied, _configs(corpus), corpus.shard_mib)
    del published
    give_back_memory()
    with matplotlib_at_hand(status["published"]):
        written = _write_all(state.new, reusable, blocks, job, len(index))
    shards = [shard for each in written for shard in each.shards.values()]
    finished = finish(state.new, corpus, job.date, shards, hashes_of(written))
    figures = finished.figures
    _check_balance(settled.rows, status, finished)
    unused = decision.unused
    notes = [*seed_notes(decision), *pictures_note(figures.records), *unfinished_note(state.new, corpus)]
    del decision, index, settled, blocks  # all that is held per seed: the comparison holds as much
    changes = version_note(out.path, state.new, corpus)
    state.put_in_place()
    journal.finish(known)
    sizes = figures.seeds, figures.status, finished.splits
    build = Build(out.given, finished.digest, corpus.version, *sizes, unused, tuple(notes))
    changeable = {reason.code for reason in REASONS.values() if reason.changeable}
    return _Done(build, changes, written, changeable.isdisjoint(reasons))


def _write_all(folder: Path, reusable: Reusable, blocks: list[Block], job: Job, seeds: int) -> list[Written]:
    """Write all blocks, with several threads if there are many seeds."""
    written = []
    threads = job.threads if len(blocks) > 1 and seeds > _WORTH_A_THREAD else 1
    rows = sum(block.rows for block in blocks)
    with closing(map_tasks(functools.partial(write_block, folder, reusable), blocks, threads)) as done:
        for block in done:
            written.append(block)
            job.progress("write", block.hashes["rows"], rows)
    return written


def _configs(corpus: Corpus) -> list[str]:
    """The configs that are built."""
    wanted = {"default": True, "annotations": corpus.annotations, "sources": corpus.sources}
    return [config for config, enabled in wanted.items() if enabled]


def _check_publishable(settled: Settled, counts: Mapping[str, int], seeds: int, job: Job) -> None:
    """Refuse a build that would publish nothing, and with `strict` one that rejects a seed; `counts` is by reason."""
    named = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    reasons = ", ".join(f"{count} {reason}" for reason, count in named[:5])
    if not settled.published.any():
        raise NothingPublishedError(
            f"none of {seeds} seeds can be published: {reasons}",
            "corpus-vn-police check SEEDS says what is wrong with each seed",
        )
    if job.strict and counts:
        raise RejectedError(
            f"{sum(counts.values())} of {seeds} seeds are rejected: {reasons}",
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

"""All steps of a build: seeds -> which of them are published -> a build in its place."""

from __future__ import annotations

import functools
from contextlib import closing
from pathlib import Path

from corpus_vn_police.commands.build.decide import Job, decide, open_parts, with_latest
from corpus_vn_police.commands.build.notes import pictures_note, seed_notes, version_note
from corpus_vn_police.commands.built.handle import Build
from corpus_vn_police.config import Corpus
from corpus_vn_police.dataset.digest import BlockHashes
from corpus_vn_police.dataset.files import BuildFile
from corpus_vn_police.dataset.layout import LEDGER
from corpus_vn_police.dataset.tombstones import Tombstones, older_tombstones
from corpus_vn_police.dedup import Settled
from corpus_vn_police.engine.local import give_back_memory, map_tasks
from corpus_vn_police.errors import LedgerError, NothingPublishedError, RejectedError
from corpus_vn_police.paths import Output
from corpus_vn_police.stages.read import Source, list_input
from corpus_vn_police.state.folder import open_state
from corpus_vn_police.state.index import Index
from corpus_vn_police.write.finish import Finished, finish, write_schemas
from corpus_vn_police.write.ledger import write_ledger
from corpus_vn_police.write.shards import Block, plan_blocks, write_block

# Seeds below which a second thread has nothing to gain.
_WORTH_A_THREAD = 20_000


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
    listing = list_input(seeds, follow_links=corpus.limits.follow_links)
    with open_state(out.path) as state, open_parts(state.parts, listing, corpus, job) as journal:
        tombstones = older_tombstones(out.path) | (tombstones or Tombstones())
        decision = decide(journal, listing, corpus, job, tombstones)
        index, settled, known = decision.index, decision.settled, decision.known
        _check_publishable(index, settled, job)
        write_schemas(state.new, corpus, _configs(corpus))
        status = write_ledger(decision.ledger(), state.new / LEDGER)
        give_back_memory()
        order = decision.order
        published = order[settled.published[order]]
        blocks = plan_blocks(index, published, settled.copied, _configs(corpus), corpus.shard_mib)
        written, hashes = _write_all(state.new, blocks, job, len(index))
        finished = finish(state.new, corpus, job.date, written, hashes)
        figures = finished.figures
        _check_balance(settled.rows, status, finished)
        unused = decision.unused
        notes = [*seed_notes(decision), *pictures_note()]
        del (
            decision,
            index,
            settled,
            order,
            published,
            blocks,
        )  # all that is held per seed: the comparison holds as much
        notes += version_note(out.path, state.new, corpus)
        state.put_in_place()
        journal.finish(known)
    sizes = figures.seeds, figures.status, finished.splits
    return Build(out.given, finished.digest, corpus.version, *sizes, unused, tuple(notes))


def _write_all(folder: Path, blocks: list[Block], job: Job, seeds: int) -> tuple[list[BuildFile], BlockHashes]:
    """Write all shards, with several threads if there are many seeds; returns them, and the hashes of all blocks."""
    written: list[BuildFile] = []
    hashes: BlockHashes = {}
    threads = job.threads if len(blocks) > 1 and seeds > _WORTH_A_THREAD else 1
    rows = sum(block.rows for block in blocks)
    with closing(map_tasks(functools.partial(write_block, folder), blocks, threads)) as done:
        for block in done:
            written += block.files
            hashes.setdefault(block.config, {}).setdefault(block.split, []).append(block.hashes)
            job.progress("write", block.hashes["rows"], rows)
    return written, hashes


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

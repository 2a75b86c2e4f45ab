"""`check`: seeds -> which would be published and which rejected. It is the first half of a build; it writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace

import pyarrow as pa

from corpus_vn_police.commands.build.pipeline import Job, gather_parts, process_all, with_latest
from corpus_vn_police.commands.inputs import configured, kept_away
from corpus_vn_police.commands.spooled import Seeds, seeds_at_hand
from corpus_vn_police.config import Corpus
from corpus_vn_police.config.given import Settings
from corpus_vn_police.dataset.tombstones import Tombstones
from corpus_vn_police.dedup import settle_ids
from corpus_vn_police.engine.progress import Progress, silent
from corpus_vn_police.files import scratch_folder
from corpus_vn_police.stages.read import Source, Unpacker, list_input, seeds_in
from corpus_vn_police.state.index import Index
from corpus_vn_police.state.plan import PlannedTask
from corpus_vn_police.write.ledger import ledger_rows, tombstone_rows


def check(
    seeds: Seeds,
    *,
    config: Settings | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Iterator[pa.Table]:
    """Read and validate seeds.

    Args:
        seeds: as for `build`.
        config: as for `build`.
        workers: threads; None is one per processor.
        progress: called with `read`, how many seeds it has just read, and of how many (None if that is not known).

    Returns:
        The ledger's rows, as `check_seeds` gives them.

    Raises:
        ConfigError: an argument, a key of corpus.toml or a line of removed.csv is not allowed.
        InputError: the seeds are missing, or there are none.
    """
    job = Job(workers=workers, progress=progress or silent)
    with ExitStack() as stack:
        source, corpus = configured(stack.enter_context(seeds_at_hand(seeds)), config)
        tables = check_seeds(source, corpus, job, kept_away(source, config))
        return _at_hand(tables, stack.pop_all())


def _at_hand(tables: Iterator[pa.Table], seeds: ExitStack) -> Iterator[pa.Table]:
    """The tables, the seeds at hand until they are read."""
    with seeds:
        yield from tables


def check_seeds(
    seeds: Source | str, corpus: Corpus, job: Job, tombstones: Tombstones | None = None
) -> Iterator[pa.Table]:
    """Read and validate.

    Args:
        seeds: the input; a str is a single one.
        corpus: the settings.
        job: how it runs.
        tombstones: what was taken down; None is nothing.

    Returns:
        The ledger's rows in path order, `published` for what passes; copies are not left out.

    Raises:
        InputError: the input is missing or holds no seeds.
    """
    with _surveyed(seeds, corpus, job) as index:
        settled = settle_ids(index, tombstones or Tombstones())
        order = index.in_path_order()
        yield from ledger_rows(index, order[~settled.removed[order]], settled.published, settled.changes)
        yield from tombstone_rows(settled.tombstones)


def count_dates(seeds: str, corpus: Corpus, job: Job) -> dict[str, int]:
    """How many records each date would have; undated ones are left out.

    Raises:
        InputError: as `check_seeds`.
    """
    with _surveyed(seeds, corpus, job) as index:
        return index.dates()


@contextmanager
def _surveyed(seeds: Source | str, corpus: Corpus, job: Job) -> Iterator[Index]:
    """The index of an input, its parts in a temporary folder."""
    corpus = replace(with_latest(corpus), sources=False)
    listing = list_input(seeds, follow_links=corpus.limits.follow_links)
    tasks = Unpacker(corpus.limits, job.batching).tasks(listing)
    planned = (PlannedTask(f"{number:07d}", task, seeds_in(task)) for number, task in enumerate(tasks))
    with (
        scratch_folder() as folder,
        closing(process_all(planned, listing.seeds, folder, corpus, job, keep_records=False)) as groups,
    ):
        parts = [part for group in groups for done in group for part in done.parts]
        yield gather_parts(folder, parts)

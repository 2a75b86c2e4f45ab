"""Seeds -> what would become of them: the first half of the road, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pyarrow as pa

from corpus_vn_police.build.parquet import ledger_rows, tombstone_rows
from corpus_vn_police.config import Corpus
from corpus_vn_police.dedup import settle_ids
from corpus_vn_police.files import scratch_folder
from corpus_vn_police.known import Planned
from corpus_vn_police.parts import Index
from corpus_vn_police.pipeline import Job, gather_parts, process_all, with_latest
from corpus_vn_police.read import Unpacker, list_input
from corpus_vn_police.tombstones import Tombstones


def check_seeds(seeds: str, corpus: Corpus, job: Job, tombstones: Tombstones | None = None) -> Iterator[pa.Table]:
    """Read and validate.

    Args:
        seeds: the input.
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
def _surveyed(seeds: str, corpus: Corpus, job: Job) -> Iterator[Index]:
    """The index of an input, its parts in a temporary folder."""
    corpus = replace(with_latest(corpus), sources=False)
    listing = list_input(seeds, follow_links=corpus.limits.follow_links)
    tasks = Unpacker(corpus.limits, job.batching).tasks(listing)
    plan = (Planned(f"{number:07d}", task) for number, task in enumerate(tasks))
    with scratch_folder() as folder:
        parts = process_all(plan, listing.seeds, folder, corpus, job, keep_records=False)
        yield gather_parts(folder, parts)

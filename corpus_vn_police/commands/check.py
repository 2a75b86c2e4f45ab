"""`check`: report what a build would make of seeds. It runs the same code as a build, but writes no dataset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from corpus_vn_police.commands.build.decide import Decision, Job, decide, open_parts, with_latest
from corpus_vn_police.commands.build.notes import log_notes, seed_notes
from corpus_vn_police.commands.inputs import configured, kept_away, with_arguments
from corpus_vn_police.commands.spooled import Seeds, seeds_at_hand
from corpus_vn_police.config import Corpus
from corpus_vn_police.config.given import Settings
from corpus_vn_police.dataset.figures import STATUSES
from corpus_vn_police.dataset.tombstones import Tombstones
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.engine.progress import Progress, Reporting, reported, silent
from corpus_vn_police.files import StrPath, scratch_folder
from corpus_vn_police.results import Result
from corpus_vn_police.stages.read import Source, list_input


@dataclass(frozen=True, repr=False, eq=False)
class Check(Result):
    """What a build would make of seeds.

    Attributes:
        seeds: the number of rows in the ledger: one for each seed read, and one for each tombstone without a seed.
        status: how many of these rows have each of the five statuses; their sum is `seeds`.
        splits: how many records each split would have; empty splits are left out.
        ledger: the rows of the ledger in its order, with the columns of `schema/ledger.schema.json`: `path`, `sha256`
            (string), `bytes` (int64), `id`, `status`, `reason`, `pointer`, `detail`, `duplicate_of` (string),
            `similarity` (float64).
        unused: the keys of rows (or headers) that no field is made from, and how many seeds have each; the most
            frequent first, at most 1,000 keys.
        notes: lines of text with what the keeper should know.
    """

    seeds: int
    status: Mapping[str, int]
    splits: Mapping[str, int]
    ledger: pl.DataFrame
    unused: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True if no seed is rejected and at least one record is published: then `build --strict` would succeed."""
        return is_fine(self.status)

    def __eq__(self, other: object) -> bool:
        """True if the other check has the same ledger, counts and notes."""
        return isinstance(other, Check) and self._counts == other._counts and self.ledger.equals(other.ledger)

    def __hash__(self) -> int:
        """The hash of everything but the rows of the ledger."""
        return hash(self._counts)

    @property
    def _counts(self) -> tuple[object, ...]:
        return self.seeds, self.status, self.splits, self.unused, self.notes

    def _shown(self) -> Iterator[tuple[str, Any]]:
        yield from ((name, getattr(self, name)) for name in ("ok", "seeds", "status", "splits", "unused", "notes"))


def is_fine(status: Mapping[str, int]) -> bool:
    """True if no seed is rejected and at least one record is published."""
    return not status.get("rejected") and bool(status.get("published"))


@machine_failures()
def check(
    seeds: Seeds | None = None,
    *,
    config: Settings | None = None,
    workers: int | None = None,
    dedup: str | None = None,
    rows: Mapping[str, str] | None = None,
    fields: Mapping[str, Any] | StrPath | None = None,
    progress: Reporting = None,
) -> Check:
    """Report what `build` would make of seeds; no dataset is written.

    Intermediate data is kept in a temporary folder. If near duplicates are looked for, this includes all texts.
    There is no older build that knows what was taken down, so only `removed.csv` beside corpus.toml is read for that.

    Args:
        seeds: as for `build`; None is the shipped corpus.
        config: as for `build`.
        workers: the number of threads; None is one per processor.
        dedup: `near`, `exact` or `off` (which is quicker); None uses the level in corpus.toml.
        rows: as for `build`.
        fields: as for `build`.
        progress: as for `build`.

    Returns:
        The ledger and the counts. The ledger is held in memory, with about 200 bytes per seed.

    Raises:
        ConfigError: an argument, a key of corpus.toml or a line of removed.csv is not allowed.
        InputError: the input is missing or holds no seeds.
        DiskError: the operating system failed to read or write.
    """
    with (
        reported("check", progress) as moved,
        checking(
            seeds, config=config, workers=workers, dedup=dedup, rows=rows, fields=fields, progress=moved
        ) as decision,
    ):
        found = _gathered(decision)
    log_notes("check", found.notes)
    return found


@contextmanager
def checking(
    seeds: Seeds | None,
    *,
    config: Settings | None = None,
    workers: int | None = None,
    dedup: str | None = None,
    rows: Mapping[str, str] | None = None,
    fields: Mapping[str, Any] | StrPath | None = None,
    progress: Progress | None = None,
) -> Iterator[Decision]:
    """Give what a build would decide about seeds, valid inside the `with` block. Arguments and errors are `check`'s.

    The rows of the ledger are made only when they are iterated, so memory holds no more per seed than in a build.
    """
    job = Job(workers=workers, progress=progress or silent)
    with seeds_at_hand(seeds) as given:
        source, corpus = configured(given, config)
        source, corpus = with_arguments(source, corpus.with_flags(dedup=dedup), rows, fields)
        with _decided(source, corpus, job, kept_away(source, config)) as decision:
            yield decision


def check_seeds(seeds: Source | str, corpus: Corpus, job: Job, tombstones: Tombstones | None = None) -> Check:
    """Report what a build would make of an input.

    Args:
        seeds: the input; a str is a single path or URL.
        corpus: the settings.
        job: how the check runs.
        tombstones: what was taken down; None if nothing was.

    Raises:
        InputError: the input is missing or holds no seeds.
    """
    with _decided(seeds, corpus, job, tombstones or Tombstones()) as decision:
        return _gathered(decision)


@contextmanager
def _decided(seeds: Source | str, corpus: Corpus, job: Job, tombstones: Tombstones) -> Iterator[Decision]:
    """Give what a build would decide; its parts are in a temporary folder."""
    corpus = with_latest(corpus).with_flags(annotations=False)  # annotations do not decide about any seed
    listing = list_input(seeds, follow_links=corpus.limits.follow_links)
    with scratch_folder() as folder, open_parts(folder, listing, corpus, job) as journal:
        yield decide(journal, listing, corpus, job, tombstones, keep_records=False)


def _gathered(decision: Decision) -> Check:
    ledger = pl.concat([pl.DataFrame(table) for table in decision.ledger()])
    counts = dict(ledger["status"].value_counts().iter_rows())
    return Check(
        len(ledger),
        {status: counts.get(status, 0) for status in STATUSES},
        decision.splits,
        ledger,
        decision.unused,
        tuple(seed_notes(decision)),
    )

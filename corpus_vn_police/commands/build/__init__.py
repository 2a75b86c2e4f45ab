"""`build`: seeds -> a dataset in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from corpus_vn_police.commands.build.decide import Job
from corpus_vn_police.commands.build.notes import log_notes
from corpus_vn_police.commands.build.pipeline import run_build
from corpus_vn_police.commands.built.handle import Build
from corpus_vn_police.commands.built.texts import Origin
from corpus_vn_police.commands.inputs import check_apart, configured, kept_away, with_arguments
from corpus_vn_police.commands.spooled import Seeds, seeds_at_hand
from corpus_vn_police.config.given import Settings
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.engine.progress import Reporting, reported
from corpus_vn_police.errors import ConfigError
from corpus_vn_police.files import StrPath
from corpus_vn_police.paths import check_loadable, output_path
from corpus_vn_police.periods import is_day

__all__ = ["build"]


@machine_failures()
def build(
    seeds: Seeds | None = None,
    *,
    out: StrPath,
    config: Settings | None = None,
    workers: int | None = None,
    dedup: str | None = None,
    strict: bool = False,
    date: str | None = None,
    rows: Mapping[str, str] | None = None,
    fields: Mapping[str, Any] | StrPath | None = None,
    progress: Reporting = None,
    resume: bool = True,
    rehash: bool = False,
) -> Build:
    """Turn seeds into a dataset that `datasets.load_dataset` opens.

    Args:
        seeds: a folder, a file, an archive, a glob or an fsspec URL, or a list of these; or rows: a frame of pandas or
            Polars, an Arrow table or reader, a `datasets.Dataset` or `DatasetDict`, or an iterable of dicts; None is
            the shipped corpus.
        out: the folder to write: new, empty, or an older build, which is replaced as a whole.
        config: a corpus.toml; or a dict with its keys, such as `{"splits": {"test_from": "2021-05-01"}}`, in which
            paths are relative to the current folder. Either replaces the corpus.toml of the seeds. None is the one
            in the folder of the seeds, or beside the file, if there is one.
        workers: threads; None is one per processor.
        dedup: `near`, `exact` or `off`; None leaves it to corpus.toml.
        strict: whether rejected seeds make the build fail.
        date: the date of the build, `YYYY-MM-DD`; None is the date of the newest record.
        rows: the keys under which rows have what a seed needs, such as `{"text": "content"}`; None leaves them to
            corpus.toml.
        fields: a JSON Schema whose `properties` become fields of the record, or the path of one; None leaves it to
            corpus.toml.
        progress: None shows a bar on a terminal and in a notebook, True always, False never; or a callable, called
            with a step (`read`, `pair`, `compare`, `write`), how many seeds, bands, texts or rows it has just done,
            and how many there are (None if that is not known). If nobody knows how many seeds the files hold, the
            first step is `read bytes`, and counts the bytes of the files.
        resume: False starts again after an interrupted build.
        rehash: True reads all seeds and writes all files. False skips a seed if its path, size and mtime have not
            changed since the last build into `out` read it, takes over files of Parquet whose records have not changed,
            and does nothing if nothing has changed.

    Returns:
        What was built.

    Raises:
        ConfigError: an argument, a key of corpus.toml or a line of removed.csv is not allowed.
        InputError: the seeds are missing, or there are none.
        OutputError: `out` holds something other than a build, is busy, or has a path that `load_dataset`
            cannot read.
        NothingPublishedError: every seed is rejected; `out` is not changed.
        RejectedError: `strict` is True, and a seed is rejected; `out` is not changed.
        DiskError: the operating system failed to read or write.
    """
    target = output_path(out)  # a link stays a link, and the build is written where it leads
    check_loadable(target)
    job = Job(workers=workers, strict=strict, date=_day(date), resume=resume, rehash=rehash)
    with reported("build", progress) as moved, seeds_at_hand(seeds) as given:
        source, corpus = configured(given, config)
        check_apart(source, target.path)
        source, corpus = with_arguments(source, corpus.with_flags(dedup=dedup), rows, fields)
        built = run_build(source, target, corpus, replace(job, progress=moved), kept_away(source, config))
    log_notes("build", built.notes)
    return replace(built, _origin=Origin.of(seeds, config))


def _day(date: str | None) -> str | None:
    """The date of a build, checked."""
    if date is not None and not is_day(date):
        raise ConfigError(f"date = {date!r} is not a day of the calendar", "write YYYY-MM-DD")
    return date

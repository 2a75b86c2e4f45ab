"""The functions of the package, as Python calls them; the command line calls the same."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from corpus_vn_police.config import FILE_NAME, REMOVED_NAME, Corpus, is_period, load_config
from corpus_vn_police.diff import Difference, compare
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.errors import ConfigError, InputError
from corpus_vn_police.pipeline import Build, Job, Progress, run_build
from corpus_vn_police.places import check_loadable, output_path, unnamable
from corpus_vn_police.remote import local_copy
from corpus_vn_police.remove import Removal, Takedown, run_remove
from corpus_vn_police.report import MOST_TEXTS, Asked, Page, write_report
from corpus_vn_police.shipped import shipped_corpus, shipped_seeds
from corpus_vn_police.sources import Sources, write_sources
from corpus_vn_police.tombstones import Tombstones, read_removed
from corpus_vn_police.verify import Report
from corpus_vn_police.verify import verify as verify_folder

if TYPE_CHECKING:
    from corpus_vn_police.publish import Publication

StrPath = str | os.PathLike[str]


@machine_failures()
def build(
    seeds: StrPath | None = None,
    *,
    out: StrPath,
    config: StrPath | None = None,
    workers: int | None = None,
    dedup: str | None = None,
    strict: bool = False,
    date: str | None = None,
    progress: Progress | None = None,
    resume: bool = True,
    rehash: bool = False,
) -> Build:
    """Turn seeds into a dataset that `datasets.load_dataset` opens.

    Args:
        seeds: a folder, a file, an archive, a glob or an fsspec URL; None is the shipped corpus.
        out: the folder to write: new, empty, or an older build, which is replaced as a whole.
        config: a corpus.toml; None is the one in the folder of the seeds (beside a file), if
            there is one.
        workers: threads; None is one per processor.
        dedup: `near`, `exact` or `off`; None leaves it to corpus.toml.
        strict: whether rejected seeds make the build fail.
        date: the build's date, `YYYY-MM-DD`; None is the newest record's.
        progress: called with a step (`read`, `write`), how many seeds or rows it has just done, and
            of how many (None where that is not known).
        resume: False forgets what an earlier build that was interrupted has done.
        rehash: True reads all seeds; else those whose path, size and mtime are as they were when the last
            build into `out` read them are not read again.

    Returns:
        What the build came to.

    Raises:
        ConfigError: an argument, a key of corpus.toml or a line of removed.csv is not allowed.
        InputError: the seeds are missing, or there are none.
        OutputError: `out` holds something else than a build, is busy, or has a path that `load_dataset`
            cannot read.
        NothingPublishedError: every seed is rejected; `out` is left as it was.
        RejectedError: `strict`, and a seed is rejected; `out` is left as it was.
        DiskError: the operating system failed to read or write.
    """
    target = output_path(out)  # a link stays a link, and the build goes where it leads
    check_loadable(out, target)
    source, corpus = configured(seeds, config)
    check_apart(source, target)
    job = Job(
        workers=workers,
        strict=strict,
        date=_day(date),
        progress=progress or (lambda step, done, total: None),
        resume=resume,
        rehash=rehash,
    )
    tombstones = kept_away(source, config)
    built = run_build(source, target, corpus.with_flags(dedup=dedup), job, tombstones)
    return replace(built, out=os.fspath(out))


@machine_failures()
def remove(
    folder: StrPath,
    ids: str | Iterable[str],
    *,
    reason: str,
    near: float | None = None,
    seeds: StrPath | None = None,
    version: str | None = None,
    progress: Progress | None = None,
) -> Removal:
    """Take records down: out of a build, and kept away from those that follow it.

    What had been left out as a copy of them goes along. No seeds are read; no other record moves.

    Args:
        folder: a build on this machine, which is replaced as a whole.
        ids: the id of a record, or of a seed that was not published; or several.
        reason: why, in a line; it is written beside the seeds, never into the build.
        near: published records whose Jaccard similarity with one of these is as high or higher go along;
            None takes none along.
        seeds: the folder of the seeds, where `removed.csv` and `CHANGES.md` are to say so; None writes
            neither.
        version: the version of what is left, three numbers: a published version must be followed by a
            higher one; None keeps it.
        progress: called with a step (`write`), how many rows it has just done, and of how many (None).

    Returns:
        What it came to. Ids that had been taken down before change nothing.

    Raises:
        InputError: an id is not in the ledger; nothing was changed.
        ConfigError: an argument, or a line of removed.csv, is not allowed.
        OutputError: the folder is no build, is damaged, or is busy.
        NothingPublishedError: no record would be left; nothing was changed.
        DiskError: the operating system failed to read or write.
    """
    target = output_path(folder, "DIR")
    if seeds is not None:
        check_apart(os.fspath(seeds), target)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    named = frozenset([ids] if isinstance(ids, str) else ids)
    asked = Takedown(named, " ".join(reason.split()), today, near, None if seeds is None else Path(seeds), version)
    removal = run_remove(target, asked, progress or (lambda step, done, total: None))
    return replace(removal, out=os.fspath(folder))


@machine_failures()
def verify(folder: StrPath) -> Report:
    """Check a build: digests, schema of every row, ledger balance, configs aligned, copies and leaks.

    Args:
        folder: a folder, or the fsspec URL of one (`hf://datasets/user/name`), which is fetched.

    Raises:
        OutputError: the folder is no build (it has no manifest).
        DiskError: the URL cannot be fetched.
    """
    with local_copy(os.fspath(folder)) as local:
        return verify_folder(local)


@machine_failures()
def publish(
    folder: StrPath,
    repo: str,
    *,
    private: bool = False,
    dry_run: bool = False,
    purge_history: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Publication:
    """Publish a build to a dataset repository on the Hub: one commit, tagged `v` + the version of the data.

    Only what differs from `main` is sent; what the manifest does not list is deleted in the same commit.
    The token is that of `huggingface_hub`: `HF_TOKEN`, or `hf auth login`.

    Args:
        folder: a build on this machine.
        repo: `user/name` or `hf://datasets/user/name`; made where it is not there.
        private: whether a repository that is made is private; one that is there stays as it is.
        dry_run: True changes nothing, and tells what would be.
        purge_history: True makes `main` one commit afterwards, and deletes other tags and the stored files
            that it does not refer to, for good.
        tell: called with a line of news, such as a retry, while it goes on; None tells nobody.

    Returns:
        What it came to. Where the repository holds the build already there is no commit.

    Raises:
        ConfigError: `repo` is no name of a repository, or the Hub refuses the card.
        UnverifiedError: `verify` finds something; nothing was sent.
        OutputError: the folder is no build or changed meanwhile, or the version is not above the one
            that is published; nothing was sent.
        AccessError: there is no token, or the Hub does not let it do this.
        HubError: the Hub failed for good after retries, or somebody else committed meanwhile.
        DiskError: the operating system failed to read.
    """
    from corpus_vn_police.publish import run_publish  # it imports the Hub's client
    from corpus_vn_police.publish.notes import Asked

    return run_publish(Path(folder), Asked(repo, private, dry_run, purge_history), tell or (lambda line: None))


@machine_failures()
def sources(folder: StrPath, *, out: StrPath, progress: Progress | None = None) -> Sources:
    """Write the published seeds of a build back, byte for byte.

    Text files come back under their path, a compressed one without its `.gz` or `.zst`; rows as the
    lines of their file, in the order of their numbers, those of `x.parquet` in `x.parquet.jsonl`;
    members of archives in a folder with the archive's name. A path that cannot stand below `out`
    as it is (it leads out of it, is too long, or is taken) goes into `out/renamed/`.

    Args:
        folder: a build.
        out: the folder to write: new or empty. It is there whole, or not at all.
        progress: called with `write`, how many seeds it has just written, and of how many.

    Returns:
        What was written.

    Raises:
        OutputError: `folder` is no build, or `out` holds something.
        InputError: the build was made without the config "sources".
        DamagedError: the build cannot be read, or a seed's bytes are not those of its record.
        DiskError: the operating system failed to read or write.
    """
    target = output_path(out)
    written = write_sources(Path(folder), target, progress or (lambda step, done, total: None))
    return replace(written, out=os.fspath(out))


@machine_failures()
def report(
    folder: StrPath,
    *,
    out: StrPath,
    seeds: StrPath | None = None,
    config: StrPath | None = None,
    sample: int = MOST_TEXTS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Page:
    """Write a page for the keeper's own eyes: figures, charts, the ledger, records, what was left out.

    Never publish it: it shows what was rejected and left out. The same build and input give the same page.

    Args:
        folder: a build on this machine.
        out: the file to write, outside the build; it is there whole, or as it was.
        seeds: the input, for the texts of seeds that were left out, which a build does not hold; None
            leaves them out.
        config: a corpus.toml, whose `removed.csv` is heeded; None is the one beside the seeds.
        sample: texts of records, and of seeds that were left out, at most; 0 to 1,000.
        seed: another one draws other texts.
        progress: called with `texts`, how many it has just gathered, and of how many (None).

    Returns:
        What was written.

    Raises:
        ConfigError: an argument, corpus.toml or a line of removed.csv is not allowed; or `out` lies
            in the build or where the seeds are.
        OutputError: `folder` is no build.
        DamagedError: the build cannot be read.
        InputError: the seeds are missing, or there are none.
        DiskError: the operating system failed to read or write.
    """
    target = output_path(out)
    source = None if seeds is None else configured(seeds, config)[0]
    if source is not None:
        check_apart(source, target)
    asked = Asked(
        seeds=source,
        sample=sample,
        seed=seed,
        tombstones=Tombstones() if source is None else kept_away(source, config),
        progress=progress or (lambda step, done, total: None),
    )
    page = write_report(Path(folder), target, asked)
    return replace(page, out=os.fspath(out))


@machine_failures()
def diff(old: StrPath, new: StrPath) -> Difference:
    """Compare the records of two builds by their ids.

    Returns:
        The records that were added, removed, changed (and in which fields), or moved to another
        split.

    Raises:
        OutputError: one of the two is no build.
        DamagedError: one of them cannot be read, or has an id twice.
        DiskError: the operating system failed to read.
    """
    return compare(Path(old), Path(new))


def configured(seeds: StrPath | None, config: StrPath | None) -> tuple[str, Corpus]:
    """The input, and the settings that go with it.

    Raises:
        ConfigError: corpus.toml is broken, or missing where it was named.
        InputError: a path is no text that the system could name.
    """
    if seeds is None:
        corpus = shipped_corpus() if config is None else load_config(Path(config))
        return str(shipped_seeds()), corpus
    source = os.fspath(seeds)
    if wrong := unnamable(source):
        raise InputError(f"{source!r} {wrong}", "give a folder of seeds, a file, an archive, a glob or a URL")
    if config is not None:
        return source, load_config(Path(config))
    folder = _beside(source)
    beside = None if folder is None else folder / FILE_NAME
    corpus = load_config(beside if beside and os.path.lexists(beside) else None)
    if corpus.limits.follow_links:
        raise ConfigError(
            f"{beside}: limits.follow_links is not taken from a file that comes with the seeds",
            f"if you know where their links lead: --config {beside}",
        )
    return source, corpus


def kept_away(source: str, config: StrPath | None) -> Tombstones:
    """What `removed.csv` says was taken down: that beside corpus.toml, or where it would stand.

    Raises:
        ConfigError: a line of it is not what it should be.
    """
    folder = Path(config).parent if config is not None else _beside(source)
    return Tombstones() if folder is None else read_removed(folder / REMOVED_NAME)


def _beside(source: str) -> Path | None:
    """The folder in which the settings of an input are looked for; None for a URL and a glob."""
    # os.path answers False where pathlib raises, as for a path that is too long.
    if "://" in source or not os.path.exists(source):  # noqa: PTH110
        return None
    return Path(source if os.path.isdir(source) else os.path.dirname(source))  # noqa: PTH112, PTH120


def check_apart(seeds: str, out: Path) -> None:
    """Refuse an output inside the seeds, where the next build would read it, or around them.

    Raises:
        ConfigError: one folder lies in the other.
    """
    source = Path(os.path.realpath(seeds.removeprefix("file://")))
    inside = os.path.isdir(source) and (out.is_relative_to(source) or source.is_relative_to(out))  # noqa: PTH112
    if inside or out == source:
        raise ConfigError(f"--out {out} and the seeds {seeds} lie in one another", "give --out beside the seeds")


_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(date: str | None) -> str | None:
    if date is not None and not (_DAY.fullmatch(date) and is_period(date)):
        raise ConfigError(f"date = {date!r} is no day of the calendar", "write YYYY-MM-DD")
    return date

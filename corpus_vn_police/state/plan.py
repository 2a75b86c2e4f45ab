"""Decide which seeds of an input need not be read again, and make the tasks that read the others.

A seed is not read again if it has not changed: name, size and mtime (ns) of its file are the same as when it
was read, and the file is older than that build. A file with many seeds is read completely or not at all; but if a
build was interrupted in such a file, its finished tasks are used again.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import itertools
import os
import time
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from corpus_vn_police.config import Corpus, Limits
from corpus_vn_police.contract import canonical_json, schema_digests
from corpus_vn_police.stages.read import Batching, Listing, Members, Skipped, Task, Texts, Unpacker, seeds_in
from corpus_vn_police.stages.read.listing import display
from corpus_vn_police.state.known import DoneTask, FileContents, KnownParts, TaskKey
from corpus_vn_police.state.parts import INDEX, Part, read_stamps
from corpus_vn_police.state.stamps import UNKNOWN, Stamps, stamps_of
from corpus_vn_police.version import __version__

_WORTH_KEEPING = 0.5  # of a part's seeds; if fewer are current, they are read again
_NO_SEEDS = Members((), ())


@dataclass(frozen=True)
class Plan:
    """The plan for reading an input.

    Attributes:
        known: what is known about this input as it is now; for unread files, only their tasks.
        reused: the parts that are used as they are.
        unread: the files whose tasks are planned.
        skipped: what was skipped, without what will be skipped in the unread files.
        started: when this build began, in ns since 1970; a file that is not older may change unnoticed.
    """

    known: KnownParts
    reused: tuple[Part, ...]
    unread: Listing
    skipped: Skipped
    started: int


@dataclass(frozen=True)
class PlannedTask:
    """A task, and its parts if an earlier build did it.

    Attributes:
        name: the beginning of its parts' names.
        task: the seeds to read.
        seeds: how many seeds it has.
        stamps: the stamp of each text file; None for other tasks.
        key: the key of the task; None for text files, and if the stamp of its file cannot be trusted.
        contents: the contents of its file, if it is the last task of a file with many seeds; otherwise None.
        parts: its parts, if an earlier build did it; None if it must be done now.
        bytes: the number of bytes of its files that it takes up; 0 if the number of seeds is known.
    """

    name: str
    task: Task
    seeds: int
    stamps: Stamps | None = None
    key: TaskKey | None = None
    contents: FileContents | None = None
    parts: tuple[Part, ...] | None = None
    bytes: int = 0

    def done(self, parts: tuple[Part, ...]) -> DoneTask:
        """The task as done, once its seeds are in parts."""
        has_stamps, reused = self.stamps is not None, self.parts is not None
        return DoneTask(self.seeds, parts, has_stamps, self.key, self.contents, reused, self.bytes)


def fingerprint(listing: Listing, corpus: Corpus) -> str:
    """A digest (hex) of what parts depend on besides the seeds: version, schemas, settings, columns, place of input."""
    limits = {key: value for key, value in corpus.reading["limits"].items() if key != "latest"}
    settings = {**corpus.reading, "dedup": {"level": corpus.dedup.level}, "limits": limits}
    depends = {
        "version": __version__,
        "rensa": importlib.metadata.version("rensa"),
        "unicode": unicodedata.unidata_version,
        "schemas": schema_digests(corpus.contracts),
        "settings": settings,
        "columns": {name: str(kind) for name, kind in INDEX.items()},
        "roots": {name: _whole(place) for name, place in (listing.root.mounts or {"": listing.root.at}).items()},
        "own": listing.own,
    }
    return hashlib.sha256(canonical_json(depends)).hexdigest()


def _whole(place: str) -> str:
    """The absolute path or URL of a place."""
    return place if "://" in place else display(os.path.realpath(place))


def plan_reading(known: KnownParts, folder: Path, listing: Listing) -> Plan:
    """Decide which parts can be used unchanged, and which files must be read.

    Args:
        known: what earlier builds have read.
        folder: the folder of the parts.
        listing: the input.

    Raises:
        DiskError: a part is damaged.
    """
    started = time.time_ns()
    texts, unread = _current_texts(known, folder, listing, started)
    names = [name for name in listing.names if not _is_text(listing, name)]
    stamps = stamps_of(listing, names, started).tolist()
    reused, files, skipped = list(texts), {}, listing.skipped
    for name, stamp in zip(names, stamps, strict=True):
        parts = known.parts_of_file(stamp)
        if parts is None:
            unread.add(name)
        else:
            reused += parts
            files[stamp] = known.files[stamp]
            skipped += known.files[stamp].skipped
    here = set(stamps)
    tasks = {key: parts for key, parts in known.tasks.items() if key[0] in here}
    to_read = tuple(name for name in listing.names if name in unread)
    return Plan(
        KnownParts(texts, tasks, files),
        tuple(reused),
        replace(listing, names=to_read, skipped=Skipped()),
        skipped,
        started,
    )


def _current_texts(
    known: KnownParts, folder: Path, listing: Listing, started: int
) -> tuple[tuple[Part, ...], set[str]]:
    """The parts of text files with enough current seeds, and the text files that are in none of them."""
    texts = [name for name in listing.names if _is_text(listing, name)]
    if not known.texts:
        return (), set(texts)  # a look at each file would take 3 us, for nothing
    stamps = stamps_of(listing, texts, started)
    wanted = stamps[stamps != UNKNOWN]
    kept, held = [], [np.empty(0, np.uint64)]
    for part in known.texts:
        part_stamps = read_stamps(folder, part)
        part = replace(part, current=np.isin(part_stamps, wanted))
        if len(part.current_rows) >= _WORTH_KEEPING * part.seeds:
            kept.append(part)
            held.append(part_stamps)
            # A failed build may have read seeds again that are in an older part; only one of them counts.
            wanted = np.setdiff1d(wanted, part_stamps)
    unread = ~np.isin(stamps, np.concatenate(held)) | (stamps == UNKNOWN)
    return tuple(kept), set(itertools.compress(texts, unread))


def planned_tasks(plan: Plan, limits: Limits, batching: Batching) -> Iterator[PlannedTask]:
    """The tasks of the unread files, in their order.

    Args:
        plan: the plan, with the files to read.
        limits: the limits on seeds.
        batching: the limits on the size of a task.
    """
    part_names = (f"{plan.started:x}-{number:07d}" for number in itertools.count())
    for is_text, names in itertools.groupby(plan.unread.names, lambda name: _is_text(plan.unread, name)):
        if is_text:
            texts = replace(plan.unread, names=tuple(names))
            for task in Unpacker(limits, batching).tasks(texts):
                stamps = stamps_of(texts, list(task.names), plan.started) if isinstance(task, Texts) else None
                size = bytes_of(texts, task.names) if isinstance(task, Texts) and texts.seeds is None else None
                yield PlannedTask(next(part_names), task, seeds_in(task), stamps, bytes=size or 0)
        else:
            for name in names:
                yield from _tasks_of_file(plan, name, Unpacker(limits, batching), part_names)


def _tasks_of_file(plan: Plan, name: str, unpacker: Unpacker, part_names: Iterator[str]) -> Iterator[PlannedTask]:
    """The tasks of a file with many seeds."""
    stamp = int(stamps_of(plan.unread, [name], plan.started)[0])
    file_seeds = place = 0
    tasks = unpacker.tasks(replace(plan.unread, names=(name,)))
    for number, (task, read_to, is_last) in enumerate(_with_last((task, unpacker.place) for task in tasks)):
        key = None if stamp == UNKNOWN else (stamp, number)
        seeds = seeds_in(task)
        file_seeds += seeds
        contents = FileContents(number + 1, file_seeds, unpacker.skipped) if is_last else None
        parts = None if key is None else plan.known.parts_of_task(key, seeds)
        read_to = unpacker.place if is_last else read_to
        yield PlannedTask(next(part_names), task, seeds, None, key, contents, parts, read_to - place)
        place = read_to


def bytes_of(listing: Listing, names: Iterable[str]) -> int | None:
    """The bytes of some files of an input; None if they are not known, as behind a URL."""
    places = [listing.root.on_disk(name) for name in names if name not in listing.refused]
    try:
        return sum(os.stat(place).st_size for place in places if place is not None) if None not in places else None  # noqa: PTH116
    except OSError:
        return None


def _with_last(tasks: Iterator[tuple[Task, int]]) -> Iterator[tuple[Task, int, bool]]:
    """The tasks of a file, how far it is read with each, and True if it is the last one.

    For a file without tasks there is one task without seeds.

    A task is returned only after the next one was cut, or the file has ended. If the machine fails while reading, the
    last task was cut short before the error is raised. It must then not be recorded under the key that the complete
    task would have had.
    """
    before: tuple[Task, int] | None = None
    for task in tasks:
        if before is not None:
            yield *before, False
        before = task
    yield *(before or (_NO_SEEDS, 0)), True


def _is_text(listing: Listing, name: str) -> bool:
    return listing.kind(name) == "text" or name in listing.refused

"""Which seeds of an input need not be read again, and the tasks that read the others.

A seed is not read again if it has not changed: name, size and mtime (ns) of its file are the same as when it
was read, and the file is older than that build. A file with many seeds is read as a whole or not at all; but if a
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

_WORTH_KEEPING = 0.5  # of a part's seeds; if fewer are current, these are read again
_NO_SEEDS = Members((), ())


@dataclass(frozen=True)
class Plan:
    """What becomes of an input.

    Attributes:
        known: what is known of this input as it is now; of an unread file the tasks alone.
        reused: the parts that are used as they are.
        unread: the files whose tasks are planned.
        skipped: what was passed over, but for what is passed over in the unread files.
        started: when this build began, in ns since 1970; a file that is not older may change unseen.
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
        name: what the names of its parts begin with.
        task: the seeds.
        seeds: how many it has.
        stamps: the stamp of each text file; None for other tasks.
        key: what the task is known by; None for text files, and if the stamp of its file cannot be trusted.
        contents: what its file holds, if it is the last task of a file of many seeds.
        parts: its parts if an earlier build did it; None if it is to be done.
        bytes: how many bytes of its files it takes up; 0 if the number of seeds is known.
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
        """The task once its seeds are in parts."""
        has_stamps, reused = self.stamps is not None, self.parts is not None
        return DoneTask(self.seeds, parts, has_stamps, self.key, self.contents, reused, self.bytes)


def fingerprint(listing: Listing, corpus: Corpus) -> str:
    """What parts depend on beside the seeds, as hex: version, schemas, settings, columns, and where the input is."""
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
    """A place by its whole path, or its URL."""
    return place if "://" in place else display(os.path.realpath(place))


def plan_reading(known: KnownParts, folder: Path, listing: Listing) -> Plan:
    """Say which parts can be used as they are, and which files are to be read.

    Args:
        known: what earlier builds have read.
        folder: where the parts are.
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
    """The parts of text files of which enough is current, and the text files that are in none of them."""
    texts = [name for name in listing.names if _is_text(listing, name)]
    if not known.texts:
        return (), set(texts)  # 3 us a file to ask, for nothing
    stamps = stamps_of(listing, texts, started)
    wanted = stamps[stamps != UNKNOWN]
    kept, held = [], [np.empty(0, np.uint64)]
    for part in known.texts:
        part_stamps = read_stamps(folder, part)
        part = replace(part, current=np.isin(part_stamps, wanted))
        if len(part.current_rows) >= _WORTH_KEEPING * part.seeds:
            kept.append(part)
            held.append(part_stamps)
            # A build that failed may have read anew what an older part holds: one of them counts.
            wanted = np.setdiff1d(wanted, part_stamps)
    unread = ~np.isin(stamps, np.concatenate(held)) | (stamps == UNKNOWN)
    return tuple(kept), set(itertools.compress(texts, unread))


def planned_tasks(plan: Plan, limits: Limits, batching: Batching) -> Iterator[PlannedTask]:
    """The tasks of the unread files, in their order.

    Args:
        plan: which files.
        limits: what is refused.
        batching: how large a task may be.
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
    """The tasks of a file of many seeds."""
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
    """The tasks of a file and how far it is read, each with whether it is the last one.

    Of a file without tasks there is one without seeds.

    A task comes once the next one was cut as well, or the file has ended: if reading fails for the machine's
    sake, the last task is cut short before that is raised, and must not be known as the one that it would
    have been.
    """
    before: tuple[Task, int] | None = None
    for task in tasks:
        if before is not None:
            yield *before, False
        before = task
    yield *(before or (_NO_SEEDS, 0)), True


def _is_text(listing: Listing, name: str) -> bool:
    return listing.kind(name) == "text" or name in listing.refused

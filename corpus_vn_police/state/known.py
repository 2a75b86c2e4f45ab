"""What builds have read from an input, as values: the journal keeps them for the next build."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from corpus_vn_police.stages.read import Skipped
from corpus_vn_police.state.parts import Part

TaskKey = tuple[int, int]
"""What a task is known by: the stamp of the file that it was cut from, and its number in that file, from 0."""


@dataclass(frozen=True)
class FileContents:
    """What a file of many seeds holds; known once it was read to its end.

    Attributes:
        tasks: into how many tasks it was cut.
        seeds: how many seeds are in these.
        skipped: what was passed over in it.
    """

    tasks: int
    seeds: int
    skipped: Skipped = field(default_factory=Skipped)


@dataclass(frozen=True)
class DoneTask:
    """A task whose seeds are in their parts.

    Attributes:
        seeds: how many seeds were read.
        parts: where they are.
        has_stamps: whether the parts have a stamp for each seed, as those of text files do.
        key: what the task is known by; None if nothing can be remembered of it, and of text files.
        contents: what its file holds, if it is the last task of a file of many seeds.
        reused: whether an earlier build did it, so that nothing was read now.
        bytes: how many bytes of its files it takes up; 0 if nobody counts them.
    """

    seeds: int
    parts: tuple[Part, ...]
    has_stamps: bool = False
    key: TaskKey | None = None
    contents: FileContents | None = None
    reused: bool = False
    bytes: int = 0

    @property
    def lasting(self) -> bool:
        """Whether the next build may use it again.

        A part of text files says of each seed whether it may. Of other tasks none of the seeds may need to be
        read again: then the whole file is.
        """
        return self.has_stamps or (self.key is not None and not any(part.read_again for part in self.parts))


@dataclass(frozen=True)
class KnownParts:
    """Parts whose seeds need not be read again as long as their files do not change.

    Attributes:
        texts: parts of text files.
        tasks: the parts of each task of a file of many seeds.
        files: what such a file holds, by its stamp; only of files that were read to their end.
    """

    texts: tuple[Part, ...] = ()
    tasks: Mapping[TaskKey, tuple[Part, ...]] = field(default_factory=dict)
    files: Mapping[int, FileContents] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Part]:
        """All parts."""
        return itertools.chain(self.texts, *self.tasks.values())

    def parts_of_task(self, key: TaskKey, seeds: int) -> tuple[Part, ...] | None:
        """The parts of a task; None unless they hold as many seeds as the task."""
        parts = self.tasks.get(key, ())
        return parts if sum(part.seeds for part in parts) == seeds else None

    def parts_of_file(self, stamp: int) -> tuple[Part, ...] | None:
        """The parts of a file of many seeds; None unless they hold all of its seeds."""
        contents = self.files.get(stamp)
        if contents is None:
            return None
        parts = tuple(part for number in range(contents.tasks) for part in self.tasks.get((stamp, number), ()))
        return parts if sum(part.seeds for part in parts) == contents.seeds else None

    def with_done(self, done: Iterable[DoneTask]) -> KnownParts:
        """These and the parts of tasks that were done; files that are not known to their end are left out."""
        lasting = [task for task in done if task.lasting]
        texts = (*self.texts, *(part for task in lasting if task.has_stamps for part in task.parts))
        keyed = [(task.key, task) for task in lasting if task.key is not None]
        tasks = {**self.tasks, **{key: task.parts for key, task in keyed}}
        files = {**self.files, **{key[0]: task.contents for key, task in keyed if task.contents is not None}}
        known = KnownParts(texts, tasks, files)
        whole = {stamp: contents for stamp, contents in files.items() if known.parts_of_file(stamp) is not None}
        return KnownParts(texts, {key: parts for key, parts in tasks.items() if key[0] in whole}, whole)

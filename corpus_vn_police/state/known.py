"""What builds have read from an input, as values; the journal keeps them for the next build."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from corpus_vn_police.stages.read import Skipped
from corpus_vn_police.state.parts import Part

TaskKey = tuple[int, int]
"""The key of a task: the stamp of the file that it was cut from, and its number in that file, from 0."""


@dataclass(frozen=True)
class FileContents:
    """The contents of a file with many seeds; known after it was read to its end.

    Attributes:
        tasks: the number of tasks that it was cut into.
        seeds: the number of seeds in them.
        skipped: what was skipped in it.
    """

    tasks: int
    seeds: int
    skipped: Skipped = field(default_factory=Skipped)


@dataclass(frozen=True)
class DoneTask:
    """A task that is done: its seeds are in parts.

    Attributes:
        seeds: how many seeds were read.
        parts: the parts that hold them.
        has_stamps: True if the parts have a stamp for each seed, as for text files.
        key: the key of the task; None for text files, and if the task cannot be remembered.
        contents: the contents of its file, if it is the last task of a file with many seeds; otherwise None.
        reused: True if an earlier build did it, so that nothing was read now.
        bytes: the number of bytes of its files that it takes up; 0 if they are not counted.
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

        For text files, their parts say it of each seed. For other tasks, no seed may need to be read again,
        because then the whole file is.
        """
        return self.has_stamps or (self.key is not None and not any(part.read_again for part in self.parts))


@dataclass(frozen=True)
class KnownParts:
    """Parts whose seeds need not be read again, as long as their files do not change.

    Attributes:
        texts: parts of text files.
        tasks: the parts of each task of files with many seeds.
        files: the contents of such files, by their stamps; only for files that were read to their end.
    """

    texts: tuple[Part, ...] = ()
    tasks: Mapping[TaskKey, tuple[Part, ...]] = field(default_factory=dict)
    files: Mapping[int, FileContents] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Part]:
        """All parts."""
        return itertools.chain(self.texts, *self.tasks.values())

    def parts_of_task(self, key: TaskKey, seeds: int) -> tuple[Part, ...] | None:
        """The parts of a task; None if they do not have as many seeds as the task."""
        parts = self.tasks.get(key, ())
        return parts if sum(part.seeds for part in parts) == seeds else None

    def parts_of_file(self, stamp: int) -> tuple[Part, ...] | None:
        """The parts of a file with many seeds; None if they do not have all of its seeds."""
        contents = self.files.get(stamp)
        if contents is None:
            return None
        parts = tuple(part for number in range(contents.tasks) for part in self.tasks.get((stamp, number), ()))
        return parts if sum(part.seeds for part in parts) == contents.seeds else None

    def with_done(self, done: Iterable[DoneTask]) -> KnownParts:
        """These parts, and those of tasks that were done; files that were not read to their end are left out."""
        lasting = [task for task in done if task.lasting]
        texts = (*self.texts, *(part for task in lasting if task.has_stamps for part in task.parts))
        keyed = [(task.key, task) for task in lasting if task.key is not None]
        tasks = {**self.tasks, **{key: task.parts for key, task in keyed}}
        files = {**self.files, **{key[0]: task.contents for key, task in keyed if task.contents is not None}}
        known = KnownParts(texts, tasks, files)
        whole = {stamp: contents for stamp, contents in files.items() if known.parts_of_file(stamp) is not None}
        return KnownParts(texts, {key: parts for key, parts in tasks.items() if key[0] in whole}, whole)

"""What earlier builds have read already: parts in `.OUT.state/`, and the journals that know them.

A seed that has not changed is not read again: path, size and mtime (ns) agree with those it was
read with, and the mtime is older than that build. A file that holds many seeds counts as one; where
a build was interrupted in it, those of its tasks that were done are used again.

A journal is lines of JSON. `done` is that of the last build that was written whole, `begun` has a line
for each task of a build under way. A line that was cut, or whose part files do not have the size that it
says, counts as if it were not there.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import itertools
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus_vn_police.config import Corpus
from corpus_vn_police.contract import canonical_json, schema_digests
from corpus_vn_police.dataset.tombstones import Tombstones
from corpus_vn_police.stages.read import Listing, Skipped, Task, Texts, Unpacker, kind_of, seeds_in
from corpus_vn_police.stages.read.listing import display
from corpus_vn_police.state.parts import ENDINGS, UNKNOWN, Part, Stamps, read_stamps
from corpus_vn_police.version import __version__

_DONE, _BEGUN = "done", "begun"
_WORTH_KEEPING = 0.5  # of a part's seeds; below it those that still count are read again

Origin = tuple[int, int]
"""The stamp of a file that holds many seeds, and the number of one of its tasks."""


@dataclass(frozen=True)
class Planned:
    """A task that has to be run.

    Attributes:
        name: what its parts' names begin with.
        task: the seeds.
        stamps: of each text file its stamp, `UNKNOWN` where it is not to be trusted; None for other
            tasks.
        origin: where it is cut from; None for text files.
    """

    name: str
    task: Task
    stamps: Stamps | None = None
    origin: Origin | None = None


@dataclass
class Known:
    """The parts that still hold, and those that come to be known.

    Attributes:
        folder: where parts and journals are.
        head: what parts depend on beside the seeds: with another one all are forgotten.
        texts: parts of text files.
        tasks: parts of files that hold many seeds.
        wholes: of each such file, by stamp, that was read to its end how many tasks it has, and how
            many names were passed over in it (hidden, other).
        started: when this build began, in ns since 1970; a file that is not older may change unseen.
    """

    folder: Path
    head: dict[str, str]
    texts: list[Part] = field(default_factory=list)
    tasks: dict[Origin, list[Part]] = field(default_factory=dict)
    wholes: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    started: int = field(default_factory=time.time_ns)

    @classmethod
    def open(cls, folder: Path, listing: Listing, corpus: Corpus, *, resume: bool, rehash: bool) -> Known:
        """Read the journals; forget what no longer holds.

        Args:
            folder: made where it is missing; files in it that no journal knows are deleted.
            listing: the input.
            corpus: the settings, `[limits] latest` filled in.
            resume: False forgets what a build that was interrupted has done.
            rehash: True forgets all.
        """
        folder.mkdir(exist_ok=True)
        known = cls(folder, _head(listing, corpus))
        for name, wanted in ((_DONE, not rehash), (_BEGUN, resume and not rehash)):
            if wanted:
                known._read(folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
        known._sweep()
        begun = folder / _BEGUN
        if begun.exists() and not begun.read_bytes().endswith(b"\n"):
            with begun.open("a", encoding="ascii") as journal:
                journal.write("\n")  # so that nothing is written on after a line that was cut
        known._append(known.head)
        return known

    def _read(self, path: Path) -> None:
        lines = list(_lines(path))
        heads = [line for line in lines if "fingerprint" in line]
        # Each build that went on in it has a head of its own. A later day may let a seed in that was
        # refused; an earlier one would have to put some out.
        if not heads or heads[0] is not lines[0] or not all(self._holds(head) for head in heads):
            path.unlink(missing_ok=True)
            return
        for line in lines:
            try:
                self._take(line)
            except (KeyError, TypeError, ValueError):  # JSON, but none of ours
                continue

    def _holds(self, head: dict[str, Any]) -> bool:
        return head["fingerprint"] == self.head["fingerprint"] and str(head.get("latest")) <= self.head["latest"]

    def _take(self, line: dict[str, Any]) -> None:
        if "whole" in line:
            tasks, hidden, other = map(int, line["counts"])
            self.wholes[int(line["whole"])] = (tasks, hidden, other)
            return
        if "parts" not in line:
            return
        parts = [Part(name, seeds) for name, seeds, size in line["parts"] if _size(self.folder, name) == size]
        if len(parts) < len(line["parts"]):
            return
        if line["origin"] is None:
            self.texts += parts
        else:
            stamp, number = map(int, line["origin"])
            self.tasks[stamp, number] = parts

    def _sweep(self) -> None:
        names = {part.name for part in itertools.chain(self.texts, *self.tasks.values())}
        for path in self.folder.iterdir():
            if path.name not in (_DONE, _BEGUN) and path.stem not in names:
                path.unlink()

    def reuse(self, listing: Listing, unpacker: Unpacker) -> tuple[list[Part], Listing]:
        """The parts that can be used as they are, and what of the listing is to be read."""
        unread = self._unread_texts(listing)
        parts = list(self.texts)
        others = [name for name in listing.names if not _is_text(listing, name)]
        here = self._stamps(listing, others).tolist()
        among = set(here)
        self.wholes = {stamp: counts for stamp, counts in self.wholes.items() if stamp in among}
        self.tasks = {origin: found for origin, found in self.tasks.items() if origin[0] in among}
        for name, stamp in zip(others, here, strict=True):
            found = self._whole(stamp, unpacker)
            parts += found or []
            if found is None:
                unread.add(name)
        return parts, replace(listing, names=tuple(name for name in listing.names if name in unread))

    def _unread_texts(self, listing: Listing) -> set[str]:
        """The text files that no part holds as they are; parts of which little still counts are dropped."""
        texts = [name for name in listing.names if _is_text(listing, name)]
        if not self.texts:
            return set(texts)  # 3 us a file to ask, for nothing
        stamps = self._stamps(listing, texts)
        still = stamps[stamps != UNKNOWN]
        mine = {part.name: read_stamps(self.folder, part) for part in self.texts}
        kept = []
        for part in self.texts:
            live = replace(part, live=np.isin(mine[part.name], still))
            if len(live.lines) >= _WORTH_KEEPING * part.seeds:
                kept.append(live)
                # A build that failed may have read anew what an older part holds: one of them counts.
                still = np.setdiff1d(still, mine[part.name])
        self.texts = kept
        known = np.concatenate([np.empty(0, np.uint64), *(mine[part.name] for part in self.texts)])
        return set(itertools.compress(texts, ~np.isin(stamps, known) | (stamps == UNKNOWN)))

    def _whole(self, stamp: int, unpacker: Unpacker) -> list[Part] | None:
        """The parts of a file that holds many seeds; None where not all of them are known."""
        if stamp not in self.wholes:
            return None
        count, hidden, other = self.wholes[stamp]
        if not self._has_all(stamp, count):
            return None
        unpacker.skipped += Skipped(hidden, other)
        return [part for number in range(count) for part in self.tasks[stamp, number]]

    def _has_all(self, stamp: int, count: int) -> bool:
        return all((stamp, number) in self.tasks for number in range(count))

    def plan(self, listing: Listing, unpacker: Unpacker, reused: list[Part]) -> Iterator[Planned]:
        """The tasks of a listing that have to be run; parts of the others are added to `reused`."""
        names_of_parts = (f"{self.started:x}-{number:07d}" for number in itertools.count())
        listing = replace(listing, hidden=0, other=0)
        for is_text, names in itertools.groupby(listing.names, lambda name: _is_text(listing, name)):
            if is_text:
                for task in unpacker.tasks(replace(listing, names=tuple(names))):
                    stamps = self._stamps(listing, list(task.names)) if isinstance(task, Texts) else None
                    yield Planned(next(names_of_parts), task, stamps)
                continue
            for name in names:
                stamp = int(self._stamps(listing, [name])[0])
                before = unpacker.skipped
                place = -1
                for place, task in enumerate(_one_behind(unpacker.tasks(replace(listing, names=(name,))))):
                    known = self.tasks.get((stamp, place), [])
                    if known and sum(part.seeds for part in known) == seeds_in(task):
                        reused += known
                    else:
                        origin = (stamp, place) if stamp != UNKNOWN else None
                        yield Planned(next(names_of_parts), task, None, origin)
                if stamp != UNKNOWN:
                    passed = unpacker.skipped
                    counts = (place + 1, passed.hidden - before.hidden, passed.other - before.other)
                    self.wholes[stamp] = counts

    def _stamps(self, listing: Listing, names: list[str]) -> Stamps:
        # What a refused link leads to says nothing of why it is refused.
        refused, root = listing.refused, listing.root
        stamps = [UNKNOWN if name in refused else stamp(root, name, self.started) for name in names]
        return np.array(stamps, np.uint64)

    def add(self, planned: Planned, parts: list[Part]) -> None:
        """Have the parts of a task known, and write them down."""
        if planned.origin is None and planned.stamps is None:
            return
        if planned.origin is None:
            self.texts += parts
        elif any(part.again for part in parts):
            return  # so that the file is not whole, and is read again
        else:
            self.tasks[planned.origin] = parts
        self._append(self._line(parts, planned.origin))

    def finish(self) -> None:
        """Write down what is known as done, and delete the parts that are not."""
        whole = {stamp: counts for stamp, counts in self.wholes.items() if self._has_all(stamp, counts[0])}
        tasks = {origin: parts for origin, parts in self.tasks.items() if origin[0] in whole}
        self.tasks = tasks
        lines: list[dict[str, Any]] = [self.head, *(self._line([part], None) for part in self.texts)]
        lines += [self._line(parts, origin) for origin, parts in tasks.items()]
        lines += [{"whole": stamp, "counts": counts} for stamp, counts in whole.items()]
        fresh = self.folder / f"{_DONE}.new"
        fresh.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="ascii")
        fresh.replace(self.folder / _DONE)
        (self.folder / _BEGUN).unlink(missing_ok=True)
        self._sweep()

    def _append(self, line: dict[str, Any]) -> None:
        with (self.folder / _BEGUN).open("a", encoding="ascii") as journal:
            journal.write(json.dumps(line) + "\n")

    def _line(self, parts: list[Part], origin: Origin | None) -> dict[str, Any]:
        return {"parts": [(part.name, part.seeds, _size(self.folder, part.name)) for part in parts], "origin": origin}


def forget(folder: Path, gone: Tombstones) -> None:
    """Delete the parts that hold a seed that was taken down, so that the next build reads the others again.

    The journals need no word of it: a line whose files are gone counts as if it were not there. The
    index of a part goes last, so that one that was left half-way is found again.

    Args:
        folder: where parts and journals are; may be missing.
        gone: what was taken down.
    """
    if not folder.is_dir():
        return
    names = {path.stem for path in folder.iterdir() if path.name not in (_DONE, _BEGUN)}
    for name in sorted(names):
        if not _free_of(folder / f"{name}.index", gone):
            files = [path for path in folder.glob(f"{name}*") if path.stem == name and path.name not in (_DONE, _BEGUN)]
            for path in sorted(files, key=lambda path: path.suffix == ".index"):
                path.unlink()


def _free_of(index: Path, gone: Tombstones) -> bool:
    """Whether a part is known to hold nothing of what was taken down; one that was cut is not."""
    try:
        with pa.OSFile(os.fsencode(index)) as source:
            frame = pl.DataFrame(pa.ipc.open_file(source).read_all().select(["id", "sha256"]))
    except (FileNotFoundError, KeyError, pa.ArrowException):
        return False
    return not gone.holds(frame["id"], frame["sha256"]).any()


def _one_behind(tasks: Iterator[Task]) -> Iterator[Task]:
    """The tasks of a file, each when the next one was cut as well, or the file has ended.

    Where reading fails for the machine's sake the last task is cut short before that is raised, and must
    not become known as the one that it would have been.
    """
    before: Task | None = None
    for task in tasks:
        if before is not None:
            yield before
        before = task
    if before is not None:
        yield before


def _is_text(listing: Listing, name: str) -> bool:
    return kind_of(name) == "text" or name in listing.refused


def stamp(root: str, name: str, started: int) -> int:
    """64 bits that name, size and mtime (ns) of a file are known by; `UNKNOWN` where they are not to be trusted.

    Args:
        root: the folder of the input; of a URL no file is trusted.
        name: the file below it.
        started: ns since 1970; a file that is not older may still change under the same mtime.
    """
    if "://" in root:
        return UNKNOWN
    try:
        found = os.stat(f"{root}/{name}")  # noqa: PTH116 - half the time of Path, and there may be millions
    except OSError:
        return UNKNOWN
    if found.st_mtime_ns >= started:
        return UNKNOWN
    named = f"{found.st_size}:{found.st_mtime_ns}:".encode() + os.fsencode(name)
    return int.from_bytes(hashlib.blake2b(named, digest_size=8).digest(), "little") or 1


def _head(listing: Listing, corpus: Corpus) -> dict[str, str]:
    limits = {key: value for key, value in corpus.reading["limits"].items() if key != "latest"}
    settings = {**corpus.reading, "dedup": {"level": corpus.dedup.level}, "limits": limits}
    depends = {
        "version": __version__,
        "rensa": importlib.metadata.version("rensa"),
        "schemas": schema_digests(),
        "settings": settings,
        "root": listing.root if "://" in listing.root else display(os.path.realpath(listing.root)),
        "own": listing.own,
    }
    fingerprint = hashlib.sha256(canonical_json(depends)).hexdigest()
    return {"fingerprint": fingerprint, "latest": corpus.limits.latest or ""}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a journal, but for those that were cut."""
    if not path.exists():
        return
    with path.open(encoding="ascii", errors="replace") as journal:
        for line in journal:
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                yield found


def _size(folder: Path, name: str) -> int:
    """The bytes of all files of a part."""
    return sum(path.stat().st_size for ending in ENDINGS if (path := folder / f"{name}.{ending}").exists())

"""`sources`: write the published seeds of a build, byte for byte, as files into a new folder.

The paths come from the build, which may not be trustworthy. Whatever they are, nothing is written outside the folder,
and nothing is overwritten.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from corpus_vn_police.dataset.folder import BuildFolder, at_hand, open_build
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.engine.progress import Progress, Reporting, reported
from corpus_vn_police.errors import ConfigError, DamagedError, DiskError, InputError, OutputError
from corpus_vn_police.files import StrPath, of_system
from corpus_vn_police.paths import Output, output_path
from corpus_vn_police.results import PathResult

RENAMED = "renamed"
"""The folder inside the output for seeds whose own path is not possible there."""

# The path of a row that came from Python has no ending, as `rows#17`.
_ROW = re.compile(
    r"(.*\.(?:(?:jsonl|ndjson|json|csv|tsv)(?:\.gz|\.zst)?|parquet|arrow|feather)|[^/.]+)#([0-9]{1,18})",
    re.IGNORECASE | re.DOTALL,
)
_OTHER_ROWS = re.compile(r"\.(?:json|csv|tsv|parquet|arrow|feather)$", re.IGNORECASE)
_ID = re.compile("[0-9a-f]{16}")
_PACKED = re.compile(r"\.(?:gz|zst)$", re.IGNORECASE)
_PART_BYTES, _PATH_BYTES = 255, 1_000  # lengths that every file system allows
# What Windows takes for a folder, a drive, a stream or a device.
_WINDOWS = re.compile(r'[\\:*?"<>|]|[. ]$|^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)', re.IGNORECASE)
_NO_SUCH_NAME = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}


@dataclass(frozen=True, repr=False)
class Sources(PathResult):
    """What was written.

    Attributes:
        path: the folder, as it was given.
        seeds: the number of seeds.
        files: the number of files.
        bytes: the bytes of the seeds, without the ends of lines.
        renamed: for each path that is not possible in `out`, the path that the seed, or the file of rows, has instead.
    """

    seeds: int
    files: int
    bytes: int
    renamed: Mapping[str, str]


@dataclass
class _Writer:
    """Writes below a folder that nobody else can reach."""

    root: Path
    files: int = 0
    renamed: dict[str, str] = field(default_factory=dict)

    def create(self, path: str, fallback: str) -> tuple[str, BinaryIO]:
        """Create a new file; returns its path inside the output, and the open file.

        Raises:
            FileExistsError: the path is not possible, and the fallback exists already.
        """
        name = given_back_as(path)
        self.files += 1
        if name is not None:
            try:
                return name, self._open(name)
            except OSError as error:
                if error.errno not in _NO_SUCH_NAME:
                    raise
        name = f"{RENAMED}/{fallback}"
        self.renamed[path] = name
        return name, self._open(name)

    def _open(self, name: str) -> BinaryIO:
        target = self.root / of_system(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.open("xb")


def given_back_as(path: str) -> str | None:
    """The path that a file gets inside the output; None if this path is not possible there.

    Args:
        path: the path of a seed, or of the file that a row is from. A compressed file loses its second extension.
            Rows of files other than JSONL become lines of a file such as `….parquet.jsonl` or `….csv.jsonl`.
    """
    name = _PACKED.sub("", path)
    if _OTHER_ROWS.search(name):
        name += ".jsonl"
    parts = name.split("/")
    ending = name.lower().endswith((".txt", ".jsonl", ".ndjson"))
    if not ending or not name.isprintable() or len(name.encode("utf-8", "replace")) > _PATH_BYTES:
        return None
    for part in parts:
        if not part or part.startswith(".") or len(part.encode("utf-8", "replace")) > _PART_BYTES:
            return None
        if os.name == "nt" and _WINDOWS.search(part):
            return None
    return name


@machine_failures()
def sources(folder: StrPath, *, out: StrPath, progress: Reporting = None) -> Sources:
    """Write the published seeds of a build as files, byte for byte.

    A text file gets its old path; a compressed file loses its `.gz` or `.zst`. Rows become the lines of their file, in
    the old order; rows of `x.parquet` are written into `x.parquet.jsonl`, and those of `x.csv` into `x.csv.jsonl`.
    Files from an archive are written into a folder with the name of the archive. If a path is not possible in `out`
    (it leads out of it, is too long, or exists already), the seed is written into `out/renamed/`.

    Args:
        folder: a folder, or the fsspec URL of one (`hf://datasets/user/name`), which is fetched.
        out: the folder to write: new or empty. It is written completely, or not at all.
        progress: None shows a bar on a terminal and in a notebook, True always, False never. A callable is called with
            the step (`write`), the number of seeds just written, and the total.

    Returns:
        What was written.

    Raises:
        OutputError: `folder` is not a build, or `out` is not empty.
        InputError: the build was made without the config "sources".
        DamagedError: the build cannot be read, or the bytes of a seed do not belong to its record.
        DiskError: the operating system failed to read or write.
    """
    target = output_path(out)
    with reported("sources", progress) as moved, at_hand(folder) as here:
        return _write_sources(here, target, moved)


def _write_sources(folder: Path, target: Output, progress: Progress) -> Sources:
    """Write the published seeds of a build into a folder.

    Args:
        folder: the build.
        target: the folder to write: new or empty.
        progress: called with the number of seeds just written.

    Raises:
        OutputError: `folder` is not a build, or `out` is not empty.
        InputError: the build has no config "sources".
        DamagedError: the build cannot be read, or a seed has another sha256 than its record says.
        DiskError: the operating system failed to write.
    """
    out = target.path
    build = _opened(folder, out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".sources-", dir=out.parent) as apart:
            new = Path(apart) / "new"
            new.mkdir()
            written = _write(build, new, progress)
            _place(new, out)
    except OSError as error:
        raise DiskError.of(error) from error
    return Sources(target.given, *written)


def _opened(folder: Path, out: Path) -> BuildFolder:
    """Open the build, and refuse an output that is inside it or is not empty."""
    build = open_build(folder)
    if not build.has("sources"):
        raise InputError(
            f"{folder}: has no sources: it was built with [sources] enabled = false",
            "build it again with [sources] enabled = true in corpus.toml",
        )
    if out.is_relative_to(folder.resolve()):
        raise ConfigError(f"--out {out} is inside the build {folder}", "give a folder for --out somewhere else")
    if os.path.lexists(out) and not (out.is_dir() and not any(out.iterdir())):
        raise OutputError(f"{out}: is not empty; nothing was written", "give a new or an empty folder for --out")
    return build


def _place(new: Path, out: Path) -> None:
    """Rename the new folder to the output; the system refuses this if something was written there in the meantime."""
    if os.name == "nt" and out.exists():  # on other systems, rename replaces an empty folder
        out.rmdir()
    new.rename(out)


def _write(build: BuildFolder, new: Path, progress: Progress) -> tuple[int, int, int, dict[str, str]]:
    writer = _Writer(new)
    line_starts = _line_starts(build)
    seeds = size = 0
    try:
        with contextlib.closing(_Lines(writer, line_starts)) as rows:
            for frame in _checked(build):
                for identity, path, data in frame:
                    if found := _ROW.fullmatch(path):
                        rows.write(found[1], int(line_starts[seeds]), data)
                    else:
                        with writer.create(path, f"0_{identity}.txt")[1] as stream:
                            stream.write(data)
                    seeds += 1
                    size += len(data)
                progress("write", len(frame), len(line_starts))
    except FileExistsError as error:
        raise DamagedError.of(build.path, f"two seeds have the name {Path(error.filename).name}") from error
    return seeds, writer.files, size, writer.renamed


@dataclass
class _Lines:
    """Writes rows as lines of the files that they came from; one file is open at a time."""

    writer: _Writer
    line_starts: npt.NDArray[np.int64]
    names: dict[str, str] = field(default_factory=dict)
    current: str | None = None
    stream: BinaryIO | None = None

    def write(self, container: str, place: int, data: bytes) -> None:
        if container != self.current:
            self.close()
            self.current = container
            if container in self.names:
                self.stream = (self.writer.root / of_system(self.names[container])).open("r+b")
            else:
                fallback = hashlib.sha256(container.encode()).hexdigest()[:16] + ".jsonl"
                name = container if "." in container else f"{container}.jsonl"
                self.names[container], self.stream = self.writer.create(name, fallback)
        assert self.stream is not None  # noqa: S101 - for mypy
        self.stream.seek(place)
        self.stream.write(data + _line_end(data))

    def close(self) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None


def _line_end(data: bytes) -> bytes:
    # A reader drops one CR before the LF as part of the line's end, so a row that ends with CR needs a second one.
    return b"\r\n" if data.endswith(b"\r") else b"\n"


def _line_starts(build: BuildFolder) -> npt.NDArray[np.int64]:
    """For each seed, in the order of the config, the byte of its file at which its line begins; -1 for a text file.

    Rows of one file are scattered over the splits. As their starts are known, each line can be written at its own
    position as soon as it is read. Memory holds at most 80 bytes per seed.
    """
    codes: dict[str, int] = {}
    files, numbers, lengths = [], [], []
    for frame in build.rows("sources").batches("path", "data"):
        data = frame["data"]
        found = [_ROW.fullmatch(path) for path in frame["path"]]
        if any(match and b"\n" in value for match, value in zip(found, data, strict=True)):
            raise DamagedError.of(build.path, "a row of the sources has a line break in it")
        files.append(np.array([codes.setdefault(m[1], len(codes)) if m else -1 for m in found], np.int32))
        numbers.append(np.array([int(m[2]) if m else 0 for m in found], np.int64))
        carriage = data.bin.ends_with(b"\r").to_numpy()
        lengths.append(data.bin.size().to_numpy().astype(np.int64) + 1 + carriage)
    file, number, length = (np.concatenate([np.empty(0, np.int64), *each]) for each in (files, numbers, lengths))
    order = np.lexsort((number, file))
    ends = np.cumsum(np.where(file < 0, 0, length)[order])
    starts = ends - length[order]
    first = np.searchsorted(file[order], file[order], side="left")
    line_starts = np.empty(len(file), np.int64)
    line_starts[order] = np.where(file[order] < 0, -1, starts - starts[first])
    return line_starts


def _checked(build: BuildFolder) -> Iterator[list[tuple[str, str, bytes]]]:
    """Id, path and bytes of every source, in lists; each was compared with its record.

    Raises:
        DamagedError: the two configs have different rows, or a source does not have the sha256 in its record.
    """
    columns = {"default": ("id", "source"), "sources": ("id", "path", "data")}
    for frames in build.rows_of_all(columns):
        records, sources = frames["default"].iter_rows(), frames["sources"].iter_rows()
        checked = []
        for (_, source), (identity, path, data) in zip(records, sources, strict=True):
            if not _ID.fullmatch(identity):
                raise DamagedError.of(build.path, "sources: an id that is not 16 characters 0-9a-f")
            if source["path"] != path:
                raise DamagedError.of(build.path, f"sources and data have different rows at {identity}")
            if hashlib.sha256(data).hexdigest() != source["sha256"]:
                raise DamagedError.of(build.path, f"the sha256 of the bytes of {identity} is not the one in its record")
            checked.append((identity, path, data))
        yield checked

"""An open build: commands read a build folder only through this."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from corpus_vn_police.contract import Contract
from corpus_vn_police.dataset.figures import Figures, measure
from corpus_vn_police.dataset.files import BuildFile, read_shards
from corpus_vn_police.dataset.integrity import check_files
from corpus_vn_police.dataset.layout import FOLDERS, MANIFEST, shard_paths
from corpus_vn_police.dataset.manifest import contradiction, read_manifest
from corpus_vn_police.dataset.parquet import damage_named
from corpus_vn_police.dataset.remote import local_copy
from corpus_vn_police.dataset.rows import Published, scan_ledger
from corpus_vn_police.dataset.schemas import contracts_in
from corpus_vn_police.dataset.tombstones import Tombstones, tombstones_in
from corpus_vn_police.errors import CorpusError, DamagedError
from corpus_vn_police.files import StrPath

TRIES = 3
"""How often a folder is read again because another build replaced it in the meantime."""


@dataclass(frozen=True)
class BuildFolder:
    """A build on this machine whose files are exactly those that its manifest lists, byte for byte.

    Attributes:
        path: the folder.
        manifest: its manifest, valid according to `schema/manifest.schema.json`.
    """

    path: Path
    manifest: dict[str, Any]

    @property
    def digest(self) -> str:
        """The content digest that the manifest states."""
        return str(self.manifest["digest"])

    @property
    def version(self) -> str:
        """The version of the data."""
        return str(self.manifest["version"])

    @property
    def settings(self) -> dict[str, Any]:
        """The keys of corpus.toml that the manifest holds; the keeper's descriptions are on the card."""
        stated = {"name": self.manifest["name"], "version": self.version}
        return {**stated, **self.manifest["card"], **self.manifest["config"]}

    @property
    def files(self) -> dict[str, BuildFile]:
        """Every file that the manifest lists, by its path in the folder."""
        entries = self.manifest["files"]
        return {each["path"]: BuildFile(each["path"], int(each["bytes"]), str(each["sha256"])) for each in entries}

    @property
    def contracts(self) -> Mapping[str, Contract]:
        """The contract that the rows of each config follow, from the schemas in the build.

        Raises:
            DamagedError: a schema is not one that this version can read.
        """
        return contracts_in(self.path)

    def has(self, config: str) -> bool:
        """Whether the build has a config: `default`, `annotations` or `sources`."""
        return bool(shard_paths(self.path, config))

    def rows(self, config: str = "default", *splits: str) -> Published:
        """The rows of a config, of the named splits, or of all if none is named.

        Raises:
            DamagedError: a file cannot be opened, or has other columns.
        """
        return Published.open(self.path, *splits, config=config)

    def rows_of_all(self, columns: dict[str, tuple[str, ...]]) -> Iterator[dict[str, pl.DataFrame]]:
        """Rows of several configs in step, in frames of at most 2,000 rows.

        Args:
            columns: config -> the columns to read, `id` among them.

        Raises:
            DamagedError: a file cannot be read; or the configs do not have the same ids in the same order.
        """
        (first, names), *others = columns.items()
        streams = {config: _Stream(self.rows(config).batches(*each)) for config, each in others}
        for frame in self.rows(first).batches(*names):
            frames = {first: frame, **{config: stream.take(len(frame)) for config, stream in streams.items()}}
            for config, other in frames.items():
                if not other["id"].equals(frame["id"]):
                    raise DamagedError.of(self.path, f"{FOLDERS[config]} and {FOLDERS[first]} have different rows")
            yield frames
        for config, stream in streams.items():
            if len(stream.take(1)):
                raise DamagedError.of(self.path, f"{FOLDERS[config]} and {FOLDERS[first]} have different rows")

    def ledger(self) -> pl.LazyFrame:
        """The rows of the ledger, for Polars to stream; collect it inside `reading`.

        Raises:
            DamagedError: it cannot be opened, or has other columns.
        """
        return scan_ledger(self.path)

    def tombstones(self) -> Tombstones:
        """The seeds that were taken down."""
        return tombstones_in(self.path) if self.manifest["status"]["removed"] else Tombstones()

    def figures(self) -> Figures:
        """The figures that are computed from the Parquet files.

        Raises:
            DamagedError: a file cannot be read, or contains something that it must not.
        """
        with self.reading():
            return measure(self.path)

    def shards(self) -> tuple[list[BuildFile], str]:
        """Read all Parquet files again, and return them with their rows and bytes in Arrow, and the content digest.

        Raises:
            DamagedError: a file cannot be read.
        """
        return read_shards(self.path)

    def reading(self, file: str = "") -> AbstractContextManager[None]:
        """While files of the build are read: turn errors of a damaged file into a DamagedError that names the file."""
        return damage_named(self.path, file)


class _Stream:
    """Frames, read in other sizes than they come in: the row groups of two configs begin at different rows."""

    def __init__(self, frames: Iterator[pl.DataFrame]) -> None:
        self._frames = frames
        self._waiting: list[pl.DataFrame] = []

    def take(self, count: int) -> pl.DataFrame:
        """The next rows, or fewer if there are no more. If there were never any rows, a frame without columns."""
        held = sum(map(len, self._waiting))
        while held < count and (frame := next(self._frames, None)) is not None:
            self._waiting.append(frame)
            held += len(frame)
        if not self._waiting:
            return pl.DataFrame({"id": pl.Series([], dtype=pl.String)})
        joined = pl.concat(self._waiting)
        self._waiting = [joined[count:]]
        return joined[:count]


def open_build(folder: StrPath, but: str = "") -> BuildFolder:
    """Open a build for reading.

    Args:
        folder: the build.
        but: a file that may have changed, because the caller checks it.

    Raises:
        OutputError: the folder is not a build.
        DamagedError: something in it has changed since it was built.
        OSError: the folder cannot be listed.
    """
    path = Path(folder)
    for _ in range(TRIES):
        try:
            manifest = read_manifest(path)
        except ValueError as error:
            raise DamagedError.of(path, f"{MANIFEST}: {error}") from error
        problems = [each for each in check_files(path, manifest, but).problems if each.code != "manifest.schemas"]
        if not problems:
            if wrong := contradiction(manifest):
                raise DamagedError.of(path, f"{MANIFEST}: {wrong}")
            return BuildFolder(path, manifest)
        if not was_replaced(path, manifest):
            break
    first, more = problems[0], len(problems) - 1
    raise DamagedError.of(path, f"{first.file}: {first.detail}" + (f"; and {more} more" if more else ""))


def reopen(folder: StrPath) -> BuildFolder:
    """Open a build that was already compared with its manifest: read only the manifest again.

    Raises:
        OutputError: the folder is not a build any more.
        DamagedError: the manifest is damaged.
    """
    path = Path(folder)
    try:
        return BuildFolder(path, read_manifest(path))
    except ValueError as error:
        raise DamagedError.of(path, f"{MANIFEST}: {error}") from error


@contextmanager
def open_anywhere(location: StrPath) -> Iterator[BuildFolder]:
    """Open a build in a folder, or at an fsspec URL; for a URL, a local copy exists while it is open.

    Raises:
        OutputError, DamagedError: as `open_build`; all errors while the build is read name the location.
        DiskError: the URL cannot be fetched.
    """
    with at_hand(location) as folder:
        yield open_build(folder)


@contextmanager
def at_hand(location: StrPath) -> Iterator[Path]:
    """The folder of a build; for an fsspec URL a complete copy, which is deleted afterwards.

    Raises:
        OutputError: there is no build at the URL.
        CorpusError: an error of the caller about the copy, changed to name the location.
        DiskError: the URL cannot be fetched.
    """
    with local_copy(os.fspath(location)) as folder, naming(location, folder):
        yield folder


@contextmanager
def naming(location: StrPath, folder: Path) -> Iterator[None]:
    """While a copy of a build is read: let errors name the location of the build, not of the copy."""
    try:
        yield
    except CorpusError as error:
        if str(folder) == os.fspath(location) or not error.message.startswith(f"{folder}: "):
            raise
        if isinstance(error, DamagedError):
            raise DamagedError.of(location, error.what) from error
        raise replace(error, message=error.message.replace(str(folder), os.fspath(location), 1)) from error


def was_replaced(folder: Path, manifest: dict[str, Any]) -> bool:
    """Whether the manifest in a folder has changed, because another build was put in its place in the meantime."""
    try:
        return bool(read_manifest(folder) != manifest)
    except ValueError:
        return False

"""Shards of the previous build that a new build takes unchanged.

A shard is identified by its records: by the parts that they are in, which never change, and their rows there. So a
shard is neither read nor encoded again if its records are the same, even if other things in the build have changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpus_vn_police.contract import canonical_json
from corpus_vn_police.dataset.digest import BlockHashes
from corpus_vn_police.dataset.files import BuildFile
from corpus_vn_police.files import file_digest
from corpus_vn_police.state.finished import FileStamps, FinishedBuild
from corpus_vn_police.state.index import SeedRecords
from corpus_vn_police.version import GENERATOR
from corpus_vn_police.write import parquet


@dataclass(frozen=True)
class Reusable:
    """The files of the previous build, as far as they are unchanged.

    Attributes:
        folder: the folder of that build.
        shards: its shards, by the key of their records.
        blocks: the hashes of its blocks (`ColumnHashes.digest`), by the key of their records.
    """

    folder: Path
    shards: Mapping[str, BuildFile] = field(default_factory=dict)
    blocks: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, last: FinishedBuild | None, out: Path, files: FileStamps) -> Reusable:
        """Find out what can be used of a build.

        Args:
            last: the build as it was put in place; None if that is not known.
            out: its folder.
            files: the files that are there now, from `file_stamps`.
        """
        if last is None:
            return cls(out)
        same = {key: each for key, each in last.shards.items() if files.get(each.path) == last.files.get(each.path, ())}
        return cls(out, same, last.blocks)

    def take(self, key: str, new: Path, path: str, split: str) -> BuildFile | None:
        """Take a shard into a new build, with a new name.

        It is hard-linked, because a copy would take as much space as the build; if there are no links, it is copied.
        Its bytes are hashed: the disk may have changed them, or somebody while this build runs.

        Args:
            key: the key of its records.
            new: the folder of the new build.
            path: the shard's path in it.
            split: its split in the new build.

        Returns:
            The shard; None if there is none with these records, or if its bytes have changed.

        Raises:
            OSError: the disk is full or fails.
        """
        older = self.shards.get(key)
        if older is None:
            return None
        (new / path).parent.mkdir(exist_ok=True)
        _link(self.folder / older.path, new / path)
        if file_digest(new / path) != (older.bytes, older.sha256):
            (new / path).unlink()  # otherwise the next write would also change the older file
            return None
        return replace(older, path=path, split=split)


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except OSError:  # this file system has no links, or no more for this file
        shutil.copyfile(old, new)


@dataclass(frozen=True)
class Written:
    """A block that was written.

    Attributes:
        config, split: the config and split that it belongs to.
        key: the key of its records.
        hashes: the hashes of its columns (`ColumnHashes.digest`).
        shards: the shards that begin in it, by the keys of their records.
    """

    config: str
    split: str
    key: str
    hashes: dict[str, Any]
    shards: Mapping[str, BuildFile]


def hashes_of(written: list[Written]) -> BlockHashes:
    """The hashes of blocks, which must be sorted by config, split and position."""
    hashes: BlockHashes = {}
    for each in written:
        hashes.setdefault(each.config, {}).setdefault(each.split, []).append(each.hashes)
    return hashes


def key_of(config: str, schema: pa.Schema, records: SeedRecords, duplicates: npt.NDArray[np.int32]) -> str:
    """The key of some records of a config: a digest of everything that their rows and files depend on.

    Args:
        config: the config.
        schema: its columns.
        records: the records.
        duplicates: for each record, the number of its duplicates.
    """
    writers = canonical_json([config, str(schema), GENERATOR, pa.__version__, parquet.SETTINGS, parquet.GROUP_BYTES])
    digest = hashlib.blake2b(writers, digest_size=16)
    digest.update(records.marks().astype("<u8").tobytes())
    if config == "default":
        digest.update(duplicates.astype("<i4").tobytes())
    return digest.hexdigest()

"""Shards of the build before that a new build takes as they are.

A shard is known by its records: the parts that they are in, which never change, and their rows there. So a shard is
neither read nor encoded again if its records are the same, whatever else of the build has changed.
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
    """What the build before has written, as far as it is still there as it was.

    Attributes:
        folder: that build.
        shards: its shards, by the key of their records.
        blocks: the hashes of its blocks (`ColumnHashes.digest`), by the key of theirs.
    """

    folder: Path
    shards: Mapping[str, BuildFile] = field(default_factory=dict)
    blocks: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, last: FinishedBuild | None, out: Path, files: FileStamps) -> Reusable:
        """What can be used of a build.

        Args:
            last: what it was when it was put in place; None if that is not known.
            out: where it is.
            files: what is there, as `file_stamps` gives it.
        """
        if last is None:
            return cls(out)
        same = {key: each for key, each in last.shards.items() if files.get(each.path) == last.files.get(each.path, ())}
        return cls(out, same, last.blocks)

    def take(self, key: str, new: Path, path: str, split: str) -> BuildFile | None:
        """Give a shard to a new build under another name.

        It is linked, as a copy would take as much room as the build; where there are no links it is copied. Its bytes
        are hashed: a disk may have changed them, or somebody while this build runs.

        Args:
            key: the key of its records.
            new: the folder of the new build.
            path: the shard's path in it.
            split: whose it is there.

        Returns:
            The shard; None if there is none with these records, or if it has other bytes than it was written with.

        Raises:
            OSError: the disk is full or fails.
        """
        older = self.shards.get(key)
        if older is None:
            return None
        (new / path).parent.mkdir(exist_ok=True)
        _link(self.folder / older.path, new / path)
        if file_digest(new / path) != (older.bytes, older.sha256):
            (new / path).unlink()  # else what is written next would go into the older file too
            return None
        return replace(older, path=path, split=split)


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except OSError:  # this file system has no links, or no more of them
        shutil.copyfile(old, new)


@dataclass(frozen=True)
class Written:
    """A block that is done.

    Attributes:
        config, split: whose.
        key: the key of its records.
        hashes: those of its columns (`ColumnHashes.digest`).
        shards: the shards that begin in it, by the keys of their records.
    """

    config: str
    split: str
    key: str
    hashes: dict[str, Any]
    shards: Mapping[str, BuildFile]


def hashes_of(written: list[Written]) -> BlockHashes:
    """The hashes of blocks, which stand by config, split and place."""
    hashes: BlockHashes = {}
    for each in written:
        hashes.setdefault(each.config, {}).setdefault(each.split, []).append(each.hashes)
    return hashes


def key_of(config: str, schema: pa.Schema, records: SeedRecords, duplicates: npt.NDArray[np.int32]) -> str:
    """What some records of a config are known by: a digest of all that their rows and the files of them depend on.

    Args:
        config: the config.
        schema: its columns.
        records: the records.
        duplicates: how many seeds were left out for each.
    """
    writers = canonical_json([config, str(schema), GENERATOR, pa.__version__, parquet.SETTINGS, parquet.GROUP_BYTES])
    digest = hashlib.blake2b(writers, digest_size=16)
    digest.update(records.marks().astype("<u8").tobytes())
    if config == "default":
        digest.update(duplicates.astype("<i4").tobytes())
    return digest.hexdigest()

"""What `verify` has found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from corpus_vn_police.commands.verify.hints import HINTS, WARNINGS
from corpus_vn_police.commands.verify.records import Beside, Records
from corpus_vn_police.dataset.digest import ContentHashes
from corpus_vn_police.dataset.files import BuildFile
from corpus_vn_police.dataset.integrity import Problem
from corpus_vn_police.dataset.parquet import ColumnsError
from corpus_vn_police.errors import DamagedError


@dataclass
class Findings:
    """What is gathered while the files are checked.

    Attributes:
        problems: what is wrong, in the order in which it was found.
        files: length and sha256 of the files that the manifest lists, by path.
        shards: what the Parquet files of the configs hold.
        hashes: the hashes of their rows.
        text_bytes: the bytes of text of the records, by split: arrays of int64.
        records: the ids and sha256 of the records, by split.
        beside: how the rows of the other configs differ from them, by config and split.
        duplicates: the ids of records for which seeds were left out, and how many.
        readable: whether all of them could be read.
        unchecked: what could not be checked: lines for people.
        warnings: what is not wrong, and may still not be what the keeper meant.
    """

    problems: list[Problem] = field(default_factory=list)
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    shards: list[BuildFile] = field(default_factory=list)
    hashes: ContentHashes = field(default_factory=ContentHashes)
    text_bytes: dict[str, list[Any]] = field(default_factory=dict)
    records: dict[str, Records] = field(default_factory=dict)
    beside: dict[tuple[str, str], Beside] = field(default_factory=dict)
    duplicates: list[pl.DataFrame] = field(default_factory=list)
    readable: bool = True
    unchecked: list[str] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def add(self, file: str, code: str, detail: str) -> None:
        """Note a problem; its code must have a hint."""
        HINTS[code]
        self.problems.append(Problem(file, code, detail))

    def unreadable(self, file: str, error: DamagedError) -> None:
        """Note that a Parquet file cannot be read, or has other columns: nothing can be said of all rows."""
        self.add(file, "schema.columns" if isinstance(error, ColumnsError) else "file.unreadable", error.what)
        self.readable = False

    def forget_records(self) -> None:
        """Let go of what is held of each record, once the rows have been checked."""
        self.records.clear()
        self.beside.clear()
        self.duplicates.clear()
        self.text_bytes.clear()

    def warn(self, file: str, code: str, detail: str) -> None:
        """Note a warning; its code must have a hint."""
        WARNINGS[code]
        self.warnings.append(Problem(file, code, detail))

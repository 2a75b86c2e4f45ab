"""Tombstones: when a seed is taken down, only its id and sha256 are kept.

They are read from the ledger of an older build, and from `removed.csv` beside corpus.toml. The keeper may edit
this file: it has a header line and the columns `id,sha256,date,reason`, and each line has an id, a sha256 or both.
"""

from __future__ import annotations

import csv
import functools
import io
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from corpus_vn_police.config import CHANGES_NAME, REMOVED_NAME
from corpus_vn_police.dataset.layout import LEDGER, MANIFEST
from corpus_vn_police.dataset.manifest import glance_at
from corpus_vn_police.dataset.parquet import damage_named
from corpus_vn_police.dataset.rows import ledger_rows
from corpus_vn_police.errors import ConfigError, DamagedError, OutputError
from corpus_vn_police.files import UNREADABLE, read_file, why
from corpus_vn_police.periods import is_day
from corpus_vn_police.text import spreadsheet_safe

COLUMNS = ("id", "sha256", "date", "reason")
"""The columns of `removed.csv`."""

_ID = re.compile("[0-9a-f]{16}")
_SHA256 = re.compile("[0-9a-f]{64}")

Pair = tuple[str, str]
"""The id and the sha256 of a seed that was taken down."""


@dataclass(frozen=True)
class Tombstones:
    """Seeds that are kept out of builds.

    Attributes:
        ids: seeds with one of these ids are kept out.
        sha256: seeds with one of these sha256 are kept out.
        pairs: id and sha256 of the seeds for which both are known; each pair is a row of the ledger.
    """

    ids: frozenset[str] = frozenset()
    sha256: frozenset[str] = frozenset()
    pairs: frozenset[Pair] = frozenset()

    @classmethod
    def of(cls, pairs: Iterable[Pair]) -> Tombstones:
        """The tombstones of seeds for which both are known."""
        known = frozenset(pairs)
        return cls(frozenset(name for name, _ in known), frozenset(sha256 for _, sha256 in known), known)

    def __or__(self, other: Tombstones) -> Tombstones:
        """The tombstones of both."""
        return Tombstones(self.ids | other.ids, self.sha256 | other.sha256, self.pairs | other.pairs)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.ids or self.sha256)

    @functools.cached_property
    def _series(self) -> tuple[pl.Series, pl.Series]:
        return pl.Series(list(self.ids), dtype=pl.String), pl.Series(list(self.sha256), dtype=pl.String)

    def holds(self, ids: pl.Series, sha256: pl.Series) -> pl.Series:
        """Which seeds are kept out (bool).

        A seed without a sha256 could not be read. It cannot be published anyway, so it is not included here.

        Args:
            ids: the ids of the seeds; null for a seed without one.
            sha256: the sha256 of their bytes; null if they could not be read.
        """
        named, same = (column.is_in(known.implode()) for column, known in zip((ids, sha256), self._series, strict=True))
        return ((named | same) & ids.is_not_null() & sha256.is_not_null()).fill_null(False)


def read_removed(path: Path) -> Tombstones:
    """Read a `removed.csv`; if the file is missing, there are none.

    Raises:
        ConfigError: it cannot be read, or has a wrong line.
    """
    if not os.path.lexists(path):
        return Tombstones()
    rows = list(_rows(path))
    pairs = frozenset((name, sha256) for name, sha256 in rows if name and sha256)
    return Tombstones(
        frozenset(name for name, _ in rows if name), frozenset(sha256 for _, sha256 in rows if sha256), pairs
    )


def _rows(path: Path) -> Iterator[Pair]:
    """The id and sha256 in each line; one of them may be empty."""
    hint = f"its first line is {','.join(COLUMNS)}; of id and sha256 one may be empty, and date"
    try:
        text = read_file(path).decode("utf-8-sig")
    except UNREADABLE as error:
        raise ConfigError(f"{path}: cannot be read: {why(error)}", hint) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for number, fields in enumerate(reader):
            wrong = _wrong_header(fields) if number == 0 else _wrong(fields)
            if wrong:
                raise ConfigError(f"{path}:{reader.line_num}: {wrong}", hint)
            if number and fields:
                yield fields[0], fields[1]
    except csv.Error as error:
        raise ConfigError(f"{path}:{reader.line_num}: is not CSV: {error}", hint) from error
    if reader.line_num == 0:
        raise ConfigError(f"{path}:1: the header line is missing", hint)


def _wrong_header(fields: list[str]) -> str | None:
    return None if tuple(fields) == COLUMNS else f"the header line is {','.join(fields)!r}"


def _wrong(fields: list[str]) -> str | None:
    """What is wrong with the fields of a line; None if nothing is. An empty line is correct."""
    if not fields:
        return None
    if len(fields) != len(COLUMNS):
        return f"has {len(fields)} fields, not {len(COLUMNS)}"
    name, sha256, date, _ = fields
    if not (name or sha256):
        return "has neither id nor sha256"
    if name and not _ID.fullmatch(name):
        return f"id = {name[:80]!r} is not 16 characters 0-9a-f"
    if sha256 and not _SHA256.fullmatch(sha256):
        return f"sha256 = {sha256[:80]!r} is not 64 characters 0-9a-f"
    if date and not is_day(date):
        return f"date = {date[:80]!r} is not a day of the calendar, YYYY-MM-DD"
    return None


def removed_lines(pairs: Iterable[Pair], date: str, reason: str) -> list[str]:
    """The lines of `removed.csv` for seeds that are taken down, without line ends, sorted by id and sha256.

    The lines are safe to open in a spreadsheet and to print: the reason may be copied from a stranger's mail.
    """
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerows([name, sha256, date, spreadsheet_safe(reason)] for name, sha256 in sorted(pairs))
    return sink.getvalue().splitlines()


def older_tombstones(out: Path) -> Tombstones:
    """The tombstones of the build that a folder holds; empty if it holds no build.

    Raises:
        OutputError: its ledger cannot be read, and its manifest does not say that there are no tombstones.
    """
    if not (out / MANIFEST).is_file():
        return Tombstones()
    stated = glance_at(out)
    if stated is not None and stated.removed == 0:
        return Tombstones()
    try:
        return tombstones_in(out)
    except (OSError, DamagedError) as error:
        raise OutputError(
            f"{out}/{LEDGER}: cannot be read, so it is not known which seeds were taken down",
            f"restore it; or delete the folder, but first list all seeds that were taken down in {REMOVED_NAME}",
        ) from error


def tombstones_in(folder: Path) -> Tombstones:
    """The tombstones in the ledger of a build, whatever its manifest says.

    Raises:
        DamagedError: the ledger cannot be read.
    """
    with damage_named(folder):
        rows = ledger_rows(folder, pl.col("status") == "removed", ("id", "sha256", "status"))
        frame = rows.select("id", "sha256").drop_nulls()
    return Tombstones.of(frame.iter_rows())


def write_down(seeds: Path, lines: list[str], changes: str) -> tuple[str, ...]:
    """Record a takedown in the keeper's own files; each file is written completely, or not changed.

    Args:
        seeds: the folder of the seeds.
        lines: the lines to add to removed.csv, without line ends.
        changes: the new text of CHANGES.md.

    Returns:
        The files that were written.

    Raises:
        OSError: a file cannot be written.
    """
    removed = seeds / REMOVED_NAME
    before = read_file(removed) if removed.exists() else (",".join(COLUMNS) + "\n").encode()
    gap = b"" if before.endswith(b"\n") or not before else b"\n"
    _replace(removed, before + gap + "".join(f"{line}\n" for line in lines).encode())
    _replace(seeds / CHANGES_NAME, changes.encode())
    return str(removed), str(seeds / CHANGES_NAME)


def _replace(path: Path, content: bytes) -> None:
    """Replace an existing file completely, or leave it unchanged."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)

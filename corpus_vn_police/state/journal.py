"""The journal beside the parts: an SQLite database that tells the next build what earlier builds have read.

Each part has one row, which is written after the files of the part. All rows of a batch are written together: if a
process is killed, either all of them are there or none. A row is ignored if the files of its part are missing, or
have other lengths than the row says.

If a journal is damaged, or if another version wrote it, it is deleted and all seeds are read again. SQLite notices
most damage; a checksum of each row finds the rest.

Only one process has the journal open, because the folder is locked. If the system crashes, seeds whose rows were lost
are read again. So SQLite does not need locks (some network disks have none), and does not wait for the disk. It cannot
open a path of more than 512 bytes; with a longer path, a build does not remember what it has read.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa

from corpus_vn_police.dataset.tombstones import Tombstones
from corpus_vn_police.errors import DiskError
from corpus_vn_police.stages.read import Skipped
from corpus_vn_police.state.known import DoneTask, FileContents, KnownParts, TaskKey
from corpus_vn_police.state.parts import Part, part_bytes
from corpus_vn_police.state.place import delete

JOURNAL = "journal.sqlite"
"""The name of the journal; SQLite has another file beside it whose name begins with this one."""

_LONGEST_PATH = 512 - len("-journal")  # bytes: SQLite's MAX_PATHNAME

# `file` is a stamp in hex, because SQLite's integers are signed; it is null for parts of text files. `latest` is the
# value of `[limits] latest` when the part was read. `skipped` is JSON. `finished` is 1 after the build of the part was
# put in place.
_TABLES = """
BEGIN;
CREATE TABLE IF NOT EXISTS build (fingerprint TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS parts (
    name TEXT PRIMARY KEY, seeds INTEGER NOT NULL, bytes INTEGER NOT NULL, file TEXT, task INTEGER,
    latest TEXT NOT NULL, sum INTEGER NOT NULL, finished INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    file TEXT PRIMARY KEY, tasks INTEGER NOT NULL, seeds INTEGER NOT NULL, skipped TEXT NOT NULL, sum INTEGER NOT NULL
) WITHOUT ROWID;
COMMIT;
"""

# SQLite's errors if the disk fails; for any other error, the journal itself is at fault.
_DISK_FAILS = {
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM,
}  # fmt: skip


class _UnusableJournalError(ValueError):
    """The journal is damaged, or does not apply to this build."""


class _PartRow(NamedTuple):
    """A row of the journal for a part: the columns of `parts` without the last two."""

    name: str
    seeds: int
    bytes: int
    file: str | None
    task: int | None
    latest: str

    @property
    def key(self) -> TaskKey | None:
        return None if self.file is None or self.task is None else (int(self.file, 16), self.task)


@dataclass(frozen=True)
class Journal:
    """An open journal.

    Attributes:
        folder: its folder, which is that of the parts.
        latest: the value of `[limits] latest` in this build.
        known: its content when it was opened.
    """

    folder: Path
    latest: str
    known: KnownParts
    _connection: sqlite3.Connection

    def add(self, done: Iterable[DoneTask]) -> None:
        """Record tasks that were done: all of them or none.

        Raises:
            DiskError: the disk is full or fails.
        """
        tasks = [task for task in done if task.lasting and not task.reused]
        rows = [self._row(part, task.key) for task in tasks for part in task.parts]
        with _named(self.folder), self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, 0)", map(_with_sum, rows)
            )

    def _row(self, part: Part, key: TaskKey | None) -> _PartRow:
        file, task = (None, None) if key is None else (_hex(key[0]), key[1])
        return _PartRow(part.name, part.seeds, part_bytes(self.folder, part.name), file, task, self.latest)

    def finish(self, known: KnownParts) -> None:
        """Record that the build is in place, and forget all parts except these.

        Raises:
            DiskError: the disk is full or fails.
        """
        names = {part.name for part in known}
        files = (
            (_hex(stamp), contents.tasks, contents.seeds, contents.skipped.as_json())
            for stamp, contents in known.files.items()
        )
        with _named(self.folder), self._connection as connection:
            written = connection.execute("SELECT name FROM parts").fetchall()
            connection.executemany("DELETE FROM parts WHERE name = ?", [row for row in written if row[0] not in names])
            connection.execute("UPDATE parts SET finished = 1 WHERE finished = 0")
            connection.execute("DELETE FROM files")
            connection.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?)", map(_with_sum, files))
        _sweep(self.folder, names)


@contextmanager
def open_journal(folder: Path, fingerprint: str, latest: str, *, resume: bool, rehash: bool) -> Iterator[Journal]:
    """Open the journal of a folder of parts, and delete the files in it that the journal does not know.

    Args:
        folder: the folder of the parts; nobody else may have its journal open.
        fingerprint: a digest of what parts depend on besides the seeds; a journal with another one is discarded.
        latest: the value of `[limits] latest`. Parts that were read with a later one are forgotten, because
            they may contain seeds that are rejected now.
        resume: if False, the work of an interrupted build is forgotten.
        rehash: if True, everything is forgotten.

    Raises:
        DiskError: the disk is full or fails.
    """
    path = folder / JOURNAL
    with _named(folder):
        rows, files = _read(path, fingerprint, rehash)
        kept = _that_hold(folder, rows, latest, resume)
        connection = _opened(path, fingerprint, [row.name for row, _ in rows if row.name not in kept])
    with closing(connection):
        _sweep(folder, set(kept))
        yield Journal(folder, latest, _known(kept.values(), files), connection)


def _read(path: Path, fingerprint: str, rehash: bool) -> tuple[list[tuple[_PartRow, bool]], dict[int, FileContents]]:
    """Read the journal: the parts, each with True if its build is in place, and the files.

    A journal that cannot be used is deleted; the result is then empty.

    Raises:
        sqlite3.Error: the disk fails.
    """
    if not rehash and path.is_file() and not path.is_symlink():
        try:
            _check_header(path)
            with closing(_connected(path)) as connection:
                return _rows(connection, fingerprint)
        except (sqlite3.Error, ValueError) as error:  # ValueError also for names that are not UTF-8 any more
            if _is_of_the_disk(error):
                raise
    for name in (path, path.with_name(f"{path.name}-journal")):
        delete(name)
    return [], {}


def _check_header(path: Path) -> None:
    """Raise for a database whose header says that SQLite may read it, but not write it."""
    with path.open("rb") as database:
        if database.read(20)[18:] not in (b"", b"\1\1"):
            raise _UnusableJournalError


def _rows(
    connection: sqlite3.Connection, fingerprint: str
) -> tuple[list[tuple[_PartRow, bool]], dict[int, FileContents]]:
    """Read the rows of an open journal.

    Raises:
        sqlite3.Error: the disk fails, or the journal is damaged or was written by another version.
        ValueError: it is damaged, or has another fingerprint.
    """
    if connection.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
        raise _UnusableJournalError
    if connection.execute("SELECT fingerprint FROM build").fetchall() != [(fingerprint,)]:
        raise _UnusableJournalError
    parts = connection.execute(
        "SELECT name, seeds, bytes, file, task, latest, sum, finished FROM parts ORDER BY name"
    ).fetchall()
    files = map(_without_sum, connection.execute("SELECT file, tasks, seeds, skipped, sum FROM files"))
    return (
        [(_PartRow(*_without_sum(row)), bool(finished)) for *row, finished in parts],
        {int(file, 16): FileContents(count, seeds, Skipped.of_json(said)) for file, count, seeds, said in files},
    )


def _that_hold(folder: Path, rows: list[tuple[_PartRow, bool]], latest: str, resume: bool) -> dict[str, _PartRow]:
    """The rows that are valid for this build, by name; if one row of a task is not, none of them is."""
    broken = {
        row.name: row.key
        for row, finished in rows
        if row.latest > latest or not (finished or resume) or part_bytes(folder, row.name) != row.bytes
    }
    keys = set(broken.values()) - {None}
    return {row.name: row for row, _ in rows if row.name not in broken and row.key not in keys}


def _known(rows: Iterable[_PartRow], files: dict[int, FileContents]) -> KnownParts:
    texts: list[Part] = []
    tasks: dict[TaskKey, tuple[Part, ...]] = {}
    for row in rows:
        if row.key is None:
            texts.append(Part(row.name, row.seeds))
        else:
            tasks[row.key] = (*tasks.get(row.key, ()), Part(row.name, row.seeds))
    return KnownParts(tuple(texts), tasks, files)


def _opened(path: Path, fingerprint: str, forgotten: list[str]) -> sqlite3.Connection:
    """Open the journal for writing; make it if it is missing, and delete some rows.

    Raises:
        sqlite3.Error: the disk fails.
    """
    with ExitStack() as stack:
        connection = stack.enter_context(closing(_connected(path)))
        connection.executescript(_TABLES)
        with connection:
            connection.execute("INSERT INTO build SELECT ? WHERE NOT EXISTS (SELECT * FROM build)", (fingerprint,))
            connection.executemany("DELETE FROM parts WHERE name = ?", [(name,) for name in forgotten])
        stack.pop_all()
    return connection


def _connected(path: Path) -> sqlite3.Connection:
    is_long = len(os.fsencode(path)) > _LONGEST_PATH
    with ExitStack() as stack:  # a file that is not a database causes an error at the first statement
        location = ":memory:" if is_long else f"{path.as_uri()}?nolock=1"
        connection = stack.enter_context(closing(sqlite3.connect(location, uri=True)))
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # otherwise each transaction reads the file again
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA temp_store = MEMORY")  # there may be no temporary folder
        stack.pop_all()
    return connection


def _with_sum(row: Iterable[object]) -> tuple[object, ...]:
    """A row, followed by a checksum of its values."""
    values = tuple(row)
    return *values, zlib.crc32(repr(values).encode())


def _without_sum(row: Iterable[Any]) -> tuple[Any, ...]:
    """The original row of one that `_with_sum` made.

    Raises:
        _UnusableJournalError: the checksum is wrong.
    """
    *values, _ = row = tuple(row)
    if _with_sum(values) != row:
        raise _UnusableJournalError
    return tuple(values)


def _hex(stamp: int) -> str:
    return f"{stamp:016x}"


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Turn SQLite's errors into a DiskError.

    Raises:
        DiskError: SQLite fails.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _reason(folder) or DiskError(
            f"{folder / JOURNAL}: {error}", "make room on the disk, or check it; --rehash begins a new one"
        ) from error


def _reason(folder: Path) -> DiskError | None:
    """The system's error for writing a file here, which SQLite does not report. None if a file can be written now."""
    probe = folder / "probe"
    try:
        with ExitStack() as files:
            first, *_ = [files.enter_context(probe.open("wb")) for _ in range(3)]
            first.write(bytes(1 << 16))
    except OSError as error:
        return DiskError.of(error)
    finally:
        with suppress(OSError):
            probe.unlink()
    return None


def _is_of_the_disk(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DISK_FAILS


def _sweep(folder: Path, names: set[str]) -> None:
    """Delete all files except the journal and the files of some parts."""
    for path in folder.iterdir():
        if path.stem not in names and not path.name.startswith(JOURNAL):
            path.unlink()


def delete_parts_with(folder: Path, gone: Tombstones) -> None:
    """Delete the parts that hold a seed that was taken down, so that the next build reads their other seeds again.

    The journal is not changed, because a row whose files are missing is ignored. The index of a part is deleted last,
    so that a half-deleted part is found again.

    Args:
        folder: the folder of the parts; it may be missing.
        gone: the seeds that were taken down.
    """
    if not folder.is_dir():
        return
    paths = [path for path in folder.iterdir() if not path.name.startswith(JOURNAL)]
    kept = {name for name in {path.stem for path in paths} if _is_free_of(folder / f"{name}.index", gone)}
    for path in sorted(paths, key=lambda path: path.suffix == ".index"):
        if path.stem not in kept:
            path.unlink()


def _is_free_of(index: Path, gone: Tombstones) -> bool:
    """Whether a part certainly holds nothing that was taken down; False for a part that is incomplete."""
    try:
        with pa.OSFile(os.fsencode(index)) as source:
            frame = pl.DataFrame(pa.ipc.open_file(source).read_all().select(["id", "sha256"]))
    except (FileNotFoundError, KeyError, pa.ArrowException):
        return False
    return not gone.holds(frame["id"], frame["sha256"]).any()

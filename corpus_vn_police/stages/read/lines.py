"""Rows of JSON arrays, CSV and TSV files -> lines of JSON, as a JSONL file would have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TypeVar

from corpus_vn_police.config import Limits
from corpus_vn_police.stages.read.arrays import cut_elements
from corpus_vn_police.stages.read.bounds import Budget, Readable
from corpus_vn_police.stages.read.canonical import canonical_row
from corpus_vn_police.stages.read.cells import cut_rows
from corpus_vn_police.stages.read.encoded import Utf8Stream
from corpus_vn_police.stages.read.rows import canonical_element
from corpus_vn_police.stages.read.seeds import Blob
from corpus_vn_police.stages.read.tasks import Batching, Lines, Members, Task

ROWS_OF_TEXT = ("rows", "array", "cells")
"""The kinds of row files that are text."""


def rows_as_lines(
    packed: Readable, name: str, path: str, kind: str, budget: Budget, limits: Limits, batching: Batching
) -> Iterator[Task]:
    """The tasks of a JSON array (`array`), or of a CSV or TSV file (`cells`).

    Args:
        packed: the file, after decompression.
        name: its name; the extension says what kind of file it is.
        path: its path in the ledger.
        kind: `array` or `cells`.
        budget: how many bytes may come out of it, and again as lines, which repeat the column names.
        limits: the limits on seeds.
        batching: the limits on the size of a task.

    Raises:
        Exception: it is damaged; the rows before the damage come first.
    """
    stream = Utf8Stream.of(packed)
    from_text = kind == "cells"
    read: Iterator[bytes | Blob]
    if from_text:
        read = _lines_of(cut_rows(stream, name, limits), lambda row: canonical_row(row, "surrogateescape"))
    else:
        read = _lines_of(cut_elements(stream, limits), _element)
    repeated = replace(budget, outer=None)
    gathered = _Gathered(path, stream.encoding, from_text, batching.bytes // 2)
    try:
        for line in read:
            if isinstance(line, bytes):
                repeated.spend(len(line))
            yield from gathered.add(line)
    except Exception:
        yield from gathered.rest()
        raise
    yield from gathered.rest()


_Row = TypeVar("_Row")


def _lines_of(rows: Iterator[_Row | Blob], line: Callable[[_Row], bytes | Blob]) -> Iterator[bytes | Blob]:
    for row in rows:
        yield row if isinstance(row, Blob) else line(row)


def _element(element: bytes) -> bytes | Blob:
    """The line for an element, or a `Blob` with the reason if it is not JSON."""
    line, refused = canonical_element(element)
    if not refused:
        return line
    return Blob(b"", len(element), sha256(element).hexdigest(), refused["reason"], refused["detail"])


@dataclass
class _Gathered:
    """Collects lines into tasks; a row that cannot be read is a task of its own."""

    path: str
    encoding: str | None
    from_text: bool
    most: int
    first: int = 1
    size: int = 0
    lines: list[bytes] = field(default_factory=list)

    def add(self, line: bytes | Blob) -> Iterator[Task]:
        """Add the next row; return the tasks that are now complete."""
        if isinstance(line, Blob):
            yield from self.rest()
            yield Members((f"{self.path}#{self.first}",), (line,))
            self.first += 1
            return
        self.lines.append(line)
        self.size += len(line)
        if self.size >= self.most:
            yield from self.rest()

    def rest(self) -> Iterator[Task]:
        """The lines that are not in a task yet."""
        if self.lines:
            yield Lines(self.path, self.first, b"\n".join(self.lines), self.encoding, self.from_text)
            self.first += len(self.lines)
            self.lines, self.size = [], 0

"""A task: seeds of an input that are read together, in one or more batches."""

from __future__ import annotations

from dataclasses import dataclass

from corpus_vn_police.stages.read.roots import Root
from corpus_vn_police.stages.read.seeds import Blob
from corpus_vn_police.stages.read.walk import Refusal


@dataclass(frozen=True)
class Batching:
    """The limits on the size of a batch: seeds, and bytes of seeds. They do not change any result (law 4)."""

    rows: int = 2_000
    bytes: int = 16 << 20


@dataclass(frozen=True)
class Texts:
    """Text files below a root, which the task itself reads, except for those that are refused."""

    root: Root
    names: tuple[str, ...]
    refused: dict[str, Refusal]


@dataclass(frozen=True)
class Lines:
    """Complete lines of a JSONL file, or one line of JSON for each row of another text file, in UTF-8.

    Attributes:
        path: the file.
        first: the number of the first line or row; numbers start at 1.
        block: the lines.
        encoding: the codec of the file if it was UTF-16 or UTF-32, otherwise None.
        from_text: True if the values are cells of a CSV or TSV file, so that all are strings.
    """

    path: str
    first: int
    block: bytes
    encoding: str | None = None
    from_text: bool = False


@dataclass(frozen=True)
class TableRows:
    """Rows of a Parquet or Arrow file, as an Arrow IPC stream; `first` is the number (from 1) of the first one."""

    path: str
    first: int
    count: int
    stream: bytes


@dataclass(frozen=True)
class GivenRows:
    """Rows that came from Python, as a block of `given_blocks`; `first` is the number (from 1) of the first one."""

    path: str
    first: int
    count: int
    block: bytes


@dataclass(frozen=True)
class Members:
    """Seeds whose bytes are part of the task: members of archives, and seeds that cannot be read."""

    paths: tuple[str, ...]
    blobs: tuple[Blob, ...]


Task = Texts | Lines | TableRows | GivenRows | Members

BLANK = b" \t\r"  # a JSONL line with only these characters is empty


def seeds_in(task: Task) -> int:
    """How many seeds a task will return; the ledger must balance with this."""
    if isinstance(task, Texts):
        return len(task.names)
    if isinstance(task, Members):
        return len(task.paths)
    if isinstance(task, TableRows | GivenRows):
        return task.count
    return sum(1 for line in task.block.split(b"\n") if line.strip(BLANK))


def bytes_in(task: Task) -> int:
    """The bytes of seeds that are part of a task; 0 if the task reads them itself."""
    if isinstance(task, Members):
        return sum(len(blob.data) for blob in task.blobs)
    return 0 if isinstance(task, Texts) else len(task.stream if isinstance(task, TableRows) else task.block)

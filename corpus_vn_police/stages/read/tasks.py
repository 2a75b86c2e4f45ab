"""A task: seeds of an input that are read together, in one or more batches."""

from __future__ import annotations

from dataclasses import dataclass

from corpus_vn_police.stages.read.roots import Root
from corpus_vn_police.stages.read.seeds import Blob
from corpus_vn_police.stages.read.walk import Refusal


@dataclass(frozen=True)
class Batching:
    """How large a batch may grow: seeds, and bytes of seeds. It changes no result (law 4)."""

    rows: int = 2_000
    bytes: int = 16 << 20


@dataclass(frozen=True)
class Texts:
    """Text files below a root, which the task reads, but for those that are refused."""

    root: Root
    names: tuple[str, ...]
    refused: dict[str, Refusal]


@dataclass(frozen=True)
class Lines:
    """Whole lines of a JSONL file, or a line of JSON for each row of another file of text, in UTF-8.

    Attributes:
        path: the file.
        first: the number of the first line, or row, from 1.
        block: the lines.
        encoding: the codec of the file if it was UTF-16 or UTF-32, else None.
        from_text: whether the values are cells of a CSV or TSV file, so that each is a string.
    """

    path: str
    first: int
    block: bytes
    encoding: str | None = None
    from_text: bool = False


@dataclass(frozen=True)
class TableRows:
    """Rows of a Parquet or Arrow file as an Arrow IPC stream; `first` is the number of the first, from 1."""

    path: str
    first: int
    count: int
    stream: bytes


@dataclass(frozen=True)
class GivenRows:
    """Rows that came from Python as a block of `given_blocks`; `first` is the number of the first, from 1."""

    path: str
    first: int
    count: int
    block: bytes


@dataclass(frozen=True)
class Members:
    """Seeds whose bytes are in the task: members of archives, and what cannot be read."""

    paths: tuple[str, ...]
    blobs: tuple[Blob, ...]


Task = Texts | Lines | TableRows | GivenRows | Members

BLANK = b" \t\r"  # a line of a JSONL file that holds no more is empty


def seeds_in(task: Task) -> int:
    """How many seeds a task will give: what the ledger is balanced against."""
    if isinstance(task, Texts):
        return len(task.names)
    if isinstance(task, Members):
        return len(task.paths)
    if isinstance(task, TableRows | GivenRows):
        return task.count
    return sum(1 for line in task.block.split(b"\n") if line.strip(BLANK))


def bytes_in(task: Task) -> int:
    """The bytes of seeds that a task carries; 0 if it reads them itself."""
    if isinstance(task, Members):
        return sum(len(blob.data) for blob in task.blobs)
    return 0 if isinstance(task, Texts) else len(task.stream if isinstance(task, TableRows) else task.block)

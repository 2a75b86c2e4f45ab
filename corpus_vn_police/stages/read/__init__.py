"""Folder, file, archive or URL -> batches of raw bytes, with the path of each seed."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import polars as pl
import pyarrow as pa

from corpus_vn_police.config import Corpus, Limits
from corpus_vn_police.files import open_regular
from corpus_vn_police.reasons import CONTAINER_VALUE
from corpus_vn_police.stages.batch import seed_columns
from corpus_vn_police.stages.read.given import NotARow, given_rows
from corpus_vn_police.stages.read.listing import Listing, display, kind_of, open_file
from corpus_vn_police.stages.read.roots import Root
from corpus_vn_police.stages.read.row_form import RowForm
from corpus_vn_police.stages.read.rows import read_row
from corpus_vn_police.stages.read.seeds import (
    DAMAGED,
    Blob,
    SeedBatch,
    describe,
    failed,
    fault,
    take,
    whole,
)
from corpus_vn_police.stages.read.skipped import Skipped
from corpus_vn_police.stages.read.source import Source, list_input
from corpus_vn_police.stages.read.streams import unpacked
from corpus_vn_police.stages.read.table_rows import read_table_row, rows_of
from corpus_vn_police.stages.read.tasks import (
    BLANK,
    Batching,
    GivenRows,
    Lines,
    Members,
    TableRows,
    Task,
    Texts,
    bytes_in,
    seeds_in,
)
from corpus_vn_police.stages.read.unpack import Unpacker

__all__ = [
    "Batching",
    "Listing",
    "Members",
    "Skipped",
    "Source",
    "Task",
    "Texts",
    "Unpacker",
    "bytes_in",
    "kind_of",
    "list_input",
    "load",
    "seeds_in",
]

_BLOCK = 1 << 16  # with a larger block, every read would map new memory


def load(task: Task, corpus: Corpus, batching: Batching) -> Iterator[pl.DataFrame]:
    """Read the seeds of a task.

    Args:
        task: the seeds.
        corpus: the settings: limits, the keys of rows, own fields.
        batching: the limits on the size of a batch.

    Returns:
        Batches with the columns of `stages.batch.seed_columns`, in the order of the task. If something is wrong with a
        seed, its `reason` says so; no error is raised for it.
    """
    form, columns = RowForm.of(corpus), seed_columns(corpus)
    batch = SeedBatch(columns)
    for path, blob, row in _seeds(task, corpus.limits, form):
        if batch.paths and (len(batch.paths) >= batching.rows or batch.size + len(blob.data) > batching.bytes):
            yield batch.frame()
            batch = SeedBatch(columns)
        batch.add(path, blob, row)
    if batch.paths:
        yield batch.frame()


def _seeds(task: Task, limits: Limits, form: RowForm) -> Iterator[tuple[str, Blob, dict[str, object] | None]]:
    if isinstance(task, Texts):
        for name in task.names:
            refusal = task.refused.get(name)
            blob = failed(refusal.reason, refusal.detail) if refusal else _text(task.root, name, limits)
            yield display(name), blob, None
    elif isinstance(task, Members):
        for path, blob in zip(task.paths, task.blobs, strict=True):
            yield path, blob, None
    elif isinstance(task, Lines):
        lines = task.block.split(b"\n")
        ended = len(lines) - 1
        form = replace(form, cells=task.from_text)
        for number, line in enumerate(lines):
            seed = line.removesuffix(b"\r") if number < ended else line
            if seed.strip(BLANK):
                yield _row(f"{task.path}#{task.first + number}", seed, task.encoding, limits, form)
    else:
        rows = _given_rows(task) if isinstance(task, GivenRows) else _table_rows(task)
        for number, values in enumerate(rows, task.first):
            yield f"{task.path}#{number}", *_values(values, limits, form)


def _given_rows(task: GivenRows) -> Iterator[Callable[[], dict[str, Any]] | NotARow]:
    for row in given_rows(task.block):
        yield row if isinstance(row, NotARow) else functools.partial(dict, row)


def _table_rows(task: TableRows) -> Iterator[Callable[[], dict[str, Any]]]:
    for record_batch in pa.ipc.open_stream(task.stream):
        yield from rows_of(record_batch)


def _values(
    values: Callable[[], dict[str, Any]] | NotARow, limits: Limits, form: RowForm
) -> tuple[Blob, dict[str, object]]:
    """The seed of a row whose values have types, and the values in it."""
    if isinstance(values, NotARow):
        return failed(values.reason, values.detail), {}
    try:
        data, row = read_table_row(values(), form)
    except Exception as error:  # law 9: a damaged file may hold values that Python cannot represent
        fault(error)
        return failed(CONTAINER_VALUE, describe(error)), {}
    blob = whole(data, limits)
    return blob, row if blob.reason is None else {}


def _row(
    path: str, seed: bytes, encoding: str | None, limits: Limits, form: RowForm
) -> tuple[str, Blob, dict[str, object]]:
    blob = whole(seed, limits)
    return path, blob, read_row(seed, form, encoding) if blob.reason is None else {}


def _text(root: Root, name: str, limits: Limits) -> Blob:
    try:
        if name.endswith(".txt") and (location := root.on_disk(name)) is not None:
            return _plain(location, limits)
        with open_file(root, name) as raw:
            packed = raw.seek(0, os.SEEK_END)
            raw.seek(0)
            return take(unpacked(raw, name), limits, packed)
    except DAMAGED as error:
        return failed(fault(error), describe(error))


def _plain(location: str, limits: Limits) -> Blob:
    """Read a local text file; `os.read` takes half as long as a file object."""
    descriptor, size = open_regular(location)
    try:
        data = os.read(descriptor, min(size + 1, _BLOCK))
        # A file that reports a wrong size, like some in /proc, has not been read to its end.
        if len(data) != size:
            os.lseek(descriptor, 0, os.SEEK_SET)
            with os.fdopen(descriptor, "rb", closefd=False) as stream:
                return take(stream, limits)
    finally:
        os.close(descriptor)
    return whole(data, limits)

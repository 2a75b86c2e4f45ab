"""Read again the seeds that the build left out: the build does not hold their texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import replace

import polars as pl

from corpus_vn_police.config import Corpus
from corpus_vn_police.stages.batch import seed_columns
from corpus_vn_police.stages.read import Batching, Source, Task, Texts, Unpacker, kind_of, list_input, load
from corpus_vn_police.stages.read.listing import display
from corpus_vn_police.stages.read.row_form import RowForm
from corpus_vn_police.stages.read.rows import read_row
from corpus_vn_police.stages.read.seeds import SeedBatch, whole
from corpus_vn_police.stages.read.tasks import Lines

_LINE = re.compile(rb"[^\n]*+\n|[^\n]++")


def read_again(seeds: Source, wanted: dict[str, str], corpus: Corpus) -> pl.DataFrame:
    """Read some seeds of an input.

    Args:
        seeds: the input.
        wanted: their paths, as the ledger has them, with the sha256 that it says.
        corpus: the settings.

    Returns:
        The columns of `stages.batch.seed_columns`, a row for each that is still there with the same bytes.

    Raises:
        InputError: the input is missing or holds no seeds.
    """
    batching, limits = Batching(), corpus.limits
    found = [SeedBatch(seed_columns(corpus)).frame()]
    for task in Unpacker(limits, batching).tasks(list_input(seeds, follow_links=limits.follow_links)):
        for part in _narrowed(task, wanted.keys()):
            for batch in load(part, corpus, batching):
                same = pl.Series(
                    [wanted.get(path) == sha256 for path, sha256 in batch.select("path", "sha256").iter_rows()]
                )
                found.append(batch.filter(same & batch["sha256"].is_not_null()))
    return pl.concat(found)


def _narrowed(task: Task, wanted: Set[str]) -> Iterator[Task]:
    """The parts of a task that hold wanted seeds; of archives and tables the whole task."""
    if isinstance(task, Texts):
        names = tuple(name for name in task.names if display(name) in wanted)
        if names:
            yield Texts(task.root, names, {name: task.refused[name] for name in names if name in task.refused})
    elif isinstance(task, Lines):
        for number, line in enumerate(_LINE.findall(task.block), task.first):
            if f"{task.path}#{number}" in wanted:
                yield Lines(task.path, number, line, task.encoding, task.from_text)
    else:
        yield task


def as_seeds(paths: list[str], blobs: list[bytes], corpus: Corpus) -> pl.DataFrame:
    """Seeds whose bytes are at hand, as the reading gives them.

    Args:
        paths: as the ledger has them.
        blobs: the bytes of each.
        corpus: the settings.
    """
    batch, form = SeedBatch(seed_columns(corpus)), RowForm.of(corpus)
    for path, data in zip(paths, blobs, strict=True):
        file, _, number = path.rpartition("#")
        is_row = number.isdecimal() and kind_of(path) is None
        as_read = replace(form, cells=kind_of(file) == "cells")
        batch.add(path, whole(data, corpus.limits), read_row(data, as_read) if is_row else {"body": data})
    return batch.frame()

"""The work of a thread: read the seeds of its tasks, take them through all stages in batches, and write parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from corpus_vn_police.config import Corpus
from corpus_vn_police.dedup import sign
from corpus_vn_police.engine.local import give_back_memory
from corpus_vn_police.errors import LedgerError
from corpus_vn_police.stages.annotate import annotate
from corpus_vn_police.stages.batch import ANNOTATIONS
from corpus_vn_police.stages.normalise.batch import normalise_batch
from corpus_vn_police.stages.quality import quality
from corpus_vn_police.stages.read import Batching, bytes_in, load
from corpus_vn_police.stages.split import assign_split
from corpus_vn_police.stages.structure import structure
from corpus_vn_police.stages.validate import records, validate
from corpus_vn_police.state.known import DoneTask
from corpus_vn_police.state.parts import INDEX, Part, write_part
from corpus_vn_police.state.plan import PlannedTask
from corpus_vn_police.write.shards import SOURCE_DATA, STAND_OFF

# From this number of bytes of seeds on, memory that a step has freed is given back to the system before the next step:
# a build of a text of 16 MiB took 663 MB without this, and takes 590 MB with it.
_LONG = 8 << 20


@dataclass(frozen=True)
class Recipe:
    """What all tasks of a build have in common.

    Attributes:
        folder: the folder for the parts.
        corpus: the settings.
        batching: how large a batch may grow.
        keep_records: False keeps in the parts only what is needed to find copies, as no records will be written.
    """

    folder: Path
    corpus: Corpus
    batching: Batching
    keep_records: bool


@dataclass(frozen=True)
class _Piece:
    """The seeds of one task that are in the same batch.

    Attributes:
        task: the number of the task in its group.
        number: the number of the piece in its task.
        first: how many seeds of the task come before this piece.
        seeds: the seeds.
    """

    task: int
    number: int
    first: int
    seeds: pl.DataFrame


def grouped(plan: Iterable[PlannedTask], batching: Batching) -> Iterator[tuple[PlannedTask, ...]]:
    """Group tasks so that each group fills a batch; a task that fills a batch alone is a group of its own.

    Even a small batch costs about 0.2 s of CPU, because the stages have 80 patterns and Polars keeps only 32 of them
    compiled. 1,000 files of one row took 233 s of CPU when each file was a batch of its own; together they take 25 s.
    """
    group: list[PlannedTask] = []
    seeds = size = 0
    for planned in plan:
        more, longer = planned.seeds, bytes_in(planned.task)
        if group and (seeds + more > batching.rows or size + longer > batching.bytes):
            yield tuple(group)
            group, seeds, size = [], 0, 0
        group.append(planned)
        seeds, size = seeds + more, size + longer
    if group:
        yield tuple(group)


def process(recipe: Recipe, group: tuple[PlannedTask, ...]) -> tuple[DoneTask, ...]:
    """Take the seeds of some tasks through all stages; a task that an earlier build finished is not done again.

    Returns:
        The tasks with their parts, in the same order. No part has seeds of two tasks, so that the next build can use
        the parts of each task alone.

    Raises:
        LedgerError: a seed was read but is in no part (law 3).
    """
    parts = [list(planned.parts or ()) for planned in group]
    for pieces in _batches(recipe, group):
        for piece, part in zip(pieces, _write_parts(recipe, group, pieces), strict=True):
            parts[piece.task].append(part)
        del pieces  # frees the memory of their seeds
    give_back_memory()
    return tuple(_balanced(planned.done(tuple(mine))) for planned, mine in zip(group, parts, strict=True))


def _balanced(done: DoneTask) -> DoneTask:
    """The task, after a check that its parts hold all of its seeds."""
    in_parts = sum(part.seeds for part in done.parts)
    if in_parts != done.seeds:
        raise LedgerError(
            f"{done.seeds} seeds were read, but the parts hold {in_parts}",
            "this is a defect of corpus-vn-police: please report it; nothing was published",
        )
    return done


def _batches(recipe: Recipe, group: tuple[PlannedTask, ...]) -> Iterator[list[_Piece]]:
    """Lists of pieces; each list goes through the stages as one batch."""
    pieces: list[_Piece] = []
    seeds = size = 0
    for piece in _pieces(recipe, group):
        more, longer = len(piece.seeds), int(piece.seeds["data"].bin.size().sum() or 0)
        if pieces and (seeds + more > recipe.batching.rows or size + longer > recipe.batching.bytes):
            yield pieces
            pieces, seeds, size = [], 0, 0
        pieces.append(piece)
        seeds, size = seeds + more, size + longer
    if pieces:
        yield pieces


def _pieces(recipe: Recipe, group: tuple[PlannedTask, ...]) -> Iterator[_Piece]:
    """The seeds of the tasks that are not done yet, in pieces."""
    for task, planned in enumerate(group):
        if planned.parts is not None:
            continue
        first = 0
        for number, frame in enumerate(load(planned.task, recipe.corpus, recipe.batching)):
            yield _Piece(task, number, first, frame)
            first += len(frame)


def _write_parts(recipe: Recipe, group: tuple[PlannedTask, ...], pieces: list[_Piece]) -> Iterator[Part]:
    """Take pieces through all stages and write a part for each."""
    corpus, contract = recipe.corpus, recipe.corpus.contracts["default"]
    seeds = pl.concat([piece.seeds for piece in pieces])
    is_long = int(seeds["bytes"].sum() or 0) > _LONG
    batch = quality(annotate(structure(normalise_batch(seeds, corpus.text), corpus), corpus), corpus)
    if is_long:
        give_back_memory()
    alive = batch["reason"].is_null()
    sieved = validate(records(batch.filter(alive), contract, corpus), contract)
    batch = _with_rejected(batch, alive, sieved.rejected)
    kept = pl.col("reason").is_null()
    batch = batch.with_columns(
        pl.when(kept).then(assign_split(batch, corpus.splits)).alias("split"),
        pl.when(kept).then(pl.col("text").str.len_bytes()).alias("text_bytes"),
    )
    published = batch.filter(kept)
    table = _records(published, sieved.kept, recipe)
    level = corpus.dedup.level
    if is_long:
        give_back_memory()
    signs = None if level == "off" else sign(published["text"], near=level == "near")
    start = record = 0
    for piece in pieces:
        index = batch.slice(start, len(piece.seeds)).select(INDEX.names())
        count = int(index["split"].is_not_null().sum())
        yield write_part(
            recipe.folder,
            f"{group[piece.task].name}-{piece.number:04d}",
            index,
            None if table is None else table.slice(record, count),
            None if signs is None else signs[:, record : record + count],
            _stamps(group[piece.task], piece),
        )
        start, record = start + len(index), record + count


def _stamps(planned: PlannedTask, piece: _Piece) -> npt.NDArray[np.uint64] | None:
    """The stamps of a piece's seeds; None if they are not text files."""
    return None if planned.stamps is None else planned.stamps[piece.first : piece.first + len(piece.seeds)]


def _records(published: pl.DataFrame, table: pa.Table, recipe: Recipe) -> pa.Table | None:
    """The records of a part: complete, with the columns of the other configs; or only what near duplicates need."""
    if not recipe.keep_records:
        return table.select(["text"]) if recipe.corpus.dedup.level == "near" else None
    if recipe.corpus.sources:
        data = published["data"].to_arrow(compat_level=pl.CompatLevel.oldest())
        table = table.append_column(SOURCE_DATA, data.cast(pa.binary()))
    if recipe.corpus.annotations:
        spans = published[ANNOTATIONS].to_arrow(compat_level=pl.CompatLevel.oldest())
        table = table.append_column(STAND_OFF, spans)
    return table


def _with_rejected(batch: pl.DataFrame, alive: pl.Series, rejected: pl.DataFrame) -> pl.DataFrame:
    """Write the reason into the row of each seed whose record breaks the schema."""
    if not len(rejected):
        return batch
    rows = alive.arg_true().gather(rejected["row"])
    names = ["reason", "pointer", "detail"]
    return batch.with_columns(batch[name].scatter(rows, rejected[name]) for name in names)

"""A batch of seeds on its way through the stages: which columns it has, and how a stage rejects a seed.

A batch is a Polars frame with one row per seed. A rejected seed keeps its row, so that the ledger has it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from corpus_vn_police.config import Corpus, load_config
from corpus_vn_police.errors import SchemaError
from corpus_vn_police.reasons import Reason

STAGES = ("read", "normalise", "structure", "annotate", "quality")
"""The stages that add columns, in their order."""


@dataclass(frozen=True)
class BatchColumn:
    """A column of a batch.

    Attributes:
        name: a field of the record has the value of the column of its name; `SOURCE` says what `source` is made of.
        added_by: the stage that adds it; None if none does, and the record has null, an empty list, false or 0.
        type: None is the type that `schema/record.schema.json` gives the field.
        taken_by: the stage that takes it out of the batch again; None if it stays.
        table: the table of corpus.toml whose `enabled` decides whether it is added; None if it always is.
    """

    name: str
    added_by: str | None
    type: type[pl.DataType] | pl.DataType | None = None
    taken_by: str | None = None
    table: str | None = None


COLUMNS = (
    BatchColumn("path", "read"),
    BatchColumn("id", "read"),
    BatchColumn("sha256", "read"),
    BatchColumn("bytes", "read"),  # the length of `data`
    BatchColumn("data", "read", pl.Binary),  # the seed's bytes; empty if it is rejected
    BatchColumn("body", "read", pl.Binary, taken_by="normalise"),  # the bytes of its text; of a text file the same
    BatchColumn("header_date", "read", pl.String, taken_by="structure"),  # the `date` of a row
    BatchColumn("title", "read"),
    BatchColumn("key", "read"),
    BatchColumn("url", "read"),
    BatchColumn("publisher", "read"),
    BatchColumn("own", "read"),  # a struct of the own fields; a build without own fields does not have it
    BatchColumn("unused", "read", pl.List(pl.String)),  # the keys that nothing reads
    BatchColumn("unused_dates", "read", pl.List(pl.String)),  # those of them whose values are like dates
    BatchColumn("reason", "read", pl.String),  # the ledger's; null for a seed that nothing is wrong with
    BatchColumn("pointer", "read", pl.String),
    BatchColumn("detail", "read", pl.String),
    BatchColumn("text", "normalise"),
    BatchColumn("date", "structure"),
    BatchColumn("date_precision", "structure"),
    BatchColumn("year", "structure"),
    BatchColumn("month", "structure"),
    BatchColumn("date_start", "structure"),
    BatchColumn("date_end", "structure"),
    BatchColumn("n_chars", "structure"),
    BatchColumn("n_syllables", "structure"),
    BatchColumn("n_paragraphs", "structure"),
    BatchColumn(
        "title_kept", "structure", pl.Boolean
    ),  # a row's title that equals the first paragraph, and stays there
    BatchColumn("captions", "structure", table="structure"),
    BatchColumn("byline", "structure", table="structure"),
    BatchColumn("event_date", "structure", table="structure"),
    BatchColumn("event_date_text", "structure", table="structure"),
    BatchColumn("date_conflict", "structure", table="structure"),
    BatchColumn("place", "structure", table="structure"),
    BatchColumn("privacy", "annotate"),  # a batch has it if personal data is looked for
    BatchColumn("annotations", "annotate", table="annotations"),  # a struct: a row of the config without its id
    BatchColumn("vietnamese_share", "quality", table="quality"),
    BatchColumn("syllable_share", "quality", table="quality"),
    BatchColumn("tone_style", "quality", table="quality"),
    BatchColumn("duplicates", None),  # counted when all copies are known
)
"""Every column that a batch may have, and every field of a record but `source`."""

OWN = "own"
"""The column that holds the own fields, so that their names cannot be those of other columns."""

ANNOTATIONS = "annotations"
"""The column that holds the annotations: a struct of lists of spans. It is no field of the record."""

SOURCE = ("path", "sha256", "bytes", "key", "url", "publisher")
"""The columns that a record's `source` is made of."""


def columns_after(stage: str, corpus: Corpus) -> pl.Schema:
    """The columns of a batch, with their types, when it has gone through a stage.

    Args:
        stage: one of `STAGES`.
        corpus: the settings, which leave columns out.
    """
    passed = STAGES[: STAGES.index(stage) + 1]
    return _schema(
        (
            column
            for column in COLUMNS
            if column.added_by in passed and column.taken_by not in passed and _is_enabled(column, corpus)
        ),
        corpus,
    )


def seed_columns(corpus: Corpus) -> pl.Schema:
    """The columns of a batch that has just been read, with their types; of the settings only own fields change them."""
    return _seed_columns(corpus) if corpus.own else seed_columns_by_default()


def _seed_columns(corpus: Corpus) -> pl.Schema:
    return _schema((column for column in COLUMNS if column.added_by == "read" and _is_enabled(column, corpus)), corpus)


def unfilled(corpus: Corpus) -> set[str]:
    """The fields of a record that no stage fills with these settings."""
    return {
        column.name
        for column in COLUMNS
        if column.name not in (OWN, ANNOTATIONS) and (column.added_by is None or not _is_enabled(column, corpus))
    }


@functools.cache
def seed_columns_by_default() -> pl.Schema:
    """The columns of a batch that has just been read, without own fields; made once, as every task asks for them."""
    return _seed_columns(load_config(None))


def _is_enabled(column: BatchColumn, corpus: Corpus) -> bool:
    if column.name == OWN:
        return bool(corpus.own)
    if column.name == "privacy":
        return corpus.finds_personal
    return column.table is None or bool(corpus.settings[column.table]["enabled"])


def _schema(columns: Iterable[BatchColumn], corpus: Corpus) -> pl.Schema:
    fields = _field_types(corpus)
    return pl.Schema({column.name: _type(column, fields) for column in columns})


def _field_types(corpus: Corpus) -> pl.Schema:
    """The types of a record's fields, of those of its `source`, and of the struct of its own fields."""
    fields = pl.Schema(corpus.contracts["default"].schema)
    source = fields.pop("source")
    assert isinstance(source, pl.Struct)  # noqa: S101 - for mypy
    own = pl.Struct({name: fields.pop(name) for name in corpus.own})
    lists = pl.Schema(corpus.contracts["annotations"].schema)
    del lists["id"]
    apart = {OWN: own, ANNOTATIONS: pl.Struct(dict(lists))}
    return pl.Schema([*fields.items(), *((field.name, field.dtype) for field in source.fields), *apart.items()])


def _type(column: BatchColumn, fields: pl.Schema) -> pl.DataType:
    if column.type is not None:
        return column.type if isinstance(column.type, pl.DataType) else column.type()
    if column.name not in fields:
        raise SchemaError(
            f"stages/batch.py: the column {column.name!r} has no type, and the record has no field of this name",
            "declare it in schema/record.schema.json, or give the column a type",
        )
    return fields[column.name]


def check_columns(batch: pl.DataFrame, stage: str, corpus: Corpus) -> None:
    """Check that a batch has the columns that it should have after a stage, of their types, and no others.

    Raises:
        SchemaError: it has not, such as for a slip in a name: a defect of this package.
    """
    wanted, here = columns_after(stage, corpus), batch.schema
    other = sorted(name for name in wanted.keys() & here.keys() if wanted[name] != here[name])
    faults = {
        "lacks the columns": sorted(wanted.keys() - here.keys()),
        "has columns that stages/batch.py does not name": sorted(here.keys() - wanted.keys()),
        "has columns of another type than their field": [f"{name}: {here[name]}" for name in other],
    }
    if any(faults.values()):
        listed = "; ".join(f"{fault} {', '.join(names)}" for fault, names in faults.items() if names)
        raise SchemaError(f"after {stage} a batch {listed}", "this is a defect of corpus-vn-police: please report it")


def reject(
    batch: pl.DataFrame, where: pl.Expr, reason: Reason, detail: pl.Expr, pointer: pl.Expr | None = None
) -> pl.DataFrame:
    """Give a reason to the rows of a condition that have none yet.

    Args:
        batch: reads and writes `reason`, `pointer`, `detail`.
        where: the condition; null is false.
        reason: why.
        detail: rule, limit and measure, never the text.
        pointer: JSON Pointer of the field at fault; None leaves it null.
    """
    hit = where.fill_null(False) & pl.col("reason").is_null()
    values = {"reason": pl.lit(reason.code), "detail": detail, "pointer": pl.lit(None) if pointer is None else pointer}
    return batch.with_columns(pl.when(hit).then(value).otherwise(name).alias(name) for name, value in values.items())


def is_beyond(measure: pl.Expr, reason: Reason, corpus: Corpus) -> pl.Expr:
    """Whether a measure is above the `max_…` or below the `min_…` that a reason is decided by; null is null."""
    threshold = corpus.threshold(reason)
    return measure < threshold if reason.key.startswith("min_") else measure > threshold


def reject_beyond(batch: pl.DataFrame, measure: pl.Expr, reason: Reason, corpus: Corpus) -> pl.DataFrame:
    """Reject the rows whose measure is above the `max_…` or below the `min_…` that a reason is decided by.

    Args:
        batch: reads and writes `reason`, `pointer`, `detail`.
        measure: a number; a row in which it is null stays.
        reason: has a `setting`, such as `limits.max_paragraphs`.
        corpus: has its value.
    """
    detail = pl.format(f"{reason.key} {corpus.threshold(reason)}, got {{}}", measure.round(4))
    return reject(batch, is_beyond(measure, reason, corpus), reason, detail)

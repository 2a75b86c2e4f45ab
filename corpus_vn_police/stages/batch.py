"""A batch of seeds on its way through the stages: which columns it has, and how a stage rejects a seed.

A batch is a Polars frame with one row per seed. A rejected seed keeps its row, so that the ledger lists it.
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
"""The stages that add columns, in the order in which they run."""


@dataclass(frozen=True)
class BatchColumn:
    """A column of a batch.

    Attributes:
        name: a field of the record gets its value from the column with the same name; see `SOURCE` for `source`.
        added_by: the stage that adds it; None if no stage does: the record then has null, an empty list, false or 0.
        type: None means the type of the field in `schema/record.schema.json`.
        taken_by: the stage that takes it out of the batch again; None if it stays.
        table: the table of corpus.toml whose `enabled` must be true for it to be added; None if it is always added.
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
    BatchColumn("body", "read", pl.Binary, taken_by="normalise"),  # the text's bytes; a text file's `data`
    BatchColumn("header_date", "read", pl.String, taken_by="structure"),  # the `date` of a row
    BatchColumn("title", "read"),
    BatchColumn("key", "read"),
    BatchColumn("url", "read"),
    BatchColumn("publisher", "read"),
    BatchColumn("own", "read"),  # a struct of the own fields; a build without own fields does not have it
    BatchColumn("unused", "read", pl.List(pl.String)),  # the keys that nothing reads
    BatchColumn("unused_dates", "read", pl.List(pl.String)),  # those of them whose values look like dates
    BatchColumn("reason", "read", pl.String),  # the ledger's `reason`; null if nothing is wrong with the seed
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
    ),  # the row's title equals the first paragraph, which stays in the text
    BatchColumn("captions", "structure", table="structure"),
    BatchColumn("byline", "structure", table="structure"),
    BatchColumn("event_date", "structure", table="structure"),
    BatchColumn("event_date_text", "structure", table="structure"),
    BatchColumn("date_conflict", "structure", table="structure"),
    BatchColumn("place", "structure", table="structure"),
    BatchColumn("privacy", "annotate"),  # only present if personal data is looked for
    BatchColumn("annotations", "annotate", table="annotations"),  # a row of the config, without its id
    BatchColumn("vietnamese_share", "quality", table="quality"),
    BatchColumn("syllable_share", "quality", table="quality"),
    BatchColumn("tone_style", "quality", table="quality"),
    BatchColumn("duplicates", None),  # counted after all copies are known
)
"""Every column that a batch may have; these include every field of a record except `source`."""

OWN = "own"
"""The column that holds the own fields, as one struct, so that their names cannot clash with other columns."""

ANNOTATIONS = "annotations"
"""The column that holds the annotations: a struct of lists of spans. It is not a field of the record."""

SOURCE = ("path", "sha256", "bytes", "key", "url", "publisher")
"""The columns that a record's `source` is made from."""


def columns_after(stage: str, corpus: Corpus) -> pl.Schema:
    """The columns of a batch after a stage, with their types.

    Args:
        stage: one of `STAGES`.
        corpus: the settings; some of them leave columns out.
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
    """The columns of a batch that has just been read, with their types; only own fields in the settings change them."""
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
    """The columns of a batch that has just been read, without own fields; cached, because every task needs them."""
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
    """The types of a record's fields, of the fields in its `source`, and of the struct of its own fields."""
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
    """Check that a batch has exactly the columns and types that it should have after a stage.

    Raises:
        SchemaError: they differ, for example because a name is misspelt: a defect of this package.
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
    """Reject the rows that meet a condition, except those that are rejected already.

    Args:
        batch: reads and writes `reason`, `pointer`, `detail`.
        where: the condition; null counts as false.
        reason: the reason for the rejection.
        detail: the rule, the limit and the measured value, but never the text.
        pointer: the JSON Pointer of the field that is wrong; None leaves it null.
    """
    hit = where.fill_null(False) & pl.col("reason").is_null()
    values = {"reason": pl.lit(reason.code), "detail": detail, "pointer": pl.lit(None) if pointer is None else pointer}
    return batch.with_columns(pl.when(hit).then(value).otherwise(name).alias(name) for name, value in values.items())


def is_beyond(measure: pl.Expr, reason: Reason, corpus: Corpus) -> pl.Expr:
    """Whether a measured value is above the `max_…` or below the `min_…` of a reason's setting; null stays null."""
    threshold = corpus.threshold(reason)
    return measure < threshold if reason.key.startswith("min_") else measure > threshold


def reject_beyond(batch: pl.DataFrame, measure: pl.Expr, reason: Reason, corpus: Corpus) -> pl.DataFrame:
    """Reject the rows whose measured value is above the `max_…` or below the `min_…` of a reason's setting.

    Args:
        batch: reads and writes `reason`, `pointer`, `detail`.
        measure: the measured value; rows in which it is null stay.
        reason: has a `setting`, such as `limits.max_paragraphs`.
        corpus: the settings, with the limit.
    """
    detail = pl.format(f"{reason.key} {corpus.threshold(reason)}, got {{}}", measure.round(4))
    return reject(batch, is_beyond(measure, reason, corpus), reason, detail)

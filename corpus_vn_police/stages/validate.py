"""Records -> kept and rejected, against the JSON Schema.

The columnar check gives the verdict; `jsonschema` is asked only why a rejected record was.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from corpus_vn_police.config import Corpus
from corpus_vn_police.contract import Contract, json_rows, validator, violation
from corpus_vn_police.errors import SchemaError


@dataclass(frozen=True)
class Sieved:
    """Records after the check.

    Attributes:
        kept: the valid ones, in the contract's Arrow schema, in order.
        rejected: of each other one its `row` (uint32, its place in the batch), `reason`
            (`schema.<keyword>`), `pointer` and `detail` (string).
    """

    kept: pa.Table
    rejected: pl.DataFrame


_SOURCE = ("path", "sha256", "bytes", "key", "url", "publisher")
"""The columns of a batch that become a record's `source`."""

_BESIDE = {"data", "reason", "pointer", "detail"}  # of the seed, not of its record
# The fields that the settings leave to no step; `duplicates` is counted when the copies are known.
_LATER = {"duplicates", "privacy"}
_STRUCTURE = {"event_date", "event_date_text", "date_conflict", "place", "captions", "byline"}
_QUALITY = {"vietnamese_share", "syllable_share", "tone_style"}


def unfilled(corpus: Corpus) -> set[str]:
    """The fields of a record that no step fills with these settings."""
    structure = set() if corpus.structure else _STRUCTURE
    return _LATER | structure | (set() if corpus.quality.enabled else _QUALITY)


def records(batch: pl.DataFrame, contract: Contract, corpus: Corpus) -> pa.Table:
    """Lay seeds out as records: the contract's columns, null or empty where no step fills them.

    Args:
        batch: has the columns that have a field's name, and for `source` `path`, `sha256`, `bytes`,
            `key`, `url` and `publisher`; beside them only `data`, `reason`, `pointer` and `detail`.
        contract: the record's.
        corpus: the settings, which say what may be missing (`unfilled`).

    Returns:
        The same rows in the same order, in the contract's Arrow schema.

    Raises:
        SchemaError: a column is missing, or one is there that nobody knows, such as a slip in its
            name: a defect of this package.
    """
    empty = unfilled(corpus)
    known = {*contract.schema.names, *_SOURCE} - {"source"} | _BESIDE
    missing, unknown = known - empty - set(batch.columns), set(batch.columns) - (known - empty)
    if missing or unknown:
        raise SchemaError(
            f"{contract.name}: no step made the columns {sorted(missing)}, and none was to make {sorted(unknown)}",
            "this is a defect of corpus-vn-police: please report it",
        )
    filled = batch.with_columns(pl.struct(_SOURCE).alias("source"))
    wanted = [name for name in contract.schema.names if name not in empty]
    table = filled.select(wanted).to_arrow(compat_level=pl.CompatLevel.oldest())
    others = contract.empty(empty, len(batch))
    columns = [
        others[field.name] if field.name in empty else table.column(field.name).cast(field.type)
        for field in contract.schema
    ]
    return pa.table(columns, schema=contract.schema)


def validate(table: pa.Table, contract: Contract) -> Sieved:
    """Check records against their contract.

    Args:
        table: in the contract's Arrow schema.
        contract: what they must hold to.

    Raises:
        SchemaError: the columnar check and `jsonschema` disagree about a record (law 1): a
            defect of this package.
    """
    valid = pl.DataFrame(table).select(contract.valid.alias("valid"))["valid"]
    if valid.all():
        return Sieved(table, pl.DataFrame(schema=_REJECTED))
    bad = (~valid).arg_true()
    oracle = validator(contract.name)
    rows = []
    for row, instance in zip(bad, json_rows(table.take(bad.to_arrow())), strict=True):
        found = violation(oracle, instance)
        if found is None:
            raise SchemaError(
                f"{contract.name}: the columnar check rejects a record that jsonschema accepts (id {instance['id']})",
                "this is a defect of corpus-vn-police: please report it",
            )
        keyword, pointer, detail = found
        rows.append((row, f"schema.{keyword}", pointer, detail))
    return Sieved(table.filter(valid.to_arrow()), pl.DataFrame(rows, _REJECTED, orient="row"))


_REJECTED = pl.Schema({"row": pl.UInt32, "reason": pl.String, "pointer": pl.String, "detail": pl.String})

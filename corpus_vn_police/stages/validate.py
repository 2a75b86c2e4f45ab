"""Records -> valid and rejected ones, by the JSON Schema.

The columnar check gives the verdict; `jsonschema` only explains why a record is rejected.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from corpus_vn_police.config import Corpus
from corpus_vn_police.contract import Contract, json_rows, violation
from corpus_vn_police.errors import SchemaError
from corpus_vn_police.reasons import broken_keyword
from corpus_vn_police.stages.batch import COLUMNS, OWN, SOURCE, STAGES, check_columns, unfilled


@dataclass(frozen=True)
class Sieved:
    """Records after the check.

    Attributes:
        kept: the valid ones, in the contract's Arrow schema, in order.
        rejected: the others, one per row: `row` (uint32, which row of the batch it was), `reason`
            (`schema.<keyword>`), `pointer` and `detail` (string).
    """

    kept: pa.Table
    rejected: pl.DataFrame


def records(batch: pl.DataFrame, contract: Contract, corpus: Corpus) -> pa.Table:
    """Turn seeds into records: the contract's columns, null or empty if no stage fills them.

    Args:
        batch: has the columns of `stages.batch.COLUMNS` after the last stage.
        contract: the contract of the record.
        corpus: the settings; they decide which fields no stage fills.

    Returns:
        The same rows in the same order, in the contract's Arrow schema.

    Raises:
        SchemaError: the batch lacks a column or has another one, or the record has a field that `COLUMNS` does not
            name: a defect of this package.
    """
    check_columns(batch, STAGES[-1], corpus)
    if forgotten := set(contract.schema.names) - {"source", *corpus.own} - {column.name for column in COLUMNS}:
        raise SchemaError(
            f"{contract.name}: stages/batch.py does not say which stage fills {', '.join(sorted(forgotten))}",
            "this is a defect of corpus-vn-police: please report it",
        )
    empty = unfilled(corpus)
    filled = batch.with_columns(pl.struct(SOURCE).alias("source"))
    wanted = [name for name in contract.schema.names if name not in empty | corpus.own.keys()]
    own = [pl.col(OWN).struct.field(name) for name in corpus.own]
    table = filled.select(*wanted, *own).to_arrow(compat_level=pl.CompatLevel.oldest())
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
        contract: the contract that they must follow.

    Raises:
        SchemaError: the columnar check and `jsonschema` disagree about a record (law 1): a
            defect of this package.
    """
    valid = pl.DataFrame(table).select(contract.valid.alias("valid"))["valid"]
    if valid.all():
        return Sieved(table, pl.DataFrame(schema=_REJECTED))
    bad = (~valid).arg_true()
    rejected = []
    for row, instance in zip(bad, json_rows(table.take(bad.to_arrow())), strict=True):
        first = violation(contract.validator, instance)
        if first is None:
            raise SchemaError(
                f"{contract.name}: the columnar check rejects a record that jsonschema accepts (id {instance['id']})",
                "this is a defect of corpus-vn-police: please report it",
            )
        keyword, pointer, detail = first
        rejected.append((row, broken_keyword(keyword), pointer, detail))
    return Sieved(table.filter(valid.to_arrow()), pl.DataFrame(rejected, _REJECTED, orient="row"))


_REJECTED = pl.Schema({"row": pl.UInt32, "reason": pl.String, "pointer": pl.String, "detail": pl.String})

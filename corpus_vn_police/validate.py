"""Records -> kept and rejected, against the JSON Schema.

The columnar check gives the verdict; `jsonschema` is asked only why a rejected record was.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

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


def records(batch: pl.DataFrame, contract: Contract) -> pa.Table:
    """Lay seeds out as records: the contract's columns, null or empty where no step filled them.

    Args:
        batch: reads the columns that have a field's name, and for `source` `path`, `sha256`,
            `bytes`, `key`, `url` and `publisher`.
        contract: the record's.

    Returns:
        The same rows in the same order, in the contract's Arrow schema.
    """
    source = pl.struct("path", "sha256", "bytes", "key", "url", "publisher").alias("source")
    have = batch.with_columns(source)
    wanted = [name for name in contract.schema.names if name in have.columns]
    filled = have.select(wanted).to_arrow(compat_level=pl.CompatLevel.oldest())
    empty = contract.empty(set(contract.schema.names) - set(wanted), len(batch))
    columns = [
        filled.column(field.name).cast(field.type) if field.name in wanted else empty[field.name]
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

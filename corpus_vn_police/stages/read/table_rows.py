"""A row of a table, or one that came from Python -> its bytes, and the values that a seed needs."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from corpus_vn_police.contract.own_values import Unfit
from corpus_vn_police.reasons import CONTAINER_VALUE
from corpus_vn_police.stages.read.canonical import NoForm, canonical_row
from corpus_vn_police.stages.read.ipc import NOT_READ
from corpus_vn_police.stages.read.row_form import RowForm
from corpus_vn_police.stages.read.rows import RefusedError, read_row, unfit_value, wrong_type
from corpus_vn_police.stages.read.seeds import describe, fault
from corpus_vn_police.stages.read.streams import BrokenError
from corpus_vn_police.text import printable

_BESIDE = ("id", "unused", "unused_dates")  # what is known of a row that is refused
_TYPES = {"id": str | int | float | Decimal}


def rows_of(batch: pa.RecordBatch) -> Iterator[Callable[[], dict[str, Any]]]:
    """The rows of a batch as Python has them, each made when it is asked for.

    A value that Python cannot have, such as a time out of its range, is a `NoForm`, and so is every value of a column
    whose type is not read.
    """
    left_out = {
        field.name: NoForm(printable(field.metadata[NOT_READ].decode("utf-8", "replace")))
        for field in batch.schema
        if pa.types.is_null(field.type) and NOT_READ in (field.metadata or ())
    }
    for number in range(batch.num_rows):
        yield functools.partial(_row, batch.slice(number, 1), left_out)


def _row(batch: pa.RecordBatch, left_out: dict[str, NoForm]) -> dict[str, Any]:
    try:
        row: dict[str, Any] = batch.to_pylist()[0]
    except Exception as error:  # law 9: a damaged file may hold what Python has no value for
        fault(error)
        row = {name: _first(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)}
    return row | left_out


def _first(column: pa.Array) -> Any:
    try:
        return column.to_pylist()[0]
    except Exception as error:
        fault(error)
        return NoForm(str(column.type), describe(error))


def read_table_row(row: dict[str, Any], form: RowForm) -> tuple[bytes, dict[str, Any]]:
    """Read a row of a Parquet or Arrow file, or one that came from Python.

    Args:
        row: its values, as Python has them, or `NoForm`.
        form: what rows look like.

    Returns:
        The seed's bytes (`canonical_row`), and what `read_row` makes of them. A key that must be
        a string has to be one in the file: not binary or a time, although JSON writes those as strings. An own field of
        days takes a time at midnight that has no zone, since there are tables that have no days.

    Raises:
        BrokenError: a value that is read is a `NoForm`.
    """
    data = canonical_row(row)
    values = form.values(row)
    try:
        for name, value in values.items():
            _check_form(form.keys[name], value)
            if name != "date" and value is not None and not isinstance(value, _TYPES.get(name, str)):
                raise wrong_type(form.pointer(name), "string", value)
    except RefusedError as refused:
        return data, refused.row
    own = {name: row[name] for name in form.own.properties if row.get(name) is not None}
    if not own:
        return data, read_row(data, form)
    try:
        typed = {name: _typed(value, form.own.properties[name], f"/{name}") for name, value in own.items()}
    except RefusedError as refused:
        known = read_row(data, form)
        return data, refused.row | {key: known[key] for key in _BESIDE if key in known}
    return data, read_row(data if typed == own else canonical_row(row | typed), form)


def _typed(value: Any, schema: Mapping[str, Any], pointer: str) -> Any:
    """The value of an own field with days for times at midnight where the schema has days.

    Raises:
        RefusedError: it is binary where the schema has texts.
        BrokenError: JSON cannot hold it.
    """
    _check_form(pointer[1:], value)
    if isinstance(value, list | tuple) and "items" in schema:
        return [_typed(each, schema["items"], f"{pointer}/{place}") for place, each in enumerate(value)]
    if isinstance(value, dict) and "properties" in schema:
        inner = schema["properties"]
        return {
            name: _typed(each, inner[name], f"{pointer}/{name}") if name in inner else each
            for name, each in value.items()
        }
    if isinstance(value, bytes) and schema.get("x-arrow-type") != "binary":
        raise unfit_value(Unfit("type", pointer, f"type {_named(schema)}, got binary"))
    if schema.get("x-arrow-type") == "date32" and _is_midnight(value):
        return value.date()
    return value


def _check_form(name: str, value: Any) -> None:
    if isinstance(value, NoForm):
        said = value.detail or f"{printable(name)}: a value of the type {value.kind}, which JSON does not have"
        raise BrokenError(said, reason=CONTAINER_VALUE)


def _named(schema: Mapping[str, Any]) -> str:
    types = schema["type"]
    return types if isinstance(types, str) else " or ".join(types)


def _is_midnight(value: Any) -> bool:
    return (
        isinstance(value, datetime.datetime)
        and value.tzinfo is None
        and value.time() == datetime.time()
        and not getattr(value, "nanosecond", 0)
    )

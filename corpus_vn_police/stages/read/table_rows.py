"""A row of a table or from Python -> its bytes as a seed, and its values."""

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

_BESIDE = ("id", "unused", "unused_dates")  # values that stay known if a row is refused
_TYPES = {"id": str | int | float | Decimal}


def rows_of(batch: pa.RecordBatch) -> Iterator[Callable[[], dict[str, Any]]]:
    """The rows of a batch as Python values; each is converted only when it is needed.

    A value that Python cannot represent, such as a time out of range, becomes a `NoForm`, and so does every value of a
    column whose type is not supported.
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
    except Exception as error:  # law 9: a damaged file may hold values that Python cannot represent
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
        row: its values as Python values, or `NoForm`.
        form: the form of rows.

    Returns:
        The seed's bytes (`canonical_row`), and the values that `read_row` would return for them. A key that must be a
        string must be one in the file; binary and times are refused, although JSON writes them as strings. An own field
        of days accepts a time at midnight without a time zone, because some tables have no type for days.

    Raises:
        BrokenError: a needed value is a `NoForm`.
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
    """The value of an own field, with times at midnight turned into days if the schema asks for days.

    Raises:
        RefusedError: it is binary, but the schema asks for text.
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

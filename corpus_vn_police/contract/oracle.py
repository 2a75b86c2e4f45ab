"""`jsonschema`, set up as the contract needs it: the reference for law 1, and the explanation of a rejected record.

Three things differ from its defaults: `pattern` has ECMAScript's meaning, which `patterns.matches` gives (Python's `$`
also matches before a final newline), `format` is checked, and a number that is not finite is not a number, because
JSON has none.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
from jsonschema import Draft202012Validator, validators

from corpus_vn_police.contract.patterns import matches, matches_in_linear_time

_LONGEST_DETAIL = 500  # code points
_LENGTHS = {"minLength", "maxLength", "minItems", "maxItems"}


def _pattern_by(found: Callable[[str, str], bool]) -> Any:
    """The keyword `pattern`, checked by a given regex engine."""

    def check(validator: Any, pattern: str, instance: Any, _: Any) -> Iterator[jsonschema.ValidationError]:
        if validator.is_type(instance, "string") and not found(pattern, instance):
            yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")

    return check


def _number(_: Any, instance: Any) -> bool:
    if isinstance(instance, bool) or not isinstance(instance, int | float):
        return False
    return isinstance(instance, int) or math.isfinite(instance)  # `isfinite` fails on 10**400


def _integer(checker: Any, instance: Any) -> bool:
    return _number(checker, instance) and (isinstance(instance, int) or instance.is_integer())


_Validator: Any = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    validators={"pattern": _pattern_by(matches)},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many({"number": _number, "integer": _integer}),
)


_LinearValidator: Any = validators.extend(_Validator, {"pattern": _pattern_by(matches_in_linear_time)})  # type: ignore[no-untyped-call]


def oracle(document: dict[str, Any], *, linear: bool = False) -> Any:
    """The `jsonschema` validator of a document, with `format` asserted.

    Args:
        document: a JSON Schema; one that a user gave must pass `check_schema` first.
        linear: True if a stranger may have written its patterns; see `patterns.matches_in_linear_time`.
    """
    return (_LinearValidator if linear else _Validator)(document, format_checker=Draft202012Validator.FORMAT_CHECKER)


def check_schema(document: Any) -> None:
    """Refuse a document that is not a JSON Schema.

    Raises:
        jsonschema.SchemaError: it is not a JSON Schema.
    """
    _Validator.check_schema(document)


def first_error(validator: Any, instance: Any) -> Any:
    """The first error of a value, sorted by pointer, then keyword; None if it is valid."""
    errors = sorted(validator.iter_errors(instance), key=lambda e: (list(map(str, e.absolute_path)), e.validator or ""))
    return errors[0] if errors else None


def violation(validator: Any, instance: Any) -> tuple[str, str, str] | None:
    """The first violation in a value: keyword, JSON Pointer, detail; None if it is valid.

    Violations are sorted by pointer, then keyword, so that the same record always has the same
    reason. The detail gives the rule, the limit and the measured value. It never quotes the
    record, because a rejected text must not be in a build.
    """
    error = first_error(validator, instance)
    if error is None:
        return None
    # If the schema is `false`, the error has no keyword.
    return error.validator or "false", _pointer(error), _detail(error)


def _pointer(error: jsonschema.ValidationError) -> str:
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in error.absolute_path]
    return "".join(f"/{step}" for step in steps)


def _detail(error: Any) -> str:
    rule, limit, instance = error.validator, error.validator_value, error.instance
    if rule in _LENGTHS:
        return f"{rule} {limit}, got {len(instance)}"
    if rule in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        return f"{rule} {limit}, got {error.instance}"[:_LONGEST_DETAIL]
    if rule == "type":
        wanted = limit if isinstance(limit, str) else " or ".join(limit)
        return f"type {wanted}, got {json_type(error.instance)}"
    return f"{rule or 'false'} {limit}"[:_LONGEST_DETAIL]


def json_type(value: Any) -> str:
    """The name of a value's type in JSON Schema; for a value that JSON cannot have, its name in Python."""
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null", bytes: "binary"}
    return names.get(type(value), "number" if isinstance(value, int | float) else type(value).__name__)


def json_rows(table: pa.Table) -> list[dict[str, Any]]:
    """The JSON form of a table's rows: date32 as an ISO date, binary as base64.

    A date32 whose year does not have the four digits of ISO 8601 is written with its own year, and
    `format: date` then refuses it.
    """
    columns = {
        field.name: [_json(value, field.type) for value in _plain(table.column(field.name))] for field in table.schema
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(column: pa.ChunkedArray) -> list[Any]:
    # A date with a year that Python does not support cannot become a `date`; its number of days can.
    values: list[Any] = column.cast(_days(column.type)).to_pylist()
    return values


def _days(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_date32(kind):
        return pa.int32()
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _days(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(_days(kind.value_type))
    return kind


def _json(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_date32(kind):
        return str(np.datetime64(value, "D"))
    if pa.types.is_binary(kind):
        return base64.b64encode(value).decode("ascii")
    if pa.types.is_struct(kind):
        return {field.name: _json(value[field.name], field.type) for field in kind}
    if pa.types.is_list(kind):
        return [_json(item, kind.value_type) for item in value]
    return value

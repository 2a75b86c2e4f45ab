"""The values of own fields in a row -> values that their columns can hold.

A column has one type, but a row of JSON may contain any value. If a value does not fit the type, `jsonschema` explains
why. All other rules are checked later, by the columnar check of the whole record.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import functools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from corpus_vn_police.contract.arrow import arrow_type
from corpus_vn_police.contract.oracle import json_type, oracle, violation

Schema = dict[str, Any]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BITS = {"int8": 7, "int16": 15, "int32": 31, "int64": 63}
_DEEPEST = 100  # how deep a text that is parsed as JSON may be nested


@dataclass(frozen=True)
class Unfit:
    """Why a column cannot hold a value: the keyword that it breaks, its JSON Pointer in the row, and the detail.

    Instead of a keyword of JSON Schema it is `nul` or `surrogate` if the value contains a NUL character or half of a
    surrogate pair, or `range` if a number is out of the range of the column's Arrow type.
    """

    keyword: str
    pointer: str
    detail: str


class _UnfitError(Exception):
    """A column cannot hold a value; `keyword` is the one to report if `jsonschema` accepts the value."""

    def __init__(self, keyword: str, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.unfit = Unfit(keyword, pointer, detail)


@dataclass(frozen=True)
class OwnFields:
    """The fields that the keeper adds to the record.

    Attributes:
        properties: name -> schema of the column, as `own.own_properties` gives them; empty if there are none.
    """

    properties: Mapping[str, Schema] = field(default_factory=dict)

    @functools.cached_property
    def type(self) -> pa.StructType:
        """The Arrow type of all own fields of a row."""
        return pa.struct(
            [pa.field(name, arrow_type(each, {}, f"#/properties/{name}")) for name, each in self.properties.items()]
        )

    @functools.cached_property
    def _oracle(self) -> Any:
        return oracle({"type": "object", "properties": dict(self.properties)}, linear=True)

    def taken(self, row: Mapping[str, Any]) -> tuple[dict[str, Any], list[str], Unfit | None]:
        """Take the values of own fields out of a row.

        Args:
            row: its keys and values, of the types that JSON has.

        Returns:
            The values as their columns hold them; the keys of objects that no column holds, such as `meta.source`; and
            why the first unfit value does not fit, or None if all fit.
        """
        values: dict[str, Any] = {}
        unused: list[str] = []
        for name, schema in self.properties.items():
            if name in row:
                try:
                    values[name] = _fitted(row[name], schema, f"/{name}", unused)
                except _UnfitError as error:
                    return {}, unused, self._explained({name: row[name]}, error.unfit)
        return values, unused, None

    def _explained(self, row: dict[str, Any], unfit: Unfit) -> Unfit:
        """The explanation of `jsonschema` for a value that does not fit; if it accepts the value, our own."""
        if unfit.keyword in ("nul", "surrogate"):
            return unfit
        first = violation(self._oracle, row)
        return unfit if first is None else Unfit(*first)

    def from_texts(self, row: Mapping[str, str]) -> dict[str, Any]:
        """Parse values that are text, from a CSV file or a line `# key = value`; other keys are kept as they are.

        A field that is not a string is written as in JSON: `3`, `true` (in any case), `["a", "b"]`. An empty text is
        null if the field may be null. A text that cannot be parsed stays a text, which the field's type then refuses.
        """
        return {
            name: _from_text(value, self.properties[name]) if name in self.properties else value
            for name, value in row.items()
        }


def _types(schema: Schema) -> list[str]:
    named = schema["type"]
    return [named] if isinstance(named, str) else named


def _from_text(text: str, schema: Schema) -> Any:
    types = _types(schema)
    if not text and "null" in types:
        return None
    if "string" in types:
        return text
    written = text.strip().lower() if "boolean" in types else text.strip()
    if written.count("[") + written.count("{") > _DEEPEST:
        return text
    try:
        return json.loads(written)
    except ValueError:
        return text


def _fitted(value: Any, schema: Schema, pointer: str, unused: list[str]) -> Any:
    """A value as its column holds it; keys of objects that no column holds are added to `unused`.

    Raises:
        _UnfitError: the column cannot hold it.
    """
    if value is None:
        return None
    kind = next(each for each in _types(schema) if each != "null")
    return _FITTING[kind](value, schema, pointer, unused)


def _wrong(value: Any, schema: Schema, pointer: str) -> _UnfitError:
    return _UnfitError("type", pointer, f"type {' or '.join(_types(schema))}, got {json_type(value)}")


def _string(value: Any, schema: Schema, pointer: str, _: list[str]) -> Any:
    if not isinstance(value, str):
        raise _wrong(value, schema, pointer)
    if "\0" in value:
        raise _UnfitError("nul", pointer, "a NUL character")
    try:
        data = value.encode()
    except UnicodeEncodeError as error:
        raise _UnfitError("surrogate", pointer, "a lone surrogate") from error
    if schema.get("x-arrow-type") == "date32":
        return _day(value, pointer)
    if schema.get("x-arrow-type") == "binary":
        try:
            return base64.b64decode(data, validate=True)
        except binascii.Error as error:
            raise _UnfitError("contentEncoding", pointer, f"contentEncoding base64: {error}") from error
    return value


def _day(value: str, pointer: str) -> datetime.date:
    try:
        if _DAY.fullmatch(value):
            return datetime.date.fromisoformat(value)
    except ValueError:
        pass  # it is not in the calendar: the answer is the same as for other texts
    raise _UnfitError("format", pointer, "format date")


def _integer(value: Any, schema: Schema, pointer: str, _: list[str]) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or (isinstance(value, float) and value % 1 != 0):
        raise _wrong(value, schema, pointer)
    name = schema.get("x-arrow-type", "int64")
    if not -(2 ** _BITS[name]) <= value < 2 ** _BITS[name]:
        raise _UnfitError("range", pointer, f"x-arrow-type {name}, got a number out of its range")
    return int(value)


def _number(value: Any, schema: Schema, pointer: str, _: list[str]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(value, schema, pointer)
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if number - number != 0:  # infinite, or not a number
        raise _UnfitError("range", pointer, "x-arrow-type float64, got a number out of its range")
    return number


def _boolean(value: Any, schema: Schema, pointer: str, _: list[str]) -> bool:
    if not isinstance(value, bool):
        raise _wrong(value, schema, pointer)
    return value


def _array(value: Any, schema: Schema, pointer: str, unused: list[str]) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(value, schema, pointer)
    return [_fitted(each, schema["items"], f"{pointer}/{place}", unused) for place, each in enumerate(value)]


def _object(value: Any, schema: Schema, pointer: str, unused: list[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(value, schema, pointer)
    properties = schema["properties"]
    others = [name for name in value if name not in properties]
    if others and schema.get("additionalProperties") is False:
        raise _UnfitError("additionalProperties", pointer, "additionalProperties False")
    unused += [f"{_dotted(pointer)}.{name}" for name in others]
    return {name: _fitted(value.get(name), each, f"{pointer}/{name}", unused) for name, each in properties.items()}


def _dotted(pointer: str) -> str:
    """A pointer without its array indexes and with dots, such as `meta.authors`."""
    return ".".join(step for step in pointer.split("/")[1:] if not step.isdecimal())


_FITTING: dict[str, Callable[[Any, Schema, str, list[str]], Any]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "array": _array,
    "object": _object,
}

"""JSON Schema -> one Polars expression that says of every row whether it is valid.

`mask` compiles a schema against the Arrow type of the column it describes. Law 1 holds it to
the verdict of `jsonschema`: a keyword whose verdict it cannot give for every value of the
column's type is refused when the schema is loaded, an unknown one (a slip of the pen that JSON
Schema would ignore) as well.

Null is a value like any other: a keyword that speaks of another type lets it pass, as JSON
Schema has it. A number that is not finite is no JSON number.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
import pyarrow as pa

from corpus_vn_police.contract.arrow import resolve
from corpus_vn_police.contract.patterns import check_pattern
from corpus_vn_police.errors import SchemaError

_ANNOTATIONS = frozenset(
    {"$schema", "$id", "$comment", "$defs", "$ref", "title", "description", "examples", "default",
     "x-arrow-type", "contentEncoding"}
)  # fmt: skip
_INT64 = 2**63
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31, in days from 1970


@dataclass(frozen=True)
class Column:
    """A column under check: how Polars reaches it, its Arrow type, where its schema stands.

    `row` is true for a table's row, whose fields are the frame's columns: to make a struct of
    them for each keyword costs ten times what the checks do.
    """

    expr: pl.Expr
    type: pa.DataType
    root: dict[str, Any]
    pointer: str
    row: bool = False

    @classmethod
    def of_rows(cls, schema: pa.Schema, root: dict[str, Any], pointer: str) -> Column:
        """The rows of a table, none of which is null."""
        return cls(pl.first().is_null(), pa.struct(list(schema)), root, pointer, row=True)

    def field(self, name: str, kind: pa.DataType) -> Column:
        """A field of a row or struct."""
        expr = pl.col(name) if self.row else self.expr.struct.field(name)
        return Column(expr, kind, self.root, f"{self.pointer}/properties/{name}")

    @property
    def kind(self) -> str:
        """The JSON type of its values that are not null."""
        tests: list[tuple[Callable[[pa.DataType], bool], str]] = [
            (pa.types.is_boolean, "boolean"),
            (pa.types.is_integer, "integer"),
            (pa.types.is_floating, "number"),
            (pa.types.is_list, "array"),
            (pa.types.is_struct, "object"),
        ]
        return next((kind for test, kind in tests if test(self.type)), "string")

    def when_present(self, condition: pl.Expr) -> pl.Expr:
        """The condition, or true where the value is null."""
        return (self.expr.is_null() | condition).fill_null(True)

    def always(self, verdict: bool) -> pl.Expr:
        """The same verdict for every value that is not null."""
        return self.when_present(self.expr.is_null() if not verdict else self.expr.is_not_null())

    def refuse(self, keyword: str, why: str) -> SchemaError:
        """The error that says that a keyword cannot be held to."""
        return SchemaError(
            f"{self.pointer}/{keyword}: {why}",
            "the columnar check must give jsonschema's verdict on every record; leave it out",
        )


def mask(schema: Any, column: Column) -> pl.Expr:
    """Compile a schema.

    Args:
        schema: a JSON Schema, or true or false.
        column: what it describes.

    Returns:
        A Boolean expression without nulls, true where the value is valid.

    Raises:
        SchemaError: a keyword or a pattern cannot be held to `jsonschema`'s verdict.
    """
    if isinstance(schema, bool):
        return _everywhere(column, schema)
    schema = resolve(schema, column.root, column.pointer)
    unknown = schema.keys() - _ANNOTATIONS - _KEYWORDS.keys() - {"then", "else"}
    if unknown:
        raise column.refuse(min(unknown), "this keyword is not known here")
    parts = [_KEYWORDS[key](value, column, schema) for key, value in schema.items() if key in _KEYWORDS]
    return functools.reduce(lambda left, right: left & right, parts, _everywhere(column, True))


def _everywhere(column: Column, verdict: bool) -> pl.Expr:
    """The same verdict for every value; a literal alone would have one row where a column has many."""
    return column.expr.is_null() | True if verdict else column.expr.is_null() & False


def _finite(column: Column) -> pl.Expr:
    return column.expr.is_finite() if column.kind == "number" else pl.lit(True)


def _type(value: Any, column: Column, _: dict[str, Any]) -> pl.Expr:
    names = {value} if isinstance(value, str) else set(value)
    null = pl.lit("null" in names) & column.expr.is_null()
    if column.kind in names or (column.kind == "integer" and "number" in names):
        return null | (column.expr.is_not_null() & _finite(column).fill_null(True))
    if column.kind == "number" and "integer" in names:
        return null | (_finite(column) & (column.expr == column.expr.floor())).fill_null(False)
    return null


def _enum(value: Any, column: Column, _: dict[str, Any]) -> pl.Expr:
    if column.kind in ("array", "object") or pa.types.is_date32(column.type) or pa.types.is_binary(column.type):
        raise column.refuse("enum", f"values of Arrow type {column.type} cannot be compared with it")
    wanted = [entry for entry in value if _same_kind(entry, column)]
    if column.kind in ("integer", "number"):
        wanted = [_exact(entry, column, "enum") for entry in wanted]
    values = column.expr.cast(pl.Int64) if column.kind == "integer" else column.expr
    null = column.expr.is_null() & (None in value)
    return null | values.is_in(wanted).fill_null(False) if wanted else null


def _same_kind(entry: Any, column: Column) -> bool:
    if isinstance(entry, bool):
        return column.kind == "boolean"
    if isinstance(entry, int | float):
        whole = isinstance(entry, int) or entry.is_integer()
        return column.kind == "number" or (column.kind == "integer" and whole and abs(entry) < _INT64)
    return isinstance(entry, str) and column.kind == "string"


def _exact(number: float, column: Column, keyword: str) -> float:
    """The number as the column compares it; refused where that would round it."""
    if column.kind == "integer":
        return int(number)
    if abs(number) > 2**53 and int(number) != int(float(number)):
        raise column.refuse(keyword, f"{number} has no float64 of its own")
    return float(number)


def _bound(keyword: str, value: Any, column: Column) -> pl.Expr:
    """minimum, maximum, exclusiveMinimum, exclusiveMaximum."""
    if column.kind not in ("integer", "number"):
        return column.always(True)
    low, strict = keyword.lower().endswith("minimum"), keyword.startswith("exclusive")
    if column.kind == "integer":
        # Whole numbers: a strict or fractional bound is the next whole one, so that no
        # comparison goes through a float.
        limit = (
            (math.floor(value) + 1 if strict else math.ceil(value))
            if low
            else (math.ceil(value) - 1 if strict else math.floor(value))
        )
        if not -_INT64 <= limit < _INT64:
            return column.always((limit < 0) == low)
        whole = column.expr.cast(pl.Int64)
        return column.when_present(whole >= limit if low else whole <= limit)
    limit = _exact(value, column, keyword)
    tests = {
        (True, False): column.expr >= limit,
        (True, True): column.expr > limit,
        (False, False): column.expr <= limit,
        (False, True): column.expr < limit,
    }
    return column.when_present(~column.expr.is_finite() | tests[low, strict])


def _length(keyword: str, value: Any, column: Column) -> pl.Expr:
    """minLength, maxLength (code points), minItems, maxItems."""
    if column.kind != ("string" if keyword.endswith("Length") else "array"):
        return column.always(True)
    if column.kind == "string":
        if not pa.types.is_string(column.type):
            raise column.refuse(keyword, f"a column of Arrow type {column.type} has no length")
        length = column.expr.str.len_chars()
    else:
        length = column.expr.list.len()
    length = length.cast(pl.Int64)
    limit = min(int(value), _INT64 - 1)
    return column.when_present(length >= limit if keyword.startswith("min") else length <= limit)


def _pattern(value: str, column: Column, _: dict[str, Any]) -> pl.Expr:
    check_pattern(value, f"{column.pointer}/pattern")
    if column.kind != "string":
        return column.always(True)
    if not pa.types.is_string(column.type):
        raise column.refuse("pattern", f"a column of Arrow type {column.type} has no text")
    return column.when_present(column.expr.str.contains(value))


def _format(value: str, column: Column, _: dict[str, Any]) -> pl.Expr:
    if value != "date" or not pa.types.is_date32(column.type):
        raise column.refuse("format", f"only format date with x-arrow-type date32, got {value!r}")
    days = column.expr.cast(pl.Int32)
    return column.when_present(days.is_between(_FIRST_DAY, _LAST_DAY))


def _properties(value: dict[str, Any], column: Column, _: dict[str, Any]) -> pl.Expr:
    if column.kind != "object":
        return column.always(True)
    present = {field.name: field.type for field in column.type}
    checks = [mask(part, column.field(name, present[name])) for name, part in value.items() if name in present]
    return column.when_present(functools.reduce(lambda left, right: left & right, checks, pl.lit(True)))


def _required(value: list[str], column: Column, _: dict[str, Any]) -> pl.Expr:
    if column.kind != "object":
        return column.always(True)
    return column.always(set(value) <= {field.name for field in column.type})


def _additional(value: Any, column: Column, schema: dict[str, Any]) -> pl.Expr:
    if not isinstance(value, bool):
        raise column.refuse("additionalProperties", "only true or false")
    if column.kind != "object" or value:
        return column.always(True)
    return column.always({field.name for field in column.type} <= schema.get("properties", {}).keys())


def _items(value: Any, column: Column, _: dict[str, Any]) -> pl.Expr:
    if column.kind != "array":
        return column.always(True)
    inner = Column(pl.element(), column.type.value_type, column.root, f"{column.pointer}/items")
    return column.when_present(column.expr.list.eval(mask(value, inner)).list.all())


def _unique(value: bool, column: Column, _: dict[str, Any]) -> pl.Expr:
    if column.kind != "array" or not value:
        return column.always(True)
    inner = column.type.value_type
    if not (pa.types.is_string(inner) or pa.types.is_integer(inner) or pa.types.is_boolean(inner)):
        raise column.refuse("uniqueItems", f"items of Arrow type {inner} are not compared")
    return column.when_present(column.expr.list.n_unique() == column.expr.list.len())


def _parts(keyword: str, value: list[Any], column: Column) -> list[pl.Expr]:
    return [
        mask(part, replace(column, pointer=f"{column.pointer}/{keyword}/{number}")) for number, part in enumerate(value)
    ]


def _all_of(value: list[Any], column: Column, _: dict[str, Any]) -> pl.Expr:
    return functools.reduce(lambda left, right: left & right, _parts("allOf", value, column))


def _any_of(value: list[Any], column: Column, _: dict[str, Any]) -> pl.Expr:
    return functools.reduce(lambda left, right: left | right, _parts("anyOf", value, column))


def _one_of(value: list[Any], column: Column, _: dict[str, Any]) -> pl.Expr:
    counts = [part.cast(pl.Int32) for part in _parts("oneOf", value, column)]
    return functools.reduce(lambda left, right: left + right, counts) == 1


def _not(value: Any, column: Column, _: dict[str, Any]) -> pl.Expr:
    return ~mask(value, replace(column, pointer=f"{column.pointer}/not"))


def _if(value: Any, column: Column, schema: dict[str, Any]) -> pl.Expr:
    def branch(keyword: str) -> pl.Expr:
        return mask(schema.get(keyword, True), replace(column, pointer=f"{column.pointer}/{keyword}"))

    condition = mask(value, replace(column, pointer=f"{column.pointer}/if"))
    return (condition & branch("then")) | (~condition & branch("else"))


_KEYWORDS: dict[str, Callable[[Any, Column, dict[str, Any]], pl.Expr]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda value, column, schema: _enum([value], column, schema),
    "pattern": _pattern,
    "format": _format,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "items": _items,
    "uniqueItems": _unique,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
}
for _name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
    _KEYWORDS[_name] = lambda value, column, _, name=_name: _bound(name, value, column)  # type: ignore[misc]
for _name in ("minLength", "maxLength", "minItems", "maxItems"):
    _KEYWORDS[_name] = lambda value, column, _, name=_name: _length(name, value, column)  # type: ignore[misc]

"""JSON Schema -> one Polars expression that says for every row whether it is valid.

`mask` compiles a schema for the Arrow type of the column that it describes. The result must
agree with `jsonschema` on every value of that type (law 1). If that is not possible for a
keyword, the schema is refused when it is loaded. So is one with an unknown keyword, such as a
spelling mistake, which JSON Schema would ignore.

Null is a value like any other. A keyword for another type accepts it, as in JSON Schema. A
number that is not finite is not a JSON number.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
import pyarrow as pa

from corpus_vn_police.contract.arrow import resolve
from corpus_vn_police.contract.controls import free_of_controls
from corpus_vn_police.contract.patterns import check_pattern
from corpus_vn_police.errors import SchemaError

_ANNOTATIONS = frozenset(
    {"$schema", "$id", "$comment", "$defs", "$ref", "title", "description", "examples", "default",
     "x-arrow-type", "x-rules-version", "contentEncoding"}
)  # fmt: skip
_INT64 = 2**63
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31, in days from 1970


@dataclass(frozen=True)
class Column:
    """A column that is checked: how Polars reaches it, its Arrow type, and where its schema is.

    `row` is true for a whole row of a table, whose fields are the columns of the frame: making a
    struct of them for each keyword costs ten times as much as the checks.
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
        """The JSON type of the values that are not null."""
        tests: list[tuple[Callable[[pa.DataType], bool], str]] = [
            (pa.types.is_boolean, "boolean"),
            (pa.types.is_integer, "integer"),
            (pa.types.is_floating, "number"),
            (pa.types.is_list, "array"),
            (pa.types.is_struct, "object"),
        ]
        return next((kind for test, kind in tests if test(self.type)), "string")

    def when_present(self, condition: pl.Expr) -> pl.Expr:
        """The condition, or true if the value is null; it is never null itself."""
        return self.expr.is_null() | condition

    def everywhere(self, verdict: bool) -> pl.Expr:
        """One verdict for all values, one per row; a literal alone would have only one row."""
        return self.expr.is_null() | True if verdict else self.expr.is_null() & False

    def refuse(self, keyword: str, why: str) -> SchemaError:
        """The error for a keyword that cannot be checked exactly as `jsonschema` checks it."""
        return SchemaError(
            f"{self.pointer}/{keyword}: {why}",
            "the columnar check must give jsonschema's verdict on every record; leave it out",
        )


Verdict = pl.Expr | None
"""A Boolean expression without nulls; None if every value passes. Most keywords of most columns
let every value pass, and to plan an expression costs more than to run it on 2,000 rows."""


def mask(schema: Any, column: Column) -> pl.Expr:
    """Compile a schema.

    Args:
        schema: a JSON Schema, or true or false.
        column: what it describes.

    Returns:
        A Boolean expression without nulls, true if the value is valid.

    Raises:
        SchemaError: a keyword or a pattern cannot be checked exactly as `jsonschema` does.
    """
    verdict = _mask(schema, column)
    return column.everywhere(True) if verdict is None else verdict


def _mask(schema: Any, column: Column) -> Verdict:
    if isinstance(schema, bool):
        return None if schema else column.everywhere(False)
    schema = resolve(schema, column.root, column.pointer)
    unknown = schema.keys() - _ANNOTATIONS - _KEYWORDS.keys() - {"then", "else"}
    if unknown:
        raise column.refuse(min(unknown), "this keyword is not known here")
    return _both(_KEYWORDS[key](value, column, schema) for key, value in schema.items() if key in _KEYWORDS)


def _both(verdicts: Iterable[Verdict]) -> Verdict:
    parts = [verdict for verdict in verdicts if verdict is not None]
    return functools.reduce(lambda left, right: left & right, parts) if parts else None


def _present(column: Column, passes: bool) -> Verdict:
    """One verdict for every value that is not null; null passes."""
    return None if passes else column.expr.is_null()


def _type(value: Any, column: Column, _: dict[str, Any]) -> Verdict:
    names = {value} if isinstance(value, str) else set(value)
    null = column.expr.is_null() if "null" in names else None
    if column.kind == "number" and names & {"number", "integer"}:
        fits = column.expr.is_finite()
        if "number" not in names:
            fits = fits & (column.expr == column.expr.floor())
        return fits.fill_null("null" in names)
    if column.kind in names or (column.kind == "integer" and "number" in names):
        return column.expr.is_not_null() if null is None else None
    return column.everywhere(False) if null is None else null


def _enum(value: Any, column: Column, _: dict[str, Any]) -> Verdict:
    nested = column.kind in ("array", "object")
    if nested or pa.types.is_date32(column.type) or pa.types.is_binary(column.type):
        raise column.refuse("enum", f"values of Arrow type {column.type} cannot be compared with it")
    wanted = [entry for entry in value if _same_kind(entry, column)]
    if column.kind in ("integer", "number"):
        wanted = [_exact(entry, column, "enum") for entry in wanted]
    values = column.expr.cast(pl.Int64) if column.kind == "integer" else column.expr
    found = values.is_in(wanted) if wanted else column.everywhere(False)
    return pl.when(column.expr.is_null()).then(None in value).otherwise(found)


def _same_kind(entry: Any, column: Column) -> bool:
    if isinstance(entry, bool):
        return column.kind == "boolean"
    if isinstance(entry, int | float):
        whole = isinstance(entry, int) or entry.is_integer()
        return column.kind == "number" or (column.kind == "integer" and whole and abs(entry) < _INT64)
    return isinstance(entry, str) and column.kind == "string"


def _exact(number: float, column: Column, keyword: str) -> float:
    """The number as the column compares it; refused if it would have to be rounded."""
    if column.kind == "integer":
        return int(number)
    if abs(number) > 2**53 and int(number) != int(float(number)):
        raise column.refuse(keyword, f"{number} cannot be written exactly as a float64")
    return float(number)


def _bound(keyword: str, value: Any, column: Column) -> Verdict:
    """minimum, maximum, exclusiveMinimum, exclusiveMaximum."""
    if column.kind not in ("integer", "number"):
        return None
    low, strict = keyword.lower().endswith("minimum"), keyword.startswith("exclusive")
    if column.kind == "integer":
        limit = _whole_limit(value, low, strict)
        if not -_INT64 <= limit < _INT64:
            return _present(column, (limit < 0) == low)
        whole = column.expr.cast(pl.Int64)
        return column.when_present(whole >= limit if low else whole <= limit)
    bound = _exact(value, column, keyword)
    tests = {
        (True, False): column.expr >= bound,
        (True, True): column.expr > bound,
        (False, False): column.expr <= bound,
        (False, True): column.expr < bound,
    }
    return column.when_present(~column.expr.is_finite() | tests[low, strict])


def _whole_limit(value: float, low: bool, strict: bool) -> int:
    """The integer bound that means the same as a strict or fractional one, so that no float is compared."""
    if low:
        return math.floor(value) + 1 if strict else math.ceil(value)
    return math.ceil(value) - 1 if strict else math.floor(value)


def _length(keyword: str, value: Any, column: Column) -> Verdict:
    """minLength, maxLength (code points), minItems, maxItems."""
    if column.kind != ("string" if keyword.endswith("Length") else "array"):
        return None
    if column.kind == "string":
        if not pa.types.is_string(column.type):
            raise column.refuse(keyword, f"a column of Arrow type {column.type} has no length")
        length = column.expr.str.len_chars()
    else:
        length = column.expr.list.len()
    length = length.cast(pl.Int64)
    limit = min(int(value), _INT64 - 1)
    return column.when_present(length >= limit if keyword.startswith("min") else length <= limit)


def _pattern(value: str, column: Column, _: dict[str, Any]) -> Verdict:
    check_pattern(value, f"{column.pointer}/pattern")
    if column.kind != "string":
        return None
    if not pa.types.is_string(column.type):
        raise column.refuse("pattern", f"a column of Arrow type {column.type} has no text")
    free = free_of_controls(value, column.expr)
    return column.when_present(column.expr.str.contains(value) if free is None else free)


def _format(value: str, column: Column, _: dict[str, Any]) -> Verdict:
    if value != "date" or not pa.types.is_date32(column.type):
        raise column.refuse("format", f"only format date with x-arrow-type date32, got {value!r}")
    return column.when_present(column.expr.cast(pl.Int32).is_between(_FIRST_DAY, _LAST_DAY))


def _properties(value: dict[str, Any], column: Column, _: dict[str, Any]) -> Verdict:
    if column.kind != "object":
        return None
    present = {field.name: field.type for field in column.type}
    inner = _both(_mask(part, column.field(name, present[name])) for name, part in value.items() if name in present)
    return inner if column.row or inner is None else column.when_present(inner)


def _required(value: list[str], column: Column, _: dict[str, Any]) -> Verdict:
    return _present(column, column.kind != "object" or set(value) <= {field.name for field in column.type})


def _additional(value: Any, column: Column, schema: dict[str, Any]) -> Verdict:
    if not isinstance(value, bool):
        raise column.refuse("additionalProperties", "only true or false")
    if column.kind != "object" or value:
        return None
    return _present(column, {field.name for field in column.type} <= schema.get("properties", {}).keys())


def _items(value: Any, column: Column, _: dict[str, Any]) -> Verdict:
    if column.kind != "array":
        return None
    inner = _mask(value, Column(pl.element(), column.type.value_type, column.root, f"{column.pointer}/items"))
    return None if inner is None else column.when_present(column.expr.list.eval(inner).list.all())


def _unique(value: bool, column: Column, _: dict[str, Any]) -> Verdict:
    if column.kind != "array" or not value:
        return None
    inner = column.type.value_type
    if not (pa.types.is_string(inner) or pa.types.is_integer(inner) or pa.types.is_boolean(inner)):
        raise column.refuse("uniqueItems", f"items of Arrow type {inner} are not compared")
    return column.when_present(column.expr.list.n_unique() == column.expr.list.len())


def _parts(keyword: str, value: list[Any], column: Column) -> Iterator[tuple[Any, Column]]:
    """The subschemas of a keyword, each with the column and its own pointer."""
    for number, part in enumerate(value):
        yield part, replace(column, pointer=f"{column.pointer}/{keyword}/{number}")


def _all_of(value: list[Any], column: Column, _: dict[str, Any]) -> Verdict:
    return _both(_mask(*part) for part in _parts("allOf", value, column))


def _any_of(value: list[Any], column: Column, _: dict[str, Any]) -> Verdict:
    return functools.reduce(lambda left, right: left | right, (mask(*part) for part in _parts("anyOf", value, column)))


def _one_of(value: list[Any], column: Column, _: dict[str, Any]) -> Verdict:
    counts = [mask(*part).cast(pl.Int32) for part in _parts("oneOf", value, column)]
    return functools.reduce(lambda left, right: left + right, counts) == 1


def _not(value: Any, column: Column, _: dict[str, Any]) -> Verdict:
    return ~mask(value, replace(column, pointer=f"{column.pointer}/not"))


def _if(value: Any, column: Column, schema: dict[str, Any]) -> Verdict:
    def branch(keyword: str) -> Verdict:
        return _mask(schema.get(keyword, True), replace(column, pointer=f"{column.pointer}/{keyword}"))

    condition = mask(value, replace(column, pointer=f"{column.pointer}/if"))
    then, otherwise = branch("then"), branch("else")
    # Written as implications: a branch that lets every value pass is left out.
    return _both((None if then is None else ~condition | then, None if otherwise is None else condition | otherwise))


_KEYWORDS: dict[str, Callable[[Any, Column, dict[str, Any]], Verdict]] = {
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

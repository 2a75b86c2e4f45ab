"""JSON Schema -> Arrow types.

The type comes from the schema alone. `string`, `boolean`, `array` and `object` need nothing more;
`integer` is int64 and `number` is float64, unless `x-arrow-type` names another type.
`x-arrow-type` also makes a string of `format: date` a date32, and one of
`contentEncoding: base64` binary.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from corpus_vn_police.errors import SchemaError

Schema = dict[str, Any]

_DEFAULT = {"string": "string", "boolean": "bool", "integer": "int64", "number": "float64"}
_ALLOWED = {
    "string": {"string": pa.string(), "date32": pa.date32(), "binary": pa.binary()},
    "boolean": {"bool": pa.bool_()},
    "integer": {"int8": pa.int8(), "int16": pa.int16(), "int32": pa.int32(), "int64": pa.int64()},
    "number": {"float64": pa.float64()},
}


def resolve(schema: Schema, root: Schema, pointer: str) -> Schema:
    """Follow a `$ref` into `$defs`; keep the keywords beside it.

    Raises:
        SchemaError: it points outside of `$defs` or at nothing, or leads back to itself.
    """
    if not isinstance(schema, dict):
        raise SchemaError(f"{pointer}: got {schema!r}, expected an object", "write a schema with a type")
    seen: set[str] = set()
    while "$ref" in schema:
        reference = schema["$ref"]
        prefix, _, name = reference.rpartition("/")
        if prefix != "#/$defs" or name not in root.get("$defs", {}) or reference in seen:
            raise SchemaError(
                f"{pointer}/$ref: {reference!r} is not one of this document's $defs",
                "use references of the form #/$defs/name that do not lead back to themselves",
            )
        seen.add(reference)
        target = root["$defs"][name]
        if not isinstance(target, dict):
            raise SchemaError(f"#/$defs/{name}: got {target!r}, expected an object", "write a schema with a type")
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        overlap = {key for key in beside.keys() & target.keys() if key not in ("description", "examples")}
        if overlap:
            raise SchemaError(
                f"{pointer}: {sorted(overlap)} are beside a $ref that sets them too",
                "set each keyword in one place only",
            )
        schema = {**target, **beside}
    return schema


def arrow_type(schema: Schema, root: Schema, pointer: str = "#") -> pa.DataType:
    """Derive the Arrow type of the values that a schema describes.

    Args:
        schema: a schema, or a part of one.
        root: the document that contains it, for its `$defs`.
        pointer: where it is, for messages.

    Raises:
        SchemaError: the type is missing, is a union of more than one type and null, or
            `x-arrow-type` does not fit it.
    """
    schema = resolve(schema, root, pointer)
    named = schema.get("type", [])
    kinds = [kind for kind in ([named] if isinstance(named, str) else named) if kind != "null"]
    if len(kinds) != 1:
        raise SchemaError(
            f"{pointer}/type: got {named!r}, expected one type, with or without null",
            "a column has one type",
        )
    kind = kinds[0]
    if kind == "object":
        properties = schema.get("properties", {})
        if not properties:
            raise SchemaError(
                f"{pointer}: an object without properties is not a column", "list its fields under properties"
            )
        return pa.struct(
            [
                pa.field(name, arrow_type(part, root, f"{pointer}/properties/{name}"))
                for name, part in properties.items()
            ]
        )
    if kind == "array":
        return pa.list_(arrow_type(schema.get("items", {}), root, f"{pointer}/items"))
    name = schema.get("x-arrow-type", _DEFAULT.get(kind))
    date_fits = (name == "date32") == (schema.get("format") == "date")
    binary_fits = (name == "binary") == (schema.get("contentEncoding") == "base64")
    if not isinstance(name, str) or name not in _ALLOWED.get(kind, ()) or not date_fits or not binary_fits:
        raise SchemaError(
            f"{pointer}/x-arrow-type: {name!r} does not fit type {kind!r}, format "
            f"{schema.get('format')!r}, contentEncoding {schema.get('contentEncoding')!r}",
            "date32 goes with format date, binary with contentEncoding base64; "
            f"for {kind}: {', '.join(_ALLOWED[kind])}",
        )
    return _ALLOWED[kind][name]


def arrow_schema(document: Schema) -> pa.Schema:
    """Derive the Arrow schema of a table whose rows the document describes.

    Raises:
        SchemaError: as `arrow_type`; or the document does not describe an object.
    """
    row = arrow_type(document, document)
    if not pa.types.is_struct(row):
        raise SchemaError("#/type: a row must be an object", 'write "type": "object"')
    return pa.schema(list(row))

"""Own fields: the keeper's JSON Schema -> columns of the record, after the built-in ones.

A row of Parquet has every column, so a missing key and a null value are the same thing there. Therefore a
property that is not in `required` may be null in the record, and each property is in the record's `required`.
References are replaced by their targets, so the schema in a build has no `$defs` of the keeper's.
"""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from corpus_vn_police.contract.arrow import resolve
from corpus_vn_police.contract.document import check_document
from corpus_vn_police.contract.oracle import check_schema
from corpus_vn_police.errors import SchemaError

Schema = dict[str, Any]

_TOP = {"$schema", "$id", "$comment", "$defs", "title", "description", "type", "properties", "required", "examples"}
_SAID = {"title", "description", "examples", "default", "$comment"}  # keywords that only describe, and check nothing
_COMBINED = {"allOf", "anyOf", "oneOf", "not", "if"}
_MOST_SCHEMAS = 10_000  # after references are replaced
_LONGEST = 500_000  # bytes of JSON: every build contains it, and every command reads it
_DEEPEST = 20  # how deep lists and objects may be nested; Parquet supports about 50


def own_properties(document: Any, built_in: Schema) -> dict[str, Schema]:
    """The properties that a keeper's schema adds to the record.

    Args:
        document: a JSON Schema for an object with `properties`, and perhaps `required` and `$defs`.
        built_in: the record's own document.

    Returns:
        For each name the schema of its column: references replaced, `x-arrow-type` added for dates, null
        allowed unless the name is in `required`.

    Raises:
        SchemaError: it is not a JSON Schema, has a top-level keyword that does not belong to a plain object, describes
            no field, uses a name that the record already has, or has references that lead back to themselves.
            (`Contract.from_document` then refuses properties that cannot be checked.)
    """
    check_document(document)
    try:
        check_schema(document)
        _check_top(document, built_in)
        properties, required = document["properties"], document.get("required", [])
        budget = [_MOST_SCHEMAS]
        own = {
            name: _column(_written_out(each, document, f"#/properties/{name}", budget), name in required)
            for name, each in properties.items()
        }
        _check_size(own)
        return own
    except RecursionError as error:
        raise SchemaError(
            "#: a $ref leads back to itself, or it is nested too deep",
            "remove the circle, or nest its lists and objects less deeply",
        ) from error
    except jsonschema.SchemaError as error:
        where = "/".join(str(step) for step in error.absolute_path)
        raise SchemaError(f"#/{where}: {error.message}", "the document must be JSON Schema 2020-12") from error


def _check_size(own: dict[str, Schema]) -> None:
    size = len(json.dumps(own, ensure_ascii=False, indent=2).encode())
    if size > _LONGEST:
        raise SchemaError(f"#: has {size:,} bytes once its $refs are written out", f"at most {_LONGEST:,} are read")
    for name, schema in own.items():
        if _depth(schema) > _DEEPEST:
            raise SchemaError(f"#/properties/{name}: lists and objects are nested too deep", f"at most {_DEEPEST} deep")


def _depth(schema: Any) -> int:
    """How deep lists and objects are nested."""
    if not isinstance(schema, dict):
        return 0
    inner = [schema.get("items"), *schema.get("properties", {}).values()]
    return max((1 + _depth(each) for each in inner if each is not None), default=0)


def _check_top(document: Schema, built_in: Schema) -> None:
    allowed = {"additionalProperties"} if document.get("additionalProperties") is True else set()
    other = sorted(document.keys() - _TOP - allowed)
    if other:
        raise SchemaError(
            f"#/{other[0]}: only properties and required may describe own fields",
            "leave it out; keys of a row that are not fields are counted and reported, they do not reject the row"
            if other[0] == "additionalProperties"
            else "leave it out, or move it into the schema of a property",
        )
    if document.get("type", "object") != "object":
        raise SchemaError(f"#/type: got {document['type']!r}, expected 'object'", 'write "type": "object"')
    properties = document.get("properties")
    if not properties:
        raise SchemaError("#/properties: there are none", "name at least one field, or leave own fields out")
    taken = [name for name in properties if name in built_in["properties"]]
    if taken:
        raise SchemaError(
            f"#/properties/{taken[0]}: the record has a field of this name", "give your field another name"
        )
    unknown = [name for name in document.get("required", []) if name not in properties]
    if unknown:
        raise SchemaError(
            f"#/required: {unknown[0]!r} is not one of the properties",
            "describe it under properties, or take it out of required",
        )


def _written_out(schema: Any, root: Schema, pointer: str, budget: list[int], *, column: bool = True) -> Any:
    """A copy of a schema with its references replaced by their targets.

    Args:
        schema: a schema of the keeper's.
        root: his document.
        pointer: where the schema is.
        budget: how many more schemas may be produced: a list of one number, which is counted down.
        column: True if it describes a column, in which a missing value is null. A schema below `not`, `if`
            or `allOf` only checks a column that is described elsewhere.
    """
    budget[0] -= 1
    if budget[0] < 0:
        raise SchemaError(
            f"{pointer}: with its $refs written out it has more than {_MOST_SCHEMAS} schemas",
            "use fewer $refs, or smaller ones",
        )
    if not isinstance(schema, dict):
        return schema
    schema = {key: value for key, value in resolve(schema, root, pointer).items() if key != "$defs"}
    if column:
        schema = _without_any_of_null(schema, root, pointer)

    def below(part: Any, place: str, *, is_column: bool = False) -> Any:
        return _written_out(part, root, f"{pointer}/{place}", budget, column=is_column)

    for key, value in schema.items():
        if key in ("items", "not", "if", "then", "else"):
            schema[key] = below(value, key, is_column=column and key == "items")
        elif key in ("allOf", "anyOf", "oneOf"):
            schema[key] = [below(part, f"{key}/{number}") for number, part in enumerate(value)]
        elif key == "properties":
            schema[key] = {name: below(part, f"{key}/{name}", is_column=column) for name, part in value.items()}
    return _as_column(schema) if column else _as_check(schema, pointer)


def _without_any_of_null(schema: Schema, root: Schema, pointer: str) -> Schema:
    """Turn `{"anyOf": [A, {"type": "null"}]}`, which programs write for optional values, into A with null allowed."""
    parts = schema.get("anyOf", ())
    others = [part for part in parts if part != {"type": "null"}]
    beside = {key: value for key, value in schema.items() if key != "anyOf"}
    if len(parts) != 2 or len(others) != 1 or not isinstance(others[0], dict) or beside.keys() - _SAID:
        return schema
    return nullable({**resolve(others[0], root, f"{pointer}/anyOf"), **beside})


def _as_column(schema: Schema) -> Schema:
    """A schema with the Arrow type added for dates, and with null allowed for optional properties."""
    if schema.get("format") == "date" and "string" in _types(schema):
        schema = {**schema, "x-arrow-type": schema.get("x-arrow-type", "date32")}
    if "object" in _types(schema) and "properties" in schema:
        required = schema.get("required", [])
        columns = {name: _column(part, name in required) for name, part in schema["properties"].items()}
        schema = {**schema, "properties": columns, "required": [*columns]}
    return schema


def _as_check(schema: Schema, pointer: str) -> Schema:
    """A schema below `allOf`, `if` and the like, changed so that a null value counts as a missing key.

    A record has every key. So a rule about a key lets null pass unless the key is in `required`, and a key in
    `required` must have a value, unless its rule allows null.

    Raises:
        SchemaError: it has `additionalProperties`, which would need to know all keys of the column.
    """
    if schema.get("additionalProperties", True) is not True:
        raise SchemaError(
            f"{pointer}/additionalProperties: cannot be checked here",
            "move it to the top of the schema, beside properties",
        )
    required = schema.get("required", [])
    said = schema.get("properties", {})
    checks = {name: _check(said.get(name, True), name in required) for name in [*said, *required]}
    return {**schema, "properties": checks} if checks else schema


def _check(schema: Any, required: bool) -> Any:
    null: Schema = {"type": "null"}
    if not required:
        return {"anyOf": [null, schema]}
    allows_null = isinstance(schema, dict) and "null" in _types(schema)
    return schema if allows_null else {"allOf": [schema, {"not": null}]}


def _column(schema: Any, required: bool) -> Any:
    return schema if required or not isinstance(schema, dict) else nullable(schema)


def nullable(schema: Schema) -> Schema:
    """A schema that accepts null as well as what it accepts already."""
    types = _types(schema)
    if not types:
        return schema  # without a type it cannot be a column, and is refused as such
    with_null = {"type": types if "null" in types else [*types, "null"]}
    if _COMBINED & schema.keys() or {"enum", "const"} <= schema.keys():
        said = {key: value for key, value in schema.items() if key in _SAID or key == "x-arrow-type"}
        structure: Schema = {
            key: schema[key] for key in ("properties", "items", "format", "contentEncoding") if key in schema
        }
        rules = {key: value for key, value in schema.items() if key not in said.keys() | structure.keys()}
        return {**said, **with_null, **structure, "anyOf": [{"type": "null"}, rules]}
    values = {"enum": [*schema["enum"], None]} if None not in schema.get("enum", [None]) else {}
    if "const" in schema and schema["const"] is not None:
        values = {"enum": [schema["const"], None]}
        schema = {key: value for key, value in schema.items() if key != "const"}
    return {**schema, **with_null, **values}


def _types(schema: Schema) -> list[str]:
    named = schema.get("type", [])
    return [named] if isinstance(named, str) else list(named)


def with_own(built_in: Schema, own: dict[str, Schema]) -> Schema:
    """The document of a record with own fields; they come after the built-in ones."""
    if not own:
        return built_in
    return {
        **built_in,
        "$id": f"{built_in['$id']}:with-own-fields",
        "required": [*built_in["required"], *own],
        "properties": {**built_in["properties"], **own},
    }


def own_of(document: Any, built_in: Schema, *, may_have_own: bool = True) -> dict[str, Schema]:
    """Find the own fields in a document that `with_own` made.

    Args:
        document: the schema that a build carries.
        built_in: the document of this version.
        may_have_own: False for a table that keepers cannot add fields to.

    Raises:
        SchemaError: its built-in part differs from this version's, or it has own fields but may not.
    """
    properties = document.get("properties") if isinstance(document, dict) else None
    own = (
        {name: each for name, each in properties.items() if name not in built_in["properties"]}
        if isinstance(properties, dict)
        else {}
    )
    if _ordered(document) != _ordered(with_own(built_in, own)) or (own and not may_have_own):
        raise SchemaError(
            f"its built-in fields are not those of {built_in['$id']}",
            "read it with the version of corpus-vn-police that built it, or build again",
        )
    return own


def _ordered(value: Any) -> Any:
    """A copy of a document in which the order of properties matters for equality."""
    if isinstance(value, dict):
        return [(key, _ordered(each)) for key, each in value.items()]
    return [_ordered(each) for each in value] if isinstance(value, list) else (type(value), value)

"""JSON Schema -> the fields of a Croissant record set.

A list becomes an array. A struct or a list of structs has its fields as sub-fields, each read from the
column by a `jsonPath`. Croissant has no types for bytes and for partial dates: both become text.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from corpus_vn_police.contract.arrow import arrow_type, resolve

Schema = dict[str, Any]

_TYPES = {
    pa.string(): "sc:Text",
    pa.binary(): "sc:Text",
    pa.bool_(): "sc:Boolean",
    pa.date32(): "sc:Date",
    pa.int8(): "cr:Int8",
    pa.int16(): "cr:Int16",
    pa.int32(): "cr:Int32",
    pa.int64(): "cr:Int64",
    pa.float64(): "cr:Float64",
}


def croissant_fields(document: Schema, record_set: str, source: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of a record set whose rows the document describes; lists of lists of objects are left out.

    Args:
        document: the JSON Schema of a table.
        record_set: the `@id` of the record set; those of the fields begin with it.
        source: where the columns are, for example `{"fileSet": {"@id": "default-files"}}`.

    Raises:
        SchemaError: as `arrow_type`.
    """
    properties = resolve(document, document, "#")["properties"]
    return [
        _field(f"{record_set}/{name}", part, document, source, (name,))
        for name, part in properties.items()
        if not _has_lists_of_lists_of_objects(arrow_type(part, document, name))
    ]


def _has_lists_of_lists_of_objects(kind: pa.DataType) -> bool:
    """Whether a column, or a field in it, is a list of lists of objects: mlcroissant 1.1 then reads no row at all."""
    if pa.types.is_struct(kind):
        return any(_has_lists_of_lists_of_objects(field.type) for field in kind)
    dimensions = 0
    while pa.types.is_list(kind):
        kind, dimensions = kind.value_type, dimensions + 1
    is_struct = pa.types.is_struct(kind)
    return is_struct and (dimensions > 1 or _has_lists_of_lists_of_objects(kind))


def _field(name: str, part: Schema, root: Schema, source: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """One field; `path` leads to it, and begins with the name of its column."""
    part = resolve(part, root, name)
    found: dict[str, Any] = {"@type": "cr:Field", "@id": name, "name": path[-1]}
    if "description" in part:
        found["description"] = part["description"]
    kind, dimensions = arrow_type(part, root, name), 0
    while pa.types.is_list(kind):
        part, kind, dimensions = resolve(part["items"], root, name), kind.value_type, dimensions + 1
    if dimensions:
        found |= {"isArray": True, "arrayShape": ",".join(["-1"] * dimensions)}
    if pa.types.is_struct(kind):
        inner = part["properties"].items()
        return {**found, "subField": [_field(f"{name}/{key}", each, root, source, (*path, key)) for key, each in inner]}
    taken: dict[str, Any] = {**source, "extract": {"column": path[0]}}
    if path[1:]:
        taken["transform"] = {"jsonPath": ".".join(path[1:])}
    return {**found, "dataType": _TYPES[kind], "source": taken}

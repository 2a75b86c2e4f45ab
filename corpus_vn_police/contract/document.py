"""Check which rules a schema uses, before anything is derived from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from corpus_vn_police.errors import SchemaError

DRAFT = "https://json-schema.org/draft/2020-12/schema"
# Such names mean something else to others: Polars reads `*` and `^...$` as patterns of column names, and a `$ref` is a
# URI with a JSON Pointer, in which `%` and `~` begin escapes.
_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def check_document(document: Any) -> None:
    """Refuse anything that two readers of a schema could understand differently.

    Raises:
        SchemaError: it has another draft, a nested `$id`, a property or definition whose name is not
            a plain word, a number out of float64's range, or a string that UTF-8 cannot write.
    """
    if not isinstance(document, dict):
        raise SchemaError(
            f"#: got {document!r}, expected an object",
            "give a JSON Schema that describes a row: an object with properties",
        )
    if document.get("$schema", DRAFT) != DRAFT:
        raise SchemaError(f"#/$schema: got {document['$schema']!r}", f"write {DRAFT}")
    for pointer, key, value in _walk(document, "#"):
        if key == "$id" and pointer != "#":
            raise SchemaError(f"{pointer}/$id: only the document itself has one", "leave it out")
        if key in ("properties", "$defs") and isinstance(value, dict):
            bad = [name for name in value if not _NAME.fullmatch(name)]
            if bad:
                raise SchemaError(f"{pointer}/{key}: {bad[0]!r} is not a plain word", "use letters, digits and _")
        if isinstance(value, int | float) and not abs(value) < 2**1023:  # also NaN
            raise SchemaError(f"{pointer}/{key}: {value} is out of the range of float64", "write a smaller number")
        if isinstance(value, str) and not _encodes(value):
            raise SchemaError(f"{pointer}/{key}: holds half of a surrogate pair", "write the whole character")


def _walk(value: Any, pointer: str) -> Iterator[tuple[str, str, Any]]:
    """Every member of every object and array: its parent's pointer, its key, its value."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in members:
        yield pointer, str(key), part
        yield from _walk(part, f"{pointer}/{key}")


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

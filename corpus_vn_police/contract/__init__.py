"""The schemas of `schema/`, and everything that is derived from them.

A field is declared once, in `schema/<name>.schema.json`. Its Arrow type, its `datasets` feature,
the check of its values and its line in the card's table are derived from this declaration.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema
import numpy as np
import polars as pl
import pyarrow as pa

from corpus_vn_police.buffers import from_numpy
from corpus_vn_police.contract import features
from corpus_vn_police.contract.arrow import arrow_schema, resolve
from corpus_vn_police.contract.columnar import Column, mask
from corpus_vn_police.contract.document import check_document
from corpus_vn_police.contract.oracle import check_schema, first_error, json_rows, oracle, violation
from corpus_vn_police.contract.own import with_own
from corpus_vn_police.errors import SchemaError
from corpus_vn_police.resources import resource

__all__ = [
    "CONFIGS",
    "NAMES",
    "Contract",
    "Field",
    "canonical_json",
    "contracts",
    "document",
    "first_error",
    "json_rows",
    "load_contract",
    "validator",
    "violation",
]

CONFIGS = {"default": "record", "annotations": "annotations", "sources": "sources"}
"""The configs of a build, and the name of the schema that the rows of each must follow."""

NAMES = ("record", "annotations", "sources", "ledger", "manifest", "corpus")
"""The names of all schemas."""


@dataclass(frozen=True)
class Field:
    """A line of the card's table of fields."""

    name: str
    type: str
    nullable: bool
    description: str


@dataclass(frozen=True)
class Contract:
    """The format of a table: a JSON Schema and what is derived from it.

    Attributes:
        name: the schema's name, one of `NAMES`.
        document: the JSON Schema.
        schema: the Arrow schema, with the metadata that `datasets` reads its features from.
        valid: a Boolean Polars expression over those columns, without nulls: the columnar check.
        nullable: the names of the columns that may be null.
    """

    name: str
    document: dict[str, Any]
    schema: pa.Schema
    valid: pl.Expr
    nullable: frozenset[str]

    @classmethod
    def from_document(cls, name: str, document: dict[str, Any], *, shipped: bool = False) -> Contract:
        """Derive everything from a JSON Schema.

        Args:
            name: the contract's name.
            document: the JSON Schema.
            shipped: True for a schema of this package. Tests check that these are JSON Schemas: checking them in each
                command took a tenth of its start.

        Raises:
            SchemaError: it is not a JSON Schema, does not describe a table, or uses a keyword or a pattern
                for which the columnar check cannot give the same verdict as `jsonschema`.
        """
        try:
            check_document(document)
            if not shipped:
                check_schema(document)
            schema = arrow_schema(document)
            valid = mask(document, Column.of_rows(schema, document, f"{name}: #"))
        except RecursionError as error:
            raise SchemaError(f"{name}: is nested too deeply", "nest its lists and objects less deeply") from error
        except jsonschema.SchemaError as error:
            where = "/".join(str(step) for step in error.absolute_path)
            raise SchemaError(
                f"{name}: #/{where}: {error.message}", "the document must be JSON Schema 2020-12"
            ) from error
        nullable = frozenset(field.name for field in _fields(document, document, "") if field.nullable)
        described = schema.with_metadata(features.metadata(schema))
        return cls(name, document, described, valid, nullable)

    @functools.cached_property
    def validator(self) -> Any:
        """The `jsonschema` validator of the document; it checks `format`, and patterns have ECMAScript's meaning."""
        return oracle(self.document, linear=True)

    @functools.cached_property
    def digest(self) -> str:
        """The sha256 (hex) of the document's canonical JSON."""
        return hashlib.sha256(canonical_json(self.document)).hexdigest()

    def fields(self) -> list[Field]:
        """The fields in order; the fields inside a struct or a list of structs follow it."""
        return list(_fields(self.document, self.document, ""))

    def empty(self, names: Iterable[str], rows: int) -> dict[str, pa.Array]:
        """Columns that no stage fills: null if the field may be null, else an empty list, false or 0.

        A field that allows none of these (such as an id) is null, and the check then rejects the row.
        """
        return {name: _empty(self.schema.field(name).type, name in self.nullable, rows) for name in names}


def _empty(kind: pa.DataType, nullable: bool, rows: int) -> pa.Array:
    if nullable:
        return pa.nulls(rows, kind)
    if pa.types.is_list(kind):
        offsets = from_numpy(np.zeros(rows + 1, np.int32))
        return pa.ListArray.from_arrays(offsets, pa.nulls(0, kind.value_type), type=kind)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return from_numpy(np.zeros(rows, np.int8)).cast(kind)
    return pa.nulls(rows, kind)


_SHAPES = {"array": "list", "object": "struct", "boolean": "bool", "number": "float64", "integer": "int64"}


def _fields(schema: dict[str, Any], root: dict[str, Any], prefix: str) -> Iterator[Field]:
    """The fields that a schema describes, and those inside them; `prefix` is put before their names."""
    for name, raw in schema.get("properties", {}).items():
        described = resolve(raw, root, name)
        types = [described["type"]] if isinstance(described["type"], str) else described["type"]
        named = described.get("x-arrow-type") or next(each for each in types if each != "null")
        yield Field(prefix + name, _SHAPES.get(named, named), "null" in types, described.get("description", ""))
        inner = resolve(described["items"], root, name) if "array" in types else described
        if "array" in types or "object" in types:
            yield from _fields(inner, root, f"{prefix}{name}.")


@functools.cache
def document(name: str) -> dict[str, Any]:
    """Load a schema of this package.

    Raises:
        SchemaError: there is no schema of this name, or it is not JSON.
    """
    if name not in NAMES:
        raise SchemaError(f"there is no schema {name!r}", f"there are {', '.join(NAMES)}")
    path = resource(f"schema/{name}.schema.json")
    try:
        loaded: dict[str, Any] = json.loads(path.read_bytes())
    except ValueError as error:
        raise SchemaError(f"{path.name} is not JSON: {error}", "install the package again") from error
    return loaded


@functools.cache
def load_contract(name: str) -> Contract:
    """The contract of a shipped table schema: record, annotations, sources or ledger.

    Raises:
        SchemaError: as `Contract.from_document`.
    """
    return Contract.from_document(name, document(name), shipped=True)


@functools.cache
def validator(name: str) -> Any:
    """The `jsonschema` validator of a shipped schema; it checks `format`, and patterns have ECMAScript's meaning."""
    return oracle(document(name))


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8: digests are computed from this form."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def contracts(own: Mapping[str, Any] | None = None) -> Mapping[str, Contract]:
    """The contract of each config of a build.

    Args:
        own: the schemas of the own fields, as `own.own_properties` gives them; None if there are none.

    Raises:
        SchemaError: as `Contract.from_document`.
    """
    record = load_contract("record") if not own else _with_own(json.dumps(dict(own)))
    return {config: record if name == "record" else load_contract(name) for config, name in CONFIGS.items()}


@functools.lru_cache(16)
def _with_own(own: str) -> Contract:
    """The contracts for own fields, given as JSON, because it keeps the keeper's order of the fields in a struct."""
    return Contract.from_document("record", with_own(document("record"), json.loads(own)))


def schema_digests(of_configs: Mapping[str, Contract]) -> dict[str, str]:
    """The sha256 (hex) of each config's schema, by the schema's name."""
    return {contract.name: contract.digest for contract in of_configs.values()}

"""Law 1: the columnar check and `jsonschema` give the same verdict on every record."""

import datetime
import string

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.schemas import ecmascript_oracle, found_by_ecmascript, some_keywords

from corpus_vn_police.contract import Contract, json_rows, load_contract
from corpus_vn_police.contract.oracle import oracle, violation
from corpus_vn_police.contract.patterns import check_pattern
from corpus_vn_police.errors import SchemaError

_TEXTS = st.text(alphabet="ab0 9\n\x1fđế\u0301😀", max_size=5)
_PATTERNS = st.sampled_from([
    "^[a-z]+$", "a", "^$", "[^\\u0000-\\u0020]", "^(?:ab|0){1,2}$", "\\u0111", "^",
    "^[^\\u0000-\\u0009\\u000B-\\u001f]*$", "^[^\\u000a]*$",
])  # fmt: skip
_INT = {"int8": 7, "int16": 15, "int32": 31, "int64": 63}
_BOUNDS = st.one_of(st.integers(-130, 130), st.sampled_from([2**31, -(2**63), 2**63, 10**30, 0.5, -1.5]))


_MAY_REFUSE = ("cannot be compared", "has no text", "has no length", "cannot be written exactly")


@st.composite
def _leaf(draw):
    kind = draw(st.sampled_from(["string", "date", "boolean", "integer", "number"]))
    if kind == "date":
        schema = {"type": "string", "format": "date", "x-arrow-type": "date32"}
        return schema, st.one_of(st.integers(-(2**31), 2**31 - 1), st.integers(-800_000, 3_000_000))
    if kind == "string":
        lengths = st.integers(0, 4)
        extra = some_keywords(
            draw,
            {
                "minLength": lengths,
                "maxLength": lengths,
                "pattern": _PATTERNS,
                "enum": st.lists(_TEXTS, min_size=1, unique=True),
                "const": _TEXTS,
            },
        )
        return {"type": "string", **extra}, _TEXTS
    if kind == "boolean":
        return {
            "type": "boolean",
            **some_keywords(draw, {"const": st.booleans(), "enum": st.just([True, 1, None])}),
        }, st.booleans()
    numbers = {
        "minimum": _BOUNDS,
        "maximum": _BOUNDS,
        "exclusiveMinimum": _BOUNDS,
        "exclusiveMaximum": _BOUNDS,
        "enum": st.just([1, 2.0, True, "a", None]),
        "const": st.sampled_from([0, 1.0, False]),
    }
    if kind == "number":
        return {"type": "number", **some_keywords(draw, numbers)}, st.floats(width=64) | st.integers(-3, 3).map(float)
    name = draw(st.sampled_from(sorted(_INT)))
    limit = 2 ** _INT[name]
    return {"type": "integer", "x-arrow-type": name, **some_keywords(draw, numbers)}, st.integers(
        -limit, limit - 1
    ) | st.integers(-3, 3)


@st.composite
def _schema(draw, depth=2):
    """A schema, and a strategy of the values that its Arrow type can hold (dates as days)."""
    kind = draw(st.sampled_from(["leaf", "leaf", "array", "object"] if depth else ["leaf"]))
    if kind == "leaf":
        schema, values = draw(_leaf())
    elif kind == "array":
        items, inner = draw(_schema(depth - 1))
        sizes = st.integers(0, 3)
        extra = some_keywords(draw, {"minItems": sizes, "maxItems": sizes})
        if (
            items["type"] in ("string", "integer", "boolean", ["string", "null"], ["integer", "null"])
            and "format" not in items
        ):
            extra |= some_keywords(draw, {"uniqueItems": st.booleans()})
        schema, values = {"type": "array", "items": items, **extra}, st.lists(inner, max_size=3)
    else:
        schema, values = draw(_object(depth - 1))
    if draw(st.booleans()):
        schema = {**schema, "type": [schema["type"], "null"]}
        values = st.none() | values
    elif draw(st.booleans()):
        values = st.none() | values  # a null where the schema has none: both must reject it
    return schema, values


@st.composite
def _object(draw, depth):
    fields = {name: draw(_schema(depth)) for name in draw(st.lists(st.sampled_from("xyz"), min_size=1, unique=True))}
    properties = {name: schema for name, (schema, _) in fields.items()}
    schema = {"type": "object", "properties": properties}
    extra = {
        "required": st.lists(st.sampled_from(sorted(fields)), unique=True),
        "additionalProperties": st.booleans(),
        "allOf": _parts(fields),
        "anyOf": _parts(fields),
        "oneOf": _parts(fields),
        "not": _part(fields),
        "if": _part(fields),
    }
    schema |= some_keywords(draw, extra)
    if "if" in schema:
        schema |= some_keywords(draw, {"then": _part(fields), "else": _part(fields)})
    return schema, st.fixed_dictionaries({name: values for name, (_, values) in fields.items()})


def _part(fields):
    """A subschema that speaks of one field of its own or of none at all."""
    kinds = st.sampled_from(["null", "string", "integer", "number", "boolean", "array", "object"])
    one = st.sampled_from(sorted(fields)).flatmap(
        lambda name: st.one_of(kinds.map(lambda kind: {"type": kind}), _leaf().map(lambda leaf: _plain(leaf[0]))).map(
            lambda schema: {"properties": {name: schema}}
        )
    )
    return st.one_of(one, st.booleans(), st.just({"required": ["nowhere"]}))


def _plain(schema):
    # A subschema may not give the field another Arrow type.
    return {key: value for key, value in schema.items() if key not in ("format", "x-arrow-type")}


def _parts(fields):
    return st.lists(_part(fields), min_size=1, max_size=3)


def _days(kind):
    """The Arrow type with days in the place of dates, to build arrays from integers."""
    if pa.types.is_date32(kind):
        return pa.int32()
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _days(field.type)) for field in kind])
    return pa.list_(_days(kind.value_type)) if pa.types.is_list(kind) else kind


def _table(rows, schema):
    columns = [pa.array([row[field.name] for row in rows], _days(field.type)).cast(field.type) for field in schema]
    return pa.table(columns, schema=schema)


@given(st.data())
def test_both_give_the_same_verdict_on_any_schema_and_record(data):
    schema, values = data.draw(_object(2))
    try:
        contract = Contract.from_document("drawn", schema)
    except SchemaError as error:
        # Refusing is a right answer, but not for what is made of known keywords alone.
        assert any(reason in error.message for reason in _MAY_REFUSE), error
        return
    table = _table(data.draw(st.lists(values, min_size=1, max_size=4)), contract.schema)
    columnar = pl.DataFrame(table).select(contract.valid).to_series()
    assert columnar.null_count() == 0
    assert columnar.to_list() == [ecmascript_oracle(schema).is_valid(row) for row in json_rows(table)]


def _example(name):
    """A row of the schema's examples, its dates as days."""
    parts = load_contract(name).document["properties"].items()
    return {key: _value(part["examples"][0], part) for key, part in parts}


def _value(example, part):
    return datetime.date.fromisoformat(example).toordinal() - _EPOCH if part.get("format") == "date" else example


_EPOCH = datetime.date(1970, 1, 1).toordinal()


@given(st.data())
def test_both_give_the_same_verdict_on_records_with_a_field_changed(data):
    contract = load_contract("record")
    row = _example("record")
    name = data.draw(st.sampled_from(sorted(row)))
    kind = contract.schema.field(name).type
    values = {
        "string": _TEXTS, "bool": st.booleans(), "date32[day]": st.integers(-(2**31), 2**31 - 1), "double": st.floats(),
        "int8": st.integers(-128, 127), "int16": st.integers(-(2**15), 2**15 - 1), "int32": st.integers(-(2**31), 2**31 - 1),
    }  # fmt: skip
    values = values.get(str(kind), st.none())
    table = _table([row | {name: data.draw(st.none() | values)}], contract.schema)
    expected = ecmascript_oracle(contract.document).is_valid(json_rows(table)[0])
    assert pl.DataFrame(table).select(contract.valid).item() == expected


def test_a_record_made_of_the_schema_s_examples_is_valid():
    table = _table([_example("record")], load_contract("record").schema)
    assert pl.DataFrame(table).select(load_contract("record").valid).item() is True


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"date_start": None}, "/date_start"),
        ({"date_end": None}, "/date_end"),
        ({"date": None, "date_precision": None, "year": None, "month": None, "date_start": None}, "/date_end"),
    ],
)
def test_a_record_has_the_days_of_its_date_if_it_has_one(changed, pointer):
    contract = load_contract("record")
    table = _table([_example("record") | changed], contract.schema)
    assert pl.DataFrame(table).select(contract.valid).item() is False
    assert violation(oracle(contract.document), json_rows(table)[0])[:2] == ("type", pointer)


_PIECES = [
    "a",
    "é",
    "[a-c]",
    "[^b\\n]",
    "\\.",
    "\\u0111",
    "(?:a|b)",
    "(b)",
    "^",
    "$",
    "|",
    "x?",
    "a*",
    "b+",
    "a{1,2}",
    "\\n",
    "[-a]",
    "\\\\",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=6).map("".join), st.text(alphabet="abcx.éđ\n\\-", max_size=6))
def test_an_accepted_pattern_means_the_same_to_polars_and_to_ecmascript(pattern, text):
    try:
        check_pattern(pattern, "#")
    except SchemaError:
        return
    assert pl.Series([text]).str.contains(pattern).item() == found_by_ecmascript(pattern, text)


@given(st.text(alphabet=string.printable, max_size=8), st.text(alphabet=string.printable, max_size=6))
def test_any_pattern_is_refused_or_means_the_same(pattern, text):
    try:
        check_pattern(pattern, "#")
    except SchemaError:
        return
    assert pl.Series([text]).str.contains(pattern).item() == found_by_ecmascript(pattern, text)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d",
        r"\w+",
        r"\s",
        ".",
        r"\bx",
        "(?=a)",
        "(?<!a)b",
        r"(a)\1",
        r"\p{L}",
        "(?i:a)",
        "[a&&b]",
        "[a--b]",
        "[[a]]",
        "[^]",
        r"[^]\n-[.]",
        "[]",
        "a{,2}",
        "(",
        "(?P<n>a)",
        "a{2000}{2000}",
    ],
)
def test_a_pattern_that_the_engines_could_read_differently_is_refused(pattern):
    with pytest.raises(SchemaError, match="pattern"):
        check_pattern(pattern, "#/properties/x")


def _nested(depth):
    schema = {}
    for _ in range(depth):
        schema = {"not": schema}
    return schema


def _with(**keywords):
    return {"type": "object", "properties": {"x": {"type": "string", **keywords}}}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (_with(minLenght=1), "minLenght: this keyword is not known"),
        (_with(pattern=r"^\d+$"), "ECMAScript and the columnar check read differently"),
        (_with(minLength="1"), "is not of type"),
        (_with(format="email"), "only format date"),
        (_with(type=["string", "integer"]), "expected one type"),
        ({"type": "object", "properties": {"x": {"type": "integer", "x-arrow-type": "uint8"}}}, "does not fit"),
        (
            {"type": "object", "properties": {"x": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/a"}}},
            "is not one of this document's",
        ),
        ({"type": "object", "properties": {"x": {"$ref": "other.json"}}}, "is not one of this document's"),
        (
            {"type": "object", "properties": {"x": {"type": "integer", "multipleOf": 2}}},
            "multipleOf: this keyword is not known",
        ),
        ({"type": "string"}, "a row must be an object"),
        (True, "expected an object"),
        ({"type": "object"}, "an object without properties"),
        ({"type": "object", "properties": {"x": True}}, "expected an object"),
        ({"type": "object", "properties": {"x": {"type": "array", "items": True}}}, "expected an object"),
        ({"type": "object", "properties": {"x": {"type": "null"}}}, "expected one type"),
        ({"type": "object", "properties": {"*": {"type": "string"}}}, "is not a plain word"),
        (_with(**{"$id": "urn:x"}), "only the document itself has one"),
        (_with(const="\ud800"), "half of a surrogate pair"),
        (_with(**{"x-arrow-type": ["string"]}), "does not fit"),
        ({"type": "object", "properties": {"x": {"type": "number", "minimum": float("nan")}}}, "out of the range"),
        ({"type": "object", "properties": {"x": {"type": "number", "maximum": 10**400}}}, "out of the range"),
        ({"$schema": "http://json-schema.org/draft-07/schema#", **_with()}, "got 'http://json-schema.org/draft-07"),
        ({**_with(), "not": _nested(500)}, "nested too deeply"),
    ],
)
def test_a_schema_that_cannot_be_held_to_is_refused_when_it_is_loaded(document, said):
    with pytest.raises(SchemaError, match=said.replace("$", r"\$")):
        Contract.from_document("bad", document)


def test_a_violation_of_the_schema_false_has_a_name():
    document = {"type": "object", "properties": {"x": {"type": "string"}}, "allOf": [False, {"required": ["y"]}]}
    assert violation(oracle(document), {"x": "a"}) == ("false", "", "false None")


def test_keywords_of_another_type_are_let_pass_as_json_schema_has_it():
    document = _with(items={"enum": [1]}, properties={"y": {}}, minItems=3)
    contract = Contract.from_document("passes", document)
    assert pl.DataFrame({"x": ["a"]}).select(contract.valid).item() is True
    assert oracle(document).is_valid({"x": "a"})

"""Own fields: the keeper's JSON Schema adds columns to the record, checked like the built-in ones."""

import csv
import datetime
import io
import json
import re
import shutil
from pathlib import Path

import datasets
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builds import ledger, outcomes, records, sign
from support.own_schemas import completed, own_schema
from support.schemas import ecmascript_oracle

import corpus_vn_police as cvp
from corpus_vn_police.contract import Contract, document
from corpus_vn_police.contract.own import own_of, own_properties, with_own
from corpus_vn_police.contract.own_values import OwnFields
from corpus_vn_police.errors import ConfigError, SchemaError
from corpus_vn_police.periods import is_like_date

_BUILT_IN = document("record")
_MAY_REFUSE = ("cannot be compared", "has no text", "has no length", "cannot be written exactly")


def _own(fields):
    return own_properties({"properties": fields}, _BUILT_IN)


# Law 1


@given(st.data())
def test_a_row_is_accepted_if_jsonschema_accepts_its_record_and_the_columns_can_hold_it(data):
    drawn, rows = data.draw(own_schema())
    try:
        own = own_properties(drawn, _BUILT_IN)
        table = {"type": "object", "properties": own, "required": [*own]}
        contract = Contract.from_document("own", table)
    except SchemaError as error:
        assert any(reason in error.message for reason in _MAY_REFUSE), error
        return
    row = data.draw(rows)
    values, _, unfit = OwnFields(own).taken(row)
    record = {name: completed(row.get(name), each) for name, each in own.items()}
    valid = ecmascript_oracle(table).is_valid(record)
    if unfit is not None:
        assert not valid or unfit.keyword in ("range", "nul"), (unfit, record)
        return
    column = pa.array([{name: values.get(name) for name in own}], OwnFields(own).type)
    frame = pl.DataFrame(pa.Table.from_struct_array(column))
    assert frame.select(contract.valid).item() == valid


@given(own_schema())
def test_the_own_fields_of_a_build_are_those_of_its_schema(drawn):
    own = own_properties(drawn[0], _BUILT_IN)
    assert own_of(json.loads(json.dumps(with_own(_BUILT_IN, own))), _BUILT_IN) == own


# The schema


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"text": {"type": "string"}}, "fields: #/properties/text: the record has a field of this name"),
        ({"n": {"type": "integer", "multipleOf": 2}}, "fields: #/properties/n/multipleOf: this keyword is not known here"),
        ({"n": {"type": ["integer", "string"]}}, "fields: #/properties/n/type: got ['integer', 'string', 'null'], "
         "expected one type, with or without null"),
        ({"n": {}}, "fields: #/properties/n/type: got [], expected one type, with or without null"),
        ({"n": {"type": "integer", "minimum": "a"}}, "fields: #/properties/n/minimum: 'a' is not of type 'number'"),
        ({"n": {"type": "string", "pattern": "\\d"}}, "fields: #/properties/n/pattern: the pattern '\\\\d' uses '\\\\d' at "
         "position 0, which ECMAScript and the columnar check read differently"),
        ({"n": {"type": "string", "format": "email"}}, "fields: #/properties/n/format: only format date with x-arrow-type "
         "date32, got 'email'"),
        ({"a-b": {"type": "string"}}, "fields: #/properties: 'a-b' is not a plain word"),
        ({}, "fields: #/properties: there are none"),
        ({"n": {"$ref": "#/$defs/x"}}, "fields: #/properties/n/$ref: '#/$defs/x' is not one of this document's $defs"),
        ({"n": {"type": "array"}}, "fields: #/properties/n/items/type: got [], expected one type, with or without null"),
    ],
)  # fmt: skip
def test_a_schema_that_cannot_be_held_to_is_refused_with_the_keyword_and_its_place(write, tmp_path, fields, message):
    with pytest.raises(ConfigError) as caught:
        cvp.build(write({"a.txt": "a"}), out=tmp_path / "out", fields={"properties": fields})
    assert caught.value.message == message
    assert caught.value.hint
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"properties": {"a": {"type": "string"}}, "additionalProperties": False}, "#/additionalProperties: only "
         "properties and required may describe own fields"),
        ({"properties": {"a": {"type": "string"}}, "required": ["b"]}, "#/required: 'b' is not one of the properties"),
        ({"properties": {"a": {"type": "string"}}, "type": "array"}, "#/type: got 'array', expected 'object'"),
        ([], "#: got [], expected an object"),
        ({"$defs": {"a": {"type": "array", "items": {"$ref": "#/$defs/a"}}}, "properties": {"a": {"$ref": "#/$defs/a"}}},
         "#: a $ref leads back to itself, or it is nested too deep"),
        ({"$defs": {f"a{n}": {"type": "object", "properties": {f"p{m}": {"$ref": f"#/$defs/a{n + 1}"} for m in range(9)}}
                    for n in range(9)} | {"a9": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/a0"}}},
         "with its $refs written out it has more than 10000 schemas"),
    ],
)  # fmt: skip
def test_a_document_that_is_more_than_properties_is_refused(document, message):
    with pytest.raises(SchemaError) as caught:
        own_properties(document, _BUILT_IN)
    assert caught.value.message.endswith(message)


def test_what_programs_write_for_a_value_that_may_be_missing_is_a_type_with_null():
    person = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    fields = {
        "n": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "default": None, "title": "N"},
        "person": {"anyOf": [{"$ref": "#/$defs/Person"}, {"type": "null"}]},
    }
    own = own_properties({"$defs": {"Person": person}, "properties": fields, "required": [*fields]}, _BUILT_IN)
    assert own == {
        "n": {"type": ["integer", "null"], "minimum": 1, "default": None, "title": "N"},
        "person": {**person, "type": ["object", "null"]},
    }


def _object(**rules):
    return {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, **rules}


_EITHER = [{"required": ["a"]}, {"required": ["b"]}]
_IF_SO = {"if": {"properties": {"a": {"const": "1"}}, "required": ["a"]}, "then": {"required": ["b"]}}
_UNLESS = {"not": {"properties": {"a": {"const": "1"}}}}


@pytest.mark.parametrize("value", [{}, {"a": "1"}, {"b": "1"}, {"a": "1", "b": "1"}, {"a": "2"}])
@pytest.mark.parametrize(
    "rules",
    [{"allOf": [{"required": ["a"]}]}, {"anyOf": _EITHER}, {"oneOf": _EITHER}, {"not": {"required": ["a"]}}, _IF_SO,
     _UNLESS, {"allOf": [{"properties": {"a": {"const": "1"}}}]}, {"if": {"required": ["a"]}, "else": False},
     {"allOf": [{"if": {"required": ["a"]}, "then": {"anyOf": _EITHER[1:]}}]}],
)  # fmt: skip
def test_a_key_is_missing_for_every_keyword_if_its_value_is_null(rules, value):
    drawn = {"properties": {"x": _object(**rules)}, "required": ["x"]}
    own = own_properties(drawn, _BUILT_IN)
    contract = Contract.from_document("own", {"type": "object", "properties": own, "required": ["x"]})
    values, _, unfit = OwnFields(own).taken({"x": value})
    frame = pl.DataFrame(pa.Table.from_struct_array(pa.array([values], OwnFields(own).type)))
    assert unfit is None
    assert frame.select(contract.valid).item() == ecmascript_oracle(drawn).is_valid({"x": value})


def _deep(levels):
    schema = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (
            _object(allOf=[{"additionalProperties": False}]),
            "#/properties/x/allOf/0/additionalProperties: cannot be checked",
        ),
        (_deep(21), "#/properties/x: lists and objects are nested too deep"),
        (
            {"type": "string", "enum": [f"giá trị {n} {'x' * 40}" for n in range(10_000)]},
            "bytes once its $refs are written",
        ),
    ],
)
def test_what_a_build_could_not_carry_is_refused_when_it_begins(write, tmp_path, field, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        cvp.build(write({"a.txt": "a"}), out=tmp_path / "out", fields={"properties": {"x": field}})


def test_a_field_as_deep_as_may_be_is_built_and_read(write, tmp_path):
    value = "x"
    for _ in range(20):
        value = [value]
    seeds = write({"a.jsonl": _lines({"text": _text(0), "x": value})})
    cvp.build(seeds, out=tmp_path / "out", fields={"properties": {"x": _deep(20)}})
    assert cvp.verify(tmp_path / "out").problems == ()
    assert records(tmp_path / "out")[0]["x"] == value


@pytest.mark.parametrize("kind", ["integer", "number"])
@pytest.mark.parametrize("row", ['{{"text": "a", "n": {}}}', '{{"text": "# n = {}\\na"}}'])
def test_a_number_of_any_length_is_out_of_range(write, tmp_path, kind, row):
    seeds = write({"a.jsonl": row.format("1" + "0" * 400) + '\n{"text": "b"}'})
    cvp.build(seeds, out=tmp_path / "out", fields={"properties": {"n": {"type": kind, "maximum": 5}}})
    first = ledger(tmp_path / "out")[0]
    assert (first["pointer"], first["reason"]) in (("/n", "schema.range"), ("/n", "schema.maximum"))


# A corpus with a field of every type

_FIELDS = {
    "topic": {"type": "string", "enum": ["an ninh", "xã hội"], "description": "Chủ đề."},
    "code": {"type": "string", "pattern": "^[A-Z]{2}$", "minLength": 2, "maxLength": 2},
    "crawled": {"type": "string", "format": "date"},
    "views": {"type": "integer", "minimum": 0, "x-arrow-type": "int32"},
    "score": {"type": "number", "maximum": 1},
    "checked": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    "desk": {"type": "object", "properties": {"name": {"type": "string"}, "floor": {"type": "integer"}},
             "required": ["name"], "additionalProperties": False},
    "note": {"type": ["string", "null"]},
}  # fmt: skip
FIELDS = {"properties": _FIELDS, "required": ["topic"]}
_VALUES = {
    "topic": "an ninh", "code": "AB", "crawled": "2020-12-08", "views": 3, "score": 0.5, "checked": True,
    "tags": ["a", "b"], "desk": {"name": "Thời sự", "floor": 2}, "note": "ghi chú",
}  # fmt: skip
_BAD = {
    "topic": ("kinh tế", "schema.enum", "/topic", "enum ['an ninh', 'xã hội']"),
    "code": ("ab", "schema.pattern", "/code", "pattern ^[A-Z]{2}$"),
    "crawled": ("2020-12-32", "schema.format", "/crawled", "format date"),
    "views": (-1, "schema.minimum", "/views", "minimum 0, got -1"),
    "score": ("0.5", "schema.type", "/score", "type number or null, got string"),
    "checked": (1, "schema.type", "/checked", "type boolean or null, got number"),
    "tags": (["a", 1], "schema.type", "/tags/1", "type string, got number"),
    "desk": ({"floor": 1}, "schema.type", "/desk/name", "type string, got null"),
    "note": (["x"], "schema.type", "/note", "type string or null, got array"),
}


def _text(number):
    return f"Ngày {number % 28 + 1}/12, Công an huyện số {number} họp. " + " ".join(f"từ{number}{n}" for n in range(30))


def _row(number, **changes):
    return {"id": str(number), "date": "2020-12", "text": _text(number), **_VALUES, **changes}


def _lines(*rows):
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A build of good rows, of one bad row for each field, and of two texts."""
    folder = tmp_path_factory.mktemp("own")
    seeds = folder / "in"
    seeds.mkdir()
    few = {"topic": "xã hội"}
    rows = [_row(0), _row(1, note=None), {"id": "2", "text": _text(2), **few}]
    rows += [_row(number, **{name: _BAD[name][0]}) for number, name in enumerate(_FIELDS, 3)]
    rows += [{key: value for key, value in _row(12).items() if key != "topic"}, _row(13, views=2**31)]
    rows += [_row(14, code="A\0"), _row(15, desk={"name": "a", "room": 3})]
    (seeds / "rows.jsonl").write_text(_lines(*rows), encoding="utf-8")
    lines = '# topic = an ninh\n# views = 7\n# checked = TRUE\n# tags = ["x"]\n# crawled = 2020-12-09\n# writer = A\n'
    (seeds / "text.txt").write_text(f"{lines} date 2020-12 {_text(20)}", encoding="utf-8")
    (seeds / "text_bad.txt").write_text(
        f"# topic = an ninh\n# views = bảy\n date 2020-12 {_text(21)}", encoding="utf-8"
    )
    (seeds / "fields.schema.json").write_text(json.dumps(FIELDS), encoding="utf-8")
    (seeds / "corpus.toml").write_text('[record]\nfields = "fields.schema.json"\n', encoding="utf-8")
    return cvp.build(seeds, out=folder / "out")


# Each is one fact of the corpus


def _rejections(built):
    names = ("reason", "pointer", "detail")
    return {row["path"]: tuple(row[name] for name in names) for row in ledger(Path(built.path)) if row["reason"]}


def test_a_bad_value_of_each_type_is_in_the_ledger_with_its_pointer(corpus):
    rows = {f"rows.jsonl#{number}": _BAD[name][1:] for number, name in enumerate(_FIELDS, 4)}
    assert _rejections(corpus) == rows | {
        "rows.jsonl#13": ("schema.enum", "/topic", "enum ['an ninh', 'xã hội']"),
        "rows.jsonl#14": ("schema.range", "/views", "x-arrow-type int32, got a number out of its range"),
        "rows.jsonl#15": ("encoding.nul", "/code", "a NUL character"),
        "rows.jsonl#16": ("schema.additionalProperties", "/desk", "additionalProperties False"),
        "text_bad.txt": ("schema.type", "/views", "type integer or null, got string"),
    }


def test_values_come_from_the_keys_of_rows_and_from_the_lines_of_texts(corpus):
    found = {row["source"]["path"]: {name: row[name] for name in _FIELDS} for row in records(Path(corpus.path))}
    good = _VALUES | {"crawled": datetime.date(2020, 12, 8)}
    none = dict.fromkeys(_FIELDS)
    assert found == {
        "rows.jsonl#1": good,
        "rows.jsonl#2": good | {"note": None},
        "rows.jsonl#3": none | {"topic": "xã hội"},
        "text.txt": none | {"topic": "an ninh", "views": 7, "checked": True, "tags": ["x"],
                            "crawled": datetime.date(2020, 12, 9)},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "topic", "outcome"),
    [
        ("# topic = a\n# topic = b\nx", None, "header.contradiction"),
        ("# topic = a\n date 2020-12\n# topic = b\nx", None, "header.contradiction"),
        ("# topic = a\nx", "", "header.contradiction"),
        ("# topic = a\nx", "b", "header.contradiction"),
        ("# topic = a\n date 2020-12\n# topic = a\nx", "a", "published"),
    ],
)
def test_values_that_contradict_each_other_reject_their_seed(write, tmp_path, text, topic, outcome):
    row = {"text": text} if topic is None else {"text": text, "topic": topic}
    seeds = write({"a.jsonl": _lines(row, {"text": _text(1)})})
    cvp.build(seeds, out=tmp_path / "out", fields={"properties": {"topic": {"type": "string"}}})
    assert outcomes(tmp_path / "out")["a.jsonl#1"] == outcome


def test_keys_that_nothing_reads_are_counted(corpus):
    assert corpus.unused == {"writer": 1}
    assert "keys that are not read, because neither record nor own fields have them: writer (1)" in corpus.notes


def test_the_columns_stand_after_the_built_in_ones_with_their_types(corpus):
    schema = pq.read_schema(next(Path(corpus.path).glob("data/*.parquet")))
    assert {name: str(schema.field(name).type) for name in schema.names[-len(_FIELDS) :]} == {
        "topic": "string", "code": "string", "crawled": "date32[day]", "views": "int32", "score": "double",
        "checked": "bool", "tags": "list<element: string>", "desk": "struct<name: string, floor: int64>",
        "note": "string",
    }  # fmt: skip


def test_verify_finds_nothing_also_in_a_copy_and_by_a_url(corpus, tmp_path):
    copy = shutil.copytree(corpus.path, tmp_path / "copy")
    for place in (corpus.path, copy, f"file://{copy}"):
        found = cvp.verify(place)
        assert (found.problems, found.digest) == ((), corpus.digest)


def test_datasets_gives_the_own_fields_as_they_were_built(corpus):
    rows = datasets.load_dataset(str(corpus.path), split="train")
    assert rows.to_list() == records(Path(corpus.path))
    assert rows.features["desk"] == {"name": datasets.Value("string"), "floor": datasets.Value("int64")}


def test_the_card_and_croissant_describe_them(corpus):
    out = Path(corpus.path)
    assert "| `topic`<br>string | Chủ đề. Example: `" in (out / "README.md").read_text(encoding="utf-8")
    assert "<br>• `floor` (int64 or null): Example: `" in (out / "README.md").read_text(encoding="utf-8")
    sets = {each["@id"]: each for each in json.loads((out / "croissant.json").read_text())["recordSet"]}
    fields = {each["name"]: each for each in sets["default"]["field"]}
    assert [*fields][-len(_FIELDS) :] == [*_FIELDS]
    assert (fields["topic"]["description"], fields["views"]["dataType"]) == ("Chủ đề.", "cr:Int32")


def test_croissant_can_be_read_with_them(corpus):
    import mlcroissant

    read = mlcroissant.Dataset(Path(corpus.path) / "croissant.json")
    assert not read.metadata.ctx.issues.errors
    rows = list(read.records("default", filters={"default/split": "train"}))
    assert [row["default/topic"] for row in rows] == [each["topic"].encode() for each in records(Path(corpus.path))]


def test_the_report_shows_them(corpus, tmp_path):
    cvp.report(corpus, out=tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for shown in (
        '["topic","an ninh"]',
        '["tags","a, b"]',
        '["desk","name Thời sự, floor 2"]',
        '["crawled","2020-12-08"]',
    ):
        assert shown in page


def test_statistics_can_be_counted_by_them(corpus):
    by_topic = corpus.stats().by("topic")
    assert dict(by_topic.iter_rows()) == {"an ninh": 3, "xã hội": 1}


def test_croissant_leaves_out_what_its_library_cannot_read(write, tmp_path):
    import mlcroissant

    person = {"type": "object", "properties": {"name": {"type": "string"}}}
    fields = {
        "people": {"type": "array", "items": person}, "teams": {"type": "array", "items": {"type": "array", "items": person}},
        "inside": {"type": "object", "properties": {"person": person}},
    }  # fmt: skip
    row = {"text": _text(0), "people": [{"name": "A"}], "teams": [[{"name": "B"}]], "inside": {"person": {"name": "C"}}}
    cvp.build(write({"a.jsonl": _lines(row)}), out=tmp_path / "out", fields={"properties": fields})
    (read,) = mlcroissant.Dataset(tmp_path / "out/croissant.json").records("default")
    assert not [name for name in read if "teams" in name]
    assert read["default/people"] == [{"default/people/name": b"A"}]


def test_the_digest_covers_own_fields_and_their_schema(write, tmp_path):
    def digest(name, fields, **changes):
        seeds = write({"a.jsonl": _lines(_row(0, **changes))}, name)
        return cvp.build(seeds, out=tmp_path / f"out-{name}", fields=fields).digest

    digests = {
        digest("same", FIELDS), digest("again", FIELDS), digest("value", FIELDS, views=4),
        digest("schema", {**FIELDS, "properties": _FIELDS | {"views": {"type": "integer"}}}),
        digest("none", {"properties": {"other": {"type": "string"}}}),
    }  # fmt: skip
    assert len(digests) == 4


def test_diff_names_the_own_fields_that_changed_and_those_that_came(write, tmp_path):
    rows = [_row(number) for number in range(3)]
    with_views = {"properties": {"views": {"type": "integer"}, "note": {"type": "string"}}}
    changed = [rows[0], _row(1, views=9), _row(2, note=None)]
    old = cvp.build(write({"a.jsonl": _lines(*rows)}, "old"), out=tmp_path / "o", fields=with_views)
    new = cvp.build(write({"a.jsonl": _lines(*changed)}, "new"), out=tmp_path / "n", fields=FIELDS)
    found = {name: len(ids) for name, ids in cvp.diff(old.path, new.path).by_field().items()}
    both = {name: found.get(name) for name in ("views", "note", "topic", "desk.name", "tags")}
    assert both == {"views": 1, "note": 1, "topic": 3, "desk.name": 3, "tags": 3}


def test_diff_tells_more_fields_apart_than_a_number_has_bits(write, tmp_path):
    fields = {"properties": {f"f{number}": {"type": "integer"} for number in range(90)}}
    row = {"id": "1", "text": _text(0)} | dict.fromkeys(fields["properties"], 1)
    old = cvp.build(write({"a.jsonl": _lines(row)}, "old"), out=tmp_path / "o", fields=fields)
    new = cvp.build(write({"a.jsonl": _lines(row | {"f3": 2, "f89": 2})}, "new"), out=tmp_path / "n", fields=fields)
    named = cvp.diff(old.path, new.path).by_field().keys()
    assert {name for name in named if name.startswith("f")} == {"f3", "f89"}


def test_a_takedown_keeps_them(corpus, tmp_path):
    out = shutil.copytree(corpus.path, tmp_path / "out")
    before = records(out)
    cvp.remove(out, before[0]["id"], reason="asked")
    assert [{**row, "duplicates": 0} for row in records(out)] == before[1:]
    assert (out / "schema/record.schema.json").read_bytes() == Path(
        corpus.path, "schema/record.schema.json"
    ).read_bytes()
    assert cvp.verify(out).problems == ()


def test_a_build_that_is_added_to_is_the_one_from_nothing(write, tmp_path):
    rows = [_row(number) for number in range(4)]
    seeds = write({"a.jsonl": _lines(*rows[:2])})
    cvp.build(seeds, out=tmp_path / "out", fields=FIELDS)
    write({"b.jsonl": _lines(*rows[2:], _row(9, views="x", more=1))})
    added = cvp.build(seeds, out=tmp_path / "out", fields=FIELDS)
    fresh = cvp.build(seeds, out=tmp_path / "fresh", fields=FIELDS)
    assert (added.digest, added.unused) == (fresh.digest, {"more": 1})
    assert fresh.unused == {"more": 1}


def test_another_schema_reads_the_seeds_again(write, tmp_path):
    seeds = write({"a.jsonl": _lines(_row(0))})
    first = cvp.build(seeds, out=tmp_path / "out", fields={"properties": {"views": {"type": "integer"}}})
    second = cvp.build(seeds, out=tmp_path / "out", fields={"properties": {"score": {"type": "number"}}})
    assert (first.unused, second.unused) == (
        {name: 1 for name in sorted(_FIELDS) if name != "views"},
        {name: 1 for name in sorted(_FIELDS) if name != "score"},
    )
    assert records(tmp_path / "out")[0]["score"] == 0.5


@pytest.mark.parametrize("named", ["own", "path", "reason", "unused", "body", "bytes", "_data", "url"])
def test_an_own_field_may_have_the_name_of_anything_that_is_not_in_the_record(write, tmp_path, named):
    fields = {"properties": {named: {"type": "string"}}}
    built = cvp.build(write({"a.jsonl": _lines({"text": _text(0), named: "x"})}), out=tmp_path / "out", fields=fields)
    assert [row[named] for row in records(tmp_path / "out")] == ["x"]
    assert cvp.verify(built.path).problems == ()


def test_fields_and_rows_of_python_are_those_of_corpus_toml(write, tmp_path):
    rows = {"text": "content", "date": "published"}
    line = _lines({"content": _text(0), "published": "2020-12-07T08:00:00Z", "topic": "an ninh"})
    written = "[rows]\ntext = 'content'\ndate = 'published'\n[record]\nfields = 'f.json'\n"
    files = {"a.jsonl": line, "corpus.toml": written, "f.json": json.dumps(FIELDS)}
    by_file = cvp.build(write(files, "file"), out=tmp_path / "file-out")
    by_dict = cvp.build(write({"a.jsonl": line}, "dict"), out=tmp_path / "dict-out", rows=rows, fields=FIELDS)
    path = tmp_path / "file/f.json"
    by_path = cvp.build(tmp_path / "dict", out=tmp_path / "path-out", rows=rows, fields=path)
    assert by_file.digest == by_dict.digest == by_path.digest
    assert records(tmp_path / "file-out")[0]["date"] == "2020-12-07"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[rows]\ntext = 'a'\ntitle = 'a'", "rows.text and rows.title are both 'a'"),
        ("[rows]\ntext = 'title'", "rows.text and rows.title are both 'title'"),
        ("[record]\nfields = '../f.json'", "record.fields = '../f.json' is outside in/"),
        ("[record]\nfields = 'none.json'", "record.fields = 'none.json' cannot be read: "),
        ("[record]\nfields = 'bad.json'", "record.fields = 'bad.json' is not JSON: "),
        (
            "[record]\nfields = 'wrong.json'",
            "record.fields = 'wrong.json': #/properties/text: the record has a field of",
        ),
    ],
)
def test_a_setting_that_cannot_be_meant_is_an_error_that_names_it(write, tmp_path, written, message):
    wrong = json.dumps({"properties": {"text": {"type": "string"}}})
    seeds = write({"a.txt": "a", "corpus.toml": written, "bad.json": "{", "wrong.json": wrong})
    with pytest.raises(ConfigError) as caught:
        cvp.build(seeds, out=tmp_path / "out")
    assert message in caught.value.message


def test_a_schema_that_was_changed_is_a_problem_that_verify_names(corpus, tmp_path):
    def codes(change):
        out = shutil.copytree(corpus.path, tmp_path / "out", dirs_exist_ok=True)
        path = out / "schema/record.schema.json"
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        sign(out)
        return {problem.code for problem in cvp.verify(out).problems}

    assert codes(lambda text: "{") == {"manifest.schemas", "file.unreadable"}
    assert codes(lambda text: text.replace('"minimum": 0,\n      "x-arrow-type": "int32"', '"minimum": 4')) >= {
        "manifest.schemas"
    }
    assert codes(lambda text: text.replace('"Chủ đề."', '"Chủ đề khác."')) == {
        "manifest.schemas",
        "manifest.content_digest",
    }
    assert codes(lambda text: text.replace("\"The record's id", '"An id')) == {"manifest.schemas", "file.unreadable"}


def test_a_pattern_that_is_slow_to_other_engines_is_not_slow_here(write, tmp_path):
    fields = {"properties": {"code": {"type": "string", "pattern": "^(a+)+$"}}}
    seeds = write({"a.jsonl": _lines({"text": _text(0), "code": "a" * 60 + "!"}, {"text": _text(1), "code": "aa"})})
    cvp.build(seeds, out=tmp_path / "out", fields=fields)
    assert outcomes(tmp_path / "out") == {"a.jsonl#1": "schema.pattern", "a.jsonl#2": "published"}


# Law 12


def _csv(rows):
    sink = io.StringIO()
    names = ["id", "date", "text", *_FIELDS]
    writer = csv.DictWriter(sink, names)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(row.get(name)) for name in names})
    return sink.getvalue()


def _cell(value):
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def test_own_fields_are_the_same_whatever_the_rows_came_in(write, tmp_path):
    rows = [_row(0), _row(1, note=None, views=None, desk={"name": "a", "floor": None}), _row(2, tags=[], checked=False)]
    days = [{**row, "crawled": datetime.date.fromisoformat(row["crawled"])} for row in rows]
    table = pa.Table.from_pylist(days)
    pq.write_table(table, write({}, "parquet") / "a.parquet")
    datasets.Dataset.from_list(rows).save_to_disk(tmp_path / "saved")
    sources = {
        "jsonl": write({"a.jsonl": _lines(*rows)}, "jsonl"),
        "json": write({"a.json": json.dumps(rows)}, "json"),
        "csv": write({"a.csv": _csv(rows)}, "csv"),
        "parquet": tmp_path / "parquet",
        "saved": tmp_path / "saved",
        "table": table,
        "frame": pl.DataFrame(days),
        "pandas": table.to_pandas(),
        "dataset": datasets.Dataset.from_list(rows),
        "dicts": iter(rows),
    }
    found = {}
    for name, seeds in sources.items():
        built = cvp.build(seeds, out=tmp_path / f"out-{name}", fields=FIELDS)
        assert (built.status["published"], built.unused) == (3, {}), name
        found[name] = [{key: value for key, value in row.items() if key != "source"} for row in
                       records(tmp_path / f"out-{name}")]  # fmt: skip
    assert found == dict.fromkeys(sources, found["jsonl"])


# Nothing is dropped without a word


def test_a_corpus_without_dates_whose_rows_have_what_looks_like_dates_says_so(write, tmp_path):
    rows = [{"text": _text(n), "published_at": f"{n + 1:02}/12/2020", "n": n, "section": "2020"} for n in range(3)]
    built = cvp.build(write({"a.jsonl": _lines(*rows)}), out=tmp_path / "out")
    assert built.notes[1:3] == (
        "no record has a date, but these keys have values like dates: published_at (3); one that is written as "
        'YYYY[-MM[-DD]], YYYYMMDD or an ISO date-time is read with, in corpus.toml:\n[rows]\ndate = "published_at"',
        "keys that are not read, because the record has no such fields: n (3), published_at (3), section (3)",
    )


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("2020-12-07", True), ("2020-12", True), ("07/12/2020", True), ("7.12.2020 08:30", True), ("20201207", True),
        (20201207, True), ("Thứ hai, ngày 7/12/2020, 08:00 (GMT+7)", True), ("2020-12-07T08:00:00Z", True),
        ("2020", False), (2020, False), ("20201307", False), (1607299200, False), ("0912345678", False), (True, False),
        (None, False), ("x" * 40 + "2020-12-07", False), ("12/7", False), ("1.2.3", False), (["2020-12-07"], False),
    ],
)  # fmt: skip
def test_which_values_are_like_dates(value, is_one):
    assert is_like_date(value) is is_one


def test_a_row_without_a_text_names_the_columns_that_there_are(write, tmp_path):
    rows = [{"content": "a", "published_at": "2020"}, {"text": None, **{f"c{n:02}": n for n in range(30)}}, _row(0)]
    cvp.build(write({"a.jsonl": _lines(*rows)}), out=tmp_path / "out")
    first, second, _ = ledger(tmp_path / "out")
    assert (first["reason"], first["detail"]) == ("json.type", "no string `text`; columns: content, published_at")
    named = ", ".join(f"c{n:02}" for n in range(20))
    assert second["detail"] == f"no string `text`; columns: {named} and 10 more"


@pytest.mark.parametrize(
    ("seeds", "config", "said"),
    [
        ("in", None, "{}/in/corpus.toml"),
        ("in/a.txt", None, "{}/in/corpus.toml"),
        ("in/*.txt", None, None),
        ("file://{}/in", None, None),
        ("in/*.txt", "in/corpus.toml", "{}/in/corpus.toml"),
        ("in", {"title": "x"}, "config"),
        ("bare", None, None),
    ],
)
def test_build_says_which_settings_it_used(write, tmp_path, seeds, config, said):
    write({"a.txt": "date 2020 a", "corpus.toml": "title = 'x'"})
    write({"a.txt": "date 2020 a"}, "bare")
    given = seeds.format(tmp_path) if "{}" in seeds else f"{tmp_path}/{seeds}"
    config = f"{tmp_path}/{config}" if isinstance(config, str) else config
    built = cvp.build(given, out=tmp_path / "out", config=config)
    none = "the defaults (no corpus.toml beside the input; see --config)"
    assert built.notes[0] == f"settings: {said.format(tmp_path) if said else none}"


def test_texts_with_dates_in_lines_are_told_how_to_write_a_header(write, tmp_path):
    built = cvp.build(write({"a.txt": f"# date = 2020-12\n{_text(0)}"}), out=tmp_path / "out")
    assert built.notes[1] == (
        "no record has a date, but texts begin with lines that have dates: # date (1); "
        "write the date as a header instead, as in ` date 2020-12 `"
    )


def test_a_schema_in_the_folder_of_the_seeds_is_no_seed(write, tmp_path):
    folder = write({"a.txt": "a", "fields.schema.json": json.dumps({"properties": {"x": {"type": "string"}}})})
    path = folder / "fields.schema.json"
    assert cvp.build(folder, out=tmp_path / "out", fields=path).seeds == 1
    assert cvp.check(folder, fields=str(path)).seeds == 1

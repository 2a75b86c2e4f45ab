"""Rows in CSV, TSV and JSON files, in Arrow files and in folders of `save_to_disk`: what is read, and what is said."""

import codecs
import csv
import gzip
import io
import json
import struct

import datasets
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.containers import deflated_zip, details, limits_with, read_all, seeds, tar, texts_or_reasons, zst

from corpus_vn_police.stages.read import Batching

_ROWS = [{"text": f"Tin {number}", "title": f"t{number}"} for number in range(3)]


def _texts(root, **options):
    return [row["body"].decode() for row in seeds(root, **options)]


# CSV and TSV


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_cells_may_hold_delimiters_quotes_and_line_ends(write, end, mark):
    text = end.join(["title,text", '"a, ""b""","Dòng 1\nDòng 2,\r\n3"', "", 'c,5" ống', '"",d', ""])
    rows = seeds(write({"a.csv": mark + text.encode()}))
    assert [(row["path"], row["title"], row["body"].decode()) for row in rows] == [
        ("a.csv#1", 'a, "b"', "Dòng 1\nDòng 2,\r\n3"), ("a.csv#2", "c", '5" ống'), ("a.csv#3", None, "d")
    ]  # fmt: skip


def test_a_csv_row_s_bytes_are_its_canonical_json_and_every_value_is_a_string(write):
    (row,) = seeds(write({"a.csv": "z,text,date,id\n,Tin,2020,17\n"}))
    assert row["data"] == b'{"date":"2020","id":"17","text":"Tin","z":""}'
    assert (row["header_date"], row["key"]) == ("2020", "17")


@pytest.mark.parametrize(
    ("name", "header", "row"),
    [
        ("a.csv", "title;text", "a,b;c"),
        ("a.csv", '"title";"text"', '"a,b";"c"'),
        ("a.csv", "title\ttext", "a,b\tc"),
        ("a.csv", "title,text", '"a,b",c'),
        ("a.csv", '"ti;tle",title,text', 'x,"a,b",c'),
        ("a.tsv", "title\ttext", "a,b\tc"),
        ("A.TSV.GZ", "title\ttext", "a,b\tc"),
    ],
)
def test_the_header_says_what_stands_between_the_cells(write, name, header, row):
    data = f"{header}\n{row}\n".encode()
    (found,) = seeds(write({name: gzip.compress(data) if name.endswith("GZ") else data}))
    assert (found["title"], found["body"]) == ("a,b", b"c")


def test_a_row_with_too_few_or_too_many_cells_is_a_row_of_the_ledger_and_the_others_are_read(write):
    folder = write({"a.csv": 'text,title\na\nb,c\n"d\ne",f,g\nh,\n'})
    assert texts_or_reasons(folder) == {
        "a.csv#1": "csv.fields", "a.csv#2": "b", "a.csv#3": "csv.fields", "a.csv#4": "h"
    }  # fmt: skip
    assert details(folder)["a.csv#3"] == ("csv.fields", "expected 2 cells, as the header has, got 3")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ('"c\nd,e\n', "line 5, in the row that begins in line 3: the quote is not closed by the end of the file"),
        ('"c\n"d","e"\n', "line 4, in the row that begins in line 3: there is something between a quote and the end of its cell"),
        ('"c"x,d\n', "line 3, in the row that begins in line 3: there is something between a quote and the end of its cell"),
    ],
)  # fmt: skip
def test_a_quote_that_is_left_open_ends_the_reading_and_is_named(write, rows, said):
    folder = write({"a.csv": f"text,title\na,b\n{rows}"})
    assert texts_or_reasons(folder) == {"a.csv#1": "a", "a.csv": "csv.quote"}
    assert details(folder)["a.csv"] == ("csv.quote", f"{said}; nothing after it is read")


@pytest.mark.parametrize("header", ["text,text", ",,text", '"a",text,a'])
def test_a_name_that_stands_twice_in_the_header_is_named(write, header):
    assert details(write({"a.csv": f"{header}\nb,c,d\n"})) == {
        "a.csv": ("csv.header", "its first row, which names the columns, has a name twice")
    }


@pytest.mark.parametrize("header", ["text,date,,", ",text,,", ",text,"])
def test_columns_without_a_name_at_the_end_are_left_out_if_they_are_empty(write, header):
    cells = header.replace("text", "a").replace("date", "2020")
    folder = write({"a.csv": f"{header}\n{cells}\n{cells.rstrip(',')}\n{cells}b\n{cells},\n"})
    count = header.count(",") + 1
    assert texts_or_reasons(folder) == {
        "a.csv#1": "a",
        "a.csv#2": "a",
        "a.csv#3": "csv.fields",
        "a.csv#4": "csv.fields",
    }
    assert details(folder)["a.csv#3"][1] == f"cell {count} is not empty, and the header has no name for it"
    assert details(folder)["a.csv#4"][1] == f"expected {count} cells, as the header has, got {count + 1}"


def test_the_index_that_pandas_writes_is_a_column_without_a_name(write):
    (row,) = seeds(write({"a.csv": ",text\n0,Tin\n"}))
    assert row["data"] == b'{"":"0","text":"Tin"}'


def test_a_header_without_rows_holds_no_seeds_and_an_empty_file_is_none(write):
    assert texts_or_reasons(write({"a.csv": "text\n", "b.csv": "", "c.csv": "\n\n", "d.txt": "d"})) == {
        "b.csv": "container.damaged", "c.csv": "container.damaged", "d.txt": "d"
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_a_csv_file_in_utf_16_has_the_outcome_of_a_jsonl_file_in_it(write, encoding):
    mark = "\ufeff" if encoding.endswith("be") else ""
    lines = {"a.csv": 'text,title\n"Công\nan",ạ\n', "a.jsonl": '{"text": "Công\\nan", "title": "ạ"}\n'}
    folder = write({name: (mark + text).encode(encoding) for name, text in lines.items()})
    first, second = [{key: row[key] for key in ("body", "title", "reason")} for row in seeds(folder)]
    assert first == second
    assert first["body"].decode("utf-16" if "16" in encoding else "utf-32") == "Công\nan"


@pytest.mark.parametrize(
    "data", [b"C\xabng an huy\xd6n B\xd5n L\xf8c", "Công \ud83d".encode("utf-8", "surrogatepass"), b"a\0b"]
)
def test_a_cell_that_is_not_utf_8_has_the_outcome_of_a_jsonl_line(write, data):
    escaped = data.replace(b"\0", b"\\u0000")
    folder = write(
        {"a.csv": b"text,title\n" + data + b",t\n", "a.jsonl": b'{"text": "' + escaped + b'", "title": "t"}'}
    )
    first, second = [{key: row[key] for key in ("body", "title", "reason", "pointer")} for row in seeds(folder)]
    assert first == second


@pytest.mark.parametrize("size", [50, 51, 70_000, 300_000])
def test_a_row_over_the_limit_keeps_its_size_and_the_next_one_is_read(write, size):
    body = "a" * (size - 2)
    folder = write({"a.csv": f'text\n"{body}"\nb\n', "a.json": json.dumps([{"text": "x" * size}, {"text": "b"}])})
    rows = {row["path"]: row for row in seeds(folder, limits=limits_with(max_bytes=50))}
    assert [rows[path]["reason"] for path in ("a.csv#1", "a.json#1")] == [
        "limit.bytes" if size > 39 else None, "limit.bytes"
    ]  # fmt: skip
    assert (rows["a.csv#2"]["body"], rows["a.json#2"]["body"]) == (b"b", b"b")


def test_names_of_columns_that_each_row_repeats_count_against_the_ratio(write):
    name = "n" * 10_000
    folder = write({"a.csv": f"text,{name}\n" + "a,b\n" * 1_000})
    limits = limits_with(max_bytes=20_000, max_ratio=10)
    assert texts_or_reasons(folder, limits=limits)["a.csv"] == "limit.ratio"


_CELL = st.text(st.sampled_from('a"\n\r,;đ \t'), max_size=6)


@given(
    st.lists(st.lists(_CELL, min_size=2, max_size=2), max_size=4), st.sampled_from(["\n", "\r\n"]), st.integers(1, 7)
)
def test_whatever_a_writer_quotes_is_read_as_it_was(tmp_path_factory, rows, end, step):
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(["text", "title"])
    writer.writerows(rows)
    folder = tmp_path_factory.mktemp("csv")
    (folder / "a.csv").write_bytes(sink.getvalue().encode())
    (folder / "z.txt").touch()
    found = [json.loads(row["data"]) for row in seeds(folder, batching=Batching(rows=step, bytes=step))[:-1]]
    assert found == [{"text": text, "title": title} for text, title in rows]


# JSON


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("pack", ["", ".gz", ".zst"])
def test_each_object_of_an_array_is_a_row_from_1(write, indent, pack):
    data = json.dumps([{"text": 'a "b" [}, \\', "n": [1, {"k": []}]}, {"text": "ạ"}], indent=indent).encode()
    packed = {"": data, ".gz": gzip.compress(data), ".zst": zst(data)}[pack]
    rows = seeds(write({f"a.json{pack}": packed}))
    assert [(row["path"], row["data"].decode()) for row in rows] == [
        (f"a.json{pack}#1", '{"n":[1,{"k":[]}],"text":"a \\"b\\" [}, \\\\"}'), (f"a.json{pack}#2", '{"text":"ạ"}')
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "got"),
    [('{"text": "a"}', "an object"), ('"a"', "a string"), ("17", "a number"), ("null", "null"), ("true", "a boolean"), ("<a>", "something that is not JSON")],
)  # fmt: skip
def test_a_json_file_that_is_no_array_says_what_it_is(write, data, got):
    said = f"expected an array of objects, got {got}; a file with one object per line is called .jsonl"
    assert details(write({"a.json": f"\ufeff \n{data}"})) == {"a.json": ("json.type", said)}


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        ("17", ("json.type", "expected object, got number")),
        ("nope", ("json.invalid", "Expecting value at character 0")),
        ('{"text": "a", "text": "b"}', ("json.duplicate_key", "an object has the same key twice")),
        ('{"text": "a\nb"}', ("json.invalid", "Invalid control character at at character 11")),
        ('{"text": "a"}}', ("json.invalid", "Extra data at character 13")),
        ("", ("json.invalid", "no value before a comma or the end of the array")),
        ('{"text": NaN}', ("json.invalid", "NaN or Infinity")),
        ('{"text": ' + "[" * 600 + "]" * 600 + "}", ("json.depth", "nested deeper than 500")),
        ('{"text": "\\ud83d"}', ("encoding.lone_surrogate", "a lone surrogate")),
    ],
)
def test_an_element_that_is_no_row_says_why_and_the_others_are_read(write, element, reason):
    folder = write({"a.json": f'[{{"text": "x"}}, {element} , {{"text": "y"}}]'})
    assert details(folder) == {"a.json#2": reason}
    assert [row["body"] for row in seeds(folder)][::2] == [b"x", b"y"]


@pytest.mark.parametrize(
    ("end", "rows", "said"),
    [
        ("", 2, "the array is cut: its end is missing"),
        (', {"text": "z', 2, "the array is cut: its end is missing"),
        ("] []", 2, "there is something else after the end of the array"),
        ("]\n{}", 2, "there is something else after the end of the array"),
    ],
)
def test_an_array_that_is_cut_or_goes_on_gives_its_rows_and_one_row_for_itself(write, end, rows, said):
    folder = write({"a.json": f'[{{"text": "x"}}, {{"text": "y"}}{end}'})
    assert details(folder) == {"a.json": ("container.damaged", said)}
    assert len(seeds(folder)) == rows + 1


def test_an_empty_array_holds_no_seeds(write):
    assert texts_or_reasons(write({"a.json": " [ \n] ", "b.txt": "b"})) == {"b.txt": "b"}


@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=3), st.recursive(st.text() | st.integers() | st.none(), st.lists, max_leaves=4), max_size=3
        ),
        max_size=4,
    ),
    st.integers(1, 40),
)
def test_an_array_is_cut_into_its_elements_whatever_is_read_at_once(rows, step):
    from corpus_vn_police.stages.read.arrays import cut_elements

    class Stepwise(io.BytesIO):
        def read(self, size):
            return super().read(step)

    limits = limits_with(max_bytes=1 << 20)
    for indent in (None, 1):
        found = list(cut_elements(Stepwise(json.dumps(rows, indent=indent).encode()), limits))
        assert [json.loads(element) for element in found] == rows


# Arrow


def _stream(table):
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _file(table, **options):
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=2)
    return sink.getvalue()


def _polars(frame, **options):
    sink = io.BytesIO()
    frame.write_ipc(sink, **options)
    return sink.getvalue()


_TABLE = pa.Table.from_pylist(_ROWS)
_ARROW = {
    "stream": _stream(_TABLE),
    "file": _file(_TABLE),
    "lz4": _file(_TABLE, compression="lz4"),
    "zstd": _file(_TABLE, compression="zstd"),
    "polars": _polars(pl.DataFrame(_ROWS)),
    "polars zstd": _polars(pl.DataFrame(_ROWS), compression="zstd"),
    "views": _stream(_TABLE.cast(pa.schema([("text", pa.string_view()), ("title", pa.string_view())]))),
    "categories": _polars(pl.DataFrame(_ROWS, schema_overrides={"title": pl.Categorical})),
    "dictionary": _stream(pa.table({"text": _TABLE["text"].dictionary_encode(), "title": _TABLE["title"]})),
}


@pytest.mark.parametrize("ending", [".arrow", ".feather"])
@pytest.mark.parametrize("kind", _ARROW)
def test_rows_of_arrow_files_and_streams_are_canonical_json(write, kind, ending):
    name = f"a{ending}"
    folder = write(
        {name: _ARROW[kind], "b.zip": deflated_zip([(name, _ARROW[kind])]), "c.tar": tar([(name, _ARROW[kind])])}
    )
    expected = [f'{{"text":"Tin {number}","title":"t{number}"}}' for number in range(3)]
    for path in (name, f"b.zip/{name}", f"c.tar/{name}"):
        found = [row["data"].decode() for row in seeds(folder) if row["path"].startswith(path)]
        assert found == expected, path


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (_ARROW["stream"] + b"x", "there is something else after the end of the stream"),
        (_ARROW["stream"][:-8], "it is cut: its end mark is missing, or is not whole"),
        (_ARROW["file"] + b"x", "its footer is missing: the file is cut, or something follows it"),
        (_ARROW["file"][:-20], "its footer is missing: the file is cut, or something follows it"),
        (_ARROW["file"] * 2, "its footer does not name all that is in it"),
        (b"FEA1" + bytes(200), "does not begin or continue like an Arrow file or stream"),
        (b"", "an empty file"),
    ],
)
def test_an_arrow_file_that_is_cut_or_goes_on_is_a_row(write, data, said):
    assert details(write({"a.arrow": data, "b.txt": ""}))["a.arrow"] == ("container.damaged", said)


def test_what_a_message_states_is_not_believed(write):
    """A buffer of 1 TiB, as eight bytes state it: no memory is asked for."""
    table = pa.table({"text": ["a" * 500]})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    data = sink.getvalue().replace(
        struct.pack("<q", 500) + b"\x28\xb5\x2f\xfd", struct.pack("<q", 1 << 40) + b"\x28\xb5\x2f\xfd"
    )
    assert data != sink.getvalue()
    assert texts_or_reasons(write({"a.arrow": data})) == {"a.arrow": "limit.ratio"}


@pytest.mark.parametrize(
    "column",
    [
        pa.DictionaryArray.from_arrays(pa.array([0] * 5_000, pa.int32()), ["a" * 5_000]),
        pa.StringViewArray.from_buffers(pa.string_view(), 5_000, [None, pa.py_buffer(struct.pack("<i4sii", 5_000, b"aaaa", 0, 0) * 5_000), pa.py_buffer(b"a" * 5_000)]),
    ],
    ids=["dictionary", "view"],
)  # fmt: skip
def test_values_that_many_rows_share_count_for_each(write, column):
    table = pa.table({"text": pa.chunked_array([column])})
    limits = limits_with(max_bytes=10_000, max_ratio=20)
    assert texts_or_reasons(write({"a.arrow": _stream(table)}), limits=limits) == {"a.arrow": "limit.ratio"}


def test_nulls_without_a_number_of_bytes_count_as_well(write):
    folder = write({"a.arrow": _stream(pa.table({"text": pa.nulls(1 << 30)}))})
    assert texts_or_reasons(folder) == {"a.arrow": "limit.ratio"}


def test_two_columns_of_one_name_and_two_fields_of_one_name_are_named(write):
    twice = pa.record_batch([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    inner = pa.StructArray.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["k", "k"])
    folder = write({
        "a.arrow": _stream(pa.Table.from_batches([twice])),
        "b.arrow": _stream(pa.table({"text": ["a"], "s": inner})),
    })  # fmt: skip
    assert details(folder)["a.arrow"] == ("container.damaged", "ValueError: two columns have the same name")
    assert texts_or_reasons(folder)["b.arrow#1"] == "a"  # nothing reads the struct


@pytest.mark.parametrize("kind", ["stream", "file", "zstd", "polars", "dictionary"])
@given(data=st.data())
def test_law_9_no_damage_to_an_arrow_file_raises(tmp_path_factory, kind, data):
    damaged = bytearray(_ARROW[kind])
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.none() | st.integers(0, len(damaged)))
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "a.arrow").write_bytes(bytes(damaged[:cut]))
    (folder / "z.txt").touch()
    assert seeds(folder)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.json", "a.csv.gz", "a.arrow"])
@given(data=st.binary(max_size=200) | st.text(st.sampled_from('[]{}",:\\ \n\ta1'), max_size=60).map(str.encode))
def test_law_9_no_bytes_raise(tmp_path_factory, name, data):
    folder = tmp_path_factory.mktemp("bytes")
    (folder / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    (folder / "z.txt").touch()
    assert seeds(folder)


# Folders of save_to_disk


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    dataset = datasets.Dataset.from_list([{"text": f"Tin {number}"} for number in range(5)])
    dataset.save_to_disk(str(folder / "one"), num_shards=2)
    datasets.DatasetDict({"train": dataset, "test": dataset.select([3, 1])}).save_to_disk(str(folder / "dict"))
    return folder


def test_a_saved_dataset_and_a_dict_of_them_are_read_without_their_bookkeeping(saved):
    one = {f"data-00000-of-00002.arrow#{number + 1}": f"Tin {number}" for number in range(3)}
    one |= {f"data-00001-of-00002.arrow#{number - 2}": f"Tin {number}" for number in (3, 4)}
    train = {f"train/data-00000-of-00001.arrow#{number + 1}": f"Tin {number}" for number in range(5)}
    test = {f"test/data-00000-of-00001.arrow#{row}": f"Tin {number}" for row, number in ((1, 3), (2, 1))}
    assert texts_or_reasons(saved / "one") == one
    assert texts_or_reasons(saved / "dict") == test | train
    both = {f"one/{path}": text for path, text in one.items()} | {
        f"dict/{path}": text for path, text in (test | train).items()
    }
    assert texts_or_reasons(saved) == both


def test_in_an_archive_it_is_read_as_well(saved, write):
    members = [
        (path.relative_to(saved / "dict").as_posix(), path.read_bytes())
        for path in sorted((saved / "dict").rglob("*"))
        if path.is_file()
    ]
    rows, skipped = read_all(write({"a.zip": deflated_zip(members)}))
    assert {row["reason"] for row in rows} == {None}
    assert len(rows) == 7
    assert skipped.other == 5


def _state(folder):
    return json.loads((folder / "state.json").read_text(encoding="utf-8"))


def _copy(saved, write, **state):
    files = {path.name: path.read_bytes() for path in (saved / "one").iterdir()}
    files["state.json"] = json.dumps(_state(saved / "one") | state)
    return write({**files, "cache-0123.arrow": b"x", "more.arrow": _ARROW["stream"]})


def test_what_is_not_in_its_state_is_passed_over_and_named(saved, write):
    rows, skipped = read_all(_copy(saved, write))
    assert [row["reason"] for row in rows] == [None] * 5
    assert skipped.other_names == ("more.arrow",)


def test_a_choice_of_rows_in_a_file_of_indices_is_refused(saved, write):
    folder = _copy(saved, write, _indices_files=[{"filename": "indices.arrow"}])
    assert details(folder) == {"state.json": ("container.indices", "its state.json names a file of indices")}


def test_a_file_of_rows_that_is_missing_is_a_row(saved, write):
    folder = _copy(saved, write)
    (folder / "data-00001-of-00002.arrow").unlink()
    said = ("file.unreadable", "the folder's state.json names it, and it is missing")
    assert details(folder) == {"data-00001-of-00002.arrow": said}


@pytest.mark.parametrize("files", [[{"filename": "../x.arrow"}], "x", None, [{}]])
def test_a_state_that_is_not_one_is_damage(saved, write, files):
    folder = _copy(saved, write, _data_files=files)
    assert details(folder)["state.json"][0] == "container.damaged"


def test_other_json_files_of_these_names_are_read(write):
    folder = write({"state.json": '[{"text": "a"}]', "x/dataset_dict.json": '[{"text": "b"}]'})
    assert _texts(folder) == ["a", "b"]

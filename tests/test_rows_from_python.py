"""Frames, tables, datasets and iterables of dicts as seeds."""

import datetime
import decimal
import io
import json
import subprocess
import sys
import uuid

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from support.builds import ROOT, ledger
from support.containers import LIMITS

import corpus_vn_police as cvp
from corpus_vn_police.commands.spooled import seeds_at_hand
from corpus_vn_police.config import load_config
from corpus_vn_police.errors import ConfigError, DiskError, InputError
from corpus_vn_police.stages.read import Batching, Unpacker, list_input, load

_ROWS = [
    {"text": f"Ngày {n}/5, Công an quận {n} bắt {n * 3} nghi can ở phường {n * 7}.", "date": "2020-05", "title": f"Tin {n}"}
    for n in range(1, 7)
]  # fmt: skip
_FORMS = {
    "list": lambda: _ROWS,
    "tuple": lambda: tuple(_ROWS),
    "generator": lambda: (dict(row) for row in _ROWS),
    "pandas": lambda: pd.DataFrame(_ROWS, index=[f"i{n}" for n in range(6)]),
    "polars": lambda: pl.DataFrame(_ROWS),
    "lazy": lambda: pl.LazyFrame(_ROWS),
    "arrow": lambda: pa.Table.from_pylist(_ROWS),
    "reader": lambda: pa.Table.from_pylist(_ROWS).to_reader(),
    "dataset": lambda: datasets.Dataset.from_list(_ROWS),
    "iterable": lambda: datasets.Dataset.from_list(_ROWS).to_iterable_dataset(),
    "streamed": lambda: datasets.IterableDataset.from_generator(lambda: iter(_ROWS)),
}


def _read(rows):
    """Of each row its path, its reason and its bytes."""
    corpus, batching = load_config(None), Batching()
    with seeds_at_hand(rows) as source:
        tasks = Unpacker(LIMITS, batching).tasks(list_input(source))
        frames = [frame for task in tasks for frame in load(task, corpus, batching)]
    return [(row["path"], row["reason"], row["data"].decode()) for frame in frames for row in frame.to_dicts()]


def _json(rows):
    return [data for _, _, data in _read(rows)]


@pytest.mark.parametrize("form", _FORMS)
def test_all_forms_of_rows_give_the_build_of_the_list(tmp_path, form):
    expected = cvp.build(_ROWS, out=tmp_path / "list")
    built = cvp.build(_FORMS[form](), out=tmp_path / "out")
    assert (built.digest, built.seeds) == (expected.digest, 6)
    assert [row["path"] for row in ledger(tmp_path / "out")] == [f"rows#{n}" for n in range(1, 7)]


def test_a_dict_of_datasets_has_its_splits_in_its_paths():
    both = datasets.DatasetDict(
        {"train": datasets.Dataset.from_list(_ROWS[:2]), "a/b": datasets.Dataset.from_list(_ROWS[2:3])}
    )
    assert [path for path, _, _ in _read(both)] == ["train#1", "train#2", "a/b#1"]


def test_a_dataset_gives_its_rows_in_the_order_that_it_has_them():
    chosen = datasets.Dataset.from_list(_ROWS).select([4, 1])
    assert _json(chosen) == _json([_ROWS[4], _ROWS[1]])


def test_check_and_report_take_rows_too(tmp_path):
    rows = [*_ROWS, {"text": 3}]
    assert cvp.check(pd.DataFrame(rows)).ledger["status"].to_list() == ["published"] * 6 + ["rejected"]
    cvp.build(rows, out=tmp_path / "out")
    page = cvp.report(tmp_path / "out", out=tmp_path / "r.html", seeds=rows)
    assert page.left_out == 1


def test_the_same_rows_again_are_read_again_and_give_the_same(tmp_path):
    digests, read = set(), []
    for _ in range(2):
        steps = []
        built = cvp.build(
            _ROWS, out=tmp_path / "out", progress=lambda step, done, _, steps=steps: steps.append((step, done))
        )
        digests.add(built.digest)
        read.append(sum(done for step, done in steps if step == "read bytes"))
    assert (len(digests), read) == (1, [read[0]] * 2)
    assert read[0] > 0
    changed = [{**_ROWS[0], "title": "Tin 9"}, *_ROWS[1:]]
    assert cvp.build(changed, out=tmp_path / "out").digest not in digests


def test_the_sources_of_rows_come_back_as_lines(tmp_path):
    cvp.build(_ROWS, out=tmp_path / "out")
    cvp.sources(tmp_path / "out", out=tmp_path / "D")
    lines = (tmp_path / "D/rows.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines == _json(_ROWS)


def test_values_have_one_form_whatever_holds_them():
    row = {
        "text": "a", "day": datetime.date(2020, 1, 2), "at": datetime.datetime(2020, 1, 2, 3, 4, 5), "none": None,
        "amount": decimal.Decimal("1.50"), "bytes": b"\xff", "nan": float("nan"), "list": [1, None], "yes": True,
        "object": {"x": 1, "y": "z"}, "n": 3, "x": 1.5,
    }  # fmt: skip
    expected = (
        '{"amount":1.50,"at":"2020-01-02T03:04:05","bytes":"/w==","day":"2020-01-02","list":[1,null],"n":3,"nan":null,'
        '"none":null,"object":{"x":1,"y":"z"},"text":"a","x":1.5,"yes":true}'
    )
    for form in ([row], pd.DataFrame([row]), pl.DataFrame([row]), pa.Table.from_pylist([row])):
        assert _json(form) == [expected], type(form)


def test_what_pandas_calls_missing_is_null_and_its_own_types_are_their_values():
    frame = pd.DataFrame({
        "text": pd.Categorical(["a", None]), "at": pd.to_datetime(["2020-01-01", None]), "n": pd.array([1, None], "Int64"),
        "s": pd.array(["x", None], "string"), "f": [1.0, float("nan")], "o": [None, pd.NaT],
    })  # fmt: skip
    assert _json(frame) == [
        '{"at":"2020-01-01T00:00:00","f":1.0,"n":1,"o":null,"s":"x","text":"a"}',
        '{"at":null,"f":null,"n":null,"o":null,"s":null,"text":null}',
    ]


@pytest.mark.parametrize("lazy", [False, True])
def test_columns_of_polars_that_arrow_has_no_type_for_are_read(lazy):
    frame = pl.DataFrame({"text": ["a", "b"], "n": pl.Series([10**30, None], dtype=pl.Int128)})
    frame = frame.with_columns(s=pl.struct("n"))
    assert _json(frame.lazy() if lazy else frame) == [
        f'{{"n":{10**30},"s":{{"n":{10**30}}},"text":"a"}}',
        '{"n":null,"s":{"n":null},"text":"b"}',
    ]


def test_what_arrow_cannot_read_is_an_input_error():
    class Foreign:
        def __arrow_c_stream__(self, requested_schema=None):
            return pl.DataFrame({"n": pl.Series([1], dtype=pl.Int128)}).__arrow_c_stream__()

    with pytest.raises(InputError, match=r"the table cannot be read: .*_pli128"):
        _read(Foreign())


def test_an_empty_split_holds_no_seeds():
    rows = datasets.Dataset.from_list(_ROWS[:1])
    both = datasets.DatasetDict({"train": rows, "test": rows.select([])})
    assert [path for path, _, _ in _read(both)] == ["train#1"]


def test_columns_of_arrow_that_share_their_values_are_rows_of_their_own():
    table = pa.table({
        "text": pa.array(["a", "b", "a"]).dictionary_encode(), "title": pa.array(["x", None, "y"], pa.string_view()),
        "s": pa.array(["q", "q", "q"], pa.large_string()),
    })  # fmt: skip
    assert _json(table)[2] == '{"s":"q","text":"a","title":"y"}'
    frame = pl.DataFrame({"text": pl.Series(["a", "b"], dtype=pl.Enum(["a", "b"]))})
    assert _json(frame) == ['{"text":"a"}', '{"text":"b"}']


def test_numbers_of_numpy_and_ids_of_their_own_class_are_their_values():
    row = {"text": np.str_("a"), "n": np.int64(3), "x": np.float32("nan"), "l": np.arange(2), "u": uuid.UUID(int=1)}
    assert _json([row]) == ['{"l":[0,1],"n":3,"text":"a","u":"00000000-0000-0000-0000-000000000001","x":null}']


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a", "json.type"),
        (3, "json.type"),
        ({"text": b"a"}, "json.type"),
        ({"text": "a", "title": datetime.date(2020, 1, 1)}, "json.type"),
        ({"text": object()}, "container.value"),
        ({"text": "a", "date": pd.Period("2020-01")}, "container.value"),
        ({"text": "\ud800"}, "encoding.lone_surrogate"),
        ({"text": "a", "id": 2.0**53}, "json.type"),
        ({"text": "a", "x": 10**5000}, "container.value"),
    ],
    ids=range(9),
)
def test_law_9_a_row_that_cannot_be_one_is_in_the_ledger(row, reason):
    found = [reason for _, reason, _ in _read(iter([_ROWS[0], row, _ROWS[1]]))]
    assert found == [None, reason, None]


def test_numbers_that_json_does_not_have_and_halves_of_surrogates_are_written_as_json_can():
    row = {
        "x": [
            float("inf"),
            -float("inf"),
            decimal.Decimal("-Infinity"),
            decimal.Decimal("NaN"),
            decimal.Decimal("1E+3"),
        ]
    }
    assert _json([{**row, "text": "đ"}]) == ['{"text":"đ","x":[1e999,-1e999,-1e999,null,1E+3]}']
    assert _json([{**row, "text": "đ", "\ud800": "\udfff"}]) == [
        r'{"text":"\u0111","x":[1e999,-1e999,-1e999,null,1E+3],"\ud800":"\udfff"}'
    ]


_OWN = {
    "x": {"type": "number"}, "n": {"type": "integer"}, "s": {"type": "string"}, "d": {"type": "string", "format": "date", "x-arrow-type": "date32"},
    "b": {"type": "string", "contentEncoding": "base64", "x-arrow-type": "binary"}, "l": {"type": "array", "items": {"type": "string"}},
}  # fmt: skip


def _own(tmp_path, form, **values):
    """The own fields of a row that has them, or why it is rejected."""
    seeds = form([{**_ROWS[0], **values}, _ROWS[1]])
    found = cvp.build(seeds, out=tmp_path / "out", fields={"properties": {name: _OWN[name] for name in values}})
    bad = [(row["reason"], row["pointer"]) for row in ledger(tmp_path / "out") if row["reason"]]
    return bad[0] if bad else {name: found.records()[name][0] for name in values}


_HOLDERS = {"list": list, "arrow": pa.Table.from_pylist, "pandas": pd.DataFrame}


@pytest.mark.parametrize("form", _HOLDERS.values(), ids=_HOLDERS)
def test_an_infinity_is_a_number_out_of_range(tmp_path, form):
    assert _own(tmp_path, form, x=float("-inf")) == ("schema.type", "/x")


@pytest.mark.parametrize("form", _HOLDERS.values(), ids=_HOLDERS)
def test_binary_is_no_text_of_an_own_field(tmp_path, form):
    assert _own(tmp_path, form, s=b"ab") == ("schema.type", "/s")
    assert _own(tmp_path, form, l=[b"b"]) == ("schema.type", "/l/0")
    assert _own(tmp_path, form, b=b"\xff") == {"b": b"\xff"}


def test_a_time_at_midnight_is_a_day_of_an_own_field_and_no_other_time_is(tmp_path):
    day = datetime.datetime(2020, 1, 2)
    for form in _HOLDERS.values():
        assert _own(tmp_path, form, d=day) == {"d": day.date()}
        for other in (day.replace(hour=1), day.replace(tzinfo=datetime.UTC), day.isoformat()):
            assert _own(tmp_path, form, d=other) == ("schema.format", "/d")


_STRANGE = {
    "object": [object()] * 2, "period": pd.period_range("2020-01", periods=2, freq="M"), "interval": pd.interval_range(0, 2),
    "runs": pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), ["q"]), "list view": pa.array([[1], None], pa.list_view(pa.int8())),
    "union": pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])]),
    "time": pa.array([2**62] * 2, pa.timestamp("s")), "day": pa.array([2**30] * 2, pa.date32()),
}  # fmt: skip


@pytest.mark.parametrize("name", _STRANGE)
def test_a_value_that_cannot_be_read_rejects_a_row_only_where_it_is_asked_for(tmp_path, name):
    values = _STRANGE[name]
    if isinstance(values, pa.Array):
        rows = pa.Table.from_pylist(_ROWS[:2]).append_column("x", values)
    else:
        rows = pd.DataFrame(_ROWS[:2]).assign(x=values)
    found = cvp.build(rows, out=tmp_path / "out")
    assert (found.status["published"], found.unused) == (2, {"x": 2})
    asked = cvp.check(rows, fields={"properties": {"x": {"type": "string"}}})
    assert asked.ledger.select("reason", "pointer").rows() == [("container.value", None)] * 2


@pytest.mark.parametrize("form", _HOLDERS.values(), ids=_HOLDERS)
def test_a_decimal_is_a_number(tmp_path, form):
    values = {"x": decimal.Decimal("1.50"), "n": decimal.Decimal("3.00")}
    assert _own(tmp_path, form, **values) == {"x": 1.5, "n": 3}


def test_whole_numbers_of_a_column_with_a_gap_are_integers(tmp_path):
    frame = pd.DataFrame([{**_ROWS[0], "id": 7, "date": 2020}, {**_ROWS[1], "id": None, "date": None}])
    found = cvp.build(frame, out=tmp_path / "out").records().filter(pl.col("date") == "2020")
    assert found["source"][0]["key"] == "7"
    line = tmp_path / "a.jsonl"
    line.write_text(json.dumps({**_ROWS[0], "id": 7.0, "date": 2020.0}), encoding="ascii")
    assert cvp.build(line, out=tmp_path / "out2").records()["source"][0]["key"] == "7"


def test_law_9_a_row_that_holds_itself_is_too_deep():
    inner = []
    inner.append(inner)
    assert [reason for _, reason, _ in _read([{"text": "a", "x": inner}])] == ["json.depth"]


def test_two_columns_of_one_name_are_named():
    frame = pd.DataFrame([["a", "b"]], columns=["text", "text"])
    with pytest.raises(InputError, match="two columns with the same name"):
        _read(frame)
    twice = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    assert [reason for _, reason, _ in _read(twice)] == ["container.damaged"]


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        ({"text": "a"}, "seeds of the type dict cannot be read"),
        (3, "seeds of the type int cannot be read"),
        (b"a", "seeds of the type bytes cannot be read"),
        (sys.stdin, "seeds of the type"),
        ([], "the list is empty"),
        (["a.txt", {"text": "a"}], "paths and rows"),
        (iter([]), "holds no seeds"),
        (pl.DataFrame({"text": []}), "holds no seeds"),
        (pl.DataFrame(), "holds no seeds"),
        (pl.LazyFrame(_ROWS).filter(pl.col("text") == ""), "holds no seeds"),
        (pa.table({"text": pa.array([], pa.string())}), "holds no seeds"),
        (datasets.Dataset.from_list(_ROWS).select([]), "holds no seeds"),
        (pd.DataFrame(_ROWS)["text"], r"a pandas\.Series is one column"),
        (pl.DataFrame(_ROWS)["text"], r"a polars\.Series is one column"),
        (pa.table({"text": ["a"]})["text"], r"a pyarrow\.ChunkedArray is one column"),
        (pa.array(["a"]), r"a pyarrow\.StringArray is one column"),
    ],
    ids=range(16),
)
def test_what_is_no_input_says_what_is(tmp_path, seeds, said):
    with pytest.raises(InputError, match=said):
        cvp.build(seeds, out=tmp_path / "out")


def test_what_a_generator_raises_comes_out_and_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    def rows():
        yield _ROWS[0]
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        cvp.build(rows(), out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_long_rows_are_written_in_small_blocks_and_a_row_that_is_changed_later_stays_as_it_was():
    from corpus_vn_police.stages.read.given import given_blocks, given_rows, write_given

    def rows():
        row = {}
        for number in range(6):
            row["text"] = str(number) * (3 << 20)
            yield row

    sink = io.BytesIO()
    write_given(rows(), sink)
    sink.seek(0)
    blocks = list(given_blocks(sink))
    assert [count for count, _ in blocks] == [3, 3]
    assert [row["text"][0] for _, block in blocks for row in given_rows(block)] == list("012345")


def test_law_14_a_full_temporary_folder_is_the_machine_s_fault(monkeypatch, tmp_path):
    class Full:
        def write(self, data):
            raise OSError(28, "No space left on device")

    from corpus_vn_police.stages.read.given import write_given

    with pytest.raises(DiskError, match="No space left"):
        write_given(_ROWS, Full())


def test_an_option_that_needs_a_path_does_not_hinder_rows(tmp_path):
    (tmp_path / "c.toml").write_text('version = "2.0.0"\n', encoding="ascii")
    assert cvp.build(_ROWS, out=tmp_path / "out", config=tmp_path / "c.toml").version == "2.0.0"
    with pytest.raises(ConfigError):
        cvp.build(_ROWS, out=tmp_path / "out", config=tmp_path / "missing.toml")


def test_no_library_is_imported_for_rows_that_are_not_its_own(tmp_path):
    code = (
        "import sys\nfrom corpus_vn_police.commands.spooled import seeds_at_hand\n"
        "for rows in ([{'text': 'a'}], iter([{'text': 'a'}]), 'a.txt', ['a.txt']):\n"
        "    with seeds_at_hand(rows): pass\n"
        "print(sorted({'pandas', 'datasets', 'torch'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"

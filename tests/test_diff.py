"""What sets two builds apart."""

import hashlib
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.builds import sign

import corpus_vn_police as cvp
from corpus_vn_police.errors import DamagedError, OutputError

_SPLITS = '[dedup]\nlevel = "off"\n[splits]\ntest_from = "2021-01"\n'


def _rows(**texts):
    """Rows with a key as their id, so that a text may change under it."""
    return "\n".join(
        json.dumps({"id": key, **(text if isinstance(text, dict) else {"text": text})}) for key, text in texts.items()
    )


def _id(key):
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _build(write, tmp_path, name, rows, settings=_SPLITS):
    return cvp.build(write({"x.jsonl": _rows(**rows), "corpus.toml": settings}, f"in-{name}"), out=tmp_path / name).path


def _found(difference):
    names = ("added", "removed", "changed", "moved")
    return {name: list(getattr(difference, name)) for name in names if len(getattr(difference, name))}


def test_a_build_and_its_copy_differ_in_nothing(write, tmp_path):
    old = _build(write, tmp_path, "old", {"a": "date 2020 a", "b": "b"})
    difference = cvp.diff(old, old)
    assert (_found(difference), difference.by_field(), difference.by_move()) == ({}, {}, {})


def test_records_are_added_removed_changed_and_moved(write, tmp_path):
    before = {"gone": "date 2020 a", "same": "b", "text": "date 2020-03 c", "moved": "date 2020-12 d"}
    after = {"same": "b", "text": "date 2020-03 c c", "moved": "date 2021-12 d", "new": "e", "newer": "f"}
    difference = cvp.diff(_build(write, tmp_path, "old", before), _build(write, tmp_path, "new", after))
    assert _found(difference) == {
        "added": sorted([_id("new"), _id("newer")]), "removed": [_id("gone")],
        "changed": sorted([_id("same"), _id("text"), _id("moved")]), "moved": [_id("moved")],
    }  # fmt: skip
    fields = {name: list(ids) for name, ids in difference.by_field().items()}
    every = sorted([_id("same"), _id("text"), _id("moved")])  # "gone" was the first line, so all stand a line higher
    assert fields == {
        "date": [_id("moved")], "year": [_id("moved")], "date_start": [_id("moved")], "date_end": [_id("moved")], "text": [_id("text")], "n_chars": [_id("text")],
        "n_syllables": [_id("text")], "source.path": every, "source.sha256": sorted([_id("text"), _id("moved")]),
        "source.bytes": [_id("text")],
    }  # fmt: skip
    assert {pair: list(ids) for pair, ids in difference.by_move().items()} == {("train", "test"): [_id("moved")]}


def test_fields_of_every_kind_are_compared(write, tmp_path):
    old = {
        "a": {
            "text": "Ngày 7/12, cả nước hoà bình trở lại.\n\nNgười dân vui mừng (Ảnh: Nguyễn An)",
            "title": "T",
            "url": "https://x.vn/a",
        },
        "b": "một\n\nhai",
    }
    new = {
        "a": {
            "text": "Ngày 7/12, cả nước hòa bình trở lại.\n\nNgười dân vui mừng (Ảnh: Nguyễn Ân)",
            "title": "T",
            "url": "https://x.vn/b",
        },
        "b": "một hai",
    }
    found = cvp.diff(_build(write, tmp_path, "old", old), _build(write, tmp_path, "new", new)).by_field()
    assert {"text", "captions", "tone_style.old", "tone_style.new", "source.url", "n_paragraphs"} <= found.keys()
    assert not {"title", "source.key", "source.path", "date", "privacy", "source"} & found.keys()


def test_a_null_is_no_empty_list_and_an_order_is_told_apart():
    import polars as pl

    shape = pl.List(pl.Struct({"text": pl.String, "credit": pl.String}))
    values = [None, [], [{"text": "a", "credit": "b"}], [{"text": "b", "credit": "a"}], [{"text": "ab", "credit": None}],
              [{"text": "a", "credit": "b"}] * 2, [None]]  # fmt: skip
    assert pl.Series(values, dtype=shape).hash(7).n_unique() == len(values)


def test_a_build_without_annotations_is_compared_by_its_records(write, tmp_path):
    old = _build(write, tmp_path, "old", {"a": "a"})
    new = _build(write, tmp_path, "new", {"a": "a"}, _SPLITS + "[annotations]\nenabled = false\n")
    both, one = cvp.diff(old, old), cvp.diff(old, new)
    assert len(both.fields) - len(one.fields) == 4
    assert {name: len(ids) for name, ids in one.by_field().items()} == {"privacy": 1}  # [] and null: nobody looked


def test_annotations_that_changed_are_fields_of_the_record(write, tmp_path):
    old, new = (_build(write, tmp_path, name, {"a": "a", "b": "b"}) for name in ("old", "new"))
    file = f"{new}/annotations/train-00000-of-00001.parquet"
    table = pq.read_table(file)
    place = table.schema.get_field_index("personal")
    rows = [[{"start": 0, "end": 1, "kind": "phone"}], []]
    pq.write_table(
        table.set_column(place, table.schema.field(place), pa.array(rows, table.schema.field(place).type)), file
    )
    sign(new)
    assert {name: len(ids) for name, ids in cvp.diff(old, new).by_field().items()} == {"annotations.personal": 1}


def _without(column):
    return lambda table: table.drop([column])


@pytest.mark.parametrize(
    ("config", "change", "said"),
    [
        ("data", lambda table: pa.concat_tables([table, table]), "two records have the same id"),
        ("data", _without("text"), "its columns are not those of record"),
        ("data", lambda table: table.set_column(0, "id", pa.array([1, 2])), "its columns are not those of record"),
        ("annotations", lambda table: table.slice(1), "annotations does not have the same rows as data"),
    ],
)
def test_a_damaged_side_is_an_error_that_names_it(write, tmp_path, config, change, said):
    old, new = (_build(write, tmp_path, name, {"a": "a", "b": "b"}) for name in ("old", "new"))
    file = f"{new}/{config}/train-00000-of-00001.parquet"
    pq.write_table(change(pq.read_table(file)), file)
    sign(new)
    with pytest.raises(DamagedError, match=f"new: is damaged: .*{said}"):
        cvp.diff(old, new)


def test_both_sides_must_be_builds(write, tmp_path):
    old = _build(write, tmp_path, "old", {"a": "a"})
    for pair in ((old, tmp_path), (tmp_path / "nowhere", old)):
        with pytest.raises(OutputError, match="is not a build"):
            cvp.diff(*pair)
    (tmp_path / "old/manifest.json").write_text("{")
    with pytest.raises(DamagedError, match="verify"):
        cvp.diff(old, old)


def test_the_command_fails_where_a_record_moved_and_only_there(cli, write, tmp_path):
    before = {f"k{number}": f"date 2020-12 Bài số {number}" for number in range(9)}
    after = {**before, "k0": "date 2021-12 Bài số 0", "new": "a"}
    for name, rows in (("old", before), ("new", after), ("more", {**before, "new": "a"})):
        _build(write, tmp_path, name, rows)
    moved = cli("diff", "old", "new", "--json", cwd=tmp_path)
    assert (moved.returncode, json.loads(moved.stdout)) == (
        1, {"added": [_id("new")], "removed": [], "changed": [_id("k0")], "moved": [_id("k0")]},
    )  # fmt: skip
    assert cli("diff", "old", "more", cwd=tmp_path).returncode == 0
    told = cli("diff", "new", "old", cwd=tmp_path, COLUMNS="80").stdout
    assert max(map(len, told.split("\n"))) <= 80
    lines = [line.split() for line in told.split("\n")]
    assert ["removed", "1", _id("new")] in lines
    assert ["test", "->", "train", "1", _id("k0")] in lines
    assert ["date", "1", _id("k0")] in lines

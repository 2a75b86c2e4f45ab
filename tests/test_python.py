"""A build as Python has it: opened, read as frames, compared, hashed, pickled, shown."""

import copy
import html.parser
import json
import os
import pickle
import shutil

import polars as pl
import pytest
from support.builds import records, sign

import corpus_vn_police as cvp
from corpus_vn_police.results import FrozenDict

_LONG = "Ngày 7/12, Công an tỉnh Hà Nam tổ chức hội nghị về an ninh trật tự trên địa bàn xã."
_ROWS = [
    {"text": _LONG, "date": "2020-12", "source": "CAND", "id": "a"},
    {"text": "Chuyện về bà con nông dân.", "date": "2021-01-05", "source": "CAND", "id": "b"},
    {"text": "Một tin ngắn khác hẳn.", "id": "c"},
]
_FILES = {
    "a.jsonl": "\n".join(map(json.dumps, [*_ROWS, {"content": "x"}])),
    "copy.txt": f" date 2021-02 {_LONG}",
    "late.txt": " date 2020-13 Ngày 7",
    "latin.txt": b"date 2020 ng\xff y",
    "corpus.toml": '[splits]\ntest_from = "2021-01"\n',
}


@pytest.fixture
def built(write, tmp_path):
    return cvp.build(write(_FILES), out=tmp_path / "out")


@pytest.fixture
def url(built, tmp_path):
    """The same build behind a URL that fsspec reads."""
    return f"file://{built.path}"


def test_a_build_that_is_opened_is_the_one_that_was_built(built):
    opened = cvp.open(built)
    assert (opened, hash(opened), os.fspath(opened)) == (built, hash(built), built.path)
    assert (opened.seeds, opened.splits) == (7, {"train": 2, "test": 1})
    assert opened.status == {"published": 3, "rejected": 3, "duplicate": 1, "near_duplicate": 0, "removed": 0}
    assert list(opened.splits) == ["train", "test"]


def test_what_is_not_a_build_and_what_is_damaged_is_not_opened(built, tmp_path):
    with pytest.raises(cvp.OutputError, match="is not a build"):
        cvp.open(tmp_path / "in")
    with pytest.raises(cvp.OutputError, match="is not a build"):
        cvp.open(f"file://{tmp_path}/in")
    (tmp_path / "out/ledger.parquet").write_bytes(b"")
    with pytest.raises(cvp.DamagedError, match=r"ledger.parquet"):
        cvp.open(tmp_path / "out")


def test_frames_have_the_rows_of_the_files_in_their_order(built, tmp_path):
    assert built.records().to_dicts() == records(tmp_path / "out")
    assert built.annotations().to_dicts() == records(tmp_path / "out", "annotations")
    assert built.ledger().equals(pl.read_parquet(tmp_path / "out/ledger.parquet"))
    assert built.records().schema == pl.read_parquet(tmp_path / "out/data/train-00000-of-00001.parquet").schema


def test_a_frame_of_a_split_and_of_some_columns_has_these_alone(built):
    found = built.records("test", columns=["id", "source.publisher"])
    assert found.to_dict(as_series=False) == {"id": [records(built)[2]["id"]], "source.publisher": ["CAND"]}
    assert (built.records("validation").shape, built.records("validation").schema) == (
        (0, len(built.records().columns)),
        built.records().schema,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"split": "dev"}, "split = 'dev' is not a split\ngive train, validation, test, or None for all"),
        ({"columns": ["id", "date", "id"]}, "columns has 'id' twice"),
        ({"columns": ["idd"]}, "'idd' is not a field of the table\ndid you mean 'id'? There are id, "),
        ({"columns": "id"}, "columns = 'id' is a string\ngive a list: columns=['id']"),
    ],
)
def test_a_split_or_column_that_there_is_not_is_an_error_that_says_what_there_is(built, arguments, said):
    with pytest.raises(cvp.ConfigError) as failed:
        built.records(**arguments)
    assert str(failed.value).startswith(said)


def test_annotations_that_were_not_built_are_an_error_that_says_how_to_have_them(write, tmp_path):
    plain = cvp.build(write({"a.txt": _LONG, "corpus.toml": "[annotations]\nenabled = false\n"}), out=tmp_path / "out")
    with pytest.raises(cvp.InputError, match=r"\[annotations\] enabled = true"):
        plain.annotations()


def test_rejected_seeds_come_with_their_reason_and_their_text(built):
    found = built.rejected(texts=True)
    assert found.select("path", "reason", "text").rows() == [
        ("a.jsonl#4", "json.type", '{"content": "x"}'),
        ("late.txt", "header.impossible_date", " date 2020-13 Ngày 7"),
        ("latin.txt", "encoding.invalid_utf8", r"date 2020 ng\xff y"),
    ]
    assert built.rejected().equals(found.drop("text"))


def test_the_text_of_a_seed_that_has_changed_or_was_taken_down_is_null(built, tmp_path, write):
    sha256 = built.ledger().filter(pl.col("path") == "latin.txt")[["id", "sha256"]].row(0)
    write({"late.txt": "other", "removed.csv": f"id,sha256,date,reason\n{','.join(sha256)},2026-01-01,x\n"})
    assert built.rejected(texts=True)["text"].to_list() == ['{"content": "x"}', None, None]


def test_an_opened_build_says_that_it_needs_the_input_for_texts(built, tmp_path):
    opened = cvp.open(built.path)
    with pytest.raises(cvp.InputError, match='seeds="my_seeds", or a frame'):
        opened.rejected(texts=True)
    assert opened.rejected(texts=True, seeds=tmp_path / "in").equals(built.rejected(texts=True))


_FRAME = pl.DataFrame({"text": [_LONG, None], "date": ["2020-12", "2020-13"]})


def test_rejected_rows_of_a_frame_come_with_their_text(tmp_path):
    built = cvp.build(_FRAME, out=tmp_path / "out")
    assert built.rejected(texts=True).select("path", "text").rows() == [("rows#2", '{"date":"2020-13","text":null}')]


def test_rows_that_can_be_gone_through_once_and_pickled_frames_are_given_again(tmp_path):
    by_rows = cvp.build(iter(_FRAME.to_dicts()), out=tmp_path / "out")
    by_frame = pickle.loads(pickle.dumps(cvp.build(_FRAME, out=tmp_path / "out")))
    for built in (by_rows, by_frame):
        with pytest.raises(cvp.InputError, match="or a frame"):
            built.rejected(texts=True)
        assert built.rejected(texts=True, seeds=_FRAME)["text"].len() == 1


def test_own_fields_are_columns_of_the_frames_and_are_counted(tmp_path):
    rows = [{"text": _LONG, "topic": "a"}, {"text": "Chuyện về bà con nông dân.", "topic": "b"}]
    built = cvp.build(rows, out=tmp_path / "out", fields={"properties": {"topic": {"type": "string"}}})
    opened = cvp.open(f"file://{built.path}")
    assert opened.records(columns=["topic"])["topic"].to_list() == ["a", "b"]
    assert opened.stats().by("topic").rows() == [("a", 1), ("b", 1)]


def test_duplicates_stand_beside_the_record_that_is_published(built):
    (row,) = built.duplicates(texts=True).to_dicts()
    kept = records(built)[0]
    assert (row["path"], row["duplicate_of"], row["text"]) == ("copy.txt", kept["id"], _FILES["copy.txt"])
    assert [row[f"published_{name}"] for name in ("path", "split", "date", "title", "text")] == [
        "a.jsonl#1", "train", "2020-12", None, kept["text"],
    ]  # fmt: skip
    assert built.duplicates().equals(built.duplicates(texts=True).drop("text", "published_text"))


def test_statistics_are_frames(built):
    found = built.stats()
    assert found == cvp.stats(built) == pickle.loads(pickle.dumps(found))
    assert found.splits.select("split", "records", "undated", "first", "last").rows() == [
        ("train", 2, 1, "2020-12", "2020-12"), ("test", 1, 0, "2021-01-05", "2021-01-05"),
    ]  # fmt: skip
    assert found.years.to_dict(as_series=False) == {"year": [2020, 2021], "records": [1, 1]}
    assert found.publishers.rows() == [("CAND", 2), (None, 1)]
    assert found.reasons.rows() == [("encoding.invalid_utf8", 1), ("header.impossible_date", 1), ("json.type", 1)]
    assert dict(found.status.rows()) == built.status
    tables = {name: getattr(found, name) for name in ("months", "lengths", "found", "privacy", "spans")}
    assert {name: table.columns for name, table in tables.items()} == {
        "months": ["month", "records"], "lengths": ["syllables", "records"], "found": ["field", "records"],
        "privacy": ["kind", "records"], "spans": ["list", "spans"],
    }  # fmt: skip


def test_records_are_counted_by_any_field(built):
    found = built.stats()
    assert found.by("year").rows() == [(2020, 1), (2021, 1), (None, 1)]
    assert found.by("source.key").rows() == [("a", 1), ("b", 1), ("c", 1)]
    with pytest.raises(cvp.ConfigError, match="did you mean 'year'"):
        found.by("yaer")


def test_a_list_is_counted_by_its_items(built, tmp_path):
    path = tmp_path / "out/data/train-00000-of-00001.parquet"
    frame = built.records("train").with_columns(privacy=pl.Series([["phone", "email"], ["phone"]]))
    _rewrite(path, frame)
    assert cvp.open(built.path).stats().by("privacy").rows() == [("phone", 2), ("email", 1)]


def _rewrite(path, frame):
    import pyarrow.parquet as pq

    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pq.read_schema(path))
    pq.write_table(table, path)
    sign(path.parent.parent)


def test_load_gives_what_the_files_have(built):
    assert built.load("train").to_list() == built.load()["train"].to_list() == built.records("train").to_dicts()
    assert [row["id"] for row in built.load("test", name="sources", streaming=True)] == [records(built)[2]["id"]]


def test_a_build_whose_folder_has_another_build_says_so(built):
    cvp.remove(built, records(built)[2]["id"], reason="asked for")
    with pytest.raises(cvp.OutputError, match="has another build now"):
        built.records()
    assert len(cvp.open(built).records()) == 2


def test_a_url_gives_what_the_folder_does_and_fetches_what_is_read(built, url, tmp_path):
    opened = cvp.open(url)
    assert (opened.path, opened.digest, opened.splits) == (url, built.digest, built.splits)
    (copied,) = (found for found in _copies(url))
    assert _files(copied) == ["manifest.json"]
    assert opened.records("test").equals(built.records("test"))
    schemas = ["schema/annotations.schema.json", "schema/record.schema.json"]
    assert _files(copied) == ["data/test-00000-of-00001.parquet", "manifest.json", *schemas]
    assert opened.records("validation").schema == built.records().schema
    assert opened.rejected(texts=True, seeds=tmp_path / "in").equals(built.rejected(texts=True))
    assert opened.duplicates().equals(built.duplicates())
    assert opened.stats().figures == built.stats().figures
    assert opened.load("train", name="annotations").to_list() == built.load("train", name="annotations").to_list()
    assert pickle.loads(pickle.dumps(opened)).ledger().equals(built.ledger())
    assert cvp.verify(opened).ok


def _copies(url):
    from corpus_vn_police.dataset.remote import kept_copies

    return [copy.folder for copy in kept_copies(url)]


def _files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_file_behind_a_url_that_is_not_what_the_manifest_says_is_damage(built, url, tmp_path):
    opened = cvp.open(url)
    (tmp_path / "out/ledger.parquet").write_bytes(b"other")
    with pytest.raises(cvp.DamagedError) as failed:
        opened.ledger()
    assert failed.value.message == f"{url}: is damaged: ledger.parquet: has other bytes than the manifest says"


def test_another_build_behind_the_url_is_noticed(built, url, tmp_path):
    stale = pickle.loads(pickle.dumps(cvp.open(url)))
    for folder in _copies(url):
        shutil.rmtree(folder)
    from corpus_vn_police.dataset import remote

    remote._kept.clear()  # as in another process
    cvp.remove(built, records(built)[2]["id"], reason="asked for")
    with pytest.raises(cvp.OutputError, match="has another build now"):
        stale.records()


def test_every_command_takes_a_build_as_its_path(built, tmp_path):
    other = cvp.open(shutil.copytree(built.path, tmp_path / "other"))
    assert cvp.verify(built).ok
    assert cvp.diff(built, other).changed == []
    assert cvp.card(built) == cvp.card(other)
    assert cvp.check_card(built) == []
    assert os.fspath(cvp.report(built, out=tmp_path / "r.html")) == str(tmp_path / "r.html")
    assert cvp.sources(built, out=tmp_path / "again").path == str(tmp_path / "again")
    removal = cvp.remove(built, records(built)[0]["id"], reason="asked for")
    assert cvp.verify(removal).digest == removal.digest


def test_every_command_that_reads_takes_a_build_behind_a_url(built, url, tmp_path):
    opened = cvp.open(url)
    assert (cvp.card(opened), cvp.check_card(opened)) == (cvp.card(built), [])
    assert cvp.sources(opened, out=tmp_path / "again").seeds == 3
    cvp.report(opened, out=tmp_path / "a.html"), cvp.report(built, out=tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert cvp.diff(opened, built).changed == []
    for write in (lambda: cvp.publish(opened, "user/name"), lambda: cvp.remove(opened, "0" * 16, reason="x")):
        with pytest.raises(cvp.ConfigError) as failed:
            write()
        assert str(failed.value) == f"DIR = {url!r} is a URL\ngive a path on this machine for DIR"


def test_an_error_about_a_copy_names_the_url(write, tmp_path):
    plain = cvp.build(write({"a.txt": _LONG, "corpus.toml": "[sources]\nenabled = false\n"}), out=tmp_path / "out")
    with pytest.raises(cvp.InputError) as failed:
        cvp.sources(f"file://{plain.path}", out=tmp_path / "again")
    assert failed.value.message.startswith(f"file://{plain.path}: has no sources")


def _results(built, tmp_path):
    """One result of each kind."""
    other = cvp.open(shutil.copytree(built.path, tmp_path / "other"))
    removal = cvp.remove(other, records(built)[0]["id"], reason="asked for")
    (tmp_path / "other/new.txt").write_text("x")
    bad = cvp.verify(other)
    (tmp_path / "other/new.txt").unlink()
    publication = cvp.Publication("a/b", None, "v1.0.0", "sha256:1", {"data/x": 1}, ("y",), 2)
    page = cvp.report(built, out=tmp_path / "r.html")
    sources = cvp.sources(built, out=tmp_path / "again")
    check = cvp.check(tmp_path / "in")
    return [
        built,
        check,
        cvp.diff(built, other),
        page,
        publication,
        removal,
        sources,
        bad,
        *bad.problems,
        built.stats(),
    ]


def test_results_compare_hash_pickle_and_never_change(built, tmp_path):
    for result in _results(built, tmp_path):
        again = pickle.loads(pickle.dumps(result))
        assert (again, hash(again), repr(again)) == (result, hash(result), repr(result))
        assert copy.deepcopy(result) == result
        with pytest.raises(AttributeError):
            result.digest = "x"


class _Cells(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.cells, self.tags = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.cells.append(data)


def test_results_show_themselves_in_a_notebook_as_a_small_table(built, tmp_path):
    for result in _results(built, tmp_path):
        shown = _Cells(result._repr_html_())
        assert shown.cells[0] == type(result).__name__
        assert shown.tags <= {"table", "caption", "tr", "th", "td", "br"}


def test_what_a_stranger_wrote_is_escaped_where_it_is_shown():
    found = cvp.Verification(None, tuple(cvp.Problem("<script>", "x\u202e", "y" * 600) for _ in range(12)))
    shown = _Cells(found._repr_html_())
    assert "script" not in shown.tags
    assert next(cell for cell in shown.cells if "<script>" in cell).startswith(r"<script>: x\u202e: yyy")
    assert "and 2 more" in shown.cells
    assert _Cells(cvp.Problem("a\nb", "", "")._repr_html_()).cells[2:4] == ["a", "b"]
    assert len(repr(found)) < 3_000


def test_a_dict_of_a_result_is_a_dict_that_never_changes(built):
    status = built.status
    assert isinstance(status, dict)
    assert (dict(status), json.loads(json.dumps(status))) == (status, status)
    assert hash(status) == hash(FrozenDict(reversed(status.items())))
    for change in (lambda: status.update(x=1), lambda: status.pop("published"), lambda: status.__setitem__("x", 1), status.clear, status.popitem, lambda: status.setdefault("x", 1), lambda: status.__ior__({})):  # fmt: skip
        with pytest.raises(TypeError, match="cannot be changed"):
            change()


def test_ids_are_texts_that_take_eight_bytes(built, tmp_path):
    other = cvp.open(shutil.copytree(built.path, tmp_path / "other"))
    names = sorted(record["id"] for record in records(built))
    cvp.remove(other, names[:2], reason="asked for")
    removed = cvp.diff(built, tmp_path / "other").removed
    assert (list(removed), removed[0], removed[1:], len(removed)) == (names[:2], names[0], [names[1]], 2)
    assert (names[0] in removed, names[2] in removed) == (True, False)
    assert removed == names[:2]
    assert removed.numbers.nbytes == 16
    assert repr(removed) == f"Ids(['{names[0]}', '{names[1]}'], 2 in all)"

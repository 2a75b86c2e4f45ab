"""`verify` names each kind of damage."""

import json
import random
import shutil

import fsspec
import polars as pl
import pyarrow as pa
import pytest
from support.builds import sign
from support.tamper import problem_codes, retable

import corpus_vn_police as cvp
from corpus_vn_police.commands.verify import Problem
from corpus_vn_police.commands.verify.hints import WARNINGS
from corpus_vn_police.errors import CorpusError, DiskError, OutputError


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verify")
    (folder / "in").mkdir()
    for number in range(6):
        (folder / f"in/{number}.txt").write_text(f"date 202{number} Bài {number}")
    (folder / "in/bad.txt").write_bytes(b"\xff")
    (folder / "in/corpus.toml").write_text('[splits]\ntest_from = "2024-01"\n')
    cvp.build(folder / "in", out=folder / "out", workers=1)
    return folder / "out"


@pytest.fixture
def out(built, tmp_path):
    return shutil.copytree(built, tmp_path / "out")


def test_a_build_is_fine(out):
    report = cvp.verify(out)
    assert report.warnings == ()
    assert (report.ok, report.digest) == (True, json.loads((out / "manifest.json").read_text())["digest"])


def test_a_flipped_byte_is_found_in_any_file(out):
    draw = random.Random(11)
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        for place in draw.sample(range(len(whole)), 12):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << draw.randrange(8))]) + whole[place + 1 :])
            assert not cvp.verify(out).ok, (path, place)
        path.write_bytes(whole)
    assert cvp.verify(out).ok


def test_a_file_that_is_missing_or_was_added_is_named(out):
    (out / "ledger.parquet").unlink()
    (out / "data/notes.txt").write_text("x")
    assert problem_codes(out) == [("data/notes.txt", "file.unlisted"), ("ledger.parquet", "file.missing")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', "\ufffe"])
def test_a_broken_manifest_is_reported_not_raised(out, text):
    (out / "manifest.json").write_text(text)
    assert problem_codes(out) == [("manifest.json", "manifest.invalid")]


def test_a_manifest_that_was_edited_is_found(out):
    path = out / "manifest.json"
    path.write_text(path.read_text().replace('"seeds": 7', '"seeds": 8'))
    assert ("manifest.json", "manifest.digest") in problem_codes(out)


def test_counts_that_do_not_add_up_are_found(out):
    sign(out, seeds=8, splits={"train": 6})
    assert {code for _, code in problem_codes(out)} == {"ledger.balance", "splits.count"}


def test_a_row_that_breaks_the_schema_is_found(out):
    def negative(table):
        return table.set_column(
            table.schema.get_field_index("n_chars"),
            table.schema.field("n_chars"),
            pa.array([-1] * len(table), pa.int32()),
        )

    assert retable(out, "data/train-00000-of-00001.parquet", negative) == {"schema.row", "manifest.content_digest"}


def test_a_column_of_another_type_is_found(out):
    def wider(table):
        return table.set_column(table.schema.get_field_index("year"), "year", table.column("year").cast(pa.int64()))

    assert "schema.columns" in retable(out, "data/train-00000-of-00001.parquet", wider)


def test_a_record_without_a_ledger_row_is_found(out):
    def less(table):
        return table.slice(1)

    assert {"ledger.balance", "ledger.records"} <= retable(out, "ledger.parquet", less)


def test_configs_that_are_out_of_step_are_found(out):
    def turned(table):
        return table.take(list(reversed(range(len(table)))))

    assert retable(out, "annotations/train-00000-of-00001.parquet", turned) == {
        "configs.aligned",
        "manifest.content_digest",
    }


def test_sources_with_other_bytes_are_found(out):
    def other(table):
        return table.set_column(2, "data", pa.array([b"x"] * len(table)))

    assert retable(out, "sources/train-00000-of-00001.parquet", other) == {"sources.sha256", "manifest.content_digest"}


def test_an_id_that_stands_twice_is_found(out):
    def twice(table):
        return pa.table(pl.DataFrame(table).with_columns(pl.col("id").first()).to_arrow().cast(table.schema))

    assert "records.id" in retable(out, "data/train-00000-of-00001.parquet", twice)


def test_a_folder_without_a_manifest_is_no_build(tmp_path):
    with pytest.raises(OutputError, match="is not a build"):
        cvp.verify(tmp_path)


def test_a_build_on_a_remote_file_system_is_fetched_and_checked(out):
    system = fsspec.filesystem("memory")
    system.put(str(out), "/remote", recursive=True)
    system.pipe("/remote/.gitattributes", b"*.parquet filter=lfs")  # the Hub's own
    report = cvp.verify("memory://remote")
    assert (report.problems, report.digest) == ((), cvp.verify(out).digest)
    system.pipe("/remote/README.md", b"x")
    assert [problem.code for problem in cvp.verify("memory://remote").problems] == ["file.digest"]


@pytest.mark.parametrize("url", ["memory://nothing", "nosuch://x"])
def test_a_url_that_is_no_build_is_refused(url):
    with pytest.raises(CorpusError, match=url):
        cvp.verify(url)


def test_a_record_in_a_split_that_is_not_its_own_is_found(out):
    def later(table):
        place = table.schema.get_field_index("date")
        dates = [*table.column("date").to_pylist()[:-1], "2024-05"]
        return table.set_column(place, table.schema.field(place), pa.array(dates))

    assert "splits.assignment" in retable(out, "data/train-00000-of-00001.parquet", later)


def test_a_split_that_is_too_small_is_a_warning_and_no_problem(write, tmp_path, cli):
    seeds = {f"{n}.txt": f"date 202{n} Bài {n}" for n in range(3)}
    folder = write(seeds | {"corpus.toml": '[splits]\ntest_from = "2021-01"\n'})
    built = cvp.build(folder, out=tmp_path / "out", workers=1)
    why = "holds 1 of 3 records (33.3 %), less than half of them"
    assert [note for note in built.notes if "holds" in note] == [f"train {why}: see [splits] in corpus.toml"]
    found = cvp.verify(tmp_path / "out")
    assert (found.ok, found.warnings) == (True, (Problem("data/train", "splits.lopsided", why),))
    told = cli("verify", tmp_path / "out")
    assert told.returncode == 0
    assert told.stdout.split("\n\n")[1].splitlines() == [
        "Warning: A split is small for its purpose (splits.lopsided)",
        f"  data/train: {why}",
        f"  -> {WARNINGS['splits.lopsided']}",
    ]
    said = json.loads(cli("verify", tmp_path / "out", "--json").stdout)
    assert (said["ok"], said["warnings"]) == (
        True, [{"file": "data/train", "code": "splits.lopsided", "detail": why}],
    )  # fmt: skip


def test_a_file_system_that_fails_in_its_own_way_is_a_failing_disk(monkeypatch):
    def failing(self, path, **options):
        raise RuntimeError("no route to host")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "exists", failing)
    with pytest.raises(DiskError, match="no route to host"):
        cvp.verify("memory://remote")


def _with(table, name, values):
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), values)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda table: _with(table, "text", pa.nulls(len(table), pa.string())), "schema.row"),
        (lambda table: _with(table, "text", _no_utf8(len(table))), "file.unreadable"),
        (lambda table: table.slice(0, 0), "file.empty"),
    ],
)
def test_records_that_cannot_be_compared_are_named(out, change, code):
    assert code in retable(out, "data/train-00000-of-00001.parquet", change)


def _no_utf8(count):
    """Strings as a file may hold them, each the byte FF."""
    return pa.Array.from_buffers(pa.string(), count, pa.array([b"\xff"] * count, pa.binary()).buffers())


def test_a_build_without_records_is_named(out):
    manifest = json.loads((out / "manifest.json").read_text())
    shutil.rmtree(out / "data")
    sign(out, files=[entry for entry in manifest["files"] if not entry["path"].startswith("data/")])
    assert ("data", "file.missing") in problem_codes(out)

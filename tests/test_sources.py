"""Law 7: `sources` gives back every published seed's bytes, and writes nowhere else."""

import gzip
import hashlib
import io
import json
import os
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.builds import sign

import corpus_vn_police as cvp
from corpus_vn_police.commands.sources import given_back_as
from corpus_vn_police.errors import ConfigError, DamagedError, InputError, OutputError

_PLAIN = '[dedup]\nlevel = "off"\n[splits]\ntest_from = "2021-01"\n'


def _files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _row(number, **more):
    return json.dumps({"text": f"Dòng {number}", "date": f"202{number % 2}-05", **more}, ensure_ascii=False).encode()


def test_files_come_back_as_they_were(write, tmp_path):
    files = {"a.txt": "\ufeff date 2020-12 a\r\nb", "đ/B.TXT": "b", "c d#1.txt": "c", "corpus.toml": _PLAIN}
    cvp.build(write({**files, "bad.txt": b"\xff", "n.md": ""}), out=tmp_path / "out")
    written = cvp.sources(tmp_path / "out", out=tmp_path / "D")
    del files["corpus.toml"]
    expected = {name: text.encode() for name, text in files.items()}
    assert _files(tmp_path / "D") == expected
    size = sum(map(len, expected.values()))
    assert written == cvp.Sources(str(tmp_path / "D"), 3, 3, size, {})


def test_a_compressed_file_comes_back_unpacked_with_the_name_that_gives_its_id(write, tmp_path):
    name = "7_c76f5c9e64c8c598.txt"
    cvp.build(
        write({f"{name}.gz": gzip.compress(b"a"), "x/b.txt.zst": pa.compress(b"b", "zstd", True)}), out=tmp_path / "out"
    )
    cvp.sources(tmp_path / "out", out=tmp_path / "D")
    assert _files(tmp_path / "D") == {name: b"a", "x/b.txt": b"b"}


def test_rows_come_back_as_lines_in_the_order_of_their_numbers(write, tmp_path):
    lines = [_row(number) for number in range(25)]
    folder = write({"x.jsonl": b"\n".join([*lines[:12], b"", b"{}", *lines[12:]]), "corpus.toml": _PLAIN})
    cvp.build(folder, out=tmp_path / "out")
    written = cvp.sources(tmp_path / "out", out=tmp_path / "D")
    assert _files(tmp_path / "D") == {"x.jsonl": b"\n".join(lines) + b"\n"}
    assert (written.seeds, written.files, written.bytes) == (25, 1, sum(map(len, lines)))


def test_a_row_keeps_a_carriage_return_of_its_own(write, tmp_path):
    cvp.build(write({"x.jsonl": _row(1) + b"\r\r\n" + _row(2) + b"\r"}), out=tmp_path / "out")
    cvp.sources(tmp_path / "out", out=tmp_path / "D")
    assert _files(tmp_path / "D") == {"x.jsonl": _row(1) + b"\r\r\n" + _row(2) + b"\r\r\n"}
    assert (
        cvp.build(tmp_path / "D", out=tmp_path / "again").digest
        == cvp.build(tmp_path / "in", out=tmp_path / "out").digest
    )


def test_rows_of_parquet_come_back_as_their_canonical_json(write, tmp_path):
    folder = write({})
    pq.write_table(pa.table({"text": ["a", "b\nb"], "n": [1, None]}), folder / "x.parquet")
    cvp.build(folder, out=tmp_path / "out")
    cvp.sources(tmp_path / "out", out=tmp_path / "D")
    assert _files(tmp_path / "D") == {"x.parquet.jsonl": b'{"n":1,"text":"a"}\n{"n":null,"text":"b\\nb"}\n'}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_of_archives_stand_in_a_folder(write, tmp_path):
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, data in [("d/a.txt", b"a"), ("d/a.txt", b"A2"), ("r.jsonl", _row(1) + b"\n" + _row(3))]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    cvp.build(write({"x.tar": sink.getvalue(), "corpus.toml": _PLAIN}), out=tmp_path / "out")
    written = cvp.sources(tmp_path / "out", out=tmp_path / "D")
    taken = f"renamed/0_{hashlib.sha256(b'a').hexdigest()[:16]}.txt"
    found = _files(tmp_path / "D")
    assert found.pop(taken) == b"a"  # of two with one name the second in order gives way
    assert found == {"x.tar/d/a.txt": b"A2", "x.tar/r.jsonl": _row(1) + b"\n" + _row(3) + b"\n"}
    assert written.renamed == {"x.tar/d/a.txt": taken}


def test_law_7_what_was_given_back_builds_to_the_same_digest(write, tmp_path):
    files = {f"{number}/a b.txt": f" date 2020-12 Bài {number}" for number in range(30)}
    files |= {"x.jsonl": b"\n".join(map(_row, range(20))), "corpus.toml": _PLAIN}
    first = cvp.build(write(files), out=tmp_path / "out")
    cvp.sources(tmp_path / "out", out=tmp_path / "D")
    (tmp_path / "D/corpus.toml").write_text(_PLAIN)
    assert cvp.build(tmp_path / "D", out=tmp_path / "again").digest == first.digest


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/b.txt", "a/b.txt"), ("a.TXT.GZ", "a.TXT"), ("x.parquet", "x.parquet.jsonl"), ("x.jsonl.zst", "x.jsonl"),
        ("a\\xff.txt", "a\\xff.txt"),
        ("/etc/a.txt", None), ("../a.txt", None), ("a/../../b.txt", None), ("a//b.txt", None), ("./a.txt", None), ("", None),
        ("a\0.txt", None), ("a\n.txt", None), ("\u202etxt.txt", None), ("\x1b[2J.txt", None), (".git/a.txt", None), (".a.txt", None),
        ("a.sh", None), ("a.txt/", None), ("a.gz", None), ("x" * 252 + ".txt", None), ("ệ" * 90 + ".txt", None), ("d/" * 600 + "a.txt", None),
    ],
)  # fmt: skip
def test_a_path_keeps_its_place_or_has_none(path, expected):
    assert given_back_as(path) == expected


def _forge(out, paths):
    """Give the sources of a build other paths, and sign it, as somebody would who means harm."""
    for config, rename in (("sources", _set_path), ("data", _set_source_path)):
        file = out / config / "train-00000-of-00001.parquet"
        table = pq.read_table(file)
        pq.write_table(rename(table, paths), file)
    sign(out)


def _set_path(table, paths):
    return table.set_column(1, table.schema.field("path"), pa.array(paths, pa.string()))


def _set_source_path(table, paths):
    place = table.schema.get_field_index("source")
    rows = [row | {"path": path} for row, path in zip(table.column("source").to_pylist(), paths, strict=True)]
    return table.set_column(place, table.schema.field("source"), pa.array(rows, table.schema.field("source").type))


@pytest.fixture
def three(write, tmp_path):
    cvp.build(write({f"{name}.txt": name for name in "abc"}), out=tmp_path / "out", workers=1)
    return tmp_path / "out"


_IDS = [hashlib.sha256(text).hexdigest()[:16] for text in (b"a", b"b", b"c")]


@pytest.mark.parametrize(
    ("paths", "renamed"),
    [
        (["../../x.txt", "/tmp/x.txt", "a/../../../x.txt"], [0, 1, 2]),
        (["x.txt", "x.txt", "x.txt.gz"], [1, 2]),
        (["a.txt", "a.txt/b.txt", "a.txt/b.txt/c.txt"], [1, 2]),
        (["a.txt/b.txt", "a.txt", "c.txt"], [1]),
        (["y/x#1", "x.txt#2", "x.jsonl#99999999999999999999"], [0, 1, 2]),
        (["n\0.txt", "\x1b[2J.txt", "d/" * 3000 + "x.txt"], [0, 1, 2]),
    ],
)  # fmt: skip
def test_hostile_paths_are_renamed_and_nothing_is_written_elsewhere(three, tmp_path, paths, renamed):
    _forge(three, paths)
    before = _files(tmp_path)
    written = cvp.sources(three, out=tmp_path / "x/D")
    given = _files(tmp_path / "x/D")
    assert sorted(given.values()) == [b"a", b"b", b"c"]
    assert {name: data for name, data in given.items() if name.startswith("renamed/")} == {
        f"renamed/0_{_IDS[row]}.txt": b"abc"[row : row + 1] for row in renamed
    }
    assert sorted(written.renamed.values()) == sorted(f"renamed/0_{_IDS[row]}.txt" for row in renamed)
    assert {name: data for name, data in _files(tmp_path).items() if not name.startswith("x/D/")} == before
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["D"]


@pytest.mark.skipif(os.name != "posix", reason="a file system that tells case apart")
def test_names_that_differ_by_case_are_both_there(three, tmp_path):
    _forge(three, ["X.txt", "x.txt", "renamed/x.txt"])
    cvp.sources(three, out=tmp_path / "D")
    assert sorted(_files(tmp_path / "D").values()) == [b"a", b"b", b"c"]


def test_rows_with_hostile_containers_are_renamed_as_one_file(three, tmp_path):
    _forge(three, ["../x.jsonl#2", "../x.jsonl#1", "../x.jsonl#1"])
    (name,) = cvp.sources(three, out=tmp_path / "D").renamed.values()
    assert _files(tmp_path / "D") == {name: b"b\nc\na\n"}


@given(st.lists(st.text(max_size=12) | st.text("./\\ab\0#1:").map(lambda text: text + ".txt"), min_size=3, max_size=3))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_paths_are_all_bytes_come_back_inside(three, tmp_path, paths):
    import shutil

    shutil.rmtree(tmp_path / "D", ignore_errors=True)
    _forge(three, paths)
    before = _files(tmp_path)
    cvp.sources(three, out=tmp_path / "D")
    after = _files(tmp_path)
    inside = {name: data for name, data in after.items() if name.startswith("D/")}
    assert sorted(inside.values()) == [b"a", b"b", b"c"]
    assert {name: data for name, data in after.items() if name not in inside} == before


def _change(out, config, change):
    file = out / config / "train-00000-of-00001.parquet"
    pq.write_table(change(pq.read_table(file)), file)
    sign(out)


@pytest.mark.parametrize(
    ("config", "change", "said"),
    [
        ("sources", lambda t: t.set_column(2, "data", pa.array([b"x"] * 3)), "is not the one in its record"),
        ("sources", lambda t: t.slice(1), "have different rows"),
        ("sources", lambda t: t.slice(0, 2), "have different rows"),
        ("sources", lambda t: t.drop(["path"]), "columns are not those"),
        ("sources", lambda t: t.set_column(0, "id", pa.array(["../../evil"] * 3)), "have different rows"),
        ("sources", lambda t: t.set_column(1, "path", pa.array(["x.jsonl#1", "b", "c"])).set_column(2, "data", pa.array([b"a\nb"] * 3)), "has a line break"),
        ("sources", lambda t: t.set_column(1, "path", pa.array([None, "b", "c"], pa.string())), "a row without"),
    ],
)  # fmt: skip
def test_a_build_that_is_damaged_writes_nothing(three, tmp_path, config, change, said):
    _change(three, config, change)
    with pytest.raises(DamagedError, match=said):
        cvp.sources(three, out=tmp_path / "D")
    assert not [path.name for path in tmp_path.iterdir() if "D" in path.name]


def test_ids_that_lead_elsewhere_in_both_configs_are_damage(three, tmp_path):
    for config in ("data", "sources"):
        _change(
            three,
            config,
            lambda table: table.set_column(table.schema.get_field_index("id"), "id", pa.array(["../../evil"] * 3)),
        )
    with pytest.raises(DamagedError, match="an id that is not 16 characters 0-9a-f"):
        cvp.sources(three, out=tmp_path / "seeds")


def test_a_file_that_is_no_parquet_is_damage(three, tmp_path):
    (three / "sources/train-00000-of-00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(DamagedError, match="sources/train"):
        cvp.sources(three, out=tmp_path / "D")


def test_where_nothing_may_be_written_nothing_is(three, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("mine")
    (tmp_path / "link").symlink_to("full")
    before = _files(tmp_path)
    for out in ("file", "full", "link"):
        with pytest.raises(OutputError, match="is not empty"):
            cvp.sources(three, out=tmp_path / out)
    for out in (three, three / "new"):
        with pytest.raises(ConfigError, match="is inside the build"):
            cvp.sources(three, out=out)
    with pytest.raises(OutputError, match="is not a build"):
        cvp.sources(tmp_path / "in", out=tmp_path / "D")
    assert _files(tmp_path) == before


def test_a_build_without_sources_says_so(write, tmp_path):
    cvp.build(write({"a.txt": "a", "corpus.toml": "[sources]\nenabled = false\n"}), out=tmp_path / "out")
    with pytest.raises(InputError, match=r"\[sources\] enabled = false"):
        cvp.sources(tmp_path / "out", out=tmp_path / "D")


def test_an_empty_folder_is_filled_and_a_link_to_one_stays_a_link(three, tmp_path):
    (tmp_path / "D").mkdir()
    (tmp_path / "link").symlink_to("D")
    cvp.sources(three, out=tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert _files(tmp_path / "D") == {"a.txt": b"a", "b.txt": b"b", "c.txt": b"c"}


def test_the_command_tells_people_and_machines_what_was_written(cli, three, tmp_path):
    _forge(three, ["a.txt", "\x1b[31m\u202e.txt", "../c.txt"])
    told = cli("sources", three, "--out", "D", cwd=tmp_path)
    assert (told.returncode, told.stdout.split("\n")) == (0, [
        "D: 3 seeds in 3 files, 3 bytes",
        f"  \\x1b[31m\\u202e.txt -> renamed/0_{_IDS[1]}.txt", f"  ../c.txt -> renamed/0_{_IDS[2]}.txt", "",
    ])  # fmt: skip
    said = json.loads(cli("sources", three, "--out", "E", "--json", cwd=tmp_path).stdout)
    assert {key: said[key] for key in ("out", "seeds", "files", "bytes")} == {
        "out": "E",
        "seeds": 3,
        "files": 3,
        "bytes": 3,
    }
    again = cli("sources", three, "--out", "D", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (2, "")
    assert "is not empty" in again.stderr

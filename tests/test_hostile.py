"""Input that means harm: bombs, names that a terminal obeys, files that change, settings that inject.

What is read of damaged containers, and which rows are no seeds, stands in test_read.py.
"""

import dataclasses
import gzip
import io
import json
import os
import tarfile
import tomllib
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from support.builds import ledger, outcomes, sign
from support.containers import CORPUS, deflated_zip, limits_with, read_all, tar_with_link, texts_or_reasons, zst

import corpus_vn_police as cvp
from corpus_vn_police.config import load_config
from corpus_vn_police.documents.markdown import fenced, plain
from corpus_vn_police.errors import ConfigError
from corpus_vn_police.stages.read import Batching, Unpacker, list_input, load
from corpus_vn_police.stages.read.bounds import Bounded, Budget, RatioError

_SMALL = limits_with(max_bytes=1000, max_ratio=2)


def _parquet(table, **options):
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


# Bombs: no more comes out of a file than max_ratio times its size, or max_bytes.


@pytest.mark.parametrize("batching", [Batching(), Batching(1, 64), Batching(5, 1 << 12)])
@pytest.mark.parametrize(("end", "pack"), [("gz", gzip.compress), ("zst", zst)])
def test_lines_are_read_up_to_the_ratio(write, end, pack, batching):
    folder = write({f"x.jsonl.{end}": pack(b'{"text": "a"}\n' * 10_000), "y.txt": "y"})
    found = texts_or_reasons(folder, limits=_SMALL, batching=batching)
    rows = 1000 // 14
    assert found == {f"x.jsonl.{end}#{n}": "a" for n in range(1, rows + 1)} | {
        f"x.jsonl.{end}": "limit.ratio",
        "y.txt": "y",
    }


def test_lines_that_hold_nothing_are_bounded_as_well(write):
    assert texts_or_reasons(write({"x.jsonl.gz": gzip.compress(b"\n" * 100_000)}), limits=_SMALL) == {
        "x.jsonl.gz": "limit.ratio"
    }


@pytest.mark.parametrize(("end", "pack"), [("gz", gzip.compress), ("zst", zst)])
@pytest.mark.parametrize("name", ["bomb.txt", "bomb.bin"])
def test_a_packed_tar_archive_is_read_up_to_the_ratio(write, end, pack, name):
    archive = tar_with_link([("a.txt", b"a"), (name, bytes(1_000_000)), ("b.txt", b"b")])
    found = texts_or_reasons(write({f"x.tar.{end}": pack(archive)}), limits=limits_with(max_bytes=5000, max_ratio=2))
    cut = {f"x.tar.{end}/bomb.txt": "limit.ratio"} if name == "bomb.txt" else {}
    assert found == {f"x.tar.{end}/a.txt": "a", **cut, f"x.tar.{end}": "limit.ratio"}


def test_a_bomb_in_an_archive_that_is_not_packed_is_stopped(write):
    for name, inner in {"b.txt.gz": bytes(10_000_000), "b.jsonl.gz": b"{}\n" * 3_000_000}.items():
        folder = write({"x.tar": tar_with_link([(name, gzip.compress(inner)), ("c.txt", b"c")])}, name)
        found = texts_or_reasons(folder, limits=limits_with(max_bytes=1000, max_ratio=2))
        assert found.pop(f"x.tar/{name}") == "limit.ratio"
        assert found["x.tar/link.txt"] == "file.not_regular"


def test_members_share_the_budget_of_their_archive(write):
    # As in a zip whose members overlap: each alone is within its ratio.
    folder = write({"x.zip": deflated_zip([(f"{n}.txt", bytes(range(32, 127)) * 80) for n in range(50)])})
    found = list(texts_or_reasons(folder, limits=limits_with(max_bytes=8000, max_ratio=3)).values())
    assert (len(found), set(found[-30:])) == (50, {"limit.ratio"})


@pytest.mark.parametrize("read", [1, 7, 100, 1000])
def test_a_bounded_stream_ends_at_the_same_byte_however_it_is_read(read):
    stream = Bounded(io.BytesIO(bytes(300)), Budget(1, 200, 200, 200))
    found = b""
    while len(found) < 200:
        found += stream.read(read)
    assert len(found) == 200
    for _ in range(2):
        with pytest.raises(RatioError):
            stream.read(read)
    assert Bounded(io.BytesIO(bytes(200)), Budget(1, 200, 200, 200)).read(1000) == bytes(200)


def _shared(rows, value, nested=False):
    """Rows that all point at one value."""
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([value]))
    return pa.ListArray.from_arrays(pa.array(np.arange(rows + 1, dtype=np.int32)), column) if nested else column


_PARQUET = {
    "cell": lambda: _parquet(pa.table({"text": ["a" * 3_000_000]}), compression="zstd"),
    "rows": lambda: _parquet(pa.table({"text": pa.nulls(3_000_000, pa.int8())})),
    "values": lambda: _parquet(pa.table({"text": ["a"], "x": [[0] * 3_000_000]}), compression="zstd"),
    "shared": lambda: _parquet(pa.table({"text": _shared(50_000, "a" * 10_000)})),
    "nested": lambda: _parquet(pa.table({"text": ["a"] * 50_000, "x": _shared(50_000, "a" * 10_000, nested=True)})),
}


@pytest.mark.parametrize("bomb", _PARQUET)
def test_a_parquet_file_that_unfolds_is_one_row(write, bomb):
    data = _PARQUET[bomb]()
    assert len(data) < 300_000
    assert texts_or_reasons(write({"x.parquet": data}), limits=limits_with(max_bytes=1_000_000, max_ratio=3)) == {
        "x.parquet": "limit.ratio"
    }
    assert texts_or_reasons(
        write({"x.zip": deflated_zip([("x.parquet", data)])}, "zip"),
        limits=limits_with(max_bytes=1_000_000, max_ratio=3),
    ) == {"x.zip/x.parquet": "limit.ratio"}


def test_values_that_rows_share_are_theirs_all_the_same(write):
    words = ["một", None, "hai", "một"] * 300
    table = pa.table(
        {"text": [f"bài {n}" for n in range(1200)], "title": pa.array(words), "x": [[word] for word in words]}
    )
    rows, _ = read_all(write({"x.parquet": _parquet(table, row_group_size=500)}))
    assert [(row["path"], row["body"].decode(), row["title"]) for row in rows] == [
        (f"x.parquet#{n + 1}", f"bài {n}", words[n]) for n in range(1200)
    ]
    assert rows[2]["data"] == '{"text":"bài 2","title":"hai","x":["hai"]}'.encode()


@pytest.mark.long
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_million_members_are_counted_in_bounded_memory(tmp_path, kind):
    import resource

    path = tmp_path / f"x.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(1_000_000):
                archive.writestr(zipfile.ZipInfo(f"{number}.md"), b"")
    else:
        with tarfile.open(path, "w") as archive:
            for number in range(1_000_000):
                archive.addfile(tarfile.TarInfo(f"{number}.md"))
                archive.members = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unpacker = Unpacker(limits_with(), Batching())
    assert list(unpacker.tasks(list_input(str(path)))) == []
    assert unpacker.skipped.other == 1_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 900 << 10


# Archives.


def test_a_tar_archive_s_links_and_devices_are_no_files(write):
    sink = io.BytesIO()
    kinds = {
        "hard.txt": tarfile.LNKTYPE, "soft.txt": tarfile.SYMTYPE, "char.txt": tarfile.CHRTYPE, "block.txt": tarfile.BLKTYPE,
        "fifo.txt": tarfile.FIFOTYPE, "strange.txt": b"Z",
    }  # fmt: skip
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, kind in kinds.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    found = texts_or_reasons(write({"x.tar": sink.getvalue()}))
    assert found.pop("x.tar/strange.txt") in ("", "file.not_regular")
    assert found == {f"x.tar/{name}": "file.not_regular" for name in kinds if name != "strange.txt"}


def test_a_zip_archive_s_links_and_devices_are_no_files(write):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, mode in {"link.txt": 0o120777, "fifo.txt": 0o010644, "file.txt": 0o100644, "none.txt": 0}.items():
            info = zipfile.ZipInfo(name)
            info.external_attr, info.create_system = mode << 16, 3
            archive.writestr(info, "/etc/passwd")
    assert texts_or_reasons(write({"x.zip": sink.getvalue()})) == {
        "x.zip/link.txt": "file.not_regular", "x.zip/fifo.txt": "file.not_regular",
        "x.zip/file.txt": "/etc/passwd", "x.zip/none.txt": "/etc/passwd",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["x\\..\\..\\x.txt", "C:\\x.txt", "a\nb.txt", "\x1b[2J.txt", "\u202ex.txt", "x" * 300 + ".txt"]
)
def test_a_member_s_strange_name_is_its_path_and_leads_nowhere(write, name, tmp_path):
    cvp.build(write({"x.tar": tar_with_link([(name, b"a")])}), out=tmp_path / "out", workers=1)
    assert outcomes(tmp_path / "out")[f"x.tar/{name}"] == "published"
    assert cvp.verify(tmp_path / "out").ok


# Files that are not what they were when the folder was listed.


def _then(folder, change, limits=None):
    """Read a folder that is changed after it was listed."""
    limits = limits or limits_with()
    listing = list_input(str(folder))
    change()
    corpus = dataclasses.replace(CORPUS, limits=limits)
    frames = [frame for task in Unpacker(limits, Batching()).tasks(listing) for frame in load(task, corpus, Batching())]
    return {row["path"]: row["reason"] or row["body"].decode() for frame in frames for row in frame.to_dicts()}


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a.jsonl", "a.zip", "a.parquet"])
@pytest.mark.parametrize(
    ("put", "reason"),
    [
        (os.mkdir, "file.unreadable"),
        (os.mkfifo, "file.not_regular"),
        (lambda path: path.symlink_to("/dev/zero"), "file.not_regular"),
        (lambda path: path.symlink_to(path), "file.unreadable"),
        (lambda path: None, "file.unreadable"),
    ],
    ids=["folder", "fifo", "device", "loop", "gone"],
)
def test_a_file_that_was_replaced_is_a_row(write, name, put, reason):
    folder = write({name: "x", "z.txt": "z"})

    def change():
        (folder / name).unlink()
        put(folder / name)

    assert _then(folder, change) == {name: reason, "z.txt": "z"}


def test_a_file_that_changed_is_read_as_it_is_then(write):
    folder = write({"a.txt": "a" * 100_000, "b.txt": "b"})
    assert _then(folder, lambda: os.truncate(folder / "a.txt", 3)) == {"a.txt": "aaa", "b.txt": "b"}


def test_a_folder_that_vanished_is_a_row_for_each_of_its_files(write):
    folder = write({"d/a.txt": "a", "d/b.jsonl": '{"text": "b"}', "z.txt": "z"})
    found = _then(folder, lambda: (folder / "d").rename(folder / "e"))
    assert found == {"d/a.txt": "file.unreadable", "d/b.jsonl": "file.unreadable", "z.txt": "z"}


def test_a_pattern_ends_where_links_lead_back_and_forth(write):
    folder = write({"a/a.txt": "a", "b/c/b.txt": "b", "b/.h/x.txt": "", ".x/y.txt": ""})
    for name in ("a/up", "b/up", "b/c/up"):  # `glob` goes through them in every order, 40 levels deep
        (folder / name).symlink_to(folder)
    loops = dict.fromkeys(("a/up", "b/up", "b/c/up"), "file.link_loop")
    every = {"a/a.txt": "a", "b/c/b.txt": "b", **loops}
    assert (
        texts_or_reasons(f"{folder}/**")
        == texts_or_reasons(f"{folder}/**/*.txt")
        == texts_or_reasons(f"{folder}/*/**")
        == every
    )
    assert texts_or_reasons(f"{folder}/**/c") == {"b/c/b.txt": "b", **loops}
    outside = dict.fromkeys(("up", "c/up"), "file.link_outside")
    assert texts_or_reasons(f"{folder}/b/**/b.txt") == {"c/b.txt": "b", **outside}


# Rows.


@pytest.mark.field
def test_rows_of_every_hostile_kind_have_a_line_each_in_the_ledger(write, tmp_path):
    deep = {depth: b"[" * depth + b"]" * depth for depth in (500, 1000, 100_000)}
    lines = [
        b'{"text": "Ng\xc3\xa0y 7/12 \\u2028 \xe2\x80\xa8"}', b'{"text": "a", "n": Infinity}', b'{"text": "a", "n": -Infinity}',
        b'{"text": "a", "n": 1e999}', b'{"text": "b", "n": ' + b"9" * 100_000 + b"}", *(b'{"text": "d", "x": %s}' % d for d in deep.values()),
        b'{"text": "' + b"a " * 5_000_000 + b'"}', b'\xef\xbb\xbf{"text": "bom"}', b'{"text": "a", "\\u0000": 1}', b"\x00", b"{" * 100_000,
        b'{"text": "\\ud83d\\ude93"}', b'{"text": "c", "date": 99999999999999999999}', b'{"text": "c", "date": "2020-12-07T25:00:00"}',
        b'{"text": "u", "url": "https://x.vn/\\u202e"}', b'{"text": "t", "title": "\\u001b[31m"}', b'{"text": "i", "id": ""}',
    ]  # fmt: skip
    built = cvp.build(
        write({"x.jsonl": b"\n".join(lines), "cr.jsonl": b'{"text": "a"}\r{"text": "b"}\r'}),
        out=tmp_path / "out",
        workers=1,
    )
    assert sorted(row["path"] for row in ledger(tmp_path / "out")) == sorted(
        ["cr.jsonl#1", *(f"x.jsonl#{n}" for n in range(1, len(lines) + 1))]
    )
    assert built.seeds == len(lines) + 1 == sum(built.status.values())
    assert outcomes(tmp_path / "out")["cr.jsonl#1"] == "json.invalid"
    assert cvp.verify(tmp_path / "out").ok


def test_an_encrypted_parquet_file_and_a_foreign_one_are_rows(write):
    plain_file = _parquet(pa.table({"text": ["a"]}))
    files = {
        "encrypted.parquet": plain_file[:-4] + b"PARE",
        "magic.parquet": b"PAR1" + plain_file[4:-8] + b"\xff\xff\xff\x7fPAR1",
    }
    assert texts_or_reasons(write(files)) == dict.fromkeys(files, "container.damaged")


@pytest.mark.parametrize(
    "column",
    [
        pa.nulls(2), pa.array([[1], None]), pa.array([{"text": "a"}, None]), pa.array([True, None]), pa.array([b"\xff", None]),
        pa.array([1.5, float("nan")]), pa.array([10**18, -1], pa.duration("ns")), pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int32())),
    ],
    ids=lambda column: str(column.type),
)  # fmt: skip
def test_a_text_column_of_any_other_type_rejects_its_rows(write, column):
    found = texts_or_reasons(write({"x.parquet": _parquet(pa.table({"text": column}))}))
    assert list(found) == ["x.parquet#1", "x.parquet#2"]
    assert set(found.values()) <= {"json.type", "container.value"}


# What is shown.

_ESCAPES = "\x1b[31m\x07\u202e\u2066\x9b"


def _raw(text):
    """The characters of a text that a terminal would obey."""
    return {each for each in text if not each.isprintable() and each != "\n"}


@pytest.mark.field
def test_no_command_prints_what_a_terminal_would_obey(cli, write, tmp_path):
    name = f"{_ESCAPES}\nerror: x"
    folder = write(
        {f"{name}/{name}.txt": "a", f"{name}.txt": b"\xff", "x.jsonl": '{"text": 1}', f"{name}.zip": b"z"},
        f"in{_ESCAPES}",
    )
    out = tmp_path / f"out{_ESCAPES}"
    calls = [("check", folder), ("build", folder, "--out", out), ("verify", out), ("stats", out), ("diff", out, out)]
    calls += [
        ("sources", out, "--out", tmp_path / f"D{_ESCAPES}"),
        ("verify", folder),
        ("build", folder, "--out", folder),
        ("check", f"{out}x"),
        ("init", folder),
    ]
    for call in calls:
        for told in (cli(*call), cli(*call, "--json")):
            assert (_raw(told.stdout), _raw(told.stderr), "Traceback" in told.stderr) == (set(), set(), False), call
            assert "\nerror: x" not in told.stdout + told.stderr.replace("\nerror: x", "", 0), call


def test_verify_names_a_stranger_s_file_without_obeying_it(cli, write, tmp_path):
    cvp.build(write({"a.txt": "a"}), out=tmp_path / "out", workers=1)
    (tmp_path / f"out/{_ESCAPES}").write_text("")
    told = cli("verify", tmp_path / "out")
    assert (told.returncode, _raw(told.stdout)) == (1, set())


_TITLE = "<script>x</script> [a](javascript:b) `c` {{ 7*7 }} {% raw %} | --- $\\x$"
_CITATION = "````\n# evil\n``````\n<b>\x1b[31m\u202e\0"


def test_the_card_says_what_the_keeper_wrote_and_nothing_of_it_is_markup(write, tmp_path):
    settings = {"title": _TITLE, "contact": _TITLE, "homepage": "https://x.vn/a_b", "citation": _CITATION}
    toml = "\n".join(f"{key} = {json.dumps(value)}" for key, value in settings.items())
    assert tomllib.loads(toml) == settings
    cvp.build(write({"a.txt": "a", "corpus.toml": toml}), out=tmp_path / "out", workers=1)
    card = (tmp_path / "out/README.md").read_text()
    _, front, body = card.split("---\n", 2)
    assert (yaml.safe_load(front)["pretty_name"], _raw(card)) == (_TITLE, set())
    safe = "\\<script>x\\</script> \\[a](javascript:b) \\`c\\` {{ 7*7 }} {% raw %} | --- $\\\\x$"
    assert f"\n# {safe}\n" in body
    assert f"takedown: {safe}\n" in body
    assert "\n```````\n````\n# evil\n``````\n<b>\\x1b[31m\\u202e\\x00\n```````\n<!-- end: citation -->\n" in body


@pytest.mark.parametrize("text", ["", "`", "```\n````", "a" * 10, "\n"])
def test_nothing_ends_a_block_of_code_but_its_fence(text):
    first, *inside, last = fenced(text).split("\n")
    assert (first, first in inside, "\n".join(inside)) == (last, False, text)


def test_a_line_of_markdown_keeps_its_letters():
    assert plain("Tin công an – 2020 (bản 1), a_b & c") == "Tin công an – 2020 (bản 1), a_b & c"


@pytest.mark.parametrize(
    "line",
    [
        'license_link = "javascript:alert(1)"', 'homepage = "data:text/html,x"', 'homepage = "https://x.vn/\\"><b>"', 'homepage = "//x y"',
        'title = "a\\u202eb"', 'contact = "a\\u2066"', 'title = "a\\nb"', 'name = "../x"', 'name = "a\\u0000"', f'title = "{"x" * 1001}"',
        f'citation = "{"x" * 10_001}"', "limits.max_bytes = " + "9" * 4000, "limits.max_bytes = 0x" + "f" * 5000, "x = " + "9" * 5000,
        "a" + ".a" * 900 + " = 1", "a" + ".a" * 5000 + " = 1", "a = " + "[" * 100_000, "a = " + "[" * 900 + "]" * 900, "# " + "x" * (1 << 20),
    ],
    ids=lambda line: line[:24],
)  # fmt: skip
def test_settings_that_inject_or_are_huge_are_an_error(tmp_path, line):
    (tmp_path / "corpus.toml").write_text(line)
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "corpus.toml")
    assert len(str(caught.value)) < 2500


def test_a_fifo_is_no_prose(tmp_path):
    os.mkfifo(tmp_path / "x.md")
    (tmp_path / "corpus.toml").write_text('[card]\nprose = "x.md"\n')
    with pytest.raises(ConfigError, match="cannot be read: a device, a FIFO or a socket"):
        load_config(tmp_path / "corpus.toml")


# Builds of strangers.


@pytest.fixture
def out(write, tmp_path):
    cvp.build(write({"a.txt": "a"}), out=tmp_path / "out", workers=1)
    return tmp_path / "out"


def test_verify_reads_no_device_and_waits_for_no_fifo(out):
    (out / "README.md").unlink()
    os.mkfifo(out / "README.md")
    (out / "zero").symlink_to("/dev/zero")
    found = [(problem.file, problem.code) for problem in cvp.verify(out).problems]
    assert found == [("README.md", "file.not_regular"), ("zero", "file.not_regular"), ("README.md", "file.missing")]


@pytest.mark.parametrize(
    "config",
    [{}, {"dedup": 1}, {"dedup": {"level": "near", "threshold": "x"}}, {"dedup": {"level": "all", "threshold": 1}}],
)
def test_a_manifest_with_settings_that_are_none_is_reported(out, config):
    sign(out, config=config)
    assert [(problem.file, problem.code) for problem in cvp.verify(out).problems] == [
        ("manifest.json", "manifest.invalid")
    ]


@pytest.mark.parametrize("depth", [100, 900, 950, 990, 100_000])
def test_a_manifest_that_is_nested_deep_is_reported(out, depth):
    text = (
        (out / "manifest.json")
        .read_text()
        .replace('"config": {', '"config": {"x": ' + "[" * depth + "]" * depth + ", ")
    )
    (out / "manifest.json").write_text(text)
    assert not cvp.verify(out).ok

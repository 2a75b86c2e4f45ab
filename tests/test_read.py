"""What is read, under which path and id, and what becomes of what cannot be."""

import gzip
import hashlib
import io
import json
import os
import socket
import subprocess
import sys

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.containers import CORPUS, LIMITS, deflated_zip, limits_with, read_all, tar_with_link, texts_or_reasons, zst

from corpus_vn_police.errors import DiskError, InputError
from corpus_vn_police.stages.read import Batching, Unpacker, list_input, load
from corpus_vn_police.stages.read.canonical import canonical_row
from corpus_vn_police.stages.read.rows import read_row


def _sha(data):
    return hashlib.sha256(data).hexdigest()


def test_a_folder_is_read_in_the_order_of_the_paths_bytes(write):
    names = ["b.txt", "a.txt", "a/b.txt", "a-b.txt", "a/a/c.txt", "A.txt", "đ.txt", "z.txt"]
    rows, skipped = read_all(write({**{name: name for name in names}, ".git/x.txt": "", ".y.txt": "", "a/n.md": ""}))
    paths = [row["path"] for row in rows]
    assert paths == sorted(names, key=str.encode)
    assert (skipped.hidden, skipped.other) == (2, 1)


def test_each_kind_of_file_gives_the_seed_s_bytes(write):
    text = "Ngày 7/12".encode()
    folder = write({"a.txt": text, "b.txt.gz": gzip.compress(text), "c.txt.zst": zst(text), "d.TXT": text})
    rows, _ = read_all(folder)
    assert {row["path"]: (row["data"], row["bytes"], row["sha256"]) for row in rows} == dict.fromkeys(
        ["a.txt", "b.txt.gz", "c.txt.zst", "d.TXT"], (text, len(text), _sha(text))
    )


def test_compressed_files_of_several_frames_are_read_to_the_end(write):
    folder = write({"a.txt.gz": gzip.compress(b"a") + gzip.compress(b"b"), "b.txt.zst": zst(b"a") + zst(b"b")})
    assert texts_or_reasons(folder) == {"a.txt.gz": "ab", "b.txt.zst": "ab"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("000_c76f5c9e64c8c598.txt", "c76f5c9e64c8c598"),
        ("7_c76f5c9e64c8c598.txt.gz", "c76f5c9e64c8c598"),
        ("000_C76F5C9E64C8C598.txt", None),
        ("x_c76f5c9e64c8c598.txt", None),
        ("000_c76f5c9e64c8c5980.txt", None),
    ],
)
def test_the_name_gives_the_id_and_else_the_bytes_do(write, name, expected):
    data = gzip.compress(b"x") if name.endswith(".gz") else b"x"
    rows, _ = read_all(write({name: data}))
    assert rows[0]["id"] == (expected or _sha(b"x")[:16])


def _jsonl(*rows):
    return b"\n".join(json.dumps(row, ensure_ascii=False).encode() for row in rows)


def test_rows_of_jsonl_are_numbered_by_their_physical_lines(write):
    lines = b'\xef\xbb\xbf{"text": "a"}\r\n\n   \n{"text": "b\xe2\x80\xa8c"}\n{"text": "d"}'
    rows, _ = read_all(write({"x.jsonl": lines}) / "x.jsonl")
    assert [(row["path"], row["body"].decode()) for row in rows] == [
        ("x.jsonl#1", "a"), ("x.jsonl#4", "b\u2028c"), ("x.jsonl#5", "d"),
    ]  # fmt: skip
    assert rows[1]["data"] == b'{"text": "b\xe2\x80\xa8c"}'
    assert rows[0]["data"] == b'\xef\xbb\xbf{"text": "a"}'


def test_what_a_row_says_of_itself_is_kept(write):
    given = {"text": "a", "id": "bài-1", "date": 20201207, "title": "T", "url": "u", "source": "s", "other": [1]}
    rows, _ = read_all(
        write({"x.jsonl": _jsonl(given, {"text": "b", "id": 7}, {"text": "c", "id": "c76f5c9e64c8c598", "url": ""})})
    )
    names = ("id", "key", "header_date", "title", "url", "publisher")
    assert [tuple(row[name] for name in names) for row in rows] == [
        (_sha("bài-1".encode())[:16], "bài-1", "20201207", "T", "u", "s"),
        (_sha(b"7")[:16], "7", None, None, None, None),
        ("c76f5c9e64c8c598", None, None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("line", "reason", "pointer"),
    [
        (b'{"text": ', "json.invalid", None),
        (b'{"text": "a", "n": NaN}', "json.invalid", None),
        (b'{"text": "a", "n": ' + b"9" * 5000 + b"}", "json.invalid", None),
        (b'["a"]', "json.type", ""),
        (b'{"text": 1}', "json.type", "/text"),
        (b'{"title": "a"}', "json.type", "/text"),
        (b'{"text": "a", "title": 1}', "json.type", "/title"),
        (b'{"text": "a", "date": 1.5}', "json.type", "/date"),
        (b'{"text": "a", "date": true}', "json.type", "/date"),
        (b'{"text": "a", "source": {}}', "json.type", "/source"),
        (b'{"text": "a", "id": 1.5}', "json.type", "/id"),
        (b'{"text": "a", "text": "b"}', "json.duplicate_key", None),
        (b'{"text": "a", "x": {"y": 1, "y": 2}}', "json.duplicate_key", None),
        (b'{"text": "a", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "json.depth", None),
        (b'{"text": "\\ud800"}', "encoding.lone_surrogate", "/text"),
        (b'{"text": "a", "id": "\\udc00"}', "encoding.lone_surrogate", "/id"),
        (b'{"text": "a", "title": "x\\u0000"}', "encoding.nul", "/title"),
        (b'{"text": "a", "title": "\xff"}', "encoding.invalid_utf8", None),
        (b'{"text": "\0a"}', "encoding.nul", None),
    ],
)
def test_a_row_that_is_no_seed_says_why(line, reason, pointer):
    row = read_row(line)
    assert (row["reason"].code, row.get("pointer")) == (reason, pointer)


@given(
    st.binary(max_size=40)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["text", "id", "date", "url"]), inner),
    ).map(lambda value: json.dumps(value).encode())
)
def test_no_line_raises(line):
    row = read_row(line)
    assert ("body" in row) != ("reason" in row)


def test_rows_of_parquet_are_canonical_json(write, tmp_path):
    import datetime

    table = pa.table(
        {
            "text": pa.array(["a", "đ"]).dictionary_encode(),
            "date": pa.array([datetime.date(2020, 12, 7), None]),
            "score": [float("nan"), 1.5],
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    rows, _ = read_all(tmp_path / "x.parquet")
    assert [(row["path"], row["data"].decode(), row["body"].decode(), row["header_date"]) for row in rows] == [
        ("x.parquet#1", '{"date":"2020-12-07","score":null,"text":"a"}', "a", "2020-12-07"),
        ("x.parquet#2", '{"date":null,"score":1.5,"text":"đ"}', "đ", None),
    ]


def test_a_parquet_row_s_canonical_json_has_a_form_for_every_arrow_type():
    import datetime
    import decimal

    row = {
        "t": datetime.datetime(2020, 1, 2, 3),
        "b": b"\xff",
        "d": decimal.Decimal("1.50"),
        "n": {"x": [float("inf")]},
    }
    assert canonical_row(row) == b'{"b":"/w==","d":1.50,"n":{"x":[1e999]},"t":"2020-01-02T03:00:00"}'


def test_a_parquet_file_without_a_text_column_is_rejected_row_by_row(tmp_path):
    pq.write_table(pa.table({"text": [1, 2], "x": ["a", "b"]}), tmp_path / "x.parquet")
    assert texts_or_reasons(tmp_path) == {"x.parquet#1": "json.type", "x.parquet#2": "json.type"}


_MEMBERS = [
    ("./a.txt", b"A"), ("d/b.txt.gz", gzip.compress(b"B")), ("c.jsonl", b'{"text": "C"}\n{"text": "D"}'),
    (".h.txt", b""), ("n.md", b""), ("in.zip", b""), ("../up.txt", b"U"), ("/abs.txt", b"R"),
]  # fmt: skip


@pytest.mark.parametrize("end", ["tar", "tar.gz", "tar.zst"])
def test_members_of_a_tar_archive_are_seeds(write, end):
    pack = {"tar": bytes, "tar.gz": gzip.compress, "tar.zst": zst}[end]
    folder = write({f"x.{end}": pack(tar_with_link(_MEMBERS))})
    inside = {
        "a.txt": "A", "d/b.txt.gz": "B", "c.jsonl#1": "C", "c.jsonl#2": "D", "link.txt": "file.not_regular",
        "../up.txt": "container.unsafe_path", "/abs.txt": "container.unsafe_path",
    }  # fmt: skip
    assert texts_or_reasons(folder / f"x.{end}") == inside
    assert texts_or_reasons(folder) == {f"x.{end}/{path}": body for path, body in inside.items()}
    skipped = read_all(folder)[1]
    assert (skipped.hidden, skipped.other) == (1, 2)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_of_a_zip_archive_are_seeds(write):
    rows, skipped = read_all(
        write({"x.zip": deflated_zip([("d/", b""), ("a.txt", b"A"), ("a.txt", b"B"), ("đ.txt", b"C"), *_MEMBERS[2:6]])})
    )
    assert [(row["path"], row["body"].decode()) for row in rows] == [
        ("x.zip/a.txt", "A"), ("x.zip/a.txt", "B"), ("x.zip/đ.txt", "C"), ("x.zip/c.jsonl#1", "C"), ("x.zip/c.jsonl#2", "D"),
    ]  # fmt: skip
    assert (skipped.hidden, skipped.other) == (1, 2)


def test_a_damaged_member_is_one_row_and_the_others_are_read(write):
    archive = bytearray(deflated_zip([("a.txt", b"A" * 50), ("b.txt", b"B" * 50)]))
    archive[archive.find(b"a.txt") + 6] ^= 0xFF
    assert texts_or_reasons(write({"x.zip": bytes(archive)})) == {
        "x.zip/a.txt": "container.damaged",
        "x.zip/b.txt": "B" * 50,
    }


@pytest.mark.parametrize(
    "name",
    ["x.zip", "x.tar", "x.tar.gz", "x.tar.zst", "x.parquet", "x.jsonl.gz", "x.jsonl.zst", "x.txt.gz", "x.txt.zst"],
)
def test_a_container_that_cannot_be_read_is_one_row(write, name):
    assert texts_or_reasons(write({name: b"no such thing", "y.txt": "y"})) == {name: "container.damaged", "y.txt": "y"}


@pytest.mark.parametrize("pack", [gzip.compress, zst])
def test_a_truncated_file_gives_the_rows_before_and_one_row_for_itself(write, pack):
    end = "gz" if pack is gzip.compress else "zst"
    lines = b"".join(b'{"text": "%s"}\n' % os.urandom(3000).hex().encode() for _ in range(400))
    packed = pack(lines)
    batching = Batching(rows=10, bytes=1 << 16)
    rows, _ = read_all(write({f"x.jsonl.{end}": packed[: len(packed) // 2]}), batching=batching)
    assert (rows[-1]["path"], rows[-1]["reason"]) == (f"x.jsonl.{end}", "container.damaged")
    assert [row["path"] for row in rows[:-1]] == [f"x.jsonl.{end}#{number}" for number in range(1, len(rows))]
    assert len(rows) > 100
    assert texts_or_reasons(write({f"t.txt.{end}": packed[:-20]}, "single")) == {f"t.txt.{end}": "container.damaged"}


def test_what_is_no_regular_file_is_a_row(write):
    folder = write({"a.txt": "a"})
    os.mkfifo(folder / "fifo.txt")
    (folder / "broken.txt").symlink_to("nowhere")
    (folder / "link.txt").symlink_to("a.txt")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "s.txt"))
        found = texts_or_reasons(folder)
    bad = "file.not_regular"
    assert found == {"a.txt": "a", "link.txt": "a", "fifo.txt": bad, "broken.txt": bad, "s.txt": bad}


def test_a_file_that_vanishes_is_a_row(write):
    folder = write({"a.txt": "a", "b.txt": "b"})
    listing = list_input(str(folder))
    (folder / "a.txt").unlink()
    task = next(Unpacker(LIMITS, Batching()).tasks(listing))
    rows = pl.concat(load(task, CORPUS, Batching())).to_dicts()
    assert [(row["path"], row["reason"], row["sha256"]) for row in rows] == [
        ("a.txt", "file.unreadable", None),
        ("b.txt", None, _sha(b"b")),
    ]


def test_bytes_of_a_name_that_are_not_utf_8_are_escaped(write):
    folder = write({})
    with open(os.fsencode(folder) + b"/a\xff.txt", "wb") as file:
        file.write(b"a")
    (folder / "b\n.txt").write_text("b")
    assert texts_or_reasons(folder) == {"a\\xff.txt": "a", "b\n.txt": "b"}


@pytest.mark.parametrize("size", [101, 1 << 16, (1 << 20) + 7])
def test_a_seed_over_the_limit_keeps_its_size_and_digest(write, size):
    data = b"x" * size
    line = b'{"text": "' + data + b'"}'
    folder = write(
        {
            "a.txt": data,
            "b.txt.gz": gzip.compress(data, 0),
            "c.jsonl": b'{"text": "c"}\r\n' + line + b'\r\n{"text": "d"}',
            "z.zip": deflated_zip([("e.txt", os.urandom(size))]),
        }
    )
    rows, _ = read_all(folder, limits_with(max_bytes=100, max_ratio=10**6), Batching(bytes=4096))
    found = {row["path"]: (row["reason"], row["bytes"], row["sha256"]) for row in rows if row["path"] != "z.zip/e.txt"}
    assert found == {
        "a.txt": ("limit.bytes", size, _sha(data)),
        "b.txt.gz": ("limit.bytes", size, _sha(data)),
        "c.jsonl#1": (None, 13, _sha(b'{"text": "c"}')),
        "c.jsonl#2": ("limit.bytes", len(line), _sha(line)),
        "c.jsonl#3": (None, 13, _sha(b'{"text": "d"}')),
    }
    assert rows[-1]["reason"] == "limit.bytes"


def test_a_bomb_is_stopped_at_the_ratio(write):
    folder = write({"a.txt.gz": gzip.compress(bytes(5_000_000))})
    assert texts_or_reasons(folder, limits=limits_with(max_bytes=1000, max_ratio=10)) == {"a.txt.gz": "limit.ratio"}


def test_an_archive_of_too_many_members_is_one_row(write):
    folder = write({"x.zip": deflated_zip([(f"{number}.txt", b"") for number in range(5)])})
    assert texts_or_reasons(folder, limits=limits_with(max_members=4)) == {"x.zip": "limit.members"}


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_the_size_of_a_batch_changes_nothing(write, rows):
    folder = write(
        {
            **{f"{number}.txt": f"{number}" for number in range(9)},
            "x.jsonl": _jsonl(*({"text": f"{n}" * n} for n in range(40))),
            "y.zip": deflated_zip(_MEMBERS[:3]),
        }
    )
    assert read_all(folder, batching=Batching(rows, rows * 10))[0] == read_all(folder)[0]


def test_a_glob_and_a_url_read_what_they_name(write):
    folder = write({"a/1.txt": "1", "a/2.md": "2", "b/3.txt": "3", "c/d/4.txt": "4"})
    assert texts_or_reasons(f"{folder}/[ab]/*.txt") == {"a/1.txt": "1", "b/3.txt": "3"}
    assert texts_or_reasons(f"{folder}/**/*.txt") == {"a/1.txt": "1", "b/3.txt": "3", "c/d/4.txt": "4"}
    assert texts_or_reasons(f"file://{folder}") == texts_or_reasons(folder)
    assert texts_or_reasons(f"file://{folder}/a/1.txt") == {"1.txt": "1"}
    assert texts_or_reasons(f"file://{folder}/*/*.txt") == {"a/1.txt": "1", "b/3.txt": "3"}


def test_an_input_without_seeds_says_so(write, tmp_path):
    (tmp_path / "empty").mkdir()
    for seeds, said in {
        tmp_path / "nowhere": "no such file or folder",
        tmp_path / "empty": "it is empty",
        write({"a.md": "", ".b.txt": ""}): r"holds no seeds \(skipped: a.md; 1 hidden \(.b.txt\)\)",
        f"{tmp_path}/*.nothing": "no file matches",
        f"file://{tmp_path}/nowhere": "no such file or folder",
        "nosuchprotocol://x": "cannot be opened",
    }.items():
        with pytest.raises(InputError, match=said):
            list_input(str(seeds))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_cannot_be_listed_stops_the_build(write):
    folder = write({"a.txt": "", "b/c.txt": ""})
    (folder / "b").chmod(0)
    with pytest.raises(DiskError, match="cannot be listed"):
        list_input(str(folder))
    (folder / "b").chmod(0o700)


def _whole_tar():
    return tar_with_link([(f"{number}.txt", bytes([65 + number]) * 600) for number in range(5)])


def test_a_tar_archive_with_a_damaged_header_or_without_its_end_is_damaged(write):
    archive = _whole_tar()
    headers = [place for place in range(0, len(archive), 512) if archive[place + 257 : place + 262] == b"ustar"]
    flipped = archive[: headers[2] + 1] + b"\xff" + archive[headers[2] + 2 :]
    for cut, members in [(flipped, 2), (archive[: headers[3] + 100], 3), (archive[: headers[5]], 5)]:
        found = texts_or_reasons(write({"x.tar": cut}))
        assert list(found.values())[-1] == "container.damaged"
        assert list(found) == [*(f"x.tar/{number}.txt" for number in range(members)), "x.tar"]


@pytest.mark.parametrize("batching", [Batching(), Batching(1, 400), Batching(3, 1 << 12)])
def test_what_came_before_the_damage_is_read_whatever_the_batch(write, batching):
    import random

    draw = random.Random(3)
    lines = b"".join(b'{"text": "%s"}\n' % draw.randbytes(200).hex().encode() for _ in range(2000))
    for end, pack in {"gz": gzip.compress, "zst": zst}.items():
        packed = pack(lines)
        folder = write({f"x.jsonl.{end}": packed[: len(packed) // 2]}, end)
        assert read_all(folder, batching=batching)[0] == read_all(folder)[0]
        assert len(read_all(folder)[0]) > 800
    folder = write({"x.tar.gz": gzip.compress(_whole_tar())[:-15]})
    assert read_all(folder, batching=batching)[0] == read_all(folder)[0]


def test_a_key_of_a_parquet_row_must_be_a_string_in_the_file_too(tmp_path):
    import datetime

    for number, value in enumerate([b"Ng", datetime.datetime(2020, 1, 1), 1.5, ["a"]]):
        pq.write_table(pa.table({"text": [value]}), tmp_path / f"{number}.parquet")
        pq.write_table(pa.table({"text": ["a"], "id": [value]}), tmp_path / f"{number}i.parquet")
    assert set(texts_or_reasons(tmp_path).values()) == {"json.type"}


def test_parquet_values_that_python_cannot_hold_reject_their_row_alone_if_they_are_read(tmp_path):
    bad = pa.array([b"ok", b"\xff"]).view(pa.string())
    pq.write_table(pa.table({"text": bad}), tmp_path / "utf8.parquet")
    huge = pa.array([0, 2**62]).view(pa.timestamp("us"))
    pq.write_table(pa.table({"text": ["a", "b"], "t": huge}), tmp_path / "time.parquet")
    twice = pa.table([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    pq.write_table(twice, tmp_path / "twice.parquet")
    assert texts_or_reasons(tmp_path) == {
        "time.parquet#1": "a", "time.parquet#2": "b", "twice.parquet": "container.damaged",
        "utf8.parquet#1": "ok", "utf8.parquet#2": "container.value",
    }  # fmt: skip


def _patched(archive, name, offset, value, signature):
    """A zip archive with two bytes changed in the local or the central header of a member."""
    place = 0
    while True:
        place = archive.index(signature, place)
        header = 30 if signature == b"PK\3\4" else 46
        if archive[place + header : place + header + len(name)] == name:
            return archive[: place + offset] + value + archive[place + offset + len(value) :]
        place += 4


def test_no_zip_archive_raises(write):
    whole = deflated_zip([("a.txt", b"A" * 50), ("b.txt", b"B" * 50)])
    archives = {
        "method.zip": _patched(whole, b"a.txt", 10, b"\x63\0", b"PK\1\2"),
        "version.zip": _patched(whole, b"a.txt", 6, b"\xff\0", b"PK\1\2"),
        "encrypted.zip": _patched(_patched(whole, b"a.txt", 8, b"\1\0", b"PK\1\2"), b"a.txt", 6, b"\1\0", b"PK\3\4"),
        "name.zip": _patched(_patched(whole, b"a.txt", 46, b"\xff", b"PK\1\2"), b"\xff.txt", 8, b"\0\x08", b"PK\1\2"),
    }
    found = {path: body for path, body in texts_or_reasons(write(archives)).items() if not path.endswith("b.txt")}
    assert found == {
        "encrypted.zip/a.txt": "container.encrypted", "method.zip/a.txt": "container.damaged",
        "name.zip/\\xff.txt": "container.damaged", "version.zip/a.txt": "A" * 50,
    }  # fmt: skip


@given(st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_law_9_no_damage_to_a_container_raises(tmp_path, data):
    table = io.BytesIO()
    pq.write_table(pa.table({"text": ["Ngày 7/12", "b"], "n": [1, 2]}), table)
    lines = b'{"text": "a"}\n{"text": "b"}\n'
    whole = {
        "x.zip": deflated_zip(_MEMBERS), "x.tar": tar_with_link(_MEMBERS), "x.tar.gz": gzip.compress(tar_with_link(_MEMBERS)), "x.tar.zst": zst(tar_with_link(_MEMBERS)),
        "x.parquet": table.getvalue(), "x.jsonl.gz": gzip.compress(lines), "x.jsonl.zst": zst(lines), "x.txt.zst": zst(b"a"),
    }  # fmt: skip
    name = data.draw(st.sampled_from(sorted(whole)))
    content = bytearray(whole[name])
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    for old in tmp_path.iterdir():
        if old.is_file():
            old.unlink()
    (tmp_path / name).write_bytes(content[: data.draw(st.integers(0, len(content)))])
    unpacker = Unpacker(LIMITS, Batching())
    for task in unpacker.tasks(list_input(str(tmp_path))):
        for frame in load(task, CORPUS, Batching()):
            assert frame["path"].null_count() == 0


_EACH_FOOTER = """
import io, sys
import pyarrow as pa, pyarrow.parquet as pq
from corpus_vn_police.stages.read.bounds import Budget, table_batches

file = io.BytesIO()
pq.write_table(pa.table({"text": ["Ngày 7/12", "b"], "n": [1, 2]}), file)
whole = file.getvalue()
footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
read, refused = 0, 0
for place in range(footer, len(whole)):
    for value in (0, 19, 35, 64):
        content = bytearray(whole)
        content[place] = value
        try:
            for batch in table_batches(io.BytesIO(content), Budget(len(content), 200, 1 << 20, 1 << 20), 10):
                batch.validate()
            read += 1
        except Exception:
            refused += 1
print(read > 500, refused > 500)
"""


def test_no_byte_in_the_footer_of_a_parquet_file_ends_the_process():
    done = subprocess.run([sys.executable, "-c", _EACH_FOOTER], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "True True\n"), done.stderr[-500:]


@pytest.mark.parametrize("encoding", ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"])
def test_a_parquet_file_is_read_in_any_encoding_of_its_strings(tmp_path, encoding):
    rows = pa.table({"text": ["a", "b"], "tags": [["x", "y"], []]})
    columns = {"text": encoding, "tags.list.element": encoding}
    pq.write_table(rows, tmp_path / "a.parquet", use_dictionary=False, column_encoding=columns)
    assert texts_or_reasons(tmp_path) == {"a.parquet#1": "a", "a.parquet#2": "b"}


def test_a_url_of_this_machine_is_read_as_its_path(write):
    folder = write({"a.txt": "a"})
    os.mkfifo(folder / "fifo.txt")
    assert texts_or_reasons(f"file://{folder}") == {"a.txt": "a", "fifo.txt": "file.not_regular"}


def test_links_that_go_round_are_a_row_each(write):
    folder = write({"a.txt": "a", "b/c.txt": "c"})
    (folder / "self.txt").symlink_to("self.txt")
    (folder / "b/up").symlink_to(folder)
    loop = "file.link_loop"
    assert texts_or_reasons(folder) == {"a.txt": "a", "b/c.txt": "c", "b/up": loop, "self.txt": loop}
    assert texts_or_reasons(f"{folder}/**") == texts_or_reasons(folder)


def test_a_chained_url_is_refused():
    with pytest.raises(InputError, match="chained"):
        list_input("zip://*.txt::file:///nowhere.zip")


def test_dots_in_the_names_of_members_say_nothing(write):
    assert texts_or_reasons(write({"x.tar": tar_with_link([("././b.txt", b"B"), ("x/./c.txt", b"C")])})) == {
        "x.tar/b.txt": "B", "x.tar/x/c.txt": "C", "x.tar/link.txt": "file.not_regular",
    }  # fmt: skip

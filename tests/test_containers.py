"""Archives and packed streams are read to their real end, with every checksum; what is left out is named."""

import gzip
import io
import json
import os
import re
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.containers import (
    details,
    seeds,
    tar,
    texts_or_reasons,
    unicode_path,
    unpacked_gzip,
    windowed,
    wrong_sum,
    zip_file,
    zip_member,
)

from corpus_vn_police.stages.read import Batching

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DAMAGED = "container.damaged"
_zstd = (
    pytest.importorskip("compression.zstd") if sys.version_info >= (3, 14) else pytest.importorskip("backports.zstd")
)


def zst(data):
    """A frame of Zstandard with its checksum."""
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


SKIPPABLE = struct.pack("<II", 0x184D2A50, 5) + b"hello"


def lines(*texts):
    return b"".join(json.dumps({"text": text}).encode() + b"\n" for text in texts)


# What stands behind the end of a stream


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.jsonl.gz", gzip.compress(lines("a")) + gzip.compress(lines("b"))),
        ("x.jsonl.gz", gzip.compress(lines("a", "b")) + bytes(1000)),
        ("x.jsonl.gz", gzip.compress(b"") + gzip.compress(lines("a", "b"))),
        ("x.jsonl.zst", zst(lines("a")) + zst(lines("b"))),
        ("x.jsonl.zst", SKIPPABLE + zst(lines("a")) + SKIPPABLE + zst(lines("b")) + SKIPPABLE),
        ("x.jsonl.zst", zst(b"") + zst(lines("a", "b"))),
    ],
    ids=["members", "zeros", "empty member", "frames", "skippable frames", "empty frame"],
)
def test_several_frames_padding_and_skippable_frames_are_read(write, name, data):
    assert texts_or_reasons(write({name: data})) == {f"{name}#1": "a", f"{name}#2": "b"}


@pytest.mark.parametrize("last", [b"", b"\n"])
@pytest.mark.parametrize("end", ["gz", "zst"])
def test_junk_behind_a_stream_is_a_row_and_all_rows_before_it_are_read(write, end, last):
    pack = gzip.compress if end == "gz" else zst
    packed = pack(lines("a", "b").strip() + last) + b"<html>Not found</html>"
    assert texts_or_reasons(write({f"x.jsonl.{end}": packed, f"y.txt.{end}": packed})) == {
        f"x.jsonl.{end}#1": "a", f"x.jsonl.{end}#2": "b", f"x.jsonl.{end}": DAMAGED, f"y.txt.{end}": DAMAGED,
    }  # fmt: skip


def test_zeros_and_then_something_behind_a_stream_are_read_on(write):
    assert texts_or_reasons(write({"x.jsonl.gz": gzip.compress(lines("a")) + bytes(600) + gzip.compress(lines("b"))})) == {
        "x.jsonl.gz#1": "a", "x.jsonl.gz#2": "b",
    }  # fmt: skip


@pytest.mark.parametrize("end", ["gz", "zst"])
def test_a_frame_with_a_wrong_checksum_gives_nothing_and_those_before_it_all(write, end):
    pack = unpacked_gzip if end == "gz" else zst
    wrong = bytearray(pack(lines("b", "c")))
    wrong[-8 if end == "gz" else -1] ^= 1
    packed = pack(lines("a")) + bytes(wrong) + pack(lines("d"))
    folder = write({f"x.jsonl.{end}": packed, f"y.txt.{end}": packed})
    assert texts_or_reasons(folder) == {f"x.jsonl.{end}#1": "a", f"x.jsonl.{end}": DAMAGED, f"y.txt.{end}": DAMAGED}


def test_a_wrong_length_in_a_gzip_trailer_is_a_wrong_checksum(write):
    packed = gzip.compress(lines("a"))
    assert texts_or_reasons(write({"x.jsonl.gz": packed[:-1] + b"\1"})) == {"x.jsonl.gz": DAMAGED}


@pytest.mark.parametrize("end", ["gz", "zst"])
def test_a_cut_stream_gives_every_row_that_is_whole_in_it(write, end):
    texts = [f"row {number:04d} " * 20 for number in range(3000)]
    packed = gzip.compress(lines(*texts), 1) if end == "gz" else zst(lines(*texts))
    for cut in (len(packed) - 1, len(packed) - 9):  # in the checksum, and before it
        rows = texts_or_reasons(write({f"x.jsonl.{end}": packed[:cut]}))
        assert rows.pop(f"x.jsonl.{end}") == DAMAGED
        assert list(rows.values()) == texts[: len(rows)]
        assert len(rows) == 3000 or (cut < len(packed) - 8 and len(rows) > 1000)  # Zstandard gives whole blocks


@pytest.mark.parametrize("name", ["x.jsonl.gz", "x.jsonl.zst", "x.txt.gz", "x.tar", "x.tar.gz", "x.zip", "x.parquet"])
def test_an_empty_file_is_no_container(write, name):
    assert details(write({name: b""})) == {name: (DAMAGED, "an empty file")}


def test_a_long_window_is_a_limit_and_no_damage(write):
    far, near = windowed(lines("b"), 31), windowed(lines("b"), 27)
    folder = write({"a.jsonl.zst": near, "b.jsonl.zst": far, "c.txt.zst": far, "d.jsonl.zst": near + far})
    limit = "limit.window"
    assert texts_or_reasons(folder) == {
        "a.jsonl.zst#1": "b", "b.jsonl.zst": limit, "c.txt.zst": limit, "d.jsonl.zst#1": "b", "d.jsonl.zst": limit,
    }  # fmt: skip


_PIECES = ["frame", "wrong", "junk", "zeros", "skip", "cut"]


def _piece(kind, text, pack):
    packed, trailer = pack(lines(text)), 8 if pack is gzip.compress else 4
    wrong = packed[:-trailer] + bytes([packed[-trailer] ^ 1]) + packed[len(packed) - trailer + 1 :]
    others = {"junk": b"junk" * 3, "zeros": bytes(20), "skip": SKIPPABLE}
    return others.get(kind) or {"frame": packed, "wrong": wrong, "cut": packed[:-trailer]}[kind]


@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=5), st.sampled_from(["gz", "zst"]))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_frames_are_read_as_far_as_they_are_sound_and_named_where_gzip_and_zstd_find_fault(tmp_path, kinds, end):
    pack, passed = (gzip.compress, "zeros") if end == "gz" else (zst, "skip")
    data = b"".join(_piece(kind, f"row {number}", pack) for number, kind in enumerate(kinds))
    fine = [kind in ("frame", passed) for kind in kinds]
    fine[0] &= kinds[0] != "zeros"  # which are padding behind a stream only
    before = fine.index(False) if False in fine else len(kinds)
    sound = [f"row {number}" for number, kind in enumerate(kinds[:before]) if kind == "frame"]
    if kinds[before:] == ["cut"]:
        sound.append(f"row {before}")  # nothing says that it is wrong
    for old in tmp_path.glob("x.*"):
        old.unlink()
    (tmp_path / f"x.jsonl.{end}").write_bytes(data)
    rows = texts_or_reasons(tmp_path)
    told = rows.pop(f"x.jsonl.{end}", None)
    assert list(rows.values()) == sound
    test = subprocess.run(["gzip" if end == "gz" else "zstd", "-q", "-t"], input=data, capture_output=True)
    if end == "zst" or not re.search("zeros.*frame", " ".join(kinds)):  # gzip reads nothing behind zeros, we do
        assert told == (DAMAGED if test.returncode else None)


# tar


@pytest.mark.parametrize("end", ["tar", "tar.gz", "tar.zst"])
@pytest.mark.parametrize("padding", [0, 512, 10240])
def test_archives_behind_a_tar_s_end_mark_are_read(write, end, padding):
    pack = {"tar": bytes, "tar.gz": gzip.compress, "tar.zst": zst}[end]
    archives = [tar([("a.txt", b"A")]), bytes(padding), tar([("b.txt", b"B")]), tar([]), tar([("c.txt", b"C")])]
    whole = {f"x.{end}/a.txt": "A", f"x.{end}/b.txt": "B", f"x.{end}/c.txt": "C"}
    assert texts_or_reasons(write({f"x.{end}": pack(b"".join(archives))}, "one")) == whole
    assert (
        texts_or_reasons(
            write({f"x.{end}": b"".join(map(pack, archives if end != "tar.zst" else archives[::2]))}, "many")
        ).keys()
        <= whole.keys()
    )


@pytest.mark.parametrize("junk", [b"x", b"junk" * 128, b"junk" * 1000])
@pytest.mark.parametrize("end", ["tar", "tar.gz", "tar.zst"])
def test_junk_behind_a_tar_s_end_mark_is_a_row(write, end, junk):
    pack = {"tar": bytes, "tar.gz": gzip.compress, "tar.zst": zst}[end]
    assert texts_or_reasons(write({f"x.{end}": pack(tar([("a.txt", b"A")]) + junk)})) == {
        f"x.{end}/a.txt": "A",
        f"x.{end}": DAMAGED,
    }


def test_a_checksum_behind_a_tar_s_end_mark_is_checked_before_a_member_is_believed(write):
    archive = tar([("a.txt", b"Nam"), ("b.txt", b"B")])
    altered = unpacked_gzip(archive).replace(b"Nam", b"Nem")
    folder = write(
        {
            "altered.tar.gz": altered, "crc.tar.gz": wrong_sum(gzip.compress(archive)),
            "second.tar.gz": gzip.compress(archive) + wrong_sum(gzip.compress(tar([("c.txt", b"C")]))),
            "trailer.tar.gz": gzip.compress(archive)[:-8], "sum.tar.zst": zst(archive)[:-1] + b"x",
        }
    )  # fmt: skip
    assert texts_or_reasons(folder) == {
        "altered.tar.gz": DAMAGED, "crc.tar.gz": DAMAGED, "sum.tar.zst": DAMAGED,
        "second.tar.gz/a.txt": "Nam", "second.tar.gz/b.txt": "B", "second.tar.gz": DAMAGED,
        "trailer.tar.gz/a.txt": "Nam", "trailer.tar.gz/b.txt": "B", "trailer.tar.gz": DAMAGED,
    }  # fmt: skip


@pytest.mark.parametrize("end", ["tar", "tar.gz"])
def test_rows_of_a_member_in_which_a_tar_is_cut_are_read(write, end):
    texts = [f"row {number:04d} " * 20 for number in range(1000)]
    archive = tar([("a.txt", b"A"), ("b.jsonl", lines(*texts)), ("c.txt", b"C")])
    cut = archive.index(b"row 0900")
    packed = archive[:cut] if end == "tar" else gzip.compress(archive)
    if end == "tar.gz":
        inner = zlib.compressobj(wbits=31)
        packed = inner.compress(archive[:cut]) + inner.flush(zlib.Z_FULL_FLUSH)
    rows = texts_or_reasons(write({f"x.{end}": packed}))
    assert (rows.pop(f"x.{end}"), rows.pop(f"x.{end}/b.jsonl"), rows.pop(f"x.{end}/a.txt")) == (DAMAGED, DAMAGED, "A")
    assert list(rows.values()) == texts[:900]


def test_a_tar_without_its_end_mark_gives_its_members_and_a_row(write):
    assert texts_or_reasons(write({"x.tar": tar([("a.txt", b"A")], end=False)})) == {
        "x.tar/a.txt": "A",
        "x.tar": DAMAGED,
    }


def test_a_tar_header_that_takes_all_memory_is_damage(write):
    header = tar([("././@PaxHeader", b"")], end=False)
    header = bytearray(header[:512])
    header[124:136] = b"%011o\0" % (900 << 20)
    header[156:157] = b"x"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    packed = gzip.compress(bytes(header) + bytes(64 << 20), 9)
    tracemalloc.start()
    rows = texts_or_reasons(write({"x.tar.gz": packed}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == {"x.tar.gz": DAMAGED}
    assert peak < 8 << 20


# zip


def zipped(members, method=zipfile.ZIP_DEFLATED):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return sink.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_each_method_that_zipfile_writes_is_read(write, method):
    texts = [f"row {number}" for number in range(500)]
    whole = zipped([("a.txt", b"A" * 500), ("b.jsonl", lines(*texts)), ("c.txt", b"")], method)
    assert list(texts_or_reasons(write({"x.zip": whole})).values()) == ["A" * 500, *texts, ""]


def test_a_zip_that_is_written_into_a_pipe_or_with_long_sizes_is_read(write):
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    pipe, long = Pipe(), io.BytesIO()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.txt", "b.txt"):
            archive.writestr(name, b"A" * 50)
    with zipfile.ZipFile(long, "w") as archive:
        for name in ("a.txt", "b.txt"):
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(b"A" * 50)
    both = {"a.txt": "A" * 50, "b.txt": "A" * 50}
    folder = write({"pipe.zip": pipe.getvalue(), "long.zip": long.getvalue()})
    assert texts_or_reasons(folder) == {
        f"{name}.zip/{path}": text for name in ("long", "pipe") for path, text in both.items()
    }


def test_a_zip_of_more_members_than_16_bits_can_count_is_read(write):
    whole = zipped([(f"{number}.md", b"") for number in range(66_000)] + [("a.txt", b"A")], zipfile.ZIP_STORED)
    assert texts_or_reasons(write({"x.zip": whole})) == {"x.zip/a.txt": "A"}


def test_zip_archives_that_were_put_together_are_all_read(write):
    one, two = zipped([("a.txt", b"A")]), zipped([("b.txt", b"B")])
    commented = zip_file([zip_member(b"c.txt", b"C")], comment=b"PK\5\6 no record")
    folder = write({"x.zip": one + two + commented, "y.zip": one + bytes(100) + two})
    assert texts_or_reasons(folder) == {
        "x.zip/a.txt": "A",
        "x.zip/b.txt": "B",
        "x.zip/c.txt": "C",
        "y.zip/b.txt": "B",
        "y.zip": DAMAGED,
    }


_A, _B = zip_member(b"a.txt", b"A"), zip_member(b"b.txt", b"B")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"junk" * 9 + zip_file([_A], start=36), "36 bytes at 0 belong to no member that its directory names"),
        (b"junk" * 9 + zip_file([_A]), "36 bytes come before its start"),
        (zip_file([_A]) + b"junk" * 9, "36 bytes follow its end"),
        (zip_file([_A]) + b"junk" * 50_000, "200000 bytes follow its end"),
        (zip_file([_A], comment=b"comment")[:-3], "its comment is cut"),
        (zip_file([_A, _B], listed=[0]), "36 bytes at 36 belong to no member that its directory names"),
        (zip_file([_B, _A], listed=[1]), "36 bytes at 0 belong to no member that its directory names"),
        (zip_file([_A, _B])[: 36 + 20], "its directory is missing: the file was cut"),
        (zip_file([_A, _B], listed=[0, 1])[:72] + b"PK\1\2", "its directory is missing: the file was cut"),
    ],
    ids=[
        "counted before",
        "before",
        "behind",
        "far behind",
        "comment",
        "unlisted last",
        "unlisted first",
        "cut",
        "no directory",
    ],
)
def test_what_a_zip_s_directory_does_not_name_is_a_row(write, data, said):
    folder = write({"x.zip": data})
    assert texts_or_reasons(folder)["x.zip/a.txt"] == "A"
    assert details(folder) == {"x.zip": (DAMAGED, said)}


def test_zeros_between_and_behind_the_members_of_a_zip_are_padding(write):
    padded = zip_file([_A | {"packed": b"A" + bytes(40)}, _B])
    padded = padded.replace(struct.pack("<I", 41), struct.pack("<I", 1))
    assert texts_or_reasons(write({"x.zip": padded + bytes(512)})) == {"x.zip/a.txt": "A", "x.zip/b.txt": "B"}


def test_a_member_whose_checksum_fails_gives_none_of_its_rows(write):
    rows = lines(*(f"row {number}" * 20 for number in range(9000)))
    whole = zipped([("a.jsonl", rows), ("b.jsonl", lines("b"))], zipfile.ZIP_STORED)
    altered = whole.replace(b"row 1234", b"row 4321", 1)
    assert texts_or_reasons(write({"x.zip": altered}), batching=Batching(100, 1 << 16)) == {
        "x.zip/a.jsonl": DAMAGED,
        "x.zip/b.jsonl#1": "b",
    }


def test_bytes_behind_the_end_of_a_member_s_stream_are_damage(write):
    packed = zlib.compress(b"A", wbits=-15)
    members = [zip_member(b"a.txt", b"A", 8, packed + b"junk"), zip_member(b"b.txt", b"A", 8, packed)]
    assert texts_or_reasons(write({"x.zip": zip_file(members)})) == {"x.zip/a.txt": DAMAGED, "x.zip/b.txt": "A"}


@pytest.mark.parametrize(
    "own", [{"name": b"c.txt"}, {"method": 8}, {"crc": 7}, {"size": 2}, {"length": 2}, {"flags": 1}]
)
def test_a_member_whose_two_headers_disagree_is_damaged(write, own):
    members = [zip_member(b"a.txt", b"A", own=own), _B]
    assert details(write({"x.zip": zip_file(members)})) == {
        "x.zip/a.txt": (DAMAGED, "its own header and the directory disagree")
    }


@pytest.mark.parametrize("method", [1, 6, 9, 98])
def test_a_method_that_is_not_read_is_named(write, method):
    assert details(write({"x.zip": zip_file([zip_member(b"a.txt", b"A", method), _B])})) == {
        "x.zip/a.txt": ("container.method", f"method {method} of zip archives")
    }


def test_a_member_whose_name_in_the_directory_is_damaged_is_named(write):
    data = zip_file([zip_member(b"a.txt", b"A"), _B])
    at = data.rindex(b"a.txt")
    damaged = data[: at + 1] + b"\0" + data[at + 2 :]
    assert details(write({"x.zip": damaged})) == {
        "x.zip/a\\x00txt": ("container.damaged", "its own header and the directory disagree")
    }


@given(st.data())
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_changed_in_a_zip_no_other_text_is_published_and_what_is_missing_is_named(tmp_path, data):
    members = [(f"{number}.txt", f"text {number}".encode() * 5) for number in range(3)]
    whole = bytearray(zipped(members, data.draw(st.sampled_from([0, 8, 12, 14]))))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    whole = whole[: data.draw(st.just(len(whole)) | st.integers(0, len(whole)))]
    (tmp_path / "x.zip").write_bytes(whole + data.draw(st.sampled_from([b"", b"", b"junk"])))
    rows = seeds(tmp_path)
    texts = {row["body"] for row in rows if row["reason"] is None}
    assert texts <= {text for _, text in members}
    assert len(texts) == 3 or any(row["reason"] for row in rows) or b".txt" not in whole[-60:]


# Names


_HANOI = "Hà Nội, đường số 5.txt"


@pytest.mark.parametrize(
    ("raw", "fields", "path"),
    [
        (_HANOI.encode(), {"flags": 0x800}, _HANOI),
        (_HANOI.encode(), {}, _HANOI),
        (b"H_ N_i.txt", {"extra": unicode_path(b"H_ N_i.txt", _HANOI)}, _HANOI),
        (b"H_ N_i.txt", {"extra": unicode_path(b"other.txt", _HANOI)}, "H_ N_i.txt"),
        (b"H_ N_i.txt", {"extra": unicode_path(b"H_ N_i.txt", b"\xff\xfe.txt")}, "H_ N_i.txt"),
        (b"H_ N_i.txt", {"extra": unicode_path(b"H_ N_i.txt", "")}, "H_ N_i.txt"),
        (b"H_ N_i.txt", {"extra": struct.pack("<HHB", 0x7075, 1, 1)}, "H_ N_i.txt"),
        (b"H_ N_i.txt", {"extra": b"up\xff\xff"}, "H_ N_i.txt"),
        ("Hà Nội.txt".encode("cp1258", "replace").replace(b"N?i", b"N\xf4\xf2i"), {}, "Hà Nội.txt"),
        ("cà phê.txt".encode("cp437"), {}, "cà phê.txt"),
        (b"\x81\xff.txt", {}, "\\x81\\xff.txt"),
        (b"\xff.txt", {"flags": 0x800}, "\\xff.txt"),
        (b"tin\\2020\\a.txt", {}, "tin/2020/a.txt"),
        (b"tin\\2020/a.txt", {"system": 3}, "tin/2020/a.txt"),
        (b"./tin/./a.txt", {}, "tin/a.txt"),
    ],
)
def test_a_name_in_a_zip_means_the_same_whatever_wrote_it(write, raw, fields, path):
    members = [_A, zip_member(raw, b"x", **fields), _B]
    assert texts_or_reasons(write({"x.zip": zip_file(members)})) == {
        "x.zip/a.txt": "A",
        f"x.zip/{path}": "x",
        "x.zip/b.txt": "B",
    }


@pytest.mark.parametrize(
    "raw",
    [b"../a.txt", b"..\\a.txt", b"x\\..\\..\\a.txt", b"/a.txt", b"\\a.txt", b"C:\\a.txt", b"c:/a.txt", b"a\0.txt"],
)
def test_a_name_in_a_zip_that_leads_out_of_it_is_refused(write, raw):
    assert set(texts_or_reasons(write({"x.zip": zip_file([zip_member(raw, b"x")])})).values()) == {
        "container.unsafe_path"
    }


def test_folders_of_windows_programs_are_no_members(write):
    assert texts_or_reasons(write({"x.zip": zip_file([zip_member(b"tin.txt\\", b""), _A])})) == {"x.zip/a.txt": "A"}


def test_a_name_in_a_tar_in_a_windows_encoding_is_read(write):
    names = {os.fsdecode(b"H\xe0 N\xf4\xf2i.txt"): b"x", os.fsdecode(b"\x81\xff.txt"): b"y"}
    assert texts_or_reasons(write({"x.tar": tar(names.items())})) == {
        "x.tar/Hà Nội.txt": "x",
        "x.tar/\\x81\\xff.txt": "y",
    }

"""Every reason code: an input that gives it, and the whole row of the ledger that it gives.

`corpus_vn_police.reasons` lists them; one without a case here is red. All cases are one build, so that
each seed is rejected for its own sake while others are published beside it.
"""

import gzip
import hashlib
import io
import json
import os
import re
import struct
import tarfile
import zipfile
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.builds import ledger
from support.containers import windowed, zip_file, zip_member

import corpus_vn_police as cvp
from corpus_vn_police.commands.build.pipeline import Job
from corpus_vn_police.commands.check import check_seeds
from corpus_vn_police.config import load_config
from corpus_vn_police.contract import document
from corpus_vn_police.reasons import REASONS, broken_keyword

_BYTES, _PARAGRAPHS, _MEMBERS, _RATIO = 3_000, 4, 3, 3
_TOML = f"""
[limits]
latest = 2026-11-28
max_bytes = {_BYTES}
max_paragraphs = {_PARAGRAPHS}
max_members = {_MEMBERS}
max_ratio = {_RATIO}
[quality]
min_vietnamese_share = 0.1
min_syllable_share = 0.5
[privacy]
mode = "drop"
"""
_GOOD = "Công an huyện Bến Lức vừa bắt giữ hai đối tượng trộm cắp tài sản của người dân trên địa bàn."
_NO_DIACRITICS = "Cong an huyen Ben Luc vua bat giu hai doi tuong trom cap tai san cua nguoi dan tren dia ban."
_ENGLISH = "The police of the district arrested two suspects who had stolen property from the residents."
_HALF = "Đường Strasbourg Đường Frankfurt Đường Stockholm Đường Edinburgh Strasbourg"
_FEW = "Công an đã đến nhà ông Ba ở xã ta mua hai con cá to và ba quả cam khi ông ta đi xa nhà hai hôm."


class Case(NamedTuple):
    """A file that gives a code.

    Attributes:
        code: the reason.
        file: its name below the input.
        content: its bytes; a text is the target of a link, a dict the files of a folder.
        detail, pointer: what the ledger says beside.
        inner: what the row's path has after the file's: a member, a line.
        seed: the seed's bytes; None where they could not be read.
        id: the seed's id; "" where its bytes give it.
    """

    code: str
    file: str
    content: bytes | str | dict[str, bytes]
    detail: str
    pointer: str | None = None
    inner: str = ""
    seed: bytes | None = None
    id: str | None = ""

    @property
    def row(self):
        """The row of the ledger."""
        sha256 = None if self.seed is None else hashlib.sha256(self.seed).hexdigest()
        return {
            "path": self.file + self.inner, "sha256": sha256, "bytes": None if self.seed is None else len(self.seed),
            "id": (sha256 and sha256[:16]) if self.id == "" else self.id, "status": "rejected", "reason": self.code,
            "pointer": self.pointer, "detail": self.detail, "duplicate_of": None, "similarity": None,
        }  # fmt: skip


def _text(code, file, text, detail, pointer=None, id=""):
    data = text.encode() if isinstance(text, str) else text
    return Case(code, file, data, detail, pointer, seed=data, id=id)


def _row(code, file, line, detail, pointer=None):
    data = line if isinstance(line, bytes) else line.encode()
    return Case(code, file, data, detail, pointer, "#1", data)


def _zip(members, flags=0, mode=0):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, mode << 16
            archive.writestr(info, content)
    data = bytearray(stream.getvalue())
    for sign, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        for found in re.finditer(re.escape(sign), bytes(data)) if flags else ():
            struct.pack_into("<H", data, found.start() + place, flags)
    return bytes(data)


def _tar(count, link=None):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for number in range(count):
            info = tarfile.TarInfo(f"{number}.txt")
            info.size = len(_numbered(number))
            archive.addfile(info, io.BytesIO(_numbered(number)))
        if link:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "elsewhere"
            archive.addfile(info)
    return stream.getvalue()


def _parquet(column):
    stream = io.BytesIO()
    pq.write_table(pa.table({"text": column}), stream)
    return stream.getvalue()


def _arrow(column):
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, pa.schema([("text", column.type)])) as writer:
        writer.write_batch(pa.record_batch([column], names=["text"]))
    return stream.getvalue()


def _numbered(number):
    return f" date 2020-12-07 {_GOOD} Vụ án số {number} xảy ra tại ấp {number * 7 + 1}, xã Thạnh Lợi.".encode()


_PERSONAL = [
    ("phone", "Ai biết xin báo tin theo số điện thoại 0912.345.678.", "1 phone"),
    ("email", "Mọi tin báo gửi về hộp thư tin.bao@example.vn.", "1 email"),
    ("id_number", "Tại hiện trường có thẻ CCCD số 001085012345.", "1 id_number"),
    ("passport", "Tại hiện trường có hộ chiếu số B1234567.", "1 passport"),
    ("driving_licence", "Tại hiện trường có giấy phép lái xe số 790123456789.", "1 driving_licence"),
    ("plate", "Chiếc xe mang biển số 29A-123.45 đã bị thu giữ.", "1 plate"),
    ("bank_account", "Tiền được chuyển vào số tài khoản 0123456789012 của ngân hàng.", "1 bank_account"),
    ("birth_date", "Trong tờ khai ghi: Ngày sinh: 12/3/1990.", "1 birth_date"),
    ("address", "Người này thường trú tại xã Thạnh Lợi, huyện Bến Lức.", "1 address"),
    ("private_person", "Bị can Nguyễn Văn Tèo khai nhận toàn bộ.", "1 private_person"),
]
_SURROGATE = json.dumps({"text": "\ud83d"})
_CASES = [
    Case("file.not_regular", "device.txt", "/dev/zero", "a device, a FIFO, a socket or a broken link"),
    Case("file.not_regular", "replaced.txt", b"x", "a device, a FIFO or a socket"),
    Case("file.not_regular", "link.zip", _zip({"a.txt": b"x"}, mode=0o120777), "a link or a device in an archive", inner="/a.txt"),
    Case("file.not_regular", "link.tar", _tar(0, link="a.txt"), "a link or a device in an archive", inner="/a.txt"),
    Case("file.unreadable", "vanishes.txt", b"x", "No such file or directory"),
    Case("file.link_outside", "outside.txt", "../elsewhere.txt", "leads out of the input: give a copy, or set follow_links in a --config file"),
    Case("file.link_loop", "loop", ".", "leads to the input itself, which is read under that path"),
    Case("file.link_loop", "itself", "itself", "leads to itself"),
    Case("file.build_output", "older", {"manifest.json": b"", "ledger.parquet": b""}, "the output of a build is not read as seeds: keep it outside of the input"),
    Case("container.damaged", "cut.txt.gz", gzip.compress(b"x" * 50)[:-9], "the gzip stream is cut: its end mark is missing"),
    Case("container.damaged", "nothing.txt.gz", b"", "an empty file"),
    Case("container.encrypted", "locked.zip", _zip({"a.txt": b"x"}, flags=1), "a member with a password", inner="/a.txt"),
    Case("container.method", "method.zip", zip_file([zip_member(b"a.txt", b"A", 9)]), "method 9 of zip archives", inner="/a.txt"),
    Case("container.unsafe_path", "unsafe.zip", _zip({"../a.txt": b"x"}), "a member's path leads out of its archive", inner="/../a.txt"),
    Case("container.value", "value.parquet", _parquet(pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(struct.pack("<ii", 0, 1)), pa.py_buffer(b"\xff")])), "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte", inner="#1"),
    Case("container.value", "runs.arrow", _arrow(pa.RunEndEncodedArray.from_arrays([1], ["x"])), "text: a value of the type run_end_encoded<run_ends: int64, values: string>, which JSON does not have", inner="#1"),
    Case("container.indices", "saved", {"state.json": b'{"_data_files": [], "_indices_files": [{"filename": "indices.arrow"}]}', "dataset_info.json": b"{}"}, "its state.json names a file of indices"),
    _text("limit.bytes", "long.txt", b"a" * (_BYTES + 1), "max_bytes 3000, got 3001"),
    Case("limit.bytes", "huge.txt", b"a" * 70_000, "max_bytes 3000, got more than 9000"),
    Case("limit.ratio", "bomb.jsonl.gz", gzip.compress(b"\n" * 50_000, mtime=0), "max_ratio 3: 84 bytes unpack to more than 3000"),
    Case("limit.ratio", "bomb.txt.gz", gzip.compress(bytes(50_000), mtime=0), "max_ratio 3: 83 bytes unpack to more than 3000"),
    Case("limit.window", "window.txt.zst", windowed(b"a", 28), "Zstandard with a window of more than 128 MiB"),
    Case("limit.members", "many.zip", _zip({f"{n}.txt": b"x" for n in range(_MEMBERS + 1)}), "max_members 3, got more"),
    _text("limit.paragraphs", "paragraphs.txt", "\n\n".join([_GOOD] * (_PARAGRAPHS + 1)), "max_paragraphs 4, got 5"),
    _row("json.invalid", "invalid.jsonl", "{", "Expecting property name enclosed in double quotes at character 1"),
    _row("json.invalid", "nan.jsonl", '{"text": NaN}', "NaN or Infinity"),
    _row("json.type", "array.jsonl", "[]", "expected object, got array", ""),
    _row("json.type", "type.jsonl", '{"text": 3}', "no string `text` (got number); columns: none", "/text"),
    Case("json.type", "object.json", b'{"text": "a"}', "expected an array of objects, got an object; a file with one object per line is called .jsonl"),
    Case("csv.header", "header.csv", b"text,text\na,b\n", "its first row, which names the columns, has a name twice"),
    Case("csv.fields", "fields.csv", b"text,date\na\n", "expected 2 cells, as the header has, got 1", inner="#1", seed=b"a"),
    Case("csv.quote", "quote.csv", b'text\n"a\n', "line 3, in the row that begins in line 2: the quote is not closed by the end of the file; nothing after it is read"),
    _row("json.duplicate_key", "twice.jsonl", '{"text": "a", "text": "b"}', "an object has the same key twice"),
    _row("json.depth", "depth.jsonl", "[" * 2900, "nested deeper than 500"),
    _text("encoding.invalid_utf8", "bytes.txt", b"abc\xff\xfe", "byte 3 of 5: invalid start byte"),
    _row("encoding.invalid_utf8", "bytes.jsonl", b'{"text": "\xff"}', "byte 0 of 1: invalid start byte"),
    _text("encoding.nul", "nul.txt", "Công an\0", "1 NUL bytes"),
    Case("encoding.nul", "nul.jsonl", (row := b'{"text": "a", "title": "\\u0000"}'), "a NUL character", "/title", "#1", row),
    _text("encoding.utf16", "utf16.txt", _GOOD.encode("utf-16"), "begins with the byte order mark of utf16"),
    _text("encoding.utf32", "utf32.txt", _GOOD.encode("utf-32"), "begins with the byte order mark of utf32"),
    _text("encoding.utf8_as_cp1252", "misread.txt", "xã Cần Thơ".encode().decode("cp1252"), "3 words and marks are Vietnamese only if windows-1252 is read as UTF-8"),
    _text("encoding.tcvn3", "tcvn3.txt", b"C\xabng an huy\xd6n B\xd5n L\xf8c", "4 of 4 words beyond ASCII are syllables only if read as tcvn3"),
    _text("encoding.tcvn3", "tcvn3_misread.txt", "C«ng an huyÖn BÕn Løc", "4 of 4 words beyond ASCII are syllables only if read as tcvn3"),
    _text("encoding.vni", "vni.txt", "Coâng an huyeän Beán Löùc".encode("latin-1"), "4 of 4 words beyond ASCII are syllables only if read as vni"),
    _text("encoding.vni", "vni_misread.txt", "Coâng an huyeän Beán Löùc", "4 of 4 words beyond ASCII are syllables only if read as vni"),
    _text("encoding.cp1258", "cp1258.txt", b"C\xf4ng an huy\xea\xf2n B\xea\xecn L\xfd\xecc", "3 of 4 words beyond ASCII are syllables only if read as cp1258"),
    _text("encoding.cp1258_as_cp1252", "cp1258_misread.txt", "Công an huyêòn Bêìn Lýìc", "3 of 4 words beyond ASCII are syllables only if read as cp1258"),
    _text("encoding.c1_controls", "c1.txt", "Công an \x93huyện\x94", "2 C1 control characters"),
    _text("encoding.replacement_character", "lost.txt", "C\ufffdng an", "1 U+FFFD: letters were lost before the seed was written"),
    _row("encoding.lone_surrogate", "surrogate.jsonl", _SURROGATE, "a lone surrogate", "/text"),
    _text("header.malformed", "malformed.txt", f"date 2020/12 {_GOOD}", "begins with date and a year, not with ` date YYYY[-MM[-DD]] `"),
    _row("header.malformed", "malformed.jsonl", json.dumps({"text": _GOOD, "date": "Dec 2020"}), "the row's date is neither YYYY[-MM[-DD]], YYYYMMDD nor an ISO date-time", "/date"),
    _text("header.impossible_date", "impossible.txt", f" date 2021-02-29 {_GOOD}", "2021-02-29 is not a date in the calendar"),
    _row("header.impossible_date", "impossible.jsonl", json.dumps({"text": _GOOD, "date": "2021-02-29"}), "2021-02-29 is not a date in the calendar", "/date"),
    _text("header.future_date", "future.txt", f" date 2026-11-29 {_GOOD}", "latest 2026-11-28, got 2026-11-29"),
    _row("header.future_date", "future.jsonl", json.dumps({"text": _GOOD, "date": "2026-12"}), "latest 2026-11-28, got 2026-12", "/date"),
    _text("header.contradiction", "contradiction.txt", f" date 2020-12 date 2021-01 {_GOOD}", "two headers give different dates"),
    _row("header.contradiction", "contradiction.jsonl", json.dumps({"text": f" date 2020-12 {_GOOD}", "date": "2021"}), "header 2020-12, row 2021"),
    _text("text.empty", "empty.txt", " date 2020-12 \n", "no text besides the header"),
    _text("text.markup", "markup.txt", f"<p>{_GOOD}&nbsp;</p>", "2 HTML tags, 1 character references"),
    _text("text.homoglyphs", "homoglyphs.txt", "Công \u0430n huyện", "1 syllables are spelt with letters of other scripts"),
    _text("text.no_diacritics", "toneless.txt", _NO_DIACRITICS, "vietnamese_share 0.0, syllable_share 0.7143"),
    _text("text.not_vietnamese", "english.txt", _ENGLISH, "vietnamese_share 0.0, syllable_share 0.2"),
    _text("quality.vietnamese_share", "few.txt", _FEW, "min_vietnamese_share 0.1, got 0.0882"),
    _text("quality.syllable_share", "half.txt", _HALF, "min_syllable_share 0.5, got 0.4444"),
    _text("id.collision", "1_00000000000000aa.txt", _numbered(1), "same id, different bytes: 1_00000000000000aa.txt, 2_00000000000000aa.txt", id="00000000000000aa"),
    _text("id.collision", "2_00000000000000aa.txt", _numbered(2), "same id, different bytes: 1_00000000000000aa.txt, 2_00000000000000aa.txt", id="00000000000000aa"),
    *(_text(f"privacy.{kind}", f"{kind}.txt", f"{_GOOD} {text}", detail) for kind, text, detail in _PERSONAL),
    _row("schema.pattern", "url.jsonl", json.dumps({"text": _GOOD, "url": "not a url"}), "pattern ^[^\\u0000-\\u0020]+$", "/source/url"),
]  # fmt: skip


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The ledger of a build of all cases, by path."""
    folder = tmp_path_factory.mktemp("reasons")
    seeds, out = folder / "seeds", folder / "out"
    seeds.mkdir()
    (folder / "elsewhere.txt").write_text(_GOOD, encoding="utf-8")
    (seeds / "corpus.toml").write_text(_TOML, encoding="ascii")
    (seeds / "good.txt").write_bytes(_numbered(0))
    for case in _CASES:
        path = seeds / case.file
        if isinstance(case.content, dict):
            path.mkdir()
            for name, content in case.content.items():
                (path / name).write_bytes(content)
        elif isinstance(case.content, str):
            path.symlink_to(case.content)
        else:
            path.write_bytes(case.content)

    def vanish(step, done, total):
        """Called first when the input was listed and nothing was read."""
        if (seeds / "vanishes.txt").exists():
            (seeds / "vanishes.txt").unlink()
            (seeds / "replaced.txt").unlink()
            os.mkfifo(seeds / "replaced.txt")

    cvp.build(seeds, out=out, progress=vanish, workers=1)
    return {row["path"]: row for row in ledger(out)}


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case.code}-{case.file}")
def test_a_seed_is_rejected_with_the_whole_row_that_names_its_fault(rows, case):
    assert rows[case.row["path"]] == case.row


def test_no_seed_is_rejected_that_no_case_names(rows):
    assert {path for path, row in rows.items() if row["status"] == "rejected"} == {case.row["path"] for case in _CASES}


def test_every_reason_has_a_case():
    assert {case.code for case in _CASES} == {*REASONS, broken_keyword("pattern")}


@pytest.mark.parametrize(
    "reason", [reason for reason in REASONS.values() if reason.setting], ids=lambda each: each.code
)
def test_the_setting_that_decides_a_reason_is_a_key_of_corpus_toml(reason):
    table, _, key = reason.setting.partition(".")
    assert key in document("corpus")["properties"][table]["properties"]


def test_every_limit_of_corpus_toml_decides_a_reason():
    tables = document("corpus")["properties"]
    limits = {f"{table}.{key}" for table in ("limits", "quality") for key in tables[table]["properties"]}
    assert limits - {"quality.enabled"} == {reason.setting for reason in REASONS.values() if reason.setting}


# Each limit: what is exactly at it is published, one above is not.


def _padded(size):
    """A seed of so many bytes, all in one paragraph."""
    data = b" date 2020-12-07 " + _GOOD.encode() + b" "
    return data + b"." * (size - len(data))


def _paragraphs(count):
    return b" date 2020-12-07 " + "\n\n".join([_GOOD] * count).encode()


def _members(pack, count):
    return pack({f"{number}.txt": _numbered(number) for number in range(count)})


def _packed_lines(over):
    """Lines that unpack to three times their packed size, or to so many bytes more."""
    lines = b"".join(b'{"text": "%s"}\n' % _numbered(number).strip() for number in range(40))
    lines = b" " * (-len(lines) % 3) + lines
    bare = gzip.compress(lines, mtime=0)
    # A name in the header is not unpacked: it makes the file as long as is wanted.
    name = b"n" * (len(lines) // 3 - len(bare) - 1) + b"\0"
    return bare[:3] + b"\x08" + bare[4:10] + name[over:] + bare[10:]


def _row_of(size):
    line = json.dumps({"text": "", "title": _GOOD}, ensure_ascii=False).encode()
    return line.replace(b'""', b'"%s"' % _padded(size - len(line)))


_STRANGE = "đường " * 5 + "xxxxx " * 5  # half of the words are syllables; 15 of 50 letters are Vietnamese
_AT_AND_ABOVE = [
    ("max_bytes", _BYTES, "a.txt", _padded(_BYTES), _padded(_BYTES + 1), {"a.txt": "limit.bytes"}),
    ("max_bytes", _BYTES, "a.txt.gz", gzip.compress(_padded(_BYTES)), gzip.compress(_padded(_BYTES + 1)), {"a.txt.gz": "limit.bytes"}),
    ("max_bytes", _BYTES, "a.jsonl", _row_of(_BYTES), _row_of(_BYTES + 1), {"a.jsonl#1": "limit.bytes"}),
    ("max_bytes", _BYTES, "a.jsonl", _row_of(_BYTES) + b"\r\n", _row_of(_BYTES + 1) + b"\r\n", {"a.jsonl#1": "limit.bytes"}),
    ("max_bytes", _BYTES, "a.zip", _zip({"a.txt": _padded(_BYTES)}), _zip({"a.txt": _padded(_BYTES + 1)}), {"a.zip/a.txt": "limit.bytes"}),
    ("max_bytes", _BYTES, "a.parquet", _parquet([_padded(_BYTES - 11).decode()]), _parquet([_padded(_BYTES - 10).decode()]), {"a.parquet#1": "limit.bytes"}),
    ("max_paragraphs", _PARAGRAPHS, "a.txt", _paragraphs(_PARAGRAPHS), _paragraphs(_PARAGRAPHS + 1), {"a.txt": "limit.paragraphs"}),
    ("max_members", _MEMBERS, "a.zip", _members(_zip, _MEMBERS), _members(_zip, _MEMBERS + 1), {"a.zip": "limit.members"}),
    ("max_members", _MEMBERS, "a.tar", _tar(_MEMBERS), _tar(_MEMBERS + 1), {f"a.tar/{n}.txt": "published" for n in range(_MEMBERS)} | {"a.tar": "limit.members"}),
    ("max_ratio", 3, "a.jsonl.gz", _packed_lines(0), _packed_lines(1), {**{f"a.jsonl.gz#{n}": "published" for n in range(1, 40)}, "a.jsonl.gz": "limit.ratio"}),
    ("min_vietnamese_share", 0.3, "a.txt", _STRANGE.encode(), (_STRANGE + "x").encode(), {"a.txt": "quality.vietnamese_share"}),
    ("min_vietnamese_share", 0.1, "a.txt", b"x" * 24, b"x" * 25, {"a.txt": "text.not_vietnamese"}),  # of fewer letters no language is told
    ("min_syllable_share", 0.5, "a.txt", _STRANGE.encode(), (_STRANGE + "xx").encode(), {"a.txt": "quality.syllable_share"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "name", "at", "above", "wanted"),
    _AT_AND_ABOVE,
    ids=lambda value: str(value) if isinstance(value, str) else "-",
)
def test_what_is_at_a_limit_is_published_and_what_is_above_is_not(write, tmp_path, key, value, name, at, above, wanted):
    text = f"[structure]\nenabled = false\n[{'quality' if key.startswith('min_') else 'limits'}]\n{key} = {value}\n"
    text += {"max_ratio": "max_bytes = 300\n"}.get(key, "")  # the ratio counts from there on
    (tmp_path / "corpus.toml").write_text(text, encoding="ascii")
    corpus, found = load_config(tmp_path / "corpus.toml"), []
    for number, content in enumerate((at, above)):
        checked = check_seeds(str(write({name: content}, f"in{number}")), corpus, Job(workers=1))
        found.append({row["path"]: row["reason"] or row["status"] for row in checked.ledger.to_dicts()})
    assert (set(found[0].values()), found[1]) == ({"published"}, wanted)

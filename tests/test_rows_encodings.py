"""A row in a legacy encoding is named, and restored, as a text file in that encoding is."""

import codecs
import gzip
import hashlib
import io
import json
import tarfile
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builds import ledger, records
from support.legacy import AS_BYTES, AS_TEXT, TEXTS, plain, tcvn3

import corpus_vn_police as cvp
from corpus_vn_police.config import Text, load_config
from corpus_vn_police.stages.normalise.batch import normalise_batch
from corpus_vn_police.stages.read import Batching, Unpacker, list_input, load
from corpus_vn_police.stages.read.encoded import Utf8Stream
from corpus_vn_police.stages.read.rows import read_row

_FEW = TEXTS[:3]
# How a file is put into an encoding as a whole, and the reason code of its texts.
_WHOLE = {
    "utf-8": (None, str.encode),
    "utf-8-sig": (None, lambda text: codecs.BOM_UTF8 + text.encode()),
    "utf-16-le": ("encoding.utf16", lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le")),
    "utf-16-be": ("encoding.utf16", lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be")),
    "utf-32-le": ("encoding.utf32", lambda text: codecs.BOM_UTF32_LE + text.encode("utf-32-le")),
    "utf-32-be": ("encoding.utf32", lambda text: codecs.BOM_UTF32_BE + text.encode("utf-32-be")),
    "no-mark": ("encoding.nul", lambda text: text.encode("utf-16-le")),
    **{reason: (reason, AS_BYTES[reason]) for reason in ("encoding.tcvn3", "encoding.vni", "encoding.cp1258")},
}
_RESTORABLE = [name for name, (reason, _) in _WHOLE.items() if reason != "encoding.nul"]
_TEXTS_ALONE = {reason: damage for reason, damage in AS_TEXT.items() if reason != "encoding.replacement_character"}


def _tar(name, data):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


def _zip(name, data):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, data)
    return stream.getvalue()


def _packed(stem, data, ending):
    return {
        f"{stem}.{ending}": data,
        f"{stem}.{ending}.gz": gzip.compress(data),
        f"{stem}.{ending}.zip": _zip(f"in.{ending}", data),
        f"{stem}.{ending}.tar.gz": _tar(f"in.{ending}", data),
    }


def _files():
    """Each encoding in each kind of file; texts and rows hold the same."""
    files = {}
    texts = [plain(text) for text in _FEW]
    for name, (_, encode) in _WHOLE.items():
        for number, text in enumerate(texts):
            files |= _packed(f"{name}/{number}", encode(text), "txt")
        rows = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
        # `plain` made one line of each text; the ends of lines are put into the encoding with the rest.
        whole = "\r\n".join(rows) + "\n"
        if name.startswith("encoding."):
            files |= _packed(f"{name}/rows", b"\r\n".join(map(encode, rows)), "jsonl")
        elif name != "no-mark":
            files |= _packed(f"{name}/rows", encode(whole), "jsonl")
    for reason, damage in _TEXTS_ALONE.items():
        damaged = [damage(text) for text in _FEW]
        for number, text in enumerate(damaged):
            files[f"{reason}-as-text/{number}.txt"] = text.encode()
        rows = b"\n".join(json.dumps({"text": text}).encode() for text in damaged)
        files |= _packed(f"{reason}-as-text/rows", rows, "jsonl")
        sink = io.BytesIO()
        pq.write_table(pa.table({"text": damaged}), sink)
        files[f"{reason}-as-text/rows.parquet"] = sink.getvalue()
    return files


_CORPUS = load_config(None)


def _normalised(seeds, repair=True):
    """Of each path the columns that normalisation leaves."""
    unpacker = Unpacker(_CORPUS.limits, Batching())
    batches = [
        normalise_batch(batch, Text(repair=repair, tone="keep"))
        for task in unpacker.tasks(list_input(str(seeds)))
        for batch in load(task, _CORPUS, Batching())
    ]
    return {row["path"]: row for batch in batches for row in batch.to_dicts()}


@pytest.mark.parametrize("repair", [False, True])
def test_a_row_has_the_outcome_of_the_text_file_with_its_text(write, repair):
    found = {}
    for path, row in _normalised(write(_files()), repair).items():
        folder, _, name = path.partition("/")
        number = int(name.rpartition("#")[2]) - 1 if "#" in name else int(name[0])
        found.setdefault((folder, number), {})[name] = (row["reason"], row["text"])
    kinds = {each: set(outcomes.values()) for each, outcomes in found.items()}
    assert {each: outcomes for each, outcomes in kinds.items() if len(outcomes) > 1} == {}
    assert {folder: len(found[folder, 0]) for folder, _ in found} == {
        **dict.fromkeys(_WHOLE, 8), "no-mark": 4, **{f"{name}-as-text": 6 for name in _TEXTS_ALONE}
    }  # fmt: skip
    texts = [cvp.normalise(plain(text)) for text in _FEW]
    for name, (reason, _) in _WHOLE.items():
        sound = reason is None or (repair and name in _RESTORABLE)
        expected = [{(None, text)} if sound else {(reason, None)} for text in texts]
        assert [kinds[name, number] for number in range(len(texts))] == expected


def test_utf_16_without_its_mark_is_named_in_every_line(write):
    rows = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in _FEW)
    found = _normalised(write({"le.jsonl": rows.encode("utf-16-le"), "be.jsonl": rows.encode("utf-16-be")}))
    assert {row["reason"] for row in found.values()} == {"encoding.nul"}


_ROW = {
    "text": plain(TEXTS[3]), "title": "Công an tỉnh bắt giữ hai đối tượng", "source": "Báo Công an",
    "id": "bai-7", "date": "2020-12-07", "url": "https://example.org/7",
}  # fmt: skip


@pytest.mark.parametrize("name", _RESTORABLE)
def test_what_a_row_says_beside_its_text_is_restored_with_it(write, name):
    line = _WHOLE[name][1](json.dumps(_ROW, ensure_ascii=False))
    row = _normalised(write({"a.jsonl": line}))["a.jsonl#1"]
    names = ("text", "title", "publisher", "key", "header_date", "url", "id", "reason")
    assert [row[name] for name in names] == [
        cvp.normalise(_ROW["text"]), _ROW["title"], _ROW["source"], "bai-7", "2020-12-07", _ROW["url"],
        hashlib.sha256(b"bai-7").hexdigest()[:16], None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value"),
    [("id", b"b\xb5i"), ("url", b"\xb5"), ("date", b"\xb5"), ("title", "Công an".encode()), ("source", "Báo".encode())],
)
def test_what_stands_beside_a_text_in_another_encoding_rejects_the_row(key, value):
    line = b'{"text": "C\xabng an t\xd8nh", "' + key.encode() + b'": "' + value + b'"}'
    row = read_row(line)
    assert (row["reason"].code, row["pointer"]) == ("encoding.invalid_utf8", f"/{key}")


@pytest.mark.parametrize("name", ["utf-16-le", "utf-32-be"])
def test_sources_gives_rows_back_whatever_encoding_their_file_was_in(write, tmp_path, name):
    # A newline is not one byte there, and U+0A0A and U+010A hold the byte of one.
    texts = [*_FEW, f"{_FEW[0]} \u0a0a \u010a \U0001f600"]
    rows = "\n".join(json.dumps({"text": text}, ensure_ascii=False) for text in texts)
    seeds = write({"a.jsonl": _WHOLE[name][1](rows), "corpus.toml": '[text]\nrepair = true\n[dedup]\nlevel = "off"\n'})
    cvp.build(seeds, out=tmp_path / "out")
    cvp.sources(tmp_path / "out", out=tmp_path / "back")
    lines = (tmp_path / "back/a.jsonl").read_bytes().splitlines()
    published = sorted(row["path"] for row in ledger(tmp_path / "out") if row["status"] == "published")
    assert published == [f"a.jsonl#{number}" for number in (1, 2, 3, 4)]
    assert {hashlib.sha256(line).hexdigest() for line in lines} == {
        row["source"]["sha256"] for row in records(tmp_path / "out")
    }
    assert [json.loads(line.removeprefix(codecs.BOM_UTF8))["text"] for line in lines] == texts


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("utf-16-le", b"\x00\xd8"),
        ("utf-16-le", b"\x00\xdc"),
        ("utf-32-le", b"\xff\xff\xff\xff"),
        ("utf-32-le", b"\x00\xd8\0\0"),
    ],
)
def test_a_line_that_cannot_be_decoded_is_a_row_and_its_neighbours_stay(write, name, end):
    lines = [f"{json.dumps({'text': text})}\n".encode(name) for text in _FEW]
    broken = lines[1].removesuffix("\n".encode(name)) + end
    data = "\ufeff".encode(name) + lines[0] + broken + "\n".encode(name) + lines[2] + b"{"
    found = {path: row["reason"] for path, row in _normalised(write({"a.jsonl": data})).items()}
    reason = {"utf-16-le": "encoding.utf16", "utf-32-le": "encoding.utf32"}[name]
    assert found == {"a.jsonl#1": None, "a.jsonl#2": reason, "a.jsonl#3": None, "a.jsonl#4": reason}


def test_a_mark_inside_a_file_is_passed_over(write):
    parts = [json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in _FEW]
    names = [name for name in _RESTORABLE if name.startswith("utf-")]
    files = {f"{name}.jsonl": b"".join(_WHOLE[name][1](part) for part in parts) for name in names}
    found = _normalised(write(files))
    assert [(row["reason"], row["text"]) for row in found.values()] == [
        (None, cvp.normalise(text)) for text in _FEW
    ] * len(names)


@given(
    st.binary(max_size=60),
    st.sampled_from([b"", *(encode("") for _, encode in _WHOLE.values())]),
    st.integers(1, 9),
)
def test_any_bytes_come_out_of_a_stream_however_it_is_read(data, mark, size):
    whole = mark + data
    stream = Utf8Stream.of(io.BytesIO(whole))
    parts = []
    while part := stream.read(size):
        parts.append(part)
    if stream.encoding is None:
        assert b"".join(parts) == whole
    else:
        shown = whole.decode(stream.encoding, "replace").removeprefix("\ufeff")
        assert b"".join(parts).decode("utf-8", "replace").replace("\ufffd", "") == shown.replace("\ufffd", "")


def test_a_row_that_nests_deeper_than_the_limit_is_refused_wherever_it_is_read_from():
    def deep(levels):
        return b'{"text": "a", "x": ' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"

    def read_at(frames, line):
        return read_at(frames - 1, line) if frames else read_row(line)

    for frames in (0, 200):
        assert "body" in read_at(frames, deep(500))
        assert read_at(frames, deep(501))["reason"].code == "json.depth"
    assert "body" in read_row(b'{"text": "' + b"[{" * 5_000 + b'\\"["}')


def test_bytes_and_escapes_of_one_row_do_not_become_each_other():
    line = b'{"text": "' + tcvn3(plain(TEXTS[0])) + b' \\u1ea1 \\n \\" \\\\"}'
    assert read_row(line)["body"] == tcvn3(plain(TEXTS[0])) + ' ạ \n " \\'.encode()


def test_brackets_in_a_string_that_does_not_end_are_no_nesting():
    # Each escaped quote could begin a string: the pattern looks at none of them twice.
    assert read_row(b'{"text": "' + b'[\\"' * 300_000)["reason"].code == "json.invalid"

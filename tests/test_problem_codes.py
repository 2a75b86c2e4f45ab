"""Every code of `verify`: a build that was tampered with, and all that is then named.

Files are signed again, so that what is found is what the change says and not its digest. A code of
`verify` without a case here is red.
"""

import os
import shutil
import sys

import polars as pl
import pyarrow.parquet as pq
import pytest
from support.tamper import read, retext, rewrite, sign, without

import corpus_vn_police as cvp
from corpus_vn_police.commands.verify.findings import Findings
from corpus_vn_police.commands.verify.hints import HINTS, WARNINGS, WORDS

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_TRAIN, _TEST = "data/train-00000-of-00001.parquet", "data/test-00000-of-00001.parquet"
_EXPORT = "data.jsonl.zst"
_LEDGER, _MANIFEST, _CARD, _CROISSANT = "ledger.parquet", "manifest.json", "README.md", "croissant.json"
_CONTENT = (_MANIFEST, "manifest.content_digest")
# What follows where the records of a shard are not read, and where a file has another size than was written.
_UNREAD = [
    (_MANIFEST, "splits.count"), (_LEDGER, "ledger.records"), (_LEDGER, "ledger.duplicates"),
    ("annotations/train", "configs.aligned"), ("sources/train", "configs.aligned"),
]  # fmt: skip
_SIZE = [(_CROISSANT, "croissant.content")] * 2
_BODY = (
    "Công an huyện Bến Lức vừa bắt giữ hai đối tượng trộm cắp tài sản của người dân trên địa bàn xã Thạnh Lợi, "
    "thu giữ nhiều tang vật gồm xe máy, điện thoại di động cùng số tiền lớn và đang tiếp tục mở rộng điều tra."
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build with records in two splits, a rejected seed, a duplicate and a tombstone."""
    folder = tmp_path_factory.mktemp("problems")
    (folder / "in").mkdir()
    for number in range(6):
        words = " ".join(f"vụ{number}{letter}" for letter in "abcdefghijklmnop")
        (folder / f"in/{number}.txt").write_text(f" date 202{number} Tin {number} {words}.", encoding="utf-8")
    for number in range(6, 21):  # enough records for pictures
        words = " ".join(f"vụ{number}{letter}" for letter in "abcdefghijklmnop")
        (folder / f"in/{number}.txt").write_text(f" date 2023 Tin {number} {words}.", encoding="utf-8")
    shutil.copy(folder / "in/1.txt", folder / "in/copy.txt")
    (folder / "in/long.txt").write_text(f" date 2021 {_BODY}", encoding="utf-8")
    (folder / "in/bad.txt").write_bytes(b"\xff")
    (folder / "in/corpus.toml").write_text(
        '[splits]\ntest_from = "2024-01"\n[quality]\nenabled = false\n[export]\njsonl = true\n', encoding="ascii"
    )
    cvp.build(folder / "in", out=folder / "out", workers=1)
    gone = pl.read_parquet(folder / "out" / _TRAIN)["id"][0]
    cvp.remove(folder / "out", gone, reason="x")
    return folder / "out"


@pytest.fixture
def out(built, tmp_path):
    return shutil.copytree(built, tmp_path / "out")


def _exported(change):
    """A build whose export has other lines."""

    def tamper(out):
        lines = zstd.decompress((out / _EXPORT).read_bytes()).splitlines(keepends=True)
        (out / _EXPORT).write_bytes(zstd.compress(b"".join(change(lines))))
        sign(out)

    return tamper


def _long(file):
    """A build with a file that is longer than any that a build writes."""

    def tamper(out):
        with (out / file).open("ab") as stream:
            stream.truncate((64 << 20) + 1)
        sign(out)

    return tamper


def _schemas(out):
    sign(out, schemas=read(out)["schemas"] | {"record": "0" * 64})


def _no_records(out):
    without(out, _TRAIN, _TEST)


def _unreadable(out):
    (out / _TRAIN).write_bytes(b"x")
    sign(out)


def _columns(out):
    table = pq.read_table(out / _TRAIN)
    pq.write_table(table.rename_columns([f"{name}s" for name in table.schema.names]), out / _TRAIN)
    sign(out)


def _two_files(out):
    """Divide the rows of a file among two: that changes nothing of the content."""
    path = out / _TRAIN.replace("data", "annotations")
    table = pq.read_table(path)
    names = [f"annotations/train-0000{number}-of-00002.parquet" for number in range(2)]
    for name, rows in zip(names, (table[:1], table[1:]), strict=True):
        pq.write_table(rows, out / name)
    path.unlink()
    files = [entry for entry in read(out)["files"] if entry["path"] != f"annotations/{path.name}"]
    sign(out, files=[*files, *({"path": name} for name in names)])


def _first(column, value):
    """The first row with another value in a column."""
    return lambda frame: frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(value).otherwise(column).cast(frame.schema[column]).alias(column)
    )


def _revived(out):
    """Write the id of what was taken down into a record that is published."""
    gone = pl.read_parquet(out / _LEDGER).filter(pl.col("status") == "removed")["id"][0]
    for folder in ("data", "annotations", "sources"):
        if (out / folder).exists():
            rewrite(out, _TEST.replace("data", folder), _first("id", pl.lit(gone)))


def _reversed(out):
    """Turn the rows of a split round in every config."""
    for folder in ("data", "annotations", "sources"):
        rewrite(out, _TRAIN.replace("data", folder), pl.DataFrame.reverse)


def _texts(change):
    """Give the published records other texts, as the first config says them."""

    def changed(out):
        rewrite(out, _TRAIN, lambda frame: frame.with_columns(change(frame)))

    return changed


def _listed_stranger(out):
    (out / "load.py").write_text("x")
    sign(out, files=[*read(out)["files"], {"path": "load.py"}])


def _other_loading(out):
    retext(out, _CARD, "data/test-*.parquet", "data/other-*.parquet")
    sign(out, generator="another one")


_CASES = {
    "manifest.invalid": [(lambda out: (out / _MANIFEST).write_text("{"), [(_MANIFEST, "manifest.invalid")])],
    "manifest.digest": [
        (lambda out: (out / _MANIFEST).write_text((out / _MANIFEST).read_text().replace('"seeds": 24', '"seeds": 8')), [(_MANIFEST, "manifest.digest"), (_LEDGER, "ledger.balance")]),
    ],
    "manifest.files": [(lambda out: sign(out, files=[*read(out)["files"], read(out)["files"][0]]), [(_MANIFEST, "manifest.files")])],
    "manifest.schemas": [(_schemas, [(_MANIFEST, "manifest.schemas")])],
    "manifest.content_digest": [(lambda out: sign(out, digest=f"sha256:{'0' * 64}"), [_CONTENT])],
    "file.not_regular": [(lambda out: os.mkfifo(out / "data/fifo"), [("data/fifo", "file.not_regular")])],
    "file.unlisted": [(lambda out: (out / "data/x.txt").write_text("x"), [("data/x.txt", "file.unlisted")])],
    "file.missing": [
        (lambda out: (out / _LEDGER).unlink(), [(_LEDGER, "file.missing")]),
        (_no_records, [("data", "file.missing")]),
        (lambda out: without(out, _CROISSANT), [(_CROISSANT, "file.missing")]),
    ],
    "file.foreign": [(_listed_stranger, [("load.py", "file.foreign")])],
    "file.digest": [(lambda out: (out / _CARD).write_text("x"), [(_CARD, "file.digest")])],
    "file.unreadable": [(_unreadable, [(_TRAIN, "file.unreadable"), *_UNREAD])],
    "file.empty": [(lambda out: rewrite(out, _TRAIN, lambda frame: frame.clear()), [(_TRAIN, "file.empty"), *_UNREAD])],
    "schema.columns": [(_columns, [(_TRAIN, "schema.columns"), *_UNREAD])],
    "schema.row": [
        (lambda out: rewrite(out, _TRAIN, _first("n_chars", pl.lit(0))), [(_TRAIN, "schema.row"), _CONTENT]),
        (lambda out: rewrite(out, _LEDGER, _first("bytes", pl.lit(-1))), [(_LEDGER, "schema.row"), *_SIZE]),
    ],
    "splits.assignment": [(lambda out: rewrite(out, _TRAIN, _first("date", pl.lit("2024"))), [(_TRAIN, "splits.assignment"), _CONTENT])],
    "splits.count": [(lambda out: sign(out, splits={"train": 1}), [(_MANIFEST, "splits.count")])],
    "shards.cut": [(_two_files, [("annotations/train", "shards.cut"), *[(_CARD, "card.content")] * 4, (_CROISSANT, "croissant.content")])],
    "sources.sha256": [(lambda out: rewrite(out, _TRAIN.replace("data", "sources"), _first("data", pl.lit(b"x"))), [("sources/train", "sources.sha256"), _CONTENT])],
    "configs.aligned": [
        (lambda out: rewrite(out, _TRAIN.replace("data", "annotations"), lambda frame: frame.reverse()), [("annotations/train", "configs.aligned"), _CONTENT]),
        (lambda out: rewrite(out, _TRAIN.replace("data", "annotations"), lambda frame: frame[1:]), [("annotations/train", "configs.aligned"), _CONTENT]),
        (lambda out: without(out, _TEST.replace("data", "annotations")), [("annotations/test", "configs.aligned"), _CONTENT]),
    ],
    "annotations.span": [
        (lambda out: rewrite(out, _TRAIN.replace("data", "annotations"), _first("personal", pl.lit([{"start": 0, "end": 10**6, "kind": "phone"}], pl.List(pl.Struct({"start": pl.Int32, "end": pl.Int32, "kind": pl.String}))))), [("annotations/train", "annotations.span"), _CONTENT]),
        (lambda out: rewrite(out, _TRAIN.replace("data", "annotations"), _first("quotes", pl.lit([{"start": 0, "end": 1, "text": "?", "speaker": None}], pl.List(pl.Struct({"start": pl.Int32, "end": pl.Int32, "text": pl.String, "speaker": pl.String}))))), [("annotations/train", "annotations.span"), _CONTENT]),
    ],
    "ledger.balance": [
        (lambda out: sign(out, seeds=10), [(_LEDGER, "ledger.balance")]),
        (lambda out: sign(out, status=read(out)["status"] | {"rejected": 2, "duplicate": 0}), [(_LEDGER, "ledger.balance")]),
    ],
    "ledger.records": [(lambda out: rewrite(out, _LEDGER, lambda frame: frame.with_columns(pl.col("id").str.replace("^.", "0").str.replace("^0(.)", "f$1"))), [(_LEDGER, "ledger.records"), *_SIZE])],
    "ledger.duplicates": [(lambda out: rewrite(out, _TRAIN, lambda frame: frame.with_columns(duplicates=pl.lit(0, pl.Int32))), [(_LEDGER, "ledger.duplicates"), _CONTENT])],
    "records.order": [(_reversed, [("data/train", "records.order"), _CONTENT])],
    "ledger.order": [(lambda out: rewrite(out, _LEDGER, lambda frame: frame.sort("path", descending=True, nulls_last=True)), [(_LEDGER, "ledger.order"), *_SIZE])],
    "records.id": [(lambda out: rewrite(out, _TRAIN, lambda frame: frame.with_columns(pl.col("id").first())), [(_LEDGER, "ledger.records"), ("data", "records.id"), ("annotations/train", "configs.aligned"), ("sources/train", "configs.aligned"), _CONTENT])],
    "removed.present": [(_revived, [*((f"{folder}/test", "removed.present") for folder in ("data", "annotations", "sources")), (_LEDGER, "ledger.records"), _CONTENT])],
    "copies.duplicate": [(_texts(lambda frame: pl.col("text").first()), [("data", "copies.duplicate"), _CONTENT])],
    "copies.near_duplicate": [(_texts(lambda frame: (pl.lit(_BODY) + pl.int_range(pl.len()).cast(pl.String)).alias("text")), [("data", "copies.near_duplicate"), _CONTENT])],
    "card.invalid": [(lambda out: ((out / _CARD).write_bytes(b"\xff"), sign(out)), [(_CARD, "card.invalid")])],
    "card.loading": [(_other_loading, [(_CARD, "card.loading")])],
    "card.content": [(lambda out: retext(out, _CARD, "train", "training"), [(_CARD, "card.content")]), (lambda out: retext(out, _CARD, "train", "training", -1), [(_CARD, "card.content")] * 6)],
    "figures.content": [(lambda out: retext(out, "figures/ledger.svg", "rejected", "accepted"), [("figures/ledger.svg", "figures.content")])],
    "figures.invalid": [(_long("figures/ledger.svg"), [("figures/ledger.svg", "figures.invalid")])],
    "export.invalid": [(lambda out: ((out / _EXPORT).write_bytes(b"{"), sign(out)), [(_EXPORT, "export.invalid"), (_CROISSANT, "croissant.content"), (_CROISSANT, "croissant.content")])],
    "export.content": [(_exported(lambda lines: lines[1:]), [(_EXPORT, "export.content"), *_SIZE]), (_exported(lambda lines: [*lines, lines[0]]), [(_EXPORT, "export.content"), *_SIZE]), (_exported(lambda lines: lines[:-1]), [(_EXPORT, "export.content"), *_SIZE]), (_exported(lambda lines: [line.replace(b"2021", b"2022") for line in lines]), [(_EXPORT, "export.content"), *_SIZE])],
    "croissant.invalid": [(lambda out: ((out / _CROISSANT).write_text("{"), sign(out)), [(_CROISSANT, "croissant.invalid")])],
    "croissant.content": [(lambda out: retext(out, _CROISSANT, "train", "training"), [(_CROISSANT, "croissant.content")]), (lambda out: retext(out, _CROISSANT, "train", "training", -1), [(_CROISSANT, "croissant.content")] * 6)],
}  # fmt: skip


def test_the_build_that_is_tampered_with_is_fine(out):
    assert cvp.verify(out).problems == ()


@pytest.mark.parametrize(
    ("change", "wanted"),
    [pytest.param(*case, id=f"{code}-{number}") for code, cases in _CASES.items() for number, case in enumerate(cases)],
)
def test_what_was_tampered_with_is_named_and_nothing_else(out, change, wanted):
    change(out)
    assert [(problem.file, problem.code) for problem in cvp.verify(out).problems] == wanted


def test_every_code_has_a_case_that_gives_it():
    given = {code for code, cases in _CASES.items() if all(code in dict(map(reversed, wanted)) for _, wanted in cases)}
    assert given == set(HINTS)
    assert set(HINTS) | set(WARNINGS) == set(WORDS)


def test_a_code_without_a_hint_is_a_defect():
    with pytest.raises(KeyError):
        Findings().add("x", "file.strange", "")

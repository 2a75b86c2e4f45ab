"""The documents of a build: each is written, compared, and told of by those that list files."""

import importlib
import json
import pkgutil
import shutil
import sys

import jsonschema
import mlcroissant
import polars as pl
import pytest
from support.builds import records, sign

import corpus_vn_police as cvp
from corpus_vn_police import documents
from corpus_vn_police.commands.build import batches
from corpus_vn_police.contract import document
from corpus_vn_police.documents import DOCUMENTS, Document

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Every setting that adds a document.
_ALL = "[export]\njsonl = true\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build with every document, and its seeds beside it."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "in").mkdir()
    for year in range(2003, 2023):
        (folder / f"in/{year}.txt").write_text(f" date {year} Công an bắt giữ {year} đối tượng trộm cắp.")
    (folder / "in/corpus.toml").write_text(
        f'[splits]\nvalidation_from = "2020-01"\ntest_from = "2021-01"\n[quality]\nenabled = false\n{_ALL}'
    )
    cvp.build(folder / "in", out=folder / "out", workers=1)
    return folder / "out"


@pytest.fixture
def out(built, tmp_path):
    shutil.copytree(built.parent / ".out.state", tmp_path / ".out.state")
    return shutil.copytree(built, tmp_path / "out")


def _files(folder, name):
    """The files of a document in a build."""
    path = folder / name
    return sorted(path.iterdir()) if path.is_dir() else [path] if path.exists() else []


def test_every_document_is_in_the_list_that_commands_walk():
    for module in pkgutil.iter_modules(documents.__path__):
        importlib.import_module(f"{documents.__name__}.{module.name}")
    assert {type(each) for each in DOCUMENTS} == set(Document.__subclasses__())


@pytest.mark.parametrize("name", [each.name for each in DOCUMENTS])
def test_a_document_that_says_something_else_is_named_by_verify(out, name):
    files = _files(out, name)
    assert files != []  # a new one: add its setting to _ALL
    for file in files:
        before = file.read_bytes()
        file.write_bytes(before[:-40])
        sign(out)
        named = {problem.file for problem in cvp.verify(out).problems}
        assert file.relative_to(out).as_posix() in named
        file.write_bytes(before)


@pytest.mark.parametrize("name", [each.name for each in DOCUMENTS])
def test_a_document_that_is_gone_from_folder_and_manifest_is_named_by_verify(out, name):
    for file in _files(out, name)[:1]:
        file.unlink()
        manifest = json.loads((out / "manifest.json").read_text())
        listed = [each for each in manifest["files"] if each["path"] != file.relative_to(out).as_posix()]
        sign(out, files=listed)
        assert (file.relative_to(out).as_posix(), "file.missing") in {
            (problem.file, problem.code) for problem in cvp.verify(out).problems
        }


@pytest.mark.parametrize("name", ["more.md", "figures/more.svg", "data2.jsonl.zst"])
def test_a_listed_file_that_no_document_writes_is_named_by_verify(out, name):
    (out / name).write_text("x")
    manifest = json.loads((out / "manifest.json").read_text())
    sign(out, files=[*manifest["files"], {"path": name, "bytes": 1, "sha256": ""}])
    assert (name, "file.foreign") in {(problem.file, problem.code) for problem in cvp.verify(out).problems}


def _lines(out):
    return [json.loads(line) for line in zstd.decompress((out / "data.jsonl.zst").read_bytes()).splitlines()]


def test_the_export_holds_the_records_split_after_split_as_their_schema_has_them(out):
    lines = _lines(out)
    validator = jsonschema.Draft202012Validator(document("record"), format_checker=jsonschema.FormatChecker())
    assert [error for line in lines for error in validator.iter_errors(line)] == []
    assert [(line["id"], line["text"], line["date"]) for line in lines] == [
        (record["id"], record["text"], record["date"]) for record in records(out)
    ]
    assert pl.read_ndjson(zstd.decompress((out / "data.jsonl.zst").read_bytes())).height == 20


def test_a_takedown_takes_a_record_out_of_the_export(out):
    gone = _lines(out)[1]["id"]
    cvp.remove(out, gone, reason="x")
    assert gone not in {line["id"] for line in _lines(out)}
    assert cvp.verify(out).problems == ()


def test_the_croissant_file_and_the_card_tell_of_the_export(out):
    dataset = mlcroissant.Dataset(out / "croissant.json")
    (found,) = [each for each in dataset.metadata.distribution if each.id == "data.jsonl.zst"]
    assert (found.content_url, found.encoding_formats) == ("data.jsonl.zst", ["application/jsonlines"])
    card = (out / "README.md").read_text()
    assert (
        "`data.jsonl.zst` has the records of all splits as JSON, one per line (train 17, validation 1, test 2).\n"
        in card
    )


def test_an_export_that_is_switched_off_and_on_reads_no_seed_again(out, built, monkeypatch):
    config = out.parent / "corpus.toml"
    text = (built.parent / "in/corpus.toml").read_text()
    before = cvp.verify(out).digest
    monkeypatch.setattr(batches, "load", None)  # what reads seeds
    for setting in ("false", "true"):
        config.write_text(text.replace("jsonl = true", f"jsonl = {setting}"))
        built_again = cvp.build(built.parent / "in", out=out, config=config, workers=1)
        assert (built_again.digest, (out / "data.jsonl.zst").exists()) == (before, setting == "true")
        assert cvp.verify(out).problems == ()


def test_a_build_without_the_setting_has_no_export(write, tmp_path):
    cvp.build(write({"a.txt": " date 2020 Bài"}), out=tmp_path / "out", workers=1)
    assert not (tmp_path / "out/data.jsonl.zst").exists()

"""The Croissant file: `mlcroissant` validates it, and reads from it what was built."""

import datetime
import json
import logging
import math
import re
import shutil
import warnings
from dataclasses import replace

import polars as pl
import pytest
from support.builds import ROOT, SEEDS, sign

import corpus_vn_police as cvp
from corpus_vn_police.config import load_config
from corpus_vn_police.contract import CONFIGS, load_contract
from corpus_vn_police.dataset import cuts
from corpus_vn_police.dataset.folder import open_build
from corpus_vn_police.dataset.layout import FOLDERS
from corpus_vn_police.documents import sections as card_sections
from corpus_vn_police.documents.croissant import croissant, differences
from corpus_vn_police.documents.opened import facts_of
from corpus_vn_police.documents.rai import SECTIONS, plain_text
from corpus_vn_police.files import file_digest

# mlcroissant takes seconds to import.
pytestmark = pytest.mark.xdist_group("croissant")

TEXT = "Sáng 26/3, tại TP. Đà Nẵng, Công an thành phố tổ chức hội nghị số {0}.\n\nĐoạn hai của bài {0}.\n\nẢnh: Bộ Công an\n\nPHẠM THỦY"
ROW = {"text": "Một hàng khác hẳn, hoà bình và hòa bình.", "date": "2016-04-05", "title": "Tiêu đề", "id": "k1",
       "url": "https://example.org/a", "source": "Báo"}  # fmt: skip


@pytest.fixture(scope="module")
def mlc():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its own, when it is imported
        import mlcroissant

    return mlcroissant


@pytest.fixture
def open_croissant(mlc, caplog):
    """Open a build's Croissant file; what mlcroissant finds wrong, also while it reads, fails the test."""
    expected = []

    def open_croissant(folder, issues=""):
        dataset = mlc.Dataset(folder / "croissant.json")
        assert dataset.metadata.ctx.issues.report() == issues
        assert dataset.metadata.ctx.conforms_to.value == "http://mlcommons.org/croissant/1.1"
        expected.extend([issues] if issues else [])
        return dataset

    with caplog.at_level(logging.WARNING):
        yield open_croissant
    told = [each for each in caplog.get_records("call") if each.name != "corpus_vn_police"]  # whose notes are its own
    assert [record.getMessage() for record in told] == expected


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A build with four shards of train, one of test and none of validation."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "in").mkdir()
    for number in range(8):
        (folder / f"in/{number}.txt").write_text(f"date 201{number}-03\n\n{TEXT.format(number * 7)}")
    (folder / "in/undated.txt").write_text(
        "Tin vắn\n\nCông an xã tuần tra ban đêm, bắt hai đối tượng.\n\nBà con yên tâm."
    )
    (folder / "in/rows.jsonl").write_text(json.dumps(ROW))
    (folder / "in/empty.txt").write_text("")
    (folder / "in/corpus.toml").write_text('[dedup]\nlevel = "off"\n[splits]\ntest_from = "2017-01"\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts, "ONE_SHARD_BYTES", 400)
        patch.setattr(cuts, "_READERS", 2)
        cvp.build(folder / "in", out=folder / "out", workers=1)
        assert len(list((folder / "out/data").glob("train-*-of-00004.parquet"))) == 4
        yield folder / "out"  # `verify` asks where a build cuts


def _plain(value, name):
    """A value as mlcroissant gives it, in the types of the rows: text is bytes there, a date a Timestamp."""
    if isinstance(value, dict):
        plain = {key.removeprefix(f"{name}/"): _plain(each, key) for key, each in value.items()}
        return None if set(plain.values()) == {None} else plain  # a struct that is null has null in all fields
    if isinstance(value, list):
        return [_plain(each, name) for each in value]
    if isinstance(value, bytes):
        return value if name == "sources/data" else value.decode()
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime().date()
    return value.item() if hasattr(value, "item") else value


def _read(dataset, name, filters=None):
    """The records of a record set, by field."""
    found = [{key: _plain(value, key) for key, value in row.items()} for row in dataset.records(name, filters=filters)]
    return [{key.removeprefix(f"{name}/"): value for key, value in row.items()} for row in found]


def _built(folder, config, splits=("test", "train", "validation")):
    """The rows of a config as they were built, each with its split; in the order of the files' names."""
    rows = []
    for split in splits:
        for path in sorted((folder / FOLDERS[config]).glob(f"{split}-*.parquet")):
            rows += [{"split": split, **row} for row in pl.read_parquet(path).to_dicts()]
    return rows


def _same(found, built):
    """Whether rows are equal in every value and in its type; a NaN would not be."""
    assert found == built
    kinds = [[{key: type(value) for key, value in row.items()} for row in rows] for rows in (found, built)]
    assert kinds[0] == kinds[1]


def test_the_shipped_corpus_reads_as_it_was_built(open_croissant, tmp_path):
    cvp.build(out=tmp_path / "out", workers=1)
    dataset = open_croissant(tmp_path / "out")
    for config in CONFIGS:
        _same(_read(dataset, config), _built(tmp_path / "out", config))
    assert [row["name"] for row in _read(dataset, "splits")] == ["train", "test"]


@pytest.mark.parametrize("config", CONFIGS)
def test_many_shards_read_as_they_were_built(open_croissant, many, config):
    found = _read(open_croissant(many), config)
    _same(found, _built(many, config))
    assert len(found) == 10


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_split_can_be_read_alone(open_croissant, many, config, split):
    found = _read(open_croissant(many), config, filters={f"{config}/split": split})
    _same(found, _built(many, config, (split,)))
    assert found


def test_the_ledger_reads_as_it_was_built(open_croissant, many):
    _same(_read(open_croissant(many), "ledger"), pl.read_parquet(many / "ledger.parquet").to_dicts())


def test_nested_values_read_as_they_were_built(open_croissant, many):
    """The rows that are compared hold what is hard: else the tests above say less than they seem to."""
    rows = _read(open_croissant(many), "default")
    assert {len(row["captions"]) for row in rows} == {0, 1}
    assert {caption["credit"] for row in rows for caption in row["captions"]} == {"Bộ Công an"}
    assert {row["source"]["publisher"] for row in rows} == {None, "Báo"}
    assert {None, 2015} < {row["year"] for row in rows}
    assert {None, datetime.date(2015, 3, 26)} < {row["event_date"] for row in rows}
    assert not any(isinstance(value, float) and math.isnan(value) for row in rows for value in row.values())


def test_what_was_not_measured_is_null_and_a_config_that_was_not_built_is_not_there(open_croissant, write):
    folder = write(
        {
            "a.txt": "date 2020-01 Bài",
            "corpus.toml": "[quality]\nenabled = false\n[sources]\nenabled = false\n[annotations]\nenabled = false\n",
        }
    )
    cvp.build(folder, out=folder.parent / "out", workers=1)
    dataset = open_croissant(folder.parent / "out")
    assert [record_set.id for record_set in dataset.metadata.record_sets] == ["splits", "default", "ledger"]
    (row,) = _read(dataset, "default")
    assert (row["tone_style"], row["vietnamese_share"], row["captions"]) == (None, None, [])
    _same([row], _built(folder.parent / "out", "default"))
    content = json.loads((folder.parent / "out/croissant.json").read_text())
    assert "rai:dataAnnotationProtocol" not in content


def test_every_shard_is_there_with_its_sha256(many):
    content = json.loads((many / "croissant.json").read_text())
    files = {each["contentUrl"]: each for each in content["distribution"] if each["@type"] == "cr:FileObject"}
    expected = {path.relative_to(many).as_posix(): file_digest(path) for path in many.rglob("*.parquet")}
    assert {
        name: (int(each["contentSize"].removesuffix(" B")), each["sha256"]) for name, each in files.items()
    } == expected
    listed = json.loads((many / "manifest.json").read_text())["files"]
    assert "croissant.json" in {entry["path"] for entry in listed}


def test_mlcroissant_refuses_a_shard_that_was_changed(open_croissant, many, tmp_path):
    out = shutil.copytree(many, tmp_path / "out")
    for name in ("data/train-00001-of-00004.parquet", "ledger.parquet"):
        (out / name).write_bytes((out / name).read_bytes() + b"\0")
    dataset = open_croissant(out)
    refused = set()
    # It looks at the sha256 of what it downloads: of the files of a set when each is asked for.
    for operation in dataset.operations.operations.nodes:
        if type(operation).__name__ == "Download":
            try:
                operation.call()
            except ValueError as error:
                assert "is not identical with the reference" in str(error)
                refused.add(operation.node.id)
    assert refused == {"data/train-00001-of-00004.parquet", "ledger.parquet"}
    with pytest.raises(Exception, match="An error occurred") as raised:
        list(dataset.records("ledger"))
    assert "is not identical with the reference" in str(raised.value.__cause__)


_HOSTILE = 'Tin "công an" {"@id": "x"} </script> \\u0000 \u00a0\' %s ${x} `` @type'


def test_hostile_titles_and_citations_stay_text(open_croissant, write):
    citation = f'@misc{{a,\n title = "{_HOSTILE}"\n}}\n\u202eevil\x1b[31m'
    settings = {"title": _HOSTILE, "contact": _HOSTILE, "citation": citation, "license_link": "LICENSE", "homepage": "https://example.org/a?b=c&d=%20#e"}  # fmt: skip
    toml = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    folder = write(
        {"a.txt": "date 2020-01 Bài", "corpus.toml": toml + '[card]\nprose = "p.md"\n', "p.md": f"# T\n\n{_HOSTILE}\n"}
    )
    cvp.build(folder, out=folder.parent / "out", workers=1)
    metadata = open_croissant(folder.parent / "out").metadata
    assert metadata.cite_as == citation.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")
    assert metadata.url == settings["homepage"]
    assert metadata.extra_properties["alternateName"] == _HOSTILE
    assert metadata.data_release_maintenance_plan.endswith(f"Contact, also for takedown: {_HOSTILE}")
    assert cvp.verify(folder.parent / "out").problems == ()
    assert (metadata.license[0].name, metadata.license[0].url) == ("other", "LICENSE")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"license": "apache-2.0"}, "https://spdx.org/licenses/Apache-2.0"),
        ({"license": "cc-by-sa-4.0"}, "https://spdx.org/licenses/CC-BY-SA-4.0"),
        ({"license": "cc0-1.0"}, "https://spdx.org/licenses/CC0-1.0"),
        ({"license": "openrail"}, {"@type": "sc:CreativeWork", "name": "openrail"}),
        ({"license": "other", "license_name": "mine", "license_link": "https://example.org/l"},
         {"@type": "sc:CreativeWork", "name": "mine", "url": "https://example.org/l"}),
    ],
)  # fmt: skip
def test_the_licence_is_that_of_the_settings(many, tmp_path, settings, expected):
    config = tmp_path / "corpus.toml"
    config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
    build = open_build(many)
    content = croissant(replace(facts_of(build, *build.shards()), corpus=load_config(config)))
    assert content["license"] == expected


def test_a_build_without_any_date_says_none(open_croissant, write):
    folder = write({"a.txt": "Bài không có ngày"})
    cvp.build(folder, out=folder.parent / "out", workers=1)
    open_croissant(
        folder.parent / "out",
        'Found the following 1 warning(s) during the validation:\n  -  [Metadata(corpus)] Property "https://schema.org/datePublished" is recommended, but does not exist.',
    )
    content = json.loads((folder.parent / "out/croissant.json").read_text())
    assert {"datePublished", "temporalCoverage", "url", "creator"} & content.keys() == set()


def test_the_build_s_date_is_the_date_of_publishing(write):
    folder = write({"a.txt": "date 2020-01 Bài"})
    cvp.build(folder, out=folder.parent / "out", workers=1, date="2024-02-03")
    content = json.loads((folder.parent / "out/croissant.json").read_text())
    assert (content["datePublished"], content["temporalCoverage"]) == ("2024-02-03", "2020-01")


def test_the_same_build_has_the_same_bytes_wherever_it_lies(tmp_path):
    for name in ("one", "two"):
        cvp.build(SEEDS, out=tmp_path / name / "out", workers=1)
    one, two = ((tmp_path / name / "out/croissant.json").read_bytes() for name in ("one", "two"))
    assert one == two
    assert str(tmp_path).encode() not in one


def test_a_takedown_leaves_the_croissant_file_of_a_build_that_never_had_the_record(open_croissant, write):
    texts = {f"{number}.txt": f"date 202{number} Bài {number}" for number in range(3)}
    texts |= {"corpus.toml": '[card]\nprose = "p.md"\n', "p.md": _PROSE}
    out = write(texts).parent / "out"
    cvp.build(out.parent / "in", out=out, workers=1)
    gone = _read(open_croissant(out), "default")[0]["id"]
    cvp.remove(out, gone, reason="x")
    assert gone not in {row["id"] for row in _read(open_croissant(out), "default")}
    after = json.loads((out / "croissant.json").read_text())
    sizes = [each["contentSize"] for each in after["distribution"] if each["@type"] == "cr:FileObject"]
    assert sizes == [
        f"{path.stat().st_size} B"
        for path in [
            *(out / f"{FOLDERS[config]}/train-00000-of-00001.parquet" for config in CONFIGS),
            out / "ledger.parquet",
        ]
    ]
    assert cvp.verify(out).problems == ()
    assert after["rai:dataCollectionMissingData"].startswith("Of 3 seeds: 2 published, 1 removed. ")


_PROSE = """---
a: b
---
# Title

A *first* paragraph
over two lines.

<!-- measured: details -->
There are 7.
<!-- end: details -->

## Uses

### Direct Use

Use [it](https://example.org) well, <b>really</b>.

### Out-of-Scope Use

Not this: `x`

## Dataset Creation

### Source Data

#### Data Collection and Processing

```
# Uses
```

#### Who are the source data producers?

- one
- two

## Bias, Risks, and Limitations

Biased.

### Of our own

More.

## Something else

Nothing.

## Dataset Card Contact

Write to <a@example.org>.
"""


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("A *first* `paragraph`\nover two lines.", "A first paragraph over two lines."),
        ("Use [it](https://example.org) well, <b>really</b>.", "Use it (https://example.org) well, really."),
        ("Write to <a@example.org>.", "Write to a@example.org."),
        ("- one\n- two\n\n  more\n\n1. three", "- one\n- two\nmore\n\n- three"),
        ("```\n# Uses\n```\n\n### Mine\n\n> said", "# Uses\n\nMine\n\nsaid"),
        ("<!-- hidden -->\n\n\u202ea\x1b", "\\u202ea\\x1b"),
        ("", ""),
    ],
)
def test_markdown_becomes_plain_text(markdown, text):
    assert plain_text(markdown) == text


def test_the_sections_are_those_of_the_card():
    assert set(SECTIONS) < {section.title for section in card_sections.SECTIONS}


def test_what_the_keeper_says_is_in_the_rai_fields(open_croissant, write):
    folder = write({"a.txt": "date 2020-01 Bài", "corpus.toml": '[card]\nprose = "p.md"\n', "p.md": _PROSE})
    cvp.build(folder, out=folder.parent / "out", workers=1)
    metadata = open_croissant(folder.parent / "out").metadata
    assert metadata.description == "A first paragraph over two lines."
    assert metadata.data_collection == "# Uses"
    assert metadata.data_collection_raw_data == "- one\n- two"
    assert metadata.data_biases == ["Biased.\n\nOf our own\n\nMore.\n\nSomething else\n\nNothing."]
    assert sorted(metadata.data_limitations) == [*metadata.data_biases, "Not this: x"]
    assert metadata.data_use_cases == ["Use it (https://example.org) well, really."]
    assert metadata.data_release_maintenance_plan.startswith("Write to a@example.org.\n\nA record that is taken down")
    assert cvp.verify(folder.parent / "out").problems == ()
    assert "There are 7" not in (folder.parent / "out/croissant.json").read_text()


@pytest.mark.parametrize(
    ("name", "record_set"), [("record", "default"), ("annotations", "annotations"), ("ledger", "ledger")]
)
def test_schema_prints_the_record_set_of_the_croissant_file(cli, many, name, record_set):
    printed = json.loads(cli("schema", name, "--as", "croissant").stdout)
    content = json.loads((many / "croissant.json").read_text())
    (written,) = [each for each in content["recordSet"] if each["@id"] == record_set]
    fields = [field for field in written["field"] if field["name"] != "split"]
    assert printed["field"] == fields
    assert [field["name"] for field in fields] == load_contract(name).schema.names


def test_every_field_has_the_description_of_its_schema(many):
    content = json.loads((many / "croissant.json").read_text())
    for config, name in CONFIGS.items():
        (written,) = [each for each in content["recordSet"] if each["@id"] == config]
        described = {}
        for field in written["field"]:
            for each in [field, *field.get("subField", [])]:
                described[each["@id"].removeprefix(f"{config}/").replace("/", ".")] = each["description"]
        assert described.pop("split") == "The split, which the name of the file says."
        assert described == {
            field.name: field.description for field in load_contract(name).fields() if field.description
        }


def test_differences_are_named_with_their_pointer():
    expected = {"a": [{"b": 1, "c/d": "x"}], "e": 1, "f": [1], "g": True}
    got = {"a": [{"b": 2, "c/d": "x"}], "f": [1, 2], "g": 1, "h": 0}
    assert list(differences(expected, got)) == [
        "/a/0/b: expected 1, got 2",
        "/e: is missing",
        "/f: expected [1], got [1, 2]",
        "/g: expected true, got 1",
        "/h: should not be there",
    ]
    assert list(differences(expected, json.loads(json.dumps(expected)))) == []


@pytest.fixture
def signed(many, tmp_path):
    """Change the Croissant file of a build, sign the manifest, and say what `verify` finds."""

    def signed(change):
        out = shutil.copytree(many, tmp_path / "out", dirs_exist_ok=True)
        change(out / "croissant.json")
        sign(out)
        return [(problem.file, problem.code, problem.detail) for problem in cvp.verify(out).problems]

    return signed


def test_verify_says_where_the_croissant_file_is_not_what_the_files_say(signed):
    def change(path):
        content = json.loads(path.read_text())
        content["distribution"][0]["sha256"] = "0" * 64
        content["version"] = "9.9.9"
        del content["rai:dataCollectionMissingData"]
        path.write_text(json.dumps(content))

    (version, *_), (missing, *_), (digest, *_) = found = signed(change)
    assert {version, missing, digest} == {"croissant.json"}
    assert [code for _, code, _ in found] == ["croissant.content"] * 3
    assert found[0][2] == '/version: expected "0.1.0", got "9.9.9"'
    assert found[1][2] == "/rai:dataCollectionMissingData: is missing"
    assert re.fullmatch(f'/distribution/0/sha256: expected "[0-9a-f]{{64}}", got "{"0" * 64}"', found[2][2])


def test_verify_names_few_of_many_differences_and_counts_the_others(signed):
    def change(path):
        content = json.loads(path.read_text())
        for field in content["recordSet"][1]["field"]:
            field["dataType"] = "sc:URL"
        path.write_text(json.dumps(content))

    found = signed(change)
    assert len(found) == 6
    assert re.fullmatch("and [0-9]+ more places differ", found[5][2])


@pytest.mark.parametrize("content", ["", "[", "[" * 100_000])
def test_a_croissant_file_that_is_not_json_is_found(signed, content):
    assert [(file, code) for file, code, _ in signed(lambda path: path.write_text(content))] == [
        ("croissant.json", "croissant.invalid")
    ]


def test_a_key_that_stands_twice_is_found(many, tmp_path):
    out = shutil.copytree(many, tmp_path / "out")
    path = out / "croissant.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"version": ', '"version": "9.9.9", "version": ', 1), encoding="utf-8")
    sign(out)
    assert [(each.file, each.code) for each in cvp.verify(out).problems] == [("croissant.json", "croissant.content")]


def test_a_build_without_a_croissant_file_is_found(many, tmp_path):
    out = shutil.copytree(many, tmp_path / "out")
    (out / "croissant.json").unlink()
    manifest = json.loads((out / "manifest.json").read_text())
    files = [entry for entry in manifest["files"] if entry["path"] != "croissant.json"]
    sign(out, files=files)
    assert [(problem.file, problem.code) for problem in cvp.verify(out).problems] == [
        ("croissant.json", "file.missing")
    ]


def test_the_documentation_says_which_section_becomes_what():
    text = (ROOT / "docs/croissant.md").read_text(encoding="utf-8")
    said = {}
    for headings, keys in re.findall(r"^\| ([^|`]+) \| ((?:`rai:\w+`(?:, )?)+) \|$", text, re.MULTILINE):
        for heading in re.sub("Bias, Risks, and", "Bias; Risks; and", headings).split(", "):
            said[heading.replace(";", ",")] = tuple(re.findall(r"rai:(\w+)", keys))
    assert said == SECTIONS

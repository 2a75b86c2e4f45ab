"""Settings from Python: a dict with the keys of corpus.toml; `init` and `schema`."""

import datetime
import json
import tomllib

import datasets
import pyarrow as pa
import pytest

import corpus_vn_police as cvp
from corpus_vn_police.config import load_config
from corpus_vn_police.contract import load_contract

_FILES = {"a.txt": " date 2020-12 Chuyện về bà con nông dân.", "b.txt": " date 2021-05 Một tin ngắn khác hẳn."}


def test_a_dict_builds_what_a_corpus_toml_of_the_same_keys_builds(write, tmp_path):
    folder = write({**_FILES, "corpus.toml": 'version = "9.9.9"'})
    settings = {"name": "tin", "splits": {"test_from": datetime.date(2021, 5, 1)}, "dedup": {"threshold": 0.8}}
    (tmp_path / "other.toml").write_text(
        'name = "tin"\n[splits]\ntest_from = "2021-05-01"\n[dedup]\nthreshold = 0.8\n', encoding="utf-8"
    )
    by_dict = cvp.build(folder, out=tmp_path / "a", config=settings)
    by_file = cvp.build(folder, out=tmp_path / "b", config=tmp_path / "other.toml")
    assert (by_dict.digest, by_dict.version, by_dict.splits) == (by_file.digest, "0.1.0", {"train": 1, "test": 1})
    manifests = [json.loads((tmp_path / name / "manifest.json").read_bytes()) for name in "ab"]
    assert manifests[0]["config"] == manifests[1]["config"]
    assert settings == {"name": "tin", "splits": {"test_from": datetime.date(2021, 5, 1)}, "dedup": {"threshold": 0.8}}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"splits": {"tset_from": "2021"}}, "config: unknown key 'splits.tset_from' (value \"2021\")\ndid you mean 'test_from'?"),
        ({"dedup": {"level": "nearly"}}, 'config: dedup.level = "nearly" is not allowed\nallowed: '),
        ({"dedup": {1: 2}}, "config: the key 1 is not a string\n"),
        ({"name": {1}}, 'config: name = "{1}" is not allowed\n'),
        ({"dedup": []}, "config: dedup = [] is not allowed\n"),
        ({"card": {"prose": "no.md"}}, "config: card.prose = 'no.md' cannot be read: No such file or directory\ngive the path of a file in UTF-8, relative to the current folder"),
    ],
)  # fmt: skip
def test_a_wrong_key_or_value_of_a_dict_is_an_error_that_names_the_place_config(write, tmp_path, settings, said):
    folder = write(_FILES)
    for attempt in (lambda: cvp.build(folder, out=tmp_path / "out", config=settings), lambda: list(cvp.check(folder, config=settings))):  # fmt: skip
        with pytest.raises(cvp.ConfigError) as failed:
            attempt()
        assert str(failed.value).startswith(said)


def test_paths_of_a_dict_are_relative_to_the_current_folder(write, tmp_path, monkeypatch):
    folder = write(_FILES)
    (tmp_path / "card.md").write_text("# Tin\n\nVăn bản của tôi.", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    cvp.build(folder, out="out", config={"card": {"prose": "card.md"}})
    assert "Văn bản của tôi." in cvp.card("out")


def test_what_was_taken_down_beside_the_seeds_stays_away_with_a_dict(write, tmp_path):
    folder = write(_FILES)
    record = cvp.build(folder, out=tmp_path / "out").records()["id"][0]
    cvp.remove(tmp_path / "out", record, reason="asked for", seeds=folder)
    built = cvp.build(folder, out=tmp_path / "new", config={"name": "tin"})
    assert (built.status["removed"], record in built.records()["id"]) == (1, False)
    assert "took down" in (tmp_path / "new/README.md").read_text(encoding="utf-8")


def test_init_writes_the_keys_that_it_is_given(tmp_path):
    settings = {"name": "tin", "language": "vi", "splits": {"strategy": "hash", "ratios": {"train": 0.5, "test": 0.5}}}
    written = cvp.init(tmp_path / "seeds", config=settings)
    assert written == (tmp_path / "seeds/corpus.toml", tmp_path / "seeds/DATASET_CARD.md")
    read = tomllib.loads(written[0].read_text(encoding="utf-8"))
    assert {key: value for key, value in read.items() if value} == {**settings, "card": {"prose": "DATASET_CARD.md"}}
    assert load_config(written[0]).splits.ratios == {"train": 0.5, "test": 0.5}


def test_init_refuses_what_no_corpus_toml_may_have_and_writes_nothing(tmp_path):
    with pytest.raises(cvp.ConfigError, match=r"config: unknown key 'nmae'"):
        cvp.init(tmp_path / "seeds", config={"nmae": "tin"})
    with pytest.raises(cvp.ConfigError, match=r"config: \[card\] cannot be given to init"):
        cvp.init(tmp_path / "seeds", config={"card": {"prose": "x.md"}})
    assert not (tmp_path / "seeds").exists()


def test_a_schema_comes_in_four_forms():
    arrow = cvp.schema("record", "arrow")
    assert cvp.schema() == load_contract("record").document
    assert arrow == load_contract("record").schema
    assert isinstance(arrow, pa.Schema)
    assert cvp.schema(as_="features") == datasets.Features.from_arrow_schema(arrow)
    assert cvp.schema("ledger", as_="croissant")["@id"] == "ledger"


def test_a_schema_is_a_copy_of_your_own():
    cvp.schema()["properties"].clear()
    assert "text" in cvp.schema()["properties"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("recrod",), "there is no schema 'recrod'"),
        (("record", "arow"), "as_ = 'arow' is not a form of a schema\ndid you mean 'arrow'?"),
        (("manifest", "arrow"), "the schema 'manifest' does not describe a table\narrow works with record, annotations, sources, ledger"),
    ],
)  # fmt: skip
def test_a_schema_or_a_form_that_there_is_not_is_an_error(arguments, said):
    with pytest.raises(cvp.CorpusError) as failed:
        cvp.schema(*arguments)
    assert str(failed.value).startswith(said)

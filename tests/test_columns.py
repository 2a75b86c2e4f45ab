"""The columns of a batch: each is made by its step, under its name, or the build ends with that name."""

import io

import pytest

from corpus_vn_police.config import corpus_of
from corpus_vn_police.contract import load_contract
from corpus_vn_police.errors import SchemaError
from corpus_vn_police.stages.normalise.batch import normalise_batch
from corpus_vn_police.stages.quality import quality
from corpus_vn_police.stages.read.seeds import SEEDS, SeedBatch, take
from corpus_vn_police.stages.structure import structure
from corpus_vn_police.stages.validate import records, unfilled

_RECORD = load_contract("record")
_SETTINGS = {
    "all": {},
    "structure": {"structure": {"enabled": False}},
    "quality": {"quality": {"enabled": False}},
    "both": {"structure": {"enabled": False}, "quality": {"enabled": False}},
}


def _batch(corpus):
    """A batch as the last step leaves it."""
    batch, data = SeedBatch(), " date 2020-12-07 Công an huyện Bến Lức vừa bắt giữ hai đối tượng.".encode()
    batch.add("x.txt", take(io.BytesIO(data), corpus.limits))
    return quality(structure(normalise_batch(batch.frame(), corpus.text), corpus), corpus.quality)


def _corpus(name):
    return corpus_of({"name": "a", **_SETTINGS[name]}, None, None, "x")


@pytest.mark.parametrize("name", _SETTINGS)
def test_the_fields_that_no_step_fills_are_those_that_are_named(name):
    corpus = _corpus(name)
    batch = _batch(corpus)
    assert unfilled(corpus) == set(_RECORD.schema.names) - set(batch.columns) - {"source"}
    assert records(batch, _RECORD, corpus).schema.equals(_RECORD.schema, check_metadata=True)


@pytest.mark.parametrize("name", _SETTINGS)
def test_a_column_with_a_misspelt_name_ends_the_build(name):
    corpus = _corpus(name)
    batch = _batch(corpus)
    for column in batch.columns:
        with pytest.raises(SchemaError) as caught:
            records(batch.rename({column: f"{column}s"}), _RECORD, corpus)
        assert (
            caught.value.message == f"record: no step made the columns ['{column}'], and none was to make ['{column}s']"
        )


def test_a_column_that_is_left_out_or_added_ends_the_build():
    corpus = _corpus("all")
    batch = _batch(corpus)
    for wrong, said in [
        (batch.drop("byline"), "no step made the columns ['byline'], and none was to make []"),
        (
            batch.with_columns(batch["byline"].alias("privacy")),
            "no step made the columns [], and none was to make ['privacy']",
        ),
    ]:
        with pytest.raises(SchemaError) as caught:
            records(wrong, _RECORD, corpus)
        assert caught.value.message == f"record: {said}"


@pytest.mark.parametrize("name", [name for name in SEEDS.names() if name not in ("path", "sha256", "bytes", "data")])
def test_a_row_that_gives_what_no_column_takes_ends_the_build(name):
    blob = take(io.BytesIO(b"x"), _corpus("all").limits)
    SeedBatch().add("x.jsonl#1", blob, {name: None})
    with pytest.raises(SchemaError) as caught:
        SeedBatch().add("x.jsonl#1", blob, {f"{name}s": None})
    assert caught.value.message == f"a row gives ['{name}s'], which no column takes"

"""The columns of a batch: each is added by its stage, under its name, or the build ends with that name."""

import io

import polars as pl
import pytest

from corpus_vn_police.config import corpus_of
from corpus_vn_police.contract import Contract, load_contract
from corpus_vn_police.errors import SchemaError
from corpus_vn_police.stages import batch as batch_module
from corpus_vn_police.stages.annotate import annotate
from corpus_vn_police.stages.batch import COLUMNS, STAGES, BatchColumn, columns_after, seed_columns_by_default, unfilled
from corpus_vn_police.stages.normalise.batch import normalise_batch
from corpus_vn_police.stages.quality import quality
from corpus_vn_police.stages.read.seeds import SeedBatch, take
from corpus_vn_police.stages.structure import structure
from corpus_vn_police.stages.validate import records

_RECORD = load_contract("record")
_SETTINGS = {
    "all": {},
    "structure": {"structure": {"enabled": False}},
    "quality": {"quality": {"enabled": False}},
    "both": {"structure": {"enabled": False}, "quality": {"enabled": False}},
    "annotations": {"annotations": {"enabled": False}},
    "mask": {"annotations": {"enabled": False}, "sources": {"enabled": False}, "privacy": {"mode": "mask"}},
}


def _batches(corpus):
    """A batch as each stage leaves it."""
    seeds, data = SeedBatch(), " date 2020-12-07 Công an huyện Bến Lức vừa bắt giữ hai đối tượng.".encode()
    seeds.add("x.txt", take(io.BytesIO(data), corpus.limits))
    yield "read", (batch := seeds.frame())
    yield "normalise", (batch := normalise_batch(batch, corpus.text))
    yield "structure", (batch := structure(batch, corpus))
    yield "annotate", (batch := annotate(batch, corpus))
    yield "quality", quality(batch, corpus)


def _batch(corpus):
    """A batch as the last stage leaves it."""
    return dict(_batches(corpus))["quality"]


def _corpus(name):
    return corpus_of({"name": "a", **_SETTINGS[name]}, None, None, "x")


@pytest.mark.parametrize("name", _SETTINGS)
def test_every_stage_leaves_the_columns_that_the_table_says_it_does(name):
    corpus = _corpus(name)
    after = {stage: dict(batch.schema) for stage, batch in _batches(corpus)}
    assert after == {stage: dict(columns_after(stage, corpus)) for stage in STAGES}


@pytest.mark.parametrize("name", _SETTINGS)
def test_the_fields_that_no_stage_fills_are_those_that_are_named(name):
    corpus = _corpus(name)
    batch = _batch(corpus)
    assert unfilled(corpus) == set(_RECORD.schema.names) - set(batch.columns) - {"source"}
    assert ("annotations" in batch.columns) == corpus.annotations
    assert records(batch, _RECORD, corpus).schema.equals(_RECORD.schema, check_metadata=True)


@pytest.mark.parametrize("name", _SETTINGS)
def test_a_column_with_a_misspelt_name_ends_the_build(name):
    corpus = _corpus(name)
    batch = _batch(corpus)
    for column in batch.columns:
        with pytest.raises(SchemaError) as caught:
            records(batch.rename({column: f"{column}s"}), _RECORD, corpus)
        assert caught.value.message == (
            f"after quality a batch lacks the columns {column}; "
            f"has columns that stages/batch.py does not name {column}s"
        )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda batch: batch.drop("byline"), "lacks the columns byline"),
        (lambda batch: batch.with_columns(author="byline"), "has columns that stages/batch.py does not name author"),
        (
            lambda batch: batch.with_columns(pl.col("year").cast(pl.Int64)),
            "has columns of another type than their field year: Int64",
        ),
    ],
)
def test_a_column_that_is_missing_or_too_many_or_of_another_type_ends_the_build(wrong, said):
    corpus = _corpus("all")
    with pytest.raises(SchemaError) as caught:
        records(wrong(_batch(corpus)), _RECORD, corpus)
    assert caught.value.message == f"after quality a batch {said}"


def test_a_field_that_no_column_is_named_for_ends_the_build():
    corpus = _corpus("all")
    more = dict(_RECORD.document["properties"], author={"type": "string"})
    contract = Contract.from_document("record", _RECORD.document | {"properties": more})
    with pytest.raises(SchemaError) as caught:
        records(_batch(corpus), contract, corpus)
    assert caught.value.message == "record: stages/batch.py does not say which stage fills author"


def test_a_column_that_has_neither_a_type_nor_a_field_ends_the_build(monkeypatch):
    monkeypatch.setattr(batch_module, "COLUMNS", (*COLUMNS, BatchColumn("author", "read")))
    with pytest.raises(SchemaError) as caught:
        columns_after("read", _corpus("all"))
    assert caught.value.message == (
        "stages/batch.py: the column 'author' has no type, and the record has no field of this name"
    )


@pytest.mark.parametrize(
    "name", [name for name in seed_columns_by_default() if name not in ("path", "sha256", "bytes", "data")]
)
def test_a_row_that_gives_what_no_column_takes_ends_the_build(name):
    blob = take(io.BytesIO(b"x"), _corpus("all").limits)
    SeedBatch().add("x.jsonl#1", blob, {name: None})
    with pytest.raises(SchemaError) as caught:
        SeedBatch().add("x.jsonl#1", blob, {f"{name}s": None})
    assert caught.value.message == f"a row gives ['{name}s'], which no column takes"

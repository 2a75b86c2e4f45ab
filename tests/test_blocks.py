"""Blocks: every token of a split is in one of them, whatever they were made from and however often it was killed."""

import functools
import json
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest
from support.builds import ROOT
from support.training import rows, small_build, tokenizer_of

import corpus_vn_police as cvp
from corpus_vn_police import train
from corpus_vn_police.train import blocks as blocks_module
from corpus_vn_police.train.encoding import Encoder
from corpus_vn_police.train.store import TokenStore
from corpus_vn_police.train.tokenise import Tokenising

tokenizers = pytest.importorskip("tokenizers")
pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    return small_build(tmp_path_factory.mktemp("blocks"), test_from="2021-01")


@pytest.fixture(scope="module")
def tokenizer(build):
    return tokenizer_of(build)


@pytest.fixture
def make(build, tokenizer, tmp_path):
    """Blocks of 64 tokens, in a cache of this test."""
    return functools.partial(train.Blocks, build, tokenizer, length=64, cache=tmp_path / "tokens", progress=False)


def documents_in(blocks):
    """The tokens of every document, put together again from the blocks; a fragment of a document is in order."""
    found = {}
    for block in blocks:
        starts = np.flatnonzero(block["position_ids"] == 0).tolist()
        for first, last in zip(starts, [*starts[1:], blocks.length], strict=True):
            document = int(block["document_ids"][first])
            assert set(block["document_ids"][first:last].tolist()) == {document}
            assert block["position_ids"][first:last].tolist() == list(range(last - first))
            if document >= 0:
                found.setdefault(document, []).append(block["input_ids"][first:last].tolist())
    return found


@pytest.mark.parametrize("packing", ["best_fit", "in_order", "none"])
@pytest.mark.parametrize("split", ["train", "test", None])
def test_the_blocks_hold_the_tokens_of_every_document(make, build, tokenizer, packing, split):
    blocks = make(packing=packing, split=split)
    records = build.records(split).to_dicts()
    whole = Encoder.of(tokenizer).encode([train.render(record) for record in records])
    found = documents_in(blocks)
    assert sorted(found) == list(range(len(records)))
    for document, fragments in found.items():
        assert sorted(map(tuple, fragments)) == sorted(map(tuple, cut_like(whole[document], fragments)))
    report = blocks.report
    assert report.documents == len(records)
    assert report.tokens == sum(map(len, whole)) == sum(len(each) for all in found.values() for each in all)
    assert report.fragments == sum(map(len, found.values()))
    assert report.tokens + report.padding == report.blocks * report.length
    assert report.cut == sum(len(fragments) > 1 for fragments in found.values())
    assert len(blocks) == report.blocks


def cut_like(tokens, fragments):
    """A document cut so that it gives these fragments in some order; the rest, if it cannot be."""
    left, waiting, found = tokens, list(fragments), []
    while waiting:
        fitting = [each for each in waiting if left[: len(each)] == each]
        if not fitting:
            return [*found, left]
        longest = max(fitting, key=len)
        waiting.remove(longest)
        found.append(longest)
        left = left[len(longest) :]
    return found if not left else [*found, left]


def test_a_record_is_named_by_the_number_of_its_document(make, build):
    blocks = make()
    ids = build.records("train")["id"].to_list()
    assert [blocks.record_id(number) for number in range(len(ids))] == ids


def test_truncation_and_padding_of_a_tokenizer_drop_and_add_nothing(make, build, tokenizer):
    other = tokenizers.Tokenizer.from_str(tokenizer.to_str())
    other.enable_truncation(10)
    other.enable_padding(length=100)
    blocks = train.Blocks(build, other, length=64, cache=make.keywords["cache"], progress=False)
    assert (blocks.report, blocks.key) == (make().report, make().key)


def test_a_field_of_the_keeper_can_be_in_the_template(tmp_path, tokenizer):
    fields = {"properties": {"topic": {"type": "string"}}}
    build = cvp.build([{"topic": "an ninh", **row} for row in rows(4)], out=tmp_path / "own", fields=fields)
    blocks = train.Blocks(build, tokenizer, length=512, template="{topic}: {text}", cache=tmp_path, progress=False)
    ids = np.concatenate([np.array(each) for each in documents_in(blocks)[0]])
    assert tokenizer.decode(ids.tolist(), skip_special_tokens=True).startswith("an ninh: ")


def test_a_second_time_nothing_is_tokenised(make):
    moved = []
    first = make(progress=lambda *step: moved.append(step))
    assert [step for step, _, _ in moved if step == "tokens"]
    moved.clear()
    second = make(progress=lambda *step: moved.append(step), packing="none")
    assert moved == []
    assert (first.key != second.key, first.report.tokens) == (True, second.report.tokens)


def test_what_decides_the_tokens_makes_another_store(make, build, tokenizer, tmp_path):
    other_build = small_build(tmp_path, count=20)
    for options in ({}, {"split": None}, {"template": "none"}, {"mask_dates": True}, {"end_token": "<|padding|>"}):
        make(**options)
    train.Blocks(other_build, tokenizer, cache=tmp_path / "tokens")
    train.Blocks(build, train.fit_tokenizer(build, vocab_size=300), cache=tmp_path / "tokens")
    assert len([each for each in (tmp_path / "tokens").iterdir() if not each.name.startswith(".")]) == 7


def test_a_copy_of_a_build_gives_the_same_blocks(make, build, tokenizer, tmp_path):
    shutil.copytree(build.path, tmp_path / "copy")
    copy = train.Blocks(tmp_path / "copy", tokenizer, length=64, cache=tmp_path / "other", progress=False)
    blocks = make()
    assert copy.key == blocks.key
    assert all((copy.batch(range(len(copy)))[name] == blocks.batch(range(len(blocks)))[name]).all() for name in copy[0])


def test_a_build_behind_a_url_gives_the_same_blocks(make, build, tokenizer, tmp_path):
    there = train.Blocks(f"file://{build.path}", tokenizer, length=64, cache=tmp_path / "other", progress=False)
    assert (there.key, there.report) == (make().key, make().report)


def test_some_records_alone_are_those_documents(make, build):
    ids = build.records("train")["id"].to_list()
    chosen = random.Random(0).sample(ids, 20)
    some, all_of_them = make(ids=chosen), documents_in(make())
    found = documents_in(some)
    assert sorted(map(some.record_id, found)) == sorted(chosen)
    assert some.report.documents == 20
    assert some.report.tokens == sum(len(each) for number in found for each in all_of_them[number])
    assert make(ids=chosen[::-1]).key == some.key != make(ids=chosen[1:]).key


@pytest.mark.parametrize("kind", [list, tuple, set, iter, np.array, pl.Series, lambda ids: ids + ids])
def test_ids_may_be_anything_that_gives_them(make, build, kind):
    ids = build.records("train")["id"].to_list()[:20]
    found = make(ids=kind(ids))
    assert (found.key, found.report.documents) == (make(ids=ids).key, 20)
    assert found.key != make(ids=kind(ids[1:])).key


@pytest.mark.parametrize("ids", ["9fa7", [1], [None], [b"0" * 16]])
def test_ids_that_are_no_ids_are_refused_before_anything_is_tokenised(make, tmp_path, ids):
    with pytest.raises(cvp.ConfigError, match=r"^ids "):
        make(ids=ids)
    assert not (tmp_path / "tokens").exists()


@pytest.mark.parametrize(("ids", "wrong"), [(["0" * 16], "0" * 16), (["tin-1"], "tin-1")])
def test_ids_that_the_split_does_not_have_are_an_error(make, ids, wrong):
    with pytest.raises(cvp.InputError, match=f"the split has no record {wrong!r}"):
        make(ids=ids)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"split": "validation"}, cvp.InputError, "the split 'validation' has no records"),
        ({"split": "tets"}, cvp.ConfigError, "split = 'tets' is not a split"),
        ({"length": 0}, cvp.ConfigError, "length = 0 is not allowed"),
        ({"length": 64.0}, cvp.ConfigError, "length = 64.0 is not allowed"),
        ({"seed": -1}, cvp.ConfigError, "seed = -1 is not allowed"),
        ({"min_fill": 1.5}, cvp.ConfigError, "min_fill = 1.5 is not allowed"),
        ({"min_fill": "x"}, cvp.ConfigError, "min_fill = 'x' is not allowed"),
        ({"mask_dates": "no"}, cvp.ConfigError, "mask_dates = 'no' is not allowed"),
        ({"template": ["seed"]}, cvp.ConfigError, "is not a template"),
        ({"ids": []}, cvp.InputError, "none of 0 documents has a token"),
        ({"packing": "best"}, cvp.ConfigError, "packing = 'best' is not a packing"),
        ({"template": "sede"}, cvp.ConfigError, "did you mean 'seed'"),
        ({"template": "{titel}: {text}"}, cvp.ConfigError, "'titel' is not a field of the record"),
    ],
)
def test_what_is_not_allowed_is_an_error_and_leaves_nothing(make, tmp_path, options, kind, message):
    with pytest.raises(kind, match=message):
        make(**options)
    assert "ids" in options or list((tmp_path / "tokens").glob("[!.]*")) == []


def test_blocks_are_a_sequence(make):
    blocks = make()
    assert (blocks[-1]["input_ids"] == blocks[len(blocks) - 1]["input_ids"]).all()
    assert len(blocks[2:5]) == 3
    assert {array.dtype for array in blocks[0].values()} == {np.dtype(np.int64)}
    assert {array.shape for array in blocks[0].values()} == {(64,)}
    for wrong in (len(blocks), -len(blocks) - 1):
        with pytest.raises(IndexError):
            blocks[wrong]
    for wrong in (1.7, "1"):
        with pytest.raises(TypeError):
            blocks[wrong]
    with pytest.raises(cvp.ConfigError, match="epoch = -1 is not allowed"):
        blocks.order(-1)


def test_blocks_pickle_small_and_are_the_same(make):
    blocks = make()
    there = pickle.loads(pickle.dumps(blocks))
    assert there.key == blocks.key
    assert (there[3]["input_ids"] == blocks[3]["input_ids"]).all()


def test_a_store_that_was_cut_off_is_made_anew(make, tmp_path):
    before = make().batch([0, 1])["input_ids"]
    (tokens,) = (tmp_path / "tokens").glob("*/tokens.bin")
    os.truncate(tokens, 100)
    assert (make().batch([0, 1])["input_ids"] == before).all()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"key": 1}', "null"])
def test_a_store_that_says_nothing_of_itself_is_made_anew(make, tmp_path, content):
    key = make().key
    (about,) = (tmp_path / "tokens").glob("*/store.json")
    about.write_text(content)
    assert make().key == key
    assert json.loads(about.read_text())["tokens"] == make().report.tokens


def test_a_store_that_contradicts_itself_is_made_anew(make, tmp_path):
    before = make()
    (lengths,) = (tmp_path / "tokens").glob("*/lengths.bin")
    content = bytearray(lengths.read_bytes())
    content[0] += 3
    lengths.write_bytes(content)
    assert make().report == before.report


def test_a_store_that_is_cut_off_while_it_is_used_is_an_error(make, tmp_path):
    blocks = make()
    (tokens,) = (tmp_path / "tokens").glob("*/tokens.bin")
    os.truncate(tokens, 100)
    with pytest.raises(cvp.DiskError, match="has 100 bytes instead of"):
        blocks[0]


@pytest.mark.parametrize(
    "content", ["[]", "{}", "null", '{"documents": -1, "tokens": 0}', '{"documents": 10000, "tokens": 0}', "\udcff"]
)
def test_a_journal_that_cannot_be_true_is_not_believed(make, tmp_path, content):
    key = make().key
    (store,) = (tmp_path / "tokens").glob("[!.]*")
    growing = store.rename(store.with_name(f".{store.name}.new"))
    (growing / "journal.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    report = make().report
    assert (make().key, report.documents) == (key, make().report.documents)
    assert TokenStore.open(store).documents == report.documents


def test_an_error_of_a_progress_is_not_said_to_be_the_build_s(make):
    def failing(*_):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        make(progress=failing)


def test_a_relative_cache_is_where_it_was_when_the_folder_changes(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = make(cache="relative")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert pickle.loads(pickle.dumps(blocks))[0]["input_ids"].tolist() == blocks[0]["input_ids"].tolist()
    assert blocks.record_id(0)


def test_another_version_of_tokens_or_blocks_is_another_key(make, monkeypatch):
    keys = {make().key}
    for name in ("FORMAT", "TOKENS_FORMAT"):
        monkeypatch.setattr(blocks_module, name, 99)
        keys.add(make().key)
    assert len(keys) == 3


def files_of(folder):
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*/*"))}


def test_a_journal_that_says_more_than_the_files_hold_is_not_believed(make, tmp_path):
    make()
    whole = files_of(tmp_path / "tokens")
    (store,) = (tmp_path / "tokens").glob("[!.]*")
    growing = store.rename(store.with_name(f".{store.name}.new"))
    (growing / "store.json").unlink()
    (growing / "journal.json").write_text(json.dumps({"documents": 40, "tokens": 10**6}))
    make()
    assert files_of(tmp_path / "tokens") == whole


SLOWLY = """
import sys, time
from functools import partial
from corpus_vn_police import train
from corpus_vn_police.train import blocks, tokenise
blocks.Tokenising = partial(tokenise.Tokenising, at_once=500, journal_every=300)
def slowly(step, done, total):
    print(done, flush=True)
    time.sleep(0.01)
build, tokenizer, cache = sys.argv[1:]
made = train.Blocks(build, tokenizer, length=64, cache=cache, progress=slowly)
print(made.key)
"""


def slowly(build, tokenizer, cache):
    command = [sys.executable, "-c", SLOWLY, build.path, tokenizer, cache]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True)


def test_a_store_that_was_killed_anywhere_is_gone_on_with(make, build, tokenizer, tmp_path):
    make()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    draw, begun = random.Random(0), []
    for _ in range(10):
        with slowly(build, tmp_path / "tokenizer.json", tmp_path / "killed") as running:
            begun.append(int(running.stdout.readline()))  # the documents that it found done
            time.sleep(draw.uniform(0, 0.12))
            running.send_signal(signal.SIGKILL)
        if list((tmp_path / "killed").glob("[!.]*")):
            break
    running = slowly(build, tmp_path / "tokenizer.json", tmp_path / "killed")
    assert running.communicate()[0].splitlines()[-1] == make().key
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "tokens")
    assert begun == sorted(begun)
    assert begun[-1] > 0


def test_processes_that_begin_together_make_one_store(build, tokenizer, tmp_path):
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    running = [slowly(build, tmp_path / "tokenizer.json", tmp_path / "tokens") for _ in range(3)]
    said = [each.communicate()[0].splitlines() for each in running]
    assert len({lines[-1] for lines in said}) == 1
    assert sorted(len(lines) > 1 for lines in said) == [False, False, True]


def test_threads_that_begin_together_get_the_same(make):
    with ThreadPoolExecutor(4) as pool:
        assert len({blocks.key for blocks in pool.map(lambda _: make(), range(4))}) == 1


def test_how_much_is_tokenised_at_once_changes_nothing(make, monkeypatch, tmp_path):
    make()
    monkeypatch.setattr(blocks_module, "Tokenising", functools.partial(Tokenising, at_once=1, journal_every=1))
    make(cache=tmp_path / "other")
    assert files_of(tmp_path / "other") == files_of(tmp_path / "tokens")


def test_a_folder_that_cannot_be_written_is_an_error(make, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(cvp.DiskError, match="or give another cache= or CORPUS_VN_POLICE_CACHE"):
        make(cache=tmp_path / "file" / "tokens")


def test_the_cache_is_named_by_the_environment(build, tokenizer, tmp_path, monkeypatch):
    monkeypatch.setenv("CORPUS_VN_POLICE_CACHE", str(tmp_path / "named"))
    train.Blocks(build, tokenizer, progress=False)
    (folder,) = (tmp_path / "named" / "tokens").glob("[!.]*")
    assert TokenStore.open(folder).documents == build.splits["train"]


@pytest.mark.parametrize("packing", ["best_fit", "in_order", "none"])
def test_openings_are_where_the_first_token_of_every_document_is(make, build, tokenizer, packing):
    blocks = make(packing=packing)
    whole = Encoder.of(tokenizer).encode([train.render(record) for record in build.records("train").to_dicts()])
    arrays = {name: array.reshape(-1) for name, array in blocks.batch(range(len(blocks))).items()}
    documents, places = blocks.openings()
    assert sorted(documents.tolist()) == list(range(len(whole)))
    assert places.tolist() == sorted(places.tolist())
    assert arrays["document_ids"][places].tolist() == documents.tolist()
    for document, place in zip(documents, places, strict=True):
        size = min(len(whole[document]), 4, blocks.length - int(place) % blocks.length)
        assert arrays["input_ids"][place : place + size].tolist() == whole[document][:size]

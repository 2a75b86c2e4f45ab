"""What `verify` and `stats` say of copies and of n-grams across splits."""

import itertools
import json
import random
import re

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.builds import sign
from support.tamper import retable

import corpus_vn_police as cvp
from corpus_vn_police.config import Dedup
from corpus_vn_police.dedup import dedup_key
from corpus_vn_police.dedup.leaks import copies, find_leaks, ngrams, shared_ngrams

_SPLITS = '[splits]\nvalidation_from = "2021-01"\ntest_from = "2022-01"\n'
_OFF = "[quality]\nenabled = false\n[structure]\nenabled = false\n"


def _text(seed, count=120):
    draw = random.Random(seed)
    return " ".join(
        draw.choice(
            ["công", "an", "tỉnh", "bắt", "giữ", "xử", "lý", "vụ", "án", "ma", "túy", "người", "dân", "báo", "tin"]
        )
        for _ in range(count)
    )


def _build(write, tmp_path, texts, config="", dedup="off"):
    """One record a text, of 2020, 2021, 2022 and so on; copies are left in unless asked."""
    files = {f"000_{number:016x}.txt": f" date {year}-06 {text}" for number, (year, text) in enumerate(texts)}
    folder = write({"corpus.toml": _SPLITS + _OFF + config, **files})
    cvp.build(folder, out=tmp_path / "out", dedup=dedup)
    return tmp_path / "out"


def _pretend(out, **dedup):
    """Have the manifest say that the build left copies out; what card and Croissant file say is another matter."""
    manifest = json.loads((out / "manifest.json").read_text())
    config = {**manifest["config"], "dedup": {**manifest["config"]["dedup"], **dedup}}
    sign(out, config=config)
    return [(each.code, each.detail) for each in cvp.verify(out).problems if each.code.startswith("copies.")]


def test_copies_that_the_rule_would_have_left_out_are_named(write, tmp_path):
    text = _text(1)
    out = _build(write, tmp_path, [(2020, text), (2021, text.upper()), (2022, text + " khác"), (2022, _text(2))])
    assert cvp.verify(out).ok  # it does not claim to have left copies out
    assert _pretend(out, level="exact") == [("copies.duplicate", f"1 duplicates: {1:016x} like {0:016x} (1.00)")]
    similar = 116 / 117
    assert _pretend(out, level="near") == [
        ("copies.duplicate", f"1 duplicates: {1:016x} like {0:016x} (1.00)"),
        ("copies.near_duplicate", f"1 near duplicates: {2:016x} like {0:016x} ({similar:.2f})"),
    ]


def test_a_build_that_left_its_copies_out_has_none(write, tmp_path):
    text = _text(1)
    out = _build(write, tmp_path, [(2020, text), (2021, text.upper()), (2022, text + " khác")], dedup="near")
    assert (cvp.verify(out).problems, pl.read_parquet(out / "ledger.parquet")["status"].to_list()) == (
        (), ["published", "duplicate", "near_duplicate"]
    )  # fmt: skip


def test_brute_force_finds_what_the_bands_cannot(write, tmp_path, monkeypatch):
    """With the bands' search switched off the sample alone finds the pair."""
    text = _text(1)
    out = _build(write, tmp_path, [(2020, text), (2021, text + " khác"), (2022, _text(2))])
    found = find_leaks(out, Dedup("near", 0.7)).copies
    assert [(pair.left, pair.kept, pair.similarity, pair.exact) for pair in found.pairs] == [
        (f"{1:016x}", f"{0:016x}", 116 / 117, False)
    ]
    with_keys_alone = copies.find_copies
    monkeypatch.setattr(copies, "find_copies", lambda signed, dedup: with_keys_alone(signed, Dedup("exact", 0.7)))
    assert find_leaks(out, Dedup("near", 0.7)).copies == found


def test_a_pair_that_shares_no_band_is_no_copy_but_told(write, tmp_path, monkeypatch):
    text = _text(1)
    out = _build(write, tmp_path, [(2020, text), (2021, text + " khác"), (2022, _text(2))])
    fresh = itertools.count()
    monkeypatch.setattr(
        copies, "bands", lambda rows: np.array([[next(fresh) for _ in range(len(rows))] for _ in range(32)], np.uint64)
    )
    found = find_leaks(out, Dedup("near", 0.7)).copies
    assert (found.pairs, found.sampled) == ((), 3)
    assert [(pair.left, pair.kept, pair.similarity) for pair in found.missed] == [(f"{1:016x}", f"{0:016x}", 116 / 117)]


def test_the_ledger_and_the_records_agree_on_copies(write, tmp_path):
    text = _text(1)
    out = _build(write, tmp_path, [(2020, text), (2021, text.upper()), (2022, _text(2))], dedup="near")

    def another(table):
        place = table.schema.get_field_index("duplicates")
        return table.set_column(place, table.schema.field(place), pa.array([2], pa.int32()))

    assert "ledger.duplicates" in retable(out, "data/train-00000-of-00001.parquet", another)


def _grams(text, length=13):
    words = dedup_key(text).split(" ")
    return {tuple(words[start : start + length]) for start in range(max(1, len(words) - length + 1))}


@pytest.fixture
def three(write, tmp_path):
    """Train of two, validation of two, test of one; test holds half of a record of each."""
    texts = [_text(n) for n in range(4)]
    halves = [" ".join(texts[n].split(" ")[:60]) for n in (1, 3)]
    return _build(
        write, tmp_path, [(2020, texts[0]), (2020, texts[1]), (2021, texts[2]), (2021, texts[3]), (2022, " ".join([*halves, _text(9)]))]
    )  # fmt: skip


def _by_hand(out):
    grams = {
        split: [(row["id"], _grams(row["text"])) for row in pl.read_parquet(out / f"data/{split}-*.parquet").to_dicts()]
        for split in ("train", "validation", "test")
    }
    found = {}
    for later, earlier in (("validation", "train"), ("test", "train"), ("test", "validation")):
        there = set().union(*(each for _, each in grams[earlier]))
        mine = set().union(*(each for _, each in grams[later]))
        records = {name: (len(each & there), len(each)) for name, each in grams[later] if each & there}
        found[later, earlier] = (len(mine & there), len(mine), records)
    return found


def test_shared_ngrams_are_counted(three):
    found = {
        (each.split, each.earlier): (
            each.shared,
            each.ngrams,
            {record.id: (record.shared, record.ngrams) for record in each.records},
        )
        for each in shared_ngrams(three)
    }
    assert found == _by_hand(three)
    assert found["test", "train"][0] >= 48


def test_the_record_that_shares_the_most_is_named_with_the_one_it_is_like(three):
    most = {(each.split, each.earlier): each.records[0] for each in shared_ngrams(three) if each.records}
    assert {key: (record.id, record.like) for key, record in most.items()} == {
        ("test", "train"): (f"{4:016x}", f"{1:016x}"),
        ("test", "validation"): (f"{4:016x}", f"{3:016x}"),
    }


def test_of_many_ngrams_a_share_is_drawn_and_said(three, monkeypatch):
    whole = {(each.split, each.earlier): each for each in shared_ngrams(three)}
    monkeypatch.setattr(ngrams, "_MOST", 100)
    drawn = {(each.split, each.earlier): each for each in shared_ngrams(three)}
    assert {each.drawn for each in drawn.values()} == {4}
    for key, each in drawn.items():
        assert each.ngrams < whole[key].ngrams / 2
        assert each.shared <= whole[key].shared


def test_stats_and_verify_print_what_is_shared(three, cli):
    shared = _by_hand(three)["test", "train"]
    told = json.loads(cli("stats", three, "--json").stdout)["sharing"]
    assert [(each["split"], each["earlier"], each["shared"], each["ngrams"]) for each in told][1] == (
        "test", "train", *shared[:2]
    )  # fmt: skip
    printed = cli("verify", three).stdout
    line = f"test shares {100 * shared[0] / shared[1]:.1f} % of its 13-grams with train\n"
    assert re.search(re.escape(line) + rf" +most: [0-9.]+ % of {4:016x}, which is like ", printed)
    assert f"{4:016x}  test" in cli("stats", three).stdout


def test_one_split_alone_shares_nothing(write, tmp_path):
    assert shared_ngrams(_build(write, tmp_path, [(2020, _text(1))])) == []


def test_a_parquet_file_of_several_row_groups_is_read_as_one(three):
    path = three / "data/train-00000-of-00001.parquet"
    before = shared_ngrams(three)
    pq.write_table(pq.read_table(path), path, row_group_size=1)
    assert shared_ngrams(three) == before

"""Where a split is cut: into files as readers need them, into blocks of the content digest by a rule that never changes."""

import itertools
import json
import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.articles import article
from support.builds import records

import corpus_vn_police as cvp
from corpus_vn_police.contract import contracts, load_contract, schema_digests
from corpus_vn_police.dataset import cuts
from corpus_vn_police.dataset.cuts import BlockEnds, cut_blocks, cut_shards, shard_limit
from corpus_vn_police.dataset.digest import ColumnHashes, ContentHashes, content_digest
from corpus_vn_police.dataset.files import read_shards
from corpus_vn_police.dataset.layout import FOLDERS

_MIB = 1 << 20
_SIZES = st.lists(st.integers(0, 9), max_size=30)


def _pieces(length, places):
    """Runs of rows that are cut at places."""
    return itertools.pairwise(sorted({0, length, *(place for place in places if place < length)}))


@given(_SIZES, st.integers(1, 40), st.lists(st.integers(0, 30), max_size=5))
def test_a_block_ends_with_the_record_that_reaches_the_limit_whatever_the_sizes_come_in(sizes, limit, places):
    blocks, expected, held = BlockEnds(limit), [], 0
    for start, stop in _pieces(len(sizes), places):
        blocks.add(np.array(sizes[start:stop], np.int64))
    for number, size in enumerate(sizes, 1):
        held += size
        if held >= limit:
            expected, held = [*expected, number], 0
    assert blocks.ends == expected


@given(st.lists(st.text("aăđ", max_size=5), max_size=20), st.integers(1, 25), st.lists(st.integers(0, 20), max_size=5))
def test_the_hashes_are_those_of_the_blocks_whatever_files_and_tables_the_rows_come_in(texts, limit, places):
    """With limits below and above what a table holds."""
    default = pa.table({"text": pa.array(texts, pa.string())})
    other = pa.table({"n": pa.array(range(len(texts)), pa.int32())})
    hashes, expected = ContentHashes(limit), {}
    for config, table in {"default": default, "sources": other}.items():
        for start, stop in _pieces(len(texts), places):
            hashes.update(config, "train", table.slice(start, stop - start))
        for start, stop in cut_blocks(np.array([len(text.encode()) for text in texts], np.int64), limit):
            whole = ColumnHashes()
            whole.update(table.slice(start, stop - start))
            expected.setdefault(config, {}).setdefault("train", []).append(whole.digest())
    assert (hashes.blocks() if texts else {}) == expected


@pytest.mark.parametrize(
    ("total", "mib", "limit"),
    [
        (64 * _MIB, None, 64), (64 * _MIB + 1, None, 8), (128 * _MIB - 1, None, 8), (128 * _MIB, None, 16),
        (1 << 31, None, 256), (1 << 40, None, 256), (1, 7, 7), (1 << 40, 7, 7),
    ],
    ids=str,
)  # fmt: skip
def test_the_limit_of_a_shard_leaves_eight_readers_one_each_above_64_mib_and_is_at_most_256_mib(total, mib, limit):
    assert shard_limit(total, mib) == limit * _MIB


def _cut(sizes, ids=None):
    return cut_shards(np.array(sizes, np.int64), np.arange(len(sizes), dtype=np.uint64) if ids is None else ids, 1)


@given(st.lists(st.integers(1, 3 * _MIB), max_size=40))
def test_every_row_is_in_one_shard_and_a_shard_has_half_to_all_of_the_limit_or_one_record(sizes):
    bounds = _cut(sizes)
    assert [row for start, stop in bounds for row in range(start, stop)] == list(range(len(sizes)))
    held = [sum(sizes[start:stop]) for start, stop in bounds]
    for number, (start, stop) in enumerate(bounds):
        assert held[number] <= _MIB or stop == start + 1
        # Less only in the last one, and before a record that would go beyond the limit.
        assert held[number] >= _MIB // 2 or stop == len(sizes) or held[number] + sizes[stop] > _MIB


@given(st.lists(st.integers(1, _MIB), min_size=1, max_size=40), st.lists(st.integers(1, _MIB), max_size=9))
def test_records_added_at_the_end_change_no_shard_but_the_last(sizes, more):
    before = _cut(sizes)
    assert _cut(sizes + more)[: len(before) - 1] == before[:-1]


@given(st.lists(st.integers(1, _MIB), min_size=1, max_size=40), st.data())
def test_a_record_added_anywhere_moves_no_cut_before_the_last_one_nor_after_the_next_that_stays(sizes, data):
    place = data.draw(st.integers(0, len(sizes)))
    grown = [*sizes[:place], data.draw(st.integers(1, _MIB)), *sizes[place:]]
    ids = np.arange(len(sizes), dtype=np.uint64)
    before = [stop for _, stop in _cut(sizes)]
    after = [stop for _, stop in _cut(grown, np.insert(ids, place, np.uint64(99)))]
    earlier = [stop for stop in before if stop < place][:-1]
    assert after[: len(earlier)] == earlier
    moved = {stop + 1 for stop in before if stop >= place}
    stays = min((stop for stop in after if stop in moved and stop < len(grown)), default=len(grown))
    assert [stop for stop in after if stop >= stays] == [stop + 1 for stop in before if stop + 1 >= stays]


def test_a_record_added_anywhere_changes_as_a_rule_one_shard():
    draw = random.Random(1)
    sizes = [draw.randrange(500, 8_000) for _ in range(3_000)]  # 250 records a MiB
    ids = np.array([draw.getrandbits(64) for _ in sizes], np.uint64)

    def shards(sizes, ids):
        return {ids[start:stop].tobytes() for start, stop in _cut(sizes, ids)}

    before, changed = shards(sizes, ids), []
    for _ in range(200):
        place = draw.randrange(len(sizes))
        grown = np.insert(ids, place, np.uint64(draw.getrandbits(64)))
        changed.append(len(before - shards([*sizes[:place], 3_000, *sizes[place:]], grown)))
    assert len(before) > 15
    assert max(changed) <= 3
    assert sum(count == 1 for count in changed) > 190


def _config(**tables):
    off = {name: {"enabled": False} for name in ("structure", "quality")}
    return {"dedup": {"level": "off"}, **off, **tables}


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    """Rows with 3 MB of text."""
    path = tmp_path_factory.mktemp("cuts") / "rows.jsonl"
    rows = ({"id": number, "text": " ".join(article(number, 200)) * 20} for number in range(180))
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_law_4_the_size_of_shards_changes_no_digest_and_no_row(seeds, tmp_path):
    def build(**settings):
        built = cvp.build(seeds, out=tmp_path / "out", config=_config(build=settings))
        folders = [tmp_path / "out" / folder for folder in FOLDERS.values()]
        rows = [[row["id"] for row in records(built, folder)] for folder in folders]
        return built.digest, rows, [len(list(folder.iterdir())) for folder in folders]

    digest, rows, files = build()
    assert (rows, files) == ([rows[0]] * 3, [1] * 3)
    assert build(shard_mib=7) == (digest, rows, files)
    assert build(shard_mib=1) == (digest, rows, [5] * 3)
    assert cvp.verify(tmp_path / "out").digest == digest


@pytest.mark.parametrize("block", [40_000, 1_500_000], ids=["blocks-below-shards", "blocks-above-shards"])
def test_the_digest_is_that_of_the_blocks_wherever_files_and_blocks_meet(seeds, tmp_path, monkeypatch, block):
    monkeypatch.setattr(cuts, "BLOCK_BYTES", block)
    monkeypatch.setattr(cuts, "ONE_SHARD_BYTES", 1_000)
    built = cvp.build(seeds, out=tmp_path / "out", config=_config())
    hashes = {}
    for config, name in {"default": "record", "annotations": "annotations", "sources": "sources"}.items():
        table = pa.Table.from_pylist(records(built, FOLDERS[config]), load_contract(name).schema)
        sizes = [len(row["text"].encode()) for row in records(built)]
        for start, stop in cut_blocks(np.array(sizes), block):
            hashes.setdefault(config, {}).setdefault("train", []).append(ColumnHashes())
            hashes[config]["train"][-1].update(table.slice(start, stop - start))
        hashes[config]["train"] = [each.digest() for each in hashes[config]["train"]]
    assert len(hashes["default"]["train"]) > 1
    assert len(list((tmp_path / "out/data").iterdir())) > 8
    assert content_digest(hashes, schema_digests(contracts())) == built.digest
    assert (cvp.verify(built).problems, read_shards(tmp_path / "out")[1]) == ((), built.digest)

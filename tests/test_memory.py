"""How many bytes are held of each record, counted by what numpy allocates: they do not grow with the corpus."""

import tracemalloc

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import corpus_vn_police as cvp
from corpus_vn_police.config import Dedup
from corpus_vn_police.dataset.rows import Published
from corpus_vn_police.dedup import Signed, equal, find_copies, order
from corpus_vn_police.dedup.rare import Prefixes, RareIndex, Rarity
from corpus_vn_police.dedup.shingles import Rows
from corpus_vn_police.dedup.sign import BANDS
from corpus_vn_police.state.index import Index
from corpus_vn_police.state.parts import INDEX, write_part


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    """So small that what is sorted at once is a small part of some ten thousand records."""
    monkeypatch.setattr(equal, "_AT_ONCE", 1 << 9)
    monkeypatch.setattr(order, "_AT_ONCE", 1 << 9)


def _peak(call):
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _per_record(call, few, many):
    """Bytes that each record adds to the peak."""
    return (_peak(lambda: call(many)) - _peak(lambda: call(few))) / (many - few)


def _signed(folder, count):
    """Texts of which no two share a band."""
    draw = np.random.default_rng(0)
    paths, counts = [], [1_000] * (count // 1_000)
    for number, each in enumerate(counts):
        paths.append(folder / f"{number}.signs")
        draw.integers(0, 2**64, (2 + BANDS, each), np.uint64).tofile(paths[-1])
    in_order = draw.permutation(count).astype(np.uint32)
    return Signed(paths, counts, in_order, lambda some: some, lambda some: pl.Series([], dtype=pl.String), folder / "s")


@pytest.mark.parametrize(("level", "most"), [("exact", 16), ("near", 21)])
def test_looking_for_copies_holds_few_bytes_of_each_record(tmp_path, level, most):
    signed = {count: _signed(tmp_path, count) for count in (60_000, 30_000)}
    found = _per_record(lambda count: find_copies(signed[count], Dedup(level=level, threshold=0.7)), 30_000, 60_000)
    assert found < most


def test_putting_records_in_order_holds_few_bytes_of_each(tmp_path):
    draw = np.random.default_rng(0)
    ids, days = draw.integers(0, 2**64, 60_000, np.uint64), draw.integers(0, 9, 60_000).astype(np.int32)
    part = np.ones(60_000, np.bool_)
    found = _per_record(lambda count: order.standing_order(days[:count], ids[:count], part[:count]), 30_000, 60_000)
    assert found < 16


@pytest.mark.parametrize("ids", [range(3_000), range(2**63, 2**63 + 3_000), [n * 2**50 for n in range(3_000)]])
@pytest.mark.parametrize("days", [1, 40, 3_000])
def test_pieces_of_days_and_ids_are_in_the_order_of_all(ids, days):
    draw = np.random.default_rng(0)
    ids = draw.permutation(np.array(ids, np.uint64))
    days = draw.integers(0, days, 3_000).astype(np.int32)
    taking_part = draw.random(3_000) < 0.9
    expected = np.lexsort((ids, days))
    assert order.standing_order(days, ids, taking_part).tolist() == expected[taking_part[expected]].tolist()


def test_equal_values_are_found_whatever_their_distribution():
    for values in ([0] * 2_000, [n // 2 << 56 for n in range(500)], [n % 1_500 for n in range(2_000)]):
        values = np.array(values, np.uint64)
        found = sorted(
            tuple(group.tolist())
            for places, ends in equal.equal(values)
            for group in np.split(places, ends[:-1])
            if len(places)
        )
        groups = [tuple(np.flatnonzero(values == value).tolist()) for value in np.unique(values)]
        assert found == sorted(group for group in groups if len(group) > 1)


def test_a_rare_shingle_of_a_crowded_bucket_takes_eight_bytes():
    draw = np.random.default_rng(0)
    each = [np.unique(draw.integers(0, 2**64, 200, np.uint64)) for _ in range(300)]
    rows = Rows(np.concatenate(each), np.cumsum([0, *map(len, each)]))
    prefixes = Prefixes.of(rows, Rarity.of(rows), 0.7)
    sizes = rows.sizes.astype(np.uint32)
    index = RareIndex(0.7, sizes, np.zeros((2, 300), np.uint32))
    for first in range(0, 300, 60):
        part = slice(first, first + 60)
        index.add(Prefixes.of(_some(rows, part), Rarity.of(rows), 0.7), np.arange(first, first + 60, dtype=np.uint32))
    assert sum(run.nbytes for run in index.postings.runs) == 8 * len(prefixes.rows.hashes) < 700 * 300


def _some(rows, part):
    chosen = [rows.row(number) for number in range(part.start, part.stop)]
    return Rows(np.concatenate(chosen), np.cumsum([0, *map(len, chosen)]))


def test_a_text_that_is_picked_does_not_keep_those_around_it(write, tmp_path):
    long = "Công an tỉnh bắt giữ hai đối tượng. " * 400
    cvp.build(
        write({"a.jsonl": "\n".join(f'{{"text": "{n} {long}"}}' for n in range(50))}), out=tmp_path / "out", dedup="off"
    )
    before = pa.total_allocated_bytes()
    texts = Published.open(tmp_path / "out").texts(np.array([7]))
    assert pa.total_allocated_bytes() - before < 2 * len(texts[0].encode())


def test_the_index_holds_five_bytes_of_a_seed(tmp_path):
    rows = pl.DataFrame({"path": [f"a#{n}" for n in range(500)], "split": [0] * 500, "text_bytes": [9] * 500})
    missing = [pl.lit(None, kind).alias(name) for name, kind in INDEX.items() if name not in rows.columns]
    index = rows.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in INDEX.items())
    parts = tuple(write_part(tmp_path, f"{n}", index) for n in range(4))
    read = Index.read(tmp_path, parts)
    arrays = [value for value in vars(read).values() if isinstance(value, np.ndarray)]
    assert sum(array.nbytes for array in arrays) == 5 * len(read) + 16 * (len(parts) + 1)
    assert read.in_path_order().dtype == np.uint32

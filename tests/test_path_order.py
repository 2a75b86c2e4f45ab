"""The order of seeds: by path, and rows of one file by their numbers."""

import json
import os
import zipfile

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builds import ledger, place_of, records

import corpus_vn_police as cvp
from corpus_vn_police.state import path_order

_PATHS = st.one_of(
    st.sampled_from(["a", "a.jsonl", "a.jsonl#x", "a.jsonl!", "b.zip/a.jsonl", "é.jsonl", "#"]),
    st.builds("{}#{}".format, st.sampled_from(["a.jsonl", "a.jsonl#1", "b", "é"]), st.integers(1, 120)),
    st.just("a.jsonl#12345678901234567890"),
)


@pytest.fixture(params=[1, 5, 1 << 16])
def at_once(request, monkeypatch):
    monkeypatch.setattr(path_order, "_AT_ONCE", request.param)


def _order(parts, digests=None):
    sha256 = pl.Series(
        digests if digests is not None else [str(n) for n in range(sum(map(len, parts)))], dtype=pl.String
    )
    counts = [len(part) for part in parts]
    return path_order.path_order(
        counts, lambda part: pl.Series(parts[part], dtype=pl.String), lambda seeds: sha256.gather(seeds)
    ).tolist()


@pytest.mark.usefixtures("at_once")
@given(st.lists(st.lists(_PATHS, max_size=12), max_size=8))
def test_seeds_stand_by_path_and_row_whatever_part_they_are_in(parts):
    flat = [path for part in parts for path in part]
    digests = [f"{hash(path) % 7}{number % 3}" for number, path in enumerate(flat)]
    expected = sorted(range(len(flat)), key=lambda number: (*place_of(flat[number]), digests[number]))
    assert [(flat[n], digests[n]) for n in _order(parts, digests)] == [(flat[n], digests[n]) for n in expected]


def test_a_seed_without_a_digest_comes_after_those_of_its_name():
    assert _order([["a", "a", "b"], ["a"]], [None, "2", "0", "1"]) == [3, 1, 0, 2]


def test_parts_that_follow_one_another_are_read_once_and_never_held():
    asked = []
    parts = [[f"a.jsonl#{row}" for row in range(first, first + 9)] for first in range(1, 1_000, 9)]

    def paths(part):
        asked.append(part)
        return pl.Series(parts[part])

    order = path_order.path_order([9] * len(parts), paths, None)
    assert order.tolist() == list(range(9 * len(parts)))
    assert asked == list(range(len(parts)))


def test_only_parts_that_overlap_are_held_together(monkeypatch):
    monkeypatch.setattr(path_order, "_AT_ONCE", 20)
    held, original = [], path_order._sorted
    monkeypatch.setattr(path_order, "_sorted", lambda frame, sha256: held.append(len(frame)) or original(frame, sha256))
    old = [[f"{n:04d}.txt" for n in range(first, first + 20, 2)] for first in range(0, 2_000, 20)]
    new = [[f"{n:04d}.txt" for n in range(1, 2_000, 200)]]
    order = _order([*old, *new])
    paths = [path for part in (*old, *new) for path in part]
    assert [paths[n] for n in order] == sorted(paths)
    assert max(held) <= 50


def test_rows_stand_in_the_order_of_their_file_everywhere(write, tmp_path):
    rows = [{"text": f"Tin số {n}", "date": f"2020-{n % 12 + 1:02d}"} for n in range(1, 31)]
    lines = "\n".join(json.dumps(row) for row in rows)
    folder = write({"b.jsonl": lines, "a.txt": "Tin a", "c.txt": "Tin c", "b.jsonl.txt": "Tin b"})
    with zipfile.ZipFile(folder / "z.zip", "w") as archive:
        archive.writestr("2.jsonl", "\n".join(json.dumps({"text": f"Nén {n}"}) for n in range(1, 13)))
        archive.writestr("1.txt", "Tin nén")
    (folder / "corpus.toml").write_text('[splits]\ntest_from = "2020-07"\n[quality]\nenabled = false\n')
    expected = ["a.txt", *(f"b.jsonl#{n}" for n in range(1, 31)), "b.jsonl.txt", "c.txt", "z.zip/1.txt"]
    expected += [f"z.zip/2.jsonl#{n}" for n in range(1, 13)]
    cvp.build(folder, out=tmp_path / "out")
    assert [row["path"] for row in ledger(tmp_path / "out")] == expected
    for split in ("train", "test"):
        paths = list(_paths(tmp_path / "out", split))
        assert paths == [path for path in expected if path in set(paths)]
        assert len(paths) > 10
    cvp.sources(tmp_path / "out", out=tmp_path / "back")
    assert (tmp_path / "back/b.jsonl").read_text().splitlines() == lines.splitlines()
    cvp.remove(tmp_path / "out", records(tmp_path / "out")[4]["id"], reason="x")
    removed = [row["path"] for row in ledger(tmp_path / "out") if row["path"]]
    assert removed == [path for path in expected if path in set(removed)]


def _paths(out, split):
    return pl.concat(pl.read_parquet(file) for file in sorted(out.glob(f"sources/{split}-*")))["path"]


def test_of_rows_with_one_id_and_the_same_bytes_the_first_of_the_file_stays(write, tmp_path):
    rows = [{"text": f"Tin số {n if n not in (2, 10) else 2}"} for n in range(1, 13)]
    cvp.build(write({"a.jsonl": "\n".join(map(json.dumps, rows))}), out=tmp_path / "out", dedup="off")
    assert {row["path"]: row["status"] for row in ledger(tmp_path / "out")} == {
        f"a.jsonl#{n}": "published" if n != 10 else "duplicate" for n in range(1, 13)
    }


def test_what_a_build_adds_stands_where_a_build_from_nothing_puts_it(write, tmp_path):
    folder = write({f"{n:02d}.txt": f"Tin {n}" for n in range(0, 40, 4)})
    for path in folder.iterdir():
        os.utime(path, ns=(10**18, 10**18))
    for first in range(1, 4):
        cvp.build(folder, out=tmp_path / "out", dedup="off")
        for n in range(first, 40, 4):
            (folder / f"{n:02d}.txt").write_text(f"Tin {n}")
            os.utime(folder / f"{n:02d}.txt", ns=(10**18, 10**18))
    digest = cvp.build(folder, out=tmp_path / "out", dedup="off").digest
    assert digest == cvp.build(folder, out=tmp_path / "fresh", dedup="off").digest
    assert [row["path"] for row in ledger(tmp_path / "out")] == [f"{n:02d}.txt" for n in range(40)]

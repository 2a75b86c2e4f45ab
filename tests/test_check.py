"""`check`: what a build would make of seeds, without writing it."""

import copy
import dataclasses
import json
import tempfile

import polars as pl
import pytest
from support.articles import article, changed, seed_text
from support.builds import ledger

import corpus_vn_police as cvp

_WORDS = article(1)
_SEEDS = {
    **{f"{n:02d}.txt": seed_text(f"2020-{n:02d}", article(n)) for n in range(1, 11)},
    "same.txt": seed_text("2021", article(3)),
    "near.txt": seed_text("2021", changed(article(4), 50)),
    "bad.txt": b"\xff",
    "rows.jsonl": "\n".join(
        json.dumps({"content": "x"} if n % 2 else {"text": f"Tin {n}", "topic": n}) for n in range(12)
    ),
    "gone.txt": "Bài đã gỡ",
    "notes.md": "x",
    "corpus.toml": '[quality]\nenabled = false\n[splits]\ntest_from = "2020-10"\n',
}


@pytest.fixture
def seeds(write):
    folder = write(_SEEDS)
    gone = cvp.check(folder).ledger.filter(pl.col("path") == "gone.txt")["id"].item()
    (folder / "removed.csv").write_text(f"id,sha256,date,reason\n{gone},,2026-01-01,asked\n")
    return folder


@pytest.mark.parametrize("dedup", [None, "near", "exact", "off"])
def test_a_check_says_what_the_build_then_does(seeds, tmp_path, dedup):
    found = cvp.check(seeds, dedup=dedup)
    built = cvp.build(seeds, out=tmp_path / "out", dedup=dedup)
    assert found.ledger.to_dicts() == ledger(tmp_path / "out")
    assert (found.seeds, found.status, found.splits, found.unused) == (
        built.seeds, built.status, built.splits, built.unused,
    )  # fmt: skip
    assert [note for note in built.notes if not note.startswith(("no pictures", "the card"))] == list(found.notes)
    assert found.ledger.schema == pl.DataFrame(pl.read_parquet(tmp_path / "out/ledger.parquet")).schema


def test_a_check_has_every_kind_of_outcome(seeds):
    found = cvp.check(seeds)
    assert found.status == {"published": 16, "rejected": 7, "duplicate": 1, "near_duplicate": 1, "removed": 1}
    assert found.splits == {"train": 15, "test": 1}
    rows = {row["path"]: row for row in found.ledger.to_dicts()}
    kept = {name: rows[name]["id"] for name in ("03.txt", "04.txt")}
    assert (rows["same.txt"]["duplicate_of"], rows["same.txt"]["similarity"]) == (kept["03.txt"], 1.0)
    assert rows["near.txt"]["duplicate_of"] == kept["04.txt"]
    assert 0.7 <= rows["near.txt"]["similarity"] < 1
    assert rows[None]["status"] == "removed"
    assert not found.ok


@pytest.mark.parametrize(
    ("files", "fine"),
    [({"a.txt": "a", "b.txt": "a"}, True), ({"a.txt": "a", "b.txt": ""}, False), ({"b.txt": ""}, False)],
)
def test_copies_are_no_fault_and_rejected_seeds_are(write, files, fine):
    assert cvp.check(write(files)).ok == fine


def test_a_check_leaves_nothing_behind(seeds, tmp_path, monkeypatch):
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    cvp.check(seeds)
    assert set(tmp_path.rglob("*")) == before.keys()
    assert {path.name for path in before if path.stat().st_mtime_ns != before[path]} == {"scratch"}


def test_a_check_is_a_value(seeds):
    found = cvp.check(seeds)
    same = cvp.check(seeds)
    assert (found, hash(found)) == (same, hash(same))
    other = dataclasses.replace(copy.copy(found), ledger=found.ledger.head(3))
    assert found != other
    assert "published" in repr(found)
    assert "gone.txt" not in repr(found)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.seeds = 1


def test_seeds_of_which_the_same_is_said_are_one_line(seeds, cli):
    told = cli("check", seeds)
    assert told.returncode == 1
    kept = {row["path"]: row["id"] for row in cvp.check(seeds).ledger.to_dicts()}
    lines = told.stdout.split("\n")
    assert lines[0] == "bad.txt: encoding.invalid_utf8: byte 0 of 1: invalid start byte"
    assert lines[1].startswith(f"near.txt: near duplicate of {kept['04.txt']} (0.")
    assert lines[2].startswith("6 seeds: json.type /text: ")
    assert lines[2].endswith("; for example rows.jsonl#2")
    assert lines[3:] == [
        f"same.txt: duplicate of {kept['03.txt']} (1.00): same dedup key",
        f"{kept[None]}: removed",
        "16 of 26 seeds would be published; 1 duplicate, 1 near duplicate, 7 rejected, 1 removed",
        "  splits  train 15, test 1",
        "",
    ]
    assert "note:  skipped, because they are not seeds" in told.stderr
    quick = cli("check", seeds, "--no-dedup")
    assert "18 of 26 seeds would be published; 7 rejected, 1 removed" in quick.stdout
    rows = [json.loads(line) for line in cli("check", seeds, "--json").stdout.splitlines()]
    assert rows == cvp.check(seeds).ledger.to_dicts()

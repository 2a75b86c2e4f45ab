"""Takedown: what is gone is gone from every file, nothing else moves, and it stays away."""

import csv
import hashlib
import io
import json
import os
import random
import shutil
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.articles import article, changed, seed_text
from support.builds import ledger, outcomes, records, sign
from support.tamper import problem_codes, retable

import corpus_vn_police as cvp
from corpus_vn_police.commands.build.pipeline import Job, run_build
from corpus_vn_police.config import load_config
from corpus_vn_police.dataset import cuts
from corpus_vn_police.dataset.tombstones import Tombstones, older_tombstones, read_removed
from corpus_vn_police.errors import ConfigError, DamagedError, InputError, NothingPublishedError, OutputError
from corpus_vn_police.paths import output_path
from corpus_vn_police.stages.read import Batching
from corpus_vn_police.write import parquet

_HEADER = "id,sha256,date,reason\n"


# "a" is what is taken down. "between" is left out for it, but most like "later", which stays.
_A = article(1)
_BETWEEN = changed(_A, 10, 30, 50)
_FILES = {
    "a.txt": seed_text("2020-05", _A),
    "copy.txt": seed_text("2021-01", ["—", *_A]),
    "near.txt": seed_text("2021-02", changed(_A, 80)),
    "between.txt": seed_text("2021-03", _BETWEEN),
    "later.txt": seed_text("2021-04", changed(_BETWEEN, 70, 90)),
    "of_later.txt": seed_text("2021-05", ["—", *changed(_BETWEEN, 70, 90)]),
    "alike.txt": seed_text("2020-07", [*_A[:60], *article(2, 40)]),
    "long.txt": seed_text("2022-07", [*article(3, 500), *_A[20:70], *article(4, 500)]),
    "bad.txt": b"\xff " + " ".join(_A).encode(),
    **{f"{number}.txt": seed_text(f"2020-{number:02d}", article(100 + number)) for number in range(1, 9)},
    "7_other.txt": seed_text("2020-09", ["—", *article(107)]),
    "test.txt": seed_text("2024-01", article(200)),
    "rows.jsonl": "\n".join(json.dumps({"id": str(n), "text": " ".join(article(300 + n))}) for n in range(12)),
    "corpus.toml": '[splits]\ntest_from = "2023-01"\n',
}
_GONE = {"a.txt", "copy.txt", "near.txt", "between.txt"}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Seeds in `in`, built into `out` in batches of a few seeds, so that there are several parts."""
    folder = tmp_path_factory.mktemp("base")
    for name, content in _FILES.items():
        path = folder / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    built = _build(folder)
    assert built.status == {"published": 25, "rejected": 1, "duplicate": 3, "near_duplicate": 2, "removed": 0}
    return folder


@pytest.fixture
def here(base, tmp_path):
    """A copy of it of one's own."""
    for name in ("in", "out", ".out.state"):
        shutil.copytree(base / name, tmp_path / name)  # with the mtimes, so that parts are used again
    return tmp_path


def _build(folder):
    corpus = load_config(folder / "in/corpus.toml")
    return run_build(
        str(folder / "in"), output_path(folder / "out"), corpus, Job(workers=1, batching=Batching(3, 1 << 20))
    )


def _id(name):
    content = _FILES[name]
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()[:16]


def _bytes(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def _removed(out):
    return {row["id"] for row in ledger(out) if row["status"] == "removed"}


def _ids(out):
    return [str(row["id"]) for row in records(out)]


def _published(out):
    return [row["source"]["path"] for row in records(out)]


def _built_from_nothing(here):
    """What a build of the seeds with their removed.csv comes to, and whether it is `out`, to the byte."""
    built = cvp.build(here / "in", out=here / "fresh", workers=1)
    assert _bytes(here / "fresh") == _bytes(here / "out")
    return built.digest


def test_what_is_left_is_what_a_build_from_nothing_makes(here):
    before = cvp.verify(here / "out").digest
    removal = cvp.remove(here / "out", _id("a.txt"), reason="asked for", seeds=here / "in")
    assert removal.digest == cvp.verify(here / "out").digest == _built_from_nothing(here) != before
    assert cvp.verify(here / "out").problems == ()
    assert _removed(here / "out") == {_id(name) for name in _GONE}


def test_what_was_left_out_as_a_copy_goes_along_and_is_told(here):
    removal = cvp.remove(here / "out", [_id("a.txt")], reason="x")
    assert removal.removed == (_id("a.txt"),)
    assert removal.copies == tuple(sorted(_id(name) for name in _GONE - {"a.txt"}))
    assert (removal.seeds, removal.status) == (
        31,
        {"published": 24, "rejected": 1, "duplicate": 2, "near_duplicate": 0, "removed": 4},
    )


def test_what_is_left_gets_the_version_that_is_given(here):
    def version():
        assert cvp.verify(here / "out").ok
        return json.loads((here / "out/manifest.json").read_text())["version"]

    assert version() == "0.1.0"
    removal = cvp.remove(here / "out", _id("a.txt"), reason="x", version="0.1.1")
    assert (
        version(),
        f"| Data version | 0.1.1 |\n| Content digest | `{removal.digest}` |" in (here / "out/README.md").read_text(),
    ) == ("0.1.1", True)
    again = cvp.remove(here / "out", _id("a.txt"), reason="x", version="0.2.0")  # also of what had been taken down
    assert (version(), again.digest, again.already) == ("0.2.0", removal.digest, (_id("a.txt"),))
    with pytest.raises(ConfigError, match="the arguments: version"):
        cvp.remove(here / "out", _id("a.txt"), reason="x", version="next")
    assert version() == "0.2.0"


def test_a_tombstone_keeps_id_and_sha256_alone(here):
    rows = {row["id"]: row for row in ledger(here / "out")}
    cvp.remove(here / "out", _id("a.txt"), reason="x")
    for row in ledger(here / "out")[-4:]:
        told = {key: value for key, value in row.items() if value is not None}
        assert told == {"id": row["id"], "sha256": rows[row["id"]]["sha256"], "status": "removed"}


def test_nothing_else_moves(here):
    def others(config):
        rows = {row["id"]: row for row in records(here / "out", config)}
        rows.pop(_id("a.txt"), None)
        return list(rows), rows

    before = [others(config) for config in ("data", "annotations", "sources")]
    # A seed that was left out for "later" went: it might have come back in its place.
    before[0][1][_id("later.txt")]["duplicates"] -= 1
    cvp.remove(here / "out", _id("a.txt"), reason="x")
    assert [others(config) for config in ("data", "annotations", "sources")] == before


def test_a_copy_that_nothing_keeps_out_any_more_does_not_take_a_record_s_place(here):
    rows = {row["path"]: row for row in ledger(here / "out")}
    assert rows["between.txt"]["duplicate_of"] == _id("later.txt")
    cvp.remove(here / "out", _id("a.txt"), reason="x")
    cvp.build(here / "in", out=here / "out", workers=1)
    assert "later.txt" in _published(here / "out")


def _decoded(path):
    """All that a file says, whatever form it has."""
    told = [path.read_bytes()]
    if path.suffix == ".parquet":
        told += [str(column).encode() for column in pl.read_parquet(path).to_dict(as_series=False).values()]
        told += [
            row for column in pq.read_table(path).columns if column.type == pa.binary() for row in column.to_pylist()
        ]
    elif path.suffix in (".index", ".records"):
        told.append(str(pa.ipc.open_file(path.read_bytes()).read_all().to_pydict()).encode())
    return b"\n".join(told)


def _holders(here, words, length=5):
    """The files of the build and of its state that hold some words in a row of a text."""
    runs = [" ".join(words[start : start + length]).encode() for start in range(len(words) - length + 1)]
    paths = [path for name in ("out", ".out.state") for path in (here / name).rglob("*") if path.is_file()]
    return {
        path.relative_to(here).parts[0]
        for path in paths
        for told in [_decoded(path)]
        if any(run in told for run in runs)
    }


def test_no_word_of_it_is_left_in_the_build_or_its_state(here):
    assert _holders(here, _A) == {"out", ".out.state"}
    for name in ("alike.txt", "long.txt", "later.txt"):  # which have words of it
        cvp.remove(here / "out", _id(name), reason="x")
    assert "out" in _holders(here, _A)
    cvp.remove(here / "out", _id("a.txt"), reason="x")
    assert _holders(here, _A) == set()
    assert any((here / ".out.state/parts").glob("*.records"))  # of others


def test_no_word_of_it_is_left_of_a_build_that_was_interrupted(here):
    parts = here / ".out.state/parts"
    whole = max(parts.glob("*.records"), key=lambda path: b" ".join(map(str.encode, _A[:5])) in path.read_bytes())
    for ending in ("records", "signs"):
        shutil.copy(whole, parts / f"0-0000000-0000.{ending}")  # its index was never written
    shutil.copy(whole, parts / "1-0000000-0000.records")
    (parts / "1-0000000-0000.index").write_bytes(whole.with_suffix(".index").read_bytes()[:100])
    for name in ("alike.txt", "long.txt", "later.txt", "a.txt"):
        cvp.remove(here / "out", _id(name), reason="x")
    assert _holders(here, _A) == set()


def test_the_next_build_reads_again_what_the_parts_no_longer_hold(here):
    _build(here)  # where the seeds are now
    before = set((here / ".out.state/parts").glob("*.index"))
    removal = cvp.remove(here / "out", _id("a.txt"), reason="x")
    kept = set((here / ".out.state/parts").glob("*.index"))
    (here / "in/new.txt").write_text(seed_text("2020-11", article(400)))
    built = _build(here)
    assert set() < kept < before
    assert kept <= set((here / ".out.state/parts").glob("*.index"))
    assert built.status == {**removal.status, "published": 25}
    (here / "in/new.txt").unlink()
    assert cvp.build(here / "in", out=here / "out", workers=1).digest == removal.digest
    assert cvp.verify(here / "out").ok


def test_the_state_may_be_missing(here):
    shutil.rmtree(here / ".out.state")
    cvp.remove(here / "out", _id("a.txt"), reason="x", seeds=here / "in")
    _built_from_nothing(here)


def test_a_tombstone_whose_seed_is_gone_stays_and_holds_when_it_comes_back(here):
    removal = cvp.remove(here / "out", _id("a.txt"), reason="x")
    (here / "in/a.txt").rename(here / "a.txt")
    for _ in range(2):
        built = cvp.build(here / "in", out=here / "out", workers=1)
        assert (built.digest, built.seeds, built.status) == (removal.digest, 31, removal.status)
        assert cvp.verify(here / "out").ok
    (here / "a.txt").rename(here / "in/elsewhere.txt")  # with the bytes that it had
    assert cvp.build(here / "in", out=here / "out", workers=1).digest == removal.digest


def test_a_seed_under_a_removed_id_with_other_bytes_stays_away(here):
    removal = cvp.remove(here / "out", _id("a.txt"), reason="x")
    (here / f"in/9_{_id('a.txt')}.txt").write_text(seed_text("2020-05", article(500)))
    built = cvp.build(here / "in", out=here / "out", workers=1)
    assert (built.digest, built.status["removed"]) == (removal.digest, 5)
    again = cvp.build(here / "in", out=here / "out", workers=1)
    assert (again.status, cvp.verify(here / "out").problems) == (built.status, ())


def test_seeds_with_one_id_and_the_same_bytes_have_a_tombstone_each(here):
    for name in ("again.txt", "once_more.txt"):
        shutil.copyfile(here / "in/4.txt", here / "in" / name)
    cvp.build(here / "in", out=here / "out", workers=1)
    removal = cvp.remove(here / "out", _id("4.txt"), reason="x", seeds=here / "in")
    assert (removal.removed, removal.copies, removal.status["removed"]) == ((_id("4.txt"),), (), 3)
    _built_from_nothing(here)


def test_what_shares_an_id_with_its_bytes_goes_along(here):
    """Else the one of two seeds with one id would be published once the other is taken down for its bytes."""
    shutil.copyfile(here / "in/4.txt", here / f"in/1_{'c' * 16}.txt")
    (here / f"in/2_{'c' * 16}.txt").write_text(seed_text("2020-05", article(500)))
    cvp.build(here / "in", out=here / "out", workers=1)
    assert outcomes(here / "out")[f"2_{'c' * 16}.txt"] == "id.collision"
    removal = cvp.remove(here / "out", _id("4.txt"), reason="x")
    assert (removal.copies, removal.status["removed"]) == (("c" * 16,), 3)
    (here / "in/removed.csv").write_text(
        f"{_HEADER}{_id('4.txt')},{hashlib.sha256(_FILES['4.txt'].encode()).hexdigest()},,\n"
    )
    _built_from_nothing(here)


@pytest.mark.parametrize("name", ["copy.txt", "near.txt", "bad.txt"])
def test_a_seed_that_was_not_published_is_taken_down_by_its_id(here, name):
    published = _published(here / "out")
    removal = cvp.remove(here / "out", _id(name), reason="x", seeds=here / "in")
    assert (removal.removed, removal.copies) == ((_id(name),), ())
    assert (_removed(here / "out"), _published(here / "out")) == ({_id(name)}, published)
    assert (
        next(row["duplicates"] for row in records(here / "out") if row["id"] == _id("a.txt")) == (name == "bad.txt") + 1
    )
    assert cvp.verify(here / "out").ok
    _built_from_nothing(here)


def test_an_unknown_id_is_named_and_nothing_is_changed(here):
    before = _bytes(here)
    with pytest.raises(InputError, match="ffffffffffffffff") as raised:
        cvp.remove(here / "out", [_id("a.txt"), "f" * 16], reason="x", seeds=here / "in")
    assert _id("a.txt") not in str(raised.value)
    assert _bytes(here) == before


def test_what_was_taken_down_before_is_told_and_nothing_is_changed(here):
    first = cvp.remove(here / "out", _id("a.txt"), reason="x")
    before = _bytes(here)
    again = cvp.remove(here / "out", _id("a.txt"), reason="y")
    assert (again.removed, again.copies, again.already, again.digest) == ((), (), (_id("a.txt"),), first.digest)
    assert _bytes(here) == before


def test_taking_everything_down_changes_nothing(here):
    before = _bytes(here)
    with pytest.raises(NothingPublishedError, match="all of its 25 records"):
        cvp.remove(here / "out", [str(row["id"]) for row in records(here / "out")], reason="x", seeds=here / "in")
    assert _bytes(here) == before


def test_an_empty_split_is_left_out_everywhere(here):
    removal = cvp.remove(here / "out", _id("test.txt"), reason="x", seeds=here / "in")
    assert removal.splits == {"train": 24}
    assert not list((here / "out").rglob("test-*"))
    assert "test-" not in (here / "out/README.md").read_text()
    _built_from_nothing(here)


def test_shards_close_where_a_build_from_nothing_closes_them(here, monkeypatch):
    monkeypatch.setattr(cuts, "ONE_SHARD_BYTES", 1500)
    monkeypatch.setattr(cuts, "BLOCK_BYTES", 2500)
    monkeypatch.setattr(parquet, "GROUP_BYTES", 1000)
    shutil.rmtree(here / "out")
    cvp.build(here / "in", out=here / "out", workers=1)
    cvp.remove(here / "out", [_id("a.txt"), _id("3.txt")], reason="x", seeds=here / "in")
    assert len(list((here / "out/data").glob("train-*"))) > 4
    _built_from_nothing(here)


def test_configs_that_were_not_built_are_none_afterwards(here):
    (here / "in/corpus.toml").write_text("[sources]\nenabled = false\n[annotations]\nenabled = false\n")
    cvp.build(here / "in", out=here / "out", workers=1)
    cvp.remove(here / "out", _id("a.txt"), reason="x", seeds=here / "in")
    assert not (here / "out/sources").exists()
    _built_from_nothing(here)


@pytest.mark.parametrize("level", ["exact", "off"])
def test_what_goes_along_is_what_the_level_leaves_out(here, level):
    shutil.copyfile(here / "in/a.txt", here / f"in/1_{'a' * 16}.txt")  # the same bytes under another id
    cvp.build(here / "in", out=here / "out", workers=1, dedup=level)
    removal = cvp.remove(here / "out", _id("a.txt"), reason="x", seeds=here / "in")
    assert set(removal.copies) == {"a" * 16} | ({_id("copy.txt")} if level == "exact" else set())
    (here / "in/corpus.toml").write_text(f'[splits]\ntest_from = "2023-01"\n[dedup]\nlevel = "{level}"\n')
    _built_from_nothing(here)


def test_the_date_of_a_build_stays_where_it_was_given(here):
    def date(**options):
        shutil.rmtree(here / "out")
        cvp.build(here / "in", out=here / "out", workers=1, **options)
        cvp.remove(here / "out", _id("test.txt"), reason="x")
        return json.loads((here / "out/manifest.json").read_text())["date"]

    assert (date(), date(date="2025-01-02")) == ("2022-07", "2025-01-02")


def test_what_is_like_it_is_shown_the_most_similar_first(here):
    removal = cvp.remove(here / "out", _id("a.txt"), reason="x")
    told = [(pair.id, pair.like, round(pair.similarity, 2), pair.shared > 0.5) for pair in removal.alike]
    a = _id("a.txt")
    assert told == [(_id("later.txt"), a, 0.59, False), (_id("alike.txt"), a, 0.41, True)]


def test_a_short_record_is_like_a_long_one_that_holds_it(here):
    (here / "in/short.txt").write_text(seed_text("2020-01", _A[25:65]))
    cvp.build(here / "in", out=here / "out", workers=1)
    short = hashlib.sha256((here / "in/short.txt").read_bytes()).hexdigest()[:16]
    (most, *_) = cvp.remove(here / "out", short, reason="x").alike
    found = {pair.id: pair.shared for pair in cvp.remove(here / "out", _id("4.txt"), reason="x").alike}
    assert (most.shared, found) == (1.0, {})
    assert most.id in {_id("a.txt"), _id("long.txt")}


def test_at_most_twenty_are_shown(here):
    for number in range(30):
        (here / f"in/like{number}.txt").write_text(seed_text("2020-01", [*_A[:55], *article(600 + number, 45)]))
    cvp.build(here / "in", out=here / "out", workers=1)
    assert len(cvp.remove(here / "out", _id("a.txt"), reason="x").alike) == 20


def test_near_takes_along_what_is_as_similar_with_its_copies(here):
    removal = cvp.remove(here / "out", _id("a.txt"), reason="x", near=0.5, seeds=here / "in")
    assert removal.removed == tuple(sorted([_id("a.txt"), _id("later.txt")]))
    assert set(removal.copies) == {_id(name) for name in (*_GONE, "of_later.txt")} - {_id("a.txt")}
    assert _id("later.txt") not in {pair.id for pair in removal.alike}
    _built_from_nothing(here)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ids": []}, "no id is given"),
        ({"reason": " \n"}, "the reason is empty"),
        ({"near": 0.0}, "near = 0.0"),
        ({"near": 1.5}, "near = 1.5"),
        ({"seeds": "nowhere"}, "is not a folder"),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused(here, changes, said):
    before = _bytes(here)
    arguments = {"ids": _id("a.txt"), "reason": "x", **changes}
    with pytest.raises((ConfigError, InputError), match=said):
        cvp.remove(here / "out", arguments.pop("ids"), **arguments)
    assert _bytes(here) == before


def test_with_a_changes_file_in_another_encoding_nothing_is_changed(here):
    (here / "in/CHANGES.md").write_bytes(b"# Thay \xe9\n")
    before = _bytes(here)
    with pytest.raises(ConfigError, match=r"CHANGES\.md: cannot be read: it is not UTF-8 \(byte 7\)"):
        cvp.remove(here / "out", _id("a.txt"), reason="x", seeds=here / "in")
    assert _bytes(here) == before


def test_the_keeper_s_files_say_what_was_taken_down_and_why(here):
    (here / "in/removed.csv").write_text(f"{_HEADER}{'0' * 16},,2020-01-01,by hand")  # no line end
    (here / "in/CHANGES.md").write_text("# Mine\n\n- old\n")
    first = cvp.remove(here / "out", _id("a.txt"), reason='said "so", twice\n', seeds=here / "in")
    cvp.remove(here / "out", _id("4.txt"), reason="y", seeds=here / "in")
    again = cvp.remove(here / "out", _id("4.txt"), reason="z", seeds=here / "in")
    assert (again.lines, again.written) == ((), ())
    rows = list(csv.reader(io.StringIO((here / "in/removed.csv").read_text())))
    assert [row[0] for row in rows] == ["id", "0" * 16, *sorted(_id(name) for name in _GONE), _id("4.txt")]
    assert {row[3] for row in rows[2:6]} == {'said "so", twice'}
    day = rows[2][2]
    assert (here / "in/CHANGES.md").read_text() == (
        f"# Mine\n\n- {day}: took down `{_id('4.txt')}`\n"
        f"- {day}: took down `{_id('a.txt')}` and 3 more with them\n- old\n"
    )
    assert len(first.lines) == 4


def test_files_beside_the_seeds_that_could_not_be_written_are_caught_up_with(here):
    removal = cvp.remove(here / "out", _id("4.txt"), reason="x")
    caught = cvp.remove(here / "out", _id("4.txt"), reason="x", seeds=here / "in")
    assert (caught.digest, len(caught.written)) == (removal.digest, 2)
    assert (here / "in/CHANGES.md").read_text().startswith("# Changes\n\n- 2")
    _built_from_nothing(here)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "header line is missing"),
        ("id,sha256\n", 1, "header line is 'id,sha256'"),
        (f"{_HEADER}\n{'a' * 16},,,\n{'A' * 16},,,\n", 4, "is not 16 characters"),
        (f"{_HEADER}{'a' * 16},{'b' * 63},,\n", 2, "is not 64 characters"),
        (f"{_HEADER},,2020-01-01,x\n", 2, "neither id nor sha256"),
        (f"{_HEADER}{'a' * 16},,2020-02-30,x\n", 2, "not a day of the calendar"),
        (f"{_HEADER}{'a' * 16},,,a,b\n", 2, "has 5 fields"),
        (f'{_HEADER}{"a" * 16},,,"two\nlines"\n{"a" * 16}\n', 4, "has 1 fields"),
        (f'{_HEADER}{"a" * 16},,,"open\n', 2, "is not CSV"),
    ],
)
def test_a_malformed_line_of_removed_csv_is_named(write, tmp_path, text, line, said):
    folder = write({"a.txt": "a", "removed.csv": text})
    with pytest.raises(ConfigError, match=rf"removed\.csv:{line}: .*{said}"):
        cvp.build(folder, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_line_of_removed_csv_may_know_the_id_or_the_bytes_alone(here):
    rows = f"{_id('1.txt')},,,\r\n,{hashlib.sha256(_FILES['2.txt'].encode()).hexdigest()},,\r\n{'e' * 16},,,\r\n"
    (here / "in/removed.csv").write_bytes(b"\xef\xbb\xbf" + f"{_HEADER}{rows}".encode())
    built = cvp.build(here / "in", out=here / "out", workers=1)
    assert (_removed(here / "out"), built.seeds) == ({_id("1.txt"), _id("2.txt")}, 31)
    assert cvp.verify(here / "out").ok


def test_removed_csv_is_no_seed_and_none_that_was_passed_over(here):
    (here / "in/removed.csv").write_text(_HEADER)
    assert "of other kinds" not in str(cvp.build(here / "in", out=here / "out", workers=1).notes)


def test_strict_does_not_mind_what_was_taken_down(here):
    cvp.remove(here / "out", _id("bad.txt"), reason="x")
    assert cvp.build(here / "in", out=here / "out", workers=1, strict=True).status["removed"] == 1


def test_tombstones_that_cannot_be_read_stop_the_next_build(here):
    cvp.remove(here / "out", _id("a.txt"), reason="x")
    (here / "out/ledger.parquet").write_bytes(b"x")
    with pytest.raises(OutputError, match="which seeds were taken down"):
        cvp.build(here / "in", out=here / "out", workers=1)
    shutil.rmtree(here / "out")
    assert cvp.build(here / "in", out=here / "out", workers=1).status["removed"] == 0


def test_a_build_that_is_damaged_is_left_as_it_is(here):
    for name in ("README.md", "ledger.parquet", "data/train-00000-of-00001.parquet"):
        whole = (here / "out" / name).read_bytes()
        (here / "out" / name).write_bytes(whole + b"x")
        before = _bytes(here)
        with pytest.raises(DamagedError, match=name):
            cvp.remove(here / "out", _id("a.txt"), reason="x")
        assert _bytes(here) == before
        (here / "out" / name).write_bytes(whole)
    manifest = json.loads((here / "out/manifest.json").read_text())
    for text in (json.dumps(manifest | {"config": {}}), "{"):
        (here / "out/manifest.json").write_text(text)
        with pytest.raises(DamagedError, match=r"manifest\.json"):
            cvp.remove(here / "out", _id("a.txt"), reason="x")


def test_a_folder_that_is_no_build_is_none(here):
    with pytest.raises(OutputError, match="is not a build"):
        cvp.remove(here / "in", _id("a.txt"), reason="x")


def test_verify_finds_what_should_have_been_taken_down(here):
    cvp.remove(here / "out", _id("a.txt"), reason="x")
    other = next(row for row in ledger(here / "out") if row["path"] == "5.txt")

    def of_other(**values):
        def change(table):
            frame = pl.DataFrame(table)
            row = pl.col("id") == _id("a.txt")
            changed = [
                pl.when(row).then(pl.lit(value)).otherwise(pl.col(key)).alias(key) for key, value in values.items()
            ]
            return frame.with_columns(changed).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(table.schema)

        return change

    assert "removed.present" in retable(here / "out", "ledger.parquet", of_other(id=other["id"]))
    where = {file for file, code in problem_codes(here / "out") if code == "removed.present"}
    assert where == {"data/train", "annotations/train", "sources/train"}


def test_verify_finds_the_bytes_of_what_was_taken_down(here):
    cvp.remove(here / "out", _id("a.txt"), reason="x")
    other = next(row for row in ledger(here / "out") if row["path"] == "5.txt")

    def same_bytes(table):
        sha256 = pl.when(pl.col("id") == _id("a.txt")).then(pl.lit(other["sha256"])).otherwise("sha256").alias("sha256")
        return (
            pl.DataFrame(table).with_columns(sha256).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(table.schema)
        )

    assert "removed.present" in retable(here / "out", "ledger.parquet", same_bytes)
    where = {file for file, code in problem_codes(here / "out") if code == "removed.present"}
    assert where == {"data/train", "sources/train"}


@pytest.mark.parametrize("column", ["path", "bytes", "reason", "pointer", "detail", "duplicate_of", "similarity"])
def test_verify_finds_a_tombstone_that_says_more(here, column):
    cvp.remove(here / "out", _id("bad.txt"), reason="x")
    values = {"bytes": 1, "similarity": 0.5, "duplicate_of": "a" * 16, "reason": "a.b"}

    def more(table):
        value = pl.lit(values.get(column, "x"))
        changed = pl.when(pl.col("status") == "removed").then(value).otherwise(column).alias(column)
        return (
            pl.DataFrame(table).with_columns(changed).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(table.schema)
        )

    assert "schema.row" in retable(here / "out", "ledger.parquet", more)


def test_a_seed_whose_bytes_have_a_removed_id_s_is_known_at_every_turn():
    gone = Tombstones(frozenset(["a" * 16]), frozenset(["1" * 64]))
    ids = pl.Series(["a" * 16, "b" * 16, "b" * 16, "a" * 16, None], dtype=pl.String)
    sha256 = pl.Series(["2" * 64, "1" * 64, "2" * 64, None, "1" * 64], dtype=pl.String)
    assert gone.holds(ids, sha256).to_list() == [True, True, False, False, False]


def test_the_shipped_corpus_has_its_takedowns_in_its_folder(here):
    cvp.remove(here / "out", _id("a.txt"), reason="x", seeds=here / "in")
    assert read_removed(here / "in/removed.csv") == older_tombstones(here / "out")


def test_the_command_line_tells_people_and_machines(cli, here):
    (here / "ids").write_text(f"# asked for\n\n{_id('a.txt')}  # by letter\n {_id('bad.txt')} \n")
    told = cli("remove", "out", "--ids", "ids", "--id", _id("4.txt"), "--reason", "asked for", cwd=here)
    assert (told.returncode, told.stderr) == (0, "")
    assert f"{_id('a.txt')}: taken down\n" in told.stdout
    assert f"{_id('near.txt')}: also taken down, because it is a copy that was left out\n" in told.stdout
    assert f"{_id('later.txt')}  {_id('a.txt')}  0.59" in told.stdout
    lines = told.stdout.split("(its first line is id,sha256,date,reason):\n")[1].splitlines()
    (here / "in/removed.csv").write_text(_HEADER + "\n".join(lines))
    digest = _built_from_nothing(here)
    again = json.loads(cli("remove", "out", "--id", _id("a.txt"), "--reason", "x", "--json", cwd=here).stdout)
    assert (again["removed"], again["already"], again["digest"]) == ([], [_id("a.txt")], digest)
    unknown = cli("remove", "out", "--id", "nobody", "--reason", "x", cwd=here)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "nobody" in unknown.stderr
    assert "6 seeds: removed; for example " in cli("check", "in", cwd=here).stdout
    assert outcomes(here / "out")["None"] == "removed"
    assert Path(again["out"]) == Path("out")


def _alike_seeds(draw):
    """Seeds of which many are near duplicates of one another, in chains and crowds."""
    texts = [article(draw.random()) for _ in range(2)]
    for _ in range(draw.randint(6, 14)):
        texts.append(changed(draw.choice(texts), *draw.sample(range(100), draw.randint(0, 5))))
    dates = [f"2020-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}" for _ in texts]
    return {
        f"{number}.txt": seed_text(date, words) for number, (date, words) in enumerate(zip(dates, texts, strict=True))
    }


# In 15 and 52 a copy would come back that only what was taken down had kept out.
_TRIALS = range(int(os.environ["TAKEDOWNS"])) if "TAKEDOWNS" in os.environ else (0, 1, 2, 15, 52)


@pytest.mark.parametrize("number", _TRIALS)
def test_whatever_is_taken_down_the_rest_is_what_a_build_from_nothing_makes(write, tmp_path, number):
    draw = random.Random(number)
    write({**_alike_seeds(draw), "corpus.toml": f"[dedup]\nthreshold = {draw.choice([0.6, 0.7, 0.8])}\n"})
    cvp.build(tmp_path / "in", out=tmp_path / "out", workers=1)
    published = _ids(tmp_path / "out")
    gone = draw.choice([str(row["id"]) for row in ledger(tmp_path / "out")])
    if published == [gone]:
        return
    cvp.remove(tmp_path / "out", gone, reason="x", seeds=tmp_path / "in", near=draw.choice([None, None, 0.55]))
    assert set(_ids(tmp_path / "out")) <= set(published)
    digest = _built_from_nothing(tmp_path)
    assert cvp.build(tmp_path / "in", out=tmp_path / "out", workers=1).digest == digest
    assert cvp.verify(tmp_path / "out").problems == ()


def test_a_ledger_with_other_numbers_of_rows_than_the_manifest_says_is_damage(here):
    out = here / "out"
    table = pq.read_table(out / "ledger.parquet")
    pq.write_table(pa.concat_tables([table, table]), out / "ledger.parquet")
    sign(out)
    gone = ledger(out)[0]["id"]
    with pytest.raises(DamagedError, match=r"ledger\.parquet: has \{.*\} rows and \d+ records, the manifest says"):
        cvp.remove(out, gone, reason="x")


def test_a_damaged_build_whose_manifest_agrees_is_named_and_left_as_it_is(here):
    data = here / "out/data/train-00000-of-00001.parquet"
    data.write_bytes(data.read_bytes()[:-100])
    sign(here / "out")
    before = _bytes(here)
    with pytest.raises(DamagedError):
        cvp.remove(here / "out", _id("a.txt"), reason="x")
    assert _bytes(here) == before


def test_a_build_with_other_columns_is_named_and_left_as_it_is(here):
    retable(here / "out", "data/train-00000-of-00001.parquet", lambda table: table.drop_columns("text"))
    before = _bytes(here)
    with pytest.raises(DamagedError, match="its columns are not those of record"):
        cvp.remove(here / "out", _id("a.txt"), reason="x")
    assert _bytes(here) == before


def test_a_line_that_is_not_an_id_is_named_and_nothing_is_changed(cli, here):
    (here / "ids").write_text(f"# asked for\n{_id('a.txt')}\na.txt\n")
    told = cli("remove", "out", "--ids", "ids", "--reason", "asked for", cwd=here)
    assert (told.returncode, told.stdout) == (2, "")
    assert "ids, line 3: expected an id, 16 of the characters 0-9 and a-f, got 'a.txt'" in told.stderr

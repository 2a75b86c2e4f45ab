"""The same build again: nothing is read and nothing is written, unless something that it depends on has changed."""

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys

import pytest
from support.builds import age, ledger

import corpus_vn_police as cvp
from corpus_vn_police.state import finished

# Builds a second time and prints how many files were opened: seeds, parts, and files of the output to be written.
_COUNT = """
import json, sys
import corpus_vn_police as cvp
seeds, out = sys.argv[1:]
opened = {"seeds": 0, "parts": 0, "written": 0}
def audit(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        path, mode, flags = arguments
        opened["seeds"] += path.startswith(seeds) and path.endswith(".txt")
        opened["parts"] += "/parts/" in path
        opened["written"] += path.startswith(out + "/") and bool(flags & 3)
sys.addaudithook(audit)
cvp.build(seeds, out=out, progress=False)
print(json.dumps(opened))
"""


def _text(number):
    return (
        f" date 2020-0{number % 9 + 1} Ngày {number}/{number}, Công an xã số {number} họp.\n\nCó {number * 7} người dự."
    )


@pytest.fixture
def seeds(write):
    folder = write({f"{number}.txt": _text(number) for number in range(1, 8)})
    (folder / "corpus.toml").write_text('name = "again"\n[splits]\ntest_from = "2020-06"\n')
    age(folder)
    return folder


def _files(folder):
    """Every file of a folder with its bytes, and what tells whether it was written again."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


def test_the_same_build_again_writes_no_file_and_says_the_same(seeds, tmp_path):
    out = tmp_path / "out"
    first = cvp.build(seeds, out=out)
    before = _files(tmp_path)
    again = cvp.build(seeds, out=out)
    assert (again, again.notes, again.unused) == (first, first.notes, first.unused)
    assert _files(tmp_path) == before


def test_the_same_build_again_opens_no_seed_and_no_part(seeds, tmp_path):
    out = tmp_path / "out"
    cvp.build(seeds, out=out)
    command = [sys.executable, "-c", _COUNT, str(seeds), str(out)]
    counted = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert json.loads(counted) == {"seeds": 0, "parts": 0, "written": 0}


def _rewrite(path, old, new):
    path.write_text(path.read_text().replace(old, new))


_CHANGES = {
    "a seed's text": lambda seeds, out: (seeds / "3.txt").write_text(_text(9)),
    "a seed's time": lambda seeds, out: os.utime(seeds / "3.txt", ns=(1, 1)),
    "a new seed": lambda seeds, out: (seeds / "new.txt").write_text(_text(9)),
    "a seed that is gone": lambda seeds, out: (seeds / "3.txt").unlink(),
    "a file that is skipped": lambda seeds, out: (seeds / "3.md").write_text("x"),
    "a setting of the data": lambda seeds, out: _rewrite(seeds / "corpus.toml", "2020-06", "2020-04"),
    "a setting of the card": lambda seeds, out: _rewrite(seeds / "corpus.toml", "again", "renamed"),
    "who is kept out": lambda seeds, out: (seeds / "removed.csv").write_text(
        f"id,sha256,date,reason\n,{_sha256(out)},,\n"
    ),
    "a byte of a shard": lambda seeds, out: _flip(next(out.glob("data/train*"))),
    "the card": lambda seeds, out: (out / "README.md").write_text("x"),
    "a file of the build that is gone": lambda seeds, out: (out / "croissant.json").unlink(),
    "the build is gone": lambda seeds, out: shutil.rmtree(out),
    "what lies beside the build is gone": lambda seeds, out: shutil.rmtree(out.parent / ".out.state"),
}


def _sha256(out):
    """The sha256 of a seed that is published."""
    return next(row["sha256"] for row in ledger(out) if row["path"] == "3.txt")


def _flip(path):
    """Change a byte of a file, and give it back its size and time."""
    stat = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.mark.parametrize("change", _CHANGES)
def test_after_a_change_the_build_is_that_from_nothing(seeds, tmp_path, change):
    out, fresh = tmp_path / "out", tmp_path / "fresh"
    cvp.build(seeds, out=out)
    _CHANGES[change](seeds, out)
    added, new = cvp.build(seeds, out=out), cvp.build(seeds, out=fresh)
    assert (added.digest, added.status, added.splits) == (new.digest, new.status, new.splits)
    assert {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()} == {
        path.relative_to(fresh): path.read_bytes() for path in fresh.rglob("*") if path.is_file()
    }


def test_another_date_of_the_build_is_written(seeds, tmp_path):
    cvp.build(seeds, out=tmp_path / "out")
    cvp.build(seeds, out=tmp_path / "out", date="2024-05-06")
    assert json.loads((tmp_path / "out/manifest.json").read_text())["date"] == "2024-05-06"


def test_strict_refuses_what_the_build_before_has_rejected(seeds, tmp_path):
    (seeds / "bad.txt").write_bytes(b"\xff\xfe\xff")
    age(seeds)
    cvp.build(seeds, out=tmp_path / "out")
    with pytest.raises(cvp.RejectedError):
        cvp.build(seeds, out=tmp_path / "out", strict=True)


def test_a_day_that_was_in_the_future_is_looked_at_again(seeds, tmp_path):
    (seeds / "late.txt").write_text(_text(8).replace("2020-09", "2021-03"))
    (seeds / "corpus.toml").unlink()
    age(seeds)
    settings = [{"limits": {"latest": day}} for day in ("2020-12-31", "2021-12-31", "2020-12-31")]
    found = [cvp.build(seeds, out=tmp_path / "out", config=each).status["published"] for each in settings]
    assert found == [7, 8, 7]


_ODD_NOTES = {
    "cut": lambda note: note.write_text(note.read_text()[:-9]),
    "flipped": lambda note: note.write_text(note.read_text().replace('"published": 7', '"published": 8')),
    "of others": lambda note: note.write_text("[]"),
    "nested": lambda note: note.write_text("[" * 200_000),
    "empty": lambda note: note.write_text(""),
    "gone": lambda note: note.unlink(),
    "a folder": lambda note: (note.unlink(), note.mkdir(), (note / "x").write_text("x")),
    "a FIFO": lambda note: (note.unlink(), os.mkfifo(note)),
    "a link to itself": lambda note: (note.unlink(), note.symlink_to(note.name)),
    "of another version": lambda note: _rewrite_content(note, "generator", "corpus-vn-police 9.9.9"),
    "with another key": lambda note: _rewrite_content(note, "more", 1),
}


def _rewrite_content(note, key, value):
    """Change what a note says, and its sum."""
    content = {**json.loads(note.read_text())["content"], key: value}
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    note.write_text(json.dumps({"content": content, "sha256": digest}))


@pytest.mark.parametrize("damage", _ODD_NOTES)
def test_a_note_of_the_last_build_that_cannot_be_used_costs_a_build(seeds, tmp_path, damage):
    out, note = tmp_path / "out", tmp_path / ".out.state/finished.json"
    first = cvp.build(seeds, out=out)
    before = _files(out)
    _ODD_NOTES[damage](note)
    assert cvp.build(seeds, out=out) == first
    assert {name: each[0] for name, each in _files(out).items()} == {name: each[0] for name, each in before.items()}
    assert json.loads(note.read_text())["content"]["result"]["digest"] == first.digest


def test_a_note_that_cannot_be_written_does_not_make_the_build_fail(seeds, tmp_path, monkeypatch):
    def write(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(finished, "write_whole", write)
    built = cvp.build(seeds, out=tmp_path / "out")
    assert cvp.verify(built).ok
    assert not (tmp_path / ".out.state/finished.json").exists()


def test_a_takedown_goes_on_whatever_the_note_is(seeds, tmp_path):
    built = cvp.build(seeds, out=tmp_path / "out")
    _ODD_NOTES["a folder"](tmp_path / ".out.state/finished.json")
    cvp.remove(built, built.ledger()["id"][0], reason="x")
    assert cvp.verify(built).ok


def test_what_a_killed_build_left_of_its_note_is_deleted(seeds, tmp_path):
    cvp.build(seeds, out=tmp_path / "out")
    left = tmp_path / ".out.state/.0123456789abcdef.new"
    left.write_text("x")
    cvp.build(seeds, out=tmp_path / "out")
    assert not left.exists()

"""Whatever stops a build, at whatever moment: the old build or the new one is there, and the next goes on."""

import contextlib
import errno
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys

import pytest
from support.builds import ROOT, records

import corpus_vn_police as cvp

_COMPILER = shutil.which("cc") or shutil.which("gcc")
pytestmark = [
    pytest.mark.field,
    pytest.mark.skipif(
        not (sys.platform.startswith("linux") and _COMPILER), reason="wants LD_PRELOAD and a C compiler"
    ),
]

# Batches of a few seeds, so that a small corpus has several tasks and something to go on from.
_BUILD = """
import sys
from corpus_vn_police.config import load_config
from corpus_vn_police.errors import CorpusError
from corpus_vn_police.commands.build.pipeline import Job, run_build
from corpus_vn_police.paths import output_path
from corpus_vn_police.stages.read import Batching
seeds, out, workers = sys.argv[1:]
job = Job(workers=int(workers), batching=Batching(12, 1 << 20))
print("ready", flush=True)
try:
    print(run_build(seeds, output_path(out), load_config(None), job).digest)
except (CorpusError, OSError) as error:
    print(error, file=sys.stderr)
    sys.exit(getattr(error, "exit_code", 3))
"""
_KILLED = -9


def _article(number):
    draw = random.Random(number)
    words = [
        "công",
        "an",
        "tỉnh",
        "bắt",
        "giữ",
        "xử",
        "lý",
        "vụ",
        "án",
        "ma",
        "túy",
        "người",
        "dân",
        "báo",
        "tin",
        "huyện",
        "xã",
        "điều",
        "tra",
    ]
    return f" date 2020-{number % 12 + 1:02d} Ngày 3/{number % 12 + 1}, {' '.join(draw.choices(words, k=60))}."


def _write(folder, numbers):
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / f"{number:03d}.txt").write_text(_article(number % 50), encoding="utf-8")
    rows = [json.dumps({"id": str(number), "text": _article(number)[14:]}) for number in numbers]
    (folder / "rows.jsonl").write_text("\n".join(rows), encoding="utf-8")


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    """The library that makes a call fail."""
    library = tmp_path_factory.mktemp("faults") / "faults.so"
    subprocess.run(
        [_COMPILER, "-shared", "-fPIC", "-O1", "-o", library, ROOT / "tests/support/faults.c", "-ldl"], check=True
    )
    return library


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A folder with an older build, and seeds that have grown since; the digests of both."""
    base = tmp_path_factory.mktemp("base")
    _write(base / "in", range(40))
    old = cvp.build(base / "in", out=base / "out", workers=1).digest
    _write(base / "in", range(100))
    new = cvp.build(base / "in", out=base / "fresh", workers=1).digest
    assert old != new
    return base, old, new


def _copy(base, tmp_path):
    for name in ("out", ".out.state"):
        shutil.copytree(base / name, tmp_path / name)
    return tmp_path / "out"


def _run(base, out, workers=1, **variables):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1", **variables}
    command = [sys.executable, "-c", _BUILD, str(base / "in"), str(out), str(workers)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _fault(faults, out, at, number=0):
    """The variables that make the n-th change below the output's parent fail, or kill the process."""
    return {
        "LD_PRELOAD": str(faults),
        "FAULT_DIR": str(out.parent),
        "FAULT_AT": str(at),
        "FAULT_ERRNO": str(number),
    }


@pytest.fixture(scope="module")
def changes(base, faults, tmp_path_factory):
    """How many calls of a build change something."""
    tmp_path = tmp_path_factory.mktemp("count")
    out = _copy(base[0], tmp_path)
    count = tmp_path_factory.mktemp("counted") / "count"
    process = _run(base[0], out, FAULT_COUNT=str(count), **_fault(faults, out, 0))
    assert process.communicate()[0].split() == ["ready", base[2]]
    return count.stat().st_size


def _whole(out, *digests):
    """What is there is one of some builds, and nothing is wrong with it."""
    report = cvp.verify(out)
    assert report.problems == ()
    assert report.digest in digests
    return report.digest


def _goes_on(base, out):
    """The next build ends as one that was never interrupted, and leaves nothing behind."""
    found = _run(base[0], out).communicate()[0].split()
    assert found == ["ready", base[2]]
    assert sorted(path.name for path in (out.parent / ".out.state").iterdir()) == ["finished.json", "lock", "parts"]
    with contextlib.closing(sqlite3.connect(out.parent / ".out.state/parts/journal.sqlite")) as journal:
        assert journal.execute("SELECT DISTINCT finished FROM parts").fetchall() == [(1,)]


def _moments(changes, count, chunk, chunks):
    """Some of the changes, spread over all of them, the last ones among them."""
    draw = random.Random(f"{count} {chunk}")
    every = sorted({1, changes, changes - 1, changes - 2, *draw.sample(range(1, changes + 1), min(count, changes))})
    return every[chunk::chunks]


@pytest.mark.parametrize("chunk", range(3))
def test_law_8_a_build_that_is_killed_again_and_again_goes_on(base, faults, changes, tmp_path, chunk):
    """Each chunk kills ten times, each time at another change, counted anew; then the build ends."""
    out = _copy(base[0], tmp_path)
    draw = random.Random(chunk)
    for kill in range(10):
        at = draw.randint(1, changes) if kill % 3 else draw.randint(max(1, changes - 12), changes)
        process = _run(base[0], out, **_fault(faults, out, at))
        told = process.communicate()[0].split()
        if process.returncode != _KILLED:  # what is known already is not read again: less is changed
            assert told == ["ready", base[2]]
        _whole(out, *base[1:])
    _goes_on(base, out)


@pytest.mark.long
@pytest.mark.parametrize("chunk", range(3, 10))
def test_law_8_the_same_with_other_moments(base, faults, changes, tmp_path, chunk):
    test_law_8_a_build_that_is_killed_again_and_again_goes_on(base, faults, changes, tmp_path, chunk)


@pytest.mark.long
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["ENOSPC", "EIO"])
def test_law_8_a_disk_that_fails_at_a_hundred_changes(base, faults, changes, tmp_path, number):
    for at in _moments(changes, 100, 0, 1):
        out = _copy(base[0], tmp_path / str(at))
        _fails(base, faults, out, at, number)
        shutil.rmtree(tmp_path / str(at))


@pytest.mark.parametrize(("chunk", "number"), enumerate([errno.ENOSPC, errno.EIO]), ids=["ENOSPC", "EIO"])
def test_law_8_a_disk_that_fails_leaves_the_old_build_or_the_new(base, faults, changes, tmp_path, number, chunk):
    for at in _moments(changes, 8, chunk, 2):
        out = _copy(base[0], tmp_path / str(at))
        _fails(base, faults, out, at, number)
        _goes_on(base, out)
        shutil.rmtree(tmp_path / str(at))


def _fails(base, faults, out, at, number):
    """A build one of whose changes fails says so and leaves what was there, or the new build."""
    process = _run(base[0], out, **_fault(faults, out, at, number))
    told, said = process.communicate()
    # What fails after the new build is in place (the clearing up) need not be told.
    assert process.returncode in ((0, 3) if _whole(out, *base[1:]) == base[2] else (3,)), (at, told, said)
    assert "Traceback" not in said


_REMOVE = """
import sys
import corpus_vn_police as cvp
from corpus_vn_police.errors import CorpusError
out, name = sys.argv[1:]
try:
    print(cvp.remove(out, name, reason="x").digest)
except CorpusError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


_WORDS = " ".join(_article(7).split()[8:13]).encode()


def _take_down(out, name, **variables):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1", **variables}
    command = [sys.executable, "-c", _REMOVE, str(out), name]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def takedown(base, faults, tmp_path_factory):
    """The id of a record, the digest once it is gone, and how many calls of a takedown change something."""
    tmp_path = tmp_path_factory.mktemp("takedown")
    out = _copy(base[0], tmp_path)
    assert any(_WORDS in path.read_bytes() for path in (tmp_path / ".out.state").rglob("*") if path.is_file())
    name = next(row["id"] for row in records(out) if row["source"]["path"] == "007.txt")
    count = tmp_path_factory.mktemp("counted") / "count"
    told = _take_down(out, name, FAULT_COUNT=str(count), **_fault(faults, out, 0))
    assert told.stdout.split() == [cvp.verify(out).digest]
    return name, told.stdout.strip(), count.stat().st_size


def _nothing_is_left(out):
    """A word of the record is nowhere, whatever was there when it stopped."""
    state = out.parent / ".out.state"
    assert not any(_WORDS in path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert sorted(path.name for path in state.iterdir()) == ["lock", "parts"]


@pytest.mark.parametrize("number", [0, errno.ENOSPC], ids=["SIGKILL", "ENOSPC"])
def test_a_takedown_that_stops_leaves_the_old_build_or_the_new(base, faults, takedown, tmp_path, number):
    name, digest, changes = takedown
    for at in _moments(changes, 5, 0, 1):
        out = _copy(base[0], tmp_path / str(at))
        told = _take_down(out, name, **_fault(faults, out, at, number))
        found = _whole(out, base[1], digest)
        stopped = (_KILLED,) if number == 0 else ((0, 3) if found == digest else (3,))
        assert told.returncode in stopped, (at, told)
        assert "Traceback" not in told.stderr
        assert _take_down(out, name).stdout.strip() == _whole(out, digest)
        _nothing_is_left(out)
        shutil.rmtree(tmp_path / str(at))

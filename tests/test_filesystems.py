"""File systems that lack something: folders that cannot be renamed or flushed, no locks, an odd state folder."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.builds import ROOT, SEEDS

import corpus_vn_police as cvp
from corpus_vn_police.errors import DiskError, OutputError
from corpus_vn_police.files import write_numbers
from corpus_vn_police.state.parts import read_numbers
from corpus_vn_police.state.place import delete, recover

pytestmark = pytest.mark.field
_COMPILER = shutil.which("cc") or shutil.which("gcc")
preloaded = pytest.mark.skipif(
    not (sys.platform.startswith("linux") and _COMPILER), reason="wants LD_PRELOAD and a C compiler"
)


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    """The library that makes a call fail."""
    library = tmp_path_factory.mktemp("faults") / "faults.so"
    subprocess.run(
        [_COMPILER, "-shared", "-fPIC", "-O1", "-o", library, ROOT / "tests/support/faults.c", "-ldl"], check=True
    )
    return str(library)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build of the shipped seeds."""
    out = tmp_path_factory.mktemp("built") / "out"
    cvp.build(SEEDS, out=out, workers=1)
    return out


# Each moment in a fork of its own, so that the package is imported once.
_PLACE = """
import os, sys
from pathlib import Path
from corpus_vn_police.state.place import put_in_place
root, number = Path(sys.argv[1]), sys.argv[2]

def folders(root):
    for name in ("new", "out"):
        (root / name / "data").mkdir(parents=True)
        (root / name / "manifest.json").write_text(name)
        (root / name / "data/rows").write_text(name * 1000)
        (root / name / "link").symlink_to("data/rows")
    return root / "new", root / "out", root / "old"

at = done = 0
while done >= at:  # the last one went through without its fault
    at += 1
    mine = root / str(at)
    new, out, aside = folders(mine)
    child = os.fork()
    if not child:
        os.environ.update(FAULT_DIR=str(mine), FAULT_AT=str(at), FAULT_ERRNO=number)
        os.environ.update(FAULT_LOWER=str(out.stat().st_ino), FAULT_COUNT=f"{mine}.count")
        try:
            put_in_place(new, out, aside)
        except OSError as error:
            os._exit(1 if 'Input/output error' in str(error) else 2)
        os._exit(0)
    print(at, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    done = Path(f"{mine}.count").stat().st_size
"""
_OLD, _NEW = (
    {"manifest.json": name, "data": True, "data/rows": name * 1000, "link": name * 1000} for name in ("out", "new")
)


def _held(folder):
    return {str(path.relative_to(folder)): path.is_dir() or path.read_text() for path in folder.rglob("*")}


@preloaded
@pytest.mark.parametrize(("number", "codes"), [(0, {-9, 0}), (errno.EIO, {1, 0})], ids=["SIGKILL", "EIO"])
def test_law_8_a_folder_that_cannot_be_renamed_is_replaced_whole_or_not_at_all(faults, tmp_path, number, codes):
    """Each change of the way that copies beside is made to fail in turn; then the next process recovers."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LD_PRELOAD": faults}
    command = [sys.executable, "-c", _PLACE, str(tmp_path), str(number)]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    ended = dict(map(int, line.split()) for line in told.stdout.splitlines())
    assert (set(ended.values()), ended[max(ended)]) == (codes, 0)
    left = []
    for at in ended:
        new, out, aside = (tmp_path / str(at) / name for name in ("new", "out", "old"))
        if (out / "manifest.json").exists():  # what has a manifest is whole
            assert _held(out) in (_OLD, _NEW)
        recover(new, out, aside)
        assert _held(out) in (_OLD, _NEW)
        left.append((out / "manifest.json").read_text())
    assert set(left) == {"out", "new"}
    assert left[-1] == "new"


@preloaded
@pytest.mark.parametrize("number", [errno.EINVAL, errno.EBADF, errno.EOPNOTSUPP])
def test_a_folder_that_cannot_be_flushed_does_not_keep_a_build_out(cli, faults, built, tmp_path, number):
    told = cli("build", SEEDS, "--out", tmp_path / "out", "--json", LD_PRELOAD=faults, FAULT_FSYNC_FOLDER=str(number))
    assert json.loads(told.stdout)["digest"] == cvp.verify(built).digest


@preloaded
def test_a_file_that_cannot_be_flushed_keeps_a_build_out(cli, faults, tmp_path):
    told = cli("build", SEEDS, "--out", tmp_path / "out", LD_PRELOAD=faults, FAULT_FSYNC_FILE=str(errno.EIO))
    assert (told.returncode, (tmp_path / "out").exists()) == (3, False)


@preloaded
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named(cli, faults, tmp_path, number):
    told = cli("build", SEEDS, "--out", tmp_path / "out", "--json", LD_PRELOAD=faults, FAULT_FLOCK=str(number))
    error = json.loads(told.stdout)["error"]
    assert (told.returncode, error["code"]) == (3, "io")
    assert f"has no file locks (flock: {os.strerror(number)})" in error["message"]
    assert "on a local disk" in error["hint"]


_CONTAINER = """
mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" "$1/merged" || exit 77
cd "$1/merged" && exec "$2" -c '
import corpus_vn_police as cvp
for out in ("out", "empty", "new"):
    print(cvp.build("seeds", out=out, workers=1, date="2024-01-01").digest, cvp.verify(out).problems)
cvp.remove("image", "c76f5c9e64c8c598", reason="x")
print(cvp.verify("image").digest, cvp.verify("image").problems)
cvp.sources("out", out="also")
'
"""


@pytest.mark.skipif(not sys.platform.startswith("linux") or shutil.which("unshare") is None, reason="wants unshare")
def test_builds_of_a_lower_overlay_layer_are_replaced_and_taken_down(built, tmp_path):
    """A container's image holds builds and an empty folder: none of them can be renamed."""
    for name in ("lower", "upper", "work", "merged"):
        (tmp_path / name).mkdir()
    for name in ("out", "image"):
        shutil.copytree(built, tmp_path / "lower" / name)
        shutil.copytree(built.parent / ".out.state", tmp_path / "lower" / f".{name}.state")
    for name in ("empty", "also"):
        (tmp_path / "lower" / name).mkdir()
    shutil.copytree(SEEDS, tmp_path / "lower/seeds")
    told = subprocess.run(
        ["unshare", "-m", "sh", "-c", _CONTAINER, "sh", str(tmp_path), sys.executable],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if told.returncode == 77 or "unshare:" in told.stderr:
        pytest.skip(f"no overlay can be mounted here: {told.stderr.strip()}")
    lines = told.stdout.splitlines()
    assert lines[:3] == [f"{cvp.verify(built).digest} ()"] * 3, told.stderr
    assert (len(lines), lines[3].endswith(" ()"), lines[3] != lines[0]) == (4, True, True)
    assert told.returncode == 0


@pytest.mark.parametrize("name", ["", "parts"], ids=["state", "parts"])
@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_state_that_no_build_made_is_refused_and_left_as_it_was(built, tmp_path, kind, name):
    out, other = tmp_path / "out", tmp_path / "other"
    shutil.copytree(built, out)
    other.mkdir()
    (other / "mine.txt").write_text("x")
    state = tmp_path / ".out.state" / name
    state.parent.mkdir(exist_ok=True)
    if kind == "link":
        state.symlink_to(other)
    else:
        state.write_text("x")
    for change in (lambda: cvp.build(SEEDS, out=out), lambda: cvp.remove(out, "c76f5c9e64c8c598", reason="x")):
        with pytest.raises(OutputError, match=f"is a {kind}, not a folder that a build made"):
            change()
    assert [path.name for path in other.iterdir()] == ["mine.txt"]
    assert cvp.verify(out).problems == ()


def _deep(folder):
    """Folders in folders, as deep as names go; made from within, as the whole path is too long."""
    folder.mkdir(parents=True)
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(1_500):
        os.mkdir("d", dir_fd=descriptor)
        below = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)


@pytest.mark.skipif(os.name == "nt", reason="wants folders of a depth that Windows has not")
def test_an_output_with_folders_too_deep_to_be_followed_is_refused(tmp_path):
    _deep(tmp_path / "out/d")
    try:
        with pytest.raises(OutputError, match="holds something other than a build"):
            cvp.build(SEEDS, out=tmp_path / "out", workers=1)
    finally:
        delete(tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="wants folders of a depth that Windows has not")
def test_a_state_with_deep_folders_is_cleared(tmp_path):
    _deep(tmp_path / ".out.state/new")
    cvp.build(SEEDS, out=tmp_path / "out", workers=1)
    assert sorted(path.name for path in (tmp_path / ".out.state").iterdir()) == ["finished.json", "lock", "parts"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="wants /dev/full")
def test_numbers_that_a_full_disk_does_not_take_are_an_error():
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)), Path("/dev/full").open("wb") as sink:
        write_numbers(sink, np.arange(10))


def test_a_file_of_numbers_that_was_cut_is_an_error(tmp_path):
    (tmp_path / "a.signs").write_bytes(bytes(8 * 9 + 7))
    assert read_numbers(tmp_path / "a.signs", 4, skipped=5).tolist() == [0] * 4
    with pytest.raises(DiskError, match="is damaged"):
        read_numbers(tmp_path / "a.signs", 5, skipped=5)


@preloaded
@pytest.mark.parametrize(
    ("moment", "said", "removed"),
    [("/.out.state/new", "is as it was", False), ("/.out.state/old", "after the new build was put in place", True)],
)
def test_ctrl_c_says_what_it_left(cli, faults, built, tmp_path, moment, said, removed):
    out, seeds = tmp_path / "out", tmp_path / "seeds"
    shutil.copytree(built, out)
    shutil.copytree(SEEDS, seeds)
    command = ("remove", out, "--id", "c76f5c9e64c8c598", "--reason", "x", "--seeds", seeds)
    told = cli(*command, LD_PRELOAD=faults, FAULT_INTERRUPT=moment)
    assert (told.returncode, said in told.stderr, "Traceback" in told.stderr) == (3, True, False), told.stderr
    report = cvp.verify(out)
    assert (report.problems, report.digest != cvp.verify(built).digest) == ((), removed)
    assert cli(*command).returncode == 0  # the same command again does the rest
    assert "c76f5c9e64c8c598" in (seeds / "removed.csv").read_text()

"""File systems that lack something: folders that cannot be renamed or flushed, no locks, an odd state folder."""

import errno
import os
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, SEEDS

import corpus_vn_police as cvp
from corpus_vn_police.build.place import recover

_COMPILER = shutil.which("cc") or shutil.which("gcc")
preloaded = pytest.mark.skipif(
    not (sys.platform.startswith("linux") and _COMPILER), reason="wants LD_PRELOAD and a C compiler"
)


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    """The library that makes a call fail."""
    library = tmp_path_factory.mktemp("faults") / "faults.so"
    subprocess.run([_COMPILER, "-shared", "-fPIC", "-O1", "-o", library, ROOT / "tests/faults.c", "-ldl"], check=True)
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
from corpus_vn_police.build.place import put_in_place
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


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EBADF, errno.EOPNOTSUPP, errno.EACCES, errno.ENOSYS])
@preloaded
def test_a_folder_that_cannot_be_flushed_does_not_keep_a_build_out(cli, faults, tmp_path, number):
    told = cli("build", SEEDS, "--out", tmp_path / "out", LD_PRELOAD=faults, FAULT_FSYNC_FOLDER=str(number))
    assert told.returncode == 0, told.stderr
    assert cvp.verify(tmp_path / "out").problems == ()

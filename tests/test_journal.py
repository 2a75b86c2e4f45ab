"""The journal by itself: whatever the disk or a killed process left of it, it never says what is not so."""

import errno
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.builds import ROOT
from support.journals import DAY, done_tasks, small_part

from corpus_vn_police.errors import DiskError
from corpus_vn_police.stages.read import Skipped
from corpus_vn_police.state.journal import JOURNAL, open_journal
from corpus_vn_police.state.known import DoneTask, FileContents, KnownParts
from corpus_vn_police.state.parts import Part

_COMPILER = shutil.which("cc") or shutil.which("gcc")


def _opened(folder, fingerprint="same", latest=DAY, **options):
    """What a journal says when it is opened."""
    with open_journal(folder, fingerprint, latest, **{"resume": True, "rehash": False} | options) as journal:
        return journal.known


@pytest.fixture
def written(tmp_path):
    """A folder with a journal of a build that is in place, and what it says."""
    done = []
    with open_journal(tmp_path, "same", DAY, resume=True, rehash=False) as journal:
        for group in done_tasks(tmp_path):
            journal.add(group)
            done += group
        known = KnownParts().with_done(done)
        journal.finish(known)
    return tmp_path, known


def test_a_journal_says_what_was_written(written):
    folder, known = written
    assert _opened(folder) == known
    assert known == KnownParts(
        (Part("a-0", 10), Part("a-1", 10)),
        {(2**64 - 1, 0): (Part("b-0", 10), Part("b-1", 10)), (2**64 - 1, 1): (Part("c-0", 10),)},
        {2**64 - 1: FileContents(2, 30, Skipped(1, 2))},
    )


@pytest.mark.parametrize(
    "options",
    [{"fingerprint": "other"}, {"latest": "2025-12-31"}, {"rehash": True}],
    ids=lambda options: next(iter(options)),
)
def test_what_does_not_hold_for_a_build_is_forgotten_with_its_files(written, options):
    folder, _ = written
    assert list(_opened(folder, **options)) == []
    assert [path.name for path in folder.iterdir()] == [JOURNAL]
    assert list(_opened(folder)) == []


def test_a_part_that_is_gone_takes_its_whole_task_with_it(written):
    folder, known = written
    (folder / "b-1.index").unlink()
    assert _opened(folder) == KnownParts(known.texts, {(2**64 - 1, 1): (Part("c-0", 10),)}, known.files)
    assert sorted(path.stem for path in folder.glob("*.index")) == ["a-0", "a-1", "c-0"]


@pytest.mark.parametrize(("resume", "kept"), [(True, ["a-0", "a-1", "d-0"]), (False, ["a-0", "a-1"])])
def test_what_a_build_did_that_was_not_put_in_place_is_forgotten_if_it_is_not_to_go_on(written, resume, kept):
    folder, known = written
    with open_journal(folder, "same", DAY, resume=True, rehash=False) as journal:
        journal.finish(KnownParts(known.texts))
        journal.add([DoneTask(10, (small_part(folder, "d-0"),), has_stamps=True)])
    assert [part.name for part in _opened(folder, resume=resume).texts] == kept


def test_a_task_with_a_seed_that_is_to_be_read_again_is_not_written_down(tmp_path):
    part = Part(small_part(tmp_path, "a-0").name, 10, read_again=True)
    with open_journal(tmp_path, "same", DAY, resume=True, rehash=False) as journal:
        journal.add([DoneTask(10, (part,), key=(1, 0))])
    assert list(_opened(tmp_path)) == []


def _says_nothing_else(found, known):
    """Whether all that was found is known, and of the file of many seeds all or nothing."""
    assert set(found) <= set(known)
    assert all(parts == known.tasks[key] for key, parts in found.tasks.items())
    assert all(found.parts_of_file(stamp) in (None, known.parts_of_file(stamp)) for stamp in found.files)


def test_law_3_a_journal_with_a_wrong_byte_says_less_and_nothing_else(written, tmp_path_factory):
    folder, known = written
    sound = (folder / JOURNAL).read_bytes()
    used = [at for at, byte in enumerate(sound) if byte]
    draw, copy = random.Random(0), tmp_path_factory.mktemp("copy")
    less = 0
    for at in draw.sample(used, min(len(used), 400)):
        for path in folder.glob("*.index"):
            shutil.copy(path, copy)
        damaged = bytearray(sound)
        damaged[at] ^= 1 << draw.randrange(8)
        (copy / JOURNAL).write_bytes(damaged)
        with open_journal(copy, "same", DAY, resume=True, rehash=False) as journal:
            journal.add([DoneTask(10, (small_part(copy, "z-0"),), has_stamps=True)])
            journal.finish(known)
        _says_nothing_else(journal.known, known)
        less += journal.known != known
    assert less > 100


@pytest.mark.parametrize("pages", range(4))
def test_law_3_a_journal_that_ends_too_early_says_nothing(written, pages):
    folder, _ = written
    (folder / JOURNAL).write_bytes((folder / JOURNAL).read_bytes()[: pages * 4096 + 100])
    assert _opened(folder) == KnownParts()


# Each moment in a fork of its own, so that the package is imported once.
_WRITE = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from support.journals import DAY, done_tasks, small_part
from corpus_vn_police.errors import DiskError
from corpus_vn_police.state.journal import open_journal
from corpus_vn_police.state.known import KnownParts
root, number = Path(sys.argv[1]), sys.argv[2]

def write(folder):
    os.environ.update(FAULT_DIR=str(folder / "journal"))
    with open_journal(folder, "same", DAY, resume=True, rehash=False) as journal:
        done = []
        for group in done_tasks(folder):
            journal.add(group)
            done += group
        journal.finish(KnownParts().with_done(done))

at = counted = 0
while counted >= at:  # the last one went through without its fault
    at += 1
    folder = root / str(at)
    folder.mkdir()
    child = os.fork()
    if not child:
        os.environ.update(FAULT_AT=str(at), FAULT_ERRNO=number, FAULT_COUNT=f"{folder}.count")
        try:
            write(folder)
        except DiskError as error:
            os._exit(1 if str(folder / "journal.sqlite") in str(error) else 2)
        except OSError:
            os._exit(1)
        os._exit(0)
    print(at, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    counted = Path(f"{folder}.count").stat().st_size
"""


@pytest.mark.field
@pytest.mark.skipif(not (sys.platform.startswith("linux") and _COMPILER), reason="wants LD_PRELOAD and a C compiler")
@pytest.mark.parametrize(
    ("number", "codes"), [(0, {-9, 0}), (errno.ENOSPC, {1, 0}), (errno.EIO, {1, 0})], ids=["SIGKILL", "ENOSPC", "EIO"]
)
def test_law_4_each_change_that_sqlite_makes_may_be_the_last(tmp_path, tmp_path_factory, number, codes):
    """Whichever fails, a task is written down with all of its parts or not at all, and the next build goes on."""
    library = tmp_path_factory.mktemp("faults") / "faults.so"
    subprocess.run(
        [_COMPILER, "-shared", "-fPIC", "-O1", "-o", library, ROOT / "tests/support/faults.c", "-ldl"], check=True
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LD_PRELOAD": str(library)}
    command = [sys.executable, "-c", _WRITE, str(tmp_path), str(number), str(Path(__file__).parent)]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    ended = dict(map(int, line.split()) for line in told.stdout.splitlines())
    assert (set(ended.values()), ended[max(ended)]) == (codes, 0)
    assert len(ended) > 30  # so SQLite's own calls are among them
    (tmp_path / "whole").mkdir()
    known = KnownParts().with_done(task for group in done_tasks(tmp_path / "whole") for task in group)
    seen = set()
    for at in ended:
        found = _opened(tmp_path / str(at))
        _says_nothing_else(found, known)
        seen.add(len(list(found)))
        with open_journal(tmp_path / str(at), "same", DAY, resume=True, rehash=False) as journal:
            journal.add([DoneTask(10, (small_part(tmp_path / str(at), "z-0"),), has_stamps=True)])
        assert Part("z-0", 10) in _opened(tmp_path / str(at)).texts
    assert seen == {0, 2, 4, 5}


def test_what_the_system_says_of_a_folder_is_said(tmp_path):
    with pytest.raises(DiskError, match="No such file or directory"):
        _opened(tmp_path / "gone")

"""Bombs are held to their limits at every step, and a failure of the machine is never a seed's fault (law 14)."""

import errno
import gzip
import io
import json
import lzma
import os
import resource
import struct
import subprocess
import sys
import tempfile
import tracemalloc
import zipfile
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.builds import ROOT
from support.containers import LIMITS, seeds, tar, texts_or_reasons, zip_file, zip_member

from corpus_vn_police.engine import machine
from corpus_vn_police.errors import DiskError, ForkedError
from corpus_vn_police.stages.read.seeds import fault

pytestmark = pytest.mark.field

RATIO = "limit.ratio"


def parquet(*texts, **options):
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": list(texts)}), sink, **options)
    return sink.getvalue()


def zipped(name, data, method=zipfile.ZIP_DEFLATED):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        archive.writestr(name, data)
    return sink.getvalue()


def peak(root, **options):
    """What is read of an input, and how much memory of Python's that took, in bytes."""
    tracemalloc.start()
    rows = texts_or_reasons(root, **options)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return rows, most


# Bombs


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("name", ["b.txt", "b.jsonl"])
def test_a_zip_member_that_unpacks_to_much_is_unpacked_by_small_steps(write, method, name):
    folder = write({"x.zip": zipped(name, b"a" * (60 << 20), method)})
    assert (folder / "x.zip").stat().st_size < 80_000
    rows, most = peak(folder, limits=replace(LIMITS, max_bytes=1 << 20))
    assert rows == {f"x.zip/{name}": RATIO}
    assert most < 40 << 20  # a line is held up to twice the limit of a batch


def test_the_parquet_members_of_an_archive_share_its_budget(write):
    table = parquet("a" * 900_000, compression="zstd")
    archive = tar([(f"{number:02d}.parquet", table) for number in range(40)])
    limits = replace(LIMITS, max_bytes=1_000_000, max_ratio=100)
    outcomes = list(texts_or_reasons(write({"x.tar": archive}), limits=limits).values())
    read = outcomes.index(RATIO)
    assert outcomes == ["a" * 900_000] * read + [RATIO] * (40 - read)
    assert 0 < read < len(archive) * 100 / 900_000 < 40


def test_an_lzma_dictionary_that_takes_all_memory_is_a_limit(write):
    whole = lzma.compress(b"A" * 100, lzma.FORMAT_ALONE)
    packed = struct.pack("<BBH", 9, 20, 5) + whole[:1] + struct.pack("<I", 1 << 31) + whole[13:]
    folder = write({"x.zip": zip_file([zip_member(b"a.txt", b"A" * 100, 14, packed, flags=2)])})
    assert texts_or_reasons(folder) == {"x.zip/a.txt": "limit.window"}


# Parquet that stands in a file with something else


def test_a_parquet_file_behind_another_one_or_junk_is_damaged(write):
    one, two = parquet("bài 1"), parquet("bài 2")
    folder = write({"a.parquet": one + two, "b.parquet": b"junk" + one, "c.parquet": one + b"junk", "d.parquet": one})
    damaged = "container.damaged"
    assert texts_or_reasons(folder) == {
        "a.parquet": damaged,
        "b.parquet": damaged,
        "c.parquet": damaged,
        "d.parquet#1": "bài 1",
    }


def test_the_checksum_of_a_parquet_page_is_checked(write):
    table = parquet(*(f"bài {n}" for n in range(9)), compression="none", use_dictionary=False, write_page_checksum=True)
    altered = table.replace("bài 7".encode(), "bài 1".encode(), 1)
    assert texts_or_reasons(write({"x.parquet": altered})) == {"x.parquet": "container.damaged"}


# The machine


@pytest.mark.parametrize(
    "error",
    [
        *(OSError(number, "") for number in (errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.EIO, errno.ENOMEM, errno.EDQUOT, errno.EFBIG, errno.EROFS)),
        MemoryError(), pa.ArrowMemoryError("x"), pa.ArrowInvalid("std::bad_alloc"), OSError("malloc of size 7 failed"),
        ImportError("x"), DiskError("x"),
    ],
)  # fmt: skip
def test_what_the_machine_says_is_no_reason_code(error):
    with pytest.raises((OSError, MemoryError, ImportError, DiskError)):
        fault(error)


_LARGE = parquet(os.urandom(6 << 20).hex(), compression="none")
_PACKED = gzip.compress(json.dumps({"text": os.urandom(6 << 20).hex()}).encode(), 1)


@pytest.mark.parametrize(
    "files",
    [
        {"x.zip": zipped("t.parquet", _LARGE, zipfile.ZIP_STORED)},
        {"x.tar": tar([("t.parquet", _LARGE)])},
        {"x.tar": tar([("t.jsonl.gz", _PACKED + gzip.compress(os.urandom(4 << 20), 0))])},
    ],
    ids=["zip", "tar", "rows"],
)
def test_a_member_for_which_the_temporary_folder_has_no_room_stops_the_build(write, monkeypatch, files):
    folder = write(files)
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    with pytest.raises(DiskError, match="temporary folder"):
        seeds(folder)
    monkeypatch.undo()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(DiskError, match="File too large"):
            seeds(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_small_members_need_no_temporary_folder(write, monkeypatch, tmp_path):
    text = " date 2022-01 Ngày 3/1, Công an tỉnh Bắc Ninh phát động phong trào thi đua."
    rows = gzip.compress(json.dumps({"text": text + " Hai."}).encode())
    folder = write({"x.tar": tar([("t.parquet", parquet(text)), ("t.jsonl.gz", rows)])})
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    assert texts_or_reasons(folder) == {"x.tar/t.parquet#1": text, "x.tar/t.jsonl.gz#1": text + " Hai."}


_KINDS = {
    "x.txt": b"text", "x.txt.gz": gzip.compress(b"text"), "x.jsonl": b'{"text": "a"}', "x.jsonl.gz": gzip.compress(b'{"text": "a"}'),
    "x.zip": zipped("a.txt", b"a"), "x.tar": tar([("a.txt", b"a")]), "x.tar.gz": gzip.compress(tar([("a.txt", b"a")])), "x.parquet": parquet("a"),
}  # fmt: skip


def _in_a_process(folder, limit):
    """What reading each file of a folder raises in a process after a limit of the system was set."""
    script = f"""if True:
        import resource, sys
        from pathlib import Path
        sys.path.insert(0, {str(ROOT / "tests")!r})
        from support.containers import CORPUS, LIMITS, seeds
        from corpus_vn_police.stages.read import Batching, Unpacker, list_input, load
        from dataclasses import replace
        large = replace(LIMITS, max_bytes=1 << 30)
        seeds({str(folder / "small")!r})
        listings = [list_input(str(file)) for file in sorted(Path({str(folder / "large")!r}).iterdir())]
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        {limit}
        for listing in listings:
            try:
                for task in Unpacker(large, Batching()).tasks(listing):
                    list(load(task, replace(CORPUS, limits=large), Batching()))
                print(listing.names[0], "read")
            except (OSError, MemoryError) as error:
                print(listing.names[0], getattr(error, "errno", None) or "no memory")"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert not told.stderr
    return dict(line.split(" ", 1) for line in told.stdout.splitlines())


def test_too_many_open_files_stop_the_reading(write):
    folder = write({f"{size}/{name}": data for size in ("small", "large") for name, data in _KINDS.items()})
    told = _in_a_process(folder, "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))")
    assert told == dict.fromkeys(_KINDS, str(errno.EMFILE))


def test_too_little_memory_stops_the_reading(write):
    text = b"a" * (64 << 20)
    large = {
        "x.txt": text, "x.txt.gz": gzip.compress(text, 1), "x.jsonl": text, "x.jsonl.gz": gzip.compress(text, 1),
        "x.zip": zipped("a.txt", text), "x.tar": tar([("a.txt", text)]), "x.tar.gz": gzip.compress(tar([("a.txt", text)]), 1),
        "x.parquet": parquet(text.decode(), compression="zstd"),
    }  # fmt: skip
    small = {f"small/{name}": data for name, data in _KINDS.items()}
    folder = write(small | {f"large/{name}": data for name, data in large.items()})
    told = _in_a_process(folder, "resource.setrlimit(resource.RLIMIT_AS, (held + (50 << 20),) * 2)")
    assert told == dict.fromkeys(large, "no memory")


def test_threads_of_polars_that_have_no_name_yet_are_waited_for(monkeypatch):
    names = iter([["python"], ["python", "python"], ["python", "polars-0"]])
    monkeypatch.setattr(machine, "_forked_after_import", True)
    monkeypatch.setattr(machine, "_names_of_threads", lambda: next(names))
    machine.refuse_after_fork()
    assert list(names) == []


def test_a_forked_process_without_threads_of_polars_is_refused(monkeypatch):
    monkeypatch.setattr(machine, "_NAMING", 0)
    monkeypatch.setattr(machine, "_forked_after_import", True)
    monkeypatch.setattr(machine, "_names_of_threads", lambda: ["python"])
    with pytest.raises(ForkedError):
        machine.refuse_after_fork()

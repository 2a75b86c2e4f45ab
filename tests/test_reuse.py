"""Shards whose records are the same are taken from the build before, neither read nor encoded again."""

import errno
import os
import shutil
from dataclasses import replace

import pytest
from support.builds import age

import corpus_vn_police as cvp
from corpus_vn_police.dataset import cuts
from corpus_vn_police.state.finished import file_stamps, read_finished, write_finished


def _text(number):
    words = " ".join(f"việc{number * 1_000 + each}" for each in range(60))
    return f" date 2020-05 Ngày 7/5, Công an xã họp.\n\n{words}.\n"


@pytest.fixture
def seeds(write, monkeypatch):
    """200 seeds of half a kB, for which a split has some ten shards."""
    monkeypatch.setattr(cuts, "ONE_SHARD_BYTES", 1_000)
    folder = write({f"{number:03d}.txt": _text(number) for number in range(200)})
    age(folder)
    return folder


def _inodes(out):
    return {path.relative_to(out).as_posix(): path.stat().st_ino for path in out.rglob("*.parquet")}


def _written(seeds, tmp_path, **options):
    """Which Parquet files a build has written: those whose inode the build before did not have. The build is a whole one."""
    out, fresh = tmp_path / "out", tmp_path / "fresh"
    before = set(_inodes(out).values()) if out.exists() else set()
    built = cvp.build(seeds, out=out, **options)
    again = cvp.build(seeds, out=fresh, resume=False, rehash=True, **options)
    assert (built.digest, _bytes(out)) == (again.digest, _bytes(fresh))
    return {name for name, inode in _inodes(out).items() if inode not in before}


def _bytes(out):
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def _shards(names, folder):
    return sorted(name for name in names if name.startswith(f"{folder}/"))


def test_seeds_that_come_after_all_others_change_the_last_shard(seeds, tmp_path):
    first = _written(seeds, tmp_path)
    assert len(_shards(first, "data")) > 8
    (seeds / "zzz.txt").write_text(_text(999))
    last = {max(_shards(first, folder)) for folder in ("data", "annotations", "sources")}
    assert _written(seeds, tmp_path) == {*last, "ledger.parquet"}


def test_a_setting_of_the_card_changes_no_shard(seeds, tmp_path):
    _written(seeds, tmp_path)
    assert _written(seeds, tmp_path, config={"title": "Tin công an"}) == {"ledger.parquet"}


def test_a_copy_changes_the_shard_that_counts_it(seeds, tmp_path):
    first = _written(seeds, tmp_path)
    (seeds / f"999_{'f' * 16}.txt").write_text(_text(0))  # the last id: the other one stays
    assert _written(seeds, tmp_path) == {min(_shards(first, "data")), "ledger.parquet"}


def test_a_seed_that_changed_changes_the_shards_that_hold_it(seeds, tmp_path):
    first = _written(seeds, tmp_path)
    (seeds / "000.txt").write_text(_text(0).replace("7/5", "8/5"))
    firsts = {min(_shards(first, folder)) for folder in ("data", "annotations", "sources")}
    assert _written(seeds, tmp_path) == {*firsts, "ledger.parquet"}


def test_a_shard_that_somebody_changed_is_written_again(seeds, tmp_path):
    first = _written(seeds, tmp_path)
    shard = tmp_path / "out" / min(_shards(first, "data"))
    stat, data = shard.stat(), bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    os.utime(shard, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (seeds / "zzz.txt").write_text(_text(999))
    assert _written(seeds, tmp_path) >= {min(_shards(first, "data")), max(_shards(first, "data"))}


def test_a_shard_whose_bytes_a_disk_has_changed_is_written_again(seeds, tmp_path):
    """Size, times and inode are as they were."""
    first = _written(seeds, tmp_path)
    path = min(_shards(first, "data"))
    shard, state = tmp_path / "out" / path, tmp_path / ".out.state"
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    note = read_finished(state)
    write_finished(state, replace(note, files=file_stamps(tmp_path / "out")))
    (seeds / "zzz.txt").write_text(_text(999))
    assert path in _written(seeds, tmp_path)


@pytest.mark.parametrize("failure", [errno.EPERM, errno.EMLINK, errno.EXDEV], ids=errno.errorcode.get)
def test_a_file_system_without_links_gets_copies(seeds, tmp_path, monkeypatch, failure):
    first = _written(seeds, tmp_path)

    def link(*paths):
        raise OSError(failure, os.strerror(failure))

    monkeypatch.setattr(os, "link", link)
    (seeds / "zzz.txt").write_text(_text(999))
    assert _written(seeds, tmp_path) == first


def test_a_build_that_failed_in_between_changes_nothing(seeds, tmp_path):
    first = _written(seeds, tmp_path)
    (seeds / "zzz.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(cvp.RejectedError):
        cvp.build(seeds, out=tmp_path / "out", strict=True)
    (seeds / "zzz.txt").write_text(_text(999))
    assert _written(seeds, tmp_path).isdisjoint(_shards(first, "data")[:-1])


def test_without_what_lies_beside_the_build_all_is_written(seeds, tmp_path):
    first = _written(seeds, tmp_path)
    shutil.rmtree(tmp_path / ".out.state")
    (seeds / "zzz.txt").write_text(_text(999))
    assert _written(seeds, tmp_path) == first

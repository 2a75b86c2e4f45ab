"""Which seeds are not read again, and that it makes no difference."""

import contextlib
import errno
import gzip
import io
import json
import os
import shutil
import sqlite3
import zipfile

import pytest
from support.builds import age, ledger, outcomes

import corpus_vn_police as cvp
from corpus_vn_police.commands.build import batches, pipeline
from corpus_vn_police.config import load_config
from corpus_vn_police.errors import DiskError, RejectedError
from corpus_vn_police.paths import output_path
from corpus_vn_police.stages.read import Batching, unpack


def _article(number):
    return f" date 2020-0{number % 9 + 1} Ngày {number % 27 + 1}/{number % 9 + 1}, Công an xã số {number} họp.\n\nCó {number * 7} người dự họp về việc thứ {number}."


@pytest.fixture
def read(monkeypatch):
    """The paths of the seeds that a build has read, gathered from one build to the next."""
    paths = []
    original = batches.load

    def load(task, corpus, batching):
        for batch in original(task, corpus, batching):
            paths.extend(batch["path"])
            yield batch

    monkeypatch.setattr(batches, "load", load)
    return paths


def _build(folder, tmp_path, read, out="out", **options):
    """A build's digest, and what it read; also if nothing has changed since the build before."""
    read.clear()
    (tmp_path / f".{out}.state/finished.json").unlink(missing_ok=True)
    digest = cvp.build(folder, out=tmp_path / out, workers=1, **options).digest
    return digest, sorted(read)


@pytest.fixture
def seeds(write):
    rows = "\n".join(json.dumps({"id": str(number), "text": _article(number)[14:]}) for number in range(30, 36))
    folder = write({**{f"{number}.txt": _article(number) for number in range(6)}, "rows.jsonl": rows})
    (folder / "packed.txt.gz").write_bytes(gzip.compress(_article(8).encode(), mtime=0))
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for number in (20, 21):
            archive.writestr(f"{number}.txt", _article(number))
        archive.writestr(".hidden", "x")
        archive.writestr("other.md", "x")
    age(folder)
    return folder


def test_what_has_not_changed_is_not_read_again(seeds, tmp_path, read):
    first, all_of_them = _build(seeds, tmp_path, read)
    assert len(all_of_them) == 15
    assert _build(seeds, tmp_path, read) == (first, [])


def test_what_was_passed_over_in_an_archive_is_still_told(seeds, tmp_path):
    notes = [cvp.build(seeds, out=tmp_path / "out").notes for _ in range(2)]
    assert notes[0] == notes[1]
    assert notes[0][1] == "skipped, because they are not seeds: a.zip/other.md; 1 hidden (a.zip/.hidden)"


def _append(path, text):
    path.write_text(path.read_text() + text)


_CHANGES = {
    "a new text": (lambda folder: (folder / "new.txt").write_text(_article(50)), ["new.txt"]),
    "a longer text": (lambda folder: _append(folder / "3.txt", " Thêm."), ["3.txt"]),
    "the same size, another mtime": (lambda folder: os.utime(folder / "3.txt", ns=(1, 1)), ["3.txt"]),
    "a text that is gone": (lambda folder: (folder / "3.txt").unlink(), []),
    "a text with another name": (lambda folder: (folder / "3.txt").rename(folder / "z.txt"), ["z.txt"]),
    "one more row": (
        lambda folder: _append(folder / "rows.jsonl", '\n{"text": "Thêm một dòng, một tin mới."}'),
        [f"rows.jsonl#{number}" for number in range(1, 8)],
    ),
    "an archive that is gone": (lambda folder: (folder / "a.zip").unlink(), []),
}


@pytest.mark.parametrize("change", _CHANGES)
def test_law_4_only_what_changed_is_read_and_the_build_is_that_from_nothing(seeds, tmp_path, read, change):
    _build(seeds, tmp_path, read)
    alter, expected = _CHANGES[change]
    alter(seeds)
    added = _build(seeds, tmp_path, read)
    assert added == (_build(seeds, tmp_path, read, "fresh")[0], expected)
    assert ledger(tmp_path / "out") == ledger(tmp_path / "fresh")


@pytest.mark.parametrize("setting", [{"build": {"shard_mib": 1}}, {"export": {"jsonl": True}}], ids=["build", "export"])
def test_a_setting_that_counts_when_files_are_written_reads_nothing_again(seeds, tmp_path, read, setting):
    first, _ = _build(seeds, tmp_path, read)
    assert _build(seeds, tmp_path, read, config=setting) == (first, [])


def test_a_seed_that_takes_the_place_of_a_published_one(seeds, tmp_path, read):
    """An earlier copy comes: the later one is left out, and nobody reads it again."""
    _build(seeds, tmp_path, read)
    (seeds / "earlier.txt").write_text(_article(3).replace("2020-04", "2019-04"))
    added = _build(seeds, tmp_path, read)
    assert added == (_build(seeds, tmp_path, read, "fresh")[0], ["earlier.txt"])
    assert outcomes(tmp_path / "out")["3.txt"] == "duplicate"


def test_a_seed_that_is_no_older_than_the_build_is_read_again(seeds, tmp_path, read):
    ahead = 2**62
    os.utime(seeds / "3.txt", ns=(ahead, ahead))
    _build(seeds, tmp_path, read)
    assert _build(seeds, tmp_path, read)[1] == ["3.txt"]


def test_a_changed_seed_with_its_old_mtime_is_read_with_rehash(seeds, tmp_path, read):
    first, _ = _build(seeds, tmp_path, read)
    text = (seeds / "3.txt").read_text().replace("họp", "học")
    (seeds / "3.txt").write_text(text)
    age(seeds)
    assert _build(seeds, tmp_path, read) == (first, [])
    found, paths = _build(seeds, tmp_path, read, rehash=True)
    assert (found != first, len(paths)) == (True, 15)


def test_without_the_state_everything_is_read(seeds, tmp_path, read):
    first, paths = _build(seeds, tmp_path, read)
    shutil.rmtree(tmp_path / ".out.state")
    assert _build(seeds, tmp_path, read) == (first, paths)


@pytest.mark.parametrize("settings", ["[structure]\nenabled = false", '[dedup]\nlevel = "off"', '[text]\ntone = "new"'])
def test_other_settings_read_everything(seeds, tmp_path, read, settings):
    _build(seeds, tmp_path, read)
    (seeds / "corpus.toml").write_text(settings)
    assert len(_build(seeds, tmp_path, read)[1]) == 15


@pytest.mark.parametrize("settings", ["[dedup]\nthreshold = 0.9", 'title = "Tin"'])
def test_settings_that_concern_no_seed_alone_read_nothing(seeds, tmp_path, read, settings):
    _build(seeds, tmp_path, read)
    (seeds / "corpus.toml").write_text(settings)
    assert _build(seeds, tmp_path, read)[1] == []


def test_another_folder_of_seeds_is_read(seeds, write, tmp_path, read):
    _build(seeds, tmp_path, read)
    shutil.copytree(seeds, tmp_path / "copy")
    assert len(_build(tmp_path / "copy", tmp_path, read)[1]) == 15


def test_a_header_of_the_future_is_looked_at_again(write, tmp_path, read):
    folder = write({"1.txt": _article(1), "2.txt": _article(2).replace("2020", "2031")})
    age(folder)
    (folder / "corpus.toml").write_text("[limits]\nlatest = 2025-01-01")
    _build(folder, tmp_path, read)
    assert outcomes(tmp_path / "out")["2.txt"] == "header.future_date"
    (folder / "corpus.toml").write_text("[limits]\nlatest = 2031-12-31")
    assert _build(folder, tmp_path, read)[1] == ["2.txt"]
    assert outcomes(tmp_path / "out")["2.txt"] == "published"
    (folder / "corpus.toml").write_text("[limits]\nlatest = 2025-01-01")
    assert _build(folder, tmp_path, read)[1] == ["2.txt"]
    assert outcomes(tmp_path / "out")["2.txt"] == "header.future_date"


def _leave_old_journals(parts):
    (parts / "journal.sqlite").unlink()
    (parts / "done").write_text('{"fingerprint": "0", "latest": "2026-01-01"}\n')
    (parts / "begun").write_text("{")


_ODD_JOURNALS = {
    "another version's": lambda path: _run_sql(path, "DROP TABLE files"),
    "one without a build": lambda path: _run_sql(path, "DELETE FROM build"),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "no database": lambda path: path.write_bytes(b"{}\n"),
    "with a changed number": lambda path: _run_sql(path, "UPDATE files SET tasks = 0, seeds = 0"),
    "with a number that is text": lambda path: _run_sql(path, "UPDATE parts SET seeds = 'x'"),
    "gone": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir(), (path / "x").touch()),
    "a link to nothing": lambda path: (path.unlink(), path.symlink_to("nowhere")),
    "a link": lambda path: path.symlink_to(path.rename(path.parents[2] / "elsewhere")),
    "a FIFO": lambda path: (path.unlink(), os.mkfifo(path)),
    "lines of JSON, as older versions left": lambda path: _leave_old_journals(path.parent),
}


def _run_sql(path, statement):
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize("journal", _ODD_JOURNALS)
def test_a_journal_that_cannot_be_used_counts_as_if_it_were_not_there(seeds, tmp_path, read, journal):
    first, paths = _build(seeds, tmp_path, read)
    parts = tmp_path / ".out.state/parts"
    _ODD_JOURNALS[journal](parts / "journal.sqlite")
    assert _build(seeds, tmp_path, read) == (first, paths)
    assert _build(seeds, tmp_path, read) == (first, [])
    assert {path.suffix for path in parts.iterdir()} == {".index", ".records", ".signs", ".stamps", ".sqlite"}


def test_an_output_whose_path_is_too_long_for_the_journal_is_read_again(seeds, tmp_path, read):
    deep = tmp_path.joinpath(*["d" * 100] * 5)
    built = [cvp.build(seeds, out=deep / "out", workers=1).digest for _ in range(2)]
    assert built == [_build(seeds, tmp_path, read)[0]] * 2


def test_a_part_that_is_not_as_long_as_the_journal_says_is_read_again(seeds, tmp_path, read):
    first, paths = _build(seeds, tmp_path, read)
    for path in (tmp_path / ".out.state/parts").glob("*.index"):
        path.write_bytes(path.read_bytes()[:-1])
    assert _build(seeds, tmp_path, read) == (first, paths)


def test_parts_of_seeds_that_are_gone_are_deleted(seeds, tmp_path, read):
    _build(seeds, tmp_path, read)
    before = {path.name for path in (tmp_path / ".out.state/parts").iterdir()}
    for number in range(6):
        (seeds / f"{number}.txt").unlink()
    (seeds / "rows.jsonl").unlink()
    _build(seeds, tmp_path, read)
    after = {path.name for path in (tmp_path / ".out.state/parts").iterdir()}
    assert after < before
    assert len([name for name in after if name.endswith(".index")]) == 2  # the archive's, the packed text's


@pytest.mark.field
def test_law_3_a_file_that_the_disk_failed_to_give_whole_is_read_whole_later(write, tmp_path, monkeypatch):
    rows = "\n".join(json.dumps({"id": str(number), "text": _article(number)[14:] * 9}) for number in range(400))
    folder = write({"a.txt": _article(1), "rows.jsonl": rows})
    age(folder)
    corpus, job = load_config(None), pipeline.Job(workers=1, batching=Batching(20, 1 << 18))
    opened = unpack.open_file

    class Failing(io.BytesIO):
        def read(self, size=-1):
            if self.tell() >= 3 << 16:  # three blocks of four that make two tasks
                raise OSError(errno.EIO, "Input/output error")
            return super().read(size)

    def failing(root, name):
        with opened(root, name) as whole:
            return Failing(whole.read())

    monkeypatch.setattr(unpack, "open_file", failing)
    with pytest.raises(OSError, match="Input/output"):
        pipeline.run_build(str(folder), output_path(tmp_path / "out"), corpus, job)
    monkeypatch.setattr(unpack, "open_file", opened)
    resumed = pipeline.run_build(str(folder), output_path(tmp_path / "out"), corpus, job)
    fresh = pipeline.run_build(str(folder), output_path(tmp_path / "fresh"), corpus, job)
    assert (resumed.seeds, resumed.digest) == (401, fresh.digest)


@pytest.mark.field
@pytest.mark.parametrize(("resume", "expected"), [(True, 50), (False, 401)])
def test_tasks_of_a_file_that_an_interrupted_build_did_are_used_again(write, tmp_path, read, resume, expected):
    rows = "\n".join(json.dumps({"id": str(number), "text": _article(number)[14:] * 9}) for number in range(400))
    folder = write({"a.txt": _article(1), "rows.jsonl": rows})
    age(folder)
    corpus, batching, seen, sizes = load_config(None), Batching(20, 1 << 17), [], set()

    def progress(step, count, total):
        if step == "read bytes":
            seen.append(count)
            sizes.add(total)

    def interrupted(step, count, total):
        progress(step, count, total)
        if sum(seen) > 0.87 * max(sizes, default=0) > 0:
            raise KeyboardInterrupt

    out = output_path(tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        pipeline.run_build(str(folder), out, corpus, pipeline.Job(workers=1, batching=batching, progress=interrupted))
    seen.clear()
    read.clear()
    job = pipeline.Job(workers=1, batching=batching, progress=progress, resume=resume)
    built = pipeline.run_build(str(folder), out, corpus, job)
    assert (len(read) <= expected, {sum(seen)}, built.seeds) == (True, sizes, 401)
    assert built.digest == pipeline.run_build(str(folder), output_path(tmp_path / "fresh"), corpus, job).digest


def test_law_3_seeds_that_a_failed_build_read_anew_count_once(seeds, tmp_path, read):
    _build(seeds, tmp_path, read)
    (tmp_path / "away").mkdir()
    for number in range(4):  # so that what is left of the first part is read again
        (seeds / f"{number}.txt").rename(tmp_path / f"away/{number}.txt")
    (seeds / "bad.txt").write_text("")
    with pytest.raises(RejectedError):
        _build(seeds, tmp_path, read, strict=True)
    (seeds / "bad.txt").unlink()
    for number in range(4):
        (tmp_path / f"away/{number}.txt").rename(seeds / f"{number}.txt")
    again = _build(seeds, tmp_path, read)[0]
    assert (again, len(ledger(tmp_path / "out"))) == (_build(seeds, tmp_path, read, "fresh")[0], 15)


def test_an_earlier_latest_holds_also_after_builds_that_failed(write, tmp_path, read):
    folder = write({"1.txt": _article(1), "2.txt": _article(2).replace("2020", "2021"), "bad.txt": ""})
    age(folder)
    for latest in ("2020-12-01", "2022-01-01"):
        (folder / "corpus.toml").write_text(f"[limits]\nlatest = {latest}")
        with pytest.raises(RejectedError):
            _build(folder, tmp_path, read, strict=True)
    (folder / "corpus.toml").write_text("[limits]\nlatest = 2021-01-01")
    _build(folder, tmp_path, read)
    assert outcomes(tmp_path / "out")["2.txt"] == "header.future_date"


def test_a_damaged_part_says_how_to_go_on(seeds, tmp_path, read):
    first, paths = _build(seeds, tmp_path, read)
    for path in (tmp_path / ".out.state/parts").glob("*.records"):
        path.write_bytes(bytes(path.stat().st_size))
    (seeds / "new.txt").write_text(_article(50))
    with pytest.raises(DiskError, match="--rehash"):
        _build(seeds, tmp_path, read)
    (seeds / "new.txt").unlink()
    assert _build(seeds, tmp_path, read, rehash=True) == (first, paths)

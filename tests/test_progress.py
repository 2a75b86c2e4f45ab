"""How a command reports its progress: a callable, a bar, and `logging`."""

import gzip
import io
import json
import logging
import subprocess
import sys
import tarfile
import threading
import time
import types
import zipfile

import polars as pl
import pytest
from support.articles import article, changed, seed_text

import corpus_vn_police as cvp
from corpus_vn_police.cli import show
from corpus_vn_police.engine import bars
from corpus_vn_police.engine.progress import amount


@pytest.fixture
def folder(write):
    files = {f"{number}.txt": seed_text("2020", article(number)) for number in range(5)}
    return write({**files, "near.txt": seed_text("2021", changed(article(0), 3)), "x.csv.bak": "x"})


@pytest.fixture
def told():
    """What a callable was called with."""
    calls = []
    return calls, lambda *arguments: calls.append(arguments)


def test_a_callable_is_told_of_every_step_how_much_was_done_and_of_how_much(folder, tmp_path, told):
    calls, progress = told
    cvp.build(folder, out=tmp_path / "out", progress=progress)
    sums = {}
    for step, done, total in calls:
        sums[step] = (sums.get(step, (0, 0))[0] + done, total)
    assert list(sums) == ["read", "pair", "compare", "write"]
    assert sums["read"][0] == 6
    assert sums["pair"] == (32, 32)
    assert sums["compare"] == (4, 4)  # two texts share a band: taken apart, and compared


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.zip", "a.tar.gz", "a.parquet"])
def test_files_of_many_seeds_are_read_by_bytes_and_all_of_them(write, tmp_path, told, name):
    rows = [{"text": article(number), "date": "2020"} for number in range(3)]
    lines = "\n".join(map(json.dumps, rows)).encode()
    files = {"b.txt": "x", name: packed(name, lines, rows)}
    folder = write(files)
    calls, progress = told
    cvp.build(folder, out=tmp_path / "out", progress=progress)
    reads = [(done, total) for step, done, total in calls if step == "read bytes"]
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert (sum(done for done, _ in reads), {total for _, total in reads}) == (size, {size})
    calls.clear()
    (folder / "c.txt").write_text("y")
    cvp.build(folder, out=tmp_path / "out", progress=progress)
    reads = [(done, total) for step, done, total in calls if step == "read bytes"]
    assert (reads[0][0] >= 0, sum(done for done, _ in reads), {total for _, total in reads}) == (
        True,
        size + 1,
        {size + 1},
    )


def packed(name, lines, rows):
    """Three rows as a file of this name holds them."""
    held = io.BytesIO()
    if name.endswith(".jsonl"):
        return lines
    if name.endswith(".jsonl.gz"):
        return gzip.compress(lines)
    if name.endswith(".parquet"):
        pl.DataFrame(rows).write_parquet(held)
    elif name.endswith(".zip"):
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr("a.jsonl", lines)
    else:
        with tarfile.open(fileobj=held, mode="w:gz") as archive:
            member = tarfile.TarInfo("a.jsonl")
            member.size = len(lines)
            archive.addfile(member, io.BytesIO(lines))
    return held.getvalue()


@pytest.mark.parametrize(
    ("step", "done", "total", "said"),
    [
        ("read", 853, 2853, "853 of 2,853"),
        ("read", 853, None, "853"),
        ("read", 2853, 1, "2,853"),
        ("read bytes", 8_200_000, 13_630_627, "8.2 of 13.6 MB"),
        ("read bytes", 8_200_000, None, "8.2 MB"),
    ],
)
def test_how_much_is_done_is_said_with_its_unit(step, done, total, said):
    assert amount(step, done, total) == said


def test_steps_are_logged_with_their_counts_and_notes_as_warnings(folder, tmp_path, caplog):
    with caplog.at_level(logging.INFO, "corpus_vn_police"):
        cvp.build(folder, out=tmp_path / "out")
    lines = [(record.levelname, record.getMessage().partition(" in ")[0]) for record in caplog.records]
    assert lines[0] == ("INFO", "build begins")
    assert ("INFO", "build: compare: 4") in lines
    assert ("INFO", "build: done") in lines
    assert [line.split(",")[0].split(":")[1] for level, line in lines if level == "WARNING"] == [
        " skipped", " every record is", " the card is unfinished",
    ]  # fmt: skip
    assert {record.name for record in caplog.records} == {"corpus_vn_police"}


def test_a_program_without_logging_prints_nothing(folder, tmp_path):
    code = f"import corpus_vn_police as cvp; cvp.build({str(folder)!r}, out={str(tmp_path / 'out')!r})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("", "")


class _Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("progress", "shown"), [(None, True), (True, True), (False, False)])
def test_a_bar_is_shown_on_a_terminal_unless_it_is_refused(folder, tmp_path, monkeypatch, progress, shown):
    monkeypatch.setattr(sys, "stderr", _Terminal())
    monkeypatch.setenv("TERM", "xterm")
    cvp.build(folder, out=tmp_path / "out", progress=progress)
    assert ("read" in sys.stderr.getvalue()) == shown


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_no_bar_is_shown_where_nobody_looks(folder, tmp_path, monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    cvp.build(folder, out=tmp_path / "out")
    assert stream is None or stream.getvalue() == ""


def test_a_closed_stderr_is_no_terminal(monkeypatch):
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    assert not bars.on_terminal()


def test_of_two_bars_at_once_one_is_shown(monkeypatch):
    monkeypatch.setattr(sys, "stderr", _Terminal())
    with bars.bar() as first:
        seen = []
        other = threading.Thread(target=lambda: seen.append(_kind_of_bar()))
        other.start()
        other.join()
        assert first is not bars.silent
    assert seen == ["silent"]
    with bars.bar() as again:
        assert again is not bars.silent


def _kind_of_bar():
    with bars.bar() as moved:
        return moved.__name__


class _Notebook:
    """What IPython has of a notebook, as far as a bar needs it."""

    def __init__(self):
        self.shown = []
        shell = type("ZMQInteractiveShell", (), {})()
        self.ipython = types.SimpleNamespace(get_ipython=lambda: shell)
        self.display = types.SimpleNamespace(HTML=str, display=self._display)

    def _display(self, page, display_id):
        self.shown.append(page)
        return types.SimpleNamespace(update=self.shown.append)


def test_a_notebook_shows_a_line_per_step_that_is_gone_at_the_end(monkeypatch):
    notebook = _Notebook()
    monkeypatch.setitem(sys.modules, "IPython", notebook.ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", notebook.display)
    monkeypatch.setattr(bars, "_PATIENCE", 0)
    monkeypatch.setattr(bars, "_PAUSE", 0)
    with bars.bar() as moved:
        moved("read", 3, None)
        moved("<write>", 2, 4)
    assert notebook.shown == [
        "<div>read <progress></progress> 3</div>",
        '<div>read <progress></progress> 3</div><div>&lt;write&gt; <progress max="4" value="2"></progress> 2 of 4</div>',
        "",
    ]


def test_a_command_that_ends_at_once_leaves_nothing_in_a_notebook(monkeypatch):
    notebook = _Notebook()
    monkeypatch.setitem(sys.modules, "IPython", notebook.ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", notebook.display)
    with bars.bar() as moved:
        moved("read", 3, 3)
    assert notebook.shown == []


def test_without_a_terminal_a_line_says_every_10_seconds_how_far_a_step_is(monkeypatch, capsys):
    clock = iter(range(0, 1000, 6))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with show.progress(quiet=False) as moved:
        for done in (0, 1, 2, 3, 4):
            moved("read", done, 10)
        moved("read bytes", 8_200_000, 13_600_000)
    assert capsys.readouterr().err == "read: 3 of 10\nread: 8.2 of 13.6 MB\n"

"""A build's folder among people: what file managers, git and `hf download` leave in it, and what strangers do to it."""

import contextlib
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys

import datasets
import fsspec
import polars as pl
import pyarrow.parquet as pq
import pytest
from support.builds import ROOT, ledger, sign

import corpus_vn_police as cvp
from corpus_vn_police.cli.app import run
from corpus_vn_police.commands.stats import stats
from corpus_vn_police.errors import ConfigError, DamagedError, OutputError

_ARTICLE = "Công an huyện Lục Nam bắt giữ hai người trộm xe máy trong đêm qua, thu giữ nhiều tang vật có liên quan"
_ID, _COPY, _LATER = "a" * 16, "b" * 16, "c" * 16
_FILES = {
    f"0_{_ID}.txt": f" date 2020-12 {_ARTICLE}.",
    f"1_{_COPY}.txt": f" date 2020-12 {_ARTICLE.upper()}!",
    f"2_{_LATER}.txt": " date 2021-05 Ngày 3/5, một vụ cháy xảy ra tại chợ huyện.",
    "bad.txt": b"\xff",
    "corpus.toml": '[splits]\ntest_from = "2021-01"\n',
}
_LEFT = (
    ".git/HEAD", ".gitattributes", ".DS_Store", "._README.md", "data/.DS_Store", ".nfs000001", ".cache/huggingface/download/x.lock",
    ".ipynb_checkpoints/README-checkpoint.md", "Thumbs.db", "sources/desktop.ini", "__MACOSX/data/._train-00000-of-00001.parquet",
)  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("folder")
    (folder / "in").mkdir()
    for name, content in _FILES.items():
        (folder / "in" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    cvp.build(folder / "in", out=folder / "out", workers=1)
    return folder


@pytest.fixture
def here(built, tmp_path):
    """The seeds `in` and the build `out` in a folder."""
    shutil.copytree(built / "in", tmp_path / "in")
    shutil.copytree(built / "out", tmp_path / "out")
    return tmp_path


def _leave(out):
    for name in _LEFT:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(name)


def _left(out):
    return {name for name in _LEFT if (out / name).exists() and (out / name).read_text() == name}


def _problems(location):
    return [(problem.file, problem.code) for problem in cvp.verify(location).problems]


def test_what_others_leave_in_a_copy_is_no_damage_and_changes_nothing_that_is_loaded(here):
    before = datasets.load_dataset(str(here / "out"))
    _leave(here / "out")
    after = datasets.load_dataset(str(here / "out"))
    assert (_problems(here / "out"), {name: rows.to_list() for name, rows in after.items()}) == (
        [],
        {name: rows.to_list() for name, rows in before.items()},
    )
    assert len(pl.read_parquet(here / "out/data/*.parquet")) == 2


def test_a_build_and_a_takedown_keep_what_others_left_in_the_folder(here):
    _leave(here / "out")
    cvp.build(here / "in", out=here / "out", workers=1)
    assert _left(here / "out") == set(_LEFT)
    cvp.remove(here / "out", _ID, reason="x")
    assert (_left(here / "out"), _problems(here / "out")) == (set(_LEFT), [])
    assert sorted(path.name for path in (here / ".out.state").iterdir()) == ["lock", "parts"]


def test_a_build_goes_into_a_clone_that_is_empty_but_for_git(here):
    shutil.rmtree(here / "out")
    _leave(here / "out")
    cvp.build(here / "in", out=here / "out", workers=1)
    assert _problems(here / "out") == []
    assert (here / "out/.git/HEAD").read_text() == ".git/HEAD"


def test_a_folder_that_was_left_between_two_steps_is_kept_by_the_next_build(here):
    (here / ".out.state/old/.git").mkdir(parents=True)
    (here / ".out.state/old/.git/HEAD").write_text("x")  # the process was killed here
    cvp.build(here / "in", out=here / "out", workers=1)
    assert (here / "out/.git/HEAD").read_text() == "x"


@pytest.mark.parametrize(
    "name",
    [".huggingface.yaml", "data/._train-00000-of-00001.parquet", "dataset_infos.json", "load.py", "data/train-x.txt"],
)
def test_a_file_that_a_reader_would_read_is_named_here_and_on_a_remote_system(here, name):
    (here / "out" / name).write_text("x")
    assert _problems(here / "out") == [(name, "file.unlisted")]
    with pytest.raises(OutputError, match=re.escape(name)):
        cvp.build(here / "in", out=here / "out", workers=1)
    system = fsspec.filesystem("memory")
    system.put(str(here / "out"), "/folder", recursive=True)
    try:
        assert _problems("memory://folder") == [(name, "file.unlisted")]
    finally:
        system.rm("/folder", recursive=True)


def test_the_front_matter_is_held_to_the_files_whoever_signed_them(here):
    card = here / "out/README.md"
    card.write_text(card.read_text().replace("data/test-*.parquet", "https://example.org/x.parquet"))
    sign(here / "out", generator="another one")
    report = cvp.verify(here / "out")
    assert [(problem.file, problem.code) for problem in report.problems] == [("README.md", "card.loading")]
    assert [line.partition(":")[0] for line in report.unchecked] == [
        "the documents (figures, data.jsonl.zst, README.md, croissant.json)"
    ]
    code, out, _ = _run("verify", here / "out", "--json")
    assert (code, json.loads(out)["unchecked"]) == (1, list(report.unchecked))


@pytest.mark.parametrize("name", ["load.py", ".huggingface.yaml", "data/other.parquet", "../in/corpus.toml"])
def test_a_file_that_a_build_does_not_have_is_named_though_it_is_listed(here, name):
    (here / "out" / name).write_text("x")
    manifest = json.loads((here / "out/manifest.json").read_text())
    sign(here / "out", files=[*manifest["files"], {"path": name}])
    assert (name, "file.foreign") in _problems(here / "out")


def test_shards_of_which_one_is_missing_are_named_though_the_manifest_does_not_list_it(here):
    old, new = (f"data/train-00000-of-0000{count}.parquet" for count in (1, 2))
    (here / "out" / old).rename(here / "out" / new)
    manifest = json.loads((here / "out/manifest.json").read_text())
    files = [{**entry, "path": new if entry["path"] == old else entry["path"]} for entry in manifest["files"]]
    sign(here / "out", files=files)
    assert _problems(here / "out") == [("data/train", "file.missing")]


_SWAP = """
import sys
from pathlib import Path
from corpus_vn_police.state.place import put_in_place
from corpus_vn_police import diff, verify

out, new, swapped = Path(sys.argv[1]), Path(sys.argv[2]), []

def hook(event, arguments):
    if event == "open" and str(arguments[0]).endswith("ledger.parquet") and not swapped:
        swapped.append(1)
        put_in_place(new, out, out.with_name("aside"))

sys.addaudithook(hook)
if sys.argv[3] == "verify":
    print(verify(out).problems)
else:
    print(len(diff(out, out).added))
"""


@pytest.mark.parametrize(("command", "said"), [("verify", "()\n"), ("diff", "0\n")])
def test_a_build_that_takes_the_folder_meanwhile_is_no_damage(here, command, said):
    (here / "in/more.txt").write_text(" date 2021-06 Một bài nữa về giao thông.", encoding="utf-8")
    cvp.build(here / "in", out=here / "new", workers=1)
    told = subprocess.run(
        [sys.executable, "-c", _SWAP, here / "out", here / "new", command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (told.stdout, told.stderr, (here / "aside").is_dir()) == (said, "", True)


# Nothing that is looked for is waited for.


@pytest.mark.parametrize("name", ["removed.csv", "CHANGES.md", "corpus.toml", "prose.md"])
@pytest.mark.parametrize("kind", ["fifo", "folder", "device"])
def test_a_keepers_file_that_is_none_is_an_error_and_is_not_waited_for(here, cli, name, kind):
    (here / "in/corpus.toml").write_text('[card]\nprose = "prose.md"\n')
    (here / "in/prose.md").write_text("# Mine\n")
    (here / "in" / name).unlink(missing_ok=True)
    if kind == "fifo":
        os.mkfifo(here / "in" / name)
    elif kind == "folder":
        (here / "in" / name).mkdir()
    else:
        (here / "in" / name).symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match=re.escape(name)):
        cvp.build(here / "in", out=here / "out", workers=1)
    if name in ("removed.csv", "CHANGES.md"):
        with pytest.raises(ConfigError, match=re.escape(name)):
            cvp.remove(here / "out", _ID, reason="x", seeds=here / "in")


@pytest.mark.parametrize(
    "arguments", [("remove", "OUT", "--reason", "x", "--ids", "FIFO"), ("card", "OUT", "--file", "FIFO")]
)
def test_a_file_that_is_named_on_the_command_line_is_not_waited_for(here, arguments):
    os.mkfifo(here / "fifo")
    places = {"OUT": here / "out", "FIFO": here / "fifo"}
    code, out, _ = _run(*(places.get(each, each) for each in arguments), "--json")
    assert (code, json.loads(out)["error"]["code"]) == (2, "input")


# What strangers write.

_HOSTILE = "\x1b]0;owned\x07\x9b31m\u202e\u2066=cmd|x\r![i](http://example.org/i.png)<img src=x>"
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def _run(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([*map(str, arguments)])
    return code, out.getvalue(), err.getvalue()


def _manifest_says(key):
    return lambda out: sign(out, **{key: _HOSTILE})


def _column_says(name, column):
    def write(out):
        table = pq.read_table(out / name)
        frame = pl.DataFrame(table).with_columns(pl.lit(_HOSTILE).alias(column))
        pq.write_table(frame.to_arrow().cast(table.schema), out / name)
        sign(out)

    return write


def _card_says(out):
    card = out / "README.md"
    card.write_text(card.read_text().replace("# ", f"# {_HOSTILE}".replace("\r", "") + "\n\n# ", 1))
    sign(out)


def _lists(out):
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "data/\x1b[31m").write_text("x")
    sign(out, files=[*manifest["files"], {"path": "data/\x1b[31m"}])


_DATA = "data/train-00000-of-00001.parquet"


@pytest.mark.parametrize(
    "write",
    [
        *map(_manifest_says, ("name", "version", "generator", "date")),
        *(_column_says("ledger.parquet", name) for name in ("id", "path", "reason", "detail", "pointer", "status", "duplicate_of")),
        *(_column_says(_DATA, name) for name in ("id", "date", "title", "text", "byline", "place")),
        _column_says("sources/train-00000-of-00001.parquet", "path"),
        _card_says,
        _lists,
    ],
)  # fmt: skip
def test_no_terminal_obeys_what_a_strangers_build_says(here, write):
    shutil.copytree(here / "out", here / "whole")
    write(here / "out")
    for arguments in (
        ("verify", here / "out"),
        ("stats", here / "out"),
        ("card", here / "out"),
        ("card", here / "out", "--check"),
        ("report", here / "out", "--out", here / "r.html"),
        ("diff", here / "whole", here / "out"),
        ("sources", here / "out", "--out", here / "seeds"),
        ("publish", here / "out", "a/b"),
        ("remove", here / "out", "--id", _LATER, "--reason", _HOSTILE),
    ):
        shutil.rmtree(here / "seeds", ignore_errors=True)
        code, out, err = _run(*arguments)
        assert (code in (0, 1, 2), _OBEYED.findall(out + err), "Traceback" in err) == (True, [], False), arguments
    if (here / "r.html").exists():
        assert _OBEYED.findall((here / "r.html").read_text()) == []


@pytest.mark.parametrize("reason", ["=1+1", "+1", "-1", "@x", "\x1b[31mred", "a, \"b\" 'c'", "\t=1"])
def test_removed_csv_is_safe_in_a_spreadsheet_and_is_read_again(here, reason):
    cvp.remove(here / "out", _LATER, reason=reason, seeds=here / "in")
    text = (here / "in/removed.csv").read_text()
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert ([cell for cell in cells if cell.startswith(("=", "+", "-", "@"))], _OBEYED.findall(text)) == ([], [])
    assert cvp.build(here / "in", out=here / "again", workers=1).status["removed"] == 1


def test_a_ledger_whose_ids_are_none_is_refused_before_anything_is_written(here):
    path = here / "out/ledger.parquet"
    table = pq.read_table(path)
    frame = pl.DataFrame(table).with_columns(id=pl.when(pl.col("id") == _COPY).then(pl.lit("\x1b[31m")).otherwise("id"))
    pq.write_table(frame.to_arrow().cast(table.schema), path)
    sign(here / "out")
    code, out, _ = _run("remove", here / "out", "--id", _ID, "--reason", "x", "--seeds", here / "in", "--json")
    assert (code, json.loads(out)["error"]["code"], (here / "in/removed.csv").exists()) == (2, "damaged", False)


def test_a_licence_link_puts_no_picture_on_the_card(here):
    (here / "in/corpus.toml").write_text('license_link = "https://example.org/![i](http://example.org/i.png)"\n')
    cvp.build(here / "in", out=here / "out", workers=1)
    card = (here / "out/README.md").read_text().partition("\n---\n")[2]
    assert "https://example.org/!\\[i](http://example.org/i.png)" in card
    assert "![i]" not in card


# A takedown takes the text down, or says where it still stands.


def test_a_takedown_of_a_copy_names_the_record_that_still_has_its_text(here):
    assert {row["id"]: row["status"] for row in ledger(here / "out")}[_COPY] == "duplicate"
    code, out, err = _run("remove", here / "out", "--id", _COPY, "--reason", "x")
    note = f"note:  {_ID} is still published with the text of {_COPY}; to take it down too: --id {_ID}\n"
    assert (code, err, f"{_ID}" in out) == (0, note, True)
    assert _problems(here / "out") == []


def test_near_takes_along_the_record_for_which_a_copy_was_left_out(here):
    found = cvp.remove(here / "out", _COPY, reason="x", near=0.9)
    assert (set(found.removed), found.alike, found.status["published"]) == ({_ID, _COPY}, (), 1)


def test_stats_and_diff_read_a_build_behind_a_url_and_name_it(here, cli):
    out = here / "out"
    url = f"file://{out}"
    assert stats(url) == stats(out)
    assert cvp.diff(url, out).added == []
    assert cli("stats", url, "--json").stdout == cli("stats", out, "--json").stdout
    damaged = shutil.copytree(out, here / "damaged")
    url = f"file://{damaged}"
    (damaged / "ledger.parquet").write_bytes(b"x")
    with pytest.raises(DamagedError, match=rf"^{re.escape(url)}: is damaged: ledger\.parquet"):
        stats(url)
    with pytest.raises(DamagedError, match=rf"^{re.escape(url)}: is damaged: ledger\.parquet"):
        cvp.diff(url, url)

"""The command line, in processes of its own."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time

import pytest
from support.builds import ROOT, SEEDS

import corpus_vn_police as cvp

_STATUS = {"published": 2, "rejected": 0, "duplicate": 0, "near_duplicate": 0, "removed": 0}
COMMANDS = [
    "build", "init", "check", "verify", "remove", "publish", "card", "stats", "report", "sources", "diff", "schema",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_json(cli, command):
    told = cli(command, "--help", COLUMNS="80")
    assert told.returncode == 0
    example = told.stdout.rpartition("Example:\n    ")[2]
    assert (example.startswith(f"corpus-vn-police {command} "), example.count("\n")) == (True, 1)
    assert "[[" not in told.stdout
    assert "--json" in told.stdout
    assert max(map(len, told.stdout.split("\n"))) <= 80


_BUILT = rf"""out: 2 records of 2 seeds, version 0\.1\.0
  sha256:[0-9a-f]{{64}}
  splits    train 1, test 1

Next:
  check  corpus-vn-police verify out
  look   corpus-vn-police report out --seeds {SEEDS} --out report\.html
  load   datasets\.load_dataset\("out"\)
"""


def test_build_tells_people_and_machines_what_it_came_to(cli, tmp_path):
    told = cli("build", SEEDS, "--out", "out", cwd=tmp_path)
    assert told.returncode == 0
    assert re.fullmatch(_BUILT, told.stdout)
    said = json.loads(cli("build", "--out", "out", "--json", cwd=tmp_path).stdout)
    settings, note = said.pop("notes")
    assert settings == f"settings: {SEEDS / 'corpus.toml'}"
    assert note.startswith("the changes since version 0.1.0 need version 0.1.1, not 0.1.0")
    assert said == {
        "out": "out", "digest": told.stdout.split()[8], "version": "0.1.0", "seeds": 2,
        "status": _STATUS, "splits": {"train": 1, "test": 1}, "unused": {},
    }  # fmt: skip


def test_build_says_what_was_left_out_and_its_commands_can_be_copied(cli, write, tmp_path):
    write({"a.txt": "a", "b.txt": "a", "c.txt": b"\xff", "my.toml": ""}, "my seeds")
    told = cli("build", "my seeds", "--out", "my out", "--config", "my seeds/my.toml", cwd=tmp_path)
    assert "  left out  1 duplicate, 1 rejected; each has a row in my out/ledger.parquet\n" in told.stdout
    missing = "5 sections to write, no contact, a licence without a name"
    assert (
        f"note:  the card is unfinished: {missing}; `publish` refuses it, unless you say --unfinished\n" in told.stderr
    )
    check, look, load = told.stdout.split("Next:\n")[1].splitlines()
    assert shlex.split(check.removeprefix("  check  "))[1:] == ["verify", "my out"]
    more = ["--seeds", "my seeds", "--config", "my seeds/my.toml", "--out", "report.html"]
    assert shlex.split(look.removeprefix("  look   "))[1:] == ["report", "my out", *more]
    assert load == '  load   datasets.load_dataset("my out")'


def test_check_lists_what_would_be_rejected_and_writes_nothing(cli, write):
    folder = write({"a.txt": "a", "b.txt": b"\xff", "x.jsonl": '{"text": 1}'})
    before = sorted(folder.parent.rglob("*"))
    told = cli("check", folder)
    assert told.returncode == 1
    assert told.stdout.split("\n") == [
        "b.txt: encoding.invalid_utf8: byte 0 of 1: invalid start byte",
        "x.jsonl#1: json.type /text: no string `text` (got number); columns: none",
        "1 of 3 seeds would be published; 2 rejected",
        "  splits  train 1",
        "",
    ]
    rows = [json.loads(line) for line in cli("check", folder, "--json").stdout.splitlines()]
    assert [(row["path"], row["status"], row["reason"]) for row in rows] == [
        ("a.txt", "published", None), ("b.txt", "rejected", "encoding.invalid_utf8"), ("x.jsonl#1", "rejected", "json.type"),
    ]  # fmt: skip
    assert sorted(folder.parent.rglob("*")) == before
    assert cli("check", write({"a.txt": "a", "b.txt": "a"}, "fine")).returncode == 0


def test_verify_and_stats_tell_what_is_there(cli, tmp_path):
    cli("build", SEEDS, "--out", tmp_path / "out")
    assert cli("verify", tmp_path / "out").returncode == 0
    stats = json.loads(cli("stats", tmp_path / "out", "--json").stdout)
    assert (stats["seeds"], stats["records"], stats["status"]) == (2, 2, _STATUS)
    assert "2020-12" in cli("stats", tmp_path / "out").stdout
    (tmp_path / "out/README.md").write_text("x")
    told = cli("verify", tmp_path / "out", "--json")
    said = json.loads(told.stdout)
    assert (told.returncode, said["ok"], said["digest"]) == (1, False, None)
    assert [(problem["file"], problem["code"]) for problem in said["problems"]] == [("README.md", "file.digest")]


def test_init_writes_what_build_reads_and_overwrites_nothing(cli, write):
    folder = write({f"{month}.txt": f"date 2020-{month:02d} a{month}" for month in range(1, 11)})
    assert cli("init", folder).returncode == 0
    text = (folder / "corpus.toml").read_text()
    assert "\n# These dates give train 8, validation 1, test 1.\n" in text
    assert '\nvalidation_from = "2020-09"\n' in text
    assert '\ntest_from = "2020-10"\n' in text
    built = json.loads(cli("build", folder, "--out", folder.parent / "out", "--json").stdout)
    assert built["splits"] == {"train": 8, "validation": 1, "test": 1}
    (folder / "corpus.toml").write_text("mine")
    assert cli("init", folder).returncode == 2
    assert (folder / "corpus.toml").read_text() == "mine"


def test_build_says_which_lines_would_divide_by_time(cli, write, tmp_path):
    told = cli(
        "build",
        write({f"{month}.txt": f"date 2020-{month:02d} a{month}" for month in range(1, 11)}),
        "--out",
        tmp_path / "out",
    )
    assert "note:  every record is in train; for train 8, validation 1, test 1 (10 % each, " in told.stderr
    assert '[splits]\n       validation_from = "2020-09"\n       test_from = "2020-10"' in told.stderr


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ((), '{\n  "$schema"'),
        (("--as", "arrow"), "id: string\n"),
        (("--as", "features"), '{\n  "id": {\n    "dtype": "string"'),
    ],
)
def test_schema_prints_the_schema_or_what_is_derived_from_it(cli, form, start):
    assert cli("schema", "record", *form).stdout.startswith(start)


_BAD = {
    "a folder that is missing": (["build", "nowhere", "--out", "out"], 2, "no such file or folder"),
    "an empty folder": (["build", "empty", "--out", "out"], 2, "holds no seeds"),
    "a folder without seeds": (["check", "other"], 2, "holds no seeds (skipped: n.md)"),
    "a broken corpus.toml": (["build", "broken", "--out", "out"], 2, "is not TOML"),
    "an output that holds something else": (["build", "in", "--out", "other"], 2, "holds something other than a build"),
    "an output that is a file": (["build", "in", "--out", "in/a.txt"], 2, "overlap"),
    "nothing to publish": (["build", "bad", "--out", "out"], 1, "none of 1 seeds can be published"),
    "rejects where none may be": (["build", "half", "--out", "out", "--strict"], 1, "1 of 2 seeds are rejected"),
    "no build to verify": (["verify", "in"], 2, "is not a build"),
    "no folder to verify": (["verify", "nowhere"], 2, "is not a build"),
    "no build to take from": (["remove", "in", "--id", "a", "--reason", "x"], 2, "is not a build"),
    "no reason": (["remove", "in", "--id", "a"], 2, "Missing option"),
    "no ids": (["remove", "in", "--reason", "x"], 2, "no id is given"),
    "ids that are missing": (["remove", "in", "--ids", "nowhere", "--reason", "x"], 2, "cannot be read"),
    "no build to count": (["stats", "in"], 2, "is not a build"),
    "a command that there is not": (["bild"], 2, "No such command"),
    "an option that there is not": (["build", "in", "--uot", "x"], 2, "No such option"),
    "an output that is missing": (["build", "in"], 2, "Missing option"),
    "no processes": (["build", "in", "--out", "out", "--workers", "0"], 2, "workers = 0"),
    "a day that there is not": (
        ["build", "in", "--out", "out", "--date", "2020-02-30"],
        2,
        "not a day of the calendar",
    ),
    "a config that is missing": (["build", "in", "--out", "out", "--config", "nowhere.toml"], 2, "cannot be read"),
    "a schema that there is not": (["schema", "recrod"], 2, "there is no schema"),
    "no older build to compare": (["diff", "in", "in"], 2, "is not a build"),
    "no build to give back": (["sources", "in", "--out", "out"], 2, "is not a build"),
    "a level that there is not": (["build", "in", "--out", "out", "--dedup", "all"], 2, "all"),
}


@pytest.mark.parametrize("case", _BAD)
def test_bad_input_gives_one_clear_message_and_touches_nothing(cli, write, tmp_path, case):
    arguments, code, said = _BAD[case]
    write({"a.txt": "a"})
    write({"n.md": "x"}, "other")
    write({"a.txt": "a", "corpus.toml": "="}, "broken")
    write({"a.txt": ""}, "bad")
    write({"a.txt": "", "b.txt": "b"}, "half")
    (tmp_path / "empty").mkdir()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    told = cli(*arguments, cwd=tmp_path)
    assert (told.returncode, told.stdout) == (code, "")
    lines = [line for line in told.stderr.split("\n") if not line.startswith("note:")]
    assert lines[0].startswith("error: ")
    assert said in told.stderr
    assert any(line.startswith("hint:  ") for line in lines)
    assert "Traceback" not in told.stderr
    machine = cli(*arguments, "--json", cwd=tmp_path)
    assert machine.returncode == code
    assert said in json.loads(machine.stdout)["error"]["message"] + json.loads(machine.stdout)["error"]["hint"]
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and ".state" not in str(path)}
    assert after == before
    assert not (tmp_path / "out").exists()


def test_what_a_terminal_would_obey_is_escaped(cli, write):
    told = cli("check", write({"a\x1b[31m\n\u202e.txt": b"\xff"}))
    assert told.stdout.startswith("a\\x1b[31m\\n\\u202e.txt: encoding.invalid_utf8")


def test_a_reader_that_goes_away_is_no_error(write):
    folder = write({f"{number}.txt": "" for number in range(3000)})
    command = f"{sys.executable} -m corpus_vn_police check {folder} | head -1; exit ${{PIPESTATUS[0]}}"
    told = subprocess.run(
        ["bash", "-c", command], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert "Traceback" not in told.stderr
    assert "Exception" not in told.stderr


def test_ctrl_c_ends_with_3_and_leaves_no_build(write, tmp_path):
    folder = write({f"{number}.txt": "chữ " * 2000 + str(number) for number in range(4000)})
    command = [sys.executable, "-m", "corpus_vn_police", "build", folder, "--out", tmp_path / "out"]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True)
    parts = tmp_path / ".out.state/parts"
    while not (parts.is_dir() and any(parts.iterdir())):
        assert process.poll() is None, "it ended before it could be interrupted"
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate()
    assert process.returncode == 3
    assert "error: interrupted" in told
    assert "Traceback" not in told
    assert not (tmp_path / "out").exists()


def test_stats_counts_by_a_field(cli, write, tmp_path):
    rows = [{"text": f"Một tin ngắn khác hẳn, số {n}.", "source": source} for n, source in enumerate(("VOV", "CAND", "VOV", None))]  # fmt: skip
    cvp.build(write({"a.jsonl": "\n".join(map(json.dumps, rows))}), out=tmp_path / "out", dedup="off")
    told = cli("stats", tmp_path / "out", "--by", "source.publisher")
    assert [line.split() for line in told.stdout.splitlines()] == [
        ["records", "by", "source.publisher"], ["source.publisher", "records"], ["VOV", "2"], ["CAND", "1"], ["–", "1"],
    ]  # fmt: skip
    counted = json.loads(cli("stats", tmp_path / "out", "--by", "event_date", "--json").stdout)
    assert counted == {"by": "event_date", "values": [{"value": None, "records": 4}]}
    told = cli("stats", tmp_path / "out", "--by", "date_conflict").stdout.splitlines()[2:]
    assert [line.split() for line in told] == [["false", "4"]]
    assert "did you mean 'date'" in cli("stats", tmp_path / "out", "--by", "daet").stderr

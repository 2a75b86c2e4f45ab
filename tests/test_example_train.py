"""`examples/train_lm.py` as users run it: killed, stopped, and gone on with on other ranks, its losses stay the same."""

import json
import math
import os
import subprocess
import sys
from unittest import mock

import pytest
from support.builds import ROOT
from support.scripts import script
from support.training import small_build

from corpus_vn_police import train

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = [pytest.mark.train, pytest.mark.xdist_group("example")]  # its runs are made once

EXAMPLE = ROOT / "examples/train_lm.py"
# 137 blocks: the last of the 5 steps of an epoch has one block, so that the second of two ranks has only padding.
LENGTH, TOGETHER, STEPS = 80, 34, 12
OPTIONS = [
    "--steps",
    STEPS,
    "--length",
    LENGTH,
    "--global-batch",
    TOGETHER,
    "--vocab",
    400,
    "--hidden",
    64,
    "--layers",
    1,
]
OPTIONS += ["--workers", 0, "--save-every", 2, "--log-documents"]

FIRST_IS_KILLED = """
import io, os, signal, sys, torch
import train_lm
saves, whole = [], torch.save
def in_the_middle(state, stream):
    saves.append(state["step"])
    if saves == [2]:
        return whole(state, stream)
    whole(state, half := io.BytesIO())
    stream.write(half.getvalue()[: len(half.getvalue()) // 2])
    stream.flush()
    os.kill(os.getpid(), signal.SIGKILL)
torch.save = in_the_middle
train_lm.main(sys.argv[1:])
"""
SECOND_IS_STOPPED = """
import os, signal, sys
import train_lm
note = train_lm.Run._note
def noted(run, *arguments):
    note(run, *arguments)
    if run.step == 6 and run.ranks.rank == 1:
        os.kill(os.getpid(), signal.SIGTERM)
train_lm.Run._note = noted
train_lm.main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def example():
    return script("examples/train_lm.py")


def log_of(run):
    return [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def step_of(run):
    return torch.load(run / "checkpoint.pt", weights_only=True)["step"]


@pytest.fixture(scope="module")
def runs(example, tmp_path_factory):
    """`whole`: a run on one rank. `parts`: one rank is killed while it saves step 4; two ranks go on from step 2, and one of
    them is asked to stop in step 6; one rank goes on to the end. What they said, and the steps of the checkpoints."""
    folder = tmp_path_factory.mktemp("runs")
    build, told, steps = small_build(folder), {}, {}
    paths = os.pathsep.join([str(ROOT), str(ROOT / "examples")])
    known = {"CORPUS_VN_POLICE_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1", "PYTHONPATH": paths}
    whole, parts = ([str(build.path), "--out", str(folder / name), *map(str, OPTIONS)] for name in ("whole", "parts"))

    def part(name, code, *launcher):
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
        command = [sys.executable, *launcher, str(folder / f"{name}.py"), *parts, "--resume"]
        told[name] = subprocess.run(
            command, env={**os.environ, **known}, capture_output=True, encoding="utf-8", timeout=300, check=False
        )
        steps[name] = step_of(folder / "parts")
        logs[name] = log_of(folder / "parts")

    logs, threads = {}, torch.get_num_threads()
    torch.set_num_threads(1)
    with mock.patch.dict(os.environ, known):
        example.main(whole)
        part("killed", FIRST_IS_KILLED)
        part("stopped", SECOND_IS_STOPPED, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
        example.main([*parts, "--resume"])
    torch.set_num_threads(threads)
    return folder, told, steps, logs


def test_a_run_that_is_killed_while_it_saves_keeps_the_checkpoint_before(runs):
    _, told, steps, logs = runs
    assert (told["killed"].returncode, steps["killed"]) == (-9, 2), told["killed"].stderr
    assert [line["step"] for line in logs["killed"]] == [1, 2, 3, 4]


def test_a_signal_to_one_of_two_ranks_saves_and_stops_both_after_the_same_step(runs):
    _, told, steps, logs = runs
    assert (told["stopped"].returncode, steps["stopped"]) == (0, 7), told["stopped"].stderr
    assert told["stopped"].stdout.splitlines()[-1] == f"stopped after step 7 of {STEPS}"
    assert [line["step"] for line in logs["stopped"]] == [
        1,
        2,
        3,
        4,
        5,
        6,
        7,
    ]  # 3 and 4 were done again, and stand once


def test_a_run_on_one_then_two_then_one_rank_sees_the_same_documents_in_every_step(runs):
    folder, *_ = runs
    names = ("step", "epoch", "next", "tokens", "lr", "documents")
    whole, parts = ([[line[name] for name in names] for line in log_of(folder / run)] for run in ("whole", "parts"))
    assert whole == parts
    assert [(line["epoch"], line["next"]) for line in log_of(folder / "whole")] == [
        *((0, 34 * step) for step in (1, 2, 3, 4)), (1, 0), *((1, 34 * step) for step in (1, 2, 3, 4)), (2, 0), (2, 34), (2, 68),
    ]  # fmt: skip


def test_a_run_on_one_then_two_then_one_rank_has_the_losses_of_one_that_was_not_stopped(runs):
    folder, *_ = runs
    whole, parts = ([line["loss"] for line in log_of(folder / run)] for run in ("whole", "parts"))
    assert parts == pytest.approx(whole, rel=1e-4)
    assert whole[-1] < whole[0] - 0.3


def test_a_rank_with_only_padding_gives_no_nan(example, runs):
    folder, _, _, logs = runs
    blocks = train.Blocks(
        folder / "build", folder / "whole/tokenizer.json", length=LENGTH, cache=folder / "cache/tokens"
    )
    assert len(blocks) == 137
    last = list(train.Stream(blocks, rank=1, world_size=2, batch_size=TOGETHER // 2))[-1]
    assert (last["labels"] == -100).all()
    assert [math.isfinite(line["loss"]) for line in logs["stopped"]] == [
        True
    ] * 7  # on two ranks, over the end of an epoch
    model = example.transformers.AutoModelForCausalLM.from_pretrained(folder / "parts/model")
    loss = example.loss_of(model, last, torch.device("cpu"))
    loss.backward()
    assert loss.item() == 0
    assert {float(each.grad.abs().sum()) for each in model.parameters()} == {0.0}


def test_a_finished_run_leaves_a_model_samples_and_a_picture(runs):
    folder, *_ = runs
    out = folder / "parts"
    assert {path.name for path in out.iterdir()} == {
        "tokenizer.json", "log.jsonl", "checkpoint.pt", "model", "samples.jsonl", "loss.svg"
    }  # fmt: skip
    samples = [json.loads(line) for line in (out / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [each["prompt"] for each in samples] == [" date 2019-06", " date 2020-12"]
    assert all(each["text"].startswith(each["prompt"]) for each in samples)


def test_a_run_with_a_checkpoint_is_not_written_over(example, runs):
    folder, *_ = runs
    given = [str(folder / "build"), "--out", str(folder / "whole"), *map(str, OPTIONS)]
    with pytest.raises(SystemExit, match="has a checkpoint: give --resume to continue from it, or another --out"):
        example.main(given)


def test_a_checkpoint_of_other_settings_is_refused(example, runs, monkeypatch):
    folder, *_ = runs
    monkeypatch.setenv("CORPUS_VN_POLICE_CACHE", str(folder / "cache"))
    given = [str(folder / "build"), "--out", str(folder / "whole"), *map(str, OPTIONS), "--resume", "--lr", "0.01"]
    with pytest.raises(SystemExit, match=r"the checkpoint belongs to a run with lr = 0.001: resume with the same"):
        example.main(given)


def test_a_build_with_a_test_split_gets_perplexity_by_month(example, tmp_path, monkeypatch):
    monkeypatch.setenv("CORPUS_VN_POLICE_CACHE", str(tmp_path / "cache"))
    build = small_build(tmp_path, test_from="2021-01-01")
    example.main([str(build.path), "--out", str(tmp_path / "run"), *map(str, OPTIONS), "--steps", "2", "--dates"])
    months = (tmp_path / "run/perplexity.csv").read_text(encoding="utf-8").splitlines()
    assert [line.partition(",")[0] for line in months] == ["month", *(f"2021-{month:02}" for month in range(1, 7))]
    assert (tmp_path / "run/perplexity.svg").exists()


@pytest.mark.parametrize(
    "given",
    [
        ["--steps", "0"],
        ["--steps", "-3"],
        ["--global-batch", "0"],
        ["--hidden", "65"],
        ["--dates", "foo"],
        ["--tokenizer", "nowhere.json"],
    ],
)
def test_arguments_that_are_not_allowed_end_it_before_it_trains(example, tmp_path, given, capsys):
    with pytest.raises(SystemExit) as ended:
        example.main([str(tmp_path / "build"), "--out", str(tmp_path / "run"), *given])
    assert ended.value.code == 2
    assert given[1] in capsys.readouterr().err
    assert not (tmp_path / "run").exists()

"""Streams with `accelerate`: the loader is not prepared, since accelerate would share the batches of rank 0 among all ranks."""

import json
import os
import subprocess
import sys

import pytest
from support.builds import ROOT
from support.training import small_build, tokenizer_of

from corpus_vn_police import train

torch = pytest.importorskip("torch")
accelerate = pytest.importorskip("accelerate")
DataLoader = torch.utils.data.DataLoader
pytestmark = [pytest.mark.train, pytest.mark.xdist_group("accelerate")]  # its processes are started once

TRAINING = """
import json, os, sys
import torch
from accelerate import Accelerator
from torch.utils.data import DataLoader
from corpus_vn_police import train

build, tokenizer, cache = sys.argv[1:]
accelerator = Accelerator(cpu=True)
blocks = train.Blocks(build, tokenizer, length=64, cache=cache, progress=False)
stream = train.Stream(blocks, rank=accelerator.process_index, world_size=accelerator.num_processes, batch_size=4)
loader = DataLoader(stream, batch_size=None)  # not prepared
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Embedding(400, 16), torch.nn.Linear(16, 400))
model, optimizer = accelerator.prepare(model, torch.optim.SGD(model.parameters(), lr=0.1))

def documents(batch):
    return [row.tolist() for row in batch["document_ids"]]

seen, losses = [], []
for batch in loader:
    labels = batch["labels"][:, 1:].to(accelerator.device)
    targets = accelerator.reduce((labels != -100).sum(), "sum").clamp(min=1)
    logits = model(batch["input_ids"].to(accelerator.device))[:, :-1]
    total = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")
    accelerator.backward(total * accelerator.num_processes / targets)
    optimizer.step()
    optimizer.zero_grad()
    losses.append((accelerator.reduce(total.detach(), "sum") / targets).item())
    seen += documents(batch)
prepared = accelerator.prepare(DataLoader(train.Stream(blocks, batch_size=4), batch_size=None))
wrong = [row for batch in prepared for row in documents(batch)]
print("\\n" + json.dumps([accelerator.process_index, losses, seen, wrong]) + "\\n", end="", flush=True)
accelerator.end_training()
os._exit(0)  # threads of libraries may abort a process at its end ("terminate called without an active exception")
"""
"""The way that the pages show; at its end the way that they warn of, which needs the same processes."""


@pytest.fixture(autouse=True)
def _no_accelerator_of_another_test():
    accelerate.state.AcceleratorState._reset_state(reset_partial_state=True)
    accelerate.state.GradientState._reset_state()
    yield
    accelerate.state.AcceleratorState._reset_state(reset_partial_state=True)
    accelerate.state.GradientState._reset_state()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accelerate")
    build = small_build(folder)
    tokenizer_of(build).save(str(folder / "tokenizer.json"))
    (folder / "training.py").write_text(TRAINING, encoding="utf-8")
    return folder, train.Blocks(build, folder / "tokenizer.json", length=64, cache=folder / "tokens")


def ran(folder, ranks):
    """What each rank of the training told: its losses, and the documents that it saw without and with a prepared loader."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)] if ranks > 1 else []
    told = subprocess.run(
        [sys.executable, *launcher, folder / "training.py", folder / "build", folder / "tokenizer.json", folder / "tokens"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, capture_output=True, encoding="utf-8", timeout=300,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    return sorted(json.loads(line) for line in told.stdout.splitlines() if line.startswith("["))


@pytest.fixture(scope="module")
def two(made):
    return ran(made[0], 2)


def of_epoch(blocks, epoch):
    """The documents of every token of the blocks, in the order of an epoch."""
    return blocks.batch(blocks.order(epoch))["document_ids"].tolist()


def test_a_loader_that_is_not_prepared_gives_two_ranks_every_block_once(made, two):
    _, blocks = made
    seen = [row for ours in zip(two[0][2], two[1][2], strict=True) for row in ours]  # the ranks take them in turn
    assert [row for row in seen if max(row) >= 0] == of_epoch(blocks, 0)


def test_two_ranks_have_the_losses_of_one(made, two):
    _, blocks = made
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Embedding(400, 16), torch.nn.Linear(16, 400))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for batch in train.Stream(blocks, batch_size=8):
        logits = model(batch["input_ids"])[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch["labels"][:, 1:].flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert two[0][1] == two[1][1] == pytest.approx(losses, rel=1e-5)


def test_a_prepared_loader_leaves_the_blocks_of_all_ranks_but_the_first_unseen(made, two):
    """accelerate reads the loader of rank 0 alone and shares out its batches: so the warning of the pages."""
    _, blocks = made
    ours = of_epoch(blocks, 0)[::2]
    seen = [row for rank in two for row in rank[3] if max(row) >= 0]
    assert sorted(seen) == sorted(ours)
    assert len(seen) == len(blocks) // 2


def prepared(blocks, **options):
    stream = train.Stream(blocks, batch_size=8)
    accelerator = accelerate.Accelerator(cpu=True, **options)
    return stream, accelerator.prepare(DataLoader(stream, batch_size=None))


def test_a_prepared_loader_of_one_process_reads_a_batch_ahead_so_the_state_of_the_stream_is_too_far(made):
    stream, loader = prepared(made[1])
    assert [stream.state_dict()["next"] for _ in zip(range(3), loader, strict=False)] == [16, 24, 32]


def test_a_prepared_loader_copies_batches_so_they_have_no_state(made):
    _, loader = prepared(made[1])
    assert not hasattr(next(iter(loader)), "state")


def test_with_device_placement_off_a_prepared_loader_of_one_process_hands_out_batches_that_resume_exactly(made):
    _, blocks = made
    _, loader = prepared(blocks, device_placement=False)
    seen = []
    for _, batch in zip(range(3), loader, strict=False):
        seen += batch["document_ids"].tolist()
        state = batch.state
    assert state["next"] == 24
    again = train.Stream(blocks, batch_size=4)
    again.load_state_dict(state)
    assert seen + [row for batch in again for row in batch["document_ids"].tolist() if max(row) >= 0] == of_epoch(
        blocks, 0
    )


def test_a_loader_that_is_not_prepared_resumes_from_the_state_of_the_stream(made):
    _, blocks = made
    accelerate.Accelerator(cpu=True)
    stream, seen = train.Stream(blocks, batch_size=8), []
    for _, batch in zip(range(3), DataLoader(stream, batch_size=None), strict=False):
        seen += batch["document_ids"].tolist()
    again = train.Stream(blocks, rank=0, world_size=1, batch_size=5)
    again.load_state_dict(stream.state_dict())
    rest = [row for batch in again for row in batch["document_ids"].tolist() if max(row) >= 0]
    assert stream.state_dict()["next"] == 24
    assert seen + rest == of_epoch(blocks, 0)

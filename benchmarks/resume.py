"""Exactly once: rows lost and repeated where training stops and goes on, beside four other loaders.

    python benchmarks/resume.py [--trials 24] [--rows 1000] [--only ours ...] [--mosaic PYTHON]

Each tool holds rows with known numbers (of this package: blocks, one document each). A trial draws ranks (1 to 4),
workers (0 to 3), batch size and the step at which training stops; the ranks are processes that are forked and
run at the same time, with the variables that `torchrun` sets. After that step the state is taken as the
tool's documentation says, all processes end, and others go on from it to the end of the epoch. What either part
handed out is counted. Four settings, with the same seeded draws for all tools:

- no stop: one epoch. What is lost and repeated here is the tool's way to make ranks even, not a fault of resume.
- same: stopped, and gone on with by as many ranks and workers.
- other ranks: by another number of ranks and workers, with the same rows in a step of all ranks.
- other batch: by another number of ranks and workers, with the same rows in a batch of one rank.

The last two are run for tools whose documentation claims them. `unequal` are epochs in which not all ranks took
equal steps (with DDP the others wait for ever); their rows count all the same, to the last rank's end. Mosaic's
`streaming` wants older libraries than the others: `--mosaic` names an interpreter that has it.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import multiprocessing
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from loaders import TOOLS, Tool, World

FORK = multiprocessing.get_context("fork")
PATIENCE = 120  # seconds a part of a trial may take before it counts as failed


@dataclass(frozen=True)
class Part:
    """What one rank did in one part of a trial: the row numbers of each step, its state after, what went wrong."""

    steps: list[list[int]]
    state: Any
    error: str | None


def _rank(sink: Connection, tool: Tool, folder: Path, rank: int, world: World, state: Any, stop: int | None) -> None:
    steps: list[list[int]] = []
    try:
        opened = tool.open(folder, rank, world, state)
        batches = iter(opened.batches)
        for batch in batches:
            steps.append(opened.numbers(batch))
            if len(steps) == stop:
                sink.send(Part(steps, opened.save(), None))
                break
        else:
            sink.send(Part(steps, None, None))
        del batches, opened  # ends the workers
    except Exception as error:  # whatever a tool raises is a result
        sink.send(Part(steps, None, _brief(error)))


def _brief(error: Exception) -> str:
    said = [line for line in str(error).splitlines() if line.strip()] or [""]
    if "Traceback" in str(error):  # a worker's error, which ends its traceback
        return said[-1][:160]
    return f"{type(error).__name__}: {said[0]}"[:160]


def _variables(rank: int, ranks: int, port: int) -> dict[str, str]:
    named = {"RANK": rank, "LOCAL_RANK": rank, "GLOBAL_RANK": rank, "WORLD_SIZE": ranks, "LOCAL_WORLD_SIZE": ranks}
    return {**{name: str(value) for name, value in named.items()}, "MASTER_ADDR": "localhost", "MASTER_PORT": str(port)}


def _port() -> int:
    with socket.socket() as any_port:
        any_port.bind(("localhost", 0))
        return int(any_port.getsockname()[1])


def run(tool: Tool, folder: Path, world: World, states: list[Any], stop: int | None) -> list[Part]:
    """Run all ranks at once, up to a step or to the epoch's end."""
    port, sources, processes = _port(), [], []
    before = dict(os.environ)
    for rank in range(world.ranks):
        source, sink = FORK.Pipe(duplex=False)
        os.environ.update(_variables(rank, world.ranks, port))
        process = FORK.Process(target=_rank, args=(sink, tool, folder, rank, world, states[rank], stop))
        process.start()
        sink.close()
        sources.append(source)
        processes.append(process)
    os.environ.clear()
    os.environ.update(before)
    parts: dict[int, Part] = {}
    while len(parts) < world.ranks:
        left = {source: rank for rank, source in enumerate(sources) if rank not in parts}
        ready = wait(list(left), PATIENCE)
        for source in ready or left:
            try:
                parts[left[source]] = source.recv() if ready else Part([], None, "did not end")
            except EOFError:
                parts[left[source]] = Part([], None, "the process died")
    for process in processes:
        process.join(20)
        if process.is_alive():
            process.kill()
            process.join()
    return [parts[rank] for rank in range(world.ranks)]


@dataclass(frozen=True)
class Trial:
    """One draw: the world before the stop, the step of the stop, the worlds after it by setting."""

    before: World
    stop: int
    after: dict[str, World]


def draw(number: int, rows: int) -> Trial:
    """Make the draw of a number; it is the same for all tools."""
    chance = random.Random(number)
    ranks = chance.randint(1, 4)
    step = chance.choice((12, 24, 48))  # rows that all ranks take together: any number of ranks divides it
    before = World(ranks, chance.randint(0, 3), step // ranks)
    other = chance.choice([each for each in (1, 2, 3, 4) if each != ranks])
    workers = chance.randint(0, 3)
    after = {"same": before, "other ranks": World(other, workers, step // other)}
    after["other batch"] = World(other, workers, before.batch)
    return Trial(before, chance.randint(1, int(0.9 * rows / step)), after)


def judge(tool: Tool, folder: Path, trial: Trial, setting: str, rows: int) -> dict[str, Any]:
    """Run one trial and count."""
    if setting == "no stop":
        parts = run(tool, folder, trial.before, [None] * trial.before.ranks, None)
        seen, last = parts, parts
    else:
        first = run(tool, folder, trial.before, [None] * trial.before.ranks, trial.stop)
        after = trial.after[setting]
        states = [first[0 if tool.one_state else rank].state for rank in range(after.ranks)]
        last = [] if any(part.error for part in first) else run(tool, folder, after, states, None)
        seen = first + last
    error = next((part.error for part in seen if part.error), None)
    if error:
        return {"error": error}
    times = Counter(number for part in seen for step in part.steps for number in step)
    unequal = len({len(part.steps) for part in last}) > 1
    return {"lost": rows - len(times), "repeated": times.total() - len(times), "unequal": unequal}


def trials(name: str, count: int, rows: int) -> dict[str, Any]:
    """All trials of one tool, by setting."""
    tool = TOOLS[name]
    gathered: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ["DATA_OPTIMIZER_CACHE_FOLDER"] = str(folder / "cache-of-litdata")
        os.environ["LITDATA_DISABLE_VERSION_CHECK"] = "1"
        process = FORK.Process(target=tool.prepare, args=(folder, rows))  # so that no thread is here when ranks fork
        process.start()
        process.join()
        if process.exitcode:
            return {"error": "its rows could not be written"}
        import torch

        torch.set_num_threads(1)
        tool.ready(folder)
        for setting in tool.claims:
            gathered[setting] = []
            for number in range(count):
                _forget(tool)
                gathered[setting].append(judge(tool, folder, draw(number, rows), setting, rows))
                print(name, setting, number, gathered[setting][-1], file=sys.stderr)
    return {"version": importlib.metadata.version(tool.library) if tool.library else "", "settings": gathered}


def _forget(tool: Tool) -> None:
    """Remove the shared memory that processes of `streaming` leave when they are forked, as its manual advises."""
    if tool.library == "mosaicml-streaming":
        import streaming

        streaming.base.util.clean_stale_shared_memory()


def _installed(tool: Tool, python: str) -> bool:
    if tool.library is None:
        return True
    asked = f"import importlib.metadata; importlib.metadata.version({tool.library!r})"
    return subprocess.run([python, "-c", asked], stderr=subprocess.DEVNULL, check=False).returncode == 0


def lines(name: str, found: dict[str, Any]) -> Iterable[str]:
    """The table's lines of one tool."""
    if "error" in found:
        yield f"| {name} | {found['error']} | | | | | | |"
        return
    for setting, results in found["settings"].items():
        fine = [result for result in results if "error" not in result]
        figures = [sum(result[figure] for result in fine) for figure in ("lost", "repeated")]
        worst = [max((result[figure] for result in fine), default=0) for figure in ("lost", "repeated")]
        whole = sum(not result["lost"] and not result["repeated"] for result in fine)
        shown = [f"{total:,}" + (f" ({most})" if most else "") for total, most in zip(figures, worst, strict=True)]
        uneven = sum(result["unequal"] for result in fine)
        label = " ".join(filter(None, [name, found["version"]]))
        cells = [label, setting, len(results), whole, *shown, uneven, _failed(results)]
        yield f"| {' | '.join(map(str, cells))} |"


def _failed(results: list[dict[str, Any]]) -> str:
    errors = Counter(re.sub(r"\d+", "N", result["error"]) for result in results if "error" in result)
    return "; ".join(f"{count} × {error}" for error, count in errors.items()) or "0"


def main() -> None:
    """Run each tool in a process of its own and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--only", nargs="+", choices=[*TOOLS], default=[*TOOLS])
    parser.add_argument("--mosaic", metavar="PYTHON", default=sys.executable)
    parser.add_argument("--json", type=Path, help=argparse.SUPPRESS)  # one tool, in this process
    args = parser.parse_args()
    if args.json:
        args.json.write_text(json.dumps(trials(args.only[0], args.trials, args.rows)))
        return
    print("| tool | setting | trials | exact | lost (most) | repeated (most) | unequal | failed |")
    print("|---|---|---:|---:|---:|---:|---:|---|")
    ran = []
    for name in args.only:
        python = args.mosaic if name == "Mosaic streaming" else sys.executable
        if not _installed(TOOLS[name], python):
            print(f"| {name} | not installed | | | | | | |")
            continue
        ran.append(name)
        with tempfile.TemporaryDirectory() as scratch:
            out = Path(scratch) / "found.json"
            options = ["--only", name, "--trials", str(args.trials), "--rows", str(args.rows), "--json", str(out)]
            with contextlib.suppress(KeyboardInterrupt):
                quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}
                subprocess.run([python, __file__, *options], check=False, stdout=subprocess.DEVNULL, env=quiet)
            found = json.loads(out.read_text()) if out.exists() else {"error": "stopped"}
        print("\n".join(lines(name, found)), flush=True)
    print("\n" + "\n".join(f"- {name}: {TOOLS[name].remark}." for name in ran if TOOLS[name].remark))


if __name__ == "__main__":
    main()

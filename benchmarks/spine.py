"""The spine against the floor: CPU, wall and peak memory, side by side in one run.

    python benchmarks/spine.py SEEDS [--runs 3]

The spine is a build with dedup, sources, annotations, structure and quality off; `text` is the
same with structure and quality; the floor is `floor.py`. Each runs in a process of its own, in
turn. CPU is that of all their processes (this one adopts and reaps those that outlive their
parent); memory is the largest sum of the resident sizes of all processes alive at one moment, read
ten times a second. Medians are printed, and the ratios that the contract bounds.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
OFF = "[{}]\nenabled = false\n"
BARE = '[dedup]\nlevel = "off"\n' + OFF.format("sources") + OFF.format("annotations")
CONFIGS = {"spine": BARE + OFF.format("structure") + OFF.format("quality"), "text": BARE}
WANTED = {"spine": 2, "text": 4}  # times the floor's CPU, at most
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Cost:
    """What a run took: CPU and wall seconds, peak resident memory in MB."""

    cpu: float
    wall: float
    memory: float


def _resident() -> float:
    """Resident memory of all descendants of this process, in MB."""
    parents, sizes = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        parents[int(stat.parent.name)] = int(fields[1])
        sizes[int(stat.parent.name)] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def mine(process: int) -> bool:
        while process in parents:
            process = parents[process]
            if process == os.getpid():
                return True
        return False

    return sum(size for process, size in sizes.items() if mine(process))


def measure(command: list[str]) -> Cost:
    """Run a command to its end and the end of all that it started."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    peak, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.1):
            peak = max(peak, _resident())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    before, start = os.times(), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.monotonic() - start
    while True:  # what outlived its parent was adopted by this process
        try:
            os.wait()
        except ChildProcessError:
            break
    done.set()
    watcher.join()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(cpu, wall, peak)


def main() -> None:
    """Run both in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    costs: dict[str, list[Cost]] = {name: [] for name in ("floor", *CONFIGS)}
    with tempfile.TemporaryDirectory() as scratch:
        commands = {"floor": [sys.executable, str(HERE / "floor.py"), args.seeds, f"{scratch}/floor"]}
        for name, settings in CONFIGS.items():
            config = Path(scratch) / f"{name}.toml"
            config.write_text(settings)
            options = ["--config", str(config), "--workers", "2", "--out", f"{scratch}/{name}"]
            commands[name] = [sys.executable, "-m", "corpus_vn_police", "build", args.seeds, *options]
        for _ in range(args.runs):
            for name, command in commands.items():
                shutil.rmtree(f"{scratch}/{name}", ignore_errors=True)
                costs[name].append(measure(command))
    print(f"{args.seeds}, medians of {args.runs} runs")
    print(f"{'':8}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}")
    for name, runs in costs.items():
        middle = [statistics.median(getattr(run, figure) for run in runs) for figure in ("cpu", "wall", "memory")]
        print(f"{name:8}{middle[0]:8.1f}{middle[1]:8.1f}{middle[2]:9.0f}")
    for name, most in WANTED.items():
        ratios = [run.cpu / floor.cpu for floor, run in zip(costs["floor"], costs[name], strict=True)]
        shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"CPU, {name} over floor, run by run: {shown} (wanted: at most {most})")


if __name__ == "__main__":
    main()

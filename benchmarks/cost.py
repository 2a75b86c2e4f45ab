"""What a command takes: CPU, wall and peak memory of all processes that it starts, and the machine that it ran on."""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import platform
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGES = (
    *("corpus-vn-police", "datasets", "datatrove", "text-dedup", "polars", "pyarrow", "numpy", "rensa"),
    *("spacy", "pyvi", "multiprocess"),
)
_PR_SET_CHILD_SUBREAPER = 36
_PAUSE = 0.1  # seconds between two looks at the memory, at least
_SHARE = 20  # a look takes at most one part in so many of the time


@dataclass(frozen=True)
class Cost:
    """What a run took.

    Attributes:
        cpu: seconds, user and system, of all processes.
        wall: seconds.
        memory: the largest sum of the memory of all processes alive at one moment, MB (10^6 bytes).
    """

    cpu: float
    wall: float
    memory: float


class FailedRunError(RuntimeError):
    """A command that was to be measured failed."""


def memory_kind() -> str:
    """`pss` where the kernel says how much of a shared page a process has to answer for, else `rss`."""
    return "pss" if _proportional("self") is not None else "rss"


def _proportional(process: int | str) -> float | None:
    """Proportional set size of a process in MB: a page that n processes share counts as 1/n; None if unreadable."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # ended meanwhile, or a kernel without it
        return None
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:")), None)


def _memory(kind: str) -> float:
    """Memory of all descendants of this process, in MB."""
    parents, resident = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        parents[int(stat.parent.name)] = int(fields[1])
        resident[int(stat.parent.name)] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def mine(process: int) -> bool:
        while process in parents:
            process = parents[process]
            if process == os.getpid():
                return True
        return False

    sizes = {process: size for process, size in resident.items() if mine(process)}
    return sum(_proportional(process) or 0.0 for process in sizes) if kind == "pss" else sum(sizes.values())


def measure(command: list[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end and the end of all that it started.

    Args:
        command: the program and its arguments.
        environment: variables beside those of this process.

    Raises:
        FailedRunError: it ended with another code than 0; the message has the end of what it printed.
    """
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    kind = memory_kind()
    peak, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        pause = 0.0
        while not done.wait(pause):
            start = time.monotonic()
            peak = max(peak, _memory(kind))
            # What is shared is counted page by page, which takes the kernel a while.
            pause = max(_PAUSE, _SHARE * (time.monotonic() - start))

    with tempfile.TemporaryFile() as printed:
        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        before, start = os.times(), time.monotonic()
        code = subprocess.run(
            command, stdout=printed, stderr=printed, env={**os.environ, **(environment or {})}, check=False
        ).returncode
        wall = time.monotonic() - start
        while True:  # what outlived its parent was adopted by this process
            try:
                os.wait()
            except ChildProcessError:
                break
        done.set()
        watcher.join()
        after = os.times()
        if code:
            printed.seek(0)
            end = printed.read().decode(errors="replace")[-2_000:]
            raise FailedRunError(f"{' '.join(command)}\nended with {code}:\n{end}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(cpu, wall, peak)


def machine() -> dict[str, Any]:
    """What the figures depend on: processor, cores, memory in GiB, kernel, load at this moment."""
    found = {}
    for path in ("/proc/cpuinfo", "/proc/meminfo"):
        lines = (line.partition(":") for line in Path(path).read_text().splitlines())
        found.update({name.strip(): value.strip() for name, _, value in reversed(list(lines))})
    return {
        "processor": found.get("model name", platform.machine()),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(found["MemTotal"].split()[0]) / 2**20, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "load": round(os.getloadavg()[0], 1),
    }


def versions() -> dict[str, str]:
    """Python's version and those of the packages that are installed."""
    installed = {each.metadata["Name"].lower() for each in importlib.metadata.distributions()}
    return {"python": platform.python_version()} | {
        name: importlib.metadata.version(name) for name in PACKAGES if name in installed
    }

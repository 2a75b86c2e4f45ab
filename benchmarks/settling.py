"""One build in this process, and what the step that settles the copies takes of it.

    python benchmarks/settling.py SEEDS OUT --config FILE [--report FILE] [--workers 2] [--profile]

Prints (or writes) JSON: what became of the seeds, CPU seconds of the whole build with its workers
and of the step alone, and this process's memory in MB: when the step begins, and its largest while
it runs, once without and once with the files that are mapped. `--profile` prints where its time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus_vn_police.commands.build import decide, pipeline
from corpus_vn_police.config import load_config
from corpus_vn_police.paths import output_path


def _memory() -> dict[str, float]:
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    sizes = {line[0].rstrip(":"): int(line[1]) / 1e3 for line in lines if line[0].startswith("Rss")}
    return {"own": sizes["RssAnon"], "with_files": sum(sizes.values())}


def watched(step: Callable[..., Any], report: dict[str, Any], profile: cProfile.Profile | None) -> Callable[..., Any]:
    """The step, and what it took written into `report`."""

    def run(*args: Any) -> Any:
        report["before_mb"] = _memory()["own"]
        peak, done = {"own": 0.0, "with_files": 0.0}, threading.Event()

        def watch() -> None:
            while True:
                for name, size in _memory().items():
                    peak[name] = max(peak[name], size)
                if done.wait(0.02):
                    return

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        start, wall = time.process_time(), time.monotonic()
        settled = profile.runcall(step, *args) if profile else step(*args)
        report["settle_cpu"], report["settle_wall"] = time.process_time() - start, time.monotonic() - wall
        done.set()
        watcher.join()
        report["peak_mb"], report["peak_with_files_mb"] = peak["own"], peak["with_files"]
        return settled

    return run


def main() -> None:
    """Build, and say what the step took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds")
    parser.add_argument("out", type=Path)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    report: dict[str, Any] = {}
    profile = cProfile.Profile() if args.profile else None
    decide.settle = watched(decide.settle, report, profile)
    built = pipeline.run_build(
        args.seeds, output_path(args.out), load_config(args.config), decide.Job(workers=args.workers, rehash=True)
    )
    times = os.times()
    report["status"] = built.status
    report["cpu"] = times.user + times.system + times.children_user + times.children_system
    shown = json.dumps(report)
    if args.report:
        args.report.write_text(shown)
    else:
        print(shown)
    if profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(14)


if __name__ == "__main__":
    main()

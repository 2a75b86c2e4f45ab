"""This build, the floor and other tools on the same job, in turn on one machine; a table and a plot of it.

    make bench ARTICLES=articles.jsonl.zst [COUNT=20000] [RUNS=5] [OUT=bench]
    python benchmarks/compare.py ARTICLES --out OUT [--count 20000] [--runs 5] [--without-peers] [--scratch FOLDER]

COUNT articles become dated `.txt` seeds, and as many again in a hundred for the job that adds some. A round runs every
job of `jobs.py` once; so what else the machine does hits all of them. After each job the records that it wrote
are compared: on the spine's job all tools must have the same texts in the same splits, else the benchmark
fails. OUT gets results.json, table.md, comparison.svg and comparison.png.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from cost import machine, measure, memory_kind, versions
from jobs import OURS, WORKERS, Job, jobs
from make_seeds import write_seeds
from outcome import Outcome, Records, first_difference, outcome, rejected
from show import write_comparison


class OtherWorkError(RuntimeError):
    """Two tools did not do the same work."""


def clear(out: Path) -> None:
    """Remove what a job wrote, and the state beside it."""
    for folder in (out, out.with_name(f".{out.name}.state")):
        shutil.rmtree(folder, ignore_errors=True)


def checked(job: Job, scratch: Path, known: dict[str, Any]) -> Outcome | None:
    """What a job wrote.

    Args:
        job: that has just run.
        scratch: the folder of the seeds.
        known: what our build of the spine wrote, filled and read here.

    Raises:
        OtherWorkError: it is not what the spine is.
    """
    if job.out is None or job.work == "floor":
        return None
    if job.work != "spine":
        return outcome(job.out)
    if job.tool == OURS:
        known["left out"] = rejected(job.out, scratch / "seeds")
        known["ours"], known["out"] = outcome(job.out), job.out
        return known["ours"]
    left_out: Records = known["left out"]
    found, ours = outcome(job.out, left_out), known["ours"]
    if (found.records, found.digest) != (ours.records, ours.digest):
        where = first_difference(known["out"], job.out, left_out)
        raise OtherWorkError(f"{job.tool} has {found.records}, this build {ours.records}; {where}")
    return found


def round_of(todo: list[Job], scratch: Path, results: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Run each job once, and add what it took to the results."""
    known: dict[str, Any] = {}
    environment = {"HF_HOME": str(scratch / "hf"), "HF_HUB_OFFLINE": "1", "TMPDIR": str(scratch / "tmp")}
    more = sorted((scratch / "more").iterdir())
    for job in todo:
        if job.out is not None and job.fresh:
            clear(job.out)
        if job.work == "grow":
            for path in more:
                shutil.copy(path, scratch / "seeds")
        cost = measure(job.command, environment)
        print(
            f"# {job.work:7}{job.tool:24}{cost.cpu:8.1f}{cost.wall:8.1f}{cost.memory:8.0f}", file=sys.stderr, flush=True
        )
        found = checked(job, scratch, known)
        result = results.setdefault((job.work, job.tool), {"work": job.work, "tool": job.tool, "runs": []})
        result["runs"].append(dataclasses.asdict(cost))
        result["records"] = found and found.records
        result["parquet"] = found and found.parquet
        if job.tool != OURS and job.out is not None:
            clear(job.out)  # its cache would fill the disk's pages
    for path in more:
        (scratch / "seeds" / path.name).unlink()


def prepare(articles: list[Path], count: int, scratch: Path) -> dict[str, Any]:
    """Write the seeds, and those that are added, and say what they are."""
    extra = max(1, count // 100)
    found = write_seeds(scratch / "all", articles, count + extra)
    (scratch / "tmp").mkdir()
    for folder in ("seeds", "more"):
        (scratch / folder).mkdir()
    names = sorted(path.name for path in (scratch / "all").iterdir())
    added = set(names[50 :: len(names) // extra][:extra])
    for name in names:
        (scratch / "all" / name).rename(scratch / ("more" if name in added else "seeds") / name)
    size = sum(path.stat().st_size for path in (scratch / "seeds").iterdir())
    return {"articles": [path.name for path in articles], "count": count, "bytes": size, "distinct": found}


def main() -> None:
    """Run the rounds and write what they gave."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("articles", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--scratch", type=Path, help="where seeds and outputs lie for a while")
    args = parser.parse_args()
    results: dict[tuple[str, str], dict[str, Any]] = {}
    about = {
        "kind": "comparison",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "runs": args.runs,
        "workers": WORKERS,
        "memory": memory_kind(),
        "machine": machine(),
        "versions": versions(),
    }
    with tempfile.TemporaryDirectory(dir=args.scratch) as name:
        scratch = Path(name)
        about["seeds"] = prepare(args.articles, args.count, scratch)
        (scratch / "out").mkdir()
        todo = jobs(scratch, peers=not args.without_peers)
        for number in range(args.runs):
            print(f"# round {number + 1} of {args.runs}: CPU s, wall s, peak MB", file=sys.stderr, flush=True)
            round_of(todo, scratch, results)
    args.out.mkdir(parents=True, exist_ok=True)
    about["jobs"] = list(results.values())
    (args.out / "results.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n")
    write_comparison(about, args.out)
    print((args.out / "table.md").read_text(), end="")


if __name__ == "__main__":
    sys.exit(main())

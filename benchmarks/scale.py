"""Many records, or hard ones, through every command: CPU, wall and peak memory of each.

    python benchmarks/scale.py SCRATCH OUT [--only rows-50000 rows-500000 ...]

A case is built from nothing, built again, built with one in a hundred added, compared by `diff` with the build before,
reported, verified, built once more from nothing (the digests must agree), and one record is taken down. All settings
are the defaults. OUT/results.json has what was measured, also of cases that were run before. A case that is in it is
not run again, so that a run that was stopped continues. SCRATCH needs some 3 kB a record of 60 syllables, and 25 GB
for the case of 4 GiB; what a case wrote there is removed after it.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import many
import polars as pl
from cost import Cost, machine, measure, memory_kind, versions
from jobs import PROGRAM, WORKERS

COUNTS = (50_000, 500_000, 5_000_000)
STEPS = ("build", "again", "add 1 %", "diff", "report", "verify", "from nothing", "remove")


class DifferentDigestsError(RuntimeError):
    """Added step by step and built from nothing, the same seeds gave different digests."""


@dataclass(frozen=True)
class Case:
    """One input.

    Attributes:
        name: what it is called on the command line.
        what: what it is, in words.
        write: writes the seeds into a folder.
        add: writes those that are added.
    """

    name: str
    what: str
    write: Callable[[Path], object]
    add: Callable[[Path], object]


def _growing(kind: str, what: str, write: Callable[[Path, int, int], object], count: int) -> Case:
    """So many records, and one in a hundred more."""
    return Case(
        f"{kind}-{count}",
        f"{count:,} {what} of 60 syllables",
        lambda seeds: write(seeds, 0, count),
        lambda seeds: write(seeds, count, count + count // 100),
    )


def _rows(count: int) -> Case:
    return _growing("rows", "rows", many.write_rows, count)


def _long(seeds: Path) -> None:
    many.write_long(seeds, 16 << 20)
    many.write_rows(seeds, 0, 100)


CASES = {
    each.name: each
    for each in (
        *map(_rows, COUNTS),
        _growing("texts", "text files", many.write_texts, 50_000),
        Case(
            "one-file",
            "one JSONL file of 4 GiB, rows of 3.5 kB",
            lambda seeds: many.write_bytes(seeds, 4 << 30),
            lambda seeds: many.write_rows(seeds, 10**8, 10**8 + 12_000, (500, 701)),
        ),
        Case(
            "long-text",
            "one text of 16 MiB, and 100 small ones",
            _long,
            lambda seeds: many.write_rows(seeds, 100, 101),
        ),
        Case(
            "template",
            "100,000 texts of 110 syllables by one template",
            lambda seeds: many.write_template(seeds, 0, 100_000),
            lambda seeds: many.write_template(seeds, 100_000, 101_000),
        ),
    )
}


def steps(case: Case, scratch: Path) -> Iterator[tuple[str, list[str]]]:
    """The commands of a case by their names; what each needs is made before it is given out."""
    seeds, out, before, fresh = (scratch / name for name in ("seeds", "out", "before", "fresh"))

    def build(folder: Path) -> list[str]:
        return [*PROGRAM, "build", str(seeds), "--workers", str(WORKERS), "--out", str(folder)]

    case.write(seeds)
    yield "build", build(out)
    yield "again", build(out)
    shutil.copytree(out, before)
    case.add(seeds)
    yield "add 1 %", build(out)
    yield "diff", [*PROGRAM, "diff", str(before), str(out)]
    shutil.rmtree(before)
    yield "report", [*PROGRAM, "report", str(out), "--out", str(scratch / "report.html")]
    yield "verify", [*PROGRAM, "verify", str(out)]
    yield "from nothing", build(fresh)
    digests = [json.loads((folder / "manifest.json").read_text())["digest"] for folder in (out, fresh)]
    if digests[0] != digests[1]:
        raise DifferentDigestsError(f"{case.name}: {digests}")
    first = pl.read_parquet(out / "data/train-00000-of-*.parquet", columns=["id"], n_rows=1)["id"][0]
    yield "remove", [*PROGRAM, "remove", str(out), "--id", first, "--reason", "benchmark"]


def run(case: Case, scratch: Path) -> dict[str, Any]:
    """Run the steps of a case; the folder is emptied before and after."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    costs: dict[str, Cost] = {}
    found: dict[str, Any] = {"case": case.name, "what": case.what}
    for name, command in steps(case, scratch):
        costs[name] = cost = measure(command)
        print(
            f"# {case.name:14}{name:14}{cost.cpu:9.1f}{cost.wall:9.1f}{cost.memory:8.0f}", file=sys.stderr, flush=True
        )
        if name == "build":
            found["seeds"] = pl.scan_parquet(scratch / "out/ledger.parquet").select(pl.len()).collect().item()
            found["bytes"] = sum(path.stat().st_size for path in (scratch / "seeds").rglob("*") if path.is_file())
    shutil.rmtree(scratch)
    return found | {"steps": {name: dataclasses.asdict(cost) for name, cost in costs.items()}}


def main() -> None:
    """Run the cases that have not been run, and write what all gave."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scratch", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "results.json"
    done = json.loads(path.read_text())["cases"] if path.exists() else []
    place = machine()
    for name in args.only:
        if name in {each["case"] for each in done}:
            continue
        done.append(run(CASES[name], args.scratch / name))
        done.sort(key=lambda each: list(CASES).index(each["case"]))
        about = {
            "kind": "scale",
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "workers": WORKERS,
            "memory": memory_kind(),
            "machine": place,
            "versions": versions(),
            "cases": done,
        }
        path.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

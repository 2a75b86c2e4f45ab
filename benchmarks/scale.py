"""Many small records through build, add, remove, verify: seconds and peak memory of each.

    python benchmarks/scale.py SCRATCH --count 1000000 [--texts]

The records are made up: some 60 syllables drawn from the 3,000 commonest spellings, one in ten a near
copy of the one before it, months from 2015 to 2024; rows of JSONL, 10,000 a file, or with `--texts` a
text file each. Then one in a hundred is added and the folder is built again, once as it is and once from
nothing: the digests must agree. At last one record is taken down. SCRATCH needs some 6 kB a record.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from cost import measure

from corpus_vn_police.syllables import syllables

PER_FILE = 10_000


def records(first: int, last: int) -> Iterator[tuple[str, str]]:
    """Header's month and text of made-up records."""
    spelt = sorted(word for word in syllables() if word.isalpha() and not word.isascii())
    words = random.Random(0).sample(spelt, 3_000)
    text: list[str] = []
    for number in range(first, last):
        draw = random.Random(number)
        if number % 10 or not text:
            text = draw.choices(words, k=draw.randint(40, 80))
        else:
            text[draw.randrange(len(text))] = draw.choice(words)
        yield f"{2015 + number % 10}-{number % 12 + 1:02d}", " ".join(text).capitalize() + "."


def write(folder: Path, first: int, last: int, texts: bool) -> None:
    """Write records as seeds."""
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(first, last, PER_FILE):
        found = enumerate(records(start, min(start + PER_FILE, last)), start)
        if texts:
            below = folder / f"{start:09d}"
            below.mkdir()
            for number, (month, text) in found:
                (below / f"{number:09d}.txt").write_text(f" date {month} {text}\n\n{text}", encoding="utf-8")
        else:
            with (folder / f"{start:09d}.jsonl").open("w", encoding="utf-8") as rows:
                for number, (month, text) in found:
                    row = {"id": str(number), "date": month, "text": text}
                    rows.write(json.dumps(row, ensure_ascii=False) + "\n")


def main() -> None:
    """Run the steps in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--texts", action="store_true")
    args = parser.parse_args()
    seeds, out, fresh = args.scratch / "seeds", args.scratch / "out", args.scratch / "fresh"
    for folder in (seeds, out, fresh, args.scratch / ".out.state", args.scratch / ".fresh.state"):
        shutil.rmtree(folder, ignore_errors=True)
    write(seeds, 0, args.count, args.texts)
    program = [sys.executable, "-m", "corpus_vn_police"]
    build = [*program, "build", str(seeds), "--out"]
    print(f"{args.count:,} records\n{'':12}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}", flush=True)

    def run(name: str, command: list[str]) -> None:
        cost = measure(command)
        print(f"{name:12}{cost.cpu:8.1f}{cost.wall:8.1f}{cost.memory:9.0f}", flush=True)

    run("build", [*build, str(out)])
    run("again", [*build, str(out)])
    write(seeds, args.count, args.count + args.count // 100, args.texts)
    run("add 1 %", [*build, str(out)])
    run("from nothing", [*build, str(fresh)])
    run("verify", [*program, "verify", str(out)])
    digests = {json.loads((folder / "manifest.json").read_text())["digest"] for folder in (out, fresh)}
    print("digests agree" if len(digests) == 1 else f"digests differ: {digests}")
    first = pl.read_parquet(out / "data/train-00000-of-*.parquet", columns=["id"], n_rows=1)["id"][0]
    run("remove one", [*program, "remove", str(out), "--id", first, "--reason", "benchmark"])


if __name__ == "__main__":
    main()

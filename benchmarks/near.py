"""What leaving out near duplicates costs, beside the rest of the build and beside datatrove.

    python benchmarks/near.py cost SEEDS [--runs 3] [--distinct] [--datatrove PYTHON --rows 20000]
    python benchmarks/near.py memory [--counts 50000 200000 1000000]
    python benchmarks/near.py pathological [--scale 1]

`cost`: builds with `[dedup] level` `near` and `off`, all else default, in turn; the difference is
what near-dedup costs, `off` is the rest. `--distinct` joins halves of different seeds first, so that
hardly any two are copies. With `--datatrove` (an interpreter that has it) its four minhash stages
run over the same texts, as JSONL, on two workers; `--rows` takes the first so many for both.
`memory`: small generated records, one in ten a near duplicate; bytes a record are the slope of the own
memory of the process that settles, at its peak. `pathological`: inputs that make candidates by the
thousands, at three sizes each, to see that time grows with the number of texts and not with its square;
of the step that settles also the CPU a text is shown. Texts are generated, structure and quality off.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import generated
import polars as pl
from spine import Cost, measure

from corpus_vn_police.dedup import dedup_key

HERE = Path(__file__).resolve().parent
BARE = "".join(f"[{part}]\nenabled = false\n" for part in ("structure", "quality", "annotations", "sources"))
LEVELS = ("off", "near")
WANTED_TIMES = 15


def distinct(seeds: Path, out: Path) -> None:
    """Seeds of the first half of one seed and the second half of one far from it."""
    out.mkdir()
    names = sorted(path.name for path in seeds.glob("*.txt"))
    chance = random.Random(9)
    others = list(names)
    chance.shuffle(others)
    for name, other in zip(names, others, strict=True):
        first, second = ((seeds / each).read_text().split(" ") for each in (name, other))
        text = " ".join([*first[: len(first) // 2], *second[len(second) // 2 :]])
        (out / name).write_text(text)


def as_rows(seeds: Path, folder: Path, count: int) -> None:
    """The texts of seeds, without their headers, as two files of JSONL."""
    folder.mkdir()
    names = sorted(seeds.glob("*.txt"))[:count]
    half = (len(names) + 1) // 2
    for number, some in enumerate((names[:half], names[half:])):
        texts = (path.read_text().split(" ", 3)[3] for path in some)
        generated.write_rows(folder / f"{number}.jsonl", texts, number * half)


def build_command(seeds: Path, out: Path, level: str) -> list[str]:
    """A build by the command line."""
    options = ["--dedup", level, "--workers", "2", "--out", str(out)]
    return [sys.executable, "-m", "corpus_vn_police", "build", str(seeds), *options]


def run_levels(seeds: Path, scratch: Path, runs: int) -> dict[str, list[Cost]]:
    """Build at both levels in turn."""
    costs: dict[str, list[Cost]] = {level: [] for level in LEVELS}
    for _ in range(runs):
        for level in LEVELS:
            shutil.rmtree(scratch / level, ignore_errors=True)
            costs[level].append(measure(build_command(seeds, scratch / level, level)))
            print("#", level, costs[level][-1], file=sys.stderr, flush=True)
    return costs


def print_costs(costs: dict[str, list[Cost]]) -> None:
    """The medians, and near-dedup over the rest run by run."""
    print(f"{'':10}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}")
    for name, runs in costs.items():
        middle = [statistics.median(getattr(run, figure) for run in runs) for figure in ("cpu", "wall", "memory")]
        print(f"{name:10}{middle[0]:8.1f}{middle[1]:8.1f}{middle[2]:9.0f}")
    pairs = list(zip(costs["off"], costs["near"], strict=True))
    for figure in ("cpu", "wall"):
        extra = [getattr(near, figure) - getattr(off, figure) for off, near in pairs]
        shares = [more / getattr(off, figure) for more, (off, _) in zip(extra, pairs, strict=True)]
        shown = ", ".join(f"{more:.1f} s ({share:.2f})" for more, share in zip(extra, shares, strict=True))
        print(f"near-dedup, {figure}, and over the rest, run by run: {shown}")


def statuses(out: Path) -> dict[str, int]:
    """How many seeds have which status."""
    counts = pl.read_parquet(out / "ledger.parquet", columns=["status"])["status"].value_counts()
    return dict(counts.sort("status").iter_rows())


def cost(args: argparse.Namespace, scratch: Path) -> None:
    """The cost of near-dedup on a folder of seeds."""
    seeds = Path(args.seeds)
    if args.distinct:
        distinct(seeds, scratch / "distinct")
        seeds = scratch / "distinct"
    if args.rows:
        few = scratch / "few"
        few.mkdir()
        for path in sorted(seeds.glob("*.txt"))[: args.rows]:
            (few / path.name).symlink_to(path.resolve())
        seeds = few
    costs = run_levels(seeds, scratch, args.runs)
    print(f"{len(list(seeds.glob('*.txt')))} seeds, medians of {args.runs} runs: {statuses(scratch / 'near')}")
    print_costs(costs)
    if args.datatrove:
        as_rows(seeds, scratch / "rows", args.rows)
        command = [args.datatrove, str(HERE / "datatrove_minhash.py"), str(scratch / "rows"), str(scratch / "trove")]
        theirs = measure(command)
        kept = sum(1 for path in (scratch / "trove/kept").glob("*.jsonl") for _ in path.open())
        ours = statistics.median(n.wall - o.wall for o, n in zip(costs["off"], costs["near"], strict=True))
        print(f"datatrove: CPU {theirs.cpu:.1f} s, wall {theirs.wall:.1f} s, {theirs.memory:.0f} MB; keeps {kept}")
        print(f"its wall over that of near-dedup: {theirs.wall / ours:.1f} (wanted: at least {WANTED_TIMES})")


def settled(rows: Path, scratch: Path, level: str = "near") -> tuple[Cost, dict]:
    """Build rows of JSONL, and what the step that settles took."""
    config, report = scratch / "corpus.toml", scratch / "report.json"
    config.write_text(f'{BARE}[dedup]\nlevel = "{level}"\n')
    shutil.rmtree(scratch / "out", ignore_errors=True)
    command = [sys.executable, str(HERE / "settling.py"), str(rows), str(scratch / "out")]
    taken = measure([*command, "--config", str(config), "--report", str(report)])
    return taken, json.loads(report.read_text())


def memory(args: argparse.Namespace, scratch: Path) -> None:
    """Bytes a record, from the slope over several sizes."""
    seen = []
    print(
        f"{'records':>9}{'begins MB':>11}{'peak MB':>9}{'with files':>12}{'settle CPU s':>14}{'all processes MB':>18}"
    )
    for count in args.counts:
        rows = scratch / "rows.jsonl"
        generated.write_rows(rows, generated.small_records(count))
        taken, report = settled(rows, scratch)
        seen.append((count, report["before_mb"], report["peak_mb"]))
        sizes = f"{report['before_mb']:11.0f}{report['peak_mb']:9.0f}{report['peak_with_files_mb']:12.0f}"
        print(f"{count:9}{sizes}{report['settle_cpu']:14.1f}{taken.memory:18.0f}  {report['status']}", flush=True)
    for (one, *before), (other, *after) in itertools.pairwise(seen):
        slopes = [(b - a) * 1e6 / (other - one) for a, b in zip(before, after, strict=True)]
        print(f"{one} to {other}: {slopes[0]:.0f} bytes a record when it begins, {slopes[1]:.0f} at the peak")


CASES: dict[str, tuple[tuple[int, ...], Callable[[int], Iterable[str]]]] = {
    "identical": ((25_000, 50_000, 100_000), generated.identical),
    "a number differs": ((25_000, 50_000, 100_000), generated.numbered),
    **{
        f"footer of {share:.0%}": ((5_000, 10_000, 20_000), lambda count, share=share: generated.footed(count, share))
        for share in (0.5, 0.7, 0.8)
    },
    **{
        f"tables of {values} values": (
            (1_000, 2_000, 4_000),
            lambda count, values=values: generated.tables(count, values),
        )
        for values in (500, 48, 8)
    },
    "a number, long texts": ((500, 1_000, 2_000), lambda count: generated.numbered(count, 12_000)),
    "shorter than a shingle": ((25_000, 50_000, 100_000), generated.short),
    "one text, bytes": ((5 << 18, 5 << 19, 5 << 20), generated.long),
}


def pathological(args: argparse.Namespace, scratch: Path) -> None:
    """Each case at its sizes."""
    print(f"{'':24}{'n':>9}{'near-off CPU':>14}{'settle CPU':>12}{'us a text':>11}{'settle MB':>11}{'peak MB':>9}")
    for name, (sizes, make) in CASES.items():
        if args.only and args.only not in name:
            continue
        for size in sizes:
            count = max(1, int(size * args.scale))
            rows = scratch / "rows.jsonl"
            generated.write_rows(rows, make(count))
            off, _ = settled(rows, scratch, "off")
            near, report = settled(rows, scratch)
            held = report["peak_mb"] - report["before_mb"]
            figures = (
                f"{near.cpu - off.cpu:14.1f}{report['settle_cpu']:12.2f}{report['settle_cpu'] / count * 1e6:11.1f}"
            )
            lost = wrongly_lost(rows, scratch / "out")
            status = {key: value for key, value in report["status"].items() if value}
            print(f"{name:24}{count:9}{figures}{held:11.0f}{near.memory:9.0f}  {status}, lost {lost}", flush=True)


def wrongly_lost(rows: Path, out: Path, sample: int = 2_000) -> int:
    """How many of a sample of near duplicates are not similar enough to what they were left out for."""
    ledger = pl.read_parquet(out / "ledger.parquet", columns=["path", "id", "status", "duplicate_of"])
    places = dict(zip(ledger["id"], ledger["path"].str.extract(r"#(\d+)$").cast(pl.Int64), strict=True))
    gone = ledger.filter(pl.col("status") == "near_duplicate").head(sample)
    pairs = [(places[one], places[other]) for one, other in zip(gone["id"], gone["duplicate_of"], strict=True)]
    wanted = {place for pair in pairs for place in pair}
    with rows.open(encoding="utf-8") as lines:
        sets = {number: shingles(json.loads(line)["text"]) for number, line in enumerate(lines, 1) if number in wanted}
    return sum(len(sets[a] & sets[b]) < 0.7 * len(sets[a] | sets[b]) for a, b in pairs)


def shingles(text: str) -> set[tuple[str, ...]]:
    """The 5-syllable shingles of a text's dedup key, made anew."""
    key = dedup_key(text).split(" ")
    return set(_runs(key))


def _runs(key: list[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(key[at : at + 5]) for at in range(max(1, len(key) - 4)))


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = parser.add_subparsers(required=True)
    part = parts.add_parser("cost")
    part.add_argument("seeds")
    part.add_argument("--runs", type=int, default=3)
    part.add_argument("--distinct", action="store_true")
    part.add_argument("--datatrove", metavar="PYTHON")
    part.add_argument("--rows", type=int)
    part.set_defaults(run=cost)
    part = parts.add_parser("memory")
    part.add_argument("--counts", type=int, nargs="+", default=[50_000, 200_000, 1_000_000])
    part.set_defaults(run=memory)
    part = parts.add_parser("pathological")
    part.add_argument("--scale", type=float, default=1)
    part.add_argument("--only", help="only cases whose name has this")
    part.set_defaults(run=pathological)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        args.run(args, Path(scratch))


if __name__ == "__main__":
    main()

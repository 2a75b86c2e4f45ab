"""Memory and time of leaving out near duplicates, on generated texts.

    python benchmarks/near.py memory [--counts 50000 200000 1000000]
    python benchmarks/near.py pathological [--scale 1]

`memory`: small generated records, one in ten a near duplicate; bytes a record are the slope of the own
memory of the process that settles, at its peak. `pathological`: inputs that make candidates by the
thousands, at three sizes each, to see that time grows with the number of texts and not with its square;
of the step that settles also the CPU a text is shown. Structure and quality are off. What near-dedup costs on
real articles, and beside other tools, is in `compare.py`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import generated
import polars as pl
from cost import Cost, measure

from corpus_vn_police.dedup import dedup_key

HERE = Path(__file__).resolve().parent
BARE = "".join(f"[{part}]\nenabled = false\n" for part in ("structure", "quality", "annotations", "sources"))


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

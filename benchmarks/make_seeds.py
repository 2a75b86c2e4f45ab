"""Write N dated `.txt` seeds from JSONL articles, for the benchmarks and the long tests.

    python benchmarks/make_seeds.py OUT --count 50000 articles.jsonl.zst [more.jsonl.zst ...]

Each article becomes ` date YYYY-MM ` + its text, in the seeds' own layout: paragraphs with blank
lines between them. If the articles run out they are taken again, under another id and header. The
months run evenly from 2015-01 to 2024-12, so that every split has records.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file, `.zst` or plain, without their newlines."""
    raw = zstd.open(path) if path.suffix == ".zst" else path.open("rb")
    with io.TextIOWrapper(raw, encoding="utf-8", newline="\n") as text:
        for line in text:
            yield line.rstrip("\r\n")


def articles(paths: list[Path]) -> Iterator[str]:
    """Yield the `text` of every row of the JSONL files (`.zst` or plain), in order."""
    for path in paths:
        for line in lines(path):
            yield json.loads(line)["text"]


def write_seeds(out: Path, paths: list[Path], count: int) -> int:
    """Write `count` seeds into a folder that does not exist yet.

    Returns:
        How many articles they are made of; fewer than `count` if some were taken again.
    """
    out.mkdir(parents=True)
    with contextlib.closing(articles(paths)) as found:
        texts = list(itertools.islice(found, count))
    for number, text in enumerate(itertools.islice(itertools.cycle(texts), count)):
        (out / f"{number:06d}_{_id(number)}.txt").write_bytes(_seed(text, number * 120 // count))
    return len(texts)


def _id(number: int) -> str:
    return hashlib.sha256(f"{number}".encode()).hexdigest()[:16]


def _seed(text: str, month: int) -> bytes:
    body = "\n\n".join(line for line in text.split("\n") if line.strip())
    return f" date {2015 + month // 12}-{month % 12 + 1:02d} {body}".encode()


def main() -> None:
    """Write the seeds and say how many bytes they hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("articles", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=50_000)
    args = parser.parse_args()
    write_seeds(args.out, args.articles, args.count)
    total = sum(path.stat().st_size for path in args.out.iterdir())
    print(f"{args.count} seeds, {total / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

"""Write N dated `.txt` seeds from JSONL articles, for the benchmarks and the long tests.

    python benchmarks/make_seeds.py OUT --count 50000 articles.jsonl.zst [more.jsonl.zst ...]

Each article becomes ` date YYYY-MM ` + its text, in the seeds' own layout: paragraphs parted by
blank lines. Where the articles run out they are taken again, under another id and header. The
months run evenly from 2015-01 to 2024-12, so that every split has records.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import zstandard


def articles(paths: list[Path]) -> Iterator[str]:
    """Yield the `text` of every row of the JSONL files (`.zst` or plain), in order."""
    for path in paths:
        with path.open("rb") as raw:
            plain = zstandard.ZstdDecompressor().stream_reader(raw) if path.suffix == ".zst" else raw
            for line in io.TextIOWrapper(plain, encoding="utf-8", newline="\n"):
                yield json.loads(line)["text"]


def main() -> None:
    """Write the seeds and say how many bytes they hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("articles", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=50_000)
    args = parser.parse_args()
    args.out.mkdir(parents=True)
    texts = itertools.chain.from_iterable(articles(args.articles) for _ in itertools.count())
    total = 0
    for number, text in enumerate(itertools.islice(texts, args.count)):
        month = number * 120 // args.count
        body = "\n\n".join(line for line in text.split("\n") if line.strip())
        seed = f" date {2015 + month // 12}-{month % 12 + 1:02d} {body}".encode()
        name = hashlib.sha256(f"{number}".encode()).hexdigest()[:16]
        (args.out / f"{number:06d}_{name}.txt").write_bytes(seed)
        total += len(seed)
    print(f"{args.count} seeds, {total / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

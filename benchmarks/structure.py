"""Precision and recall of structure on annotated pages.

    python benchmarks/structure.py benchmarks/pages/*.jsonl [--errors]

Each line of a file is a page: its text, and what an annotator says of it. A value counts as found
where it is equal, letter for letter; a caption where its text and its place are, a credit where
text and credit are. Precision is found / given by the rules, recall found / annotated.
"""

from __future__ import annotations

import argparse
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

from corpus_vn_police.config import load_config
from corpus_vn_police.stages.normalise.batch import normalise_batch
from corpus_vn_police.stages.read.seeds import SeedBatch, take
from corpus_vn_police.stages.structure import structure

FIELDS = ("date", "event_date", "event_date_text", "place", "title", "byline", "captions", "credits", "body")


def read(pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the build makes of the pages, as the annotations have it."""
    corpus = load_config(None)
    batch = SeedBatch()
    for page in pages:
        data = page["text"].encode()
        batch.add(page["name"], take(io.BytesIO(data), corpus.limits), {"body": data})
    rows = structure(normalise_batch(batch.frame(), corpus.text), corpus).to_dicts()
    for row in rows:
        row["event_date"] = row["event_date"] and row["event_date"].isoformat()
        row["body"] = (row["text"] or "").split("\n\n")
    return rows


def values(page: dict[str, Any], field: str) -> Counter[Any]:
    """The values of a field as a bag; an empty one where there is none."""
    if field == "captions":
        return Counter((caption["text"], caption["after_paragraph"]) for caption in page["captions"])
    if field == "credits":
        return Counter((caption["text"], caption["credit"]) for caption in page["captions"] if caption["credit"])
    if field == "body":
        return Counter(page["body"])
    return Counter([page[field]] if page[field] is not None else [])


def score(pages: list[dict[str, Any]], rows: list[dict[str, Any]]) -> dict[str, tuple[int, int, int]]:
    """Of each field how many values are annotated, given by the rules, and equal."""
    scores = {}
    for field in FIELDS:
        pairs = [(values(page, field), values(row, field)) for page, row in zip(pages, rows, strict=True)]
        totals = [(truth.total(), answer.total(), (truth & answer).total()) for truth, answer in pairs]
        wanted, given, found = (sum(column) for column in zip(*totals, strict=True))
        scores[field] = (wanted, given, found)
    return scores


def show(pages: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    """Print the table."""
    print(f"{'field':<16}{'annotated':>10}{'given':>8}{'found':>8}{'precision':>11}{'recall':>8}")
    for field, (wanted, given, found) in score(pages, rows).items():
        precision, recall = found / given if given else 1, found / wanted if wanted else 1
        print(f"{field:<16}{wanted:>10}{given:>8}{found:>8}{precision:>11.3f}{recall:>8.3f}")


def main() -> None:
    """Print a table a file, one of all, and with --errors what differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--errors", action="store_true")
    args = parser.parse_args()
    pages: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for path in args.pages:
        mine = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
        pages, rows = pages + mine, rows + (read_rows := read(mine))
        print(f"{path}: {len(mine)} pages")
        show(mine, read_rows)
        print()
    if len(args.pages) > 1:
        print(f"all: {len(pages)} pages")
        show(pages, rows)
    for page, row in zip(pages, rows, strict=True) if args.errors else ():
        for field in FIELDS:
            truth, answer = values(page, field), values(row, field)
            if truth != answer:
                print(f"{page['name']} {field}: missed {list(truth - answer)}, wrong {list(answer - truth)}")


if __name__ == "__main__":
    main()

"""Precision and recall of structure on annotated pages.

    python benchmarks/structure.py benchmarks/pages/*.jsonl [--errors]
    python benchmarks/structure.py benchmarks/pages/*.jsonl --without-each-class [--articles FILE...]

Each line of a file is a page: its text, and what an annotator says of it. A value is right if it equals the
annotator's letter for letter; a caption if its text and its place are, a credit if text and credit are. Precision is
right / given by the rules, recall right / annotated.

With --without-each-class each class of words in the lexicon is taken away in turn, and what that changes is printed.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from corpus_vn_police.config import Corpus, load_config
from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.normalise.batch import normalise_batch
from corpus_vn_police.stages.read import Batching, Unpacker, list_input, load
from corpus_vn_police.stages.read.seeds import SeedBatch, take
from corpus_vn_police.stages.structure import structure

Structure = Callable[[pl.DataFrame, Corpus], pl.DataFrame]
Scores = dict[str, tuple[int, int, int]]

PACKAGE = "corpus_vn_police.stages.structure"
FIELDS = ("date", "event_date", "event_date_text", "place", "title", "byline", "captions", "credits", "body")
LEXICA = ("captions", "credits", "residue", "datelines", "places", "signatures")
"""The files of the lexicon that structure reads."""
CHEAP_TEST = ("credits", "sign")
"""No words that a rule weighs: without these no text is looked at."""


def cleaned(pages: list[dict[str, Any]]) -> pl.DataFrame:
    """The pages as a batch that structure can take apart."""
    corpus = load_config(None)
    batch = SeedBatch()
    for page in pages:
        data = page["text"].encode()
        batch.add(page["name"], take(io.BytesIO(data), corpus.limits), {"body": data})
    return normalise_batch(batch.frame(), corpus.text)


def answers(batch: pl.DataFrame, taking_apart: Structure = structure) -> list[dict[str, Any]]:
    """What the rules say of the pages, in the form of the annotations."""
    rows = taking_apart(batch, load_config(None)).to_dicts()
    for row in rows:
        row["event_date"] = row["event_date"] and row["event_date"].isoformat()
        row["body"] = (row["text"] or "").split("\n\n")
    return rows


def read(pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the build makes of the pages, in the form of the annotations."""
    return answers(cleaned(pages))


def values(page: dict[str, Any], field: str) -> Counter[Any]:
    """The values of a field as a bag; an empty one if the page has none."""
    if field == "captions":
        return Counter((caption["text"], caption["after_paragraph"]) for caption in page["captions"])
    if field == "credits":
        return Counter((caption["text"], caption["credit"]) for caption in page["captions"] if caption["credit"])
    if field == "body":
        return Counter(page["body"])
    return Counter([page[field]] if page[field] is not None else [])


def score(pages: list[dict[str, Any]], rows: list[dict[str, Any]]) -> Scores:
    """For each field how many values are annotated, given by the rules, and right."""
    scores = {}
    for field in FIELDS:
        pairs = [(values(page, field), values(row, field)) for page, row in zip(pages, rows, strict=True)]
        totals = [(truth.total(), answer.total(), (truth & answer).total()) for truth, answer in pairs]
        annotated, given, right = (sum(column) for column in zip(*totals, strict=True))
        scores[field] = (annotated, given, right)
    return scores


def ratios(annotated: int, given: int, right: int) -> tuple[float, float]:
    """Precision and recall; 1 if there is nothing that could be wrong."""
    return right / given if given else 1, right / annotated if annotated else 1


def show(pages: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    """Print the table."""
    print(f"{'field':<16}{'annotated':>10}{'given':>8}{'right':>8}{'precision':>11}{'recall':>8}")
    for field, (annotated, given, right) in score(pages, rows).items():
        precision, recall = ratios(annotated, given, right)
        print(f"{field:<16}{annotated:>10}{given:>8}{right:>8}{precision:>11.3f}{recall:>8.3f}")


@contextmanager
def taken_away(file: str, name: str) -> Iterator[Structure]:
    """`structure` as it is without the phrases of a class of the lexicon: its patterns are made when it is imported."""
    classes = lexicon(file).classes
    whole = classes[name]
    stages = sys.modules[PACKAGE.rpartition(".")[0]]
    modules = {module: sys.modules.pop(module) for module in list(sys.modules) if module.startswith(PACKAGE)}
    classes[name] = replace(whole, phrases=())
    try:
        yield importlib.import_module(PACKAGE).structure
    finally:
        classes[name] = whole
        sys.modules.update(modules)
        setattr(stages, PACKAGE.rpartition(".")[2], modules[PACKAGE])


def articles(paths: list[str]) -> list[pl.DataFrame]:
    """Files of articles without annotations, as batches that structure can take apart."""
    corpus, batching = load_config(None), Batching()
    unpacker = Unpacker(corpus.limits, batching)
    tasks = (task for path in paths for task in unpacker.tasks(list_input(path)))
    seeds = (frame for task in tasks for frame in load(task, corpus, batching))
    return [normalise_batch(frame, corpus.text) for frame in seeds]


def changed(batches: list[pl.DataFrame], before: list[pl.DataFrame], taking_apart: Structure) -> int:
    """How many articles are taken apart in another way than before."""
    corpus = load_config(None)
    after = (taking_apart(batch, corpus) for batch in batches)
    pairs = zip(before, after, strict=True)
    return sum((old.hash_rows() != new.hash_rows()).sum() for old, new in pairs)


def without_each_class(pages: list[dict[str, Any]], paths: list[str]) -> None:
    """Print a row of a Markdown table for each class: what is lost when it is taken away, in values."""
    batch, batches = cleaned(pages), articles(paths)
    before = score(pages, answers(batch))
    apart = [structure(each, load_config(None)) for each in batches]
    print(f"| class | phrases | {' | '.join(FIELDS[1:])} | articles |")
    classes = [(file, name) for file in LEXICA for name in lexicon(file).classes]
    for file, name in classes:
        if (file, name) == CHEAP_TEST:
            continue
        with taken_away(file, name) as taking_apart:
            after = score(pages, answers(batch, taking_apart))
            cells = [_change(before[field], after[field]) for field in FIELDS[1:]]
            count = changed(batches, apart, taking_apart)
        print(f"| {file}: {name} | {len(lexicon(file).phrases(name))} | {' | '.join(cells)} | {count:,} |", flush=True)


def _change(before: tuple[int, int, int], after: tuple[int, int, int]) -> str:
    """The change of precision and of recall, in thousandths; nothing if no value changed."""
    if before == after:
        return ""
    changes = [round(1000 * (new - old)) for old, new in zip(ratios(*before), ratios(*after), strict=True)]
    return " / ".join(f"{change:+d}" if change else "0" for change in changes)


def main() -> None:
    """Print a table for each file and one for all, and what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--errors", action="store_true", help="print each value that differs")
    parser.add_argument("--without-each-class", action="store_true", help="print what each class of words is worth")
    parser.add_argument("--articles", nargs="*", default=[], help="also count the articles that each class changes")
    args = parser.parse_args()
    files = {
        path: [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()] for path in args.pages
    }
    pages = [page for file in files.values() for page in file]
    if args.without_each_class:
        without_each_class(pages, args.articles)
        return
    rows: list[dict[str, Any]] = []
    for path, file in files.items():
        rows += (here := read(file))
        print(f"{path}: {len(file)} pages")
        show(file, here)
        print()
    if len(files) > 1:
        print(f"all: {len(pages)} pages")
        show(pages, rows)
    if args.errors:
        show_errors(pages, rows)


def show_errors(pages: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    """Print what was missed and what is wrong on each page."""
    for page, row in zip(pages, rows, strict=True):
        for field in FIELDS:
            truth, answer = values(page, field), values(row, field)
            if truth != answer:
                print(f"{page['name']} {field}: missed {list(truth - answer)}, wrong {list(answer - truth)}")


if __name__ == "__main__":
    main()

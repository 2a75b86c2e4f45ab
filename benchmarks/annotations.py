"""Precision and recall of annotations on annotated pages.

    python benchmarks/annotations.py benchmarks/annotated/*.xml [--errors KIND...]

Each page is its text with elements around what an annotator marked; `benchmarks/annotated/GUIDE.md` says what they
mean. A page goes through the stages of a build. A value is right if its text and all that is said of it are the
annotator's, letter for letter: of an officer name, rank and title, of a quote its speaker. Precision is right / given
by the rules, recall right / annotated.
"""

from __future__ import annotations

import argparse
import io
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from corpus_vn_police.config import load_config
from corpus_vn_police.stages.annotate.abbreviations import abbreviations
from corpus_vn_police.stages.annotate.people import people
from corpus_vn_police.stages.annotate.personal import personal
from corpus_vn_police.stages.annotate.quotes import quotes
from corpus_vn_police.stages.annotate.spans import Span
from corpus_vn_police.stages.normalise.batch import normalise_batch
from corpus_vn_police.stages.read.seeds import SeedBatch, take
from corpus_vn_police.stages.structure import structure

FIELDS = {"abbr": ("long",), "p": ("name", "rank", "title"), "q": ("speaker",), "i": ("kind",)}
"""The elements of a page, and their attributes."""

_LINES = re.compile("\n+")  # a page of single newlines becomes a text of paragraphs

LISTS = {"abbr": "abbreviations", "p": "people", "q": "quotes"}

Value = tuple[str | None, ...]
"""The text of a span, and what is said of it, in the order of `FIELDS`."""


@dataclass(frozen=True)
class Page:
    """An annotated page: its text, and what is marked in it, by list; personal data by kind."""

    name: str
    text: str
    marked: dict[str, Counter[Value]]


def read_pages(path: Path) -> list[Page]:
    """Read the pages of a file."""
    return [_page(page) for page in ET.parse(path).getroot()]


def _page(page: ET.Element) -> Page:
    marked: dict[str, Counter[Value]] = {}
    for element in page.iter():
        if element is page:
            continue
        kind = LISTS.get(element.tag) or element.get("kind", "")
        said = [element.get(field) for field in FIELDS[element.tag]] if element.tag in LISTS else []
        marked.setdefault(kind, Counter())[(_LINES.sub("\n", "".join(element.itertext())), *said)] += 1
    return Page(page.get("name", ""), "".join(page.itertext()), marked)


def bodies(pages: list[Page]) -> list[str]:
    """The text of the record that a build makes of each page."""
    corpus, batch = load_config(None), SeedBatch()
    for page in pages:
        data = page.text.encode()
        batch.add(page.name, take(io.BytesIO(data), corpus.limits), {"body": data})
    taken_apart: pl.DataFrame = structure(normalise_batch(batch.frame(), corpus.text), corpus)
    return taken_apart["text"].fill_null("").to_list()


def found(text: str) -> dict[str, Counter[Value]]:
    """What the rules find in a text, in the form of the pages."""
    values: dict[str, Counter[Value]] = {}

    def said(span: Span | None) -> str | None:
        return _LINES.sub("\n", text[slice(*span)]) if span else None

    values["abbreviations"] = Counter((said(each.short), said(each.long)) for each in abbreviations(text))
    values["people"] = Counter(
        (said(each.mention), said(each.name), said(each.rank), said(each.title)) for each in people(text)
    )
    values["quotes"] = Counter((said(each.speech), said(each.speaker)) for each in quotes(text, people(text)))
    for each in personal(text, people(text)):
        values.setdefault(each.kind, Counter())[(said(each.place),)] += 1
    return values


def scores(pages: list[Page], texts: list[str]) -> dict[str, tuple[int, int, int]]:
    """For each kind how many values are annotated, given by the rules, and right."""
    sums: dict[str, tuple[int, int, int]] = {}
    for page, text in zip(pages, texts, strict=True):
        given = found(text)
        for kind in sorted(page.marked.keys() | given.keys()):
            truth, answer = page.marked.get(kind, Counter()), given.get(kind, Counter())
            before = sums.get(kind, (0, 0, 0))
            sums[kind] = (before[0] + truth.total(), before[1] + answer.total(), before[2] + (truth & answer).total())
    return sums


def show(sums: dict[str, tuple[int, int, int]]) -> None:
    """Print the table."""
    print(f"{'kind':<16}{'annotated':>10}{'given':>8}{'right':>8}{'precision':>11}{'recall':>8}")
    for kind, (annotated, given, right) in sums.items():
        precision = right / given if given else 1
        recall = right / annotated if annotated else 1
        print(f"{kind:<16}{annotated:>10}{given:>8}{right:>8}{precision:>11.3f}{recall:>8.3f}")


def errors(pages: list[Page], texts: list[str], kinds: list[str]) -> Iterator[str]:
    """What was missed and what is wrong on each page."""
    for page, text in zip(pages, texts, strict=True):
        given = found(text)
        for kind in kinds:
            truth, answer = page.marked.get(kind, Counter()), given.get(kind, Counter())
            for value in truth - answer:
                yield f"{page.name} {kind} missed: {value}"
            for value in answer - truth:
                yield f"{page.name} {kind} wrong:  {value}"


def main() -> None:
    """Print the table of all pages, and the errors of the kinds that are asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--errors", nargs="*", default=[], metavar="KIND", help="print the errors of these kinds")
    args = parser.parse_args()
    pages = [page for path in args.pages for page in read_pages(path)]
    texts = bodies(pages)
    print(f"{len(pages)} pages")
    show(scores(pages, texts))
    for line in errors(pages, texts, args.errors):
        print(line)


if __name__ == "__main__":
    main()

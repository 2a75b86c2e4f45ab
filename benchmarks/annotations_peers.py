"""Officers, persons and personal data on annotated pages: these rules beside underthesea and vipii.

    make .venv-bench-annotations/.ready
    .venv-bench-annotations/bin/python benchmarks/annotations_peers.py benchmarks/annotated/*.xml [--runs 3]

All get the same text, the record's. A name is right if it is the annotator's, letter for letter. Of numbers only the
digits are compared, so that words and separators around them do not count against a tool; email addresses without
regard to case. Rank, title and offsets are not compared. A tool that is not installed is left out.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from annotations import Page, bodies, read_pages

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.people import people
from corpus_vn_police.stages.annotate.personal import personal
from corpus_vn_police.stages.annotate.words import any_of

NAMES = ("officers", "all persons")
NUMBERS = ("phone", "id_number", "plate", "bank_account", "passport", "driving_licence", "birth_date")
KINDS = (*NAMES, *NUMBERS, "email")
_NO_DIGIT = re.compile("[^0-9]+")
_RANK = re.compile(rf"(?i:{any_of(lexicon('officers'), 'police rank', 'army rank')}) +")

Found = list[tuple[str, str]]
"""What is found in a text: kind of `KINDS`, and string."""


class Tool(NamedTuple):
    """A tool.

    Attributes:
        name: with its version.
        kinds: those that it looks for.
        find: what finds them in a text.
    """

    name: str
    kinds: tuple[str, ...]
    find: Callable[[str], Found]


class Score(NamedTuple):
    """How many values of a kind are annotated, given by a tool, and right."""

    annotated: int
    given: int
    right: int

    def __str__(self) -> str:
        precision = self.right / self.given if self.given else 1
        recall = self.right / self.annotated if self.annotated else 1
        return f"{_short(precision)} / {_short(recall)} ({self.right} of {self.given})"


def _short(ratio: float) -> str:
    """A ratio as the tables have it; 1 is said only of what is complete."""
    return "1" if ratio == 1 else f"{ratio:.2f}".removeprefix("0")


def ours(text: str) -> Found:
    """What these rules find; a person who is found twice counts once."""
    officers = people(text)
    data = personal(text, officers)
    names = {officer.name for officer in officers}
    persons = names | {each.place for each in data if each.kind == "private_person"}
    return [
        *(("officers", text[slice(*name)]) for name in names),
        *(("all persons", text[slice(*name)]) for name in persons),
        *((each.kind, text[slice(*each.place)]) for each in data if each.kind in KINDS),
    ]


def _persons(tagged: Callable[[str], Found], text: str) -> Found:
    """The persons among the entities, for each of `NAMES`."""
    return [(kind, words) for tag, words in tagged(text) if tag == "PER" for kind in NAMES]


def _any_entity(tagged: Callable[[str], Found], text: str) -> Found:
    """All entities, of whatever kind, without a rank in front."""
    return [(kind, _RANK.sub("", words, count=1)) for _, words in tagged(text) for kind in NAMES]


def _version(package: str) -> str | None:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return None


def tools() -> list[Tool]:
    """The tools that are installed, these rules first."""
    all_tools = [Tool("ours", KINDS, ours)]
    if name := _version("underthesea"):
        from peers.with_underthesea import tagged

        all_tools.append(Tool(f"{name}, `PER`", NAMES, lambda text: _persons(tagged, text)))
        all_tools.append(Tool("any entity, without its rank", NAMES, lambda text: _any_entity(tagged, text)))
    if name := _version("vipii"):
        from peers.with_vipii import detector

        kinds = (*NUMBERS, "email")
        all_tools.append(Tool(name, kinds, detector("underthesea", 0)))
        all_tools.append(Tool('`nlp_engine="regex"`', kinds, detector("regex", 0)))
        all_tools.append(Tool("`score_threshold=0.4`", kinds, detector("underthesea", 0.4)))
    return all_tools


def annotated(page: Page) -> dict[str, Counter[str]]:
    """What is marked in a page, by kind, as it is compared."""
    officers = [(name or "", count) for (_, name, *_), count in page.marked.get("people", Counter()).items()]
    private = [(name or "", count) for (name, *_), count in page.marked.get("private_person", Counter()).items()]
    values = [("officers", *each) for each in officers]
    values += [("all persons", *each) for each in (*officers, *private)]
    for kind in (*NUMBERS, "email"):
        values += [(kind, value[0] or "", count) for value, count in page.marked.get(kind, Counter()).items()]
    return compared((kind, words) for kind, words, count in values for _ in range(count))


def compared(found: Iterable[tuple[str, str]]) -> dict[str, Counter[str]]:
    """Strings in the form in which they are compared, by kind."""
    values: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for kind, words in found:
        values[kind][_NO_DIGIT.sub("", words) if kind in NUMBERS else words.lower() if kind == "email" else words] += 1
    return values


def scores(pages: list[Page], answers: list[Found]) -> dict[str, Score]:
    """The score of a tool's answers, by kind."""
    sums = {kind: Score(0, 0, 0) for kind in KINDS}
    for page, answer in zip(pages, answers, strict=True):
        truth, given = annotated(page), compared(answer)
        for kind, before in sums.items():
            more = (truth[kind].total(), given[kind].total(), (truth[kind] & given[kind]).total())
            sums[kind] = Score(*map(sum, zip(before, more, strict=True)))
    return sums


def timed(tool: Tool, texts: list[str], runs: int) -> tuple[list[Found], float]:
    """What a tool finds in each text, and its median of CPU seconds for a MB (10^6 bytes), with its models loaded."""
    tool.find(texts[0])
    size = sum(len(text.encode()) for text in texts) / 1e6
    answers: list[Found] = []
    spent = []
    for _ in range(runs):
        begin = time.process_time()
        answers = [tool.find(text) for text in texts]
        spent.append((time.process_time() - begin) / size)
    return answers, statistics.median(spent)


def table(pages: list[Page], results: list[tuple[Tool, list[Found], float]]) -> list[str]:
    """Precision / recall (right of given) of each tool, by kind; seconds of CPU for a MB at the end."""
    by_tool = [scores(pages, answers) for _, answers, _ in results]
    lines = [f"| | annotated | {' | '.join(tool.name for tool, *_ in results)} |", "|---|---:|" + "---|" * len(results)]
    for kind in KINDS:
        cells = [
            str(each[kind]) if kind in tool.kinds else "" for (tool, *_), each in zip(results, by_tool, strict=True)
        ]
        lines.append(f"| {kind} | {by_tool[0][kind].annotated} | {' | '.join(cells)} |")
    lines.append(f"| CPU s a MB | | {' | '.join(f'{cost:.2g}' for *_, cost in results)} |")
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=3, help="how often each tool is timed")
    args = parser.parse_args()
    pages = [page for path in args.pages for page in read_pages(path)]
    texts = bodies(pages)
    print(f"{len(pages)} pages, {sum(len(text.encode()) for text in texts):,} bytes of text")
    results = [(tool, *timed(tool, texts, args.runs)) for tool in tools()]
    print("\n".join(table(pages, results)))


if __name__ == "__main__":
    main()

"""Settings and figures -> the sentences of a card that need more logic than its template has."""

from __future__ import annotations

import re

from corpus_vn_police.config import Corpus
from corpus_vn_police.dataset.figures import Figures
from corpus_vn_police.documents.markdown import plain
from corpus_vn_police.text import counted

_LANGUAGES = {"vi": "Vietnamese", "en": "English", "fr": "French", "zh": "Chinese", "km": "Khmer", "lo": "Lao"}
_BIBTEX = re.compile(r"[\\{}$&#%_^~]")
_BIBTEX_SIGNS = {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"}
_NO_KEY = re.compile(r"[^A-Za-z0-9]+")


def language(code: str) -> str:
    """A language in words, or its code if it is not one of a few."""
    return _LANGUAGES.get(code, f"`{code}`")


def opening(corpus: Corpus, figures: Figures) -> str:
    """One sentence about the dataset: the number of records, their language, their time, and their splits."""
    names = [split.split for split in figures.splits]
    rule = "hash" if corpus.splits.strategy == "hash" else "date"
    splits = f"split by {rule} into {_listed(names)}" if len(names) > 1 else f"all in one split, {names[0]}"
    return f"{counted(figures.records, f'{language(corpus.language)} news article')}, {time_span(figures)}, {splits}."


def time_span(figures: Figures) -> str:
    """The months that the records cover, such as `2019-09 to 2021-05`; and how many records have no date."""
    if not figures.newest:
        return "undated"
    first = min(split.first for split in figures.splits if split.first)[:7]
    last = figures.newest[:7]
    undated = f" ({figures.undated:,} undated)" if figures.undated else ""
    return (first if first == last else f"{first} to {last}") + undated


def left_out(figures: Figures) -> str:
    """Why some source texts are not published, and how many, as Markdown."""
    status = figures.status
    parts = [
        f"{status['rejected']:,} rejected" if status["rejected"] else "",
        counted(status["duplicate"], "duplicate") if status["duplicate"] else "",
        counted(status["near_duplicate"], "near duplicate") if status["near_duplicate"] else "",
        f"{status['removed']:,} taken down" if status["removed"] else "",
    ]
    texts = counted(figures.seeds, "source text")
    if not any(parts):
        return f"none of {texts}"
    named = ", ".join(part for part in parts if part)
    return f"{figures.seeds - status['published']:,} of {texts}: {named} ([why](#data-collection-and-processing))"


def personal_data(corpus: Corpus, figures: Figures) -> str:
    """What was done about personal data: the words after "Personal data:" on the card."""
    if not corpus.finds_personal:
        return "nobody has looked for it"
    if corpus.privacy == "mask":
        return "what pattern rules found is masked, but the rules may miss some"
    if corpus.privacy == "drop":
        return "records in which pattern rules found some are left out, but the rules may miss some"
    if not figures.privacy:
        return "pattern rules found none, but the rules may miss some"
    return "pattern rules found some, and it is still in the texts; [which kinds](#personal-and-sensitive-information)"


def most_of(figures: Figures) -> str:
    """The year that more than half of the dated records are from, after a semicolon.

    Empty if there is no such year, or if all dated records are from one year.
    """
    dated = sum(figures.years.values())
    year, count = max(figures.years.items(), key=lambda pair: pair[1], default=("", 0))
    return f"; {count / dated:.0%} of the dated records are from {year}" if dated < 2 * count < 2 * dated else ""


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def licence(corpus: Corpus) -> str:
    """The licence as a sentence in Markdown."""
    link = f" ({plain(corpus.license_link)})" if corpus.license_link else ""
    if corpus.license != "other":
        return f"`{corpus.license}`{link}."
    if corpus.license_name:
        return f"`{corpus.license_name}`{link}, which is not a standard licence: read it before you use the texts."
    if link:
        return f"not a standard licence{link}: read it before you use the texts."
    return "not named. Ask before you use the texts."


def megabytes(size: int) -> str:
    """A number of bytes in MB (1,000,000 bytes), or in kB if it is small."""
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:,.1f} kB"


def bibtex(corpus: Corpus, figures: Figures, digest: str) -> str:
    """An entry for BibTeX, for a card whose keeper gives no citation.

    It has no year, because the year of publication is not known; the year of the newest record is not the same.
    """
    where = corpus.homepage or (f"hf://datasets/{corpus.repo}" if corpus.repo else None)
    fields = {
        "title": "{" + _escaped(corpus.title) + "}",
        "version": corpus.version,
        "howpublished": rf"\url{{{where}}}" if where else None,
        "note": f"Dataset, articles {time_span(figures)}, content digest {digest}",
    }
    key = _NO_KEY.sub("_", f"{corpus.name}_{corpus.version}").strip("_")
    lines = [f"  {name:<12} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def _escaped(text: str) -> str:
    return _BIBTEX.sub(lambda found: _BIBTEX_SIGNS.get(found[0], f"\\{found[0]}"), text)

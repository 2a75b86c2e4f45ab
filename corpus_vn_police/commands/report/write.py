"""A build, and its input if you give it -> the page, as one file."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from corpus_vn_police.commands.report.details import published_details, with_details
from corpus_vn_police.commands.report.faults import reason_of
from corpus_vn_police.commands.report.gathered import Gathered
from corpus_vn_police.commands.report.left_out import Shown, read_left_out
from corpus_vn_police.commands.report.page import render_page
from corpus_vn_police.commands.report.rows import Drawn, draw, ledger_pieces
from corpus_vn_police.dataset.folder import BuildFolder, open_build
from corpus_vn_police.dataset.rows import ledger_groups
from corpus_vn_police.dataset.tombstones import Tombstones
from corpus_vn_police.dedup.leaks import shared_ngrams
from corpus_vn_police.documents.opened import recorded_settings
from corpus_vn_police.engine.progress import Progress, silent
from corpus_vn_police.errors import ConfigError
from corpus_vn_police.files import write_whole
from corpus_vn_police.paths import Output
from corpus_vn_police.results import PathResult
from corpus_vn_police.stages.read import Source

MOST_TEXTS = 1_000
"""Records that are shown with their text, and as many seeds that were left out, at most."""

MOST_ROWS = 300_000
"""Rows of the ledger on a page: 300,000 take about 60 MB."""


@dataclass(frozen=True)
class PageOptions:
    """What a page is to show.

    Attributes:
        seeds: the input, for the texts of seeds that were left out; None leaves them out here as well.
        sample: texts of records, and of seeds that were left out, at most; 0 to 1,000.
        seed: another one draws other texts.
        rows: rows of the ledger at most.
        tombstones: what is not to be shown, beside what the build says was taken down.
        progress: told how many texts were gathered.
    """

    seeds: Source | None = None
    sample: int = MOST_TEXTS
    seed: int = 0
    rows: int = MOST_ROWS
    tombstones: Tombstones = field(default_factory=Tombstones)
    progress: Progress = silent

    def __post_init__(self) -> None:
        """Refuse a sample that no page should hold."""
        if not 0 <= self.sample <= MOST_TEXTS:
            raise ConfigError(f"sample = {self.sample} is not allowed", f"give 0 to {MOST_TEXTS:,}")


@dataclass(frozen=True, repr=False)
class Page(PathResult):
    """What was written.

    Attributes:
        path: the file, as it was given.
        bytes: its size.
        seeds: rows of the ledger of the build.
        rows: of these on the page.
        records: shown with their text.
        left_out: seeds that were left out and are shown with their text.
    """

    bytes: int
    seeds: int
    rows: int
    records: int
    left_out: int


def write_report(folder: Path, target: Output, options: PageOptions) -> Page:
    """Write the page of a build.

    Args:
        folder: the build.
        target: the file to write; it is written completely, or not changed.
        options: what is shown.

    Raises:
        ConfigError: `out` is inside the build, which is published as it is, or is a folder.
        OutputError: `folder` is not a build.
        DamagedError: the build cannot be read.
        InputError: `options.seeds` is missing or holds no seeds.
        OSError: the operating system failed to read or write.
    """
    out = target.path
    if out.is_relative_to(folder.resolve()):
        raise ConfigError(
            f"--out {out} is inside the build {folder}", "the page must not be published: give a file somewhere else"
        )
    if out.is_dir():
        raise ConfigError(f"--out {out} is a folder", "give a file, such as report.html")
    build = open_build(folder)
    with build.reading():
        figures, sharing = build.figures(), shared_ngrams(folder)
        hidden = _hidden(build, build.tombstones() | options.tombstones)
        drawn = draw(build, options.sample, options.seed, options.rows, hidden)
        gathered = Gathered(build, recorded_settings(build), drawn)
        texts = list(gathered.records())
        options.progress("texts", len(texts), None)
        left_out = _read_left_out(drawn, gathered, options)
        details = published_details(build, drawn.rows, hidden)
    rows = with_details(drawn.rows, details, (each for _, each in left_out))
    shown_with = {
        "seeds": options.seeds is not None,
        "seed": options.seed,
        "records": len(drawn.ids),
        "left_out": len(left_out),
        "rows": len(rows),
    }
    texts += [text for text, _ in left_out]
    data = _data(rows, texts, hidden, shown_with)
    page = render_page(build.manifest, figures, sharing, data, gathered.changes(), shown_with)
    write_whole(out, page, 0o600)  # it is for the keeper alone
    return Page(target.given, out.stat().st_size, figures.seeds, len(rows), len(drawn.ids), len(left_out))


def _hidden(build: BuildFolder, tombstones: Tombstones) -> frozenset[str]:
    """The ids of what is not to be shown: what was taken down, by its id or by its bytes."""
    if not tombstones:
        return frozenset()
    found = (frame["id"].filter(tombstones.holds(*frame)) for frame in ledger_groups(build.path, "id", "sha256"))
    return frozenset(itertools.chain.from_iterable(found))


def _read_left_out(drawn: Drawn, gathered: Gathered, options: PageOptions) -> list[Shown]:
    """The seeds that were left out and are on the page; none without the input."""
    if options.seeds is None:
        return []
    found = list(read_left_out(drawn.left_out, options.seeds, gathered.corpus, gathered.bodies))
    options.progress("texts", len(found), None)
    return found


def _data(
    rows: pl.DataFrame, texts: list[dict[str, Any]], hidden: frozenset[str], shown_with: dict[str, Any]
) -> Iterator[str]:
    """What the page's script reads, as JSON in pieces."""
    of_hidden = pl.any_horizontal(pl.col("id", "duplicate_of").is_in(list(hidden)).fill_null(False))
    codes = rows["reason"].drop_nulls().unique().sort()
    rest = {
        "texts": texts,
        "hidden": rows.filter(of_hidden)["row"].to_list(),
        "reasons": {code: [reason_of(code).meaning, reason_of(code).remedy] for code in codes},
        **shown_with,
    }
    yield '{"ledger":'
    yield from ledger_pieces(rows)
    yield f",{json.dumps(rest, ensure_ascii=False, separators=(',', ':'))[1:]}"

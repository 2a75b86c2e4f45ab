"""A build, and its input if you give it -> the page, as one file."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from corpus_vn_police.commands.report.again import as_seeds, read_again
from corpus_vn_police.commands.report.changes import Corrections, Pair
from corpus_vn_police.commands.report.page import render_page
from corpus_vn_police.commands.report.rows import COPIES, Drawn, draw, ledger_pieces
from corpus_vn_police.commands.report.shown import cut, decoded, named, shown, shown_line
from corpus_vn_police.commands.report.sides import compare_texts
from corpus_vn_police.commands.report.texts import FIELDS, Apart, annotation_spans, record_units, take_apart
from corpus_vn_police.config import Corpus
from corpus_vn_police.dataset.folder import BuildFolder, open_build
from corpus_vn_police.dataset.rows import ledger_groups
from corpus_vn_police.dataset.tombstones import Tombstones
from corpus_vn_police.dedup.leaks import shared_ngrams
from corpus_vn_police.documents.opened import recorded_settings
from corpus_vn_police.engine.progress import Progress, silent
from corpus_vn_police.errors import ConfigError, DamagedError
from corpus_vn_police.files import write_whole
from corpus_vn_police.paths import Output
from corpus_vn_police.results import PathResult
from corpus_vn_police.stages.read import Source
from corpus_vn_police.text import nfc

MOST_TEXTS = 1_000
"""Records that are shown with their text, and as many seeds that were left out, at most."""

MOST_ROWS = 300_000
"""Rows of the ledger on a page: 300,000 take about 30 MB."""

_PAIRS = 40  # kinds of changes that are listed of one text
_LONGEST_VALUE = 500  # code points of a field's value that are shown


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
        gathered = _Gathered(build, recorded_settings(build), drawn, options)
        texts = [*gathered.records(), *gathered.left_out()]
    shown_with = {
        "seeds": options.seeds is not None,
        "seed": options.seed,
        "records": len(drawn.ids),
        "left_out": len(texts) - len(drawn.ids),
        "rows": len(drawn.rows),
    }
    rest = json.dumps({"texts": texts, "seeds": options.seeds is not None}, ensure_ascii=False, separators=(",", ":"))
    data = itertools.chain(['{"ledger":'], ledger_pieces(drawn.rows), [f",{rest[1:]}"])
    page = render_page(build.manifest, figures, sharing, data, gathered.changes(), shown_with)
    write_whole(out, page, 0o600)  # it is for the keeper alone
    return Page(
        target.given, out.stat().st_size, figures.seeds, *(shown_with[name] for name in ("rows", "records", "left_out"))
    )


def _hidden(build: BuildFolder, tombstones: Tombstones) -> frozenset[str]:
    """The ids of what is not to be shown: what was taken down, by its id or by its bytes."""
    if not tombstones:
        return frozenset()
    found = (frame["id"].filter(tombstones.holds(*frame)) for frame in ledger_groups(build.path, "id", "sha256"))
    return frozenset(itertools.chain.from_iterable(found))


class _Gathered:
    """The texts of a page, and what normalisation did to them all together."""

    def __init__(self, build: BuildFolder, corpus: Corpus, drawn: Drawn, options: PageOptions) -> None:
        self.build, self.corpus, self.drawn, self.options = build, corpus, drawn, options
        self.records_in_all = len(build.rows())
        self.counts: Counter[Pair] = Counter()
        self.texts_with: Counter[Pair] = Counter()
        self.bodies: dict[str, str] = {}  # of the records that are shown

    def records(self) -> Iterator[dict[str, Any]]:
        """The records that were drawn, in the order of the build."""
        published = self.drawn.rows.filter(pl.col("status") == "published")
        rows = dict(published.select("id", "row").iter_rows())
        records = self._config("default")
        if missing := [record["id"] for record in records if record["id"] not in rows]:
            raise DamagedError.of(self.build.path, f"the ledger has no row of {missing[0]}")
        spans = {row["id"]: annotation_spans(row) for row in self._config("annotations")}
        sources = {row["id"]: row for row in self._config("sources")}
        at_hand = [record for record in records if record["id"] in sources]
        seeds = as_seeds(
            [record["source"]["path"] for record in at_hand],
            [sources[record["id"]]["data"] for record in at_hand],
            self.corpus,
        )
        apart = dict(zip((record["id"] for record in at_hand), take_apart(seeds, self.corpus), strict=True))
        for record in records:
            self.bodies[record["id"]] = record["text"]
            yield self._record(record, rows[record["id"]], apart.get(record["id"]), spans.get(record["id"], []))
        self.options.progress("texts", len(records), None)

    def _config(self, config: str) -> list[dict[str, Any]]:
        """The rows of a config for the records that were drawn."""
        published = self.build.rows(config)
        if not len(published):
            return []
        if len(published) != self.records_in_all:
            raise DamagedError.of(self.build.path, f"{config} and the records have different rows")
        columns = published.contract.schema.names
        rows = [row for frame in published.rows(self.drawn.places, *columns) for row in frame.to_dicts()]
        if tuple(row["id"] for row in rows) != self.drawn.ids:
            raise DamagedError.of(self.build.path, f"{config} and the records have different rows")
        return rows

    def _record(self, record: dict[str, Any], row: int, apart: Apart | None, spans: list[list[Any]]) -> dict[str, Any]:
        units, more, note = record_units(record, apart, spans)
        named = (*FIELDS, *self.corpus.own)
        fields = [[name, _shortened(_value(record[name]))] for name in named if record[name] not in (None, [], False)]
        return {
            "row": row,
            "title": shown_line(record["title"] or ""),
            "fields": fields,
            "units": units,
            "more": more,
            "note": note,
            **self._changes(apart.changes if apart else None),
        }

    def _changes(self, changes: Corrections | None) -> dict[str, Any]:
        if changes is None:
            return {"changes": None}
        self.counts.update(changes.counts)
        self.texts_with.update(changes.counts.keys())
        most = changes.counts.most_common(_PAIRS)
        return {
            "changes": [[_named(pair[0]), _named(pair[1]), count] for pair, count in most],
            "kinds": len(changes.counts),
            "lines": changes.lines,
            "more_lines": changes.more,
            "untold": changes.untold,
        }

    def changes(self) -> dict[str, list[dict[str, Any]]]:
        """Each change of all records that are shown: the `composed` letters, and the `others`.

        Each has `before`, `after`, `times` and the number of `texts`; the most frequent comes first.
        """
        found: dict[str, list[dict[str, Any]]] = {"composed": [], "others": []}
        for pair, count in sorted(self.counts.items(), key=lambda item: (-item[1], item[0])):
            kind = "composed" if nfc(pair[0]) == pair[1] else "others"
            sides = {"before": _named(pair[0]), "after": _named(pair[1])}
            found[kind].append({**sides, "times": count, "texts": self.texts_with[pair]})
        return found

    def left_out(self) -> Iterator[dict[str, Any]]:
        """Seeds that were left out, read again from the input."""
        if self.options.seeds is None:
            return
        wanted = self.drawn.left_out.filter(pl.col("sha256").is_not_null())
        found = read_again(self.options.seeds, dict(wanted.select("path", "sha256").iter_rows()), self.corpus)
        there = {row["path"]: row for row in found.iter_rows(named=True)}
        copies = wanted.filter(pl.col("status").is_in(COPIES) & pl.col("path").is_in(list(there)))
        frame = found.join(copies.select("path"), on="path", how="semi")
        apart = dict(zip(frame["path"], take_apart(frame, self.corpus), strict=True))
        for row in self.drawn.left_out.iter_rows(named=True):
            yield self._left_out(row, there.get(row["path"]), apart.get(row["path"]))
        self.options.progress("texts", len(self.drawn.left_out), None)

    def _left_out(self, row: dict[str, Any], seed: dict[str, Any] | None, apart: Apart | None) -> dict[str, Any]:
        text: dict[str, Any] = {"row": row["row"]}
        if seed is None:
            return text | {"note": "The input no longer has this seed, or not with these bytes."}
        if apart is not None and (stayed := self.bodies.get(row["duplicate_of"])) is not None:
            sides, over = compare_texts(stayed, apart.body)
            return text | {"sides": sides, "over": over}
        if apart is not None:
            piece, more = cut(apart.body)
            note = "The record that stayed is not among the texts of this page."
            return text | {"raw": [["=", shown(piece)]], "more": more, "note": note}
        if not seed["data"]:
            return text | {"note": "Its bytes were not read; the ledger says why."}
        raw, more = decoded(seed["body"] or seed["data"])
        return text | {"raw": raw, "more": more}


def _named(piece: str) -> str:
    """The code points of a changed piece, of a long one the first."""
    return named(piece[:8]) + (f" and {len(piece) - 8:,} more" if len(piece) > 8 else "")


def _shortened(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}… ({len(value):,} characters)"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return shown_line(", ".join(f"{name} {number}" for name, number in value.items()))
    if isinstance(value, list):
        return shown_line(", ".join(map(str, value)))
    if isinstance(value, float):
        return f"{value:.3f}"
    return shown_line(str(value)) if not isinstance(value, bool) else "yes"

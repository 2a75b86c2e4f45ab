"""The records of a page: their texts, fields and annotations, and what normalisation changed in all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import polars as pl

from corpus_vn_police.commands.report.again import as_seeds
from corpus_vn_police.commands.report.changes import Corrections, Pair
from corpus_vn_police.commands.report.rows import Drawn
from corpus_vn_police.commands.report.shown import named, shown_line
from corpus_vn_police.commands.report.texts import FIELDS, Apart, annotation_spans, record_units, take_apart
from corpus_vn_police.config import Corpus
from corpus_vn_police.dataset.folder import BuildFolder
from corpus_vn_police.errors import DamagedError
from corpus_vn_police.text import nfc

_PAIRS = 40  # kinds of changes that are listed of one text
_LONGEST_VALUE = 500  # code points of a field's value that are shown


class Gathered:
    """The texts of records, and what normalisation did to them all together.

    Attributes:
        bodies: the texts of the records that `records` has given, by id.
    """

    def __init__(self, build: BuildFolder, corpus: Corpus, drawn: Drawn) -> None:
        self.build, self.corpus, self.drawn = build, corpus, drawn
        self.records_in_all = len(build.rows())
        self.counts: Counter[Pair] = Counter()
        self.texts_with: Counter[Pair] = Counter()
        self.bodies: dict[str, str] = {}

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
        values = {**{name: record[name] for name in (*FIELDS, *self.corpus.own)}, "key": record["source"]["key"]}
        fields = [[name, _shortened(_value(each))] for name, each in values.items() if each not in (None, [], False)]
        return {
            "row": row,
            "title": shown_line(record["title"] or ""),
            "url": shown_line(record["source"]["url"] or ""),
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

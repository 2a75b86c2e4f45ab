"""The figures of a build as tables, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from corpus_vn_police.cli.show import print_table
from corpus_vn_police.cli.words import percent
from corpus_vn_police.commands.diff import Difference
from corpus_vn_police.dataset.figures import Figures
from corpus_vn_police.dedup.leaks import NGRAM, Sharing
from corpus_vn_police.ids import Ids

_NAMED = 3  # records of each pair of splits


def print_figures(title: str, figures: Figures) -> None:
    """The splits, the ledger, the reasons of rejections, what is annotated, and kinds of personal data."""
    rows: list[list[Any]] = [
        [each.split, each.records, each.undated, each.first or "–", each.last or "–", each.paragraphs, each.syllables]
        for each in figures.splits
    ]
    print_table(title, ["split", "records", "undated", "first", "last", "paragraphs", "syllables"], rows)
    tables = {
        "ledger": ("status", "seeds", {**figures.status, "all": figures.seeds}),
        "rejected": ("reason", "seeds", figures.reasons),
        "annotations": ("list", "spans", figures.spans),
        "personal data": ("kind", "records", figures.privacy),
    }
    for name, (column, count, counts) in tables.items():
        if counts:
            print()
            print_table(name, [column, count], [list(pair) for pair in counts.items()])


def print_sharing(sharing: Sequence[Sharing]) -> None:
    """What each later split shares with each earlier one, and the records that share the most."""
    if not sharing:
        return
    print()
    print_table(
        f"what a split shares with an earlier one, in {NGRAM}-grams of syllables",
        ["split", "earlier split", f"{NGRAM}-grams", "shared", "share"],
        [[each.split, each.earlier, each.ngrams, each.shared, percent(each.shared, each.ngrams)] for each in sharing],
    )
    rows = [
        [record.id, each.split, percent(record.shared, record.ngrams), record.like, each.earlier]
        for each in sharing
        for record in each.records[:_NAMED]
    ]
    if rows:
        print()
        columns = ["record", "in split", "share", "with record", "in split"]
        print_table("records that share the most with an earlier split", columns, rows)


def print_difference(found: Difference) -> None:
    """How many records differ, the first ids of each kind, and in which fields and splits."""
    kinds = {name: getattr(found, name) for name in ("added", "removed", "changed", "moved")}
    print_table(
        "records", ["", "records", "first ids"], [[name, len(ids), _first(ids, 3)] for name, ids in kinds.items()]
    )
    fields = [[name, len(ids), _first(ids, 2)] for name, ids in found.by_field().items()]
    moves = [[f"{old} -> {new}", len(ids), _first(ids, 2)] for (old, new), ids in found.by_move().items()]
    for column, rows in (("field", fields), ("from -> to", moves)):
        if rows:
            print()
            print_table("changed" if column == "field" else "moved", [column, "records", "first ids"], rows)


def _first(ids: Ids, most: int) -> str:
    return " ".join(ids[:most])

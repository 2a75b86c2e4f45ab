"""Rows of the ledger, for people: those of which the same is said are one line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

_SAID = ("status", "reason", "pointer", "detail")
_WORDS = {"near_duplicate": "near duplicate"}
_OF_ONE = ("path", "id", "duplicate_of", "similarity")


@dataclass
class _Fold:
    """How many rows there are, and what is said of the first one alone."""

    first: dict[str, Any]
    rows: int = 0


@dataclass
class Folded:
    """Rows gathered by what is said of them; in the order in which it is first said."""

    folds: dict[tuple[str | None, ...], _Fold] = field(default_factory=dict)

    def add(self, rows: pl.DataFrame) -> None:
        """Gather some rows of the ledger."""
        groups = rows.group_by(_SAID, maintain_order=True).agg(pl.col(_OF_ONE).first(), pl.len().alias("rows"))
        for group in groups.iter_rows(named=True):
            said = tuple(group[name] for name in _SAID)
            self.folds.setdefault(said, _Fold(group)).rows += group["rows"]

    def lines(self) -> Iterator[str]:
        """A line of what is said; if of several rows, with their number and the first one as an example."""
        for (status, reason, pointer, detail), fold in self.folds.items():
            row = fold.first
            which, what, of = row["path"] or row["id"], reason or _WORDS.get(status or "", status), ""
            if pointer:
                what = f"{what} {pointer}"
            if row["duplicate_of"]:
                of = f" of {row['duplicate_of']} ({row['similarity']:.2f})"
            said = f": {detail}" if detail else ""
            if fold.rows == 1:
                yield f"{which}: {what}{of}{said}"
            else:
                yield f"{fold.rows:,} seeds: {what}{said}; for example {which}{of}"

"""The ledger's rows for a page, and which of them are shown with their text."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police.commands.report.shown import shown_line
from corpus_vn_police.dataset.figures import STATUSES
from corpus_vn_police.dataset.folder import BuildFolder
from corpus_vn_police.dataset.layout import LEDGER
from corpus_vn_police.errors import DamagedError

COPIES = ("near_duplicate", "duplicate")
"""The statuses of seeds that were left out for a record that is published."""


def drawn_by(seed: int, name: str) -> bytes:
    """What a name is drawn by: sha256 of seed and name; the lowest are drawn."""
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()


@dataclass(frozen=True)
class Drawn:
    """What is shown with its text.

    Attributes:
        rows: the ledger's rows that are on the page, in its order, with `row` (their place on the page).
        left_out: those of them that were left out and are shown with their text.
        places: the places of the records that are, sorted (see `Published`).
        ids: their ids.
    """

    rows: pl.DataFrame
    left_out: pl.DataFrame
    places: npt.NDArray[np.int64]
    ids: tuple[str, ...]


def draw(build: BuildFolder, sample: int, seed: int, most: int, hidden: frozenset[str]) -> Drawn:
    """Choose the rows and texts of a page.

    At most `sample` seeds that were left out are drawn: half are rejected seeds, one reason after another; the
    others are copies, near duplicates first. At most `sample` records are drawn by hash as well; up to half of
    them are the records that belong to these copies.

    Args:
        build: the build.
        sample: how many texts of each kind at most.
        seed: another number draws other texts.
        most: how many ledger rows at most; seeds that were left out come before records.
        hidden: ids whose text must not be shown; neither must the text of their copies.

    Raises:
        DamagedError: the ledger has an unknown status.
    """
    ledger = build.ledger().with_row_index("place")
    left = ledger.filter(pl.col("status") != "published").head(max(0, most - sample)).collect(engine="streaming")
    # A copy of what was taken down says the same.
    kept_away = pl.any_horizontal(pl.col("id", "duplicate_of").is_in(list(hidden)).fill_null(False))
    left_out = _draw_left_out(left.filter(~kept_away), sample, seed)
    if unknown := set(left["status"]) - set(STATUSES):
        raise DamagedError.of(build.path, f"{LEDGER}: the status {min(unknown)!r}")
    ids = pl.concat([batch["id"] for batch in build.rows().batches("id")])
    places = _draw_records(ids, set(left_out["duplicate_of"].drop_nulls()), sample, seed, hidden)
    chosen = ids.gather(places)
    records = ledger.filter(pl.col("status") == "published")
    named = records.filter(pl.col("id").is_in(chosen.implode())).collect(engine="streaming")
    others = records.filter(~pl.col("id").is_in(chosen.implode())).head(max(0, most - len(left) - len(named)))
    rows = pl.concat([left, named, others.collect(engine="streaming")]).sort("place").with_row_index("row")
    left_out = left_out.select("place").join(rows, on="place", how="inner", maintain_order="left")
    return Drawn(rows, left_out, places, tuple(chosen))


def _draw_left_out(left: pl.DataFrame, sample: int, seed: int) -> pl.DataFrame:
    left = left.filter(pl.col("path").is_not_null())
    key = pl.Series("key", [drawn_by(seed, path) for path in left["path"]], pl.Binary)
    left = left.with_columns(key).sort("key").with_columns(pl.int_range(pl.len()).over("reason").alias("turn"))
    rejected = left.filter(pl.col("status") == "rejected").sort("turn", "key")
    rank = pl.col("status").replace_strict({name: place for place, name in enumerate(COPIES)}, default=len(COPIES))
    copies = left.filter(pl.col("status").is_in(COPIES)).sort(rank, "key")
    half = sample // 2
    copies = copies.head(max(half, sample - len(rejected)))
    return pl.concat([copies, rejected.head(sample - len(copies))]).drop("key", "turn")


def _draw_records(
    ids: pl.Series, kept: set[str], sample: int, seed: int, hidden: frozenset[str]
) -> npt.NDArray[np.int64]:
    def lowest(number: int, wanted: Callable[[str], bool]) -> Iterable[int]:
        keyed = ((drawn_by(seed, name), place) for place, name in enumerate(ids) if wanted(name))
        return (place for _, place in heapq.nsmallest(number, keyed))

    first = list(lowest(sample // 2, lambda name: name in kept and name not in hidden))
    taken = set(first)
    there = {ids[place] for place in first}
    more = lowest(sample - len(taken), lambda name: name not in there and name not in hidden)
    return np.array(sorted([*first, *more]), np.int64)


def ledger_columns(rows: pl.DataFrame) -> dict[str, Any]:
    """The ledger's rows as the page's script reads them: one list per column, with numbers for repeated values.

    Args:
        rows: as `Drawn.rows`.
    """
    return {
        "path": [shown_line(path or "") for path in rows["path"]],
        "id": [shown_line(name or "") for name in rows["id"]],
        "bytes": rows["bytes"].fill_null(-1).to_list(),
        "status": _numbered(rows["status"], list(STATUSES)),
        "reason": _numbered(rows["reason"]),
        "why": _numbered(
            pl.select(pl.concat_str(rows["pointer"], rows["detail"], separator=": ", ignore_nulls=True)).to_series()
        ),
        "like": {
            str(row): shown_line(name) for row, name in rows.select("row", "duplicate_of").drop_nulls().iter_rows()
        },
        "similarity": {
            str(row): round(share, 4) for row, share in rows.select("row", "similarity").drop_nulls().iter_rows()
        },
    }


def _numbered(column: pl.Series, names: list[str] | None = None) -> dict[str, Any]:
    """A column as its distinct values and a number a row; -1 is null."""
    values = names or column.drop_nulls().unique().sort().to_list()
    numbers = {name: place for place, name in enumerate(values)}
    return {
        "names": [shown_line(name) for name in values],
        "rows": [-1 if name is None else numbers[name] for name in column],
    }

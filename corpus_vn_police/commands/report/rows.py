"""The ledger's rows for a page, and which of them are shown with their text."""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police.commands.report.details import natural_key, shortened_title
from corpus_vn_police.commands.report.shown import shown_line
from corpus_vn_police.dataset.figures import STATUSES
from corpus_vn_police.dataset.folder import BuildFolder
from corpus_vn_police.dataset.layout import LEDGER
from corpus_vn_police.dataset.rows import ledger_rows
from corpus_vn_police.engine.local import give_back_memory
from corpus_vn_police.errors import DamagedError
from corpus_vn_police.stages.split import SPLITS

_SHOWN = ("path", "bytes", "id", "status", "reason", "pointer", "detail", "duplicate_of", "similarity")
_AT_ONCE = 10_000  # rows of the page that are written at once

COPIES = ("near_duplicate", "duplicate")
"""The statuses of seeds that were left out for a record that is published."""


def drawn_by(seed: int, name: str) -> bytes:
    """What a name is drawn by: sha256 of seed and name; the lowest are drawn."""
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()


@dataclass(frozen=True)
class Drawn:
    """What is shown with its text.

    Attributes:
        rows: the ledger's rows that are on the page, in natural order, with `row` (their place on the page); those
            without a path come last.
        left_out: those of them that were left out and are shown with their text, with their `sha256`.
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
    left = ledger_rows(build.path, pl.col("status") != "published", _SHOWN, max(0, most - sample))
    # A copy of what was taken down says the same.
    kept_away = pl.any_horizontal(pl.col("id", "duplicate_of").is_in(list(hidden)).fill_null(False))
    left_out = _draw_left_out(left.filter(~kept_away), sample, seed)
    if unknown := set(left["status"].unique()) - set(STATUSES):
        raise DamagedError.of(build.path, f"{LEDGER}: the status {min(unknown)!r}")
    places, ids = _draw_records(build, set(left_out["duplicate_of"].drop_nulls()), sample, seed, hidden)
    is_named = pl.col("id").is_in(list(ids))
    named = ledger_rows(build.path, (pl.col("status") == "published") & is_named, _SHOWN)
    few = max(0, most - len(left) - len(named))
    others = ledger_rows(build.path, (pl.col("status") == "published") & ~is_named, _SHOWN, few)
    give_back_memory()
    rows = _in_natural_order(pl.concat([left, named, others]))
    left_out = left_out.select("place").join(rows, on="place", how="inner", maintain_order="left")
    bytes_of = ledger_rows(build.path, pl.col("place").is_in(left_out["place"].to_list()), ["sha256"])
    return Drawn(rows, left_out.join(bytes_of, on="place", how="left", maintain_order="left"), places, ids)


def _in_natural_order(rows: pl.DataFrame) -> pl.DataFrame:
    key = pl.Series("key", [None if path is None else natural_key(path) for path in rows["path"]], pl.String)
    return rows.with_columns(key).sort("key", "place", nulls_last=True).drop("key").with_row_index("row")


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
    build: BuildFolder, kept: set[str], sample: int, seed: int, hidden: frozenset[str]
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """The records that are drawn, at most half of them for copies: their places and ids, by place."""

    def drawn() -> Iterator[tuple[bytes, int, str]]:
        place = 0
        for frame in build.rows().by_group("id"):
            for name in frame["id"]:
                if name not in hidden:
                    yield drawn_by(seed, name), place, name
                place += 1

    first = heapq.nsmallest(sample // 2, (each for each in drawn() if each[2] in kept)) if kept else []
    there = {name for _, _, name in first}
    more = heapq.nsmallest(sample - len(first), (each for each in drawn() if each[2] not in there))
    chosen = sorted((place, name) for _, place, name in (*first, *more))
    return np.array([place for place, _ in chosen], np.int64), tuple(name for _, name in chosen)


def ledger_pieces(rows: pl.DataFrame) -> Iterator[str]:
    """The ledger's rows as the page's script reads them: one list per column, with numbers for repeated values.

    Args:
        rows: as `Drawn.rows`, with the columns of `details.DETAILS`.

    Returns:
        JSON in pieces.
    """
    why = pl.concat_str("pointer", "detail", separator=": ", ignore_nulls=True)
    yield from _list('{"path":', rows["path"].fill_null(""), shown_line)
    yield from _list(',"id":', rows["id"].fill_null(""), shown_line)
    yield from _list(',"bytes":', rows["bytes"].fill_null(-1))
    yield from _numbered(',"status":', rows["status"], list(STATUSES))
    yield from _numbered(',"reason":', rows["reason"])
    yield from _numbered(',"why":', rows.select(why).to_series())
    yield from _list(',"title":', rows["title"].fill_null(""), lambda title: shown_line(shortened_title(title)))
    for name in ("date", "split", "publisher", "privacy"):
        yield from _numbered(f',"{name}":', rows[name], list(SPLITS) if name == "split" else None)
    yield from _object(',"like":', rows.select("row", "duplicate_of"), shown_line)
    yield from _object(',"similarity":', rows.select("row", "similarity"), lambda share: round(share, 4))
    yield "}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _list(opening: str, column: pl.Series, form: Callable[[Any], Any] = lambda value: value) -> Iterator[str]:
    """A column as a list."""
    yield opening + "["
    for start in range(0, len(column), _AT_ONCE):
        yield ("," if start else "") + _json([form(value) for value in column[start : start + _AT_ONCE]])[1:-1]
    yield "]"


def _object(opening: str, rows: pl.DataFrame, form: Callable[[Any], Any]) -> Iterator[str]:
    """A column as an object with the numbers of its rows; without those that are null."""
    yield opening + "{"
    found = rows.drop_nulls()
    for start in range(0, len(found), _AT_ONCE):
        some = {str(row): form(value) for row, value in found[start : start + _AT_ONCE].iter_rows()}
        yield ("," if start else "") + _json(some)[1:-1]
    yield "}"


def _numbered(opening: str, column: pl.Series, names: list[str] | None = None) -> Iterator[str]:
    """A column as its distinct values and a number per row; -1 is null."""
    values = names or column.drop_nulls().unique().sort().to_list()
    numbers = {name: place for place, name in enumerate(values)}
    yield from _list(opening + '{"names":', pl.Series(values, dtype=pl.String), shown_line)
    yield from _list(',"rows":', column, lambda name: -1 if name is None else numbers[name])
    yield "}"

"""Leading `# key = value` lines of a text: its own fields, and keys that nothing reads."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from corpus_vn_police.contract.own_values import OwnFields
from corpus_vn_police.periods import is_like_date
from corpus_vn_police.reasons import HEADER_CONTRADICTION, broken_keyword
from corpus_vn_police.stages.batch import OWN

_KEY_LINE = r"# *[^\s=#][^=\n]{0,60}=[^\n]*"
_KEY_LINES = rf"^\s*(?:{_KEY_LINE}(?:\n+|$))+"
_ONE = re.compile(r"# *([^\s=#][^=\n]{0,60}?) *=([^\n]*)")


def take_key_lines(batch: pl.DataFrame, own: OwnFields) -> pl.DataFrame:
    """Take leading `# key = value` lines out of the texts.

    Args:
        batch: reads and writes `text` (clean), `unused`, `unused_dates`, `reason`, `pointer`, `detail`, and `own` if
            there are own fields.
        own: the own fields. A value that the row already gave is not changed.

    Returns:
        The same rows in the same order. A value that its column cannot hold is the text's `reason`.
    """
    begins = batch["text"].str.contains(r"^\s*#").fill_null(False)
    if not begins.any():
        return batch
    rows = begins.arg_true()
    lines = batch["text"].gather(rows).str.extract(f"({_KEY_LINES})", 1)
    rows, lines = rows.filter(lines.is_not_null()), lines.drop_nulls()
    names = [name for name in ("unused", "unused_dates", "reason", "pointer", "detail", OWN) if name in batch.columns]
    taken = [_taken(row, text, own) for row, text in zip(batch[rows].select(names).to_dicts(), lines, strict=True)]
    changed = pl.DataFrame(taken, batch.select(names).schema) if taken else batch.select(names).clear()
    text = pl.col("text")
    return batch.with_columns(
        pl.when(begins).then(text.str.replace(_KEY_LINES, "")).otherwise(text),
        *(_with_rows(batch[name], rows, changed[name]) for name in names),
    )


def key_lines_of(text: str) -> str:
    """The leading `# key = value` lines of a clean text; empty if it has none."""
    return pl.Series([text]).str.extract(f"({_KEY_LINES})", 1)[0] or ""


def find_key_line(text: str, name: str) -> str:
    """The leading line of a clean text that has this key; empty if none has."""
    lines = _ONE.finditer(key_lines_of(text))
    return next((match.group() for match in lines if match[1].strip() == name), "")


def _with_rows(column: pl.Series, rows: pl.Series, values: pl.Series) -> pl.Series:
    """The column with new values in some rows; Polars' `scatter` supports neither lists nor structs."""
    numbers = pl.DataFrame({"row": rows.cast(pl.UInt32), "at": pl.int_range(len(rows), dtype=pl.UInt32, eager=True)})
    every = pl.DataFrame({"row": pl.int_range(len(column), dtype=pl.UInt32, eager=True)})
    places = every.join(numbers, on="row", how="left", maintain_order="left")["at"]
    joined = pl.concat([column, values])
    own_place = every["row"]
    return joined.gather((places + len(column)).fill_null(own_place)).alias(column.name)


def _taken(row: dict[str, Any], lines: str, own: OwnFields) -> dict[str, Any]:
    """The values of a text's row after its `# key = value` lines are read."""
    said = [(match[1].strip(), match[2].strip()) for match in _ONE.finditer(lines)]
    given = dict(said)
    mine = row.get(OWN) or {}
    values, below, unfit = own.taken(own.from_texts({name: given[name] for name in given if name in own.properties}))
    twice = _contradicted(said, mine, values, own)
    others = [name for name in given if name not in own.properties]
    dates = [f"# {name}" for name in others if is_like_date(given[name])]
    found = {
        **row,
        "unused": [*(row["unused"] or ()), *others, *below] or None,
        "unused_dates": [*(row["unused_dates"] or ()), *dates] or None,
    }
    if own.properties:
        found[OWN] = {name: values.get(name) if mine.get(name) is None else mine[name] for name in own.properties}
    if row["reason"] is None and unfit is not None:
        found |= {"reason": broken_keyword(unfit.keyword), "pointer": unfit.pointer, "detail": unfit.detail}
    elif row["reason"] is None and twice is not None:
        detail = "a line `# key = value` gives another value"
        found |= {"reason": HEADER_CONTRADICTION.code, "pointer": f"/{twice}", "detail": detail}
    return found


def _contradicted(
    said: list[tuple[str, str]], mine: dict[str, Any], values: dict[str, Any], own: OwnFields
) -> str | None:
    """The first own field with different values in several lines, or in a line and the row."""
    first: dict[str, str] = {}
    for name, value in said:
        if name in own.properties and first.setdefault(name, value) != value:
            return name
    known = (name for name in values if mine.get(name) is not None and values[name] is not None)
    return next((name for name in known if mine[name] != values[name]), None)

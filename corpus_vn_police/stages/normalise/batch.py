"""Batches of raw bytes -> clean texts, in an order that loses nothing.

The steps: first strict UTF-8, then the check for damage and legacy encodings (`damage`, `legacy`), and only then
cleaning (`clean`). Cleaning first would lose information: in UTF-8 that was read as windows-1252, an `à` contains a
no-break space, and in TCVN3 the soft hyphen is the letter ư. Cleaning does not change Vietnamese: quotes, dashes,
ellipses, full-width letters, i/y and the style of the tone mark stay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from corpus_vn_police.config import Text
from corpus_vn_police.reasons import Reason
from corpus_vn_police.stages.normalise.clean import UNCLEAN, clean, holding
from corpus_vn_police.stages.normalise.damage import SUSPECT, Diagnosis, diagnose, diagnose_bytes, read_beside, restore
from corpus_vn_police.syllables import in_style

# One search finds the texts (1 in 100) that need any further search, because each search costs 4 % of the spine's CPU.
_ODD = f"(?:{SUSPECT})|{UNCLEAN}"
_NO_TEXT = pl.Series([None], dtype=pl.String)


def normalise_batch(batch: pl.DataFrame, text: Text) -> pl.DataFrame:
    """Decode and clean the texts and titles of a batch of seeds.

    Args:
        batch: reads `body` (binary), `title`, `publisher`, `reason`, `pointer`, `detail`.
        text: whether damaged texts are repaired, and the style of the tone mark.

    Returns:
        The same rows in the same order, with `text` (string; null if there is a reason) in place of `body`, and
        `title` clean. The other fields of a row whose text was not UTF-8 are read in the encoding of the text. A
        damaged text or title gets the `reason` for its damage; with `text.repair`, it is restored if that is possible
        exactly, and `detail` says so.
    """
    batch = batch.with_columns(decode(batch["body"]))
    broken = (batch["text"].is_null() | batch["text"].str.contains("\0", literal=True)) & batch["reason"].is_null()
    damage = _damaged(batch["body"], broken, diagnose_bytes)
    batch = _settled(batch, "text", damage, text)
    batch = _beside(batch, {row: each.reason for row, each in damage.items() if each.restored is not None})
    odd = holding(batch["text"], _ODD)
    for column, among in (("text", odd), ("title", None)):
        doubtful = suspects(batch[column], among) & batch["reason"].is_null()
        batch = _settled(batch, column, _damaged(batch[column], doubtful, diagnose), text)
    texts = clean(batch["text"].zip_with(batch["reason"].is_null(), _NO_TEXT), odd)
    columns = [texts.alias("text"), clean(batch["title"]).alias("title")]
    if text.tone != "keep":
        columns = [column.map_elements(lambda each: in_style(each, text.tone), pl.String) for column in columns]
    return batch.drop("body").with_columns(columns)


def decode(body: pl.Series) -> pl.Series:
    """Read bytes as strict UTF-8.

    Returns:
        A string column named `text`; null if the bytes are not UTF-8.
    """
    try:
        # All rows are checked together, without a copy. Rows are decoded one by one only if the batch has
        # a damaged text. (`strict=False` also raises, in Polars 2.1.)
        return body.cast(pl.String).alias("text")
    except pl.exceptions.ComputeError:
        return pl.Series("text", [_utf8(value) for value in body], pl.String)


def _utf8(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def suspects(text: pl.Series, odd: pl.Series | None = None) -> pl.Series:
    """Which texts `diagnose` must examine: all damaged ones, and some others (boolean; null counts as false).

    Args:
        text: a string column.
        odd: as in `clean`.
    """
    return holding(text, SUSPECT, odd)


def _damaged(
    values: pl.Series, doubtful: pl.Series, examine: Callable[[Any], Diagnosis | None]
) -> dict[int, Diagnosis]:
    """Examine the doubtful rows, and return the damage of those that have any."""
    diagnoses = ((row, examine(values[row])) for row in doubtful.arg_true())
    return {row: diagnosis for row, diagnosis in diagnoses if diagnosis}


def _settled(batch: pl.DataFrame, column: str, damage: dict[int, Diagnosis], text: Text) -> pl.DataFrame:
    """Reject the rows whose `column` is damaged, or replace their values by the restored ones."""
    if not damage:
        return batch
    pointer = None if column == "text" else f"/{column}"
    numbers = pl.Series(list(damage), dtype=pl.UInt32)
    rows = batch[numbers].select("reason", "pointer", "detail", column)
    outcomes = [_outcome(diagnosis, text.repair) for diagnosis in damage.values()]
    changed = []
    for row, (remaining, restored, repaired) in zip(rows.to_dicts(), outcomes, strict=True):
        if remaining is not None:
            changed.append(row | {"reason": remaining.reason.code, "pointer": pointer, "detail": remaining.detail})
            continue
        note = f"repaired {', '.join(reason.code for reason in repaired)}{f' in {pointer}' if pointer else ''}"
        changed.append(row | {"detail": f"{row['detail']}; {note}" if row["detail"] else note, column: restored})
    return _replaced(batch, numbers, pl.DataFrame(changed, schema=rows.schema))


def _beside(batch: pl.DataFrame, reasons: dict[int, Reason]) -> pl.DataFrame:
    """Read the other fields of rows whose text was not UTF-8, in the encoding of the text."""
    if not reasons:
        return batch
    numbers = pl.Series(list(reasons), dtype=pl.UInt32)
    rows = batch[numbers].select("title", "publisher")
    read = [
        {name: value and read_beside(reason, value) for name, value in row.items()}
        for row, reason in zip(rows.to_dicts(), reasons.values(), strict=True)
    ]
    return _replaced(batch, numbers, pl.DataFrame(read, schema=rows.schema))


def _replaced(batch: pl.DataFrame, numbers: pl.Series, rows: pl.DataFrame) -> pl.DataFrame:
    """The batch with new values in some columns of the rows with these numbers."""
    return batch.with_columns(batch[name].scatter(numbers, rows[name]) for name in rows.columns)


def _outcome(first: Diagnosis, repair: bool) -> tuple[Diagnosis | None, str | None, list[Reason]]:
    """The damage that remains, the restored text, and the reasons for the repairs."""
    if not repair or first.restored is None:
        return first, None, []
    restored, more, remaining = restore(first.restored)
    return remaining, restored, [first.reason, *more]

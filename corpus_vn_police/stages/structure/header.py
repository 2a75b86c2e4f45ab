"""The header ` date 2020-12 `: it is moved from the text into fields."""

from __future__ import annotations

import re

import polars as pl

from corpus_vn_police.config import Corpus
from corpus_vn_police.contract.own_values import OwnFields
from corpus_vn_police.periods import first_day, first_days, last_days, precisions
from corpus_vn_police.reasons import HEADER_CONTRADICTION, HEADER_FUTURE_DATE, HEADER_IMPOSSIBLE_DATE, HEADER_MALFORMED
from corpus_vn_police.stages.batch import reject
from corpus_vn_police.stages.structure.key_lines import key_lines_of, take_key_lines

_DATE = "[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?"
# The header, as it looks in clean text: byte order marks, tabs and no-break spaces are gone.
_HEADER = rf"^\s*date +({_DATE})(?:\s+|$)"
_HEADERS = re.compile(rf"\s*date +({_DATE})(?:\s+|\Z)")
_BEGINS_LIKE_HEADER = r"^\s*(?i:date)"
_LIKE_HEADER = r"^\s*(?i:date)[^\p{L}\p{N}]{0,9}[0-9]{4}"
# The `date` of a row: a header form, YYYYMMDD, or an ISO date-time, which is not converted to another time zone.
_TIME = r"(?:[01][0-9]|2[0-4])(?::?[0-5][0-9](?::?[0-6][0-9](?:[.,][0-9]+)?)?)?"
_ZONE = r" ?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)"
_GIVEN = rf"^({_DATE}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[Tt ]{_TIME}(?:{_ZONE})?)$"
_COMPACT = "^([0-9]{4})([0-9]{2})([0-9]{2})($|[Tt ])"


def read_headers(batch: pl.DataFrame, corpus: Corpus) -> pl.DataFrame:
    """Take the header and leading `# key = value` lines out of the texts, and read the date.

    Args:
        batch: reads `text`, `header_date`, `unused`, `unused_dates`, `reason`, `pointer`, `detail`, and `own` if there
            are own fields; `text` is clean.
        corpus: reads `limits.latest` (a header whose first day is later is rejected) and the own fields.

    Returns:
        The same rows in the same order, without `header_date`; added are `date`, `date_precision`
        (string), `year` (int16), `month` (int8), `date_start`, `date_end` (date). A wrong header is the text's
        `reason`. The values of `# key = value` lines are in the own fields with these names; all other keys
        are in `unused`.
    """
    own = OwnFields(corpus.own)
    batch = _take_header(take_key_lines(batch, own))
    return _check_date(take_key_lines(batch, own), corpus.limits.latest)


def find_header(text: str) -> str:
    """What a text begins with that is a header, or looks like one; empty if nothing does.

    Args:
        text: clean.
    """
    text = text.removeprefix(key_lines_of(text))
    end = 0
    while match := _HEADERS.match(text, end):
        end = match.end()
    if end:
        return text[:end].strip()
    return (pl.Series([text]).str.extract(f"({_LIKE_HEADER})", 1)[0] or "").strip()


def _take_header(batch: pl.DataFrame) -> pl.DataFrame:
    """Move the header from `text` to `date`, and combine it with the row's own date."""
    given = (
        pl.col("header_date")
        .str.strip_chars()
        .str.replace(_COMPACT, "${1}-${2}-${3}${4}")
        .str.extract(_GIVEN, 1)
        .str.slice(0, 10)
    )
    batch = batch.with_columns(
        given.alias("given"),
        pl.col("text").str.extract(_HEADER, 1).alias("date"),
        pl.col("text").str.replace(_HEADER, ""),
    )
    batch = batch.with_columns(pl.lit(False).alias("differs"))
    again = batch["date"].is_not_null() & batch["text"].str.contains(_HEADER).fill_null(False)
    if again.any():
        batch = _take_more_headers(batch, again)
    agree = pl.col("date").str.starts_with(pl.col("given")) | pl.col("given").str.starts_with(pl.col("date"))
    longer = pl.col("date").str.len_bytes() >= pl.col("given").str.len_bytes()
    bad_row = pl.col("header_date").is_not_null() & pl.col("given").is_null()
    batch = reject(
        batch,
        bad_row,
        HEADER_MALFORMED,
        pl.lit("the row's date is neither YYYY[-MM[-DD]], YYYYMMDD nor an ISO date-time"),
        pl.lit("/date"),
    )
    # Compiling a pattern of Unicode classes takes longer than applying it, and few clean texts begin with `date`.
    if batch["text"].str.contains(_BEGINS_LIKE_HEADER).any():
        like = pl.col("text").str.contains(_LIKE_HEADER)
        said = pl.lit("begins with date and a year, not with ` date YYYY[-MM[-DD]] `")
        batch = reject(batch, like, HEADER_MALFORMED, said)
    batch = reject(batch, pl.col("differs"), HEADER_CONTRADICTION, pl.lit("two headers give different dates"))
    batch = reject(batch, ~agree, HEADER_CONTRADICTION, pl.format("header {}, row {}", "date", "given"))
    merged = pl.when(longer).then("date").otherwise(pl.coalesce("given", "date"))
    return batch.with_columns(merged.alias("date")).drop("differs", "header_date")


def _take_more_headers(batch: pl.DataFrame, again: pl.Series) -> pl.DataFrame:
    """In the rows of the mask, which have a second header: compare the headers, keep the most precise, remove all."""
    texts, dates, differs = batch["text"].to_list(), batch["date"].to_list(), batch["differs"].to_list()
    for row in again.arg_true():
        end, date = 0, dates[row]
        while match := _HEADERS.match(texts[row], end):
            end, other = match.end(), match.group(1)
            differs[row] = differs[row] or not (date.startswith(other) or other.startswith(date))
            date = max(date, other, key=len)
        texts[row], dates[row] = texts[row][end:], date
    columns = {"text": texts, "date": dates}
    series = [pl.Series(name, values, pl.String) for name, values in columns.items()]
    return batch.with_columns(*series, pl.Series("differs", differs))


def _check_date(batch: pl.DataFrame, latest: str | None) -> pl.DataFrame:
    first = first_days(pl.col("date"))
    impossible = pl.col("date").is_not_null() & (first.is_null() | pl.col("date").str.starts_with("0000"))
    where = pl.when(pl.col("date") == pl.col("given")).then(pl.lit("/date"))
    detail = pl.format("{} is not a date in the calendar", "date")
    batch = reject(batch, impossible, HEADER_IMPOSSIBLE_DATE, detail, where)
    if latest is not None:
        detail = pl.format("latest {}, got {}", pl.lit(latest), "date")
        batch = reject(batch, first > first_day(latest), HEADER_FUTURE_DATE, detail, where)
    batch = batch.drop("given")
    ok = pl.col("reason").is_null()
    date = pl.when(ok).then("date")
    return batch.with_columns(
        date.alias("date"),
        first_days(date).alias("date_start"),
        last_days(date).alias("date_end"),
        pl.when(ok).then(precisions(pl.col("date"))).alias("date_precision"),
        date.str.slice(0, 4).cast(pl.Int16).alias("year"),
        pl.when(date.str.len_bytes() > 4).then(date.str.slice(5, 2)).cast(pl.Int8).alias("month"),
    )

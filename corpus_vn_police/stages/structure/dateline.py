"""Datelines: the day and the place that an article opens with."""

from __future__ import annotations

import re

import polars as pl

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.periods import first_days, last_days
from corpus_vn_police.stages.structure.days import CLOCK, DAY, GOES_ON, NO_YEAR, TIME
from corpus_vn_police.stages.structure.lead import LeadDay, lead_day
from corpus_vn_police.stages.structure.places import place_at
from corpus_vn_police.stages.structure.units import per_text, with_values

_WORDS = lexicon("datelines")
_any_of, _any_case = _WORDS.any_of, _WORDS.any_case_of
# The news agency before the dateline: `(PLO)- `, `TPO - `, `QĐND Online - `.
_SLUG = (
    r"(?:\([\p{L}\p{N}][^()\n]*\)\s*[.:,]?\s*[-–—:]?\s*|"
    rf"\p{{Lu}}[\p{{L}}\p{{N}}.&/]*(?: (?:\p{{Lu}}[\p{{L}}\p{{N}}.&/]*|{_any_of('of a paper')}))* ?[-–—:] ?)?"
)
_LEAD = rf"(?:{_any_case('lately')}, |(?i:tin cho biết) ?: )?(?:(?i:cũng )?(?i:vào|trong|khoảng)\s+)?(?:{CLOCK})?"
_DATELINE = (
    rf"(?s)^{_SLUG}(?:|(?i:tại|ở) (?P<before>[^,\n]+(?:, [^,\n]+)??), "
    rf"|(?P<name>(?:(?:TP|Tp)\.? ?)?\p{{Lu}}[\p{{L}}’']*(?: \p{{Lu}}[\p{{L}}’']*)*), ){_LEAD}"
    rf"(?P<words>{DAY})(?P<after>.*)$"
)
_SHORT_DATE = r"[0-9]{1,2}\s?[/.]\s?[0-9]{1,2}(?:[^0-9]|$)"
# Openings that name several days, so that no single day is read: `Trong hai ngày 26 - 27/12`.
_SEVERAL = (
    rf"^{_SLUG}(?i:(?:trong|từ|vào|suốt)\s+)*(?:(?:{_any_case('several')}|[0-9]+)\s+)?(?:(?i:ngày|{TIME})\s+){{0,2}}"
    r"[0-9]{1,2}(?:\s?[/.]\s?[0-9]{1,2})?(?:\s?[-–—,]\s?|\s+(?:và|đến|tới)\s+|\s+)"
    rf"(?:(?i:ngày|rạng sáng|sáng)\s+)?{_SHORT_DATE}"
)
# A cheap test before the lead is read: the end of a word for a day, with numbers, or a day beside the place.
_MAY_TELL = (
    r"(?:gày|GÀY|ôm|nay|qua|áng|rưa|iều|ối|êm|huya|a|ư|ăm|áu|ảy|hật|[2-7])[, ]{1,2}\(?(?:ngày )?\(?[0-9]{1,2}\s?"
    r"(?:[/.\-–]|tháng)|\p{L},? [0-9]{1,2}(?:[/.\-–]| tháng )[0-9]{1,2} ?[)–:-]"
)
_LATELY = rf"^{_SLUG}{_any_case('lately')}\b"
_STAMPED = re.compile(r"\s?[-–—:]|\)|$")
_PLACE_FIRST = re.compile(r"\(?([^()\-–—:,0-9]{3,30})\)?\s?[-–—:]")  # (Quảng Bình) - Ngày 2/10
_AFTER_DAYS = re.compile(r"[^,]{0,60}[0-9]\)?(,? (?:tại|ở) .*)")
_HEAD = 400  # the beginning of a paragraph that is examined, in code points
_SOON = 90  # the dateline's day must be within this many code points
_SHORTEST = 30  # bytes; a shorter paragraph is a sub-heading, or only the agency
_OPENINGS = 3  # paragraphs of the body that may contain the dateline

_MARGIN = pl.duration(days=31)  # how far outside the header's period a day with a year may be

DATELINES = pl.Schema(
    {
        "event_date": pl.Date,
        "event_date_text": pl.String,
        "date_conflict": pl.Boolean,
        "place": pl.String,
    }
)
"""The result of reading a dateline; `event_date_text` is the text that `event_date` was read from."""


def datelines(units: pl.DataFrame, dates: pl.Series) -> pl.DataFrame:
    """Read the dateline of each text, in the first of its first three paragraphs that has one.

    A lead without a dateline may name the day inside its first sentence. If a lead opens with `Vừa qua`, it names no
    day, and a day in a later paragraph does not count.

    Args:
        units: the columns of `UNITS`, with all kinds marked.
        dates: the header's date of each text: `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or null.

    Returns:
        One row per text: the columns of `DATELINES`. The year is the one in the dateline. Otherwise it follows from the
        header (see `_year`); if it does not, there is no date.
    """
    read = _read(_openings(units))
    no_single_day = pl.col("after").str.contains(f"{GOES_ON}|{NO_YEAR}").fill_null(False)
    lately = pl.col("lately") & pl.col("words").is_null()
    read = read.with_columns(pl.any_horizontal("several", no_single_day, lately).alias("several"))
    read = read.filter(pl.col("words").is_not_null() | pl.col("several"))
    read = read.unique("row", keep="first", maintain_order=True)
    read = read.with_columns(_places(read))
    return _dated(per_text(read, len(dates)).with_columns(dates.alias("date"))).select(DATELINES.names())


def _openings(units: pl.DataFrame) -> pl.DataFrame:
    """The paragraphs that may begin with a dateline.

    Returns:
        `row`, `opening` (from 0), `head` (string), and `lately`: whether it is a lead that opens with `Vừa qua`.
    """
    long_enough = pl.col("text").str.len_bytes() >= _SHORTEST
    body = units.select("row", "text", "kind").filter((pl.col("kind") == "body") & long_enough)
    body = body.with_columns(pl.int_range(pl.len()).over("row").alias("opening")).filter(pl.col("opening") < _OPENINGS)
    head = body.select("row", "opening", pl.col("text").str.slice(0, _HEAD).alias("head"))
    soon = pl.when(pl.col("opening") == 0).then("head").otherwise(pl.col("head").str.slice(0, _SOON))
    lead = pl.when(pl.col("opening") == 0).then("head")
    head = head.with_columns(lead.str.contains(_LATELY).fill_null(False).alias("lately"))
    return head.filter(soon.str.contains("[0-9]") | pl.col("lately"))


def _read(openings: pl.DataFrame) -> pl.DataFrame:
    """Read the day, or several days, of each opening.

    Returns:
        The openings with `words`, `day`, `month`, `year`, `after`, `before`, `name` (string), null if it names none;
        `several`, and `lead`: whether the day is inside a lead (boolean).
    """
    head = pl.col("head")
    # Extracting the groups of a pattern takes ten times as long as testing if it matches.
    fits = openings["head"].str.contains(_DATELINE)
    groups = openings["head"].set(~fits, None).str.extract_groups(_DATELINE)
    read = pl.concat([openings, groups.struct.unnest()], how="horizontal")
    read = read.with_columns(head.str.contains(_SEVERAL).alias("several"), pl.lit(False).alias("lead"))
    # Above the lead, there may be a line or two about the topic.
    says = pl.col("words").is_not_null() | pl.col("several") | pl.col("lately")
    above = (says & (pl.col("row") == pl.col("row").shift(-1))).shift(1).fill_null(False)
    untold = (pl.col("opening") <= 1) & ~says & ~above
    numbers = read.select(pl.when(untold).then(head).str.contains(_MAY_TELL).fill_null(False)).to_series().arg_true()
    if not len(numbers):
        return read
    heads = read.select("opening", "head")[numbers].iter_rows()
    days = [
        (number, day)
        for number, (opening, head) in zip(numbers, heads, strict=True)
        if (day := lead_day(head, sure=opening > 0))
    ]
    found = pl.Series("unit", [number for number, _ in days], pl.UInt32)
    columns = zip(*(day for _, day in days), strict=True) if days else ()
    values = {name: pl.Series(column, dtype=pl.String) for name, column in zip(LeadDay._fields, columns, strict=False)}
    return with_values(read, found, **values, lead=True)


def _places(read: pl.DataFrame) -> pl.Series:
    """The place of each dateline; null if it names none."""
    groups = read.select("before", "name", "after", "several", "head").iter_rows()
    return pl.Series("place", [_place(*each) for each in groups], pl.String)


def _place(before: str | None, name: str | None, after: str | None, several: bool, head: str) -> str | None:
    if before or name:
        stamped = bool(_STAMPED.match(after or ""))  # Vũng Áng, ngày 6 tháng 11:
        return place_at(before or name or "", named=not before and not stamped)
    if after:
        # If the head was cut, the last name may be incomplete.
        whole = after if len(head) < _HEAD else after[: max(map(after.rfind, ",;()"))]
        slug = _PLACE_FIRST.match(head)
        return place_at(whole) or (place_at(slug.group(1), named=True) if slug else None)
    after_days = _AFTER_DAYS.match(head) if several else None
    return place_at(after_days.group(1)) if after_days else None


def _dated(read: pl.DataFrame) -> pl.DataFrame:
    """Add the day that a dateline means, given the header, the words for it, and whether the two contradict."""
    header = pl.col("date")
    read = read.with_columns(first_days(header).alias("header_first"), last_days(header).alias("header_last"))
    written, event = pl.col("year").cast(pl.Int32), pl.col("event_date")
    day = pl.concat_str(_year(written), "month", "day", separator="-").str.to_date("%Y-%m-%d", strict=False)
    read = read.with_columns(pl.when(~pl.col("several")).then(day).alias("event_date"))
    outside = (event > pl.col("header_last") + _MARGIN) | (event < pl.col("header_first") - _MARGIN)
    # An early year inside a sentence belongs to a law or to an earlier event.
    read = read.with_columns(
        pl.when(~(pl.col("lead") & written.is_not_null() & outside).fill_null(False))
        .then("event_date")
        .alias("event_date")
    )
    return read.with_columns(
        pl.when(event.is_not_null()).then(_words(pl.col("words"))).alias("event_date_text"),
        (outside & written.is_not_null()).fill_null(False).alias("date_conflict"),
    )


def _words(words: pl.Expr) -> pl.Expr:
    """The words for a day without what surrounds them, such as a single bracket."""
    bare = words.str.strip_chars(" ,")
    return pl.when(bare.str.contains("(", literal=True)).then(bare).otherwise(bare.str.strip_chars(" )"))


def _year(written: pl.Expr) -> pl.Expr:
    """The year of a dateline: the written one; otherwise the header's, or the one before it in January and February."""
    first, last = pl.col("header_first"), pl.col("header_last")
    month, day = pl.col("month").cast(pl.Int32), pl.col("day").cast(pl.Int32)
    this_year = month * 100 + day <= last.dt.month().cast(pl.Int32) * 100 + last.dt.day().cast(pl.Int32)
    early = (month >= 11) & (pl.col("date").str.len_bytes() >= 7) & (first.dt.month() <= 2)
    year = pl.when(this_year).then(first.dt.year()).when(early).then(first.dt.year() - 1)
    return pl.coalesce(written, year).cast(pl.String).str.zfill(4)

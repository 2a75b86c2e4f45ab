"""Datelines: the day and the place that an article opens with."""

from __future__ import annotations

import re

import polars as pl

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.periods import first_days, last_days
from corpus_vn_police.stages.structure.places import place_at
from corpus_vn_police.stages.structure.units import per_text

_WORDS = lexicon("datelines")
_any_of, _any_case = _WORDS.any_of, _WORDS.any_case_of
# The agency before it: `(PLO)- `, `TPO - `, `QĐND Online - `.
_SLUG = (
    r"(?:\([\p{L}\p{N}][^()\n]*\)\s*[.:,]?\s*[-–—:]?\s*|"
    rf"\p{{Lu}}[\p{{L}}\p{{N}}.&/]*(?: (?:\p{{Lu}}[\p{{L}}\p{{N}}.&/]*|{_any_of('of a paper')}))* ?[-–—:] ?)?"
)
_TIME, _TODAY, _WEEKDAY = _any_case("time of day"), _any_case("today"), _any_case("day of the week")
_CLOCK = rf"(?:{_any_case('about')}\s+){{0,2}}[0-9]{{1,2}}\s?(?:h|g|:|giờ)\s?(?:[0-9]{{1,2}})?(?:\s?(?:phút|p|'))?,?\s+"
_LEAD = rf"(?:{_any_case('lately')}, |(?i:tin cho biết) ?: )?(?:(?i:vào|trong|khoảng)\s+)?(?:{_CLOCK})?"
_NUMBERS = (
    r"(?P<day>[0-9]{1,2})(?:\s?[/.]\s?|\s?[-–]\s?|\s+tháng\s+)(?P<month>[0-9]{1,2})"
    r"(?:(?:\s?[/.\-–]\s?|,? năm )(?P<year>[0-9]{4}))?"
)
_DATE = (
    rf"(?:(?:{_TIME}(?: (?i:nay|qua))?(?: {_WEEKDAY})?|{_TODAY}|{_WEEKDAY})"
    rf"[,\s]*\(?\s?(?:(?i:ngày)\s*)?\(?|(?i:ngày)\s*\(?){_NUMBERS}(?:\s?\))?"
)
_DATELINE = (
    rf"(?s)^{_SLUG}(?:(?i:tại|ở) (?P<before>[^,\n]+(?:, [^,\n]+)??), "
    rf"|(?P<name>(?:(?:TP|Tp)\.? ?)?\p{{Lu}}[\p{{L}}’']*(?: \p{{Lu}}[\p{{L}}’']*)*), )?{_LEAD}"
    rf"(?P<words>{_DATE})(?P<after>.*)$"
)
_SHORT_DATE = r"[0-9]{1,2}\s?[/.]\s?[0-9]{1,2}(?:[^0-9]|$)"
# What must not follow: another number makes it a range, a list, or no date.
_GOES_ON = (
    r"^(?:[/.\-–][0-9]|\s?(?:[-–—,]|và|đến|tới)\s?(?:(?i:ngày|sáng|chiều|tối|rạng sáng)\s)?"
    r"[0-9]{1,2}\s?(?:[/.\-]|tháng)\s?[0-9]{1,2}(?:[^0-9]|$)|"
    r"\s(?:đến|tới) (?:hết )?(?:(?i:ngày)\s)?[0-9])"
)
# An opening that names several days, in which one is not to be looked for: `Trong hai ngày 26 - 27/12`.
_SEVERAL = (
    rf"^{_SLUG}(?i:(?:trong|từ|vào|suốt)\s+)*(?:(?:{_any_case('several')}|[0-9]+)\s+)?(?:(?i:ngày|{_TIME})\s+){{0,2}}"
    r"[0-9]{1,2}(?:\s?[/.]\s?[0-9]{1,2})?(?:\s?[-–—,]\s?|\s+(?:và|đến|tới)\s+|\s+)"
    rf"(?:(?i:ngày|rạng sáng|sáng)\s+)?{_SHORT_DATE}"
)
_AFTER_DAYS = re.compile(r"[^,]{0,60}[0-9]\)?(,? (?:tại|ở) .*)")
# In the lead the day may stand inside the first clause, where these words open it.
_LEAD_CLAUSE = (
    rf"(?s)^{_SLUG}{_any_of('informant')}[^,.;:\n]*? (?:vào )?(?P<words>{_DATE}),?"
    rf"(?P<after> {_any_case('informs')}[ ,:].*)$"
)
_LEAD_TOPIC = (
    rf"(?s)^{_SLUG}(?:{_any_of('topic')} [^\n.]*?|"
    rf"(?:Theo )?(?:{_any_case('news')}(?: {_any_case('kind of news')})? (?i:từ|của) )[^,.\n]+?|"
    rf"Theo {_any_of('authority')}[^,.\n]+?), {_LEAD}(?P<words>{_DATE}), (?P<after>.*)$"
)
_NO_YEAR = rf"^ {_any_of('no year')}"
_HEAD = 400  # code points of a paragraph that are looked at
_SOON = 90  # code points, within which the day stands where a paragraph opens with it
_OPENINGS = 3  # paragraphs of the body that may open with a dateline

_MARGIN = pl.duration(days=31)  # that a written year may lie outside the header

DATELINES = pl.Schema(
    {
        "event_date": pl.Date,
        "event_date_text": pl.String,
        "date_conflict": pl.Boolean,
        "place": pl.String,
    }
)
"""What a dateline gives; `event_date_text` are the words that `event_date` was read from."""


def datelines(units: pl.DataFrame, dates: pl.Series) -> pl.DataFrame:
    """Read the dateline of each text, from the first of its three first paragraphs that has one.

    Args:
        units: the columns of `UNITS`, all kinds marked.
        dates: for each text the header's date: `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or null.

    Returns:
        One row per text: the columns of `DATELINES`. The year is the one that the dateline writes; else it follows
        from the header as `_year` says; else there is no date.
    """
    read = _read(_openings(units))
    no_single_day = pl.col("several") | pl.col("after").str.contains(f"{_GOES_ON}|{_NO_YEAR}").fill_null(False)
    read = read.with_columns(no_single_day.alias("several"))
    read = read.filter(pl.col("words").is_not_null() | pl.col("several"))
    read = read.unique("row", keep="first", maintain_order=True)
    read = read.with_columns(_places(read))
    return _dated(per_text(read, len(dates)).with_columns(dates.alias("date"))).select(DATELINES.names())


def _openings(units: pl.DataFrame) -> pl.DataFrame:
    """The paragraphs that may open with a dateline: `row`, `opening` (from 0), and their `head`."""
    body = units.select("row", "text", "kind").filter(pl.col("kind") == "body")
    body = body.with_columns(pl.int_range(pl.len()).over("row").alias("opening")).filter(pl.col("opening") < _OPENINGS)
    head = body.select("row", "opening", pl.col("text").str.slice(0, _HEAD).alias("head"))
    soon = pl.when(pl.col("opening") == 0).then("head").otherwise(pl.col("head").str.slice(0, _SOON))
    return head.filter(soon.str.contains("[0-9]"))


def _read(openings: pl.DataFrame) -> pl.DataFrame:
    """The named groups of each opening's dateline, null if it has none, with `row`, `head` and `several`."""
    head, lead = pl.col("head"), pl.when(pl.col("opening") == 0).then("head")
    begins = openings.select(head.str.extract_groups(_DATELINE).alias("groups")).unnest("groups")
    inside = [
        openings.select(lead.str.extract_groups(pattern).alias("groups")).unnest("groups")
        for pattern in (_LEAD_CLAUSE, _LEAD_TOPIC)
    ]
    groups = {
        name: pl.select(pl.coalesce(frame[name] for frame in (begins, *inside) if name in frame.columns)).to_series()
        for name in begins.columns
    }
    return openings.select("row", "head", head.str.contains(_SEVERAL).alias("several")).with_columns(**groups)


def _places(read: pl.DataFrame) -> pl.Series:
    """The place of each dateline; null if it names none."""
    groups = read.select("before", "name", "after", "several", "head").iter_rows()
    return pl.Series("place", [_place(*each) for each in groups], pl.String)


def _place(before: str | None, name: str | None, after: str | None, several: bool, head: str) -> str | None:
    if before or name:
        return place_at(before or name or "", named=not before)
    if after:
        return place_at(after)
    after_days = _AFTER_DAYS.match(head) if several else None
    return place_at(after_days.group(1)) if after_days else None


def _dated(read: pl.DataFrame) -> pl.DataFrame:
    """Add the day that a dateline means under a header, the words for it, and whether the two contradict."""
    header = pl.col("date")
    read = read.with_columns(first_days(header).alias("header_first"), last_days(header).alias("header_last"))
    written, event = pl.col("year").cast(pl.Int32), pl.col("event_date")
    day = pl.concat_str(_year(written), "month", "day", separator="-").str.to_date("%Y-%m-%d", strict=False)
    read = read.with_columns(pl.when(~pl.col("several")).then(day).alias("event_date"))
    outside = (event > pl.col("header_last") + _MARGIN) | (event < pl.col("header_first") - _MARGIN)
    return read.with_columns(
        pl.when(event.is_not_null()).then(pl.col("words").str.strip_chars(" ,")).alias("event_date_text"),
        (outside & written.is_not_null()).fill_null(False).alias("date_conflict"),
    )


def _year(written: pl.Expr) -> pl.Expr:
    """The year of a dateline: as written, else the header's, else the one before in January and February."""
    first, last = pl.col("header_first"), pl.col("header_last")
    month, day = pl.col("month").cast(pl.Int32), pl.col("day").cast(pl.Int32)
    this_year = month * 100 + day <= last.dt.month().cast(pl.Int32) * 100 + last.dt.day().cast(pl.Int32)
    early = (month >= 11) & (pl.col("date").str.len_bytes() >= 7) & (first.dt.month() <= 2)
    year = pl.when(this_year).then(first.dt.year()).when(early).then(first.dt.year() - 1)
    return pl.coalesce(written, year).cast(pl.String).str.zfill(4)

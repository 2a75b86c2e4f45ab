"""Datelines: the day and the place that an article opens with."""

from __future__ import annotations

import re

import polars as pl

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.periods import first_days, last_days
from corpus_vn_police.stages.structure.places import place_at
from corpus_vn_police.stages.structure.rows import of_each_text

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
        A row a text: the columns of `DATELINES`. The year is the one that the dateline writes,
        else the header's as the contract has it, else there is no date.
    """
    place = pl.int_range(pl.len()).over("row").alias("opening")
    opening = units.select("row", "text", "kind").filter(pl.col("kind") == "body").with_columns(place)
    opening = opening.filter(pl.col("opening") < _OPENINGS).with_columns(
        pl.col("text").str.slice(0, _HEAD).alias("head")
    )
    soon = pl.when(pl.col("opening") == 0).then("head").otherwise(pl.col("head").str.slice(0, _SOON))
    opening = opening.filter(soon.str.contains("[0-9]"))
    found = _matched(opening)
    several = pl.col("several") | pl.col("after").str.contains(f"{_GOES_ON}|{_NO_YEAR}").fill_null(False)
    found = found.with_columns(several.alias("several"))
    found = found.filter(pl.col("words").is_not_null() | pl.col("several"))
    found = found.unique("row", keep="first", maintain_order=True)
    return _dated(of_each_text(found, len(dates)).with_columns(dates.alias("date"))).select(
        *(name for name in DATELINES.names() if name != "place"), _places(found, len(dates))
    )


def _matched(opening: pl.DataFrame) -> pl.DataFrame:
    """The parts of each opening paragraph's dateline, null where it has none."""
    head, lead = pl.col("head"), pl.when(pl.col("opening") == 0).then("head")
    begins = pl.DataFrame(opening.select(head.str.extract_groups(_DATELINE).alias("groups"))).unnest("groups")
    inside = [
        opening.select(lead.str.extract_groups(pattern).alias("groups")).unnest("groups")
        for pattern in (_LEAD_CLAUSE, _LEAD_TOPIC)
    ]
    parts = {
        name: pl.select(pl.coalesce(frame[name] for frame in (begins, *inside) if name in frame.columns)).to_series()
        for name in begins.columns
    }
    return opening.select("row", "head", head.str.contains(_SEVERAL).alias("several")).with_columns(**parts)


def _places(found: pl.DataFrame, rows: int) -> pl.Series:
    places: list[str | None] = [None] * rows
    columns = found.select("row", "before", "name", "after", "several", "head")
    for row, before, name, after, several, head in columns.iter_rows():
        if before or name:
            places[row] = place_at(before or name, named=not before)
        elif after:
            places[row] = place_at(after)
        elif several and (tail := _AFTER_DAYS.match(head)):
            places[row] = place_at(tail.group(1))
    return pl.Series("place", places, pl.String)


def _dated(found: pl.DataFrame) -> pl.DataFrame:
    """The day that a dateline means, under a header."""
    header, written = pl.col("date"), pl.col("year").cast(pl.Int32)
    day, month = pl.col("day").cast(pl.Int32), pl.col("month").cast(pl.Int32)
    header_year, header_month = (
        header.str.slice(0, 4).cast(pl.Int32),
        header.str.slice(5, 2).cast(pl.Int32, strict=False),
    )
    first, last = first_days(header), last_days(header)
    this_year = month * 100 + day <= last.dt.month().cast(pl.Int32) * 100 + last.dt.day().cast(pl.Int32)
    year = (
        pl.when(written.is_not_null()).then(written)
        .when(this_year).then(header_year)
        .when((month >= 11) & (header_month <= 2)).then(header_year - 1)
    )  # fmt: skip
    text = pl.format(
        "{}-{}-{}",
        year.cast(pl.String).str.zfill(4),
        month.cast(pl.String).str.zfill(2),
        day.cast(pl.String).str.zfill(2),
    )
    one_day = pl.when(~pl.col("several")).then(text.str.to_date("%Y-%m-%d", strict=False))
    found = found.with_columns(one_day.alias("event_date"))
    margin = pl.duration(days=31)
    event = pl.col("event_date")
    outside = (event > last + margin) | (event < first - margin)
    return found.with_columns(
        pl.when(event.is_not_null()).then(pl.col("words").str.strip_chars(" ,")).alias("event_date_text"),
        (outside & written.is_not_null()).fill_null(False).alias("date_conflict"),
    )

"""Dates that may be partial: `2020`, `2020-12` or `2020-12-07`, each means a period of days.

Functions named in the singular take one text. Those in the plural take a Polars column of strings (null: no date).
"""

from __future__ import annotations

import calendar
import datetime
import re
from typing import Any, TypeVar

import polars as pl

Dates = TypeVar("Dates", pl.Expr, pl.Series)

_PERIOD = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")
_YEAR, _MONTH, _DAY = (len(period) for period in ("2020", "2020-12", "2020-12-07"))

# Values that look like dates: 2020-12-07, 07/12/2020 08:00, 20201207, 2020-12-07T08:00:00Z, `Thứ hai, 7/12/2020`.
_LIKE_DATE = re.compile(
    r"(?<![0-9])(?:[0-9]{4}[-/.][0-9]{1,2}(?:[-/.][0-9]{1,2})?|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}"
    r"|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))(?![0-9])"
)
_LONGEST_DATE = 40  # code points: a longer value is a text that mentions a date


def is_period(text: str) -> bool:
    """Whether a text is a year, a month or a day of the calendar."""
    if not _PERIOD.fullmatch(text):
        return False
    year, month, day = (*map(int, text.split("-")), 1, 1)[:3]
    return year >= 1 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def is_day(text: str) -> bool:
    """Whether a text is a day of the calendar, `YYYY-MM-DD`."""
    return len(text) == _DAY and is_period(text)


def first_day(period: str) -> datetime.date:
    """The first day of a period.

    Raises:
        ValueError: it is not a period of the calendar.
    """
    return datetime.date.fromisoformat(_first(period))


def last_day(period: str) -> datetime.date:
    """The last day of a period.

    Raises:
        ValueError: it is not a period of the calendar.
    """
    first = first_day(period)
    if len(period) == _DAY:
        return first
    month = 12 if len(period) == _YEAR else first.month
    return datetime.date(first.year, month, calendar.monthrange(first.year, month)[1])


def _first(period: str) -> str:
    return f"{period}-01-01"[:_DAY]


def first_days(periods: Dates) -> Dates:
    """The first day of each period (Date); null if it is not in the calendar. Polars also accepts the year 0."""
    return (periods + "-01-01").str.slice(0, _DAY).str.to_date("%Y-%m-%d", strict=False)


def last_days(periods: pl.Expr) -> pl.Expr:
    """The last day of each period (Date); null if it is not in the calendar."""
    length, first = periods.str.len_bytes(), first_days(periods)
    # The last day of a year is not computed from the next year, because there is no year after 9999.
    december = (periods + "-12-31").str.slice(0, _DAY).str.to_date("%Y-%m-%d", strict=False)
    return pl.when(length == _YEAR).then(december).when(length == _MONTH).then(first.dt.month_end()).otherwise(first)


def precisions(periods: pl.Expr) -> pl.Expr:
    """How precise each period is: `year`, `month` or `day` (string)."""
    names = {_YEAR: "year", _MONTH: "month", _DAY: "day"}
    return periods.str.len_bytes().replace_strict(names, return_dtype=pl.String)


def is_like_date(value: Any) -> bool:
    """Whether a value looks like a date in one of the forms that people write."""
    if type(value) is int:
        value = str(value)
    return isinstance(value, str) and len(value) <= _LONGEST_DATE and bool(_LIKE_DATE.search(value))

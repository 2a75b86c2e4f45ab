"""Partial dates."""

import datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_vn_police.periods import first_day, first_days, is_day, is_period, last_day, last_days, precisions


def _column(periods, of):
    return pl.DataFrame({"date": pl.Series(periods, dtype=pl.String)}).select(of(pl.col("date"))).to_series().to_list()


@given(st.dates(datetime.date(1, 1, 1), datetime.date(9999, 12, 31)))
def test_the_days_of_a_period_are_those_of_the_calendar(day):
    next_month = (
        (day.replace(day=28) + datetime.timedelta(4)).replace(day=1) if (day.year, day.month) != (9999, 12) else None
    )
    month_end = next_month - datetime.timedelta(1) if next_month else datetime.date(9999, 12, 31)
    iso = day.isoformat()
    periods, firsts = [iso, iso[:7], iso[:4]], [day, day.replace(day=1), day.replace(month=1, day=1)]
    assert _column(periods, first_days) == firsts
    assert [first_day(period) for period in periods] == firsts
    lasts = [day, month_end, day.replace(month=12, day=31)]
    assert _column(periods, last_days) == lasts
    assert [last_day(period) for period in periods] == lasts
    assert _column(periods, precisions) == ["day", "month", "year"]
    assert [(is_period(period), is_day(period)) for period in periods] == [(True, True), (True, False), (True, False)]


@pytest.mark.parametrize(
    "text", ["", "20", "2021-2", "2021-13", "2021-02-29", "0000", "2021-", "2021-01-01-01", "x", "２０２１"]
)
def test_what_is_not_in_the_calendar_is_not_a_period(text):
    assert (is_period(text), is_day(text)) == (False, False)


def test_what_is_not_in_the_calendar_has_no_days():
    periods = ["2021-13", "2021-02-30", None]
    assert (_column(periods, first_days), _column(periods, last_days)) == ([None] * 3, [None] * 3)

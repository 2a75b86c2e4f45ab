"""Figures -> plans of the pictures of a build: their bars, ticks and words. Nothing is drawn here."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from corpus_vn_police.dataset.figures import STATUSES, Figures
from corpus_vn_police.periods import first_day, last_day
from corpus_vn_police.text import counted

FEWEST = 20
"""A build with fewer records has no pictures: a table says as much."""

_LETTERS = 36  # how many letters fit side by side below an axis
_BARS = 120  # the most bars that people can tell apart: each is about 2 points wide
_REASONS, _SHARE = 6, 0.02  # reasons beyond the sixth, or with a smaller share, have one bar together
_LONGEST = 40  # the most letters of a label


@dataclass(frozen=True)
class Row:
    """A horizontal bar with a label above it.

    Attributes:
        label: what the bar is, and its number.
        start, length: where it begins on the axis and how long it is, in days or in seeds.
        role: the role of its colour.
    """

    label: str
    start: int
    length: int
    role: str


@dataclass(frozen=True)
class PlannedChart:
    """A picture to be drawn; it has either columns or rows.

    Attributes:
        name: the name of its files, without their ending.
        title: what it shows, in a few words.
        alt: a description for people who cannot see it.
        note: what it leaves out, written below it; empty if it shows everything.
        axis: the label of the axis; may be empty.
        columns: heights of vertical bars, side by side; bar n covers n to n + 1 of the axis.
        rows: horizontal bars, one below the other.
        ticks: places on the axis, with their labels. Without ticks, the picture has no axis.
    """

    name: str
    title: str
    alt: str
    note: str = ""
    axis: str = ""
    columns: tuple[int, ...] = ()
    rows: tuple[Row, ...] = ()
    ticks: tuple[tuple[float, str], ...] = ()


def plan_charts(figures: Figures) -> tuple[PlannedChart, ...]:
    """Plan the pictures that a build's figures allow.

    Returns:
        Plans of four pictures: records by time, lengths, ledger and splits. The first and the last are left out if no
        record has a date. Empty if there are fewer than `FEWEST` records.
    """
    if figures.records < FEWEST:
        return ()
    plans = (_times(figures), _lengths(figures), _ledger(figures), _splits(figures))
    return tuple(plan for plan in plans if plan)


# Records by time


@dataclass(frozen=True)
class _Unit:
    """The length of time that a bar covers.

    Attributes:
        name: `month`, `year`, `decade` or `century`.
        width: how many months, or how many years.
        steps: the distances that labels may have, in bars.
    """

    name: str
    width: int
    steps: tuple[int, ...]

    def label(self, place: int) -> str:
        if self.name == "month":
            return f"{place // 12:04d}-{place % 12 + 1:02d}"
        return f"{place * self.width:04d}" + ("s" if self.width > 1 else "")


_MONTH = _Unit("month", 1, (1, 2, 3, 6, 12, 24, 36, 60))
_LONGER = [_Unit(name, width, (1, 2, 5, 10, 20, 50)) for name, width in (("year", 1), ("decade", 10), ("century", 100))]


def _times(figures: Figures) -> PlannedChart | None:
    """Records by month, or by year or longer: if there are too many months, or if most dates give only a year."""
    if not figures.years:
        return None
    with_month, dated = sum(figures.months.values()), sum(figures.years.values())
    months = {int(month[:4]) * 12 + int(month[5:]) - 1: count for month, count in figures.months.items()}
    if 2 * with_month >= dated and max(months) - min(months) < _BARS:
        return _in_time(_MONTH, months, _not_shown(figures.undated, dated - with_month))
    years = {int(year): count for year, count in figures.years.items()}
    unit = next((unit for unit in _LONGER if (max(years) - min(years)) // unit.width < _BARS - 1), _LONGER[-1])
    counts: dict[int, int] = {}
    for year, count in years.items():
        counts[year // unit.width] = counts.get(year // unit.width, 0) + count
    return _in_time(unit, counts, _not_shown(figures.undated))


def _in_time(unit: _Unit, counts: Mapping[int, int], left_out: str) -> PlannedChart:
    """A picture of records by time; the keys of `counts` are numbers of months, years, decades or centuries."""
    first, last = min(counts), max(counts)
    most = max(counts, key=lambda place: (counts[place], -place))
    records = counted(sum(counts.values()), "record")
    said = f"One bar: {records} in {unit.label(first)}."
    if first < last:
        time = f"one per {unit.name} from {unit.label(first)} to {unit.label(last)}"
        said = f"Bars, {time}: {records}, the most in {unit.label(most)} ({counts[most]:,})."
    room = _LETTERS // (len(unit.label(last)) + 1)
    step = next((step for step in unit.steps if (last - first) // step < room), unit.steps[-1])
    return PlannedChart(
        "months",
        f"Records per {unit.name}",
        f"{said} {left_out}".rstrip(),
        note=left_out,
        columns=tuple(counts.get(place, 0) for place in range(first, last + 1)),
        ticks=tuple((each - first + 0.5, unit.label(each)) for each in range(-(-first // step) * step, last + 1, step)),
    )


def _not_shown(undated: int, year_alone: int = 0) -> str:
    """The sentence that says which records a picture leaves out; empty if it leaves out none."""
    said = [counted(undated, "undated record")] if undated else []
    if year_alone:
        said.append(
            f"{year_alone:,} with only a year" if undated else f"{counted(year_alone, 'record')} with only a year"
        )
    return f"Not shown: {', '.join(said)}." if said else ""


# Lengths


def _lengths(figures: Figures) -> PlannedChart:
    lows = list(figures.histogram)
    alt = (
        f"Bars, the number of records by their number of syllables: {figures.lengths['shortest']:,} to "
        f"{figures.lengths['longest']:,}, half of them {figures.lengths['lower_quartile']:,g} to "
        f"{figures.lengths['upper_quartile']:,g}; the median is {figures.lengths['median']:,g}. "
        f"The last bar is {lows[-1]:,} and more."
    )
    return PlannedChart(
        "lengths",
        "Records by length",
        alt,
        axis="syllables per record",
        columns=tuple(figures.histogram.values()),
        ticks=_open_ticks(lows),
    )


def _open_ticks(lows: list[int]) -> tuple[tuple[float, str], ...]:
    """Ticks where bars begin. The last bar has no upper end, so its tick is always there and its label ends with +."""
    end, last = len(lows) - 1, f"{lows[-1]:,}+"
    if not end:
        return ((0, last),)
    width, apart = lows[1] - lows[0], (len(last) + 1) * len(lows) / _LETTERS
    step = next(step for step in (1, 2, 5, 10, 20, 50) if step >= apart or step == 50)
    marked = (place for place, low in enumerate(lows) if low // width % step == 0 and end - place >= apart)
    return (*((place, f"{lows[place]:,}") for place in marked), (end, last))


# What became of the seeds


def _ledger(figures: Figures) -> PlannedChart:
    rows, said = [], []
    for status in STATUSES:
        name = status.replace("_", " ")
        kinds = _rejections(figures.reasons) if status == "rejected" else {name: figures.status[status]}
        role = {"published": "first", "rejected": "second", "removed": "ink"}.get(status, "third")
        for kind, count in ((kind, count) for kind, count in kinds.items() if count):
            rows.append(Row(f"{_cut(kind)}: {count:,}", 0, count, role))
            said.append(f"{kind} {count:,}")
    alt = f"Bars, what became of {figures.seeds:,} seeds: {'; '.join(said)}."
    return PlannedChart("ledger", "What became of the seeds", alt, rows=tuple(rows))


def _rejections(reasons: Mapping[str, int]) -> dict[str, int]:
    """Rejected seeds by reason, the most frequent first; rare reasons are added up if there are several."""
    least = _SHARE * sum(reasons.values())
    shown = {reason: count for reason, count in list(reasons.items())[:_REASONS] if count >= least}
    others = {reason: count for reason, count in reasons.items() if reason not in shown}
    if len(others) > 1:
        others = {f"{len(others)} {'other ' if shown else ''}reasons": sum(others.values())}
    return {f"rejected ({reason})": count for reason, count in {**shown, **others}.items()}


def _cut(kind: str) -> str:
    """The name, cut to the room beside a count, since a reason may have a long name."""
    return kind if len(kind) <= _LONGEST else f"{kind[: _LONGEST - 1]}…"


# The time of the splits


def _splits(figures: Figures) -> PlannedChart | None:
    """A bar for each split, in days: from the first day of its first date to the last day of its last date."""
    roles = {"train": "first", "validation": "second", "test": "third"}
    rows, said = [], []
    for each in figures.splits:
        if each.first and each.last:
            start = first_day(each.first).toordinal()
            days = last_day(each.last).toordinal() - start + 1
            records, span = counted(each.records - each.undated, "record"), counted(days, "day")
            rows.append(Row(f"{each.split}: {records} in {span}", start, days, roles[each.split]))
            dates = each.first if each.first == each.last else f"{each.first} to {each.last}"
            said.append(f"{each.split} {dates}, {span}, {records}")
    if not rows:
        return None
    left_out = _not_shown(figures.undated)
    return PlannedChart(
        "splits",
        "The time that each split spans",
        f"Bars on a scale of days: {'; '.join(said)}. {left_out}".rstrip(),
        note=left_out,
        rows=tuple(rows),
        ticks=_date_ticks(min(row.start for row in rows), max(row.start + row.length for row in rows)),
    )


def _date_ticks(start: int, end: int) -> tuple[tuple[float, str], ...]:
    """Ticks where days, months or years begin, from one ordinal to another: as many as there is room for."""
    for letters, steps, beginnings in _SCALES:
        room = _LETTERS // (letters + 1)
        for step in steps:
            ticks = tuple(itertools.islice(beginnings(start, end, step), room + 1))
            if len(ticks) <= room:
                return ticks
    return ()


def _days(start: int, end: int, step: int) -> Iterator[tuple[float, str]]:
    for day in range(start, min(end, datetime.date.max.toordinal()) + 1, step):
        yield day, datetime.date.fromordinal(day).isoformat()


def _months(start: int, end: int, step: int) -> Iterator[tuple[float, str]]:
    """The first day of every `step`-th month, counted from the year 0."""
    first = datetime.date.fromordinal(start)
    number = first.year * 12 + first.month - (first.day == 1)
    for month in range(-(-number // step) * step, 12 * (datetime.MAXYEAR + 1), step):
        day = datetime.date(month // 12, month % 12 + 1, 1)
        if day.toordinal() > end:
            return
        yield day.toordinal(), day.isoformat()[:7]


def _years(start: int, end: int, step: int) -> Iterator[tuple[float, str]]:
    for day, month in _months(start, end, 12 * step):
        yield day, month[:4]


# Letters of a label, steps between ticks, and the ticks. The first of these whose labels have room is used.
_SCALES: tuple[tuple[int, tuple[int, ...], Callable[[int, int, int], Iterator[tuple[float, str]]]], ...] = (
    (len("2020-12-07"), (1, 2, 5, 10, 20), _days),
    (len("2020-12"), (1, 2, 3, 6), _months),
    (len("2020"), (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000), _years),
)

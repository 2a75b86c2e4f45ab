"""Records -> training text: named templates, and format strings over the record's fields; and back again.

This module uses neither Polars nor Arrow, because forked workers of a DataLoader also render.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from corpus_vn_police.errors import ConfigError
from corpus_vn_police.train.formats import FormatString, parts_of, unknown
from corpus_vn_police.train.masks import masked


class Parsed(NamedTuple):
    """The result of `parse`.

    Attributes:
        date: `2020`, `2020-12` or `2020-12-07`; None if the text has no header.
        text: the text after the header.
    """

    date: str | None
    text: str


def _seed(year: str, month: str | None, day: str | None) -> str:
    return f" date {'-'.join(filter(None, (year, month, day)))} "


def _year_text(year: str, month: str | None, day: str | None) -> str:
    return f"year: {year} text: "


def _token(year: str, month: str | None, day: str | None) -> str:
    return f"<|{year}|>{f'<|m{month}|>' if month else ''}{f'<|d{day}|>' if day else ''}"


def _natural(year: str, month: str | None, day: str | None) -> str:
    if month is None:
        return f"Năm {year}: "
    return f"Ngày {int(day)} tháng {int(month)} năm {year}: " if day else f"Tháng {int(month)} năm {year}: "


_HEADERS = {"seed": _seed, "year_text": _year_text, "token": _token, "natural": _natural}
"""Template -> a function from year, month and day (the last two may be None) to the text before the body."""

_OPENINGS = {
    "seed": re.compile(r" date (?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)? "),
    "year_text": re.compile(r"year: (?P<year>[0-9]{4})(?P<month>)(?P<day>) text: "),
    "token": re.compile(r"<\|(?P<year>[0-9]{4})\|>(?:<\|m(?P<month>[0-9]{2})\|>(?:<\|d(?P<day>[0-9]{2})\|>)?)?"),
    "natural": re.compile(r"(?:(?:Ngày (?P<day>[0-9]{1,2}) t|T)háng (?P<month>[0-9]{1,2}) n|N)ăm (?P<year>[0-9]{4}): "),
}
"""Patterns of the headers of templates."""

_NONE = "none"
NAMES = (*_HEADERS, _NONE)
"""The names of templates."""


@functools.lru_cache(maxsize=65_536)  # a corpus has few dates: a century has about 36,500 days
def _header(template: str, date: str) -> str:
    """The header that a named template writes for a date.

    Raises:
        ConfigError: it is not a date of the calendar.
    """
    parts = parts_of(date)
    if not parts:
        raise ConfigError(
            f"date = {date!r} is not a date of the calendar",
            "give 2020, 2020-12, 2020-12-07 or None, as in records",
        )
    return _HEADERS[template](*parts)


def _checked(template: str) -> FormatString | None:
    """The parsed template, if it is a format string; None if it is a named template.

    Raises:
        ConfigError: it is neither.
    """
    if template in NAMES:
        return None
    if not isinstance(template, str) or "{" not in template:
        near = difflib.get_close_matches(str(template)[:40], NAMES, n=1)
        guess = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(
            f"template = {template!r} is not a template",
            f"{guess}There are {', '.join(NAMES)}, or a format string such as '{{title}}\\n\\n{{text}}'",
        )
    return FormatString.of(template)


@dataclass(frozen=True)
class Rendering:
    """A template, ready to render many records; it is pickled and compared by its two settings.

    Attributes:
        template: a name, or a format string; see `render`.
        mask_dates: whether dates in the record's text are masked; see `render`.
        columns: the top-level fields of a record that are read.

    Raises:
        ConfigError: there is no such template, or the format string is not allowed.
    """

    template: str = "seed"
    mask_dates: bool = False
    columns: tuple[str, ...] = field(init=False, compare=False, repr=False)
    _write: Callable[[Mapping[str, Any]], str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if type(self.mask_dates) is not bool:
            raise ConfigError(f"mask_dates = {self.mask_dates!r} is not allowed", "give True or False")
        form = _checked(self.template)
        change = masked if self.mask_dates else None
        if form:
            columns, write = form.columns, form.writer(change)
        else:
            columns = ("text",) if self.template == _NONE else ("date", "text")
            write = _named_writer(self.template, change)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "_write", write)

    def __reduce__(self) -> tuple[Any, ...]:
        return Rendering, (self.template, self.mask_dates)

    def check_columns(self, known: Sequence[str]) -> None:
        """Refuse a table that lacks one of `columns`, before any of its rows is read.

        Raises:
            ConfigError: it lacks one; the message names the most similar column.
        """
        if missing := [name for name in self.columns if name not in known]:
            raise unknown(missing[0], known)

    def text_of(self, record: Mapping[str, Any]) -> str:
        """The training text of a record, which must have the fields `columns`.

        Raises:
            ConfigError: a field is missing, or has a value that cannot be rendered.
        """
        return self._write(record)


def _named_writer(template: str, change: Callable[[str], str] | None) -> Callable[[Mapping[str, Any]], str]:
    def write(record: Mapping[str, Any]) -> str:
        try:
            text, date = record["text"], None if template == _NONE else record["date"]
        except KeyError as missing:
            raise ConfigError(
                f"the record has no field {missing}, which the template {template!r} reads",
                "give the record this field; only date may be None",
            ) from None
        if not isinstance(text, str) or not isinstance(date, str | None):
            wrong = "date" if isinstance(text, str) else "text"
            raise ConfigError(f"{wrong} = {record[wrong]!r} is not a string", "give a string, as in records")
        body = change(text) if change else text
        return body if date is None else _header(template, date) + body

    return write


_rendering = functools.lru_cache(maxsize=64)(Rendering)


def render(record: Mapping[str, Any], template: str = "seed", *, mask_dates: bool = False) -> str:
    r"""The training text of a record.

    Named templates write the date, as precise as it is, before the text; if it is null, they write only the text:

    - `seed`: `" date 2020-12 "`, as in the seeds of this package;
    - `year_text`: `"year: 2020 text: "`, only the year (Dhingra et al. 2022, "Time-Aware Language Models as Temporal
      Knowledge Bases");
    - `token`: `"<|2020|><|m12|><|d07|>"`, one token each if the tokenizer has the `date_tokens` (after Rosin, Guy
      and Radinsky 2022, "Time Masking for Temporal Language Models", which puts a time token before the text);
    - `natural`: `"Ngày 7 tháng 12 năm 2020: "`, `"Tháng 12 năm 2020: "`, `"Năm 2020: "`;
    - `none`: nothing.

    Any other string with a brace is a format string over the fields of the record, including own fields, such as
    `"{date}\n{title}\n\n{text}"`. `{source.url}` is a field of a struct, `{captions.text}` a field of each struct in a
    list; doubled braces stand for braces. Null is an empty string; a date is written as `2020-12-07`, an int in digits,
    a float as the shortest form that Python reads back, a bool as `true` or `false`, a list as its items one per line,
    without those that are null.

    Args:
        record: its fields by name, as in a row of the Parquet files or of `datasets`.
        template: a name, or a format string.
        mask_dates: whether explicit dates become `[DATE]`, for a model that has to find the date from the text. This
            applies to every string of the record except the field `date`. The parts that the template itself writes,
            a header or the literal parts of a format string, are not masked; nor are fields of dates and numbers in a
            format string. See `corpus_vn_police.train.masks.masked`.

    Raises:
        ConfigError: there is no such template; a format string has a conversion, a format spec, an index, an empty name
            or a brace too many; the record has no such field; or a value is a struct, or not one of a record.
    """
    if not isinstance(template, str):  # it may be unhashable
        _checked(template)
    return _rendering(template, mask_dates).text_of(record)


def parse(text: str, template: str = "seed") -> Parsed:
    """The date and the text of what `render` wrote: `parse(render(r, t), t) == (r["date"], r["text"])`.

    That is true for every text that does not itself begin with a header of the template (or, for `token`, continue
    one). With `year_text`, only the year comes back, because no more was written. With a named template, a text without
    a header is the text of a record without a date.

    Args:
        text: the training text.
        template: a name; or a format string whose fields are `date` and `text`, each once, with some text between them
            that has no digit or `-` next to the date.

    Raises:
        ConfigError: there is no such template; the format string has other fields; or the text does not have its form.
    """
    form = _checked(template)
    if form:
        return Parsed(*form.parse(text))
    if template == _NONE:
        return Parsed(None, text)
    found = _OPENINGS[template].match(text)
    if not found:
        return Parsed(None, text)
    date = "-".join(part.zfill(2) for part in found.group("year", "month", "day") if part)
    # A header must be exactly what would be written: `Ngày 07 tháng 12` is text.
    if not parts_of(date) or _header(template, date) != found[0]:
        return Parsed(None, text)
    return Parsed(date, text[found.end() :])

"""Format strings over the fields of a record: `{date}`, `{source.url}`, own fields; and parsing them back."""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus_vn_police.errors import ConfigError

_PIECE = re.compile(r"\{\{|\}\}|\{(?P<field>[^{}]*)\}|[{}]")
_NAME = re.compile(r"[^\W0-9]\w*(?:\.[^\W0-9]\w*)*")
_HINT = "write {name} or {struct.name} for a field, {{ and }} for braces"
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_LAST_DATE = re.compile(r"(?<![0-9-])[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?\Z")
_TOUCHES = re.compile(r"[0-9-]")


def parts_of(date: str) -> tuple[str, str | None, str | None] | None:
    """Year, month and day of a valid date; month and day are None if it is less precise. None for any other text.

    The same rule as `periods.is_period`, which imports Polars.
    """
    found = _DATE.fullmatch(date)
    if not found:
        return None
    year, month, day = found.groups()
    try:
        datetime.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return year, month, day


@dataclass(frozen=True)
class FormatString:
    """A parsed format string.

    Attributes:
        given: as it was written.
        names: the fields in order; a field may occur several times.
        literals: the text before, between and after the fields; one more than `names`.
    """

    given: str
    names: tuple[str, ...]
    literals: tuple[str, ...]

    @classmethod
    def of(cls, given: str) -> FormatString:
        """Parse a format string.

        Raises:
            ConfigError: a brace is not closed, there is one too many, or the text in braces is not the name of a field.
        """
        names, literals, end = [], [""], 0
        for piece in _PIECE.finditer(given):
            literals[-1] += given[end : piece.start()]
            end = piece.end()
            if piece["field"] is not None:
                names.append(_name(given, piece["field"]))
                literals.append("")
            elif len(piece[0]) == 2:
                literals[-1] += piece[0][0]
            else:
                raise ConfigError(f"template = {given!r} has a {piece[0]} too many at character {piece.start()}", _HINT)
        literals[-1] += given[end:]
        return cls(given, tuple(names), tuple(literals))

    @property
    def columns(self) -> tuple[str, ...]:
        """The top-level fields of the record that are read."""
        return tuple(dict.fromkeys(name.partition(".")[0] for name in self.names))

    def writer(self, change: Callable[[str], str] | None) -> Callable[[Mapping[str, Any]], str]:
        """Make a function that writes a record in this form.

        Args:
            change: changes every string of the record except that of `date`; None changes nothing.
        """
        first, *literals = self.literals
        fields = [
            (name, name.split("."), None if name == "date" else change, literal)
            for name, literal in zip(self.names, literals, strict=True)
        ]

        def write(record: Mapping[str, Any]) -> str:
            parts = [first]
            for name, path, altered, literal in fields:
                value = record.get(name)
                if type(value) is not str:  # true for nearly all fields at the top level
                    value = _found(record, path, record)
                parts += (_written(value, name, altered), literal)
            return "".join(parts)

        return write

    def parse(self, text: str) -> tuple[str | None, str]:
        """Read the date (None if it was null) and the text from a text in this form.

        Raises:
            ConfigError: there are other fields than `date` and `text`, one of them occurs twice, or nothing between
                them shows where the date begins or ends; or the text is not in this form.
        """
        before, between, after = self._divided()
        if text.startswith(before) and text.endswith(after) and len(text) >= len(before) + len(after):
            inner = text[len(before) : len(text) - len(after)]
            date_first = self.names[0] == "date"
            found = _DATE.match(inner) if date_first else _LAST_DATE.search(inner[-11:])
            date = found[0] if found and parts_of(found[0]) else ""
            rest = inner[len(date) :] if date_first else inner[: len(inner) - len(date)]
            if date_first and rest.startswith(between):
                return date or None, rest[len(between) :]
            if not date_first and rest.endswith(between):
                return date or None, rest[: -len(between)]
        raise ConfigError(
            f"the text is not of the template {self.given!r}: {text[:60]!r}", "render it with this template"
        )

    def _divided(self) -> tuple[str, str, str]:
        if sorted(self.names) != ["date", "text"]:
            raise ConfigError(
                f"template = {self.given!r} cannot be parsed: its fields are {', '.join(self.names) or 'none'}",
                "only a template of {date} and {text}, each once, can",
            )
        before, between, after = self.literals
        touching = between[:1] if self.names[0] == "date" else between[-1:]
        if not touching or _TOUCHES.match(touching):
            raise ConfigError(
                f"template = {self.given!r} cannot be parsed: nothing shows where the date ends",
                "put something between {date} and {text}, and neither a digit nor a - next to {date}",
            )
        return before, between, after


def _name(given: str, inside: str) -> str:
    if _NAME.fullmatch(inside):
        return inside
    raise ConfigError(f"template = {given!r}: {{{inside}}} is not a field's name", _HINT)


def _found(value: Any, path: list[str], record: Mapping[str, Any]) -> Any:
    """The value at a path of names; for a list of structs, the list of their values."""
    for place, name in enumerate(path):
        if value is None:
            return None
        if isinstance(value, list | tuple):
            return [_found(each, path[place:], record) for each in value]
        if not isinstance(value, Mapping) or name not in value:
            raise unknown(".".join(path), list(_known(record)))
        value = value[name]
    return value


def _written(value: Any, name: str, change: Callable[[str], str] | None) -> str:
    """A value as text, with its strings changed; see `render`.

    Raises:
        ConfigError: it is a struct, or not a value that records have.
    """
    if isinstance(value, str):
        return change(value) if change else value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "\n".join(_written(each, name, change) for each in value if each is not None)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{{{name}.{key}}}" for key in value)
        raise ConfigError(f"{name!r} is a struct, which is not written as a whole", f"name a field of it: {inner}")
    raise ConfigError(
        f"{name!r} is of the type {type(value).__name__}, which no record has", "give a string or a number"
    )


def unknown(name: str, known: Sequence[str]) -> ConfigError:
    """The error for an unknown field; it names the most similar known field."""
    near = difflib.get_close_matches(name[:200], known, n=1)
    guess = f"did you mean {near[0]!r}? " if near else ""
    return ConfigError(f"{name!r} is not a field of the record", f"{guess}There are {', '.join(known)}")


def _known(record: Mapping[str, Any]) -> Iterator[str]:
    for name, value in record.items():
        yield name
        inside = value[0] if isinstance(value, list | tuple) and value else value
        if isinstance(inside, Mapping):
            yield from (f"{name}.{inner}" for inner in inside)

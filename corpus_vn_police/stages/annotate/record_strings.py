"""The strings of a record that may hold personal data: text, title, captions, byline, own fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from corpus_vn_police.stages.annotate.spans import Personal, Span
from corpus_vn_police.stages.batch import OWN

_COLUMNS = ("text", "title", "captions", "byline", OWN)
_BETWEEN = "\n\n"  # ends a paragraph, so that no rule reads from one string into the next


def columns_of(batch: pl.DataFrame) -> list[str]:
    """The columns of a batch that hold such strings; the text comes first."""
    return [name for name in _COLUMNS if name in batch.columns]


def strings_in(value: Any) -> Iterator[str]:
    """All strings in a value, including those in lists and objects inside it, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings_in(inner)


def with_strings(value: Any, strings: Iterator[str]) -> Any:
    """The value with its strings replaced, in the order in which `strings_in` returns them."""
    if isinstance(value, str):
        return next(strings)
    if isinstance(value, dict):
        return {key: with_strings(inner, strings) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [with_strings(inner, strings) for inner in value]
    return value


def joined(strings: Sequence[str]) -> str:
    """The strings joined together, so that a name found in the text is also known in the title."""
    return _BETWEEN.join(strings)


def apart(strings: Sequence[str], spans: Sequence[Personal]) -> list[list[Personal]]:
    """Spans in the joined strings, as spans in each string."""
    places: list[list[Personal]] = []
    start, taken = 0, 0
    for string in strings:
        end = start + len(string)
        mine = []
        while taken < len(spans) and spans[taken].place.start < end:
            place, kind = spans[taken]
            mine.append(Personal(Span(place.start - start, min(place.end, end) - start), kind))
            taken += 1
        places.append(mine)
        start = end + len(_BETWEEN)
    return places

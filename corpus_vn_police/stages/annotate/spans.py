"""What annotating finds in a text: spans, in code points, from `start` up to, not including, `end`."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A piece of a text."""

    start: int
    end: int


class Abbreviation(NamedTuple):
    """A short form where the text defines it.

    Attributes:
        short: the short form.
        long: what it stands for.
    """

    short: Span
    long: Span


class Person(NamedTuple):
    """An officer where the text mentions one.

    Attributes:
        mention: the mention.
        name, rank, title: its pieces; the title is None if it has none.
    """

    mention: Span
    name: Span
    rank: Span
    title: Span | None


class Quote(NamedTuple):
    """Direct speech.

    Attributes:
        speech: what is said, without its marks.
        speaker: who says it; None if the text does not say.
    """

    speech: Span
    speaker: Span | None


class Personal(NamedTuple):
    """Personal data.

    Attributes:
        place: where.
        kind: one of the kinds of `schema/annotations.schema.json`.
    """

    place: Span
    kind: str

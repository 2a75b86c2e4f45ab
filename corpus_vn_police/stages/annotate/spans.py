"""The content that annotating finds: spans in code points, from `start` up to, but not including, `end`."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A piece of a text."""

    start: int
    end: int


class Abbreviation(NamedTuple):
    """An abbreviation that the text defines.

    Attributes:
        short: the short form.
        long: the long form.
    """

    short: Span
    long: Span


class Person(NamedTuple):
    """A mention of an officer.

    Attributes:
        mention: the span of the whole mention.
        name, rank, title: the spans of its parts; None as the title if it has none.
    """

    mention: Span
    name: Span
    rank: Span
    title: Span | None


class Quote(NamedTuple):
    """Direct speech.

    Attributes:
        speech: the span of the speech, without its quotation marks.
        speaker: the span of the speaker; None if the text names none.
    """

    speech: Span
    speaker: Span | None


class Personal(NamedTuple):
    """Personal data.

    Attributes:
        place: the span.
        kind: one of the kinds in `schema/annotations.schema.json`.
    """

    place: Span
    kind: str

"""Replace personal data by placeholders, and move spans to their positions in the masked text."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from corpus_vn_police.stages.annotate.spans import Personal, Span


def placeholder(kind: str) -> str:
    """The text that replaces personal data: `[PHONE]`."""
    return f"[{kind.upper()}]"


@dataclass(frozen=True)
class Masked:
    """A text with placeholders.

    Attributes:
        text: the text.
        places: the placeholders and their kinds.
        before: the spans in the original text that they replaced.
    """

    text: str
    places: tuple[Personal, ...]
    before: tuple[Personal, ...]

    def moved(self, span: Span) -> Span:
        """The new position of a span; a span that began or ended inside personal data covers the whole placeholder."""
        return Span(self._moved(span.start, 0), self._moved(span.end, 1))

    def _moved(self, offset: int, end: int) -> int:
        number = bisect.bisect_right(self.before, offset - end, key=lambda each: each.place.start) - 1
        if number < 0:
            return offset
        old, new = self.before[number].place, self.places[number].place
        if offset < old.end or (end and offset == old.end):
            return new.end if end else new.start
        return offset + new.end - old.end


def masked(text: str, personal: Sequence[Personal]) -> Masked:
    """Replace personal data by placeholders.

    Args:
        text: the text.
        personal: the personal data in it, in order, without overlaps.
    """
    pieces, places, end, size = [], [], 0, 0
    for place, kind in personal:
        shown = placeholder(kind)
        pieces += [text[end : place.start], shown]
        size += place.start - end
        places.append(Personal(Span(size, size + len(shown)), kind))
        size += len(shown)
        end = place.end
    return Masked("".join([*pieces, text[end:]]), tuple(places), tuple(personal))

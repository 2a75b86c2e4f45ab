"""Personal data: numbers, plates, addresses and names of private persons, found by rules."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence

from corpus_vn_police.stages.annotate.gates import ALL, Gates
from corpus_vn_police.stages.annotate.personal.emails import emails
from corpus_vn_police.stages.annotate.personal.numbers import numbers
from corpus_vn_police.stages.annotate.personal.persons import persons
from corpus_vn_police.stages.annotate.personal.shape import has_number
from corpus_vn_police.stages.annotate.spans import Person, Personal, Span

__all__ = ["personal"]


def personal(text: str, officers: Sequence[Person], may_have: Gates = ALL) -> list[Personal]:
    """The personal data of a text, in order; no two of them overlap.

    Args:
        text: the text.
        officers: the officers that `people` found; they are not private persons.
        may_have: the gates of the text.
    """
    found: list[Personal] = []
    if may_have.numbers:
        found += emails(text) if "@" in text else []
        found += numbers(text) if has_number(text) else []
        found += list(_again(text, found))
    if may_have.introduced or may_have.facts or may_have.homes:
        found += persons(text, officers, may_have)
    return _apart(found)


def _again(text: str, found: Iterable[Personal]) -> Iterator[Personal]:
    """Other occurrences of found data: a number that the text explains once has the same kind elsewhere."""
    for said, kind in {(text[slice(*each.place)], each.kind) for each in found}:
        place = text.find(said)
        while place >= 0:
            yield Personal(Span(place, place + len(said)), kind)
            place = text.find(said, place + len(said))


def _apart(found: list[Personal]) -> list[Personal]:
    """Resolve overlaps: keep one of two that overlap, and sort the result.

    A number replaces a home that includes it as a house number. Otherwise the one that begins first stays; if both
    begin at the same position, the longer one does.
    """
    if len(found) < 2:
        return found
    kept: list[Personal] = []
    starts: list[int] = []
    ordered = sorted((kind == "address", start, -end, kind) for (start, end), kind in found)
    for _, start, minus_end, kind in ordered:
        at = len(starts) if not starts or start > starts[-1] else bisect.bisect_left(starts, start)
        free = not at or kept[at - 1].place.end <= start
        if free and (at == len(starts) or -minus_end <= starts[at]):
            starts.insert(at, start)
            kept.insert(at, Personal(Span(start, -minus_end), kind))
    return kept

"""Personal data: numbers, plates, addresses and names of private persons, found by rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from corpus_vn_police.stages.annotate.personal.emails import emails
from corpus_vn_police.stages.annotate.personal.numbers import numbers
from corpus_vn_police.stages.annotate.personal.persons import persons
from corpus_vn_police.stages.annotate.personal.shape import has_number
from corpus_vn_police.stages.annotate.spans import Person, Personal

__all__ = ["personal"]


def personal(text: str, officers: Sequence[Person]) -> list[Personal]:
    """The personal data of a text, in order; no two of them overlap.

    Args:
        text: the text.
        officers: as `people` finds them; they are no private persons.
    """
    found: list[Personal] = []
    if "@" in text:
        found += emails(text)
    if has_number(text):
        found += numbers(text)
    found += persons(text, officers)
    return _apart(found)


def _apart(found: Iterable[Personal]) -> list[Personal]:
    """What is left, in order, if of two that overlap the one that begins first stays; or else the longer."""
    kept: list[Personal] = []
    end = 0
    for each in sorted(found, key=lambda each: (each.place.start, -each.place.end)):
        if each.place.start >= end:
            kept.append(each)
            end = each.place.end
    return kept

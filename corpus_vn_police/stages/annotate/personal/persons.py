"""Private persons, recognised by the words around their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.gates import Gates
from corpus_vn_police.stages.annotate.personal.facts import Told, births, facts_after, named
from corpus_vn_police.stages.annotate.personal.homes import homes, speaks_of_homes
from corpus_vn_police.stages.annotate.personal.mentions import mentions
from corpus_vn_police.stages.annotate.personal.naming import (
    has_office,
    is_full,
    is_public,
    name_at,
    name_before,
)
from corpus_vn_police.stages.annotate.personal.triggers import STRONG, WEAK, Trigger, triggers
from corpus_vn_police.stages.annotate.spans import Person, Personal, Span
from corpus_vn_police.stages.annotate.words import CAPITAL, any_of

_WORDS = lexicon("personal")
_ANY_ADDRESS = any_of(_WORDS, "address", "address of anybody")
_TOLD = re.compile(rf"(?:, | [-–] | \()(?:(?:là|vốn là) )?(?i:{any_of(_WORDS, 'told of a person')})(?!\w)")
_RELATED = re.compile(
    rf"(?<!\w)(?:(?i:{any_of(_WORDS, 'relative', 'role', 'suspect')})|nhà"
    r"|[Nn]gười (?:lái|chạy|bán|mua|cha|mẹ|con|thợ|nông)[^,.\n]{0,20})(?: của)?"
    rf"(?: (?i:{_ANY_ADDRESS}|nạn nhân|bị cáo|bị can))?(?: {CAPITAL}){{0,4}}\.?,? (?:là )?$"
)
_IDENTIFIED = re.compile(rf"(?<!\w)(?i:{any_of(_WORDS, 'somebody')})(?: [^\W\d_]+){{0,8}} $")
_NEXT_NAME = re.compile(
    rf"(?: \([^()\n]{{0,120}}\))?(?: [0-9]+ (?:năm|tháng)(?: [0-9]+ tháng)?(?: tù)?)?"
    rf"(?:,? và |, |; |,? cùng | là )(?:(?i:{_ANY_ADDRESS}) )?(?={CAPITAL})"
)
_INITIALS = re.compile(r"[A-ZĐ]\.$|(?:^|(?<=[ .]))[A-ZĐ]$")
_IS_OFFICER = re.compile(rf",? (?:hiện |đang |từng |nguyên )?là (?i:{any_of(lexicon('officers'), 'office', 'member')})")
_DOES = re.compile(rf" {any_of(_WORDS, 'does as a suspect')}")
FactsBehind = Callable[[int], Told]
"""Returns the facts beside the name that ends at a position; each name is examined only once."""

_CLAUSE = 60  # code points after an officer's mention; a home within them is the officer's
_CLAUSE_ENDS = re.compile(r"[.;:!?\n(]")
_SENTENCE_START = frozenset('.!?…:\n“”"-–•*(«')


class _Facts(dict[int, Told]):
    """The facts beside names in a text, by the position where the name ends; each is examined only once."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __missing__(self, name_end: int) -> Told:
        self[name_end] = facts = facts_after(self._text, name_end)
        return facts


def persons(text: str, officers: Sequence[Person], may_have: Gates) -> list[Personal]:
    """The names, dates of birth and homes of the private persons in a text, unordered."""
    facts_behind = _Facts(text).__getitem__
    known = _known(text, officers, may_have, facts_behind)
    found = [Personal(place, "private_person") for place in mentions(text, known, officers)] if known else []
    for name in known:
        facts = facts_behind(name.end)
        found += [Personal(place, "birth_date") for place in facts.births]
        found += [Personal(place, "address") for place in facts.homes]
    if may_have.facts:
        found += [Personal(place, "birth_date") for place in births(text, may_have.facts)]
    if may_have.homes and (known or speaks_of_homes(text)):
        found += [
            Personal(place, "address")
            for place in homes(text, may_have.homes)
            if not _is_officers(text, place, officers)
        ]
    return found


def _is_officers(text: str, place: Span, officers: Sequence[Person]) -> bool:
    """Whether a place is in the clause that mentions an officer."""
    return any(
        officer.mention.end <= place.start < officer.mention.end + _CLAUSE
        and not _CLAUSE_ENDS.search(text, officer.mention.end, place.start)
        for officer in officers
    )


def _doers(text: str) -> Iterator[Span]:
    """The full names before verbs that suspects and victims do: `Trần Văn B khai nhận`."""
    for verb in _DOES.finditer(text):
        name = name_before(text, verb.start())
        if name and is_full(text, name) and not is_public(text, name.start):
            yield name


def _known(text: str, officers: Sequence[Person], may_have: Gates, facts: FactsBehind) -> list[Span]:
    """Names that the words around them show to belong to private persons, in order."""
    officer_names = {text[slice(*officer.name)] for officer in officers}
    inside = {place for officer in officers for place in range(*officer.mention)}
    known: dict[int, Span] = {}

    def take(names: Iterable[Span]) -> None:
        for name in names:
            if name.start not in inside and text[slice(*name)] not in officer_names:
                known[name.start] = name

    if may_have.facts:
        take(_told_of(text, may_have.facts, facts))
    if may_have.introduced:
        take(_introduced(text, {name.split(" ")[-1] for name in officer_names}))
    if known:
        take(filter(None, (_weak(text, trigger, facts) for trigger in triggers(text, WEAK))))
        take(_doers(text))
        for name in list(known.values()):
            take(_listed(text, name, known))
            take(facts(name.end).aliases)
    return [known[start] for start in sorted(known)]


def _told_of(text: str, may_have: int, facts: FactsBehind) -> Iterator[Span]:
    """The names beside an age, a birth or a home."""
    for name in dict.fromkeys(named(text, may_have)):
        if not is_public(text, name.start) and not _IS_OFFICER.match(text, facts(name.end).end):
            yield name


def _introduced(text: str, officer_given: set[str]) -> Iterator[Span]:
    """The names after words that make anybody a private person."""
    for trigger in triggers(text, STRONG):
        found = _strong(text, trigger)
        if found and not (trigger.kind == "address" and text[slice(*found)] in officer_given):
            yield found


def _strong(text: str, trigger: Trigger) -> Span | None:
    """The name after words that make anybody a private person."""
    name = name_at(text, trigger.name)
    if not name:
        return None
    if trigger.kind == "suspect":
        return name
    if trigger.kind == "address of anybody":
        return name if _INITIALS.search(text, *name) and _is_small(text, trigger.start) else None
    if has_office(text, name):
        return None
    if trigger.kind == "done to a suspect":
        return name if is_full(text, name) else None
    return name if _is_small(text, trigger.start) else None


def _weak(text: str, trigger: Trigger, facts: FactsBehind) -> Span | None:
    """The name after words that make somebody a private person only if the text has another private person."""
    name = name_at(text, trigger.name)
    if not name or not _is_small(text, trigger.start):
        return None
    if _INITIALS.search(text, *name):
        return name
    if has_office(text, name):
        return None
    if trigger.kind == "identified":
        begin = max(0, trigger.start - 60, text.rfind("\n", 0, trigger.start) + 1)
        return name if is_full(text, name) and _IDENTIFIED.search(text, begin, trigger.start) else None
    if trigger.kind == "role":
        return name if is_full(text, name) or facts(name.end).known else None
    if trigger.kind == "relative":
        return name if not is_public(text, trigger.start) else None
    if facts(name.end).known:
        return name
    if _TOLD.match(text, name.end):
        return name
    begin = max(0, trigger.start - 60, text.rfind("\n", 0, trigger.start) + 1)
    return name if _RELATED.search(text, begin, trigger.start) else None


def _is_small(text: str, start: int) -> bool:
    """Whether a word begins with a lower-case letter, or has a capital only because it begins a sentence."""
    if text[start].islower():
        return True
    before = text[max(0, start - 4) : start].rstrip(" ")
    return not before or before[-1] in _SENTENCE_START


def _listed(text: str, name: Span, known: Container[int]) -> Iterator[Span]:
    """The full names that follow a private person's name in a list, up to one that is already known."""
    end = name.end
    while following := _NEXT_NAME.match(text, end):
        other = name_at(text, following.end())
        if not other or other.start in known or not is_full(text, other) or has_office(text, other):
            return
        yield other
        end = other.end

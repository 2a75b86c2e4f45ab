"""Private persons: who they are by the words around their names, and where else the text mentions them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from corpus_vn_police.stages.annotate.personal.cues import WORDS
from corpus_vn_police.stages.annotate.personal.facts import births, facts_after, named
from corpus_vn_police.stages.annotate.personal.homes import homes
from corpus_vn_police.stages.annotate.personal.mentions import mentions
from corpus_vn_police.stages.annotate.personal.naming import has_office, is_full, is_name, is_public, name_at
from corpus_vn_police.stages.annotate.spans import Person, Personal, Span
from corpus_vn_police.stages.annotate.words import CAPITAL, any_of

_ROLES = any_of(WORDS, "role", "relative")
_ADDRESS = any_of(WORDS, "address")
_ANYBODY = any_of(WORDS, "address of anybody")
_TRIGGER = re.compile(
    rf"(?<!\w)(?:(?P<role>(?i:{_ROLES})(?: (?:của|là|gồm|tên|có tên))?[ :,]{{1,2}}(?:(?i:{_ROLES}|{_ADDRESS}|{_ANYBODY}) ){{0,2}})"
    rf"|(?P<address>(?i:{_ADDRESS}) )"
    rf"|(?P<done>(?i:{any_of(WORDS, 'done to a suspect')}) (?:(?:đối với|bị can|bị cáo) )?)"
    rf"|(?P<anybody>(?i:{_ANYBODY}) ))(?={CAPITAL})"
)
_TOLD = re.compile(rf"(?:, | [-–] | \()(?:(?:là|vốn là) )?(?i:{any_of(WORDS, 'told of a person')})(?!\w)")
_RELATIVE_BEFORE = re.compile(
    rf"(?<!\w)(?i:{any_of(WORDS, 'relative', 'role')})(?: của)?(?: (?i:{_ADDRESS}|{_ANYBODY}|nạn nhân|bị cáo|bị can))?(?: {CAPITAL}){{0,4}},? (?:là )?$"
)
_NEXT_NAME = re.compile(rf"(?: \([^()\n]{{0,120}}\))?(?:,? và |, |; |,? cùng )(?:(?i:{_ADDRESS}|{_ANYBODY}) )?(?={CAPITAL})")
_SENTENCE_START = frozenset(".!?…:\n“”\"-–•*(")


def persons(text: str, officers: Sequence[Person]) -> list[Personal]:
    """The names, dates of birth and homes of the private persons of a text, in no order."""
    known = _known(text, officers)
    found = [Personal(place, "private_person") for place in mentions(text, known, officers)]
    public = {person.mention.end for person in officers} | {person.name.end for person in officers}
    seen: set[int] = set()
    for name in known:
        facts = facts_after(text, name.end)
        found += [Personal(place, "birth_date") for place in facts.births]
        found += [Personal(place, "address") for place in facts.homes]
    del seen, public
    found += [Personal(place, "address") for place in homes(text)]
    return found


def _known(text: str, officers: Sequence[Person]) -> list[Span]:
    """Names that the words around them show to be private persons', in order."""
    officer_names = {text[slice(*officer.name)] for officer in officers}
    inside = [officer.mention for officer in officers]
    known: dict[int, Span] = {}
    for name in _candidates(text):
        if text[slice(*name)] in officer_names or any(start <= name.start < end for start, end in inside):
            continue
        known[name.start] = name
        for other in _listed(text, name):
            if text[slice(*other)] not in officer_names:
                known[other.start] = other
    return [known[start] for start in sorted(known)]


def _candidates(text: str) -> Iterator[Span]:
    for name in named(text):
        if not is_public(text, name):
            yield name
    for trigger in _TRIGGER.finditer(text):
        name = name_at(text, trigger.end())
        if name and is_name(text[slice(*name)]) and _is_private(text, trigger, name):
            yield name


def _is_private(text: str, trigger: re.Match[str], name: Span) -> bool:
    """Whether the words in front of a name, and those behind it, are of a private person."""
    if trigger["role"]:
        return not is_public(text, Span(trigger.start(), name.end)) or is_full(text, name)
    if trigger["done"]:
        return is_full(text, name) and not has_office(text, name)
    if trigger["address"]:
        if trigger.group()[0].isupper() and not _begins_sentence(text, trigger.start()):
            return False
        return not has_office(text, name)
    if _TOLD.match(text, name.end):
        return True
    begin = max(0, trigger.start() - 60, text.rfind("\n", 0, trigger.start()) + 1)
    return bool(_RELATIVE_BEFORE.search(text, begin, trigger.start())) and not has_office(text, name)


def _begins_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 4) : start].rstrip(" ")
    return not before or before[-1] in _SENTENCE_START


def _listed(text: str, name: Span) -> Iterator[Span]:
    """The full names that follow a private person's in a list."""
    end = name.end
    while following := _NEXT_NAME.match(text, end):
        other = name_at(text, following.end())
        if not other or not is_full(text, other) or has_office(text, other):
            return
        yield other
        end = other.end

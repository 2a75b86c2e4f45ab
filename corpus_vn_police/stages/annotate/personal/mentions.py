"""Find the mentions of private persons whose names are known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.names import FAMILY
from corpus_vn_police.stages.annotate.personal.naming import is_address, is_public, name_before
from corpus_vn_police.stages.annotate.spans import Person, Span
from corpus_vn_police.stages.annotate.words import any_of, both_styles

_WORDS = lexicon("personal")
_NO_PERSON = both_styles(_WORDS.phrases("not a person"))
_AMBIGUOUS = both_styles(_WORDS.phrases("ambiguous given"))
_BEGINS = both_styles(_WORDS.phrases("begins a sentence"))
_DIGIT = re.compile(r" ?[0-9A-Z]")
_DOES = both_styles(tuple(phrase.split(" ")[0] for phrase in _WORDS.phrases("does")))
_COMPOUND = re.compile(rf"(?i:{any_of(_WORDS, 'compound')})")
_LONGEST = 24  # code points of two words
_WORD_AFTER = re.compile(r" ([^\W\d_]+)")
_FAMILY = re.compile(FAMILY)
_BESIDE_PLACES = frozenset({"của", "tại", "ở", "từ", "với", "sang", "đến", "và", "phía", "người"})
_NO_BEGIN = frozenset("-.’'/@_")
_NO_END = frozenset("-/’'_@")
_MOST = 300  # persons whose other mentions are looked for; the time is this number times the length of the text
_SENTENCE_START = frozenset('.!?…:\n“”"«(•*-–')


def mentions(text: str, known: Sequence[Span], officers: Sequence[Person]) -> list[Span]:
    """The mentions of persons in a text, by full name, given name or initials.

    Args:
        text: the text.
        known: names that are known to belong to private persons from the words around them.
        officers: the officers that `people` found; mentions inside theirs do not count.
    """
    found = {name.start: name.end for name in known}
    taken: set[int] = set()
    for span in (*known, *(officer.mention for officer in officers)):
        taken.update(range(*span))
    officer_given = {text[slice(*officer.name)].split(" ")[-1] for officer in officers}
    names = set(list(dict.fromkeys(text[slice(*name)] for name in known))[:_MOST])
    for form in sorted({form for name in names for form in _forms(name)}, key=lambda form: (-len(form), form)):
        for start in _places(text, form):
            end = start + len(form)
            if start in taken or end - 1 in taken:
                continue
            begin = _with_family(text, start, form)
            if begin < start:
                is_one = form in names and not is_public(text, begin)
            else:
                is_one = _is_mention(text, Span(start, end), officer_given)
            if is_one:
                found[begin] = end
                taken.update(range(begin, end))
    return [Span(start, end) for start, end in sorted(found.items())]


def _with_family(text: str, start: int, form: str) -> int:
    """The start of a mention: the family name, if only the given name was known and the full name is written here."""
    if " " in form or "." in form or text[start - 1 : start] != " ":
        return start
    if text[text.rfind(" ", 0, start - 1) + 1 : start - 1].islower():
        return start  # true for most positions; looking for a name costs ten times as much
    name = name_before(text, start + len(form))
    return name.start if name else start


def _forms(name: str) -> Iterator[str]:
    """The forms of a name in a text: the full name, its last word or last two words, initials."""
    yield name
    words = name.split(" ")
    if "." in words[-1] and len(words) == 1:
        letters = [letter for letter in name.split(".") if letter]
        yield letters[-1] + "."
        return
    if len(words) > 1:
        yield words[-1]
        if not _FAMILY.match(name):
            yield words[0]
    if len(words) > 3 or (len(words) == 3 and words[1] != "Thị"):
        yield " ".join(words[-2:])


def _places(text: str, form: str) -> Iterator[int]:
    place = text.find(form)
    while place >= 0:
        end = place + len(form)
        before, after = text[place - 1 : place], text[end : end + 1]  # they may make it part of something longer
        if not (before.isalnum() or after.isalnum() or before in _NO_BEGIN or after in _NO_END):
            yield place
        place = text.find(form, place + 1)


def _is_mention(text: str, place: Span, officer_given: set[str]) -> bool:
    """Whether a form of a name at a position means the person."""
    word, two = _words_before(text, place.start)
    lower = word.lower()
    if lower in _NO_PERSON or two.lower() in _NO_PERSON:
        return False
    form = text[slice(*place)]
    if " " in form:
        return not is_public(text, place.start)
    after = _WORD_AFTER.match(text, place.end)
    following = after.group(1) if after else ""
    if following[:1].isupper():
        return False
    if is_address(lower):
        return not (form in officer_given and lower in ("ông", "bà", "đồng chí"))
    return _is_bare_mention(text, place, word, following)


def _words_before(text: str, start: int) -> tuple[str, str]:
    """The last word before a position, and the last two; empty if its full stop ends a sentence."""
    before = text[max(0, start - _LONGEST) : start]
    if not before.endswith(" "):
        return "", ""
    *_, first, last = ["", *before[:-1].rsplit(" ", 2)]
    word = _letters_at_end(last)
    two = f"{_letters_at_end(first).rstrip('.')} {word}" if word == last and first else ""
    return ("" if word.endswith(".") and word.lower() not in _NO_PERSON else word), two


def _letters_at_end(word: str) -> str:
    """The letters at the end of a word, with their full stop."""
    if word.isalpha():
        return word
    stop = "." if word.endswith(".") else ""
    letters = word.removesuffix(".")
    start = len(letters)
    while start and letters[start - 1].isalpha():
        start -= 1
    return letters[start:] + stop if letters[start:] else ""


def _is_bare_mention(text: str, place: Span, word: str, following: str) -> bool:
    """Whether a given name or initial without a form of address means the person, judged by the words beside it."""
    form, lower = text[slice(*place)], word.lower()
    begins = not word and (
        place.start == 0 or text[max(0, place.start - 4) : place.start].rstrip(" ")[-1:] in _SENTENCE_START
    )
    if len(form) == 1 or "." in form:
        said = following in _DOES if begins else word.islower()
        return "." in form and said and not _DIGIT.match(text, place.end)
    if _COMPOUND.match(text, place.start) or (word[:1].isupper() and lower not in _BEGINS):
        return False
    if form.lower() in _AMBIGUOUS:
        return following in _DOES and lower not in _BESIDE_PLACES
    return following in _DOES if begins else not is_public(text, place.start)

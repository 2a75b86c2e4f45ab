"""Speakers, as the text names them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.names import FAMILY, name_end
from corpus_vn_police.stages.annotate.spans import Person, Span
from corpus_vn_police.stages.annotate.titles import rank_pattern, title_end
from corpus_vn_police.stages.annotate.words import CAPITAL, any_of, first_words
from corpus_vn_police.syllables import is_syllable

_SPEECH, _OFFICERS = lexicon("speech"), lexicon("officers")
_FIRST_WORDS = first_words(_SPEECH, "address", "in front of an address") | first_words(
    _OFFICERS, "office", "member", "police rank", "army rank"
)
_FIRST_WORDS_OF_BODIES = first_words(_SPEECH, "body that speaks")
_THIS = re.compile(r" (?:này|ấy|ta|đó|kia)\b")
_NAME = re.compile(rf" (?={CAPITAL})")
_BARE = re.compile(rf"{CAPITAL}(?: {CAPITAL}){{0,3}}(?=[ ,(])")
_INITIALS = re.compile(r"(?:[A-ZĐ]\.){1,4}(?= [^\W\d_])")
_LONG = 100_000  # code points; in a longer text, all names are found at once instead of one by one
_LONGEST_NAME = 32  # code points of a name before its last word
_TITLE = re.compile(r" ?[,–-] ?")
_BRACKET = re.compile(r" \([^()\n]{1,80}\)")
_APPOSITION = re.compile(r"(?:một|người) ")  # `Bà Nguyễn Thị A, một bị hại, nói`
_WHEN = re.compile(r"(?<!\w)(?:[Kk]hi|[Nn]ghe|[Tt]rước việc|[Ss]au khi) $")
_CLAUSE = re.compile(r"[,;:] ?|[-–] |(?<!\w)(?:[Tt]heo|nhưng|và|còn|[Rr]iêng|[Nn]gay cả|[Cc]ó|khi|mà|rồi|để) ")
_WORD = re.compile(r"(?<![’'])\b\w+")
_BEGINS_ONE = frozenset("mMnNvVcC")  # the first letters of these words
_FRONT = any_of(_SPEECH, "in front of an address")
_LATER = rf"(?:,? (?i:{any_of(_SPEECH, 'with the verb')}))*+"
_SAID = rf"(?i:{any_of(_SPEECH, 'says')})"
_THEN_SAYS = rf"(?:,| [-–])?{_LATER},? {_SAID}"
_NO_SPEAKER = rf"(?!(?i:{any_of(_SPEECH, 'begins no speaker')}))"


@functools.cache
def _address() -> re.Pattern[str]:
    """A form of address."""
    return re.compile(rf"(?i:(?:{_FRONT} )?{any_of(_SPEECH, 'address')})")


@functools.cache
def _body() -> re.Pattern[str]:
    """A body that can speak."""
    return re.compile(rf"(?i:{any_of(_SPEECH, 'body that speaks')})")


@functools.cache
def _office() -> re.Pattern[str]:
    """An office, or a member of a body."""
    return re.compile(rf"(?i:(?:{_FRONT} )?{any_of(_OFFICERS, 'office', 'member')})")


@functools.cache
def _no_address() -> re.Pattern[str]:
    """A word that begins like a form of address: `Cụ thể`."""
    return re.compile(rf"(?i:{any_of(_SPEECH, 'begins like an address')})")


@functools.cache
def _in_front() -> re.Pattern[str]:
    """A word before a form of address."""
    return re.compile(rf"(?i:{_FRONT}) ")


@functools.cache
def _whole_name() -> re.Pattern[str]:
    """A family name and another name."""
    return re.compile(rf"(?<!\w){FAMILY} {CAPITAL}")


@functools.cache
def _name_begun() -> re.Pattern[str]:
    """A name without its last word."""
    return re.compile(rf"(?<!\w){FAMILY}(?: {CAPITAL}){{0,3}}$")


@functools.cache
def _says() -> re.Pattern[str]:
    """A verb of saying."""
    return re.compile(rf"(?<!\w){_SAID}")


@functools.cache
def _then_says() -> re.Pattern[str]:
    """A verb of saying after a phrase for a person."""
    return re.compile(_THEN_SAYS)


@functools.cache
def _one() -> re.Pattern[str]:
    """Somebody without a name: `một người dân`."""
    return re.compile(rf"(?i:một|nhiều|vài|các|những) (?:\w+ ){{1,7}}?(?={_LATER.replace(',? ', '')}(?: ?){_SAID})")


@functools.cache
def _phrase() -> re.Pattern[str]:
    """Any text between a quotation and a verb of saying: `”, các công ty công nghệ viết`."""
    return re.compile(rf"({_NO_SPEAKER}(?:[^\W_]+[.-]?[ -]){{0,8}}?[^\W_]+)(?={_THEN_SAYS})")


@dataclass(frozen=True)
class Cast:
    """The people who may speak in a text.

    Attributes:
        text: the text.
        mentions: start and end of each mention of an officer.
    """

    text: str
    mentions: Mapping[int, int]

    def knows(self, name: str) -> bool:
        """Whether a name is a full name in the text, or the last word of one."""
        if " " in name and _whole_name().match(name):
            return True
        if len(self.text) > _LONG:
            return name in self._last_words
        place = self.text.find(f" {name}")
        while place >= 0:
            before = self.text.rfind(" ", max(0, place - _LONGEST_NAME), place)
            ends = not self.text[place + 1 + len(name) : place + 2 + len(name)].isalnum()
            begun = ends and self.text[before + 1 : before + 2].isupper()
            if begun and _name_begun().search(self.text, max(0, place - _LONGEST_NAME), place):
                return True
            place = self.text.find(f" {name}", place + 1)
        return False

    @functools.cached_property
    def _last_words(self) -> frozenset[str]:
        """The last words of all full names; searching for each of many names in a long text took quadratic time."""
        names = _whole_name().finditer(self.text)
        ends = (name_end(self.text, name.start()) or name.end() for name in names)
        return frozenset(self.text[self.text.rfind(" ", 0, end) + 1 : end] for end in ends)


def cast_of(text: str, officers: Sequence[Person]) -> Cast:
    """The people who may speak in a text; a title in brackets is not part of the mention here."""
    bracketed = {person.name.end for person in officers if text.startswith(" (", person.name.end)}
    ends = {
        person.mention.start: person.name.end if person.name.end in bracketed else person.mention.end
        for person in officers
    }
    return Cast(text, ends)


class _Candidate(NamedTuple):
    """A phrase for a person: its span, whether it begins a clause, has a name, and is followed by a verb of saying."""

    span: Span
    leads: bool
    named: bool
    says: bool


def speaker_end(cast: Cast, start: int) -> int | None:
    """The end of a phrase for a person that begins at a position.

    Args:
        cast: the text, and its officers.
        start: the position where it begins.

    Returns:
        None if no such phrase begins there.
    """
    text = cast.text
    if start in cast.mentions:
        return cast.mentions[start]
    if rank := rank_pattern().match(text, start):
        begin = rank.end() + 1
        return (title_end(text, begin) if _office().match(text, begin) else None) or rank.end()
    if _no_address().match(text, start):
        return None
    office, address = _office().match(text, start), _address().match(text, start)
    if office and not (address and address.end() > office.end()):
        front = _in_front().match(text, start)
        return _with_name(text, title_end(text, front.end() if front else start) or office.end())
    if address:
        return _after_address(cast, address.end())
    return None


def says_in(text: str, begin: int, end: int) -> bool:
    """Whether there is a verb of saying between two positions."""
    return _says().search(text, begin, end) is not None


def _bare_end(cast: Cast, start: int) -> int | None:
    """The end of initials, or of a name that is part of a full name in the text."""
    if initials := _INITIALS.match(cast.text, start):
        return initials.end()
    bare = _BARE.match(cast.text, start)
    if bare and (cast.knows(bare.group()) or (_then_says().match(cast.text, bare.end()) and _is_foreign(bare.group()))):
        return bare.end()
    return None


def _is_foreign(name: str) -> bool:
    """Whether no word of a name is a Vietnamese syllable, so that it is not a common word that begins a sentence."""
    return not any(is_syllable(word) for word in name.split(" "))


def _after_address(cast: Cast, end: int) -> int:
    text, begin = cast.text, end + 1
    if this := _THIS.match(text, end):
        return this.end()
    if text.startswith(" ", end):
        if begin in cast.mentions:
            return cast.mentions[begin]
        if _address().match(text, begin) or _office().match(text, begin):
            return speaker_end(cast, begin) or end
    if _NAME.match(text, end) and (until := name_end(text, begin)):
        officer = next((start for start in cast.mentions if begin < start < until), None)
        if officer is not None:
            return end
        title = _TITLE.match(text, until)
        return (title_end(text, title.end()) if title else None) or until
    return end


def _with_name(text: str, end: int) -> int:
    return (name_end(text, end + 1) if _NAME.match(text, end) else None) or end


def _one_end(text: str, start: int) -> int | None:
    """The end of phrases such as `một người dân xóm 3`, before a verb of saying or a colon."""
    one = _one().match(text, start) if text[start : start + 1] in _BEGINS_ONE else None
    return len(text[: one.end()].rstrip()) if one else None


def speaker_before(cast: Cast, begin: int, end: int) -> Span | None:
    """The speaker in a clause that introduces a quotation.

    It is the person before a verb of saying; otherwise the first person with a name who begins a clause, then the last
    person who begins one, then the last person with a name.

    Args:
        cast: the text, and its officers.
        begin: the start of the sentence.
        end: the start of the quotation.
    """
    says = says_in(cast.text, begin, end)
    candidates = list(_candidates(cast, begin, end))
    if says and not any(each.says for each in candidates):
        taken = [each.span for each in candidates]
        bodies = (each for each in _bodies(cast.text, begin, end) if each.says)
        candidates += [each for each in bodies if not any(span.start < each.span.start < span.end for span in taken)]
    subjects = [each for each in candidates if each.leads and each.named][:1]
    speaking = [each for each in candidates if each.says and (each.leads or each.named)]
    speaking = [each for each in speaking if not _WHEN.search(cast.text, begin, each.span.start)][-1:]
    if subjects and speaking and _APPOSITION.match(cast.text, speaking[0].span.start):
        speaking = []
    preferred = (
        speaking,
        subjects,
        [each for each in candidates if each.leads][-1:],
        [each for each in candidates if each.named][-1:],
    )
    return next((each[0].span for each in preferred if each), None)


def _candidates(cast: Cast, begin: int, end: int) -> Iterator[_Candidate]:
    text = cast.text
    starts = {begin, *(clause.end() for clause in _CLAUSE.finditer(text, begin, end))}
    place = begin
    brackets = text.find("(", begin, end) >= 0
    for word in _WORD.finditer(text, begin, end):
        start = word.start()
        if start < place:
            continue
        begins = word.group().lower() in _FIRST_WORDS or start in cast.mentions
        if not begins and start not in starts:
            continue
        if brackets and text.rfind("(", begin, start) > text.rfind(")", begin, start):
            continue
        until = speaker_end(cast, start) if begins else None
        bare = False
        if start in starts:
            alone = _bare_end(cast, start)
            bare = until is None and alone is not None
            until = max(until or 0, alone or 0, _one_end(text, start) or 0) or None
        if until is not None and until <= end:
            place = until
            aside = _BRACKET.match(text, until)
            says = _then_says().match(text, aside.end() if aside else until)
            named = start in cast.mentions or any(letter.isupper() for letter in text[start + 1 : until]) or bare
            yield _Candidate(Span(start, until), start in starts, named, bool(says))


def _bodies(text: str, begin: int, end: int) -> Iterator[_Candidate]:
    for word in _WORD.finditer(text, begin, end):
        if word.group().lower() in _FIRST_WORDS_OF_BODIES and _body().match(text, word.start()):
            until = title_end(text, word.start())
            if until is not None and until <= end:
                yield _Candidate(Span(word.start(), until), True, True, bool(_then_says().match(text, until)))


def speaker_after(cast: Cast, start: int) -> tuple[Span, bool] | None:
    """The person named at a position after a quotation, and whether a verb of saying follows."""
    word = _WORD.match(cast.text, start)
    begins = start in cast.mentions or (word is not None and word.group().lower() in _FIRST_WORDS)
    end = max(
        (speaker_end(cast, start) if begins else 0) or 0, _bare_end(cast, start) or 0, _one_end(cast.text, start) or 0
    )
    if not end and (phrase := _phrase().match(cast.text, start)):
        end = len(phrase.group(1)) + start
    if not end:
        bodies = next(_bodies(cast.text, start, start + 80), None)
        if not bodies or bodies.span.start != start or not bodies.says:
            return None
        end = bodies.span.end
    aside = _BRACKET.match(cast.text, end)
    return Span(start, end), bool(_then_says().match(cast.text, aside.end() if aside else end))

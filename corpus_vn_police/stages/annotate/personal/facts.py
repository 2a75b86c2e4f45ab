"""Facts beside a name: age, birth, home. `Nguyễn Văn A (SN 1990, trú xã B)`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.gates import FACTS
from corpus_vn_police.stages.annotate.personal.homes import home_at, place_end
from corpus_vn_police.stages.annotate.personal.naming import is_full, name_at, name_before
from corpus_vn_police.stages.annotate.spans import Span
from corpus_vn_police.stages.annotate.words import any_of

_WORDS = lexicon("personal")
_DATE = (
    r"(?:[0-9]{1,2} ?[./-] ?[0-9]{1,2} ?[./-] ?(?:19|20)[0-9]{2}"
    r"|[0-9]{1,2} tháng [0-9]{1,2},? (?:năm )?(?:19|20)[0-9]{2}"
    r"|[0-9]{1,2}[./-](?:19|20)[0-9]{2}|(?:19|20)[0-9]{2})(?![\w])(?![./-][0-9])"
)
_BIRTH = re.compile(rf"(?<!\w)(?i:{any_of(_WORDS, 'birth')})[: ]{{0,2}}(?:(?:năm|ngày) )?(?P<date>{_DATE})")
_NICKNAME = re.compile(r" ?[“\"'‘]?[^“”\"'’‘\n(),;]{0,20}[”\"'’]")
_YEAR = re.compile(r"(?P<date>(?:19[2-9]|20[0-2])[0-9])(?=[),;])")
_ALIAS = re.compile(rf"(?i:{any_of(_WORDS, 'alias')}):? [“\"'‘]?")
_LABELLED_BIRTH = re.compile(rf"(?:[Ss]inh (?:ngày|năm):|(?:[Nn]gày|[Nn]ăm) sinh:?) (?P<date>{_DATE})")
_AGE = re.compile(
    r"(?:khoảng |hơn |gần |mới |đã |nay |năm nay |hiện |vừa tròn |tròn )?[0-9]{1,3} ?(?:tuổi|tháng tuổi)(?!\w)"
)
_AGE_NUMBER = re.compile(r"(?<![\w.,/–-])[0-9]{1,3} ?$")
_OPENS = re.compile(r" ?\(| ?, ?| [-–] | (?=sinh |trú|ngụ|quê |ở |SN )")
_GOES_ON = re.compile(r" ?[,;] ?| [-–] ")
_ALSO = re.compile(r"[^()\n,;.]{1,30}(?=, (?:nhà ở|trú|ngụ|ở |sinh |SN|thường trú|tạm trú|hiện |HKTT|quê))")
_AFTER_BRACKET = re.compile(r",? (?=ở |trú|ngụ|thường trú|tạm trú|HKTT)")
_OTHER = re.compile(r"[^()\n,;]{1,60}")
_PAPER = re.compile(
    r"(?i:(?:số )?(?:CMND|CCCD|CMT|căn cước|hộ chiếu|giới tính|dân tộc|quốc tịch|nghề nghiệp))[^()\n,;]{0,40}"
)
_SHORT_UNITS = frozenset({"P.", "X.", "H.", "Q.", "TP", "TX", "TT"})
_MOST = 12  # facts beside one name; each name reads its own facts, so a list without a limit would take quadratic time
_AT = (", ở ", "(ở ")
_AGE_BIT, _SN, _BORN, _LABEL, _LIVES, _STAYS, _KTT, _AT_BIT = (1 << bit for bit in range(len(FACTS)))
_ANCHORS = {
    "SN": _SN,
    "sinh n": _BORN,
    "Sinh n": _BORN,
    "trú": _LIVES,
    "ngụ": _STAYS,
    "KTT": _KTT,
    **dict.fromkeys(_AT, _AT_BIT),
}
_GAP = re.compile(r"(?: ?, ?| ?[-–] ?| ?: ?| \(| )(?:hiện |đã |nay |cùng |đều |năm nay |mới |khoảng |đang )?$")
_MARKS = frozenset(",-–:")


class Told(NamedTuple):
    """The facts beside a name.

    Attributes:
        known: True if there is an age, a birth or a home.
        births, homes, aliases: the spans of dates, places and other names of the person.
        end: the end of the facts.
    """

    known: bool
    births: list[Span]
    homes: list[Span]
    aliases: list[Span]
    end: int


def facts_after(text: str, name_end: int) -> Told:
    """The facts after a name: in brackets, or after a comma."""
    facts = Told(False, [], [], [], name_end)
    opening = _OPENS.match(text, name_end)
    bracket = opening is not None and "(" in opening.group()
    for _ in range(_MOST):
        bare = facts.known or facts.end == name_end
        after = _fact(text, opening, bracket, bare, facts) if opening else None
        if after is None:
            break
        facts = after
        opening = _GOES_ON.match(text, facts.end) or (None if bracket else _OPENS.match(text, facts.end))
        if opening and "(" in opening.group():
            opening = None
        if bracket and text.startswith(")", facts.end):
            facts = facts._replace(end=facts.end + 1)
            opening = _AFTER_BRACKET.match(text, facts.end)
            bracket = False
    return facts


def _fact(text: str, opening: re.Match[str], bracket: bool, bare: bool, facts: Told) -> Told | None:
    """Add the fact after a comma or a bracket; None if there is no fact.

    Args:
        text: the text.
        opening: the comma or the bracket.
        bracket: True if the fact is in brackets.
        bare: True if a place alone is a home; it is not after a word for a school or a company.
        facts: the facts before it.
    """
    begin = opening.end()
    if birth := birth_at(text, begin, bracket):
        return facts._replace(known=True, births=[*facts.births, birth], end=birth.end)
    if (alias := _ALIAS.match(text, begin)) and (name := name_at(text, alias.end())):
        nick = _NICKNAME.match(text, name.end)
        return facts._replace(aliases=[*facts.aliases, name], end=nick.end() if nick else name.end)
    if age := _AGE.match(text, begin):
        return facts._replace(known=True, end=age.end())
    home = home_at(text, begin, beside=True)
    if not home and bare and (opening.group().strip() or bracket) and (until := _bare_home(text, begin)):
        home = Span(begin, until)
    if home:
        return facts._replace(known=True, homes=[*facts.homes, home], end=home.end)
    if paper := _PAPER.match(text, begin):
        return facts._replace(known=facts.known or paper.group()[-1:].isdigit(), end=paper.end())
    other = _OTHER.match(text, begin) if bracket else _ALSO.match(text, begin)
    return facts._replace(end=other.end()) if other else None


def birth_at(text: str, start: int, bracket: bool) -> Span | None:
    """The date or year after `sinh ngày`, `SN` and the like; in brackets also a year alone."""
    birth = _BIRTH.match(text, start) or (_YEAR.match(text, start) if bracket else None)
    return Span(*birth.span("date")) if birth else None


def births(text: str, may_have: int = -1) -> Iterator[Span]:
    """The dates of birth that a text gives after such a label: `Ngày sinh: 1/2/1990`; see `named`."""
    if not may_have & (_BORN | _LABEL):
        return
    if "inh ngày:" in text or "ày sinh" in text or "inh năm:" in text or "ăm sinh" in text:
        for birth in _LABELLED_BIRTH.finditer(text):
            yield Span(*birth.span("date"))


def named(text: str, may_have: int = -1) -> Iterator[Span]:
    """The names before an age, a birth or a home, unordered; some may occur twice.

    Args:
        text: the text.
        may_have: a bit for each pattern of `gates.FACTS` that it may match.
    """
    for start in _fact_starts(text, may_have):
        if name := _name_of(text, start):
            yield name


def _fact_starts(text: str, may_have: int) -> Iterator[int]:
    place = text.find(" tuổi") if may_have & _AGE_BIT else -1
    while place >= 0:
        if number := _AGE_NUMBER.search(text, max(0, place - 6), place):
            yield number.start()
        place = text.find(" tuổi", place + 1)
    for mark, bit in _ANCHORS.items():
        place = text.find(mark) if may_have & bit else -1
        while place >= 0:
            start = place + 2 if mark == ", ở " else text.rfind(" ", 0, place + 1) + 1
            if mark not in _AT or text[place + len(mark) : place + len(mark) + 1].islower():
                yield max(start, text.rfind("(", start, place + 1) + 1)
            place = text.find(mark, place + 1)


def _name_of(text: str, start: int) -> Span | None:
    """The name that words at a position refer to: before the bracket that contains them, or directly before them."""
    begin = max(0, start - 90, text.rfind("\n", 0, start) + 1)
    bracket = text.rfind("(", begin, start)
    if bracket >= 0 and ")" not in text[bracket:start]:
        return name_before(text, len(text[:bracket].rstrip(" ")))
    gap = _GAP.search(text, max(begin, start - 12), start)
    if not gap:
        return None
    name = name_before(text, gap.start())
    return name if name and (gap.group().strip(" ") in _MARKS or is_full(text, name)) else None


def _bare_home(text: str, start: int) -> int | None:
    """The end of a place without introducing words: `(78 tuổi, buôn Tơ Yoa)`."""
    is_unit = text[start : start + 1].islower() or text[start : start + 2] in _SHORT_UNITS
    return place_end(text, start) if is_unit else None

"""The event's day, from the lead's first sentence: `… tổ chức chiều 22/9.`, `Công an ngày 15/6 cho biết, …`.

Precision is more important than recall: a day counts only if the sentence has one of a few forms. Earlier events
(`vụ án xảy ra ngày 3/5`, `bỏ trốn từ ngày 3/5`) do not have these forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.structure.days import CLOCK, DAY, GOES_ON, NO_YEAR, NUMBERS
from corpus_vn_police.stages.structure.sentences import first_sentence
from corpus_vn_police.syllables import LOWER, UPPER

_WORDS = lexicon("datelines")
_any_of, _any_case = _WORDS.any_of, _WORDS.any_case_of
_MENTION = re.compile(rf"(?<![\w/.-])(?:(?i:cũng )?(?i:vào|trong|khoảng|lúc)\s+)?(?:{CLOCK})?(?P<words>{DAY})")
_NUMBER = re.compile(r"[0-9]\s?(?:[/.\-–]|tháng)\s?[0-9]{1,2}")
_BEFORE_NUMBER, _BEHIND_NUMBER = 60, 12  # code points of the words for a day
_NO_DAY = re.compile(rf"{GOES_ON}|{NO_YEAR}|\s?(?:[,–-]|và|hoặc|đến|tới)\s*{DAY}")
_NOW = re.compile(r"(?i)(?:nay|qua)\b")
_BOUND = re.compile(rf"(?:^|\W){_any_case('bound to a day')}$")
_TOLD_OF = re.compile(rf"\b{_any_case('told of')},?$")
_DOCUMENT = re.compile(rf"{_any_case('document')}[^,]{{0,40}},?$")
_EARLIER = re.compile(rf"{_any_case('earlier')}\b")
_ABOUT = re.compile(rf"{_any_case('topic', 'looking back')}\b")
_LATER = re.compile(rf"\b{_any_case('to come')}\b")
_ACTS = re.compile(rf",? {_any_case('informs', 'acts')}\b")
_NEWS_FROM = re.compile(rf"(?:Theo )?{_any_case('news')}(?: {_any_case('kind of news')})? (?i:từ|của) ")
_ACTOR = re.compile(rf"{_any_of('actor')}\b")
_VERB = re.compile(rf",? (?!{_any_case('no verb')}\b)[{LOWER}]")
_NO_ACTOR = re.compile(rf"\b{_any_case('no actor')}\b")
_MEETING = re.compile(rf"\b(?i:tại|trong|ở) (?i:các |một |những )?{_any_case('meeting')}\b")
_SPEAKS = re.compile(rf"{_any_case('speaks')}\b")
_MEETS = re.compile(r"[.,]|$| (?:của|do|tại|ở|với|về|để|nhằm|sau)\b")
_CLAUSE = re.compile(rf",| (?:tại|ở) | [{UPPER}]")
_ANOTHER_CLAUSE = re.compile("[,;:]")
_HELD = re.compile(rf"\b{_any_case('held')}\b")
_WHERE = re.compile(r"|,? (?:tại|ở|do|theo|bằng|vào|lúc|trong)\b[^,;:]*|,")
_SOMETHING_NEW = re.compile(rf"{_any_of('something new')} ")
_HAPPENED = re.compile(rf"{_any_of('incident')} ")
_SINCE = re.compile(rf"\b{_any_case('since')}\b")
_HAPPENS = re.compile(r"[.,]?$| (?:khiến|làm|gây|đã|tại|ở|trên)\b|, (?:khiến|làm|tại|ở|trên)\b")
_PLACE = rf"(?P<name>[{UPPER}][\w’]*(?: [{UPPER}][\w’]*){{0,4}})"
_WITH_PLACE = tuple(
    re.compile(form)
    for form in (
        rf"\({_PLACE}, (?:ngày )?(?P<words>{NUMBERS})\)",  # (Đồng Hới, 12/11) Hơn 200 chiến sĩ
        rf"{_PLACE} \((?:[{UPPER}]{{2,8}},? )?(?:ngày )?(?P<words>{NUMBERS})\)\s?[-–—:]",  # Cần Thơ (TTXVN 18/8) -
        rf"{_PLACE}, (?P<words>(?:ngày )?{NUMBERS})\s?[-–—:]",  # Huế, 21/5 -
    )
)
_FUSED = 150  # code points of a caption before the lead
_SLUG = re.compile(r"(?:\([^()]{1,30}\)|[^\W\d_][\w.&/]{0,14}(?: [\w.&/]{1,12}){0,2})\s*[-–—:]+\s*")


class LeadDay(NamedTuple):
    """A day that a lead reports on.

    Attributes:
        words: the words for it.
        day: its number in the month.
        month: its month.
        year: the year in the words; None if they have none.
        after: the text that follows them.
        name: the place beside the day; None if there is none.
    """

    words: str
    day: str
    month: str
    year: str | None
    after: str
    name: str | None = None


def lead_day(lead: str, *, sure: bool = False) -> LeadDay | None:
    """The day that the first sentence of a lead reports on; None if it names none, or several.

    Args:
        lead: the first paragraph of a body, or its beginning.
        sure: True if only the day of a main clause counts.
    """
    line = lead.replace("\n", " ")
    for pattern in _WITH_PLACE:
        if beside := pattern.match(line):
            return _read(beside, line[beside.end() :])
    slug = _SLUG.match(line)
    sentence = first_sentence(line[slug.end() if slug else 0 :])
    likely: dict[tuple[str, str], LeadDay] = {}
    for mention in _mentions(sentence):
        before, after = sentence[: mention.start()].rstrip(), sentence[mention.end() :]
        if _NO_DAY.match(after) or _BOUND.search(before) or _DOCUMENT.search(before):
            continue
        found = _read(mention, after)
        if _is_told(before, mention["words"], after):
            return found
        if not sure and _is_likely(before, mention["words"], after):
            likely.setdefault((found.day, found.month), found)
    return next(iter(likely.values())) if len(likely) == 1 else None


def _mentions(sentence: str) -> Iterator[re.Match[str]]:
    """The days that a sentence names; searching for its numbers first is faster."""
    end = 0
    for number in _NUMBER.finditer(sentence):
        start = max(end, number.start() - _BEFORE_NUMBER)
        mention = _MENTION.search(sentence, start, number.end() + _BEHIND_NUMBER)
        if mention and mention.end() >= number.end():
            yield mention
            end = mention.end()


def _read(day: re.Match[str], after: str) -> LeadDay:
    """The day of a match."""
    name = day.groupdict().get("name")
    return LeadDay(day["words"], day["day"], day["month"], day["year"], after, name)


def _is_told(before: str, words: str, after: str) -> bool:
    """Whether the day belongs to the main clause: it follows a first clause, or is between the subject and the verb."""
    if _EARLIER.match(before) or _TOLD_OF.search(before):
        return False
    # A capital begins the real lead, after an agency or a caption: `Dân trí Ngày 7/12, …`.
    fused = len(before) < _FUSED and not before.endswith((":", '"', "“"))
    begins = not before or (fused and words[0].isupper() and after.startswith(","))
    if begins or (before.endswith(",") and _CLAUSE.match(after)):
        return True
    news = _NEWS_FROM.match(before)
    if after.startswith(",") and (news or _SPEAKS.match(before)):
        return True
    who = before[news.end() if news else 0 :]
    acts = _ACTS.match(after) or (_ACTOR.match(who) and _VERB.match(after))
    return bool(acts and not _NO_ACTOR.search(who) and who[:1].isupper())


def _is_likely(before: str, words: str, after: str) -> bool:
    """Whether the day probably belongs to the sentence's event, not to an earlier one."""
    if _EARLIER.match(before) or _ABOUT.match(before):
        return False
    if _NOW.search(words):
        return True
    if _LATER.search(before):
        return False
    if _HAPPENS.match(after) and (_SOMETHING_NEW.match(before) or _happened(before, after)):
        return True
    held = _behind_the_last(_HELD.finditer(before), before)
    meeting = _behind_the_last(_MEETING.finditer(before), before)
    return bool(
        (held is not None and _WHERE.fullmatch(held))
        or (meeting is not None and not _ANOTHER_CLAUSE.search(meeting) and _MEETS.match(after))
    )


def _happened(before: str, after: str) -> bool:
    """Whether a sentence reports only the event of that day, and not what has followed since."""
    return bool(_HAPPENED.match(before) and before.endswith("xảy ra") and not _SINCE.search(after))


def _behind_the_last(matches: Iterator[re.Match[str]], text: str) -> str | None:
    """The text after the last match; None if there is none."""
    end = max((match.end() for match in matches), default=None)
    return None if end is None else text[end:]

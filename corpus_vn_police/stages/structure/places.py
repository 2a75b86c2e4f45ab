"""The place in a dateline, by a single name: `tại TP.HCM,` gives Hồ Chí Minh."""

from __future__ import annotations

import functools
import re

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.syllables import UPPER, in_style, is_word

_WORDS = lexicon("places")
_any_of = _WORDS.any_of
_HIGH = re.compile(rf"(?:{_any_of('high unit, short')}\.? ?|{_any_of('high unit')} )")
_LOW = rf"(?:{_any_of('low unit')} |{_any_of('low unit, short')}\. ?)"
_WORD = rf"[{UPPER}][\w’']*"
_NAME = rf"{_WORD}(?:[ -]{_WORD}){{0,4}}"
_RUN = re.compile(_NAME)
_LOW_RUN = re.compile(f"{_LOW}({_NAME})")
_AT = re.compile(r"[\s,]*(?:tại|ở)\s+")
_GOES_ON = re.compile(rf"[,(]\s*(?:{_LOW}{_NAME}[,\s]+)?")
_STOP = re.compile(r"\s*(?:[,;:.)(]|$)")
_STOP_OR_DASH = re.compile(r"\s*(?:[,;:.)(]|[-–] |$)")
_NO_PLACE = re.compile(rf"{_any_of('no place')}\b")
_LOOK = 90  # code points after a building or a commune that may contain its province or city
_ABBREVIATION = re.compile(r"[A-ZĐ](?![\w’' ])")  # TPO
_FEW_WORDS = 3  # a longer name that is not Vietnamese is a hotel or a company


@functools.cache
def _one_name() -> dict[str, str]:
    """Map each known name of a province or city, in lower case, to the one that a record has."""
    provinces = {name: name for name in _WORDS.phrases("province", "city")}
    others = dict(line.split(" = ") for line in _WORDS.phrases("other name"))
    return {
        in_style(name, style).lower(): in_style(one, "old")
        for name, one in {**provinces, **others}.items()
        for style in ("old", "new")
    }


@functools.cache
def _names() -> re.Pattern[str]:
    longest = sorted(_one_name(), key=len, reverse=True)
    return re.compile(rf"(?=[{UPPER}])(?i:{'|'.join(map(re.escape, longest))})(?!\w)")


def _called(name: str) -> str:
    """A name as a record has it: in one style of the tone mark, and not all in capitals."""
    if name.isupper() and all(map(is_word, name.split())):
        name = name.title()
    return _one_name().get(name.lower(), in_style(name, "old"))


def place_at(text: str, *, named: bool = False) -> str | None:
    """The place in a dateline.

    Args:
        text: the text after the day, or the words before it.
        named: True if the text is only a name, without `tại`; it must then be a province or be called a city.

    Returns:
        One name per place, without `TP.`, `tỉnh`, `huyện` and the like. For a commune or district with the province
        after it, the province; for a building, the place named with it; otherwise None.
    """
    name = _name_at(text, named=named)
    return None if name is None else _called(name)


def _name_at(text: str, *, named: bool) -> str | None:
    """The place in a dateline, as it is written there."""
    begin = _AT.match(text)
    if not named and text[:1] in ", " and begin is None:
        return None
    rest = text[begin.end() if begin else 0 :]
    high = _HIGH.match(rest)
    known = _names().match(rest, high.end() if high else 0)
    if known:
        return known.group()
    run = _RUN.match(rest, high.end() if high else 0)
    if high:
        return run.group() if run and not _ABBREVIATION.match(run.group()) else None
    if named:
        return None
    low = _LOW_RUN.match(rest)
    if low:
        return _after(rest[low.end() :]) or low.group(1)
    if run and _is_a_place(run.group()) and _STOP_OR_DASH.match(rest, run.end()):
        return run.group()
    return _after(rest)


def _is_a_place(name: str) -> bool:
    """Whether a name alone is that of a place, and not of a building, a body or a company."""
    words = name.split()
    return not _NO_PLACE.match(name) and (len(words) <= _FEW_WORDS or all(map(is_word, words)))


def _after(text: str) -> str | None:
    """The province or city that follows after a comma or in brackets."""
    for begin in _GOES_ON.finditer(text):
        if begin.start() > _LOOK:
            break
        high = _HIGH.match(text, begin.end())
        start = high.end() if high else begin.end()
        known = _names().match(text, start)
        name = known or (_RUN.match(text, start) if high else None)
        called = high and known  # `tỉnh Long An xảy ra`: no sign need separate it from the next word
        if name and (called or _STOP.match(text, name.end())):
            return name.group()
    return None

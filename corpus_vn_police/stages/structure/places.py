"""The place of a dateline: `tại TP.Đà Nẵng,` gives Đà Nẵng."""

from __future__ import annotations

import functools
import re

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.syllables import UPPER, in_style

_WORDS = lexicon("places")
_any_of = _WORDS.any_of
_HIGH = re.compile(rf"(?:{_any_of('high unit, short')}\.? ?|{_any_of('high unit')} )")
_LOW = rf"(?:{_any_of('low unit')} |{_any_of('low unit, short')}\. ?)"
_WORD = rf"[{UPPER}][\w’']*"
_NAME = rf"{_WORD}(?:[ -]{_WORD}){{0,4}}"
_RUN = re.compile(_NAME)
_LOW_RUN = re.compile(f"{_LOW}{_NAME}")
_AT = re.compile(r"[\s,]*(?:tại|ở)\s+")
_GOES_ON = re.compile(rf"[,(]\s*(?:{_LOW}{_NAME}[,\s]+)?")
_STOP = re.compile(r"\s*(?:[,;:.)(]|$)")
_STOP_OR_DASH = re.compile(r"\s*(?:[,;:.)(]|[-–] |$)")
_NO_PLACE = re.compile(rf"{_any_of('no place')}\b")
_LOOK = 90  # code points: where a building's place is looked for


@functools.cache
def _names() -> re.Pattern[str]:
    both = {in_style(name, style) for name in _WORDS.phrases("province") for style in ("old", "new")}
    longest = sorted(both, key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, longest))})(?!\w)")


def place_at(text: str, *, named: bool = False) -> str | None:
    """The place that a dateline gives.

    Args:
        text: what follows the day, or the words before it.
        named: whether the text is only a name, without `tại`; then it must be a province or called a city.

    Returns:
        A name as it stands, without `TP.`, `tỉnh` and the like. For a commune or district with the province after it
        the province; for a building the place that is named with it; else None.
    """
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
        return run.group() if run else None
    if named:
        return None
    low = _LOW_RUN.match(rest)
    if low:
        return _after(rest[low.end() : _LOOK]) or low.group()
    if run and not _NO_PLACE.match(rest) and _STOP_OR_DASH.match(rest, run.end()):
        return run.group()
    return _after(rest[:_LOOK])


def _after(text: str) -> str | None:
    """The province or city that is named after a comma or in brackets."""
    for begin in _GOES_ON.finditer(text):
        high = _HIGH.match(text, begin.end())
        start = high.end() if high else begin.end()
        known = _names().match(text, start)
        name = known or (_RUN.match(text, start) if high else None)
        called = high and known  # `tỉnh Long An xảy ra`: nothing need separate it from what follows
        if name and (called or _STOP.match(text, name.end())):
            return name.group()
    return None

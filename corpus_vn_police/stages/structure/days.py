"""Days of the year, as leads write them: `Sáng 7/12`, `ngày 7 tháng 12 năm 2020`, `Hôm nay (7/12)`."""

from __future__ import annotations

from corpus_vn_police.lexicon import lexicon

_WORDS = lexicon("datelines")
_any_of, _any_case = _WORDS.any_of, _WORDS.any_case_of
TIME = _any_case("time of day")
_TODAY, _SAME = _any_case("today"), _any_case("same day")
WEEKDAY = _any_case("day of the week")
CLOCK = rf"(?:{_any_case('about')}\s+){{0,2}}[0-9]{{1,2}}\s?(?:h|g|:|giờ)\s?(?:[0-9]{{1,2}})?(?:\s?(?:phút|p|'))?,?\s+"
"""The time of day before a day; it does not belong to the words for the day."""
NUMBERS = (
    r"(?P<day>[0-9]{1,2})(?:\s?[/.]\s?|\s?[-–]\s?|\s+tháng\s+)(?P<month>[0-9]{1,2})"
    r"(?:(?:\s?[/.\-–]\s?|,? năm )(?P<year>[0-9]{4}))?"
)
"""Day and month, and the year if there is one, as groups."""
DAY = (
    rf"(?:(?:{TIME}(?: (?i:nay|qua))?(?: {WEEKDAY})?|{_TODAY}|{_SAME}|(?i:hôm)(?: {WEEKDAY})?|{WEEKDAY})"
    rf"[,\s]*\(?\s?(?:(?i:ngày)\s*)?\(?|(?i:ngày)\s*\(?){NUMBERS}(?:\s?\))?"
)
"""The words for a day, with the groups `day`, `month` and `year`."""
GOES_ON = (
    r"^(?:[/.\-–][0-9]|\s?(?:[-–—,]|và|đến|tới)\s?(?:(?i:ngày|sáng|chiều|tối|rạng sáng)\s)?"
    r"[0-9]{1,2}\s?(?:[/.\-]|tháng)\s?[0-9]{1,2}(?:[^0-9]|$)|"
    r"\s(?:đến|tới) (?:hết )?(?:(?i:ngày)\s)?[0-9])"
)
"""Text that shows that the words before it are not one day: another number makes them a range or a list."""
NO_YEAR = rf"^ {_any_of('no year')}"
"""Text that shows that the words before it are not one day of one year, or are a day in the future."""

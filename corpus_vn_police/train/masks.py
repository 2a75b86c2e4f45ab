"""Mask explicit dates in a text, so that a model has to tell from the rest when the text was written.

A document's year is easily read off the years that it names, so document dating is also tested without them
(Chambers 2012, "Labeling Documents with Timestamps"; Kumar, Lease and Baldridge 2011, "Supervised Language Modeling
for Temporal Resolution of Texts"). The rules were found by reading masked and unmasked dates in about 8,000
news articles; the docstring of `masked` explains ambiguous cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from corpus_vn_police.lexicon import lexicon

MASK = "[DATE]"
"""The text that replaces a date."""

_D, _M, _Y = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:19|20)[0-9]{2}"
_LONG_AGO = "[12][0-9]{3}"  # a year, if other words show that it is one
_NAMED = "(?:Giêng|Hai|Ba|Tư|Năm|Sáu|Bảy|Bẩy|Tám|Chín|Mười(?: [Mm]ột| [Hh]ai)?|Chạp)"  # `hàng tháng ba mẹ` is not March
_TO = r"\s?(?:[-–]|,|đến|tới|và)\s?"
_OF_YEAR = rf"(?:\s?[/.\-–]\s?|,?\s[Nn]ăm\s|\s){_LONG_AGO}"

# Text after a number that counts or measures something: `mỗi tháng 5 triệu`, `2000 người`, `1920 x 1080`.
_COUNTED = (
    r"(?!\s?(?:(?:triệu|tỷ|tỉ|nghìn|ngàn|đồng|đô|usd|euro|vnd|người|em|học sinh|sinh viên|lao động|hộ|căn|xe|chiếc|cái|"
    r"con|suất|lượt|lần|vụ|ca|trường hợp|tấn|tạ|kg|gam?|m2|m3|m²|km|mm?|cm|ha|lít|ml|mah|mb|gb|w|hp|vòng|trang|tuổi|"
    r"ngày|tuần|giờ|phút|cổ phiếu|bài|điểm|tỷ lệ|mét|hec|héc|khách|quân|binh sĩ|sản phẩm)(?!\w)|[x×]\s?[0-9]|%|[°º]))"
)
_ALONE = rf"(?![\w/]|[.,\-–][0-9]){_COUNTED}"
_NOT_AFTER = r"(?<![\w/.,\-–])(?<!đường )(?<!Đường )(?<!phố )(?<!số )(?<!ngõ )(?<!hẻm )(?<!ấp )"

# No word is needed before a day that is higher than its month, or in a month or form that no fraction has: `30/4`,
# `6/11`, `01/5`.
_ABOVE = "|".join(f"0?{day}/(?:{'|'.join(f'0?{month}' for month in range(1, day))})" for day in range(2, 10))
_CLEAR = (
    rf"(?!24/7)(?:(?:1[3-9]|2[0-9]|3[01])/{_M}|10/0?[1-9]|11/(?:0?[1-9]|10)|12/(?:0?[1-9]|1[01])|{_ABOVE}"
    rf"|[1-9]/1[12]|0[1-9]/{_M}|{_D}/0[1-9])(?![0-9])"
)
_MORE = rf"(?:{_TO}(?:[Nn]gày\s)?{_D}/{_M}(?![0-9/])){{0,3}}"


def _after(words: Iterable[str], *between: str) -> str:
    """A position directly after one of some words; the number after it is searched first, as there are fewer."""
    places = dict.fromkeys(f"{word}{sign}" for word in words for sign in between)
    return rf"(?:{'|'.join(f'(?<=(?i:{re.escape(place)}))' for place in places)})"


_DAY_WORDS = lexicon("datelines").phrases("time of day", "today", "same day")
_WEEKDAYS = ("thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy", "thứ bẩy", "chủ nhật")
_AFTER_DAY = _after(
    [*(phrase.split()[-1] for phrase in _DAY_WORDS), "mai", "hôm", *_WEEKDAYS],
    *(" ", ", ", " (", ", (", "("),
)
_AFTER_TIME = _after(["từ", "đến", "tới", "hết", "trước", "lễ", "dịp", "phiên", "vào"], " ")

_SPAN = rf"(?:{_D}\s?[-–]\s?)?(?<![0-9])"
# 7/12/2020, 7.12.2020, 7-12-2020, 7/12/20, 19 đến 31/8/2017
_FULL = (
    rf"(?<![0-9/.])(?:{_D}(?:/{_M})?\s?(?:[-–]|đến|và)\s?)?(?<![0-9])"
    rf"{_D}(?:/{_M}/(?:{_LONG_AGO}|[0-9]{{2}})|\.{_M}\.{_LONG_AGO}|-{_M}-{_LONG_AGO})(?![0-9])"
)
# 7 tháng 12 năm 2020, 7 tháng 12
_IN_WORDS = (
    rf"(?<![0-9/.,]){_D}\s[Tt]háng\s(?:{_M}(?![0-9]|[.,][0-9])|{_NAMED}(?!\w))(?:{_OF_YEAR}(?![0-9]))?{_COUNTED}"
)
_FROM_WORDS = (
    # ngày 7/12/2020, ngày 7 tháng 12, ngày 7/12, ngày 7-12, ngày 7.12, ngày 3-5/7
    rf"[Nn]gày\s(?:{_FULL}|(?:{_D}{_TO})?{_IN_WORDS}|(?:{_D}{_TO})?(?<![0-9]){_D}\s?[/.\-]\s?{_M}(?![0-9]){_MORE})",
    # tháng 12/2020, tháng 12-2020, tháng 12 năm 2020, tháng 9-10/2020, tháng 12, tháng Chạp
    rf"(?<!mỗi )(?<!hàng )(?<!hằng )(?<![0-9] )[Tt]háng\s"
    rf"(?:{_M}(?:{_TO}{_M}(?![0-9]))?(?![0-9]|[.,][0-9]{{1,3}}(?![0-9]))|{_NAMED}(?!\w))(?:{_OF_YEAR}(?![0-9]))?{_COUNTED}",
    # quý I/2020
    rf"[Qq]uý\s(?:IV|I{{1,3}}|[1-4])(?:\s?[/\-]\s?|,?\s[Nn]ăm\s){_LONG_AGO}(?![0-9])",
    # năm 1842, năm 2019-2020
    rf"[Nn]ăm\s{_LONG_AGO}(?:\s?[-–]\s?{_LONG_AGO})?(?![0-9]|[.,][0-9]{{3}}){_COUNTED}",
)
_FROM_NUMBERS = (
    _FULL,
    # 2020-12-07
    rf"(?<![0-9/.]){_Y}[-/.](?:0[1-9]|1[0-2])[-/.](?:0[1-9]|[12][0-9]|3[01])(?![0-9])",
    _IN_WORDS,
    # 12/2020; in 01/2019/TT-BCA only the year
    rf"(?<![\w/.,]){_M}/{_Y}(?![\w/]|[.,][0-9]){_COUNTED}",
    # 7/12 without a word
    rf"{_NOT_AFTER}{_SPAN}{_CLEAR}{_MORE}{_ALONE}",
    # (4/5)
    rf"(?<=\(){_D}/{_M}(?=\))",
    # sáng 7-12, hôm nay (7.12), thứ hai, 7/12
    rf"(?={_D}[/.\-\s–]){_AFTER_DAY}{_SPAN}{_D}[/.\-]{_M}(?![0-9]){_MORE}{_ALONE}",
    # từ 1/5, phiên 6/2, từ 29 đến 31/8
    rf"(?={_D}(?:/|{_TO})){_AFTER_TIME}(?:{_D}{_TO})?(?<![0-9]){_D}/{_M}(?![0-9]){_MORE}{_ALONE}",
    # 2019-2020, 2016/17, 2020
    rf"(?<![\w.,])(?<!hơn )(?<!gần )(?!1900[\s.]?[0-9]){_Y}"
    rf"(?:\s?[-–]\s?{_Y}|[-–/][0-9]{{2}}(?![0-9/]))?(?!\w|[.,][0-9]){_COUNTED}",
)
_DATES = re.compile(rf"(?=[NnTtQq])(?<!\w)(?:{'|'.join(_FROM_WORDS)})|(?=[0-9])(?:{'|'.join(_FROM_NUMBERS)})")


def masked(text: str) -> str:
    """Replace every explicit date in a text by `[DATE]`.

    The following are masked: days, with or without a year, and ranges and lists of days; months; quarters with their
    year; years, also in ranges and in document numbers (`01/[DATE]/TT-BCA`). The words `ngày`, `tháng` or `năm` before
    them are masked with them.

    Two numbers may be a day or something else. Decided by counts in real articles, `7/12` is a day if its first number
    is the higher one, if a word of time comes before it, if it is in brackets, beside another day or begins with a
    zero, or in November or December; so `3/4 số phiếu`, `vòng 1/8` and `24/7` stay, and so does `bầu cử 3/9`. `7-12`
    and `7.12` need the word of time: most others are scores and amounts. `2020` is a year unless it counts or measures
    something (`2000 người`, `1920x1080`); `2.020` is an amount. Not masked are days of the lunar calendar (`mùng 6
    Tết`), a day of the month alone (`ngày 7`), years of two digits, years in words, and words such as `năm ngoái`.

    Args:
        text: in NFC, as records are.
    """
    found = 1
    while found:  # in `2020 tháng 7` the month is a date only once the number before it is masked
        text, found = _DATES.subn(MASK, text)
    return text

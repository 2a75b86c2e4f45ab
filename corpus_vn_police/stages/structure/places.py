"""The place of a dateline: `tại TP.Đà Nẵng,` gives Đà Nẵng."""

from __future__ import annotations

import functools
import re

from corpus_vn_police.syllables import UPPER, in_style

# The provinces and cities under the government, those until and those since 2025-07-01: they say
# where a name ends that other names follow, and which of several names is the place.
_PROVINCES = """
An Giang, Bà Rịa - Vũng Tàu, Bà Rịa-Vũng Tàu, Bạc Liêu, Bắc Giang, Bắc Kạn, Bắc Ninh, Bến Tre, Bình Dương, Bình Định,
Bình Phước, Bình Thuận, Cà Mau, Cao Bằng, Cần Thơ, Đà Nẵng, Đắk Lắk, Đắk Nông, Đắc Lắc, Điện Biên, Đồng Nai, Đồng Tháp,
Gia Lai, Hà Giang, Hà Nam, Hà Nội, Hà Tĩnh, Hải Dương, Hải Phòng, Hậu Giang, Hòa Bình, Hồ Chí Minh, HCM, Huế, Hưng Yên,
Khánh Hòa, Kiên Giang, Kon Tum, Lai Châu, Lạng Sơn, Lào Cai, Lâm Đồng, Long An, Nam Định, Nghệ An, Ninh Bình, Ninh Thuận,
Phú Thọ, Phú Yên, Quảng Bình, Quảng Nam, Quảng Ngãi, Quảng Ninh, Quảng Trị, Sóc Trăng, Sơn La, Tây Ninh, Thái Bình,
Thái Nguyên, Thanh Hóa, Thừa Thiên Huế, Thừa Thiên - Huế, Thừa Thiên-Huế, Tiền Giang, Trà Vinh, Tuyên Quang, Vĩnh Long,
Vĩnh Phúc, Yên Bái
"""
_HIGH = re.compile(r"(?:(?:TP|Tp|T\.P)\.? ?|(?:[Tt]hành phố|[Tt]ỉnh|[Tt]hủ đô|Thủ Đô|TỈNH|THÀNH PHỐ) )")
_LOW = r"(?:(?:[Hh]uyện|[Qq]uận|[Tt]hị xã|[Tt]hị trấn|[Xx]ã|[Pp]hường|[Tt]hôn|[Bb]ản|[Bb]uôn|[Đđ]ặc khu) |(?:TX|TT|H|Q|P|X)\. ?)"
_WORD = rf"[{UPPER}][\w’']*"
_NAME = rf"{_WORD}(?:[ -]{_WORD}){{0,4}}"
_RUN = re.compile(_NAME)
_LOW_RUN = re.compile(f"{_LOW}{_NAME}")
_AT = re.compile(r"[\s,]*(?:tại|ở)\s+")
_GOES_ON = re.compile(rf"[,(]\s*(?:{_LOW}{_NAME}[,\s]+)?")
_STOP = re.compile(r"\s*(?:[,;:.)(]|$)")
_STOP_OR_DASH = re.compile(r"\s*(?:[,;:.)(]|[-–] |$)")
# What begins like a name and is a building, a body or an event.
_NO_PLACE = re.compile(
    r"(?:Hội|Trụ|Trung tâm|Nhà|Bảo tàng|Quảng trường|Học viện|Trường|Khách sạn|Bệnh viện|Công viên|Công|Công an|Bộ|Sở|Ủy|Uỷ|UBND|HĐND|"
    r"Sân|Cung|Viện|Lăng|Đài|Tòa|Toà|TAND|VKSND|Ban|Cục|Tổng|Văn phòng|Nghĩa|Đền|Chùa|Lễ|Kỳ|Quốc|Phủ|Trại|Trạm|Tượng|Khu|Đại|Hiện|"
    r"Ngân|Cảng|Ga|Bến|Cửa|Cơ|Phòng|Đồn|Đội|Chi|Căn|Di tích|Rạp|Tỉnh ủy|Tỉnh uỷ|Thành ủy|Thành uỷ|Huyện|Đường|Quốc lộ|Cầu|Chợ|Nút|Ngã)\b"
)
_LOOK = 90  # code points: where a building's place is looked for


@functools.cache
def _names() -> re.Pattern[str]:
    names = [name.strip() for name in _PROVINCES.replace("\n", " ").split(",")]
    both = {in_style(name, style) for name in names for style in ("old", "new")}
    longest = sorted(both, key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, longest))})(?!\w)")


def place_at(text: str, *, named: bool = False) -> str | None:
    """The place that a dateline gives.

    A name as it stands, without `TP.`, `tỉnh` and the like. Of a commune or district with the
    province after it the province; of a building the place that is named with it; else None.

    Args:
        text: what follows the day, or the words before it.
        named: whether the text is no more than a name, without `tại`; then only a province or what
            is called a city will do.
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
        found = known or (_RUN.match(text, start) if high else None)
        called = high and known  # `tỉnh Long An xảy ra`: nothing need part it from what follows
        if found and (called or _STOP.match(text, found.end())):
            return found.group()
    return None

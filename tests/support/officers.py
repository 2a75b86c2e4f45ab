"""Rows of made-up police news: officers with rank and title, and what they say, month after month."""

import random

_FAMILY = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi"]
_MIDDLE = ["Văn", "Đức", "Minh", "Quang", "Thị", "Hữu"]
_GIVEN = ["An", "Bình", "Cường", "Dũng", "Hải", "Hùng", "Khánh", "Lâm", "Nam", "Sơn"]
_RANKS = ["Thiếu úy", "Trung úy", "Đại úy", "Thiếu tá", "Trung tá", "Thượng tá", "Đại tá"]
_OFFICES = [
    "Giám đốc Công an tỉnh",
    "Phó Giám đốc Công an tỉnh",
    "Trưởng Công an huyện",
    "Phó Trưởng phòng Cảnh sát giao thông",
]
_PLACES = ["Hà Nam", "Nghệ An", "Bắc Ninh", "Đồng Nai", "Lâm Đồng", "Quảng Trị"]
_OTHER = [
    "Hội nghị diễn ra trong một ngày.",
    "Các xã đã ký cam kết giữ gìn an ninh trật tự.",
    "Đơn vị tổ chức tuần tra ban đêm trên các tuyến đường.",
    "Nhân dân trao lại nhiều tin báo có giá trị.",
]
_SAID = [
    "Chúng tôi sẽ tuần tra thường xuyên hơn trong những tháng tới",
    "Nhân dân cần nâng cao cảnh giác và báo tin kịp thời",
    "Mỗi cán bộ phải gần dân, hiểu dân và giúp dân",
    "Kế hoạch này sẽ được thực hiện đến hết năm nay",
]


def officer(draw):
    """Rank and name, and an office."""
    name = " ".join(draw.choice(words) for words in (_FAMILY, _MIDDLE, _GIVEN))
    return f"{draw.choice(_RANKS)} {name}", f"{draw.choice(_OFFICES)} {draw.choice(_PLACES)}"


def text(draw):
    """An article of two or three paragraphs; one quote in four goes on in a second paragraph."""
    (who, office), (other, _) = officer(draw), officer(draw)
    said, more = draw.sample(_SAID, 2)
    speech = f"“{said}.\n\n{more}”" if draw.random() < 0.25 else f"“{said}”"
    lead = f"Công an {draw.choice(_PLACES)} số {draw.randrange(10_000)} họp với {other}."
    return "\n\n".join(
        [f"{lead} {draw.choice(_OTHER)}", f"{draw.choice(_OTHER)} {who}, {office}, nói: {speech}.", draw.choice(_OTHER)]
    )


def rows(count, seed=1, months=12):
    """Rows in order of time: `date` in 2020 and later, and `text`."""
    draw = random.Random(seed)
    numbers = [number * months // count for number in range(count)]
    return [{"date": f"{2020 + each // 12}-{each % 12 + 1:02}", "text": text(draw)} for each in numbers]

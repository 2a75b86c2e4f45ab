"""Texts for the benchmarks that are made, not taken: syllables at random, and reports by template."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

_INITIALS = "b c ch d đ g gi h kh l m n nh ph qu r s t th tr v x".split()
_RIMES = "a à á ai ái am an àn án ang ảnh ao au âm ân ấn ập ất ây e em ên ép i in inh o oa ong ô ôi ông ơ u".split()
VOCABULARY = [initial + rime for initial in _INITIALS for rime in _RIMES]


def prose(chance: random.Random, syllables: int) -> str:
    """Syllables at random, with the marks and capitals of sentences."""
    words = chance.choices(VOCABULARY, k=syllables)
    for place in range(0, syllables, 14):
        words[place] = words[place].capitalize()
        words[place - 1] += "."
    return " ".join(words)


def write_rows(path: Path, texts: Iterable[str], start: int = 0) -> None:
    """Write texts as JSONL, with their number, as a string, as id."""
    with path.open("w", encoding="utf-8") as sink:
        for number, text in enumerate(texts, start):
            sink.write(json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n")


def identical(count: int) -> Iterator[str]:
    """One text of 200 syllables, `count` times."""
    text = prose(random.Random(1), 200)
    return (text for _ in range(count))


def numbered(count: int, syllables: int = 200) -> Iterator[str]:
    """One text in which a number alone differs."""
    middle = syllables // 2
    words = prose(random.Random(1), syllables).split(" ")
    return (" ".join([*words[:middle], str(number), *words[middle:]]) for number in range(count))


def footed(count: int, share: float) -> Iterator[str]:
    """Texts of 110 to 200 syllables, of which a footer that all have makes up a share."""
    chance = random.Random(2)
    footer = prose(chance, 200).split(" ")
    for _ in range(count):
        length = chance.randint(110, 200)
        common = round(share * length)
        yield prose(chance, length - common) + "\n" + " ".join(footer[:common])


def short(count: int) -> Iterator[str]:
    """Texts of one to four syllables."""
    chance = random.Random(3)
    return (prose(chance, chance.randint(1, 4)) for _ in range(count))


def long(octets: int) -> Iterator[str]:
    """One text of so many bytes."""
    text = prose(random.Random(4), octets // 4).encode()[:octets]
    yield text.decode(errors="ignore").rsplit(" ", 1)[0]


def small_records(count: int) -> Iterator[str]:
    """Texts of 60 syllables; one in ten is an earlier one with one syllable changed."""
    chance = random.Random(5)
    last = prose(chance, 60)
    for number in range(count):
        if number % 10 == 9:
            words = last.split(" ")
            words[chance.randrange(60)] = "khác"
            yield " ".join(words)
        else:
            last = prose(chance, 60)
            yield last


PROVINCES = (
    "An Giang,Bắc Giang,Bắc Kạn,Bạc Liêu,Bắc Ninh,Bến Tre,Bình Định,Bình Dương,Bình Phước,Cà Mau,Cao Bằng,Đắk Lắk,"
    "Điện Biên,Đồng Nai,Đồng Tháp,Gia Lai,Hà Giang,Hà Nam,Hà Tĩnh,Hải Dương,Hậu Giang,Hòa Bình,Hưng Yên,Khánh Hòa,"
    "Kiên Giang,Kon Tum,Lai Châu,Lâm Đồng,Lạng Sơn,Lào Cai,Long An,Nam Định,Nghệ An,Ninh Bình,Phú Thọ,Phú Yên,"
    "Quảng Bình,Quảng Nam,Quảng Ninh,Sóc Trăng,Sơn La,Tây Ninh,Thái Bình,Thanh Hóa,Tiền Giang,Trà Vinh,Yên Bái"
).split(",")
_FAMILIES = "Nguyễn Trần Lê Phạm Hoàng Vũ Đặng Bùi Đỗ Hồ Ngô Dương Lý".split()
_MIDDLES = "Văn Thị Đức Minh Quang Hữu Thanh Ngọc Xuân Công".split()
_GIVEN = "An Bình Cường Dũng Giang Hà Hải Hùng Khánh Lâm Long Mai Nam Phong Quân Sơn Tâm Thắng Tuấn Việt".split()
_STREETS = "Trần Phú,Lê Lợi,Quang Trung,Nguyễn Huệ,Hai Bà Trưng,Lý Thường Kiệt,Hùng Vương,Điện Biên Phủ".split(",")
_CHARGES = (
    "mua bán trái phép chất ma túy,tàng trữ trái phép chất ma túy,trộm cắp tài sản,cướp giật tài sản,đánh bạc,"
    "cố ý gây thương tích,lừa đảo chiếm đoạt tài sản,gây rối trật tự công cộng"
).split(",")

# {d} a day, {y} a year, {n} a number, {b} a large one, {s} a share, {p} a province, {m} a name, {r} a street,
# {c} a charge, {t} a time, {g} an age.
REPORTS = [
    # 80 syllables, 11 slots: a year's figures.
    "Ngày {d}, Công an tỉnh {p} tổ chức hội nghị tổng kết công tác năm {y}. Trong năm, toàn tỉnh xảy ra {n} vụ phạm "
    "pháp hình sự, giảm {n} vụ so với năm trước; lực lượng chức năng đã điều tra, làm rõ {n} vụ, đạt tỷ lệ {s}%, bắt "
    "{n} đối tượng, thu hồi tài sản trị giá {b} đồng. Đại tá {m}, Giám đốc Công an tỉnh, biểu dương {n} tập thể và "
    "{n} cá nhân có thành tích xuất sắc.",
    # 110 syllables, 12 slots: an arrest.
    "Tin từ Công an tỉnh {p}, ngày {d}, Cơ quan Cảnh sát điều tra đã ra quyết định khởi tố vụ án, khởi tố bị can, bắt "
    "tạm giam đối với {m} ({g} tuổi, trú tại đường {r}, tỉnh {p}) để điều tra về hành vi {c}.\nTheo điều tra ban "
    "đầu, khoảng {t} ngày {d}, tại đường {r}, tổ công tác phát hiện {m} có biểu hiện nghi vấn nên yêu cầu kiểm tra. "
    "Qua kiểm tra, lực lượng công an thu giữ tang vật trị giá {b} đồng. Hiện vụ án đang được tiếp tục điều tra, mở "
    "rộng theo quy định của pháp luật.",
    # 200 syllables, 22 slots: a week of traffic.
    "Theo báo cáo của Phòng Cảnh sát giao thông Công an tỉnh {p}, trong tuần từ ngày {d} đến ngày {d}, trên địa bàn "
    "toàn tỉnh xảy ra {n} vụ tai nạn giao thông, làm {n} người chết, bị thương {n} người. So với cùng kỳ năm {y}, số "
    "vụ giảm {s}%, số người chết giảm {s}%, số người bị thương tăng {s}%.\nCũng trong thời gian trên, lực lượng cảnh "
    "sát giao thông đã phát hiện, xử lý {n} trường hợp vi phạm, trong đó có {n} trường hợp vi phạm nồng độ cồn, {n} "
    "trường hợp vi phạm tốc độ, {n} trường hợp chở quá tải trọng, {n} trường hợp không đội mũ bảo hiểm; phạt tiền {b} "
    "đồng, tước giấy phép lái xe {n} trường hợp, tạm giữ {n} phương tiện.\nĐáng chú ý, khoảng {t} ngày {d}, trên đường "
    "{r} xảy ra vụ va chạm giữa xe tải do {m} ({g} tuổi) điều khiển và xe mô tô do {m} điều khiển. Nguyên nhân vụ tai "
    "nạn đang được cơ quan chức năng điều tra, làm rõ. Công an tỉnh khuyến cáo người dân chấp hành nghiêm các quy định "
    "của pháp luật khi tham gia giao thông.",
    # 380 syllables, 38 slots: a long report of half a year.
    "Sáng {d}, Công an tỉnh {p} tổ chức hội nghị sơ kết công tác công an sáu tháng đầu năm, triển khai nhiệm vụ trọng "
    "tâm sáu tháng cuối năm {y}. Đồng chí {m}, Phó Bí thư Tỉnh ủy, Chủ tịch Ủy ban nhân dân tỉnh, dự và phát biểu chỉ "
    "đạo. Đại tá {m}, Giám đốc Công an tỉnh, chủ trì hội nghị.\nSáu tháng đầu năm, Công an tỉnh đã chủ động nắm chắc "
    "tình hình, tham mưu cho cấp ủy, chính quyền các cấp triển khai đồng bộ nhiều giải pháp bảo đảm an ninh chính trị, "
    "trật tự an toàn xã hội trên địa bàn. Tội phạm về trật tự xã hội xảy ra {n} vụ, giảm {s}% so với cùng kỳ năm {y}; "
    "điều tra, làm rõ {n} vụ, {n} đối tượng, đạt tỷ lệ {s}%; trong đó án rất nghiêm trọng và đặc biệt nghiêm trọng đạt "
    "{s}%. Triệt phá {n} băng nhóm, bắt {n} đối tượng truy nã, vận động {n} đối tượng ra đầu thú. Tội phạm {c} chiếm "
    "{s}%, tập trung ở địa bàn giáp ranh với tỉnh {p}.\nLực lượng cảnh sát kinh tế phát hiện {n} vụ vi phạm, khởi tố "
    "{n} vụ, {n} bị can, thu hồi cho Nhà nước {b} đồng. Lực lượng cảnh sát phòng, chống tội phạm về ma túy bắt {n} vụ, "
    "{n} đối tượng, thu giữ {n} gam heroin, {n} viên ma túy tổng hợp. Lực lượng cảnh sát môi trường xử phạt {n} trường "
    "hợp với số tiền {b} đồng.\nTai nạn giao thông xảy ra {n} vụ, làm chết {n} người, bị thương {n} người; so với cùng "
    "kỳ giảm trên cả ba tiêu chí. Xảy ra {n} vụ cháy, thiệt hại ước tính {b} đồng. Công tác quản lý hành chính về trật "
    "tự xã hội có nhiều chuyển biến tích cực, đã cấp {n} thẻ căn cước công dân, tiếp nhận {n} hồ sơ qua dịch vụ công "
    "trực tuyến.\nPhát biểu tại hội nghị, đồng chí {m} ghi nhận, biểu dương những kết quả mà cán bộ, chiến sĩ Công an "
    "tỉnh đã đạt được, đồng thời yêu cầu tiếp tục quán triệt, thực hiện nghiêm các nghị quyết, chỉ thị của Đảng, chính "
    "sách, pháp luật của Nhà nước; chủ động phòng ngừa, đấu tranh với các loại tội phạm, không để bị động, bất ngờ. "
    "Dịp này, {n} tập thể và {n} cá nhân được khen thưởng.",
]


_SLOTS: dict[str, Callable[[random.Random], object]] = {
    "d": lambda chance: f"{chance.randint(1, 28)}/{chance.randint(1, 12)}",
    "y": lambda chance: chance.randint(2010, 2024),
    "n": lambda chance: chance.randint(2, 999),
    "b": lambda chance: f"{chance.randint(1, 99)},{chance.randint(1, 9)} {chance.choice(['triệu', 'tỷ'])}",
    "s": lambda chance: f"{chance.randint(1, 99)},{chance.randint(1, 9)}",
    "p": lambda chance: chance.choice(PROVINCES),
    "m": lambda chance: " ".join(map(chance.choice, (_FAMILIES, _MIDDLES, _GIVEN))),
    "r": lambda chance: chance.choice(_STREETS),
    "c": lambda chance: chance.choice(_CHARGES),
    "t": lambda chance: f"{chance.randint(0, 23)} giờ {chance.randint(0, 59)} phút",
    "g": lambda chance: chance.randint(18, 70),
}
_SLOT = re.compile(r"\{(\w)\}")


def reports(template: int, count: int, chance: random.Random) -> Iterator[str]:
    """Reports by one template; each keeps from none to nearly all of the numbers and names of the one before it."""
    kinds = _SLOT.findall(REPORTS[template])
    values = [str(_SLOTS[kind](chance)) for kind in kinds]
    for _ in range(count):
        share = chance.random()
        values = [
            str(_SLOTS[kind](chance)) if chance.random() < share else value
            for kind, value in zip(kinds, values, strict=True)
        ]
        left = iter(values)
        yield _SLOT.sub(lambda found, left=left: next(left), REPORTS[template])


def tables(count: int, values: int) -> Iterator[str]:
    """Texts of 400 syllables of which 18 places differ; of so many values that a place can have, each has one."""
    chance = random.Random(6)
    words = prose(chance, 400).split(" ")
    choices = [chance.sample(VOCABULARY, values) for _ in range(18)]
    for _ in range(count):
        for number, each in enumerate(choices):
            words[10 + 21 * number] = chance.choice(each)
        yield " ".join(words)

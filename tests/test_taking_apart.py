"""Headlines, datelines, captions, bylines and residue."""

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builds import ROOT, SEEDS
from support.scripts import script
from support.texts import taken_apart

import corpus_vn_police as cvp
from corpus_vn_police.config import load_config

_CORPUS = load_config(None).with_flags(latest="2026-11-22")
_PROSE = "Công an thành phố đã phối hợp với các đơn vị nghiệp vụ kiểm tra, xử lý nhiều trường hợp vi phạm trên địa bàn trong tháng qua."
_MORE = "Theo lãnh đạo đơn vị, trong thời gian tới lực lượng sẽ tiếp tục duy trì các tổ công tác để bảo đảm trật tự trên các tuyến đường."


def _taken(*texts, corpus=_CORPUS, **row):
    return taken_apart(*texts, corpus=corpus, **row).to_dicts()


def _page(*paragraphs, header="2020-12"):
    return f" date {header} " + "\n\n".join(paragraphs)


def _captions(row):
    return [(each["text"], each["credit"], each["after_paragraph"]) for each in row["captions"]]


@pytest.mark.parametrize("name", ["000_c76f5c9e64c8c598", "002_3ae91319fd06e6ae"])
def test_a_seed_is_taken_apart_as_the_expert_did(name):
    gold = json.loads((ROOT / f"tests/data/gold_{name}.json").read_text(encoding="utf-8"))
    (row,) = _taken((SEEDS / f"{name}.txt").read_text(encoding="utf-8"))
    body = [paragraph["text"] for paragraph in gold["paragraphs"] if paragraph["kind"] != "caption"]
    before = {
        paragraph["i"]: sum(other["kind"] != "caption" for other in gold["paragraphs"][: paragraph["i"]])
        for paragraph in gold["paragraphs"]
    }
    assert row["text"] == "\n\n".join(body)
    assert _captions(row) == [
        (each["caption_text"], each["credit"], before[each["paragraph"]]) for each in gold["captions"]
    ]
    assert {key: row[key] for key in ("date", "date_precision", "event_date_text", "place")} == {
        key: gold[key] for key in ("date", "date_precision", "event_date_text", "place")
    }
    assert row["event_date"].isoformat() == gold["event_date"]
    assert (row["title"], row["byline"], row["date_conflict"]) == (None, None, False)


@pytest.mark.parametrize("pages", sorted((ROOT / "benchmarks/pages").glob("*.jsonl")), ids=lambda path: path.stem)
def test_the_annotated_pages_are_read_as_well_as_the_benchmark_says(pages):
    module = script("benchmarks/structure.py")
    annotated = [json.loads(line) for line in pages.read_text(encoding="utf-8").splitlines()]
    # Of these the errors were looked at once, or not at all; they are as the table says.
    floor = {"6": 0.9, "7": 0.87, "8": 0.91, "10": 0.92, "11": 0.81}.get(pages.stem, 0.95)
    for field, (wanted, said, right) in module.score(annotated, module.read(annotated)).items():
        assert right >= floor * said, f"{field}: precision {right}/{said}"
        assert right >= floor * wanted, f"{field}: recall {right}/{wanted}"


def test_the_benchmark_takes_a_class_of_words_away_and_puts_it_back():
    module = script("benchmarks/structure.py")
    page = {"name": "a", "text": _page(_PROSE, "Quang cảnh hội nghị", _MORE)}
    with module.taken_away("captions", "scene") as without:
        (row,) = module.answers(module.cleaned([page]), without)
    (whole,) = module.read([page])
    assert ([each["text"] for each in row["captions"]], _captions(whole)) == ([], [("Quang cảnh hội nghị", None, 1)])
    assert cvp.stages.structure.structure is module.structure


def test_law_4_a_page_is_read_alone_as_among_others():
    module = script("benchmarks/structure.py")
    paths = sorted((ROOT / "benchmarks/pages").iterdir())
    lines = [path.read_text(encoding="utf-8").splitlines()[:: 5 if path.stem == "11" else 15] for path in paths]
    pages = [json.loads(line) for line in itertools.chain.from_iterable(lines)]
    assert module.read(pages) == [row for page in pages for row in module.read([page])]


@pytest.mark.parametrize(
    ("opening", "header", "event_date", "words"),
    [
        ("Ngày 7/12, ", "2020-12", "2020-12-07", "Ngày 7/12"),
        ("Dân trí - Ngày 7/12, ", "2020-12", "2020-12-07", "Ngày 7/12"),
        ("Theo tin ban đầu từ Công an huyện, sáng 7/12, ", "2020-12", "2020-12-07", "sáng 7/12"),
        ("Sáng 26/6, ", "2023-06", "2023-06-26", "Sáng 26/6"),
        ("Rạng sáng 15.6, ", "2017-06", "2017-06-15", "Rạng sáng 15.6"),
        ("Ngày 3-1, ", "2024-01", "2024-01-03", "Ngày 3-1"),
        ("Sáng ngày 28/7/2025, ", "2025-08", "2025-07-28", "Sáng ngày 28/7/2025"),
        ("Ngày 15 tháng 3 năm 2019, ", "2019-03", "2019-03-15", "Ngày 15 tháng 3 năm 2019"),
        ("Hôm nay (12/9), ", "2022-09", "2022-09-12", "Hôm nay (12/9)"),
        ("Tin cho biết: Hôm qua (12/9), ", "2022-09", "2022-09-12", "Hôm qua (12/9)"),
        ("Sáng thứ Hai (12/9), ", "2022-09", "2022-09-12", "Sáng thứ Hai (12/9)"),
        ("Ngày 12/9 tới đây, ", "2022-09", None, None),
        ("Chiều nay, 12/9, ", "2022-09", "2022-09-12", "Chiều nay, 12/9"),
        ("Vào lúc 9 giờ 30 ngày 7/3, ", "2022-03", "2022-03-07", "ngày 7/3"),
        ("Khoảng 8h30 sáng 7/3, ", "2022-03", "2022-03-07", "sáng 7/3"),
        ("(PLO)- Ngày 30-12, ", "2025-12-30", "2025-12-30", "Ngày 30-12"),
        ("TPO - Tối 8/3, ", "2020-03", "2020-03-08", "Tối 8/3"),
        ("QĐND Online - Thứ hai (8/3), ", "2020-03", "2020-03-08", "Thứ hai (8/3)"),
        # The header's year; the year before only for November and December under January and February.
        ("Ngày 29/12, ", "2022-01", "2021-12-29", "Ngày 29/12"),
        ("Ngày 30/11, ", "2022-02", "2021-11-30", "Ngày 30/11"),
        ("Ngày 30/10, ", "2022-02", None, None),
        ("Ngày 29/12, ", "2022-03", None, None),
        ("Ngày 8/12, ", "2020-12-07", None, None),
        ("Ngày 7/12, ", "2020-12-07", "2020-12-07", "Ngày 7/12"),
        ("Ngày 7/12, ", "2020", "2020-12-07", "Ngày 7/12"),
        # No single day, or none at all.
        ("Ngày 26 - 27/12, ", "2020-12", None, None),
        ("Trong hai ngày 26 và 27/12, ", "2020-12", None, None),
        ("Từ ngày 26/12 đến ngày 28/12, ", "2020-12", None, None),
        ("Từ 7-9/12, ", "2020-12", None, None),
        ("Hưởng ứng Tháng Thanh niên, ngày 7/12, ", "2020-12", "2020-12-07", "ngày 7/12"),
        ("Sau vụ cháy ở quận 7, ngày 7/12, ", "2020-12", "2020-12-07", "ngày 7/12"),
        ("Tin từ Công an tỉnh hôm nay 7.12 cho biết, ", "2020-12", "2020-12-07", "hôm nay 7.12"),
        ("Sau khi vụ việc xảy ra năm 2019, ", "2020-12", None, None),
        ("Đêm 6 rạng sáng 7/12, ", "2020-12", None, None),
        ("Ngày 30/4 và 1/5, ", "2020-05", None, None),
        ("Ngày 31/11, ", "2020-12", None, None),
        ("Ngày 29/2, ", "2021-03", None, None),
        ("Ngày 19/8 hằng năm, ", "2020-12", None, None),
        ("Trước đó, ngày 5/12, ", "2020-12", None, None),
        # Other words for the day, and other openings.
        ("Cùng ngày (21.11), ", "2021-11", "2021-11-21", "Cùng ngày (21.11)"),
        ("Thứ Hai, ngày 15 tháng 4 năm 2024, ", "2024-04", "2024-04-15", "Thứ Hai, ngày 15 tháng 4 năm 2024"),
        ("Hôm 17/6, ", "2017-06", "2017-06-17", "Hôm 17/6"),
        ("Cũng trong ngày 17/6, ", "2017-06", "2017-06-17", "ngày 17/6"),
        ("Sau hơn hai tháng truy xét, ngày 30/11, ", "2019-02", "2018-11-30", "ngày 30/11"),
        ("Theo báo Tiền Phong, ngày 6/2, ", "2017-02", "2017-02-06", "ngày 6/2"),
        ("Theo cáo trạng, ngày 6/2, ", "2017-02", None, None),
        ("Tại phiên tòa mở ngày 5/12, ", "2017-12", "2017-12-05", "ngày 5/12"),
        ("Phát biểu với báo giới ngày 23/6, ", "2017-06", "2017-06-23", "ngày 23/6"),
        ("Lực lượng cứu hộ. (Nguồn: AFP) Ngày 6/2, ", "2017-02", "2017-02-06", "Ngày 6/2"),
        ("Theo Nghị định 116/2010/NĐ-CP, ngày 24-12-2010, ", "2017-02", None, None),
        ("Hoạt động 24/7, ", "2020-12", None, None),
    ],
)
def test_a_dateline_gives_the_day_that_it_names(opening, header, event_date, words):
    (row,) = _taken(_page(opening + _PROSE, _MORE, header=header))
    day = row["event_date"] and row["event_date"].isoformat()
    assert (day, row["event_date_text"], row["place"]) == (event_date, words, None)
    assert row["text"].startswith(opening)


_TOLD = [
    ("Hội nghị chuyên đề do Công an tỉnh tổ chức chiều 22/9.", "chiều 22/9"),
    ("Lễ ra quân được tổ chức tại trụ sở Công an tỉnh vào sáng 22/9.", "sáng 22/9"),
    ("Đó là nội dung chính của hội nghị do Công an tỉnh tổ chức chiều 22/9 tại Hà Nội.", "chiều 22/9"),
    ("Cục Quản lý xuất nhập cảnh ngày 19/6 thông báo, từ tháng sau công dân có thể đăng ký.", "ngày 19/6"),
    ("Thông tin từ Công an huyện Thạch Quảng ngày 15/6 cho biết, đơn vị đang tạm giữ 7 đối tượng.", "ngày 15/6"),
    ("Công an TP Lào Cai, tỉnh Lào Cai chiều 31/5 cho biết, đang tạm giữ một đối tượng.", "chiều 31/5"),
    ("Một xe bán tải lao thẳng vào nhà dân lúc rạng sáng 19/8 khiến ba người bị thương.", "rạng sáng 19/8"),
    ("Nhiều tuyến đường bị ngập sâu vào chiều nay (18/6).", "chiều nay (18/6)"),
    ("Quyết định được đưa ra tại cuộc họp của Ban chỉ đạo trưa 30/4, sau khi có ca nghi mắc.", "trưa 30/4"),
    ("TAND huyện Krông Búk ngày 30/12 đưa ra xét xử lưu động vụ án hủy hoại rừng.", "ngày 30/12"),
    ("Ông Quan Vĩnh Hòa, 58 tuổi, chạy xe ba gác thuê, trưa 29/9 mang đến công an chiếc túi.", "trưa 29/9"),
    ("Vụ tai nạn xảy ra vào khoảng 10 giờ ngày 12/5, tại ngã ba Vọng, khiến nhiều người bị thương.", "ngày 12/5"),
    # What happened earlier, what is to come, ranges, and papers of a day.
    ("Vụ cháy xảy ra ngày 3/5 tại thôn Đông vừa được làm rõ.", None),
    ("Vụ án xảy ra ngày 3/5 tại thôn Đông làm một người chết.", None),
    ("Chị N.T.V. kể, hôm 4/8 chị nhận được cuộc gọi lạ.", None),
    ("Lãnh đạo Sở cho biết, theo kế hoạch, ngày 7/7, các trường sẽ công bố điểm.", None),
    ("Công an bắt giữ Bế Văn Sáng, người bỏ trốn khỏi địa phương từ ngày 3/5 sau khi gây án.", None),
    ("Công an huyện vừa làm rõ vụ án xảy ra ngày 3/5 tại thôn Đông.", None),
    ("Nghi phạm gây ra vụ cướp hôm 3/5 đã bị bắt giữ sau một thời gian lẩn trốn.", None),
    ("Liên quan đến vụ nam thanh niên bị sát hại đêm qua (3/7), hai đối tượng đã ra đầu thú.", None),
    ("Hội thi sẽ được tổ chức vào ngày 22/9.", None),
    ("Hội nghị tổ chức chiều 22/9 tới.", None),
    ("Đợt cao điểm diễn ra từ ngày 3/5 đến ngày 20/5.", None),
    ("Đến ngày 6/2, các đoàn hỗ trợ vẫn tiếp tục đổ về.", None),
    ("Bé trai trên sinh vào ngày 3/5, nặng 3 kg.", None),
    ("Quốc hội vừa ban hành Nghị quyết số 42 ngày 21/6/2017 về thí điểm xử lý nợ xấu.", None),
    ("Phiên họp sáng 3/5 và phiên họp sáng 4/5 được tổ chức trực tuyến.", None),
    ("Bản tin sáng nay (3/5) và tối nay (4/5) được phát trực tiếp.", None),
    ("Công an đã ra quân. Hội nghị do Công an tỉnh tổ chức chiều 22/9.", None),
]  # fmt: skip


@pytest.mark.parametrize(("lead", "words"), _TOLD)
def test_a_lead_tells_its_day_inside_the_first_sentence(lead, words):
    (row,) = _taken(_page(lead, _MORE, _PROSE, header="2017"))
    assert (row["event_date_text"], row["event_date"] is None) == (words, words is None)
    assert row["text"].startswith(lead)


def test_the_day_may_stand_in_the_paragraph_below_what_the_article_is_about():
    above = "Một chiếc túi xách bỏ quên, và câu chuyện đẹp về người lái xe ba gác."
    told, likely = (_page(above, lead, _MORE, header="2017") for lead in (
        "Ông Quan Vĩnh Hòa trưa 29/9 mang đến công an chiếc túi.", "Hội nghị do Công an tỉnh tổ chức chiều 22/9.",
    ))  # fmt: skip
    assert [row["event_date_text"] for row in _taken(told, likely)] == ["trưa 29/9", None]


@pytest.mark.parametrize(
    ("opening", "words", "place"),
    [
        ("Cần Thơ (TTXVN 18/8) - ", "18/8", "Cần Thơ"),
        ("(Đồng Hới, 12/11) ", "12/11", "Đồng Hới"),
        ("Huế, 21/5 - ", "21/5", "Huế"),
        ("Vũng Áng, ngày 6 tháng 11: ", "ngày 6 tháng 11", "Vũng Áng"),
        ("(Sa Đéc) - Tối 9/4, ", "Tối 9/4", "Sa Đéc"),
        ("(Tiền Phong) - Tối 9/4, ", "Tối 9/4", None),
        ("Thứ tư, 5-3-2017, ", "Thứ tư, 5-3-2017", None),
        ("Ngày 9/4, tại TP Buôn Ma Thuột, ", "Ngày 9/4", "Buôn Ma Thuột"),
    ],
)
def test_a_dateline_has_its_place_beside_the_day(opening, words, place):
    (row,) = _taken(_page(opening + _PROSE, _MORE, header="2017"))
    assert (row["event_date_text"], row["place"], row["text"]) == (words, place, f"{opening}{_PROSE}\n\n{_MORE}")


@pytest.mark.parametrize("opening", ["Vừa qua, ", "Mới đây, "])
def test_a_lead_of_lately_has_no_day_unless_it_writes_one(opening):
    lately, on_a_day = _taken(
        _page(f"{opening}{_PROSE}", f"Ngày 7/12, {_MORE}"), _page(f"{opening}ngày 5/12, {_PROSE}", _MORE)
    )
    assert (lately["event_date"], on_a_day["event_date_text"]) == (None, "ngày 5/12")


def test_a_dateline_without_a_header_has_a_day_only_if_it_writes_the_year():
    rows = _taken(f"Ngày 7/12, {_PROSE}", f"Ngày 7/12/2020, {_PROSE}")
    assert [(row["event_date"] and row["event_date"].isoformat(), row["date_conflict"]) for row in rows] == [
        (None, False),
        ("2020-12-07", False),
    ]


@pytest.mark.parametrize(
    ("day", "header", "conflict"),
    [("31/1/2021", "2020-12", False), ("1/2/2021", "2020-12", True), ("31/10/2020", "2020-12", False), ("30/10/2020", "2020-12", True),
     ("29/10/2020", "2020-12", True), ("31/1/2021", "2020", False), ("1/2/2021", "2020", True), ("8/1/2021", "2020-12-07", True)],
)  # fmt: skip
def test_a_written_year_more_than_31_days_outside_the_header_is_a_conflict(day, header, conflict):
    (row,) = _taken(_page(f"Ngày {day}, {_PROSE}", header=header))
    assert (row["date_conflict"], row["event_date"] is None) == (conflict, False)


def test_the_dateline_is_looked_for_in_the_first_three_paragraphs_of_the_body():
    first, third, fourth = (_page(*[_MORE] * before, f"Ngày 7/12, {_PROSE}", _MORE) for before in (0, 2, 3))
    assert [row["event_date_text"] for row in _taken(first, third, fourth)] == ["Ngày 7/12", "Ngày 7/12", None]


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("tại TP.Đà Nẵng, ", "Đà Nẵng"),
        ("tại TP. Hồ Chí Minh, ", "Hồ Chí Minh"),
        ("tại thành phố Huế, ", "Huế"),
        ("tại tỉnh Nghệ An, ", "Nghệ An"),
        ("tại Hà Nội, ", "Hà Nội"),
        ("tại Nha Trang, ", "Nha Trang"),
        ("tại Khánh Hoà, ", "Khánh Hòa"),
        ("tại Tuy Hoà, ", "Tuy Hòa"),
        ("tại HÀ NỘI, ", "Hà Nội"),
        ("tại TP ĐÀ LẠT, ", "Đà Lạt"),
        ("tại TP.HCM, ", "Hồ Chí Minh"),
        ("tại TPHCM, ", "Hồ Chí Minh"),
        ("tại TP HCM, ", "Hồ Chí Minh"),
        ("tại HCM, ", "Hồ Chí Minh"),
        ("tại thành phố Hồ Chí Minh, ", "Hồ Chí Minh"),
        ("tại TP Hồ Chí Minh, ", "Hồ Chí Minh"),
        ("tại Sài Gòn, ", "Sài Gòn"),
        ("tại Bà Rịa – Vũng Tàu, ", "Bà Rịa - Vũng Tàu"),
        ("tại tỉnh BR-VT, ", "Bà Rịa - Vũng Tàu"),
        ("tại Thừa Thiên-Huế, ", "Thừa Thiên Huế"),
        ("tại Đắc Lắc, ", "Đắk Lắk"),
        ("tại quận Gò Vấp, ", "Gò Vấp"),
        ("tại Q.Gò Vấp, ", "Gò Vấp"),
        ("tại H. Hòn Đất, ", "Hòn Đất"),
        ("tại xã Mỹ Quý Tây, ", "Mỹ Quý Tây"),
        ("tại phường Sóc Trăng, ", "Sóc Trăng"),
        ("tại quận 1, TPHCM, ", "Hồ Chí Minh"),
        ("tại quận 1, ", None),
        ("tại Park Hyatt Saigon Hotel, ", None),
        ("tại Los Angeles, ", "Los Angeles"),
        ("tại Hà Nội Bộ Công an ", "Hà Nội"),
        ("tại huyện Hòa Vang, TP.Đà Nẵng, ", "Đà Nẵng"),
        ("tại huyện Bến Lức, tỉnh Long An xảy ra ", "Long An"),
        ("tại huyện Hòa Vang, ", "Hòa Vang"),
        ("tại TX. Sơn Tây, ", "Sơn Tây"),
        ("tại Trung tâm Hội nghị quốc gia (Hà Nội), ", "Hà Nội"),
        ("tại trụ sở Bộ Công an, ", None),
        ("tại Học viện Cảnh sát nhân dân, ", None),
        ("Công an TP.HCM ", None),
    ],
)
def test_the_place_of_a_dateline_has_no_prefix(words, place):
    (row,) = _taken(_page(f"Ngày 7/12, {words}{_PROSE}", _MORE))
    assert row["place"] == place


def test_a_place_may_stand_where_the_agency_does():
    rows = _taken(*(_page(f"{slug}Ngày 7/12, {_PROSE}") for slug in ("(Quảng Bình) - ", "Hà Nội - ", "TPO - ")))
    assert [row["place"] for row in rows] == ["Quảng Bình", "Hà Nội", None]


def test_who_signs_may_stand_above_the_source():
    rows = _taken(_page(_PROSE, _MORE, "Thanh Việt", "Theo TTXVN"), _page(_PROSE, _MORE, "Thanh Việt", "(Theo TTXVN)"))
    assert {(row["byline"], row["text"]) for row in rows} == {("Thanh Việt", f"{_PROSE}\n\n{_MORE}")}


def test_half_a_name_at_the_end_of_what_is_looked_at_is_no_place():
    opening = f"Ngày 7/12, tại {'nhà văn hóa ' * 28}"
    rows = _taken(*(_page(f"{opening}{'a' * more} (tỉnh Quảng Ninh), {_PROSE}") for more in range(40)))
    assert {row["place"] for row in rows} <= {"Quảng Ninh", None}
    far = _taken(*(_page(f"Ngày 7/12, tại nhà văn hóa {'a' * more}, tỉnh Quảng Ninh, {_PROSE}") for more in range(90)))
    assert {row["place"] for row in far} == {"Quảng Ninh", None}


def test_a_place_may_stand_before_the_day():
    rows = _taken(_page(f"Tại TP.Đà Nẵng, sáng 7/12, {_PROSE}"), _page(f"Hà Nội, ngày 7/12, {_PROSE}"))
    assert [(row["place"], row["event_date_text"]) for row in rows] == [
        ("Đà Nẵng", "sáng 7/12"),
        ("Hà Nội", "ngày 7/12"),
    ]


@pytest.mark.parametrize(
    ("paragraph", "text", "credit"),
    [
        ("Đại biểu dự hội nghị (ảnh Bộ Công an).", "Đại biểu dự hội nghị", "Bộ Công an"),
        ("Đại biểu dự hội nghị. Ảnh: Kim Anh (CTV)", "Đại biểu dự hội nghị.", "Kim Anh (CTV)"),
        ("Đại biểu dự hội nghị. Ảnh: BCA", "Đại biểu dự hội nghị.", "BCA"),
        ("Đại biểu dự hội nghị (Ảnh: Thống Nhất/TTXVN).", "Đại biểu dự hội nghị", "Thống Nhất/TTXVN"),
        ("Đại biểu dự hội nghị. ẢNH: KIM ANH", "Đại biểu dự hội nghị.", "KIM ANH"),
        ("Đại biểu dự hội nghị - Ảnh: Kim Anh", "Đại biểu dự hội nghị", "Kim Anh"),
        ("Đại biểu dự hội nghị, ảnh: Kim Anh", "Đại biểu dự hội nghị", "Kim Anh"),
        ("Đại biểu dự hội nghị - ảnh: Kim Anh", "Đại biểu dự hội nghị", "Kim Anh"),
        ("Du khách xếp hàng vào đền Mẫu Thượng. (Kim Anh)", "Du khách xếp hàng vào đền Mẫu Thượng.", "Kim Anh"),
        ("Các nhà báo trao đổi tại buổi gặp mặt - Kim Anh", "Các nhà báo trao đổi tại buổi gặp mặt", "Kim Anh"),
        ("Một tin nhắn giả mạo do nạn nhân cung cấp.", "Một tin nhắn giả mạo do nạn nhân cung cấp.", None),
        ("Đại biểu dự hội nghị. BỘ CÔNG AN", "Đại biểu dự hội nghị.", "BỘ CÔNG AN"),
        ("Đại biểu dự hội nghị. HT", "Đại biểu dự hội nghị.", "HT"),
        ("Đại biểu dự hội nghị. N.H.", "Đại biểu dự hội nghị.", "N.H."),
        ("Đại biểu dự hội nghị\nẢnh: Kim Anh", "Đại biểu dự hội nghị", "Kim Anh"),
        ("Đại biểu dự hội nghị\nKIM ANH", "Đại biểu dự hội nghị", "KIM ANH"),
        ("Ảnh do Công an tỉnh cung cấp", "", "Công an tỉnh"),
        ("Nghi phạm bước vào tiệm vàng. (Ảnh cắt từ clip)", "Nghi phạm bước vào tiệm vàng.", "cắt từ clip"),
        ("Quang cảnh hội nghị", "Quang cảnh hội nghị", None),
        ("Đại tá Nguyễn Văn An (bên trái) tặng quà cho bà con", "Đại tá Nguyễn Văn An (bên trái) tặng quà cho bà con", None),
        ("Các đại biểu chụp ảnh lưu niệm tại buổi lễ.", "Các đại biểu chụp ảnh lưu niệm tại buổi lễ.", None),
        ("Xưởng gỗ chìm trong lửa. Nguồn: Facebook", "Xưởng gỗ chìm trong lửa.", "Facebook"),
        ("Xưởng gỗ chìm trong lửa; Nguồn: kimanh.vn", "Xưởng gỗ chìm trong lửa", "kimanh.vn"),
        ("Xưởng gỗ chìm trong lửa. Ảnh người dân cung cấp", "Xưởng gỗ chìm trong lửa.", "người dân"),
        ("Trang mạng giả mạo (ảnh chụp màn hình).", "Trang mạng giả mạo", "chụp màn hình"),
    ],
)  # fmt: skip
def test_a_caption_is_taken_out_of_the_body_with_its_credit(paragraph, text, credit):
    (row,) = _taken(_page(_PROSE, paragraph, _MORE))
    assert (_captions(row), row["text"], row["byline"]) == ([(text, credit, 1)], f"{_PROSE}\n\n{_MORE}", None)


@pytest.mark.parametrize("line", ["Đại tá, TS Nguyễn Văn Anh", "Trung tướng GS.TS Nguyễn Xuân Yêm"])
def test_rank_title_and_name_alone_are_a_caption(line):
    (row,) = _taken(_page(_PROSE, line, _MORE))
    assert [caption["text"] for caption in row["captions"]] == [line]


def test_an_empty_credit_is_null():
    (row,) = _taken(_page(_PROSE, "Đại biểu dự hội nghị (ảnh: -).", _MORE))
    assert [each["credit"] for each in row["captions"]] in ([None], [])


@pytest.mark.parametrize(
    "paragraph",
    [
        "Chuyển biến từ cơ sở",
        "Người dân nên làm gì?",
        "Vụ án đang được tiếp tục điều tra, mở rộng.",
        "Đợt cao điểm kết thúc vào ngày 14/8.",
        "Ảnh chụp từ camera cho thấy chiếc xe tải đã chạy lấn làn trong nhiều giây trước khi xảy ra va chạm.",
        "Trong ảnh, nạn nhân đội mũ bảo hiểm màu xanh và đi một mình trên chiếc xe máy cũ của gia đình.",
        "Năm 2024, chương trình sẽ đến thêm ba bệnh viện tại TP.HCM",
        "Kết quả được báo cáo về Cục C04.",
        "Nâng cao cảnh giác trước thủ đoạn của tội phạm công nghệ cao",
        "Thu giữ 3 tấn chân gà bốc mùi",
        "Hai thợ lặn tử nạn khi vớt phế liệu",
        "Các đối tượng thừa nhận hành vi phạm tội.",
        "Chiếc điện thoại được trả cho chủ nhân ngay tại chỗ.",
        "Nam Định những ngày cuối năm",
        "Một chuyến đi rất xa của chị - Kim Anh",
        "- Phải đội mũ bảo hiểm khi đi xe máy trên mọi tuyến đường",
    ],
)
def test_short_prose_and_sub_headings_stay_in_the_body(paragraph):
    (row,) = _taken(_page(_PROSE, paragraph, _MORE))
    assert (row["captions"], row["text"]) == ([], f"{_PROSE}\n\n{paragraph}\n\n{_MORE}")


@pytest.mark.parametrize(
    "opening",
    [
        "Trong ảnh: Chị Kim Anh và bà con trong làng.",
        "Sơ đồ nơi các tổ tìm kiếm.",
        "Kiểm sát viên kiểm tra tại buổi làm việc.",
        "Thượng tá Nguyễn Văn An",
        "Nạn nhân Kim Thị Anh.",
        "Binh nhất Y Nguyên Ksơr",
        "Ảnh chụp đoạn hội thoại của hai bên.",
        "Bảng giá mới (ảnh chụp trưa 7/12).",
        "Infographic: Những việc cần làm khi nhà bị cô lập trong lũ",
        "Tin nhắn mạo danh ngân hàng được gửi đến máy nạn nhân.",
        "Mẫu thẻ căn cước mới",
        "Nơi bà Anh từng công tác",
        "Thiếu úy Kim Anh lấy dấu vân tay trên mảnh kính.",
        "Căn nhà cấp bốn, nơi xảy ra vụ việc.",
        "2 tấn pháo được xếp kín 46 chiếc lốp",
    ],
)
def test_a_sentence_that_opens_as_only_captions_do_is_a_caption(opening):
    (row,) = _taken(_page(_PROSE, opening, _MORE))
    assert (_captions(row), row["text"]) == ([(opening, None, 1)], f"{_PROSE}\n\n{_MORE}")


def test_the_items_of_a_list_are_not_captions():
    items = ["Tổ tuần tra Công an phường kiểm tra tại các điểm chốt", "Đội chữa cháy tham gia diễn tập tại khu vực chợ"]
    (row,) = _taken(_page(_PROSE, "Các đơn vị gồm:", *items, _MORE))
    (without,) = _taken(_page(_PROSE, items[0], _MORE))
    assert (row["captions"], row["n_paragraphs"]) == ([], 5)
    assert _captions(without) == [(items[0], None, 1)]


def test_two_captions_in_one_paragraph_are_two():
    (row,) = _taken(
        _page(_PROSE, "Đại biểu dự hội nghị. Ảnh: Kim Anh Thượng úy An phát biểu tại buổi lễ. Ảnh: Kim Anh", _MORE)
    )
    assert _captions(row) == [
        ("Đại biểu dự hội nghị.", "Kim Anh", 1),
        ("Thượng úy An phát biểu tại buổi lễ.", "Kim Anh", 1),
    ]


def test_after_paragraph_counts_the_paragraphs_of_the_body_before_each_caption():
    caption = "Tang vật được giấu trong thùng xe. Ảnh: Kim Anh"
    (row,) = _taken(_page(caption, _PROSE, caption, caption, "Một góc hội trường\n\nẢnh: HT", _MORE))
    text = "Tang vật được giấu trong thùng xe."
    assert _captions(row) == [
        (text, "Kim Anh", 0),
        (text, "Kim Anh", 1),
        (text, "Kim Anh", 1),
        ("Một góc hội trường", "HT", 1),
    ]
    assert (row["text"], row["n_paragraphs"]) == (f"{_PROSE}\n\n{_MORE}", 2)


def test_a_caption_that_is_fused_into_a_paragraph_leaves_its_prose():
    start = f"Lực lượng cứu hộ tại hiện trường. Ảnh: BTC {_PROSE}"
    glued = f"Lực lượng cứu hộ tại hiện trường. Ảnh: BTC{_PROSE}"
    end = f"{_PROSE} {_MORE} Lực lượng cứu hộ tại hiện trường. Ảnh: BTC"
    rows = _taken(_page(start, _MORE), _page(glued, _MORE), _page(end, _MORE))
    caption = ("Lực lượng cứu hộ tại hiện trường.", "BTC")
    assert [_captions(row) for row in rows] == [[(*caption, 0)], [(*caption, 0)], [(*caption, 1)]]
    assert [row["text"] for row in rows] == [f"{_PROSE}\n\n{_MORE}"] * 2 + [f"{_PROSE} {_MORE}\n\n{_MORE}"]


def test_a_paragraph_of_very_many_captions_is_taken_apart_as_one_of_few():
    page = "Tang vật của vụ án. Ảnh: BTC Công an đã thu giữ nhiều tang vật. "
    many = 20_000  # with work that grew with the square this would take an hour
    (row,) = _taken(f" date 2020-12 {page * many}")
    assert _captions(row) == [("Tang vật của vụ án.", "BTC", 0)] * many
    assert row["text"] == " ".join(["Công an đã thu giữ nhiều tang vật."] * many)


@pytest.mark.parametrize(
    ("last", "byline"),
    [
        ("PHẠM THỦY", "PHẠM THỦY"),
        ("Thanh Việt", "Thanh Việt"),
        ("Tác giả: Thanh Việt", "Thanh Việt"),
        ("Nguồn tin: Bộ Tư lệnh CSCĐ", "Bộ Tư lệnh CSCĐ"),
        ("Theo TTXVN", "TTXVN"),
        ("(Theo Báo Nhân Dân)", "Báo Nhân Dân"),
        ("Bài và ảnh: Thanh Việt - Kim Anh", "Thanh Việt - Kim Anh"),
        ("Tin, ảnh: Thanh Việt", "Thanh Việt"),
        ("Tin-ảnh: Thanh Việt", "Thanh Việt"),
        ("Minh Trí - THTG", "Minh Trí"),
        ("Hữu Phú (Báo Quảng Bình)", "Hữu Phú"),
        ("Hữu Phú (CTV)", "Hữu Phú (CTV)"),
        ("Hữu Phú – CTV", "Hữu Phú – CTV"),
        ("(TTXVN/Vietnam+)", "TTXVN/Vietnam+"),
        ("N.H.", "N.H."),
        ("Kh.V", "Kh.V"),
        ("PV", "PV"),
        ("Ban Biên tập", "Ban Biên tập"),
        ("Tòa soạn", "Tòa soạn"),
        ("R'Mah Việt", "R'Mah Việt"),
        ("H’Xíu Hmok", "H’Xíu Hmok"),
        ("Thanh Việt; Kim Anh", "Thanh Việt; Kim Anh"),
        ("Tin, ảnh: Thanh Việt; Kim Anh", "Thanh Việt; Kim Anh"),
        ("Nhóm phóng viên thường trú", "Nhóm phóng viên thường trú"),
        ("KIM ANH thực hiện", "KIM ANH"),
        ("Thanh Việt - Đài Phát thanh thị xã", "Thanh Việt"),
    ],
)
def test_a_byline_is_who_signs(last, byline):
    (row,) = _taken(_page(_PROSE, _MORE, last))
    assert (row["byline"], row["text"], row["captions"]) == (byline, f"{_PROSE}\n\n{_MORE}", [])


def test_who_signs_may_stand_above_the_last_photos_and_the_source():
    caption = "Các đại biểu chụp ảnh lưu niệm tại buổi lễ"
    photo, source = _taken(
        _page(_PROSE, _MORE, "Bài và ảnh: Thanh Việt", f"{caption}.", f"{caption} (ảnh BCA)."),
        _page(_PROSE, _MORE, "Tác giả: Thanh Việt", "Nguồn tin: Báo Nhân Dân"),
    )
    for row in (photo, source):
        assert (row["byline"], row["text"]) == ("Thanh Việt", f"{_PROSE}\n\n{_MORE}")


@pytest.mark.parametrize(
    ("tail", "byline"),
    [
        (" PHẠM THỦY", "PHẠM THỦY"),
        ("PHẠM THỦY", "PHẠM THỦY"),
        (" T. NGÂN", "T. NGÂN"),
        (" Thanh Việt", "Thanh Việt"),
        (" Theo TTXVN", "TTXVN"),
        (" Kh.V", "Kh.V"),
        (" H.Lam", "H.Lam"),
        (" Ch. Tuấn", "Ch. Tuấn"),
        (" N.H.", "N.H."),
        (" PV", "PV"),
        (" XVK", "XVK"),
        ("/. Thanh Việt", "Thanh Việt"),
        (" Thanh Việt -", "Thanh Việt"),
        (" TTXVN/", "TTXVN"),
        (" Thanh Việt (Tổng hợp theo báo Gia đình & Xã hội, Trí thức trẻ)", "Thanh Việt"),
        (" Thanh Việt/VOV.VN", "Thanh Việt/VOV.VN"),
        (" Thanh Việt - Theo Dân Trí", "Thanh Việt"),
        (" Thanh ViệtThể thao & Văn hóa", "Thanh Việt"),
        (" Tin, ảnh: Thanh Việt", "Thanh Việt"),
        (" Nguồn: Công an tỉnh", "Công an tỉnh"),
        (" Độc giả Kim Thoa", "Kim Thoa"),
        (" Thanh Việt - Thể thao | 03:30 11/05/2017", "Thanh Việt"),
        (" Thể thao | 03:30 11/05/2017", None),
        (" 11/05/2017 03:30", None),
    ],
)
def test_who_signs_or_the_page_s_stamp_may_be_glued_to_the_last_sentence(tail, byline):
    several, one = _taken(_page(_PROSE, f"{_MORE}{tail}"), _page(f"{_PROSE} {_MORE}{tail}"))
    end = "/." if tail.startswith("/.") else ""
    assert (several["byline"], several["text"]) == (byline, f"{_PROSE}\n\n{_MORE}{end}")
    assert (one["byline"], one["text"]) == (byline, f"{_PROSE} {_MORE}{end}")


def test_who_signs_may_stand_behind_a_clip_and_below_the_agency():
    clip, agency = _taken(
        _page(_PROSE, f"{_MORE} Video bàn thắng của Cole: Châu Tinh - Thể thao | 03:30 11/05/2017"),
        _page(_PROSE, f"{_MORE} TTXVN", "Báo Tin Tức"),
    )
    assert (clip["byline"], clip["text"]) == ("Châu Tinh", f"{_PROSE}\n\n{_MORE} Video bàn thắng của Cole:")
    assert (agency["byline"], agency["text"]) == ("Báo Tin Tức", f"{_PROSE}\n\n{_MORE}")


@pytest.mark.parametrize(
    "last",
    [
        "Vụ án đang được điều tra.",
        "Mọi người đều vui",
        "Do Công an tỉnh thực hiện",
        "Tòa nhà của Đài - Báo được xây mới",
        "Chương trình diễn ra tại TP. Hồ Chí Minh",
        f"{_MORE} Trận đấu giữa hai đội bắt đầu lúc 19:00 07/02/2017",
        f"{_MORE} Hà Nội là một trong số đó",
        f"{_MORE} Người đứng ra tố giác: Nguyễn Văn An",
        f"{_MORE[:-1]} của lực lượng CAND",
    ],
)
def test_a_last_paragraph_that_signs_nothing_stays(last):
    (row,) = _taken(_page(_PROSE, last))
    assert (row["byline"], row["text"]) == (None, f"{_PROSE}\n\n{last}")


_TITLE = "Nhiều cách làm hay giữ bình yên cho xóm làng"


@pytest.mark.parametrize(
    "head",
    [
        f"{_TITLE}\n",
        f"{_TITLE} 07/12/2020 10:30\n",
        f"{_TITLE} - Thứ Hai, 07/12/2020 | 10:30 GMT+7\n",
        f"{_TITLE}\n07/12/2020 10:30\n",
        f"Thứ Hai, 07/12/2020 - 10:30\n{_TITLE}\n",
        f"Trang chủ\nThời sự\nPháp luật\nĐời sống\n{_TITLE}\n07/12/2020 10:30\n",
        f"Trang chủ > Pháp luật > An ninh\n{_TITLE}\nThanh Việt - 07/12/2020 10:30\n",
    ],
)
def test_the_headline_is_found_below_menus_and_without_the_time(head):
    (row,) = _taken(f" date 2020-12-07 {head}{_PROSE}\n{_MORE}")
    assert (row["title"], row["text"]) == (_TITLE, f"{_PROSE}\n\n{_MORE}")
    assert row["byline"] == ("Thanh Việt" if "Thanh Việt" in head else None)


def test_a_first_line_is_sooner_the_headline_if_the_header_gives_the_day():
    line = "Phạm nhân chăm chú nghe giảng trong lớp xóa mù chữ tại trại giam"
    day, month = (_taken(_page(line, f"Ngày 1/11, {_PROSE}", header=header))[0] for header in ("2023-11-02", "2023-11"))
    assert (day["title"], day["captions"]) == (line, [])
    assert (month["title"], _captions(month)) == (None, [(line, None, 0)])


def test_a_first_line_too_short_for_a_lead_is_a_caption():
    (row,) = _taken(_page("Hiện trường vụ tai nạn.", _PROSE, _MORE))
    assert (_captions(row), row["text"]) == ([("Hiện trường vụ tai nạn.", None, 0)], f"{_PROSE}\n\n{_MORE}")


def test_a_row_s_title_is_the_title_and_a_first_paragraph_that_differs_stays():
    text = f"{_TITLE}\n\n{_PROSE}\n\n{_MORE}"
    (same,) = _taken(text, title=_TITLE)
    (other,) = _taken(text, title="Một tiêu đề khác")
    assert (same["title"], same["text"]) == (_TITLE, f"{_PROSE}\n\n{_MORE}")
    assert (other["title"], other["text"]) == ("Một tiêu đề khác", text)


@pytest.mark.parametrize(
    "line",
    [
        "0:00 / 0:00",
        "/ 0:00",
        "00:00/02:35",
        "Trình duyệt của bạn không hỗ trợ HTML5 video.",
        ">> Xem thêm: Bắt nhóm trộm xe",
        "Video: Hiện trường vụ tai nạn trên quốc lộ 6",
        ">>> Khởi tố ba bị can",
        "leftcenterrightdel",
        "Thứ Hai, 07/12/2020 - 10:30 (GMT+7)",
        "10:30 07/12/2020",
        "Cập nhật: 07/12/2020 10:30",
        "3 bình luận",
        "Cỡ chữ nhỏ",
        "Bấm vào đây để xem video",
        "Vui lòng đăng nhập để gửi ý kiến",
        "Báo Mới | 07/12/2020 10:30 (GMT+07:00)",
        "Thứ Hai, 07/12/2020, 09:21 [GMT+7]",
        "Lên đầu trang",
        "Những tin mới hơn",
        "MỜI ĐỘC GIẢ XEM THÊM VIDEO:",
        "0 Báo Mới Online",
        "Chia sẻ",
        "Facebook Zalo Sao chép liên kết",
        "Bình luận (3)",
        "Từ khóa: công an, hội nghị",
        "Trang chủ > Pháp luật > Tin tức",
        "Theo dõi báo trên Google News",
    ],
)
def test_residue_is_taken_out_and_counted(line):
    (row,) = _taken(_page(_PROSE, line, _MORE))
    assert (row["text"], row["captions"], row["detail"]) == (f"{_PROSE}\n\n{_MORE}", [], "residue taken out: 1 places")


def test_scraps_at_a_paragraph_s_end_are_taken_off():
    (row,) = _taken(_page(f"{_PROSE} |", f"leftcenterrightdel {_MORE}"))
    assert (row["text"], row["detail"]) == (f"{_PROSE}\n\n{_MORE}", "residue taken out: 2 places")


def test_headlines_below_a_heading_of_related_ones_are_residue():
    links = ["Tin liên quan", "Bắt hai nghi phạm cướp tiệm vàng ở quận 7", "TPHCM: Phạt tài xế 35 triệu đồng"]
    _, row, _ = _taken(_page(_MORE, _PROSE), _page(_PROSE, _MORE, "PHẠM THỦY", *links), _page(_PROSE, _MORE, _PROSE))
    assert (row["text"], row["byline"], row["captions"], row["detail"]) == (
        f"{_PROSE}\n\n{_MORE}", "PHẠM THỦY", [], "residue taken out: 3 places"
    )  # fmt: skip


def test_prose_below_a_heading_of_related_ones_stays():
    (row,) = _taken(_page(_PROSE, "Xem thêm", _MORE))
    assert row["text"] == f"{_PROSE}\n\n{_MORE}"


def test_without_structure_all_of_it_stays_in_the_text(tmp_path):
    config = tmp_path / "corpus.toml"
    config.write_text("[structure]\nenabled = false\n")
    text = f"{_TITLE}\n\nNgày 7/12, {_PROSE}\n\nĐại biểu dự hội nghị. Ảnh: BCA\n\n0:00 / 0:00\n\nPHẠM THỦY"
    (row,) = _taken(f" date 2020-12 {text}", corpus=load_config(config).with_flags(latest="2026-11-22"))
    assert (row["text"], row["title"], row["date"]) == (text, None, "2020-12")
    assert not {"captions", "byline", "event_date", "place"} & row.keys()


_PIECES = st.sampled_from(
    [_PROSE, _MORE, _TITLE, "Ngày 7/12, ", "Ảnh: BCA", "(ảnh Bộ Công an).", "PHẠM THỦY", "0:00 / 0:00", "|", "\n", "\n\n", "\n\n\n\n",
     " ", ". ", "TP.", "Theo ", "tại ", "leftcenterrightdel", "07/12/2020 10:30", ">>", "“", "Trang chủ", "- ", "ảnh: "]
)  # fmt: skip


@settings(max_examples=15)
@given(st.lists(st.lists(_PIECES, max_size=14).map("".join), min_size=1, max_size=4))
def test_a_text_is_taken_apart_alone_as_among_others_and_no_word_is_made_up(texts):
    rows = _taken(*texts)
    for text, row in zip(texts, rows, strict=True):
        assert _taken(text) == [row]
        if row["reason"] is None:
            kept = [row["text"], row["title"], row["byline"], *(each["text"] for each in row["captions"])]
            clean = cvp.normalise(text)
            assert [word for piece in kept if piece for word in piece.split() if word not in clean] == []
            assert all(0 <= each["after_paragraph"] <= row["n_paragraphs"] for each in row["captions"])
            assert (row["event_date"] is None) == (row["event_date_text"] is None)

"""Personal data in texts: numbers, plates, homes, births and private persons."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.steps import lines_run

from corpus_vn_police.stages.annotate.people import people
from corpus_vn_police.stages.annotate.personal import personal


def found(text, *kinds):
    """What the rules find: the text of each place with its kind, or the texts alone if one kind is asked for."""
    values = [(text[slice(*each.place)], each.kind) for each in personal(text, people(text))]
    if len(kinds) == 1:
        return [value for value, kind in values if kind == kinds[0]]
    return [each for each in values if not kinds or each[1] in kinds]


@pytest.mark.parametrize(
    "number",
    [
        "0912345678",
        "0912.345.678",
        "0912 345 678",
        "0912-345-678",
        "0936 – 118 – 452",
        "0903 55 71 28",
        "0367 914 205",
        "0169 842 7035",
        "01259.330.418",
        "01668217430",
        "024.3942.0088",
        "(024) 3942 0088",
        "02403.855.609",
        "04.38253066",
        "08 3818 1436",
        "(08) 38663635",
        "0511.3822.014",
        "0351.3852.407",
        "061.3751.842",
        "069.2342.684",
        "0692322579",
        "+84 90 4240 468",
        "+84.236.3860.196",
        "(+84) 912 345 678",
        "84912345678",
        "0084 912 345 678",
        "+856 20 5518 3047",
        "+44 7911 204 863",
    ],
)
def test_a_telephone_number_behind_its_word(number):
    assert found(f"Ai biết xin liên hệ điện thoại: {number}. Xin cảm ơn.") == [(number, "phone")]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("- Công an thị xã: 0273-384-1306", ["0273-384-1306"]),
        ("- Trực ban: 02733826915 - 0373826915", ["02733826915", "0373826915"]),
        ("Gọi 0912345678/0987654321.", ["0912345678", "0987654321"]),
        ("Gọi 0912.345.678 - 0987.654.321 (giờ hành chính)", ["0912.345.678", "0987.654.321"]),
        ("Gọi 0912.345.678, 0987.654.321 hoặc (0209) 3884 209.", ["0912.345.678", "0987.654.321", "(0209) 3884 209"]),
        ("Máy 0273.3846.771 (máy lẻ 102).", ["0273.3846.771"]),
        ("Số 0912345678 gọi 3 lần.", ["0912345678"]),
    ],
)
def test_several_telephone_numbers_and_their_ends(text, numbers):
    assert found(text) == [(number, "phone") for number in numbers]


@pytest.mark.parametrize(
    "text",
    [
        "Gọi 113, 114 hoặc tổng đài 1900 6688, 1800 6601.",
        "Điện thoại 0912.345.xxx và 0912345***.",
        "Mã số thuế 0301234567 của công ty.",
        "Giá 1.250.000.000 đồng, trả trước 350.000.000 đồng.",
        "Ngày 08.12.2016 đến 15.12.2016, từ 7h30 đến 11h30.",
        "Giai đoạn 2015 - 2020 và 2016-2021.",
        "Quyết định số 1482/QĐ-BCA-X01, Nghị định 137/2020/NĐ-CP, Nghị quyết 38-NQ/TW.",
        "Kết quả xổ số: 07 08 10 12 15 16.",
        "Mã vận đơn 0912345678 của bưu điện.",
        "Số IMEI 356412078123459 của máy.",
        "Mã đơn hàng: 0345678912.",
        "Tọa độ 10.762622, 106.660172.",
        "Thu 12.345.678 lượt xem.",
        "Thẻ bảo hiểm y tế mã số 4494920136.",
        "Đường QL1A, phòng 12A 05, chuyến bay VN 1234, điểm số 21-15.",
        "Mã vạch 8936012345 in trên vỏ hộp.",
    ],
)
def test_other_numbers_are_nobodys(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "number", "kind"),
    [
        ("CCCD số 084096000713, cấp năm 2021.", "084096000713", "id_number"),
        ("CMND: 187304652.", "187304652", "id_number"),
        ("CMND 187 304 652.", "187 304 652", "id_number"),
        ("Số định danh cá nhân là 006193001847.", "006193001847", "id_number"),
        ("thẻ căn cước (số 044089000652)", "044089000652", "id_number"),
        ("tước giấy phép lái xe (số 750108662094) 2 năm", "750108662094", "driving_licence"),
        ("GPLX hạng A1 số 790218033564", "790218033564", "driving_licence"),
        ("giấy phép lái xe số AN 437812", "AN 437812", "driving_licence"),
        ("hộ chiếu số C2093317", "C2093317", "passport"),
        ("hộ chiếu Hàn Quốc số M41907352 mang tên", "M41907352", "passport"),
        ("vào tài khoản 0451000398217.", "0451000398217", "bank_account"),
        ("Số TK 5311 0000 284 613 tại BIDV", "5311 0000 284 613", "bank_account"),
        ("chuyển vào tài khoản 3390117254 mang tên", "3390117254", "bank_account"),
        ("còn có số 219-847-663-01 (TPBank)", "219-847-663-01", "bank_account"),
        ("gửi 39.480.000 đồng vào STK 0071001284493", "0071001284493", "bank_account"),
    ],
)
def test_the_words_around_a_number_say_whose_it_is(text, number, kind):
    assert found(text) == [(number, kind)]


def test_the_nearest_word_decides():
    text = "Anh có CMND 187304652, điện thoại 0912345678, số tài khoản 0123456789 và GPLX số 790218033564."
    assert found(text) == [
        ("187304652", "id_number"),
        ("0912345678", "phone"),
        ("0123456789", "bank_account"),
        ("790218033564", "driving_licence"),
    ]


def test_a_word_of_another_sentence_says_nothing():
    assert found("Ông làm mất CCCD. Hồ sơ có 12 trang, ký hiệu 084096000713.") == []


def test_numbers_in_a_list_share_a_word():
    text = "hai hộ chiếu số PA7720418 và PA7720425, các bằng số 740197002158 (hạng C) và 801126004907 (hạng B2)"
    assert found(text) == [
        ("PA7720418", "passport"),
        ("PA7720425", "passport"),
        ("740197002158", "driving_licence"),
        ("801126004907", "driving_licence"),
    ]


@pytest.mark.parametrize(
    "plate",
    [
        "29-B1 123.45",
        "51F-123.45",
        "80A 123.45",
        "29H1-123.45",
        "43A123.45",
        "77C1 12345",
        "98B-01724",
        "90A – 027.63",
        "19C–155.28",
        "37B – 00027",
        "61D1.443.85",
        "37H 092 44",
        "29MĐ1-204.77",
        "51LD-118.06",
        "27AA-118.42",
        "51R-203.95",
        "59-D3 417.62",
        "67 C1 - 26044",
        "20F1-2286",
        "81K2 - 6603",
    ],
)
def test_a_plate(plate):
    assert found(f"Công an dừng xe {plate} trên quốc lộ.") == [(plate, "plate")]


@pytest.mark.parametrize("plate", ["TM-47-12", "KT 81-30", "80-NG-123-45", "UN 6789", "29B1 1234"])
def test_a_plate_that_needs_its_word(plate):
    assert found(f"Chiếc xe mang biển số {plate} chạy qua.") == [(plate, "plate")]
    assert found(f"Theo văn bản {plate} vừa ban hành.") == []


@pytest.mark.parametrize(
    "text",
    ["Xe 29A-123.xx bỏ chạy.", "Xe BKS 80A- 258XX.", "Xe biển số 60C-20.", "Tàu cá mang biển số QN 6578 ra khơi."],
)
def test_no_whole_plate_of_a_vehicle(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Gửi về tvkhoa.pc50@catp.example.vn.", ["tvkhoa.pc50@catp.example.vn"]),
        ("E-mail: a_b+c@x-y.example.com, d@e.vn", ["a_b+c@x-y.example.com", "d@e.vn"]),
        ("Theo dõi @congan và quyhau...@x.example.com", []),
        ("a@b", []),
    ],
)
def test_addresses_of_mail(text, addresses):
    assert found(text) == [(address, "email") for address in addresses]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (
            "Công an bắt Trần Quốc Nhựt (SN 1991, ngụ ấp Long Thạnh, xã Long Bình Điền).",
            [
                ("Trần Quốc Nhựt", "private_person"),
                ("1991", "birth_date"),
                ("ấp Long Thạnh, xã Long Bình Điền", "address"),
            ],
        ),
        (
            "Chị Hoàng Thị Ngà, sinh ngày 14/02/1993, trú tại thôn Bản Hon, xã Bành Trạch, vừa đến.",
            [
                ("Hoàng Thị Ngà", "private_person"),
                ("14/02/1993", "birth_date"),
                ("thôn Bản Hon, xã Bành Trạch", "address"),
            ],
        ),
        (
            "Ông Đoàn Tuế (68 tuổi) ở xóm 3, thôn Trúc Ly, huyện Quảng Ninh (Quảng Bình) kể.",
            [("Đoàn Tuế", "private_person"), ("xóm 3, thôn Trúc Ly, huyện Quảng Ninh (Quảng Bình)", "address")],
        ),
        (
            "Già làng Ama Thuột (78 tuổi, buôn Tơ Yoa) kể.",
            [("Ama Thuột", "private_person"), ("buôn Tơ Yoa", "address")],
        ),
        (
            "Cháu là Phạm Gia Bảo, sinh ngày 21.11.2020, thường trú 27/4 đường số 9, phường Hiệp Bình.",
            [
                ("Phạm Gia Bảo", "private_person"),
                ("21.11.2020", "birth_date"),
                ("27/4 đường số 9, phường Hiệp Bình", "address"),
            ],
        ),
        (
            "Nghi phạm Sùng A Vảng, HKTT: khu phố 3, P.Trảng Dài, TP.HCM, bỏ trốn.",
            [("Sùng A Vảng", "private_person"), ("khu phố 3, P.Trảng Dài, TP.HCM", "address")],
        ),
    ],
)
def test_a_person_with_birth_and_home(text, values):
    assert found(text) == values


@pytest.mark.parametrize(
    "text",
    [
        "Hội nghị diễn ra ở phường Hòa Nghĩa, quận Dương Kinh.",
        "Trụ sở Công an xã Tân Sơn tại thôn Đông, địa chỉ: thôn Đông, xã Tân Sơn.",
        "Người dân khai báo tạm trú qua mạng.",
        "Đồng chí Nguyễn Văn Cừ, Tổng Bí thư, là người cộng sản.",
        "Đại tá Vi Hồng Sáng sinh năm 1970, quê huyện Võ Nhai.",
        "Thiếu tá Trần Văn Bình (45 tuổi) cho biết.",
        "Chủ tịch UBND xã Nguyễn Văn Đông (45 tuổi) cho biết.",
        "Luật sư Phan Thế Bình bào chữa.",
        "Anh Lê Văn Hùng, Giám đốc công ty, phát biểu.",
        "Bác sĩ Đặng Cát khám bệnh.",
        "Đường Nguyễn Văn Cừ và Trường Nguyễn Trãi.",
        "Nạn nhân Việt Nam và bị cáo Trung Quốc.",
    ],
)
def test_no_private_person(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Công an khởi tố bị can Dương Công An về tội trộm.", ["Dương Công An"]),
        ("Tòa tuyên phạt Lữ Văn Khăm 6 năm tù.", ["Lữ Văn Khăm"]),
        ("Anh Tuấn gọi cho chị N.T.L. và bé Quỳnh Anh.", ["Tuấn", "N.T.L.", "Quỳnh Anh"]),
        ("Một người tên Sơn đã mua chiếc xe.", ["Sơn"]),
        ("Vợ bị cáo, chị Thò Y Mái, ngồi ở cuối.", ["Thò Y Mái"]),
        ("Bị hại Lê Thị Mơ khóc. Mẹ của Mơ, bà Kiều Thị Bảy, thở dài.", ["Lê Thị Mơ", "Mơ", "Kiều Thị Bảy"]),
        ("Bị can Lê Văn Tám. Ông Trương Gia Minh, cha nạn nhân, xin lỗi.", ["Lê Văn Tám", "Trương Gia Minh"]),
        (
            "Các bị can gồm Lưu Chí Đạt (SN 1994), Ngô Thị Loan và Sú A Pẩu (cùng ngụ xã An Phú).",
            ["Lưu Chí Đạt", "Ngô Thị Loan", "Sú A Pẩu"],
        ),
        ("Chị Bùi Thị Th. kể lại; Huỳnh Thị N.L. (18 tuổi) vắng.", ["Bùi Thị Th.", "Huỳnh Thị N.L."]),
        ("Người bị truy nã: Đặng Văn Lâm. Sinh năm: 1979.", ["Đặng Văn Lâm"]),
        (
            "Nạn nhân là các em: Nguyễn Gia Bảo, Trần Minh Khôi và Lê Thư.",
            ["Nguyễn Gia Bảo", "Trần Minh Khôi", "Lê Thư"],
        ),
        ("Bắt giữ Lê Văn Hùng (tự Bảy “sẹo”, SN 1985). Bảy khai.", ["Lê Văn Hùng", "Bảy", "Bảy"]),
        ("Ông Trần Đình T. tố cáo bà N.T.H lừa đảo.", ["Trần Đình T.", "N.T.H"]),
        ("Bị can Lê Văn Tám do Phạm Công Danh rủ rê. Vũ Hải khai nhận.", ["Lê Văn Tám", "Phạm Công Danh", "Vũ Hải"]),
        ("Bị can Lê Văn Tám. Người ngồi sau là Danh Thị Kiều.", ["Lê Văn Tám", "Danh Thị Kiều"]),
        ("Họ và tên: Hồ Sỹ Quyền\nHọ tên cha: Hồ Sỹ Lợi", ["Hồ Sỹ Quyền", "Hồ Sỹ Lợi"]),
    ],
)
def test_who_is_a_private_person(text, names):
    assert found(text, "private_person") == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Bị cáo Hồ Sĩ Luân khai. Tối đó, Luân lái xe.", ["Hồ Sĩ Luân", "Luân"]),
        ("Bị cáo Hồ Sĩ Luân khai. Luân bị phạt.", ["Hồ Sĩ Luân", "Luân"]),
        ("Bị cáo Hồ Sĩ Luân khai. Riêng Luân vẫn chối.", ["Hồ Sĩ Luân", "Luân"]),
        ("Bị cáo Hồ Sĩ Luân và bị cáo Vũ Lực. Luân và Lực lĩnh án.", ["Hồ Sĩ Luân", "Vũ Lực", "Luân", "Lực"]),
        ("Luân là ai? Bị cáo Hồ Sĩ Luân khai.", ["Luân", "Hồ Sĩ Luân"]),
        ("Phùng Đình Khoát bị bắt. Đối tượng Khoát khai.", ["Phùng Đình Khoát", "Khoát"]),
        ("Nạn nhân N.T.L. kể. Bà L. khóc.", ["N.T.L.", "L."]),
        ("Anh T.V.K bị giữ. Anh K khai.", ["T.V.K", "K"]),
        ("Chị Lê Thị Út Em kể. Chị Út Em khóc.", ["Lê Thị Út Em", "Út Em"]),
    ],
)
def test_later_mentions_of_a_person(text, names):
    assert found(text, "private_person") == names


@pytest.mark.parametrize(
    "text",
    [
        "Bị cáo Hồ Sĩ Luân ở xã Luân.",
        "Bị cáo Hồ Sĩ Luân gặp Đại tá Trần Luân.",
        "Bị cáo Hồ Sĩ Luân gặp Thiếu tá Luân.",
        "Bị cáo Hồ Sĩ Luân đến phố Lê Luân.",
        "Bị cáo Hồ Sĩ Luân. Luân lý xã hội.",
    ],
)
def test_the_given_name_in_another_name(text):
    assert found(text, "private_person") == ["Hồ Sĩ Luân"]


def test_the_given_name_as_the_first_word_of_another():
    text = "Đối tượng Lê Văn Công khai. Sau đó Công an xã và Trung tá Hà đến, đưa Công về."
    assert found(text, "private_person") == ["Lê Văn Công", "Công"]


def test_the_older_and_the_newer_tone_are_one():
    assert found("Nghi can là anh Nguyễn Hoà, tên trộm Vũ Thuý.", "private_person") == ["Nguyễn Hoà", "Vũ Thuý"]


@pytest.mark.parametrize(
    "piece",
    [
        "anh Lê Văn A, ",
        "trú tại xã A (",
        "trú xã A, huyện B, ",
        "bị can Lê A (SN 1990, ",
        "09",
        "0912 345 678 - ",
        "29A-",
        "(",
        "a.",
        "@a.b",
        "tuổi ",
        "số CMND ",
        "tên gọi khác: ",
        "Nguyễn ",
        "12/",
    ],
)
def test_a_long_text_of_one_piece_takes_steps_in_proportion_to_its_length(piece):
    short, long = (lines_run(personal, piece * (size // len(piece)), ()) for size in (3_000, 6_000))
    assert long <= 2.5 * short + 200


PIECES = st.sampled_from(
    [
        *'aăAĐ0129 .,;:()-–/+@*\n“”"',
        "0912",
        "345678",
        "29A-123.45",
        " CCCD số ",
        " điện thoại ",
        " tài khoản ",
        "Nguyễn Văn A",
        " bị can ",
        " anh ",
        " (SN 1990, trú tại xã Tân An",
        " 27 tuổi",
        "Đại tá Lê Hà, Giám đốc Công an",
        " ngụ ",
        "thôn Đông, huyện Tây (Hà Nội)",
        " biển số ",
        "T.V.K",
        " và ",
        "\U0001f600",
        "\ud800",
    ]
)


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map("".join)))
def test_places_are_in_the_text_in_order_and_apart(text):
    end = 0
    for each in personal(text, people(text)):
        assert end <= each.place.start < each.place.end <= len(text)
        end = each.place.end

"""Photo captions: those with a credit, those without, and those fused into a paragraph."""

from __future__ import annotations

import polars as pl

from corpus_vn_police.structure import credits

_LONGEST = 50  # words of a caption; of the captions with a credit in 39,235 real articles 99 % have fewer
_SHORT = 30  # words; three sentences of more are prose and a caption
_LONGEST_BARE = 45  # words, where no credit says that it is one


def mark_captions(units: pl.DataFrame) -> pl.DataFrame:
    """Mark the captions that a credit gives away, with the line before a credit that stands alone.

    Args:
        units: the columns of `UNITS`.

    Returns:
        The units, in order; a paragraph that holds a caption and prose has become two or three.
        Captions have their `credit`, and `text` without it.
    """
    units = _unfused(units)
    units = _labelled(units)
    return _alone(units)


def _of(pattern: str, name: str, *, credits_in: tuple[int, ...] = (2,)) -> list[pl.Expr]:
    text = pl.col("text")
    return [
        text.str.extract(pattern, 1).alias(f"{name}_text"),
        pl.coalesce(text.str.extract(pattern, group) for group in credits_in).alias(f"{name}_credit"),
    ]


_LABELS = ["Ảnh", "ẢNH", "(ảnh", "( ảnh", "[ảnh", ", ảnh", "; ảnh", ". ảnh", "Hình", "HÌNH", "(hình", "Photo", "PHOTO", "(photo", "Đồ h", "ĐỒ H",
    "Infographic", "(nguồn", "(Nguồn", "Nguồn ảnh", "NGUỒN ẢNH", "(clip", "(Clip", "(video", "(Video"]  # fmt: skip


def _unfused(units: pl.DataFrame) -> pl.DataFrame:
    """Part paragraphs that go on after a credit, or that end in one and are too long for a caption."""
    places = ((units["kind"] == "body") & units["text"].str.contains_any(["Ảnh", "ẢNH", "(ảnh", "[ảnh"])).arg_true()
    text = units["text"].gather(places)
    inside = text.str.contains(r"(?:Ảnh|ẢNH)\s*[:：]|[(\[]\s*(?:[Ảả]nh|ẢNH)\s")
    words = text.str.count_matches(" ") + 1
    sentences = text.str.count_matches(r"[\p{Ll}\p{N}”\")][.!?…] ") + 1
    whole = (words <= _LONGEST) & ~((sentences > 2) & (words > _SHORT))
    places = places.filter(inside & ~(whole & text.str.contains(credits.ENDS_IN_CREDIT)))
    if not len(places):
        return units
    units = units.with_row_index("unit")
    parted = []
    for unit in units[places].iter_rows(named=True):
        names = ("text", "kind", "credit")
        parted += [unit | dict(zip(names, piece, strict=True)) for piece in credits.unfuse(unit["text"], _LONGEST)]
    rest = units.filter(~pl.col("unit").is_in(places.implode()))
    return pl.concat([rest, pl.DataFrame(parted, schema=units.schema)]).sort("unit", maintain_order=True).drop("unit")


def _labelled(units: pl.DataFrame) -> pl.DataFrame:
    """Mark the captions whose credit has a label: `(ảnh X).`, `Ảnh: X`, `Ảnh do X cung cấp`."""
    text = units["text"]
    short = (units["kind"] == "body") & (text.str.len_bytes() < _LONGEST * 10)
    places = (short & text.str.contains_any(_LABELS)).arg_true()
    few = pl.DataFrame({"text": text.gather(places), "place": places}).filter(
        pl.col("text").str.count_matches(" ") < _LONGEST + 8
    )
    found = few.with_columns(
        *_of(credits.IN_BRACKETS, "brackets", credits_in=(2, 3)),
        *_of(credits.LABELLED, "labelled"),
        *_of(credits.BY_NAME, "name"),
        *_of(credits.FROM_A_CLIP, "clip"),
        *_of(credits.PROVIDED, "provided"),
    )
    names = ("brackets", "labelled", "name", "clip", "provided")
    credit = pl.coalesce(f"{name}_credit" for name in names).str.strip_chars(" .,;-–|")
    # The last point of N.H. is the credit's own.
    initials = credit.str.contains(r"^(?:\p{Lu}\.)+\p{Lu}$") & pl.col("text").str.contains(
        r"\p{Lu}\.\p{Lu}\.[)\]]?\s*$"
    )
    found = found.select(
        "place",
        pl.coalesce(f"{name}_text" for name in names).alias("caption"),
        pl.when(initials).then(credit + ".").otherwise(credit).alias("credit"),
        pl.col("text").str.contains(r"^(?:Tin|Bài|Tin,? bài)[,;. ]*(?:và |& |- )?[ảẢ]nh").alias("signed"),
    )
    found = found.filter(~pl.col("signed") & (pl.col("credit") != "") & (pl.col("credit").str.count_matches(" ") < 9))
    places = found["place"]
    return units.with_columns(
        text.scatter(places, found["caption"]),
        units["credit"].scatter(places, found["credit"]),
        units["kind"].scatter(places, "caption") if len(places) else units["kind"],
    )


def _alone(units: pl.DataFrame) -> pl.DataFrame:
    """Give a credit that stands alone to the short paragraph before it."""
    alone = (pl.col("kind") == "caption") & (pl.col("text") == "")
    if not units.select(alone.any()).item():
        return units
    words = pl.col("text").str.count_matches(" ") + 1
    next_alone = alone.shift(-1).over("row").fill_null(False)
    text, no = pl.col("text"), pl.lit(False)
    shows = ~text.str.contains(r"[.!?…]$") | (points(text, words, no, no) >= 2)
    takes = next_alone & (pl.col("kind") == "body") & (words <= _LONGEST) & shows
    units = units.with_columns(
        pl.when(takes).then(pl.col("credit").shift(-1).over("row")).otherwise("credit").alias("credit"),
        pl.when(takes).then(pl.lit("caption")).otherwise("kind").alias("kind"),
        (alone & takes.shift(1).over("row").fill_null(False)).alias("given"),
    )
    return units.filter(~pl.col("given")).drop("given")


# What a caption without a label shows, as points for and against. The words are those that set
# captions with a credit apart from short paragraphs of prose in real articles.
_SCENE = (
    r"^(?:Quang cảnh|Toàn cảnh|Một góc|Khung cảnh|Cận cảnh|Hiện trường|Chân dung|Tiết mục|Tang vật|Số tang vật|"
    r"Phối cảnh|Số (?:ma t[uú]y|tiền|súng|hàng|pháo|xe|vàng|thuốc|điện thoại)[^,]{0,60}(?:thu giữ|sử dụng|tang vật|tịch thu)|"
    r"Ảnh minh h)"
)
_GROUP = (
    r"^(?:Hình ảnh|Các đại biểu|Đại biểu|Các đối tượng|Đối tượng|Nhóm|Bị can|Bị cáo|Các bị cáo|Khối|Cảnh|Bên trong|Bên ngoài|Khu vực|Trụ sở|"
    r"Chiếc|Đoàn đại biểu|Đoàn công tác|Đội hình|Nghi thức|Phần thi|Phần|Nội dung|Màn|Trận|Lớp học|Cột khói|Khói|Đám cháy|Ngọn lửa)(?:[^\p{L}]|$)"
)
_SUBJECT = (
    r"^(?i:các|những|một|hai|ba|ông|bà|anh|chị|em|cụ|bé|cháu|thầy|cô|lực lượng|lãnh đạo|cán bộ|chiến sĩ|chiến sỹ|công an|cảnh sát|"
    r"người dân|đại diện|giám đốc|phó|trưởng|chủ tịch|chủ|thủ tướng|bộ trưởng|thứ trưởng|đồng chí|đội|tổ|học sinh|học viên|sinh viên|"
    r"thí sinh|vận động viên|khách|nhân viên|bí thư|phụ nữ|đoàn viên|đoàn|đại tướng|thượng tướng|trung tướng|thiếu tướng|đại tá|"
    r"thượng tá|trung tá|thiếu tá|đại [uú][ýyỷ]|thượng [uú][ýyỷ]|trung [uú][ýyỷ]|thiếu [uú][ýyỷ]|đại (?:úy|uý)|thượng (?:úy|uý)|"
    r"trung (?:úy|uý)|thiếu (?:úy|uý)|thượng sĩ|trung sĩ|hạ sĩ|binh nhất|binh nhì|nghệ sĩ|bác sĩ|xe|robot|tàu|máy bay|tân|chuyến|nạn nhân|thiết bị|máy|tấm|căn|ngôi|bức|cây|lớp|giờ|nơi|bà con|bệnh nhân|gia đình|nhà|trường|hàng|nghi phạm|nghi can|hung thủ|tài xế|lái xe|phạm nhân|cựu|nguyên|thân nhân|du khách|tình nguyện viên|cộng tác viên)(?:[^\p{L}]|$)"
)
_EVENT = (
    r"(?:^|[^\p{L}])(?:tại|trong|ở|trước|sau|bên|cùng|trên|dưới|qua|với|hồi) (?:các |một |hai )?(?:buổi|lễ|hội|cuộc|tình huống|công an|đồn|phiên|chương trình|đêm|ngày hội|"
    r"ngày|giờ|cơ quan|hiện trường|trụ sở|khu vực|nhà|sân|phòng|toà|tòa|điểm|chốt|tang vật|chiếc|lò|bộ|dịp|lúc|thời điểm|tháng|chiến sĩ|chiến sỹ|cán bộ|gia đình|tấm|con|đồng đội|bà con|người)(?:[^\p{L}]|$)|[, ]nơi \p{Ll}"
)
_ACTION = (
    r"(?:^|[^\p{L}])(?:phát biểu|trao|tặng|ký kết|chủ trì|chụp ảnh|chụp hình|tuần tra|kiểm tra|thăm|chúc mừng|biểu dương|dâng hương|thắp hương|"
    r"diễu hành|diễu binh|biểu diễn|chào mừng|ăn mừng|tham quan|tham dự|tham gia|huấn luyện|tập luyện|thực hành|thực hiện|hướng dẫn|"
    r"lấy lời khai|bị đưa|bị bắt|bị dẫn giải|bị áp giải|nghe|đón|tiếp|chào|bắt tay|trò chuyện|trao đổi|thi đấu|phun nước|cứu|dập|"
    r"nhận|giữ gìn|khám|cấp phát|tuyên thệ|xếp hàng|hào hứng|chia tay|lên đường|ra quân|xuất phát|cắt băng|bấm nút|trồng cây|"
    r"mở đầu|mở đường|gắn|tiếp cận|phân loại|hạ xuống|dìu|bế|cõng|dựng|lắp đặt|đo|khám nghiệm|khám xét|niêm phong|kiểm đếm|lập biên bản|dừng xe|ghi hình|cầm|ôm|nắm tay|treo|đặt|rước|bơi|leo|hát|múa|dạy|phát tờ rơi|tuyên truyền|thu giữ|dọn|vớt|lặn|chuẩn bị|cất cánh|tiễn|thả|rà soát|tìm kiếm|trình diễn|làm thủ tục|làm việc|nấu|gói|gặt|sửa|vây quanh|giao lưu|động viên|chứng kiến|theo dõi|phân luồng|tháo dỡ|thu dọn|khuân|vận chuyển|bàn giao)(?:[^\p{L}]|$)"
)
_POSITION = r"\((?:[^()]*[^()\p{L}])?(?:trái|phải|giữa|đứng|ngồi|áo|hàng|thứ|ảnh|cầm|số)(?:[^()\p{L}][^()]*)?\)"
# A verb without a subject: prose does not begin so.
VERB_FIRST = (
    r"^(?:Trao|Tặng|Khám bệnh|Khám nghiệm|Cấp phát|Cấp thuốc|Dùng|Kiểm tra|Tuần tra|Hướng dẫn|Tuyên truyền|Chụp ảnh|Lấy mẫu|Lấy lời khai|Dọn|"
    r"Vận chuyển|Thăm|Động viên|Ký kết|Cắt băng|Bàn giao|Phun|Biểu diễn|Thả|Niêm phong|Dập|Tập|Huấn luyện|Giao lưu|Đón|Phát|Nấu|Gói|Sửa|Trồng|"
    r"Thắp|Dâng|Cứu|Dìu|Bế|Cõng|Kéo|Chữa cháy|Cắt tóc|Tập luyện|Thực hành|Diễn tập|Chúc mừng|Khen thưởng|Gắn|Lắp đặt)(?:,? [^,]*)?$"
)
_NARRATIVE = (
    r"(?:^|[^\p{L}])(?:này|đó|ấy|nói trên|khai|khai nhận|thừa nhận|gồm|thuộc|hoạt động|diễn ra|kéo dài|trở thành|đạt|chiếm|tăng|giảm|hư hỏng|tử vong|"
    r"bị thương nặng|thiệt mạng|qua đời|trú|quê|có hiệu lực)(?:[^\p{L}]|$)"
)
_ADVERBIAL = (
    r"^(?i:theo|đến|hiện nay|hiện đã|hiện đang|hiện có|hiện các|hiện cơ|hiện công|hiện còn|hiện vụ|hiện tại|hiện lực|hiện đối|hiện nạn|sau|dịp|trước|tính|năm|ngày|tháng|từ|khi|để|trong|tại|nếu|nhưng|tuy|đợt|vụ|vì|do|với|qua|ngoài|bên cạnh|"
    r"đồng thời|tiếp|cũng|được biết|ngay|sáng|trưa|chiều|tối|đêm|rạng|mới|vừa|hôm|buổi|cùng|kết quả|ngược|thực tế|riêng|đây|đó|nhờ|mỗi|"
    r"mọi|bây giờ|hiện nay|hết|đang|việc|nhiều năm|cuối|đầu|còn|và|hay|hoặc|song|chỉ|không|chưa|dự kiến|buổi lễ|hội nghị|chương trình)(?:[^\p{L}]|$)"
)
_DISCOURSE = (
    r"(?:^|[^\p{L}])(?i:đã|đang|sẽ|chưa|cần|phải|nên|hiện nay|hiện đã|hiện đang|cho biết|cho rằng|nói|nhằm|theo|vì|nếu|nhưng|tuy|cùng ngày|sau đó|dự kiến|nhấn mạnh|"
    r"khẳng định|yêu cầu|đề nghị|hơn|rất|cũng|vẫn|có thể|hoặc|không được|không còn|không phải|do đó|vì vậy|khoảng|trường hợp|quy định|xử phạt|phạt tù|bị phạt)(?:[^\p{L}]|$)"
)
_FIGURES = r"[0-9]\s?(?:%|đồng|triệu|tỷ|tỉ|nghìn|ngàn|trường hợp|vụ|người)|[“\"][^”\"]{25,}[”\"]|[:;]|\./\."


def points(text: pl.Expr, words: pl.Expr, gap: pl.Expr, near: pl.Expr) -> pl.Expr:
    """How much speaks for a caption; 3 and more are one."""
    stop = text.str.contains(r"[.!?…:;,]$")
    weights = {
        _SCENE: 4, VERB_FIRST: 3, _NARRATIVE: -2, _GROUP: 2, _SUBJECT: 1, _EVENT: 1, _ACTION: 1, _POSITION: 2, _ADVERBIAL: -3, _DISCOURSE: -2, _FIGURES: -2,
    }  # fmt: skip
    total = pl.sum_horizontal(text.str.contains(pattern).cast(pl.Int8) * weight for pattern, weight in weights.items())
    many = text.str.contains(r"[.!?…] \p{Lu}").cast(pl.Int8) * 2
    return (
        total
        + (~stop).cast(pl.Int8) * 2
        + (~stop & (words >= 10)).cast(pl.Int8)
        + (stop & (words <= 17) & ~text.str.contains(",")).cast(pl.Int8)
        + gap.cast(pl.Int8) * 2
        + (near & (stop | (words >= 9))).cast(pl.Int8)
        - text.str.contains(r"^(?:[-–—•*+]|[0-9]{1,2}[.)]) ").cast(pl.Int8) * 4
        - many
        - (~stop & (words <= 7)).cast(pl.Int8)
        - (~stop & (words <= 5)).cast(pl.Int8)
        - (words <= 4).cast(pl.Int8)
        - text.str.contains(r"^[\p{Lu}\P{L}]+$").cast(pl.Int8) * 4
        - (words > 30).cast(pl.Int8)
    )


_ENOUGH = 3
_LEAD = 20  # words, from which on a first paragraph is sooner the lead than a caption


def mark_bare_captions(units: pl.DataFrame) -> pl.DataFrame:
    """Mark captions whose credit has no label, or that have none.

    Args:
        units: the columns of `UNITS`; titles, bylines, residue and captions with a label are marked.

    Returns:
        The same rows in the same order.
    """
    for again in (False, True):  # what stands beside a caption is sooner one itself
        units = _mark_once(units, again)
    return units


def _mark_once(units: pl.DataFrame, again: bool) -> pl.DataFrame:
    body, caption = units["kind"] == "body", units["kind"] == "caption"
    row = units["row"]
    near = (caption.shift(1) & (row == row.shift(1))) | (caption.shift(-1) & (row == row.shift(-1)))
    last = units.with_row_index("unit").filter(body).unique("row", keep="last", maintain_order=True)["unit"]
    short = body & (units["text"].str.len_bytes() <= _LONGEST * 10)
    places = (short & near.fill_null(False) if again else short).arg_true()
    first = units.with_row_index("unit").filter(body).unique("row", keep="first", maintain_order=True)["unit"]
    few = units.select("row", "text", "gap")[places].with_columns(
        places.alias("unit"),
        near.fill_null(False).gather(places).alias("near"),
        places.is_in(last.implode()).alias("last"),
        places.is_in(first.implode()).alias("first"),
    )
    few = few.filter(pl.col("text").str.count_matches(" ").is_between(2, _LONGEST - 1))
    marked = _judged(few)
    places = marked["unit"]
    return _same_again(
        units.with_columns(
            units["kind"].scatter(places, "caption") if len(places) else units["kind"],
            units["text"].scatter(places, marked["text"]),
            units["credit"].scatter(places, marked["credit"]),
        )
    )


def _judged(few: pl.DataFrame) -> pl.DataFrame:
    """Of each candidate that is a caption `unit`, `text` and `credit`."""
    few = few.with_columns(pl.col("text").alias("shown"), pl.lit(None, pl.String).alias("credit"))
    places = few["text"].str.contains(_MAY_BE_SIGNED).arg_true()
    signed = _signed(few["text"].gather(places))
    few = few.with_columns(
        few["shown"].scatter(places, signed["shown"]), few["credit"].scatter(places, signed["credit"])
    )
    shown, words = pl.col("shown"), pl.col("shown").str.count_matches(" ") + 1
    limit = (
        pl.when(pl.col("credit").is_not_null())
        .then(pl.when("last").then(2).otherwise(-1))
        .when(pl.col("first") & ((words > _LEAD) | shown.str.contains(r"[.!?…]$")))
        .then(_ENOUGH + 3)
        .when("first")
        .then(_ENOUGH + 1)
        .otherwise(pl.when("last").then(_ENOUGH + 2).otherwise(_ENOUGH))
    )
    few = few.with_columns((points(shown, words, pl.col("gap"), pl.col("near")) >= limit).alias("enough"))
    few = few.filter(pl.col("enough") & (pl.col("credit").is_not_null() | (words <= _LONGEST_BARE)))
    return few.select("unit", shown.alias("text"), "credit")


# Ends neither a sentence nor in a small word: a name, capitals or initials may stand there.
_MAY_BE_SIGNED = r"(?:[\s.](?:\p{Lu}[\p{L}\p{N}/]*)|\p{Lu}\.)$"


def _signed(text: pl.Series) -> pl.DataFrame:
    """Captions signed without a label: `shown` is the caption, `credit` who signs, null where nobody does."""
    patterns = {
        "capitals": credits.IN_CAPITALS, "dash": credits.AFTER_A_DASH, "unparted": credits.UNPARTED, "named": credits.NAMED,
        "initials": credits.INITIALS,
    }  # fmt: skip
    found = pl.DataFrame({"text": text}).with_columns(
        each for name, pattern in patterns.items() for each in _of(pattern, name)
    )
    spelt = {
        f"{name}_credit": pl.Series(
            [value if value and credits.are_syllables(value) else None for value in found[f"{name}_credit"]],
            dtype=pl.String,
        )
        for name in ("unparted", "named")
    }
    initials = found["initials_credit"]
    spelt["initials_credit"] = initials.set(initials.is_in(list(credits.NO_INITIALS)).fill_null(True), None)
    letters = found["capitals_credit"].str.count_matches(r"\p{Lu}") > 1
    found = found.with_columns(**spelt, capitals_credit=found["capitals_credit"].set(~letters.fill_null(False), None))
    shown, credit = pl.col("text"), pl.lit(None, pl.String)
    for name in reversed(patterns):
        here = pl.col(f"{name}_credit")
        shown = pl.when(here.is_not_null()).then(f"{name}_text").otherwise(shown)
        credit = pl.coalesce(here, credit)
    return found.select(shown.str.strip_chars(" \n").alias("shown"), credit.alias("credit"))


def _same_again(units: pl.DataFrame) -> pl.DataFrame:
    """Mark short paragraphs that repeat a caption of their text."""
    captions = units.filter(pl.col("kind") == "caption").select("row", "text").unique()
    if not len(captions):
        return units
    again = units.select("row", "text").join(
        captions.with_columns(pl.lit(True).alias("again")), on=["row", "text"], how="left", maintain_order="left"
    )
    repeats = again["again"].fill_null(False) & (units["kind"] == "body")
    return (
        units.with_columns(pl.Series("kind", ["caption"]).zip_with(repeats, units["kind"])) if repeats.any() else units
    )


def captions(units: pl.DataFrame, rows: int) -> pl.Series:
    """The captions of each text.

    Args:
        units: the columns of `UNITS`, all kinds marked.
        rows: how many texts there are.

    Returns:
        A list of structs {text, credit: string, after_paragraph: int32} a text, empty where it has none;
        `after_paragraph` counts the paragraphs of the body before the caption.
    """
    body = pl.col("kind") == "body"
    last = pl.when(body).then("paragraph").forward_fill().shift(1).over("row")
    new = body & (last.is_null() | (last != pl.col("paragraph")))
    before = units.select(new.cast(pl.Int32).cum_sum().over("row").alias("after_paragraph"))
    shown = units.with_columns(before).filter(pl.col("kind") == "caption")
    line = pl.col("text").str.replace_all("\n", " ", literal=True).str.strip_chars(" ")
    found = shown.group_by("row", maintain_order=True).agg(
        pl.struct(line.alias("text"), "credit", "after_paragraph").alias("captions")
    )
    every = pl.DataFrame({"row": pl.int_range(rows, dtype=pl.UInt32, eager=True)})
    joined = every.join(found, on="row", how="left", maintain_order="left")["captions"]
    return joined.fill_null(pl.Series([[]], dtype=joined.dtype))

"""Residue of the page: what a reader would not take for the article."""

from __future__ import annotations

import polars as pl

from corpus_vn_police.stages.structure.rows import of_each_text

_CLOCK = r"[0-9]{1,2}\s?(?:[:hg]|giờ)\s?[0-9]{2}(?::[0-9]{2})?(?: phút)?(?:\s?(?:AM|PM|SA|CH))?"
_WEEKDAY = r"(?:(?:thứ|Thứ|THỨ) ?(?:[Hh]ai|[Bb]a|[Tt]ư|[Nn]ăm|[Ss]áu|[Bb]ảy|HAI|BA|TƯ|NĂM|SÁU|BẢY|[2-7])|[Cc]hủ [Nn]hật|CHỦ NHẬT|CN|T[2-7])"
_DAY = r"(?:[Nn]gày )?[0-9]{1,2}\s?[/.\-]\s?[0-9]{1,2}\s?[/.\-]\s?[0-9]{4}"
_ZONE = r"[(\[]?(?:GMT|UTC) ?\+ ?[0-9]{1,2}(?::?[0-9]{2})?[)\]]?"
_BETWEEN = r"[\s,;|•·\-–]*"
# When a page was published or updated: day and clock in either order, the weekday before or after.
PUBLISHED = (
    rf"(?:{_WEEKDAY}{_BETWEEN})?(?:{_DAY}{_BETWEEN}(?:lúc )?(?:{_CLOCK})?|{_CLOCK}{_BETWEEN}(?:{_WEEKDAY}{_BETWEEN})?{_DAY})"
    rf"{_BETWEEN}(?:{_ZONE})?"
)
# The same where it stands before other words on the line: a day alone would be a dateline.
STAMP = (
    rf"(?:{_WEEKDAY}{_BETWEEN}{_DAY}(?:{_BETWEEN}{_CLOCK})?|{_DAY}{_BETWEEN}{_CLOCK}|{_CLOCK}{_BETWEEN}(?:{_WEEKDAY}{_BETWEEN})?{_DAY})"
    rf"(?:{_BETWEEN}{_ZONE})?"
)
_PUBLISHED_LINE = rf"(?:[^\s|.]+(?: [^\s|.]+){{0,2}} ?\| ?)?(?:(?:Cập nhật|Đăng|Ngày đăng|Đăng ngày|Xuất bản|Ngày xuất bản|Thời gian)(?: lúc)?\s*:?\s*)?(?:{PUBLISHED}(?:\s*[|•·]\s*[^\n|.\-–]{{1,30}})?|{_WEEKDAY}|{_CLOCK})"
_PLAYER = r"/\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?|(?:[\p{L}\s:]*)?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\s*/\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)"
_BROWSER = r"(?i:video player|video đang|audio)[^\n.]*\.?|[^\n]*(?i:trình duyệt)[^\n]*(?i:không hỗ trợ)[^\n]*"
_RELATED = r"(?:>|»|►|▶|➤|→|⇒|=>)[^\n]*|(?i:xem thêm|đọc thêm|tin liên quan|bài liên quan|tin cùng chuyên mục|cùng chuyên mục|tin khác|mời xem|mời (?:độc giả|bạn đọc|quý vị|các bạn) (?:xem|đón|theo dõi))\s*:?[^\n.]*"
_MENU = r"[^\n.>›»|]+(?:\s*[>›»|]\s*[^\n.>›»|]+){2,}|(?i:trang chủ)(?:\s*[/>›»|][^\n]*)?"
_BUTTONS = (
    r"(?:(?i:chia sẻ bài viết(?: lên)?|chia sẻ|về trang trước|về đầu trang|lên đầu trang|(?:những )?(?:tin|bài) (?:mới|cũ) hơn|facebook|zalo|twitter|tweet|messenger|email|in bài|in bài viết|bản in|in trang|lưu bài|lưu bài viết|"
    r"copy link|sao chép liên kết|link gốc|thích|like|share|gửi bình luận|gửi|bình luận|ý kiến|quay lại|trở lại|"
    r"nghe đọc bài|nghe bài viết|nghe audio|tắt tiếng|phóng to|toàn màn hình|quảng cáo|tin mới|tin nóng|đọc nhiều|"
    r"video|clip|ảnh|tags?|từ khóa|chủ đề|bình chọn|đăng nhập|đăng ký|tìm kiếm|menu|rss|liên hệ quảng cáo|liên hệ tòa soạn|liên hệ toà soạn|liên hệ|leftcenterrightdel)[\s:|,•]*)+"
)
_LINES = (
    r"(?i:từ khóa|từ khoá|tags?|chủ đề|lượt xem|lượt đọc|cỡ chữ|font chữ|giọng đọc|giọng nam|giọng nữ|miền bắc|tốc độ đọc)\s*[:：][^\n]*|"
    r"(?i:hotline|đường dây nóng|email|điện thoại)\s*[:：][^\n]*|(?i:cỡ chữ|giọng đọc|tốc độ đọc)[^\n.]*|(?:A[-+−]\s*){1,2}A?[-+−]?|[0-9]+ (?i:bình luận|lượt xem|ý kiến|lượt thích)|"
    r"(?i:bình luận|ý kiến(?: bạn đọc)?|chia sẻ)\s*\(?[0-9]+\)?|"
    r"(?i:theo dõi|mời (?:quý|các|bạn))[^\n]*(?i:google news|zalo|facebook|youtube|tiktok|kênh|fanpage|video)[^\n]*|"
    r"(?i:trở thành người đầu tiên)[^\n.]*(?:bài viết|bình luận|sao)[^\n.]*|"
    r"(?i:bạn đang đọc|bấm vào đây|nhấn vào đây|click vào|vui lòng (?:đăng nhập|nhập|bật))[^\n]*|[0-9]+(?: [^\s.]+){1,3} (?i:online)|\|+"
)
RESIDUE = f"{_PUBLISHED_LINE}|{_PLAYER}|{_BROWSER}|{_RELATED}|{_MENU}|{_BUTTONS}|{_LINES}"
"""A line that is no prose: player times, related links, menus, buttons, the time of publication."""

_RELATED_HEAD = r"^(?i:xem thêm|đọc thêm|tin liên quan|bài liên quan|bài viết liên quan|tin bài liên quan|tin cùng chuyên mục|cùng chuyên mục|tin khác|các tin khác|tin cũ hơn)\s*:?$"
_SHORTEST_LINK, _LONGEST_LINK = 5, 25  # words: shorter lines there are names of those who sign
_SCRAPS = r"\s*\bleftcenterrightdel\b\s*|\s*\|+\s*$"
_LONGEST = 400  # bytes of a unit that may be residue
_MENU_LENGTH = 3  # entries, before which a run of short lines may be anything
_PAIR = r"^\p{Lu}[^.!?:\d]* [-–&] \p{Lu}[^.!?:\d]*$"  # Quốc phòng - An ninh
_SITE = r"^(?i:báo|báo điện tử|trang|cổng|tạp chí|đài|chuyên trang)(?: [^\s.!?:]+)+$"
_SECTION_WORDS = 4  # of a menu's entries; headlines are longer


def mark_residue(units: pl.DataFrame) -> pl.DataFrame:
    """Mark units that are residue, and take scraps of it off the others.

    A run of very short lines before the first long one is the site's navigation, where there are
    at least three.

    Args:
        units: the columns of `UNITS`.

    Returns:
        The same rows in the same order; `scraps` (uint32) is added: how many were taken off a unit.
    """
    units = _after_a_photo(_without_scraps(units))
    short = (units["kind"] == "body") & (units["text"].str.len_bytes() <= _LONGEST)
    places = short.arg_true()
    text = units["text"].gather(places)
    alone = text.str.contains(rf"^(?:{RESIDUE})$") | (text == "")
    words = text.str.count_matches(" ") + 1
    named = (text.str.contains(_SITE) & (words <= 8)) | (text.str.contains(_PAIR) & (words <= 7))
    section = (named | (words <= _SECTION_WORDS)) & ~text.str.contains(r"[.!?…:”\"\d]")
    flags = pl.DataFrame({"row": units["row"], "run": short.set(short, False).scatter(places, alone | section)})
    run = flags.select(pl.col("run").cast(pl.UInt8).cum_min().over("row") == 1).to_series()
    counted = pl.DataFrame({"row": units["row"], "run": run}).group_by("row", maintain_order=True)
    lengths = counted.agg(pl.col("run").sum().alias("menu"), pl.len().alias("all"))
    menus = lengths.filter((pl.col("menu") >= _MENU_LENGTH) & (pl.col("menu") < pl.col("all")))["row"]
    residue = short.set(short, False).scatter(places, alone) | (run & units["row"].is_in(menus.implode()))
    heads = short.set(short, False).scatter(places, text.str.contains(_RELATED_HEAD))
    if heads.any():
        residue |= _related(units, residue, heads)
    return units.with_columns(pl.Series("kind", ["residue"]).zip_with(residue, units["kind"]))


def _related(units: pl.DataFrame, residue: pl.Series, heads: pl.Series) -> pl.Series:
    """Headlines at the foot of the page, below `Tin liên quan` and the like: lines that end no sentence."""
    words = units["text"].str.count_matches(" ") + 1
    link = (words <= _LONGEST_LINK) & ~units["text"].str.contains(r"[.!?…”\"]$")
    seen = units.select("row").with_columns(foot=(link | residue).cast(pl.UInt8), below=heads.cast(pl.UInt8))
    foot = seen.select(pl.col("foot").reverse().cum_min().reverse().over("row") == 1).to_series()
    below = seen.select(pl.col("below").cum_max().over("row") == 1).to_series()
    return foot & below & (units["kind"] == "body") & (words >= _SHORTEST_LINK)


def _after_a_photo(units: pl.DataFrame) -> pl.DataFrame:
    """Count the toolbar of a photo, which stands where that was, as a gap before the next unit."""
    bar = units["text"] == ""
    if not bar.any():
        return units
    before = (bar.shift(1) & (units["row"] == units["row"].shift(1))).fill_null(False)
    return units.with_columns(units["gap"] | before)


def _without_scraps(units: pl.DataFrame) -> pl.DataFrame:
    text = units["text"]
    places = (text.str.contains("leftcenterrightdel", literal=True) | text.str.ends_with("|")).arg_true()
    scraps = pl.Series("scraps", [0], pl.UInt32).new_from_index(0, len(units))
    some = text.gather(places)
    return units.with_columns(
        scraps.scatter(places, some.str.count_matches(_SCRAPS)),
        text.scatter(places, some.str.replace_all(_SCRAPS, " ").str.strip_chars(" ")),
    )


def residue_of(units: pl.DataFrame, rows: int) -> pl.Series:
    """How many places of residue each text had: whole units, and scraps taken off others (uint32)."""
    whole = (pl.col("kind") == "residue").cast(pl.UInt32)
    found = units.group_by("row").agg(pl.max_horizontal(whole, "scraps").sum().alias("residue"))
    return of_each_text(found, rows)["residue"].fill_null(0)

"""What a caption without a label shows, as points for and against.

The words were chosen by reading: captions with a credit and short paragraphs of prose in real
articles, and the annotated pages of `benchmarks/pages`, which hold the weights to account.
"""

from __future__ import annotations

import polars as pl

# All of them are looked for in small letters: patterns that ignore case take twice as long to compile,
# and each batch compiles them anew, since Polars keeps but 32.
_SCENE = (
    r"^(?:quang cảnh|toàn cảnh|một góc|khung cảnh|cận cảnh|hiện trường|chân dung|tiết mục|tang vật|số tang vật|"
    r"phối cảnh|số (?:ma t[uú]y|tiền|súng|hàng|pháo|xe|vàng|thuốc|điện thoại)[^,]*(?:thu giữ|sử dụng|tang vật|tịch thu)|"
    r"ảnh minh h|ảnh chụp|hình chụp|bản ảnh|sơ đồ|bản đồ|biểu đồ|vị trí xảy ra|ảnh nhận dạng|(?:video|clip) ?:|di ảnh|"
    r"mẫu (?:phiếu|thẻ|giấy|đơn|biển|sổ|tem|huy hiệu|trang phục)|"
    r"nơi (?:xảy ra|phát hiện|cất giấu|giấu|tìm thấy|ở của|làm việc của|ông|bà|anh|chị|nạn nhân|bị can|bị cáo|đối tượng|nghi phạm|các|hai|nhóm))"
)
# Says itself that it is one, whatever its colon and `trong` weigh.
_SHOWN = r"^(?:trong (?:ảnh|hình|clip|video)|infographic|đồ họa|đồ hoạ|hình ảnh|biểu đồ|sơ đồ|bản đồ) ?:"
_TAKEN = "(ảnh chụp "  # and so does what says when it was taken, where it stands
# Things and gatherings that are shown rather than told of, and ranks: stories begin with a name alone.
_GROUP = (
    r"^(?:hình ảnh|các đại biểu|đại biểu|các đối tượng|đối tượng|nhóm|bị can|bị cáo|các bị cáo|khối|cảnh|bên trong|bên ngoài|khu vực|trụ sở|"
    r"chiếc|đoàn đại biểu|đoàn công tác|đội hình|nghi thức|phần thi|phần|nội dung|màn|trận|lớp học|cột khói|khói|đám cháy|ngọn lửa|"
    r"camera|(?:clip|video) (?:ghi|về)|tin nhắn|đoạn tin nhắn|đoạn chat|giao diện|màn hình|giấy khen|khẩu súng|con dao|hung khí|viên đạn|lô hàng|vết (?:nứt|lún|lõm|máu|đạn|thương|trượt|phanh|cháy|xước)|dấu vết|"
    r"lối vào|lối đi|cổng|pha|niềm vui|nụ cười|giây phút|khoảnh khắc|giọt nước mắt|dòng người|"
    r"đại tướng|thượng tướng|trung tướng|thiếu tướng|đại tá|thượng tá|trung tá|thiếu tá|đại [uú][ýyỷ]|thượng [uú][ýyỷ]|trung [uú][ýyỷ]|"
    r"thiếu [uú][ýyỷ]|chuẩn [uú][ýyỷ]|thượng sĩ|trung sĩ|hạ sĩ|binh nhất|binh nhì)(?:[ ,.;:!?()“”\"/…]|$)"
)
_SUBJECT = (
    r"^(?:các|những|một|hai|ba|ông|bà|anh|chị|em|cụ|bé|cháu|thầy|cô|lực lượng|lãnh đạo|cán bộ|chiến sĩ|chiến sỹ|nữ chiến sĩ|công an|cảnh sát|csgt|"
    r"người dân|đại diện|giám đốc|phó|trưởng|chủ tịch|chủ|thủ tướng|bộ trưởng|thứ trưởng|đồng chí|đội|tổ|học sinh|học viên|sinh viên|"
    r"thí sinh|vận động viên|khách|vị khách|nhân viên|bí thư|phụ nữ|đoàn viên|đoàn|nghệ sĩ|bác sĩ|y sĩ|y tá|điều dưỡng|xe|robot|tàu|thuyền|ghe|ca nô|xuồng|sà lan|máy bay|trực thăng|tân|chuyến|nạn nhân|lính|"
    r"ban giám khảo|ban tổ chức|giám khảo|thành viên|hội viên|bữa cơm|bữa|thiết bị|máy|tấm|căn|ngôi|bức|cây|lớp|giờ|nơi|bà con|bệnh nhân|gia đình|nhà|trường|hàng|"
    r"nghi phạm|nghi can|hung thủ|tài xế|lái xe|phạm nhân|cựu|nguyên|thân nhân|người thân|người nhà|mẹ|cha|bố|vợ|chồng|con trai|con gái|kiểm sát viên|thẩm phán|hội đồng xét xử|luật sư|bị hại|công nhân|thanh niên|thiếu niên|thiếu nữ|cô gái|chàng trai|bé gái|bé trai|"
    r"phụ huynh|khán giả|hành khách|bộ đội|dân quân|tiểu thương|ngư dân|nông dân|du khách|tình nguyện viên|cộng tác viên|điều tra viên|trinh sát|"
    r"con đường|đường|đoạn đường|tuyến đường|cây cầu|cầu|quốc lộ|ngõ|hẻm|bến|cảng|chợ|quán|cửa hàng|tiệm|cửa|kho|xưởng|phòng|bãi|hố|mảnh|đống|dãy|ma t[uú]y|súng|dao|vàng|tiền|gỗ|pháo|túi|vali|"
    r"thẻ|giấy|bằng|sổ|biển|bảng|(?:hơn |gần |khoảng )?[0-9][0-9.,]* (?:tấn|tạ|kg|kilogam|gam|bánh|khẩu|viên|thùng|bao|gói|hộp|chai|cây|lít|lượng|chiếc|con|cá thể|lóng|khúc|m3|xe|điện thoại|đối tượng|bị can|bị cáo))(?:[ ,.;:!?()“”\"/…]|$)"
)
_EVENT = (
    r"(?:^|[ ,.;:!?()“”\"/])(?:tại|trong|ở|trước|sau|bên|cùng|trên|dưới|qua|với|hồi) (?:các |một |hai )?(?:buổi|lễ|hội|cuộc|tình huống|công an|đồn|phiên|chương trình|đêm|ngày hội|"
    r"ngày|giờ|cơ quan|hiện trường|trụ sở|khu vực|nhà|sân|phòng|toà|tòa|điểm|chốt|tang vật|chiếc|lò|bộ|dịp|lúc|thời điểm|tháng|chiến sĩ|chiến sỹ|cán bộ|gia đình|tấm|con|đồng đội|bà con|người)(?:[ ,.;:!?()“”\"/…]|$)|[, ]nơi "
)
_ACTION = (
    r"(?:^|[ ,.;:!?()“”\"/])(?:phát biểu|trao|tặng|ký kết|chủ trì|chụp ảnh|chụp hình|tuần tra|kiểm tra|thăm|chúc mừng|biểu dương|dâng hương|thắp hương|"
    r"diễu hành|diễu binh|biểu diễn|chào mừng|ăn mừng|tham quan|tham dự|tham gia|huấn luyện|tập luyện|thực hành|thực hiện|hướng dẫn|"
    r"lấy lời khai|bị đưa|bị bắt|bị dẫn giải|bị áp giải|bị tạm giữ|bị thu giữ|bị tịch thu|bị khống chế|bị phát hiện|được giấu|được cất giấu|được tìm thấy|được xếp|được trưng bày|ngập nước|ngập sâu|biến dạng|cháy rụi|thiêu rụi|ngổn ngang|la liệt|chật kín|đông nghịt|bốc khói|cúi đầu|nghe|đón|tiếp|chào|bắt tay|trò chuyện|trao đổi|thi đấu|phun nước|cứu|dập|"
    r"nhận|chấm điểm|chấm thi|lấy mẫu|bao trùm|thu nhận|giữ gìn|khám|cấp phát|tuyên thệ|xếp hàng|hào hứng|chia tay|lên đường|ra quân|xuất phát|cắt băng|bấm nút|trồng cây|"
    r"mở đầu|mở đường|gắn|tiếp cận|phân loại|hạ xuống|dìu|bế|cõng|dựng|lắp đặt|đo|khám nghiệm|khám xét|niêm phong|kiểm đếm|lập biên bản|dừng xe|ghi hình|cầm|ôm|nắm tay|treo|đặt|rước|bơi|leo|hát|múa|dạy|phát tờ rơi|tuyên truyền|thu giữ|dọn|vớt|lặn|chuẩn bị|cất cánh|tiễn|thả|rà soát|tìm kiếm|trình diễn|làm thủ tục|làm việc|nấu|gói|gặt|sửa|vây quanh|giao lưu|động viên|chứng kiến|theo dõi|phân luồng|tháo dỡ|thu dọn|khuân|vận chuyển|bàn giao)(?:[ ,.;:!?()“”\"/…]|$)"
)
_POSITION = r", nơi (?:xảy ra|phát hiện|tìm thấy|cất giấu)|\((?:[^()]* )?(?:trái|phải|giữa|đứng|ngồi|áo|hàng|thứ|ảnh|cầm|số)(?: [^()]*)?\)"
# No verb before the preposition: a name and where it is; and portraits, who is shown and no more.
_NAME_AT = (
    r"^\p{Lu}[^ ,.]+(?: \p{Lu}[^ ,.]+)+ (?:\([^()]+\) )?(?:tại|trong|khi|lúc|cùng|bên|ở|trước|sau khi) [^,]*$|"
    r"^(?:(?:Đại|Thượng|Trung|Thiếu|Chuẩn) (?:tướng|tá|[uú][ýyỷ]|sĩ)|Hạ sĩ|Binh nh[aấ]t|Binh nhì|Liệt sĩ|Bị can|Bị cáo|Bị hại|Các bị can|Các đối tượng|Đối tượng|Nghi phạm|Nghi can|"
    r"Hung thủ|Kẻ chủ mưu|Nạn nhân|Phạm nhân|Tài xế|Lái xe|Luật sư|Thẩm phán|Kiểm sát viên|Bác sĩ|Ông|Bà|Anh|Chị|Em|Cháu|Cụ|Bé|Cô|Thầy|Đồng chí|Ông trùm|Trùm|Vợ chồng)"
    r",?(?: (?:bác sĩ|giáo sư|tiến sĩ|GS|TS|PGS|ThS|BS|NSND|NSƯT)[,.]?)*(?:,? (?:và )?\p{Lu}[^ ,()]*)+(?: \([^()]+\)\.?)?$"
)
_OWNED = r"^[^,.]+ của [^,]+$"
# A verb without a subject: prose does not begin so.
_VERB_FIRST = (
    r"^(?:trao|tặng|khám bệnh|khám nghiệm|cấp phát|cấp thuốc|dùng|kiểm tra|tuần tra|hướng dẫn|tuyên truyền|chụp ảnh|lấy mẫu|lấy lời khai|dọn|"
    r"vận chuyển|thăm|động viên|ký kết|cắt băng|bàn giao|phun|biểu diễn|thả|niêm phong|dập|tập|huấn luyện|giao lưu|đón|phát|nấu|gói|sửa|trồng|"
    r"thắp|dâng|cứu|dìu|bế|cõng|kéo|chữa cháy|cắt tóc|tập luyện|thực hành|diễn tập|chúc mừng|khen thưởng|gắn|lắp đặt)(?:,? [^,]*)?$"
)
_NARRATIVE = (
    r"(?:^|[ ,.;:!?()“”\"/])(?:này|đó|ấy|nói trên|khai|khai nhận|thừa nhận|gồm|thuộc|hoạt động|diễn ra|kéo dài|trở thành|đạt|chiếm|tăng|giảm|hư hỏng|tử vong|"
    r"bị thương nặng|thiệt mạng|qua đời|tử nạn|bỏ trốn|bỏ chạy|tẩu thoát|truy nã|khiến|có mặt|trình báo|vào cuộc|xác minh|tuyên phạt|trú|quê|có hiệu lực)(?:[ ,.;:!?()“”\"/…]|$)"
)
_ADVERBIAL = (
    r"^(?:theo|đến|hiện nay|hiện đã|hiện đang|hiện có|hiện các|hiện cơ|hiện công|hiện còn|hiện vụ|hiện tại|hiện lực|hiện đối|hiện nạn|sau|dịp|trước|tính|năm|ngày|tháng|từ|khi|để|trong|tại|nếu|nhưng|tuy|đợt|vụ|vì|do|với|qua|ngoài|bên cạnh|"
    r"đồng thời|tiếp|cũng|được biết|ngay|sáng|trưa|chiều|tối|đêm|rạng|mới|vừa|hôm|buổi|cùng|kết quả|ngược|thực tế|riêng|đây|đó|nhờ|mỗi|"
    r"mọi|bây giờ|hiện nay|hết|đang|việc|nhiều năm|cuối|đầu|còn|và|hay|hoặc|song|chỉ|không|chưa|dự kiến|buổi lễ|hội nghị|chương trình|nâng cao|đẩy mạnh|tăng cường|phát huy|chủ động|quyết tâm|siết chặt|xây dựng|bảo đảm|đảm bảo|giữ vững|ngăn chặn|đấu tranh|cảnh báo|khuyến cáo|bắt|truy bắt|triệt phá|triệt xoá|triệt xóa|phá|lật tẩy|khởi tố|tạm giữ|thu giữ|xử lý|phát hiện|phạt)(?:[ ,.;:!?()“”\"/…]|$)"
)
_DISCOURSE = (
    r"(?:^|[ ,.;:!?()“”\"/])(?:đã|đang|sẽ|chưa|ngay tại chỗ|ngay trong đêm|ngay sau đó|cần|phải|nên|hiện nay|hiện đã|hiện đang|cho biết|cho rằng|nói|khai nhận|thừa nhận|nhằm|theo|vì|nếu|nhưng|tuy|cùng ngày|sau đó|dự kiến|nhấn mạnh|"
    r"khẳng định|yêu cầu|đề nghị|hơn|rất|cũng|vẫn|có thể|hoặc|không được|không còn|không phải|do đó|vì vậy|khoảng|trường hợp|quy định|xử phạt|phạt tù|bị phạt)(?:[ ,.;:!?()“”\"/…]|$)"
)
_FIGURES = r"[0-9]\s?(?:%|đồng|triệu|tỷ|tỉ|nghìn|ngàn|trường hợp|vụ|người|tháng tù|tháng cải tạo|năm tù)|[“\"][^”\"]{25}[”\"]|[:;?]|\./\."


_ITEM = r"^(?:[-–—•*+]|[0-9]+[.)]) "
_WEIGHTS = {
    _SCENE: 4, _SHOWN: 9, _VERB_FIRST: 3, _GROUP: 2, _POSITION: 2, _SUBJECT: 1, _EVENT: 1, _ACTION: 1,
    _ADVERBIAL: -3, _NARRATIVE: -2, _DISCOURSE: -2, _FIGURES: -2, _ITEM: -4,
}  # fmt: skip
_NEXT_SENTENCE = r"[.!?…] \p{Lu}"


def points(text: pl.Series, words: pl.Series, gap: pl.Series | None = None, near: pl.Series | None = None) -> pl.Series:
    """How much speaks for a caption; 3 and more are one (int8).

    Args:
        text: paragraphs (string).
        words: how many words each has.
        gap: whether more blank lines than usual stand before it (boolean); None where that is no sign.
        near: whether a caption stands beside it (boolean); None as for `gap`.
    """
    no = pl.Series([False]).new_from_index(0, len(text))
    # Columns of their own: an expression is worked out anew for each pattern that reads it, which
    # took 12 of the 17 ms of 2,000 headlines for the small letters alone.
    seen = pl.DataFrame({
        "text": text, "lower": text.str.to_lowercase(), "words": words, "gap": no if gap is None else gap,
        "near": no if near is None else near, "stop": text.str.contains(r"[.!?…:;,]$"),
    })  # fmt: skip
    shown, lower, stop, length = (pl.col(name) for name in ("text", "lower", "stop", "words"))
    comma = shown.str.contains(",", literal=True)
    signs = [
        (shown.str.contains(_NAME_AT), 3),
        (lower.str.contains(_TAKEN, literal=True), 9),
        (pl.col("gap"), 2),
        (pl.col("near") & (stop | (length >= 9)), 1),
        (~stop, 2),
        (~stop & (length >= 10), 1),
        (stop & (length <= 14) & lower.str.contains(_OWNED), 1),
        (stop & (length <= 17) & ~comma, 1),
        (stop & (length > 18) & comma, -1),
        (stop & (length > 22), -2),
        (length > 30, -1),
        (~stop & (length <= 7), -1),
        (~stop & (length <= 5), -1),
        (length <= 4, -1),
        (shown.str.contains(_NEXT_SENTENCE), -2),
        (shown == shown.str.to_uppercase(), -4),
    ]
    signs += [(lower.str.contains(pattern), weight) for pattern, weight in _WEIGHTS.items()]
    return seen.select(pl.sum_horizontal(sign.cast(pl.Int8) * weight for sign, weight in signs)).to_series()


def opens_like_a_caption(text: pl.Expr) -> pl.Expr:
    """Whether a sentence opens as captions do that are one; a cheap test before `points` (boolean)."""
    opening = f"{_SCENE}|{_SHOWN}|{_GROUP}|{_SUBJECT}|{_VERB_FIRST}"
    taken = text.str.contains(_TAKEN, literal=True)
    return text.str.to_lowercase().str.contains(opening) | text.str.contains(_NAME_AT) | taken


def begins_with_a_verb(text: pl.Expr) -> pl.Expr:
    """Whether a paragraph begins with a verb and has no subject (boolean)."""
    return text.str.to_lowercase().str.contains(_VERB_FIRST)

"""Annotations: what rules find in a text, as spans beside it."""

import json

import datasets
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builds import ROOT, SEEDS, ledger, records
from support.steps import lines_run

import corpus_vn_police as cvp
from corpus_vn_police.config import corpus_of
from corpus_vn_police.contract import load_contract
from corpus_vn_police.stages.annotate import annotate
from corpus_vn_police.stages.annotate.abbreviations import abbreviations
from corpus_vn_police.stages.annotate.gates import gates
from corpus_vn_police.stages.annotate.people import people
from corpus_vn_police.stages.annotate.quotes import quotes

_LISTS = ("abbreviations", "people", "quotes", "personal")


def _gold(name):
    """What is annotated in a seed outside of its captions, with the offsets moved into the record's text."""
    gold = json.loads((ROOT / f"tests/data/gold_{name}.json").read_text(encoding="utf-8"))
    body = [each for each in gold["paragraphs"] if each["kind"] != "caption"]
    starts, place = {}, 0
    for each in body:
        starts[each["i"]] = place - each["start"]
        place += len(each["text"]) + 2

    def moved(paragraph, start, end):
        return {"start": start + starts[paragraph], "end": end + starts[paragraph]}

    short = [(each, each["uses"][0]) for each in gold["abbreviations"] if each["long"]]
    mentions = [(person["name"], mention) for person in gold["persons"] for mention in person["mentions"]]
    return {
        "abbreviations": [
            moved(*(use[key] for key in ("paragraph", "start", "end"))) | {key: each[key] for key in ("short", "long")}
            for each, use in short
        ],
        "people": sorted(
            (
                moved(*(each[key] for key in ("paragraph", "start", "end")))
                | {"name": name, "rank": each["rank"], "title": each["title"]}
                for name, each in mentions
                if each["rank"] and each["paragraph"] in starts
            ),
            key=lambda each: each["start"],
        ),
        "quotes": [
            {
                "start": each["start"] + starts[each["paragraphs"][0]],
                "end": each["end"] + starts[each["paragraphs"][-1]],
                "text": each["text"],
                "speaker": each["speaker"],
            }
            for each in gold["quotes"]
        ],
    }


@pytest.mark.parametrize("name", ["000_c76f5c9e64c8c598", "002_3ae91319fd06e6ae"])
def test_the_annotated_seeds_are_annotated_as_people_did(name, tmp_path):
    cvp.build(SEEDS / f"{name}.txt", out=tmp_path / "out")
    (row,) = records(tmp_path / "out", "annotations")
    assert {key: row[key] for key in _LISTS[:3]} == _gold(name)


def _said(text, span):
    return span and text[slice(*span)]


def _people(text):
    return [tuple(_said(text, part) for part in each) for each in people(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Đại tá Lê Văn An cho biết", [("Đại tá Lê Văn An", "Lê Văn An", "Đại tá", None)]),
        (
            "đại tá Lê Văn An, Giám đốc Công an tỉnh Hà Giang chủ trì",
            [("đại tá Lê Văn An, Giám đốc Công an tỉnh Hà Giang", "Lê Văn An", "đại tá", "Giám đốc Công an tỉnh Hà Giang")],
        ),
        (
            "Thiếu uý Y Thơm Niê – cán bộ Đội CSGT số 3 hướng dẫn",
            [("Thiếu uý Y Thơm Niê – cán bộ Đội CSGT số 3", "Y Thơm Niê", "Thiếu uý", "cán bộ Đội CSGT số 3")],
        ),
        (
            "Thứ trưởng Bộ Công an, Thượng tướng Lê Quốc Bình dự",
            [("Thứ trưởng Bộ Công an, Thượng tướng Lê Quốc Bình", "Lê Quốc Bình", "Thượng tướng", "Thứ trưởng Bộ Công an")],
        ),
        (
            "Thiếu tướng, PGS.TS Trần Văn Bảo (Phó Cục trưởng) nói",
            [("Thiếu tướng, PGS.TS Trần Văn Bảo (Phó Cục trưởng", "Trần Văn Bảo", "Thiếu tướng", "Phó Cục trưởng")],
        ),
        ("ĐẠI TÁ LÊ VĂN AN", [("ĐẠI TÁ LÊ VĂN AN", "LÊ VĂN AN", "ĐẠI TÁ", None)]),
        ("Trung tá Mẫn nói", [("Trung tá Mẫn", "Mẫn", "Trung tá", None)]),
        ("Trung tá Dương Công An nói", [("Trung tá Dương Công An", "Dương Công An", "Trung tá", None)]),
        (
            "có Đại tá Lê An, Phó Giám đốc và Thượng tá Vũ Hà, Trưởng phòng Tham mưu; ông Trần Ba, Bí thư Huyện ủy.",
            [
                ("Đại tá Lê An, Phó Giám đốc", "Lê An", "Đại tá", "Phó Giám đốc"),
                ("Thượng tá Vũ Hà, Trưởng phòng Tham mưu", "Vũ Hà", "Thượng tá", "Trưởng phòng Tham mưu"),
            ],
        ),
        ("được thăng từ Thượng tá lên Đại tá Công an nhân dân; hạ sĩ quan, Đại tướng quân", []),
        ("Nhận nhiệm vụ Phó Trưởng Công an phường, thiếu tá Vũ Hà", [("thiếu tá Vũ Hà", "Vũ Hà", "thiếu tá", None)]),
        ("Chuẩn Đô đốc Phạm Minh, binh nhì H’Lan", [
            ("Chuẩn Đô đốc Phạm Minh", "Phạm Minh", "Chuẩn Đô đốc", None),
            ("binh nhì H’Lan", "H’Lan", "binh nhì", None),
        ]),
    ],
)  # fmt: skip
def test_officers_have_the_name_rank_and_title_that_the_mention_gives(text, found):
    assert _people(text) == found


def _abbreviations(text):
    return [tuple(_said(text, part) for part in each) for each in abbreviations(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("lực lượng Công an nhân dân (CAND).", [("CAND", "Công an nhân dân")]),
        ("Đảng ủy Công an Trung ương (CATW)", [("CATW", "Công an Trung ương")]),
        ("giữ gìn trật tự, an toàn xã hội (TTATXH)", [("TTATXH", "trật tự, an toàn xã hội")]),
        ("của Phòng Cảnh sát hình sự (PC02) và Cục trưởng Cục Cảnh sát giao thông (C08, Bộ Công an)",
         [("PC02", "Phòng Cảnh sát hình sự"), ("C08", "Cục Cảnh sát giao thông")]),
        ("BHXH (bảo hiểm xã hội)", [("BHXH", "bảo hiểm xã hội")]),
        ("Tổ chức Y tế thế giới (WHO)", [("WHO", "Tổ chức Y tế thế giới")]),
        ("Công ty Cổ phần An Bình (sau đây gọi tắt là Công ty An Bình)",
         [("Công ty An Bình", "Công ty Cổ phần An Bình")]),
        ("Ban Chỉ đạo 138 (gọi tắt là BCĐ 138)", [("BCĐ 138", "Ban Chỉ đạo 138")]),
        ("Kế hoạch số 218/KH-CA (gọi tắt là Kế hoạch 218)", [("Kế hoạch 218", "Kế hoạch số 218/KH-CA")]),
        ("Cơ quan Cảnh sát điều tra (CQĐT)", [("CQĐT", "Cơ quan Cảnh sát điều tra")]),
        ("Công an (CA) và Công an (CA)", [("CA", "Công an")]),
        ("ảnh: BCA. Lê Văn A (Hà Nội), ông B (SN 1990), Công an quận 1 (TP.HCM), bài (TTXVN), khóa (XIII)", []),
    ],
)  # fmt: skip
def test_abbreviations_are_those_that_the_text_defines(text, found):
    assert _abbreviations(text) == found


def _quotes(text):
    return [tuple(_said(text, part) for part in each) for each in quotes(text, people(text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("“Chúng tôi sẽ làm rõ vụ việc”, Đại tá Lê An nêu rõ.", [("Chúng tôi sẽ làm rõ vụ việc", "Đại tá Lê An")]),
        ('Đại tá Lê An, Giám đốc Công an tỉnh cho biết: "Vụ việc rất nghiêm trọng".',
         [("Vụ việc rất nghiêm trọng", "Đại tá Lê An, Giám đốc Công an tỉnh")]),
        ("Chị H. (30 tuổi) kể lại: “Tôi đang ngủ thì nghe tiếng nổ", []),
        ("Chị H. (30 tuổi) kể lại: “Tôi đang ngủ thì nghe tiếng nổ\".", [("Tôi đang ngủ thì nghe tiếng nổ", "Chị H.")]),
        ("“Một ngày dài.\n\nRồi mọi việc cũng xong”, ông Ba nói.",
         [("Một ngày dài.\n\nRồi mọi việc cũng xong", "ông Ba")]),
        ('phong trào "Toàn dân bảo vệ an ninh Tổ quốc" và mô hình “Tiếng kẻng”, “Camera vì an ninh trật tự”.', []),
        ('Trọng tâm là các giải pháp: "Bảo vệ an ninh; xây dựng đội ngũ cán bộ".',
         [("Bảo vệ an ninh; xây dựng đội ngũ cán bộ", None)]),
        ("Đại tá Lê An nói đã quán triệt khẩu hiệu “Vì nước quên thân, vì dân phục vụ”.", []),
        ("“Tôi nhớ phong trào “Ba nhất” ở đơn vị cũ”, ông Ba kể.",
         [("Tôi nhớ phong trào “Ba nhất” ở đơn vị cũ", "ông Ba")]),
        ("Ông Ba khẳng định công an “luôn là chỗ dựa của nhân dân”.", [("luôn là chỗ dựa của nhân dân", "Ông Ba")]),
        ("“Tôi sẽ về”, anh Hai nói. “Nhưng chưa biết ngày nào”.",
         [("Tôi sẽ về", "anh Hai"), ("Nhưng chưa biết ngày nào", "anh Hai")]),
        ("bọn chúng gọi là “hàng trắng”, bán cho các “con nghiện”.", []),
    ],
)  # fmt: skip
def test_speech_is_what_somebody_is_said_to_say(text, found):
    assert _quotes(text) == found


def test_a_name_is_known_in_a_long_text_too():
    text = "Công an bắt Lê Văn Tèo. " + "Trời mưa to. " * 10_000 + "Tèo khai: “Tôi không biết gì cả”."
    assert _quotes(text) == [("Tôi không biết gì cả", "Tèo")]


def _all_rules(text):
    abbreviations(text)
    quotes(text, people(text))


@pytest.mark.parametrize(
    "piece",
    ["“", "“a” ", "“«", '"a\n\n', "(A) ", "Đại tá Lê An, Giám đốc ", "Đại tá ", "Giám đốc Công an ", "Công an (CA) ",
     "gọi tắt là A ", "Ông Ba nói: “Tôi đi rồi.” ", "Kỳ nói “tôi đã đi rồi đó” ", "một người ", "‘a ", "A.B. ", "và "],
)  # fmt: skip
def test_a_long_text_of_one_piece_takes_steps_in_proportion_to_its_length(piece):
    short, long = (lines_run(_all_rules, piece * (size // len(piece))) for size in (3_000, 6_000))
    assert long <= 2.5 * short + 200


_WORDS = st.sampled_from(
    ["Đại tá", "Nguyễn Văn An", ",", "Giám đốc Công an tỉnh", "(", ")", "“", "”", '"', "CAND", "Công an nhân dân", "nói:",
     "(CAND)", "0912.345.678", "CCCD 001085012345", "trú tại xã An Hòa,", "(SN 1990)", "bị can", "\n\n", ". ", "29A-123.45",
     "a@b.vn", "ông", "kể", "gọi tắt là", "sinh ngày 1/2/1990", "STK 0123456789", "H’", "’", "‘", "-", "1", "Bắc"]
)  # fmt: skip
_TEXTS = st.one_of(st.lists(_WORDS, max_size=30).map(" ".join), st.text(max_size=80))


@given(st.lists(_TEXTS, min_size=1, max_size=3))
def test_few_texts_and_many_have_the_same_gates(texts):
    many = pl.Series(texts * 65, dtype=pl.String)
    assert gates(many)[: len(texts)] == gates(pl.Series(texts, dtype=pl.String))


def _annotated(text, mode, **others):
    corpus = corpus_of({"privacy": {"mode": mode}, "sources": {"enabled": False}}, None, None, "x")
    none = pl.Series([None], dtype=pl.String)
    columns = {"text": [text], "title": [others.get("title")], "reason": none, "pointer": none, "detail": none}
    batch = pl.DataFrame(columns, schema_overrides={"text": pl.String, "title": pl.String})
    return annotate(batch, corpus).to_dicts()[0]


@given(_TEXTS, st.sampled_from(["flag", "mask"]))
def test_every_span_is_a_piece_of_the_text_that_is_published(text, mode):
    row = _annotated(text, mode)
    spans = row["annotations"]
    said = {"abbreviations": "short", "quotes": "text"}
    for name in _LISTS:
        assert spans[name] == sorted(spans[name], key=lambda span: span["start"])
        for span in spans[name]:
            piece = row["text"][span["start"] : span["end"]]
            assert piece
            assert piece == span.get(said.get(name), piece)
            assert all(span[key] in piece for key in ("name", "rank") if key in span)
            assert all(
                value is None or value in row["text"]
                for key, value in span.items()
                if key not in ("start", "end", "kind")
            )
    kinds = {span["kind"] for span in spans["personal"]}
    assert kinds <= set(row["privacy"])
    contract = load_contract("annotations")
    assert not list(contract.validator.iter_errors({"id": "0" * 16, **spans}))


@given(_TEXTS)
def test_what_is_masked_is_in_no_string(text):
    flagged, masked = _annotated(text, "flag", title=text), _annotated(text, "mask", title=text)
    hidden = {text[span["start"] : span["end"]] for span in flagged["annotations"]["personal"]}
    for span in masked["annotations"]["personal"]:
        assert masked["text"][span["start"] : span["end"]] == f"[{span['kind'].upper()}]"
    assert len(masked["annotations"]["personal"]) == len(flagged["annotations"]["personal"])
    assert not any(len(each) > 7 and each.isdigit() and each in str(masked) for each in hidden)


_POLICE = (
    " date 2021-05 Ngày 3/5, Công an huyện bắt giữ Nguyễn Văn Tèo (SN 1990, trú xã An Hòa). Ai biết gì thêm báo tin cho "
    "Đại úy Lê Văn Bảo, điện thoại 0912.345.678.\n\n“Chúng tôi đã khởi tố bị can Tèo”, Đại úy Lê Văn Bảo nói."
)


def _toml(mode, sources="false"):
    return f'[privacy]\nmode = "{mode}"\n[sources]\nenabled = {sources}\n[structure]\nenabled = false\n'


def test_annotations_line_up_with_the_records(write, tmp_path):
    out = cvp.build(
        write({"a.txt": _POLICE, "b.txt": " date 2021-06 Một ngày yên bình ở thôn."}), out=tmp_path / "out"
    ).path
    spans = datasets.load_dataset(str(out), "annotations", split="train")
    texts = datasets.load_dataset(str(out), split="train")
    assert spans["id"] == texts["id"]
    row, text = spans[0], texts[0]["text"]
    assert [text[each["start"] : each["end"]] for each in row["people"]] == ["Đại úy Lê Văn Bảo", "Đại úy Lê Văn Bảo"]
    assert [each["speaker"] for each in row["quotes"]] == ["Đại úy Lê Văn Bảo"]
    assert set(texts[0]["privacy"]) == {each["kind"] for each in row["personal"]}
    assert texts[1]["privacy"] == []


def test_masking_leaves_placeholders_in_every_string(write, tmp_path):
    row = {
        "text": _POLICE.removeprefix(" date 2021-05 "), "date": "2021-05", "title": "Bắt Nguyễn Văn Tèo, gọi 0912345678",
        "note": {"who": ["Nguyễn Văn Tèo", "0912 345 678"], "n": 7},
    }  # fmt: skip
    fields = {"properties": {"note": {"type": "object", "properties": {
        "who": {"type": "array", "items": {"type": "string"}}, "n": {"type": "integer"}}}}}  # fmt: skip
    config = {"privacy": {"mode": "mask"}, "sources": {"enabled": False}, "structure": {"enabled": False}}
    cvp.build([row], out=tmp_path / "out", config=config, fields=fields)
    (record,) = records(tmp_path / "out")
    (spans,) = records(tmp_path / "out", "annotations")
    assert record["title"] == "Bắt [PRIVATE_PERSON], gọi [PHONE]"
    assert record["note"] == {"who": ["[PRIVATE_PERSON]", "[PHONE]"], "n": 7}
    assert "Tèo" not in str((record, spans))
    assert "345" not in str((record, spans))
    assert record["n_chars"] == len(record["text"])
    assert record["n_syllables"] == len(record["text"].split())
    assert record["privacy"] == ["phone", "birth_date", "address", "private_person"]
    assert [each["text"] for each in spans["quotes"]] == ["Chúng tôi đã khởi tố bị can [PRIVATE_PERSON]"]
    assert cvp.verify(tmp_path / "out").ok


def test_texts_that_are_the_same_once_masked_are_duplicates(write, tmp_path):
    other = _POLICE.replace("0912.345.678", "0987 654 321")
    folder = write({"a.txt": _POLICE, "b.txt": other, "corpus.toml": _toml("mask") + '[dedup]\nlevel = "exact"\n'})
    assert cvp.build(folder, out=tmp_path / "out").status["duplicate"] == 1


def test_dropping_rejects_by_kind_and_never_says_the_text(write, tmp_path):
    folder = write(
        {
            "a.txt": _POLICE,
            "b.txt": " date 2021-06 Một ngày yên bình ở thôn nhỏ ven sông.",
            "corpus.toml": _toml("drop", "true"),
        }
    )
    cvp.build(folder, out=tmp_path / "out")
    row = next(row for row in ledger(tmp_path / "out") if row["path"] == "a.txt")
    assert row["reason"] == "privacy.phone"
    assert row["detail"] == "1 phone, 1 birth_date, 1 address, 2 private_person"
    assert [record["privacy"] for record in records(tmp_path / "out")] == [[]]


def test_check_says_what_dropping_rejects(write):
    folder = write(
        {"a.txt": _POLICE, "b.txt": " date 2021-06 Một ngày yên bình ở thôn nhỏ.", "corpus.toml": _toml("drop")}
    )
    assert cvp.check(folder).ledger["reason"].to_list() == ["privacy.phone", None]


def test_masking_beside_the_exact_seeds_is_refused(write, tmp_path):
    folder = write({"a.txt": _POLICE, "corpus.toml": '[privacy]\nmode = "mask"\n'})
    with pytest.raises(cvp.ConfigError, match=r"sources\.enabled is true"):
        cvp.build(folder, out=tmp_path / "out")


def test_without_annotations_there_is_no_config_and_privacy_is_null(write, tmp_path):
    folder = write({"a.txt": _POLICE, "corpus.toml": "[annotations]\nenabled = false\n"})
    cvp.build(folder, out=tmp_path / "out")
    assert not (tmp_path / "out/annotations").exists()
    assert [record["privacy"] for record in records(tmp_path / "out")] == [None]
    assert cvp.verify(tmp_path / "out").ok


def test_masking_needs_no_annotations(write, tmp_path):
    folder = write({"a.txt": _POLICE, "corpus.toml": _toml("mask") + "[annotations]\nenabled = false\n"})
    cvp.build(folder, out=tmp_path / "out")
    (record,) = records(tmp_path / "out")
    assert "[PHONE]" in record["text"]
    assert record["privacy"] == ["phone", "birth_date", "address", "private_person"]

"""Training text: what each template writes of a record, what is read back, and the dates that are masked."""

import datetime
import pickle
import re
import subprocess
import sys

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from support.builds import ROOT, SEEDS

import corpus_vn_police as cvp
from corpus_vn_police.periods import is_period
from corpus_vn_police.train.formats import parts_of
from corpus_vn_police.train.masks import masked
from corpus_vn_police.train.templates import NAMES, Parsed, Rendering, parse, render

RECORD = {
    "date": "2020-12-07",
    "title": "Hội nghị",
    "text": "Ngày 7/12, Công an tỉnh họp.",
    "source": {"path": "a.txt", "url": None},
    "captions": [
        {"text": "Ảnh một", "credit": "A"},
        {"text": None, "credit": None},
        {"text": "Ảnh hai", "credit": None},
    ],
    "privacy": ["phone", "email"],
    "event_date": datetime.date(2020, 12, 7),
    "n_chars": 28,
    "share": 0.1,
    "date_conflict": False,
    "year": 2020,
}
FORMATS = ["{date}\n{text}", "[{date}]{text}", "{text} ({date})", "2020{text}|{date}2020", "{{{date}}}-{text}"]

_DATES = st.dates().map(datetime.date.isoformat)
PERIODS = st.one_of(_DATES, _DATES.map(lambda day: day[:7]), _DATES.map(lambda day: day[:4]))
_PIECES = st.sampled_from(
    [" date ", "2020", "-12", "-07", " ", "year: ", " text: ", "<|2020|>", "<|m12|>", "<|d07|>", "Ngày 7 tháng 12 năm 2020: ", "Năm 2020: ", "[", "]", "{", "}", "(", ")", "|", "a\n"]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(_PIECES).map("".join))


def _opens(text, template):
    """Whether a text opens as a header of a template does, or goes on with one."""
    return parse(text, template).date is not None or (template == "token" and re.match(r"<\|[md][0-9]{2}\|>", text))


@pytest.mark.parametrize(
    ("template", "day", "month", "year"),
    [
        ("seed", " date 2020-12-07 ", " date 2020-12 ", " date 2020 "),
        ("year_text", "year: 2020 text: ", "year: 2020 text: ", "year: 2020 text: "),
        ("token", "<|2020|><|m12|><|d07|>", "<|2020|><|m12|>", "<|2020|>"),
        ("natural", "Ngày 7 tháng 12 năm 2020: ", "Tháng 12 năm 2020: ", "Năm 2020: "),
        ("none", "", "", ""),
    ],
)
def test_a_named_template_writes_the_date_as_precise_as_it_is(template, day, month, year):
    headers = {"2020-12-07": day, "2020-12": month, "2020": year, None: ""}
    assert {date: render({"date": date, "text": "a"}, template) for date in headers} == {
        date: f"{header}a" for date, header in headers.items()
    }


@pytest.mark.parametrize("seed", sorted(SEEDS.glob("*.txt")), ids=lambda path: path.stem)
def test_the_template_seed_opens_as_the_seed_does_byte_for_byte(seed, tmp_path):
    (record,) = cvp.build(seed, out=tmp_path / "out").records().to_dicts()
    read, written = seed.read_bytes(), render(record).encode()
    differs = next(at for at, (one, other) in enumerate(zip(read, written, strict=False)) if one != other)
    assert differs > 500  # the text is another one there: a caption was taken out


@given(date=st.none() | PERIODS, text=TEXTS, template=st.sampled_from(NAMES))
@example(date="0001-01-01", text="", template="natural")
@example(date=None, text="Ngày 07 tháng 12 năm 2020: a", template="natural")
@example(date=None, text=" date 2020-13 a", template="seed")
def test_parse_gives_back_what_a_named_template_was_given(date, text, template):
    assume(not _opens(text, template))
    shown = {"none": None, "year_text": date and date[:4]}.get(template, date)
    assert parse(render({"date": date, "text": text}, template), template) == Parsed(shown, text)


@given(date=st.none() | PERIODS, text=TEXTS, template=st.sampled_from(FORMATS))
def test_parse_gives_back_what_a_format_string_was_given(date, text, template):
    assert parse(render({"date": date, "text": text}, template), template) == (date, text)


@given(st.text("0123-", max_size=11) | PERIODS)
def test_a_date_of_the_calendar_is_the_same_here_and_in_the_build(text):
    assert (parts_of(text) is not None) == is_period(text)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{title}\n\n{text}", "Hội nghị\n\nNgày 7/12, Công an tỉnh họp."),
        ("{source.path}|{source.url}|", "a.txt||"),
        ("{captions.text}", "Ảnh một\nẢnh hai"),
        ("{privacy}", "phone\nemail"),
        ("{event_date} {n_chars} {share} {date_conflict}", "2020-12-07 28 0.1 false"),
        ("{{{date}}} {{}}", "{2020-12-07} {}"),
        ("{date}{date}", "2020-12-072020-12-07"),
    ],
)
def test_a_format_string_writes_fields_of_the_record(template, text):
    assert render(RECORD, template) == text


def test_a_struct_that_is_null_and_a_list_that_is_null_give_an_empty_string():
    record = {"source": None, "captions": None, "tags": []}
    assert render(record, "<{source.url}{captions.text}{tags}>") == "<>"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{date!r}", "{date!r} is not a field's name"),
        ("{date:>10}", "{date:>10} is not a field's name"),
        ("{privacy[0]}", "{privacy[0]} is not a field's name"),
        ("{}", "{} is not a field's name"),
        ("{0}", "{0} is not a field's name"),
        ("{source.}", "{source.} is not a field's name"),
        ("{date", "has a { too many at character 0"),
        ("{date}}", "has a } too many at character 6"),
        ("{source}", "'source' is a struct"),
        ("{captions}", "'captions' is a struct"),
        ("{titel}", "'titel' is not a field of the record\ndid you mean 'title'?"),
        ("{source.urls}", "'source.urls' is not a field of the record\ndid you mean 'source.url'?"),
        ("{title.a}", "'title.a' is not a field of the record"),
        ("sed", "'sed' is not a template\ndid you mean 'seed'?"),
        ("plain", "'plain' is not a template\nThere are seed,"),
        (3, "3 is not a template"),
    ],
)
def test_what_no_template_can_say_is_refused(template, said):
    with pytest.raises(cvp.ConfigError, match=re.escape(said)):
        render(RECORD, template)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"text": "a"}, "no field 'date'"),
        ({"date": None}, "no field 'text'"),
        ({"date": "2020-13", "text": "a"}, "'2020-13' is not a date of the calendar"),
        ({"date": 2020, "text": "a"}, "date = 2020 is not a string"),
        ({"date": None, "text": None}, "text = None is not a string"),
    ],
)
def test_a_record_without_text_or_with_a_date_that_is_none_is_refused(record, said):
    with pytest.raises(cvp.ConfigError, match=re.escape(said)):
        render(record)


@pytest.mark.parametrize(
    ("text", "template", "said"),
    [
        ("a", "{title}", "its fields are title"),
        ("a", "{date}{text}", "nothing shows where the date ends"),
        ("a", "{date}-{text}", "nothing shows where the date ends"),
        ("a", "{date} {text} {text}", "its fields are date, text, text"),
        ("a", "[{date}] {text}", "the text is not of the template"),
        ("a", "x", "'x' is not a template"),
    ],
)
def test_what_cannot_be_parsed_is_refused(text, template, said):
    with pytest.raises(cvp.ConfigError, match=re.escape(said)):
        parse(text, template)


def test_a_rendering_names_the_columns_that_it_reads():
    found = [Rendering(template).columns for template in ("seed", "none", "{source.url}{source.path}{text}")]
    assert found == [("date", "text"), ("text",), ("source", "text")]


@pytest.mark.parametrize("template", ["natural", "{title}: {text}"])
def test_a_rendering_pickles_and_compares_by_its_settings(template):
    rendering = Rendering(template, mask_dates=True)
    again = pickle.loads(pickle.dumps(rendering))
    assert (again, hash(again)) == (rendering, hash(rendering))
    assert again.text_of(RECORD) == render(RECORD, template, mask_dates=True)
    assert rendering != Rendering(template)


def test_dates_are_masked_in_what_the_record_says_and_not_in_what_the_template_writes():
    record = {**RECORD, "title": "Hội nghị năm 2020", "privacy": ["2019", "a"]}
    assert render(record, mask_dates=True) == " date 2020-12-07 [DATE], Công an tỉnh họp."
    assert render(record, "năm 2020 {date} {title} {year} {event_date} {privacy}", mask_dates=True) == (
        "năm 2020 2020-12-07 Hội nghị [DATE] 2020 2020-12-07 [DATE]\na"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ngày 7/12/2020, ông", "[DATE], ông"),
        ("lúc 7h50 ngày 05.08.2016", "lúc 7h50 [DATE]"),
        ("từ 1-6-2017", "từ [DATE]"),
        ("Ngày 7/12, Công an", "[DATE], Công an"),
        ("ngày 7-12 và", "[DATE] và"),
        ("ngày 3-5/7, mây", "[DATE], mây"),
        ("Sáng 7-12, tại", "Sáng [DATE], tại"),
        ("hôm nay (7.12), ông", "hôm nay ([DATE]), ông"),
        ("Thứ Năm, 4/6", "Thứ Năm, [DATE]"),
        ("từ 29 đến 31/8/2017", "từ [DATE]"),
        ("(30/4/1975-30/4/2021)", "([DATE]-[DATE])"),
        ("nghỉ lễ 30/4 - 1/5", "nghỉ lễ [DATE]"),
        ("họp (4/5) về", "họp ([DATE]) về"),
        ("ngày 7 tháng 12 năm 2020", "[DATE]"),
        ("Ngày 7 tháng Chạp", "[DATE]"),
        ("tháng 12/2020, tháng 1.2017", "[DATE], [DATE]"),
        ("cuối tháng 12 năm ngoái", "cuối [DATE] năm ngoái"),
        ("quý IV/2016", "[DATE]"),
        ("năm 2020", "[DATE]"),
        ("năm 1842", "[DATE]"),
        ("năm học 2019-2020", "năm học [DATE]"),
        ("giai đoạn 2021 – 2025", "giai đoạn [DATE]"),
        ("mùa giải 2016/17, (2000-06)", "mùa giải [DATE], ([DATE])"),
        ("đặt 30/4 - 1/5 từ sớm", "đặt [DATE] từ sớm"),
        ("SN 1988, (2010)", "SN [DATE], ([DATE])"),
        ("số 01/2019/TT-BCA", "số 01/[DATE]/TT-BCA"),
        ("dữ liệu 2020-12-07", "dữ liệu [DATE]"),
    ],
)
def test_an_explicit_date_is_masked(text, shown):
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "2.020 người", "2000 người", "hơn 2000 quả", "1920x1080", "1.920.000", "19002020", "1900 1234", "0912.2020.123",
        "3/4 số phiếu", "vòng 1/8", "hoạt động 24/7", "thắng 3-1", "từ 3-4 lạng", "đường 30/4", "số 25/3 phố Huế",
        "lương tháng 13", "mỗi tháng 5 triệu", "6 tháng 10 ngày", "hàng tháng ba mẹ", "năm 20 tuổi", "Android 7.0",
    ],
)  # fmt: skip
def test_an_amount_a_score_and_a_place_are_not_masked(text):
    assert masked(text) == text


@given(
    st.lists(
        st.sampled_from(["ngày ", "7", "/", "12", "2020", " tháng ", " năm ", "-", ".", "đến ", "(", " người", ", "])
    )
)
def test_a_text_that_was_masked_stays_as_it_is(pieces):
    once = masked("".join(pieces))
    assert masked(once) == once


def test_a_month_after_a_date_is_masked_too():
    assert masked("năm 2020 tháng 7, 7/12/2020 tháng 8") == "[DATE] [DATE], [DATE] [DATE]"


def test_rendering_imports_neither_polars_nor_arrow():
    code = (
        "import sys; from corpus_vn_police import train; train.render({'date': '2020', 'text': 'a'}, mask_dates=True);"
        "train.parse('a'); print(sorted({'polars', 'pyarrow', 'numpy', 'torch', 'tokenizers'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"

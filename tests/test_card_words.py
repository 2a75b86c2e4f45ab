"""The words of the card: its first sentence, licence, example, fields, counts, contents and citation."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from support.figures import FIGURES

import corpus_vn_police as cvp
from corpus_vn_police.config import load_config
from corpus_vn_police.contract import load_contract
from corpus_vn_police.dataset.figures import SplitFigures
from corpus_vn_police.documents.field_lines import FieldLine, field_lines
from corpus_vn_police.documents.markdown import code
from corpus_vn_police.documents.phrases import bibtex, left_out, licence, megabytes, most_of, opening, personal_data
from corpus_vn_police.documents.sections import BLOCKS, compose
from corpus_vn_police.errors import ConfigError

CORPUS = load_config(None)
_BLOCKS = dict.fromkeys(BLOCKS, "0")


def _split(name, records, first, last, undated=0):
    return SplitFigures(name, records, undated, first, last, 1, 1, 1)


@pytest.mark.parametrize(
    ("splits", "strategy", "language", "said"),
    [
        (
            [_split("train", 2000, "2019-09-02", "2021-04-01"), _split("validation", 600, "2021-04-02", "2021-04-30"),
             _split("test", 52, "2021-05", "2021-05-02")],
            "temporal", "vi",
            "2,652 Vietnamese news articles, 2019-09 to 2021-05, split by date into train, validation and test.",
        ),
        ([_split("train", 1, "2020-12", "2020-12")], "temporal", "vi",
         "1 Vietnamese news article, 2020-12, all in one split, train."),
        ([_split("train", 3, None, None, 3)], "temporal", "vi",
         "3 Vietnamese news articles, undated, all in one split, train."),
        ([_split("train", 3, "2019", "2020", 2), _split("test", 1, "2021-01-01", "2021-01-01")], "hash", "tay",
         "4 `tay` news articles, 2019 to 2021-01 (2 undated), split by hash into train and test."),
    ],
)  # fmt: skip
def test_the_card_opens_with_what_the_files_hold(splits, strategy, language, said):
    corpus = replace(CORPUS, language=language, splits=replace(CORPUS.splits, strategy=strategy))
    assert opening(corpus, replace(FIGURES, splits=splits)) == said


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"license": "cc-by-4.0"}, "`cc-by-4.0`."),
        (
            {"license_name": "ours", "license_link": "https://example.org/l"},
            "`ours` (https://example.org/l), which is not a standard licence: read it before you use the texts.",
        ),
        ({"license_link": "LICENSE"}, "not a standard licence (LICENSE): read it before you use the texts."),
        ({}, "not named. Ask before you use the texts."),
    ],
)
def test_the_licence_is_a_sentence(keys, said):
    assert licence(replace(CORPUS, **keys)) == said


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({}, "7 of 29 source texts: 3 rejected, 1 duplicate, 2 near duplicates, 1 taken down "
             "([why](#data-collection-and-processing))"),
        (dict.fromkeys(("rejected", "duplicate", "near_duplicate", "removed"), 0), "none of 22 source texts"),
    ],
)  # fmt: skip
def test_what_was_left_out_is_counted(status, said):
    assert left_out(replace(FIGURES, status={**FIGURES.status, **status})) == said


@pytest.mark.parametrize(
    ("years", "said"),
    [
        ({}, ""),
        ({"2020": 5}, ""),
        ({"2020": 5, "2021": 5}, ""),
        ({"2020": 1, "2021": 3}, "; 75% of the dated records are from 2021"),
    ],
)
def test_a_year_that_most_records_are_from_is_named(years, said):
    assert most_of(replace(FIGURES, years=years)) == said


@pytest.mark.parametrize(
    ("mode", "annotations", "found", "said"),
    [
        ("flag", False, {}, "nobody has looked for it"),
        ("flag", True, {}, "pattern rules found none, but the rules may miss some"),
        ("flag", True, {"phone": 1},
         "pattern rules found some, and it is still in the texts; [which kinds](#personal-and-sensitive-information)"),
        ("mask", False, {"phone": 1}, "what pattern rules found is masked, but the rules may miss some"),
        ("drop", True, {}, "records in which pattern rules found some are left out, but the rules may miss some"),
    ],
)  # fmt: skip
def test_what_became_of_personal_data_is_said(mode, annotations, found, said):
    corpus = replace(CORPUS, privacy=mode, annotations=annotations)
    assert personal_data(corpus, replace(FIGURES, privacy=found)) == said


@pytest.mark.parametrize(("size", "said"), [(980, "1.0 kB"), (99_999, "100.0 kB"), (3_780_000_000, "3,780.0 MB")])
def test_sizes_are_in_units_of_a_thousand(size, said):
    assert megabytes(size) == said


def test_a_keeper_without_a_citation_gets_an_entry_for_bibtex():
    corpus = replace(CORPUS, name="tin-1", title="Tin & {ảnh} 100%", version="0.2.0", repo="a/b")
    assert bibtex(corpus, FIGURES, "sha256:00") == (
        "@misc{tin_1_0_2_0,\n"
        "  title        = {{Tin \\& \\{ảnh\\} 100\\%}},\n"
        "  version      = {0.2.0},\n"
        "  howpublished = {\\url{hf://datasets/a/b}},\n"
        "  note         = {Dataset, articles 2019 to 2023-06 (2 undated), content digest sha256:00},\n"
        "}"
    )


def test_the_contents_link_to_every_heading_of_level_2():
    card = compose("## Uses\n\nA\n\n## Của tôi, [và](x) `bạn`!\n\nB\n", _BLOCKS)
    (line,) = re.findall("<!-- measured: contents -->\n(.*)\n<!-- end", card)
    assert re.findall(r"\]\((#[^)]*)\)", line)[:3] == ["#dataset-details", "#uses", "#của-tôi-vàx-bạn"]
    assert re.findall(r"\]\((#[^)]*)\)", line)[-1] == "#dataset-card-contact"
    assert "[Của tôi, \\[và](x) \\`bạn\\`!](#" in line


@given(st.text(st.sampled_from("`|a \n\\<&*_"), max_size=12))
def test_a_value_in_code_shows_just_this_value(text):
    shown = MarkdownIt("commonmark").parseInline(f"x {code(text)} y")[0].children
    inside = [each.content for each in shown if each.type == "code_inline"]
    assert [each.strip() for each in inside] == ([" ".join(text.split())] if text.strip() else inside)


def test_a_field_has_its_type_an_example_and_the_fields_inside_it():
    lines = {line.name: line for line in field_lines(load_contract("record"), {"year": 2020, "captions.text": "a|b`"})}
    year, captions = lines["year"], lines["captions"]
    assert (year.type, year.meaning.endswith(" Example: `2020`")) == ("int16 or null", True)
    assert re.findall(r"<br>• `(\w+)` \(([^)]*)\)", captions.meaning) == [
        ("text", "string"), ("credit", "string or null"), ("after_paragraph", "int32")
    ]  # fmt: skip
    assert "Example: `` a\\|b` ``<br>" in captions.meaning
    assert isinstance(captions, FieldLine)


def test_an_example_without_spaces_is_cut_so_that_a_table_fits_a_phone():
    (line,) = (each for each in field_lines(load_contract("sources"), {"path": 30 * "a"}) if each.name == "path")
    assert line.meaning.endswith(f" Example: `{24 * 'a'}…`")


# Of a build


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    rows = [
        {"text": "Ông Trần Văn Xuân (SN 1980, trú tại thôn 3, xã Ea Kao) bị công an huyện bắt giữ.", "title": "Bắt một người",
         "date": "2020-12", "url": "https://example.org/1", "source": "Báo A", "topic": "crime"},
        {"text": "Lực lượng đã hoàn thành nhiệm vụ được giao trong năm.", "date": "2020-11", "source": "Báo B | C"},
        {"text": "Công an tỉnh Lào Cai tổ chức hội nghị tổng kết.", "title": "Hội nghị", "date": "2021-01-05",
         "url": "https://example.org/3", "source": "Báo A", "topic": "meeting"},
    ]  # fmt: skip
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "file.txt").write_text(
        " date 2021-02 Tin trong tháng.\n\nCán bộ và chiến sĩ về thăm các gia đình chính sách."
    )
    config = {"repo": "keeper/news", "summary": "Tin <b>.", "card": {"by": ["topic"]}}
    fields = {"properties": {"topic": {"description": "The topic.", "type": ["string", "null"]}}}
    cvp.build(folder, out=folder.parent / "out", config=config, fields=fields, workers=1)
    return folder.parent / "out"


def _block(out, name):
    card = (out / "README.md").read_text(encoding="utf-8")
    return re.search(f"(?s)<!-- measured: {name} -->\n(.*?)\n<!-- end", card)[1]


def test_the_first_words_are_the_measured_sentence_and_the_keeper_s_summary(out):
    assert _block(out, "summary") == (
        "**4 Vietnamese news articles, 2020-11 to 2021-02, all in one split, train.**\n\nTin \\<b>."
    )


def test_the_code_loads_from_the_repository_that_the_keeper_names(out):
    code = _block(out, "loading")
    assert re.findall('"(.*keeper/news.*?)"', code) == [
        "keeper/news", "keeper/news", "keeper/news", "keeper/news", "hf://datasets/keeper/news/data/*.parquet"
    ]  # fmt: skip
    assert ('revision="v0.1.0"' in code, "FOLDER" in code, 'record["year"] == 2021' in code) == (True, False, True)


def test_the_example_is_the_record_with_most_fields_and_without_personal_data(out):
    record = json.loads(re.search("(?s)````json\n(.*?)\n````", _block(out, "example"))[1])
    assert [*record][:3] == ["text", "title", "date"]
    assert record == {
        "text": "Công an tỉnh Lào Cai tổ chức hội nghị tổng kết.",
        "title": "Hội nghị",
        "date": "2021-01-05",
        "id": record["id"],
        "year": 2021,
        "n_syllables": 11,
        "source": {"path": "rows.jsonl#3", "url": "https://example.org/3", "publisher": "Báo A"},
        "topic": "meeting",
    }
    assert "Xuân" not in (out / "README.md").read_text(encoding="utf-8")


def test_records_are_counted_by_publisher_and_by_the_fields_that_the_keeper_names(out):
    assert _block(out, "counts").split("\n") == [
        "| `source.publisher` | records |", "|---|---:|", "| Báo A | 2 |", "| Báo B \\| C | 1 |", "| *no value* | 1 |",
        "",
        "| `topic` | records |", "|---|---:|", "| crime | 1 |", "| meeting | 1 |", "| *no value* | 2 |",
    ]  # fmt: skip


def test_titles_of_rows_are_counted_apart(out):
    assert "| `title` of a row: given by the source, or found by rules | 2 | 50.0% |" in _block(out, "structure")


def test_the_settings_of_the_card_come_back_from_a_build(out, tmp_path):
    before = (out / "README.md").read_text(encoding="utf-8")
    assert cvp.card(out) == before
    assert cvp.verify(out).ok


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (["plce"], "card.by has 'plce', which is not a field with values that can be counted"),
        (["captions"], "card.by has 'captions', which is not a field with values that can be counted"),
    ],
)
def test_a_field_that_cannot_be_counted_is_refused_before_anything_is_read(write, by, said):
    with pytest.raises(ConfigError, match=re.escape(said)) as error:
        cvp.check(write({"a.txt": "a"}), config={"card": {"by": by}})
    assert ("did you mean 'place'?" in error.value.hint) == (by == ["plce"])


def test_a_name_that_the_hub_does_not_take_is_refused(write):
    with pytest.raises(ConfigError, match='repo = "keeper" is not allowed'):
        cvp.check(write({"a.txt": "a"}), config={"repo": "keeper"})

"""The keeper's page: what it shows is what the files say, and nothing in a text can do anything there."""

import json
import re
import shutil
import threading
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from operator import itemgetter
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.articles import article, changed, seed_text
from support.builds import ledger, records, sign
from support.tamper import retable

import corpus_vn_police as cvp
from corpus_vn_police.commands.report.changes import find_changes
from corpus_vn_police.commands.report.shown import Raw, decoded, named, shown_line
from corpus_vn_police.commands.report.sides import compare_texts
from corpus_vn_police.commands.report.texts import segments
from corpus_vn_police.commands.report.write import PageOptions, write_report
from corpus_vn_police.dataset.figures import measure
from corpus_vn_police.errors import ConfigError, DamagedError, DiskError, InputError, OutputError
from corpus_vn_police.paths import output_path

pytestmark = pytest.mark.xdist_group("report")

_HOSTILE = "</script><img src=x onerror=hit()><script>hit()</script> \u202edlo\u202c \u2028 {{ 7*7 }} <!-- & &lt;"
_SLY = "<marquee onstart=hit()> </textarea> \u202edlo\u202c \u2028 {{ 7*7 }} ' \" & ]]>"  # which no rule rejects
_LONG_WORD = "đ" + "ữ" * 1_000
_PAGE = """Thêm nhiều vụ lừa đảo qua mạng bị phát hiện tại Đồng Tháp trong năm nay

Ngày 7/12, Công an tỉnh Đồng Tháp cho biết đã bắt giữ hai đối tượng trộm cắp tài sản của người dân trên địa bàn.

Hai đối tượng tại cơ quan điều tra. Ảnh: CACC

Xem thêm: Tin khác trong ngày

Hiện vụ án đang được Cơ quan Cảnh sát điều tra tiếp tục điều tra, làm rõ để xử lý theo quy định của pháp luật.

Nguyễn Văn Trí"""


def _row(number):
    """A row of two publishers, twelve months and one telephone number; one of them has a URL that is no address."""
    text = " ".join(article(300 + number)) + (" Điện thoại: 0912.345.678." if number == 5 else "")
    url = "javascript:hit()" if number == 7 else f"https://example.vn/{number}.html"
    return {
        "id": str(number), "title": _SLY, "text": text, "date": f"2020-{1 + number % 12:02}", "url": url,
        "source": ("Báo A", "Báo B")[number % 2],
    }  # fmt: skip


_FILES = {
    "page.txt": f" date 2020-12-08 {_PAGE}",
    "fused.txt": f" date 2020-09 {' '.join(article(6))}. Hai đối tượng tại cơ quan. Ảnh: CACC. Đến nay {' '.join(article(7))}.",
    "spaces.txt": seed_text("2020-05", article(1)).replace(" ", "\u00a0", 2).replace("a", "a\u200b", 1),
    "stayed.txt": seed_text("2020-06", article(2)),
    "near.txt": seed_text("2021-02", changed(article(2), 80)),
    "copy.txt": seed_text("2021-03", ["—", *article(2)]),
    "bytes.txt": b"tin \xff\xfe tin",
    "nul.txt": b"tin\0tin",
    "month.txt": " date 2020-13 tin",
    "hostile.txt": f" date 2021-04 {' '.join(article(3))} {_SLY} {_LONG_WORD}",
    "rejected.txt": f" date 2021-04 {_HOSTILE}",
    "<img src=x onerror=hit()>\u202e.txt": seed_text("2021-05", article(4)),
    "test.txt": seed_text("2024-01", article(5)),
    "homoglyph.txt": seed_text("2021-06", [*article(8), "\u0441ông", *article(9)]),
    "n10.txt": "tin\0mười",
    "n2.txt": "tin\0hai",
    "rows.jsonl": "".join(json.dumps(_row(n)) + "\n" for n in range(70)),
    "corpus.toml": 'name = "try"\n[splits]\ntest_from = "2023-01"\n',
}


def _write(folder, files):
    for name, content in files.items():
        path = folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Seeds in `in`, built into `out`, and their report in `report.html`."""
    folder = _write(tmp_path_factory.mktemp("report"), _FILES)
    cvp.build(folder / "in", out=folder / "out", workers=1)
    cvp.report(folder / "out", seeds=folder / "in", out=folder / "report.html")
    return folder


@pytest.fixture
def out(base, tmp_path):
    return shutil.copytree(base / "out", tmp_path / "out")


def _data(page):
    html = Path(page).read_text(encoding="utf-8")
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    return json.loads(data)


def _texts(page):
    """Of each path that is shown with its text what the page has of it."""
    data = _data(page)
    return {data["ledger"]["path"][text["row"]]: text for text in data["texts"]}


class _Cells(HTMLParser):
    """The words of each list term and table row, in order."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def handle_starttag(self, tag, attributes):
        if tag in ("tr", "dt"):
            self.rows.append([])

    def handle_endtag(self, tag):
        if tag in ("tr", "dd"):
            self.rows.append([])

    def handle_data(self, data):
        if self.rows and data.strip():
            self.rows[-1].append(data.strip())


def _cells(page):
    parser = _Cells()
    parser.feed(Path(page).read_text(encoding="utf-8").split("<dialog")[0])
    return parser.rows


# What the page says


def test_the_figures_on_the_page_are_those_of_the_files(base):
    figures, cells = measure(base / "out"), _cells(base / "report.html")
    for status, count in figures.status.items():
        assert [status.replace("_", " "), str(count)] in [row[:2] for row in cells]
    for split in figures.splits:
        numbers = [f"{getattr(split, name):,}" for name in ("paragraphs", "syllables", "chars")]
        assert [split.split, str(split.records), str(split.undated), split.first, split.last, *numbers] in cells
    for reason, count in figures.reasons.items():
        assert [reason, str(count)] in cells


def test_the_ledger_on_the_page_is_the_ledger(base):
    shown = _data(base / "report.html")["ledger"]
    names = {name: shown[name]["names"] for name in ("status", "reason", "why")}
    found = [
        {
            "path": shown["path"][row],
            "id": shown["id"][row] or None,
            "bytes": shown["bytes"][row],
            "duplicate_of": shown["like"].get(str(row)),
            "similarity": shown["similarity"].get(str(row)),
        }
        | {name: None if (n := shown[name]["rows"][row]) < 0 else names[name][n] for name in ("status", "reason")}
        for row in range(len(shown["path"]))
    ]
    there = [
        {name: row[name] for name in found[0]}
        | {"path": shown_line(row["path"]), "similarity": row["similarity"] and round(row["similarity"], 4)}
        for row in ledger(base / "out")
    ]
    assert sorted(found, key=itemgetter("path")) == sorted(there, key=itemgetter("path"))


def test_the_rows_are_in_the_order_in_which_people_count(base):
    paths = _data(base / "report.html")["ledger"]["path"]
    assert [path for path in paths if path[0] == "n"] == ["n2.txt", "n10.txt", "near.txt", "nul.txt"]
    assert [path for path in paths if path.startswith("rows")] == [f"rows.jsonl#{n}" for n in range(1, 71)]


def test_a_row_has_title_date_split_publisher_and_personal_data(base):
    shown = _data(base / "report.html")["ledger"]

    def said(path):
        row = shown["path"].index(path)
        numbered = (shown[name] for name in ("date", "split", "publisher", "privacy"))
        return [shown["title"][row], *("" if (n := each["rows"][row]) < 0 else each["names"][n] for each in numbered)]

    first = " ".join([*article(8), "\u0441ông", *article(9)])
    assert said("rows.jsonl#6") == [
        "<marquee onstart=hit()> </textarea> dlo {{ 7*7 }} ' \" & ]]>",
        "2020-06",
        "train",
        "Báo B",
        "phone",
    ]
    assert said("homoglyph.txt") == [f"{first[:100]}…", "2021-06", "", "", ""]
    assert said("test.txt") == ["", "2024-01", "test", "", ""]


def test_two_reports_of_one_build_are_the_same_bytes_in_any_process(base, cli, tmp_path):
    again = tmp_path / "again.html"
    told = cli("report", "out", "--seeds", "in", "--out", again, "--json", cwd=base, PYTHONHASHSEED="7")
    assert told.returncode == 0, told.stderr
    assert again.read_bytes() == (base / "report.html").read_bytes()
    rows = len(ledger(base / "out"))
    assert json.loads(told.stdout) == {
        "out": str(again), "bytes": again.stat().st_size, "seeds": rows, "rows": rows,
        "records": len(records(base / "out")), "left_out": 9,
    }  # fmt: skip


def test_the_parts_of_a_text_have_their_kinds_in_the_order_of_the_page(base):
    paragraphs = _PAGE.split("\n\n")
    units = [(unit["kind"], unit["text"]) for unit in _texts(base / "report.html")["page.txt"]["units"]]
    assert units == [
        ("header", [["date 2020-12-08"]]),
        ("title", [[paragraphs[0]]]),
        ("dateline", [[paragraphs[1]]]),
        ("caption", [["Hai đối tượng tại cơ quan điều tra."]]),
        ("taken", [["Ảnh: CACC"]]),
        ("residue", [[paragraphs[3]]]),
        ("body", [[paragraphs[4]]]),
        ("byline", [[paragraphs[5]]]),
    ]


def test_a_caption_inside_a_paragraph_is_shown_and_said(base):
    text = _texts(base / "report.html")["fused.txt"]
    assert [unit["kind"] for unit in text["units"]] == ["header", "caption", "body"]
    assert text["note"].startswith("A caption stood inside a paragraph")


def test_the_body_that_is_shown_is_the_text_of_the_record(base):
    texts = {record["source"]["path"]: record["text"] for record in records(base / "out")}
    for path, text in _texts(base / "report.html").items():
        if path in texts and "units" in text:
            bodies = [unit for unit in text["units"] if unit["kind"] in ("body", "dateline")]
            whole = "\n\n".join("".join(piece[0] for piece in unit["text"]) for unit in bodies)
            assert whole == texts[path].replace("\u202e", "\\u202e").replace("\u202c", "\\u202c")


def test_every_change_of_a_text_is_named_and_counted(base):
    text = _texts(base / "report.html")["spaces.txt"]
    assert sorted(text["changes"]) == [
        ["U+00A0 NO-BREAK SPACE", "", 1],
        ["U+00A0 NO-BREAK SPACE", "U+0020 SPACE", 1],
        ["U+200B ZERO WIDTH SPACE", "", 1],
    ]


def test_a_near_duplicate_stands_beside_what_stayed_with_its_differences(base):
    text = _texts(base / "report.html")["near.txt"]
    words = article(2)
    assert text["sides"] == [
        ["=", " ".join(words[:80])],
        ["-", words[80]],
        ["+", "mới80"],
        ["=", " ".join(words[81:]) + "."],
    ]


def test_rejected_texts_are_shown_with_their_damage_apart(base):
    texts = _texts(base / "report.html")
    assert texts["bytes.txt"]["raw"] == [["=", "tin "], ["!", "\\xff", 1], ["!", "\\xfe"], ["=", " tin"]]
    assert texts["nul.txt"]["raw"] == [["=", "tin"], ["!", "\\x00", 1], ["=", "tin"]]
    assert texts["month.txt"]["raw"] == [["=", " "], ["=", "date 2020-13", 1], ["=", " tin"]]


def test_without_seeds_nothing_left_out_is_shown_and_the_page_says_what_they_would_add(base, tmp_path):
    page = cvp.report(base / "out", out=tmp_path / "r.html")
    assert (page.left_out, page.records) == (0, len(records(base / "out")))
    assert set(_texts(tmp_path / "r.html")) & {"near.txt", "copy.txt", "bytes.txt"} == set()
    assert "With <code>--seeds SEEDS</code>" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_what_cannot_be_shown_says_why(base, tmp_path):
    page = cvp.report(base / "out", seeds=base / "in", out=tmp_path / "few.html", sample=2)
    assert (page.records, page.left_out) == (2, 2)
    assert cvp.report(base / "out", seeds=base / "in", out=tmp_path / "none.html", sample=0).left_out == 0
    assert _data(tmp_path / "none.html")["texts"] == []
    _write(tmp_path, {"a.txt": "tin", "big.txt": "tin " * 100, "corpus.toml": "[limits]\nmax_bytes = 99\n"})
    cvp.build(tmp_path / "in", out=tmp_path / "out", workers=1)
    cvp.report(tmp_path / "out", seeds=tmp_path / "in", out=tmp_path / "r.html")
    assert _texts(tmp_path / "r.html")["big.txt"]["note"] == (
        "Its bytes were not read, so there is no text to show. The reason above says why."
    )


def test_a_build_without_sources_shows_its_records_and_says_what_is_missing(tmp_path):
    _write(tmp_path, {"page.txt": _FILES["page.txt"], "corpus.toml": "[sources]\nenabled = false\n"})
    cvp.build(tmp_path / "in", out=tmp_path / "out", workers=1)
    cvp.report(tmp_path / "out", out=tmp_path / "r.html")
    text = _texts(tmp_path / "r.html")["page.txt"]
    assert [unit["kind"] for unit in text["units"]] == ["title", "dateline", "caption", "body", "byline"]
    assert text["note"] == "The seed's bytes are not in this build, so what was taken out of the text is not shown."
    assert text["changes"] is None


def test_a_record_that_this_version_takes_apart_differently_is_shown_as_it_was_published(tmp_path):
    _write(tmp_path, {"page.txt": _FILES["page.txt"], "corpus.toml": "[structure]\nenabled = false\n"})
    cvp.build(tmp_path / "in", out=tmp_path / "out", workers=1)
    cvp.report(tmp_path / "out", out=tmp_path / "plain.html")
    config = json.loads((tmp_path / "out/manifest.json").read_text(encoding="utf-8"))["config"]
    sign(tmp_path / "out", config={**config, "structure": {"enabled": True}})
    cvp.report(tmp_path / "out", out=tmp_path / "r.html")
    plain, text = _texts(tmp_path / "plain.html")["page.txt"], _texts(tmp_path / "r.html")["page.txt"]
    assert [unit["kind"] for unit in plain["units"]] == ["header", *["body"] * 6]
    assert [unit["text"][0][0] for unit in text["units"]] == _PAGE.split("\n\n")
    assert (plain["note"], text["note"].split(";")[0]) == (None, "This version takes the seed apart differently")


def test_annotations_are_marked_in_code_points(out, tmp_path):
    text = next(row for row in records(out) if row["source"]["path"] == "page.txt")
    first, second = text["text"].index("Công an tỉnh"), text["text"].index("vụ án")

    def annotate(table):
        rows = table.to_pylist()
        for row in rows:
            if row["id"] == text["id"]:
                row["people"] = [
                    {"start": first, "end": first + 7, "name": "𝐀 Lâm", "rank": None, "title": "Bộ trưởng"}
                ]
                row["personal"] = [{"start": second, "end": second + 5, "kind": "plate"}]
        return table.from_pylist(rows, schema=table.schema)

    retable(out, "annotations/train-00000-of-00001.parquet", annotate)
    cvp.report(out, out=tmp_path / "r.html")
    units = {unit["kind"]: unit["text"] for unit in _texts(tmp_path / "r.html")["page.txt"]["units"]}
    assert units["dateline"][:2] == [["Ngày 7/12, "], ["Công an", ["people", "𝐀 Lâm, Bộ trưởng", True]]]
    assert units["body"][:2] == [["Hiện "], ["vụ án", ["personal", "plate", True]]]


def test_spans_that_overlap_cut_a_paragraph_at_each_edge():
    spans = [
        [
            8,
            14,
            "quotes",
            "",
        ],
        [10, 12, "people", "B"],
        [13, 30, "personal", ""],
    ]
    assert segments("a𝐀cdefgh", 7, spans) == [
        ["a"],
        ["𝐀c", ["quotes", "", True]],
        ["de", ["quotes", "", False], ["people", "B", True]],
        ["f", ["quotes", "", False]],
        ["g", ["quotes", "", False], ["personal", "", True]],
        ["h", ["personal", "", False]],
    ]  # fmt: skip


# The parts it is made of


def test_changes_are_told_apart_by_code_points():
    found = find_changes(" tie\u0302\u0301n \u00a0đi\r\nxa\u200b ", "tiến đi\nxa")
    assert dict(found.counts) == {
        (" ", ""): 1,
        ("e\u0302\u0301", "ế"): 1,
        ("\u00a0", ""): 1,
        ("\r\n", "\n"): 1,
        ("\u200b ", ""): 1,
    }
    assert found.lines[1] == [["=", "xa"], ["-", "\\u200b␣"]]
    assert named("\u200b ") == "U+200B ZERO WIDTH SPACE + U+0020 SPACE"


def test_texts_that_are_the_same_have_no_changes():
    found = find_changes("một\n\nhai", "một\n\nhai")
    assert (dict(found.counts), found.lines, found.more, found.untold) == ({}, [], 0, 0)


def test_a_line_too_long_for_its_changes_to_be_told_apart_is_counted():
    found = find_changes(f" {'một hai ' * 5_000} ba  bốn\nnăm\u200b", f"{'một hai ' * 5_000}ba bốn\nnăm")
    assert (dict(found.counts), found.untold) == ({("\u200b", ""): 1}, 1)


def test_bytes_that_are_no_text_cannot_be_taken_for_text():
    assert decoded(b"\\xff \xff\xc3\xa0\x07") == Raw(
        [["=", "\\xff "], ["!", "\\xff"], ["=", "à"], ["!", "\\x07"]], 0, 0
    )


def test_bytes_that_come_apart_in_thousands_of_pieces_are_cut_and_the_rest_counted():
    raw = decoded("đ".join("\x07" * 5_000).encode())
    assert (len(raw.segments), raw.more) == (2_000, 4_999 * 2 + 5_000 - 3 * 1_000)


def test_a_place_that_is_far_from_the_beginning_is_shown_and_what_is_before_it_counted():
    raw = decoded(b"a" * 30_000 + b"\0" + b"b" * 30_000, [(30_000, 30_001)])
    assert raw == Raw([["=", "a" * 2_000], ["!", "\\x00", 1], ["=", "b" * 17_999]], 28_000, 12_001)


def test_sides_say_what_each_alone_has():
    assert compare_texts("a b\n\nc d", "a x\n\nc d e") == (
        [["=", "a"], ["-", "b"], ["+", "x"], ["=", "\n\n c d"], ["+", "e"]], 0,
    )  # fmt: skip


def test_what_the_manifest_says_is_text_too(out, tmp_path):
    sign(out, generator="<img src=x onerror=hit()>\u202e")
    cvp.report(out, out=tmp_path / "r.html")
    assert "<footer><p>&lt;img src=x onerror=hit()&gt;\\u202e." in (tmp_path / "r.html").read_text(encoding="utf-8")


# What it never shows


def test_what_was_taken_down_is_not_shown_although_its_seed_is_there(base, out, tmp_path):
    stayed = next(row["id"] for row in ledger(out) if row["path"] == "stayed.txt")
    cvp.remove(out, stayed, reason="asked for")
    cvp.report(out, seeds=base / "in", out=tmp_path / "r.html")
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert " ".join(article(2)[:5]) not in html
    assert " ".join(article(2)[-5:]) not in html
    assert " ".join(article(1)[-5:]) in html
    statuses = _data(tmp_path / "r.html")["ledger"]["status"]
    assert [statuses["names"][number] for number in statuses["rows"]].count("removed") == 3


def test_what_removed_csv_names_is_not_shown_although_the_build_still_has_it(base, tmp_path):
    rows = {row["path"]: row for row in ledger(base / "out")}
    files = {**_FILES, "removed.csv": f"id,sha256,date,reason\n{rows['stayed.txt']['id']},,,\n{rows['rows.jsonl#2']['id']},,,\n,{rows['bytes.txt']['sha256']},,\n"}  # fmt: skip
    _write(tmp_path, files)
    cvp.report(base / "out", seeds=tmp_path / "in", out=tmp_path / "r.html")
    shown = _texts(tmp_path / "r.html")
    assert shown.keys() & {"stayed.txt", "near.txt", "copy.txt", "bytes.txt"} == set()
    assert {"spaces.txt", "nul.txt"} <= shown.keys()
    table = _data(tmp_path / "r.html")["ledger"]
    titles = dict(zip(table["path"], table["title"], strict=True))
    assert (titles["rows.jsonl#2"], titles["near.txt"], bool(titles["rows.jsonl#3"])) == ("", "", True)
    assert " ".join(article(2)[-5:]) not in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_a_seed_that_changed_since_is_not_shown_as_if_it_were_the_one_left_out(base, tmp_path):
    _write(tmp_path, {**_FILES, "bytes.txt": b"tin \xff khac"})
    (tmp_path / "in/nul.txt").unlink()
    cvp.report(base / "out", seeds=tmp_path / "in", out=tmp_path / "r.html")
    gone = {"note": "The input no longer has this seed, or has it with other bytes. Give the input that was built."}
    texts = _texts(tmp_path / "r.html")
    assert [{k: v for k, v in texts[p].items() if k != "row"} for p in ("bytes.txt", "nul.txt")] == [gone, gone]


# Its bounds


def test_at_most_a_thousand_records_are_shown_with_their_text_and_long_ones_are_cut(tmp_path):
    rows = [{"id": str(n), "text": f"{' '.join(article(n, 8))}"} for n in range(1_100)]
    rows.append({"id": "long", "text": " ".join(article(9_999, 400_000))})
    _write(tmp_path, {"rows.jsonl": "\n".join(map(json.dumps, rows)), "corpus.toml": '[dedup]\nlevel = "off"\n'})
    cvp.build(tmp_path / "in", out=tmp_path / "out", workers=1)
    page = cvp.report(tmp_path / "out", out=tmp_path / "r.html")
    assert (page.seeds, page.rows, page.records) == (1_101, 1_101, 1_000)
    assert page.bytes == (tmp_path / "r.html").stat().st_size < 1_500_000
    few = cvp.report(tmp_path / "out", out=tmp_path / "few.html", sample=20)
    other = cvp.report(tmp_path / "out", out=tmp_path / "other.html", sample=20, seed=1)
    assert few.records == other.records == 20
    assert _texts(tmp_path / "few.html").keys() <= _texts(tmp_path / "r.html").keys()
    assert _texts(tmp_path / "few.html").keys() != _texts(tmp_path / "other.html").keys()
    with pytest.raises(ConfigError, match="sample = 1001"):
        cvp.report(tmp_path / "out", out=tmp_path / "r.html", sample=1_001)


def test_a_text_longer_than_is_shown_says_how_much_is_not(tmp_path):
    _write(tmp_path, {"long.txt": " ".join(article(1, 10_000))})
    cvp.build(tmp_path / "in", out=tmp_path / "out", workers=1)
    cvp.report(tmp_path / "out", out=tmp_path / "r.html")
    text = _texts(tmp_path / "r.html")["long.txt"]
    shown = sum(len(piece[0]) for unit in text["units"] for piece in unit["text"])
    assert (shown, text["more"]) == (20_000, records(tmp_path / "out")[0]["n_chars"] - 20_000)


def test_of_more_rows_than_a_page_holds_those_left_out_go_first_and_the_number_is_told(base, tmp_path):
    page = write_report(base / "out", output_path(tmp_path / "r.html"), PageOptions(sample=4, rows=20))
    assert (page.seeds, page.rows) == (len(ledger(base / "out")), 20)
    shown = _data(tmp_path / "r.html")["ledger"]
    left = [row["path"] for row in ledger(base / "out") if row["status"] != "published"]
    assert set(left) <= set(shown["path"])
    assert f"This page has 20 of the {page.seeds} rows of the ledger" in (tmp_path / "r.html").read_text(
        encoding="utf-8"
    )
    assert write_report(base / "out", output_path(tmp_path / "r.html"), PageOptions(sample=4, rows=8)).rows == 8


def test_of_rejected_seeds_each_reason_has_its_turn(tmp_path):
    files = {f"{number}.txt": f"tin\0{number}" for number in range(20)}
    _write(tmp_path, {**files, "a.txt": "tin", "bytes.txt": b"tin \xff", "month.txt": "date 2020-13 tin"})
    cvp.build(tmp_path / "in", out=tmp_path / "out", workers=1)
    page = cvp.report(tmp_path / "out", seeds=tmp_path / "in", out=tmp_path / "r.html", sample=3)
    assert page.left_out == 3
    assert {"bytes.txt", "month.txt"} <= _texts(tmp_path / "r.html").keys()


# Where it goes


def test_the_page_never_goes_into_the_build(out, tmp_path):
    (tmp_path / "link").symlink_to(out)
    for place in (out / "report.html", tmp_path / "link/new/report.html"):
        with pytest.raises(ConfigError, match="is inside the build"):
            cvp.report(out, out=place)
    with pytest.raises(ConfigError, match="is a folder"):
        cvp.report(out, out=tmp_path)
    assert not (out / "report.html").exists()
    assert not (out / "new").exists()


def test_what_is_no_build_is_named(out, tmp_path):
    with pytest.raises(OutputError, match="is not a build"):
        cvp.report(tmp_path / "in", out=tmp_path / "r.html")
    with pytest.raises(InputError):
        cvp.report(out, out=tmp_path / "r.html", seeds=tmp_path / "nowhere")
    (out / "data/train-00000-of-00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(DamagedError, match="is damaged"):
        cvp.report(out, out=tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()


def _with(table, name, values):
    return table.set_column(table.schema.get_field_index(name), name, pa.array(values))


def _no_utf8(count):
    """Strings as a file may hold them, each the byte FF."""
    return pa.Array.from_buffers(pa.string(), count, pa.array([b"\xff"] * count, pa.binary()).buffers())


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("data/train-00000-of-00001.parquet", lambda table: table.drop(["title"])),
        ("data/train-00000-of-00001.parquet", lambda table: pl.DataFrame(table).with_columns(captions=None)),
        ("data/train-00000-of-00001.parquet", lambda table: pl.DataFrame(table).with_columns(n_syllables=None)),
        ("data/train-00000-of-00001.parquet", lambda table: pl.DataFrame(table).with_columns(date=pl.lit("x"))),
        ("data/train-00000-of-00001.parquet", lambda table: table.slice(0, 0)),
        ("data/train-00000-of-00001.parquet", lambda table: _with(table, "text", [1] * len(table))),
        ("data/train-00000-of-00001.parquet", lambda table: _with(table, "text", _no_utf8(len(table)))),
        ("sources/train-00000-of-00001.parquet", lambda table: table.slice(1)),
        ("ledger.parquet", lambda table: table.slice(1)),
        ("ledger.parquet", lambda table: table.drop(["reason"])),
        ("ledger.parquet", lambda table: pl.DataFrame(table).with_columns(status=pl.lit("lost"))),
    ],
)
def test_a_build_whose_tables_are_not_what_they_should_be_is_damaged(out, tmp_path, name, change):
    table = pq.read_table(out / name)
    if name == "ledger.parquet":  # a published row first
        table = pa.Table.from_pylist(
            sorted(table.to_pylist(), key=lambda row: row["status"] != "published"), table.schema
        )
    changed = change(table)
    if isinstance(changed, pl.DataFrame):
        changed = changed.to_arrow().cast(table.schema)
    pq.write_table(changed, out / name)
    sign(out)
    with pytest.raises(DamagedError, match="is damaged"):
        cvp.report(out, out=tmp_path / "r.html")


def test_the_page_never_goes_where_the_seeds_are(base, tmp_path):
    for place in ("in/r.html", "in/page.txt"):
        with pytest.raises(ConfigError, match="overlap"):
            cvp.report(base / "out", seeds=base / "in", out=base / place)
    with pytest.raises(ConfigError, match="overlap"):
        cvp.report(base / "out", seeds=base / "in/rows.jsonl", out=base / "in/rows.jsonl")


def test_a_page_is_there_whole_or_as_it_was(base, tmp_path, monkeypatch):
    page = tmp_path / "r.html"
    page.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(DiskError, match="No space"):
        cvp.report(base / "out", out=page)
    assert page.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


def test_the_command_tells_what_it_wrote(base, cli, tmp_path):
    told = cli("report", base / "out", "--out", "r.html", "--sample", "3", cwd=tmp_path)
    size, seeds = (tmp_path / "r.html").stat().st_size, len(ledger(base / "out"))
    assert told.stdout == (
        f"r.html: {size:,} bytes\n  {seeds:,} of {seeds:,} ledger rows, texts of 3 records and 0 seeds left out\n"
        "  for your own eyes: it shows what was rejected and left out, so do not publish it\n"
    )
    refused = cli("report", base / "out", "--out", base / "out/r.html", cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")


# In a browser


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium; what needs one is skipped where there is none."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("there is no Chromium; apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
    with playwright.sync_playwright() as running, running.chromium.launch(executable_path=path, args=quiet) as browser:
        yield browser


class _Opened:
    """A page in a browser, and whatever went wrong or out there."""

    def __init__(self, browser, path, width=1280, scheme="light", fragment=""):
        self.context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        self.page, self.said = self.context.new_page(), []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.said.append(request.url) if request.url != path.as_uri() and not request.url.startswith("data:") else None)  # fmt: skip
        self.page.add_init_script("window.hits = 0; window.hit = () => { window.hits += 1; };")
        self.page.goto(path.as_uri() + fragment)

    def rows(self):
        return self.page.locator("#rows tr").count()

    def count(self):
        return self.page.text_content("#count")

    def choose(self, select, name):
        label = next(
            each for each in self.page.locator(f"{select} option").all_text_contents() if each.startswith(name)
        )
        self.page.select_option(select, label=label)

    def paths(self):
        return self.page.locator("#rows .seed .open").all_text_contents()

    def search(self, words):
        self.page.fill("#words", words)
        self.page.wait_for_selector("#rows:not([aria-busy])", state="attached")

    def view(self, path):
        self.choose("#status", "all")
        self.search(path)
        self.page.locator("#rows .open").first.click()
        return self.page.inner_text("#viewer-body")


@pytest.fixture
def opened(base, chromium):
    """The report, in a browser."""
    there = _Opened(chromium, base / "report.html")
    yield there
    there.context.close()
    assert there.said == []


@pytest.mark.field
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_opens_without_an_error_and_passes_the_rules_of_axe(base, chromium, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    there = _Opened(chromium, base / "report.html", width, scheme)
    found = {}
    for view in (None, "page.txt", "near.txt", "bytes.txt", "hostile.txt", "rows.jsonl#2"):
        if view:
            there.view(view)
            there.page.eval_on_selector_all("#viewer details", "each => each.forEach((one) => { one.open = true; })")
        found[view] = [each["id"] for each in axe.run(there.page).response["violations"]]
        assert there.page.evaluate("document.documentElement.scrollWidth") <= width
        if view:
            there.page.check("#viewer-tick input")
            there.page.click("#close")
    there.context.close()
    assert found == {view: [] for view in found}
    assert there.said == []


def test_the_page_opens_on_what_was_left_out(opened):
    rejected = ["bytes.txt", "homoglyph.txt", "month.txt", "n2.txt", "n10.txt", "nul.txt", "rejected.txt"]
    assert opened.paths() == [*rejected, "near.txt", "copy.txt"]
    assert opened.page.text_content("#ledger-heading") == "What was left out"
    opened.page.click("#clear")
    assert opened.count() == f"Rows 1 to 50 of {_ROWS}. No filter."
    assert opened.page.text_content("#ledger-heading") == "All seeds"


_ROWS = len(_FILES) - 2 + 70


def test_the_rows_page(opened):
    opened.choose("#status", "all")
    assert (opened.rows(), opened.count()) == (50, f"Rows 1 to 50 of {_ROWS}. No filter.")
    opened.page.click(".pager >> text=Last")
    assert (opened.rows(), opened.count()) == (_ROWS - 50, f"Rows 51 to {_ROWS} of {_ROWS}. No filter.")
    disabled = opened.page.locator(".pager [aria-disabled=true]").all_text_contents()
    assert disabled == ["Next", "Last"]
    opened.page.click(".pager >> text=First")
    assert opened.count() == f"Rows 1 to 50 of {_ROWS}. No filter."


def test_the_rows_are_filtered(opened):
    opened.choose("#status", "rejected")
    opened.choose("#reason", "encoding.nul")
    assert opened.paths() == ["n2.txt", "n10.txt", "nul.txt"]
    opened.choose("#status", "published")
    assert opened.count() == "No row matches. Filter: published, reason encoding.nul."
    opened.choose("#reason", "all")
    opened.choose("#split", "test")
    assert opened.paths() == ["test.txt"]
    opened.choose("#split", "all")
    opened.choose("#publisher", "Báo B")
    assert opened.count() == "Rows 1 to 35 of 35. Filter: published, publisher Báo B."
    opened.choose("#privacy", "phone")
    assert opened.paths() == ["rows.jsonl#6"]


def test_dates_that_say_only_a_year_or_a_month_are_compared_as_far_as_they_go(opened):
    opened.choose("#status", "all")
    for name, value in (("#from", "2020-12-08"), ("#to", "2021")):
        opened.page.fill(name, value)
    opened.page.wait_for_selector("#rows:not([aria-busy])")
    december = [f"rows.jsonl#{n}" for n in (12, 24, 36, 48, 60)]
    left = ["copy.txt", "homoglyph.txt", "hostile.txt", "near.txt", "page.txt", "rejected.txt"]
    assert [path for path in opened.paths() if "onerror" not in path] == [*left, *december]
    opened.page.fill("#to", "2021-")
    opened.page.wait_for_selector("#rows:not([aria-busy])")
    assert opened.page.get_attribute("#to", "aria-invalid") == "true"
    assert opened.count().endswith("Filter: from 2020-12-08.")


def test_the_rows_are_searched_by_path_and_id_and_title_and_text(base, opened):
    row = next(row for row in ledger(base / "out") if row["path"] == "spaces.txt")
    opened.choose("#status", "all")
    for words in ("SPACES", row["id"], row["id"][3:12], "tỉnh Đồng Tháp", "cong  AN TINH dong"):
        opened.search(words)
        assert opened.paths() == ["page.txt" if "ng" in words else "spaces.txt"]
    opened.search("công an tình")  # with another tone
    assert opened.paths() == []
    opened.search("textarea> dlo")
    assert opened.count().startswith("Rows 1 to 50 of 71.")


def test_a_filter_that_offers_nothing_is_hidden(chromium, tmp_path):
    _write(tmp_path, {"a.txt": "tin một"})
    cvp.build(tmp_path / "in", out=tmp_path / "out", workers=1)
    cvp.report(tmp_path / "out", out=tmp_path / "r.html")
    there = _Opened(chromium, tmp_path / "r.html")
    visible = [
        name for name in ("#status", "#reason", "#more-filters", "#clear", ".pager") if there.page.is_visible(name)
    ]
    assert (visible, there.count()) == (["#status"], "Rows 1 to 1 of 1. No filter.")
    there.context.close()


def test_a_record_is_shown_and_left_by_the_keyboard(opened):
    opened.choose("#status", "all")
    opened.search("page.txt")
    opened.page.locator("#rows .open").focus()
    opened.page.keyboard.press("Enter")
    told = opened.page.inner_text("#viewer-body")
    for paragraph in _PAGE.split("\n\n")[1::3]:
        assert paragraph in told
    assert "residue, taken out" in told
    opened.page.keyboard.press("Escape")
    assert not opened.page.is_visible("#viewer")
    assert opened.page.evaluate("document.activeElement.textContent") == "page.txt"


def test_arrow_keys_lead_from_row_to_row_and_the_focus_goes_back_to_the_last_one(opened):
    opened.page.click("#rows >> text=n2.txt")
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowLeft")
    assert opened.page.inner_text("#viewer-heading") == "n10.txt"
    opened.page.keyboard.press("Escape")
    assert opened.page.evaluate("document.activeElement.textContent") == "n10.txt"


def test_a_copy_leads_to_the_record_that_was_kept_and_back(opened):
    opened.view("near.txt")
    assert opened.page.locator(".side").count() == 2
    assert opened.page.locator("mark.alone").all_text_contents() == ["Marked", article(2)[80], "mới80"]
    opened.page.click("#viewer-body >> text=stayed.txt")
    assert opened.page.inner_text("#viewer-heading") == "stayed.txt"
    assert "near.txt" in opened.page.inner_text("#viewer-body")
    opened.page.go_back()
    assert opened.page.inner_text("#viewer-heading") == "near.txt"
    opened.page.go_back()
    assert not opened.page.is_visible("#viewer")


def test_the_address_holds_what_is_shown(base, chromium, opened):
    opened.page.click(".reasons >> text=encoding.nul")
    assert opened.paths() == ["n2.txt", "n10.txt", "nul.txt"]
    opened.page.click("#rows >> text=n10.txt")
    again = _Opened(chromium, base / "report.html", fragment=opened.page.evaluate("location.hash"))
    assert again.page.inner_text("#viewer-heading") == "n10.txt"
    assert again.paths() == ["n2.txt", "n10.txt", "nul.txt"]
    again.context.close()
    opened.page.keyboard.press("Escape")
    opened.page.click(".tiles .near_duplicate a")
    assert opened.paths() == ["near.txt"]
    opened.page.go_back()
    assert opened.paths() == ["n2.txt", "n10.txt", "nul.txt"]


def test_the_place_of_a_fault_is_marked_and_scrolled_to(opened):
    opened.view("homoglyph.txt")
    assert opened.page.inner_text(".said") == "1 syllable with a Cyrillic \u0441 (U+0441): “\u0441ông”."
    assert opened.page.locator("mark.place").all_text_contents() == ["\u0441"]
    assert opened.page.locator("mark.place").evaluate(_IS_IN_VIEW)


_IS_IN_VIEW = """(mark) => {
  const [place, view] = [mark, document.getElementById("viewer-body")].map((each) => each.getBoundingClientRect());
  return place.top >= view.top && place.bottom <= view.bottom;
}"""


def test_ticked_rows_are_saved_as_a_file_that_remove_takes(opened, base, cli, tmp_path):
    ids = {row["path"]: row["id"] for row in ledger(base / "out")}
    opened.page.check("#rows tr:has-text('near.txt') input")
    opened.page.click("#rows >> text=copy.txt")
    opened.page.check("#viewer-tick input")
    opened.page.keyboard.press("Escape")
    assert opened.page.inner_text("#ticked-count") == "2 ticked"
    with opened.page.expect_download() as saved:
        opened.page.click("#save")
    assert saved.value.suggested_filename == "ids.txt"
    saved.value.save_as(tmp_path / "ids.txt")
    assert (tmp_path / "ids.txt").read_text() == f"{ids['near.txt']}\n{ids['copy.txt']}\n"
    opened.page.click(".ticked summary")
    command = opened.page.inner_text(".ticked code").split()
    assert command[:6] == ["corpus-vn-police", "remove", "DIR", "--ids", "ids.txt", "--reason"]
    shutil.copytree(base / "out", tmp_path / "out")
    told = cli("remove", "out", *command[3:6], "asked for", cwd=tmp_path)
    assert (told.returncode, told.stdout.count(": taken down\n")) == (0, 2)
    opened.page.click("#untick")
    assert (opened.page.is_visible("#ticked"), opened.page.locator("#rows input:checked").count()) == (False, 0)


def test_the_source_of_a_record_is_a_link_only_if_it_is_an_address(opened):
    opened.view("rows.jsonl#3")
    link = opened.page.locator("#viewer-body a")
    assert (link.get_attribute("href"), link.get_attribute("rel")) == (
        "https://example.vn/2.html",
        "noreferrer noopener",
    )
    opened.page.keyboard.press("Escape")
    assert "javascript:hit()" in opened.view("rows.jsonl#8")
    assert opened.page.locator("#viewer-body a").count() == 0


def test_a_row_without_text_says_why_and_what_to_do(base, chromium, tmp_path):
    cvp.report(base / "out", out=tmp_path / "r.html", sample=1)
    there = _Opened(chromium, tmp_path / "r.html")
    assert "corpus-vn-police report DIR --seeds SEEDS --out report.html" in there.view("nul.txt")
    there.page.keyboard.press("Escape")
    shown = _texts(tmp_path / "r.html").keys()
    other = next(path for path in ("page.txt", "test.txt") if path not in shown)
    assert "Its text is not on this page, which has the texts of 1 record. A larger --sample" in there.view(other)
    there.page.goto(f"{(tmp_path / 'r.html').as_uri()}#id=0123456789abcdef")
    assert (
        there.page.inner_text("#viewer-body") == f"This row is not on the page, which has {_ROWS} rows of the ledger."
    )
    there.context.close()


def test_hostile_texts_titles_and_paths_do_nothing_and_are_shown_as_they_are(opened):
    told = opened.view("rejected.txt")
    assert "</script><img src=x onerror=hit()>" in told
    assert "\\u202e" in told
    opened.page.keyboard.press("Escape")
    told = opened.view("hostile.txt")
    assert "status\npublished" in told
    assert "<marquee onstart=hit()> </textarea> dlo" in told
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 1280
    opened.page.keyboard.press("Escape")
    opened.view("rows.jsonl#1")
    opened.page.keyboard.press("Escape")
    opened.view("onerror")
    assert opened.page.inner_text("#viewer-heading") == "<img src=x onerror=hit()>\\u202e.txt"
    assert opened.page.evaluate("[window.hits, document.scripts.length]") == [0, 2]
    assert opened.page.locator("img:not(figure img), marquee, textarea").count() == 0


def test_nothing_that_is_put_into_the_page_runs_or_is_fetched(base, chromium):
    asked = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    there = _Opened(chromium, base / "report.html")
    with ThreadingHTTPServer(("127.0.0.1", 0), Listening) as server:
        threading.Thread(target=server.serve_forever).start()
        there.page.evaluate(
            """(site) => {
              for (const [name, values] of [["script", { textContent: "hit()" }], ["img", { src: `${site}/x` }],
                ["iframe", { src: `${site}/y` }], ["link", { rel: "stylesheet", href: `${site}/z` }]])
                document.body.append(Object.assign(document.createElement(name), values));
            }""",
            f"http://127.0.0.1:{server.server_port}",
        )
        there.page.wait_for_timeout(300)
        server.shutdown()
    assert there.page.evaluate("window.hits") == 0
    assert asked == []
    assert sum("Content Security Policy" in each for each in there.said) == 4
    there.context.close()


def test_a_hundred_thousand_rows_page_and_filter(out, chromium, tmp_path):
    table = pq.read_table(out / "ledger.parquet")
    one = pl.DataFrame(table)
    template = one.filter(pl.col("path") == "nul.txt")
    many = template.select(pl.all().repeat_by(100_000).explode()).with_columns(
        pl.format("many/{}.txt", pl.int_range(100_000)).alias("path"),
        pl.int_range(100_000).map_elements(lambda n: f"{n:016x}", pl.String).alias("id"),
    )
    pq.write_table(pl.concat([one, many]).to_arrow().cast(table.schema), out / "ledger.parquet")
    sign(out)
    page = cvp.report(out, out=tmp_path / "r.html")
    assert page.rows == 100_000 + len(one)
    assert page.bytes < 10_000_000
    there = _Opened(chromium, tmp_path / "r.html")
    assert there.count() == "Rows 1 to 50 of 100,009. Filter: left out."
    there.choose("#reason", "encoding.nul")
    there.page.click(".pager >> text=Last")
    assert there.rows() == 3
    there.search("many/99999.")
    assert there.paths() == ["many/99999.txt"]
    there.context.close()
    assert there.said == []


def test_a_build_without_its_records_is_damaged(out, tmp_path):
    shutil.rmtree(out / "data")
    with pytest.raises(
        DamagedError, match=r"is damaged: data/test-00000-of-00001\.parquet: is in the manifest but not here"
    ):
        cvp.report(out, out=tmp_path / "r.html")

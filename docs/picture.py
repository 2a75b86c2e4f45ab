"""The picture of the home page: a few seeds, and what a build makes of them, as an SVG for light and for dark pages.

The seeds are made up; what the picture says of them is read from a real build.
"""

from __future__ import annotations

import tempfile
from html import escape
from pathlib import Path

import corpus_vn_police as cvp

SEEDS = {
    "a.txt": " date 2021-05-04 Ngày 4/5, tại Hà Nam, Công an tỉnh tổ chức hội nghị triển khai công tác bảo đảm an ninh trật tự.",
    "b.txt": " date 2022-05-06 Sáng 6/5, tại TP. Huế, Công an tỉnh phát động phong trào toàn dân bảo vệ an ninh Tổ quốc năm mới.",
    "c.txt": " date 2022-05-07 Sáng 6/5, tại TP. Huế, Công an tỉnh phát động phong trào toàn dân bảo vệ an ninh Tổ quốc năm mới trên toàn tỉnh.",
    "d.txt": " date 2022-13 Chiều 8/5, Công an thành phố Đà Nẵng ra quân bảo đảm trật tự đô thị.",
    "e.txt": " date 2023-02 Sáng 8/2, tại Đà Nẵng, Công an thành phố ra quân bảo đảm trật tự, an toàn giao thông.",
}
SETTINGS = {"splits": {"validation_from": "2022-01", "test_from": "2023-01"}}
NAMES = {"light": "home-light.svg", "dark": "home-dark.svg"}

_COLOURS = {
    "light": {"back": "#ffffff", "box": "#f6f8fa", "line": "#d0d7de", "text": "#1f2328", "faint": "#59636e",
              "train": "#0550ae", "validation": "#8250df", "test": "#953800", "published": "#116329", "out": "#a40e26"},
    "dark": {"back": "#0d1117", "box": "#161b22", "line": "#3d444d", "text": "#f0f6fc", "faint": "#9198a1",
             "train": "#79c0ff", "validation": "#d2a8ff", "test": "#ffa657", "published": "#7ee787", "out": "#ff7b72"},
}  # fmt: skip
_WIDTH, _ROW, _MARGIN = 480, 21, 12
_Row = tuple[tuple[float, str, str], ...]


def drawn() -> dict[str, str]:
    """The pictures, by the name of their file."""
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder) / "seeds"
        seeds.mkdir()
        for name, text in SEEDS.items():
            (seeds / name).write_text(text, encoding="utf-8")
        built = cvp.build(seeds, out=Path(folder) / "out", config=SETTINGS, workers=1, progress=False)
        boxes = [_seeds(), _records(built), _ledger(built)]
    return {file: _svg(boxes, _COLOURS[style]) for style, file in NAMES.items()}


def _seeds() -> tuple[str, list[_Row]]:
    rows: list[_Row] = [((0, name, "text"), (62, text.strip()[:49] + " …", "faint")) for name, text in SEEDS.items()]
    return f"{len(SEEDS)} seeds: texts with a date", rows


def _records(built: cvp.Build) -> tuple[str, list[_Row]]:
    rows: list[_Row] = []
    for split in built.splits:
        for record in built.records(split).iter_rows(named=True):
            place, day = record["place"] or "–", str(record["event_date"] or "–")
            rows.append(
                ((0, record["date"], "text"), (96, place, "text"), (176, f"event {day}", "faint"), (330, split, split))
            )
    return f"{len(rows)} records, in splits that follow the date", rows


def _ledger(built: cvp.Build) -> tuple[str, list[_Row]]:
    rows: list[_Row] = []
    ledger = built.ledger()
    paths = dict(ledger.select("id", "path").iter_rows())
    for row in ledger.iter_rows(named=True):
        copy = f"of {paths[row['duplicate_of']]}, similarity {row['similarity']:.2f}" if row["duplicate_of"] else ""
        said = row["reason"] if row["status"] == "rejected" else copy
        colour = "published" if row["status"] == "published" else "out"
        rows.append(
            ((0, row["path"], "text"), (62, row["status"].replace("_", " "), colour), (176, said or "", "faint"))
        )
    return "The ledger: what became of each seed", rows


def _svg(boxes: list[tuple[str, list[_Row]]], colours: dict[str, str]) -> str:
    parts, top = [], _MARGIN
    for title, rows in boxes:
        high = 34 + _ROW * len(rows)
        parts.append(f'<rect x="{_MARGIN}" y="{top}" width="{_WIDTH - 2 * _MARGIN}" height="{high}" rx="6" fill="{colours["box"]}" stroke="{colours["line"]}"/>')  # fmt: skip
        parts.append(f'<text x="24" y="{top + 21}" font-weight="600" fill="{colours["text"]}">{escape(title)}</text>')
        for number, row in enumerate(rows):
            base = top + 43 + _ROW * number
            parts += [
                f'<text x="{24 + x}" y="{base}" fill="{colours[colour]}">{escape(said)}</text>'
                for x, said, colour in row
                if said
            ]
        top += high + _MARGIN
    said = " ".join(f"{title}: " + "; ".join(", ".join(cell[1] for cell in row if cell[1]) for row in rows) + "." for title, rows in boxes)  # fmt: skip
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" width="{_WIDTH}" height="{top}" role="img" font-family="system-ui, sans-serif" font-size="13.5">',
        f"<title>Seeds, records and ledger of a build</title><desc>{escape(said)}</desc>",
        f'<rect width="{_WIDTH}" height="{top}" rx="8" fill="{colours["back"]}"/>',
        *parts,
        "</svg>\n",
    ])  # fmt: skip

"""What a page shows -> its HTML: style, script and data inside it, and nothing fetched."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from corpus_vn_police.commands.report.shown import shown_line
from corpus_vn_police.dataset.figures import Figures
from corpus_vn_police.dedup.leaks import NGRAM, Sharing
from corpus_vn_police.documents.pictures import Chart, can_draw, draw_charts

_DATA = '<script type="application/json" id="data">'
# What ends a script element, begins a comment in one, or ends a line of JavaScript.
_IN_SCRIPT = str.maketrans({each: f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"})
_SCRIPTS = ("core", "search", "rows", "ticks", "article", "viewer", "start")


def render_page(
    manifest: dict[str, Any],
    figures: Figures,
    sharing: Sequence[Sharing],
    data: Iterable[str],
    changes: dict[str, list[dict[str, Any]]],
    options: dict[str, Any],
) -> Iterator[bytes]:
    """The page, in pieces.

    Args:
        manifest: of the build.
        figures: measured of all its records.
        sharing: n-grams that its splits share.
        data: `ledger` and `texts`, for the page's script: JSON in pieces.
        changes: what normalisation did to the records that are shown: `composed` letters, `others`.
        options: `seeds`, whether the input was at hand; `seed`, what the texts were drawn with; `records`
            and `left_out`, how many texts of each kind there are; `rows`, how many rows of the ledger.
    """
    import jinja2

    here = Path(__file__).parent / "browser"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(here),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"line": shown_line, "grouped": "{:,}".format}
    style = (here / "page.css").read_text(encoding="utf-8")
    script = _joined([(here / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS])
    text = environment.get_template("page.html.jinja").render(
        policy=_policy(style, script),
        style=_ours(style),
        script=_ours(script),
        manifest=manifest,
        figures=figures,
        sharing=sharing,
        can_draw=can_draw(),
        not_published=figures.seeds - figures.records - figures.status["removed"],
        charts=[_pictures(chart) for chart in draw_charts(figures)],
        ngram=NGRAM,
        rows=options["rows"],
        left_out=options["left_out"],
        changes=changes,
        options=options,
    )
    before, data_follows, after = text.partition(_DATA)
    yield f"{before}{data_follows}".encode()
    yield from (piece.translate(_IN_SCRIPT).encode() for piece in data)
    yield after.encode()


def _joined(scripts: Iterable[str]) -> str:
    """The parts of the page's script as one, whose names are its own."""
    return '"use strict";\n(() => {\n' + "\n".join(scripts) + "})();\n"


def _pictures(chart: Chart) -> dict[str, str]:
    """A chart for the page: its two pictures as `data:` URIs."""
    found = {"title": chart.title, "alt": chart.alt}
    for name, svg in (("light", chart.light), ("dark", chart.dark)):
        found[name] = f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"
    return found


def _policy(style: str, script: str) -> str:
    """A Content-Security-Policy under which nothing is fetched, and nothing runs but these two."""
    return (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _ours(text: str) -> Any:
    """Style, script and data, which stand in the page as they are."""
    import markupsafe

    return markupsafe.Markup(text)  # noqa: S704 - ours, and JSON without what a page would obey

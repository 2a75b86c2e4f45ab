"""Texts -> units: paragraphs, and the lines of a paragraph where one of them is no prose; and back."""

from __future__ import annotations

import polars as pl

from corpus_vn_police.stages.structure.credits import ENDS_IN_CREDIT
from corpus_vn_police.stages.structure.residue import RESIDUE
from corpus_vn_police.stages.structure.rows import of_each_text

UNITS = pl.Schema(
    {
        "row": pl.UInt32,
        "paragraph": pl.UInt32,
        "text": pl.String,
        "gap": pl.Boolean,
        "kind": pl.String,
        "credit": pl.String,
    }
)
"""What the steps of structure pass on, in the order of rows and within each of the page.

`row` is the text's place in the batch, `paragraph` a number that the lines of one paragraph share,
`gap` whether two blank lines more than usual stand before it (where a photo was), `kind` one of
`body`, `title`, `caption`, `byline`, `residue`; `credit` a caption's, null else.
"""

_MARK = "\x0b"  # stands for a gap while a text is parted; cleaning has left no control characters


def part(text: pl.Series) -> pl.DataFrame:
    """Part texts into units.

    A text with a blank line is parted at blank lines, one without at every newline.

    Args:
        text: clean, without header; null and empty texts have no unit.

    Returns:
        The columns of `UNITS`; every kind is `body`.
    """
    body = text.str.strip_chars(" \n").fill_null("")
    blank = body.str.contains("\n\n", literal=True)
    marked = body
    if body.str.contains("\n\n\n", literal=True).any():
        marked = body.str.replace_all("\n{4,}", f"\n\n{_MARK}").str.replace_all("\n{3}", "\n\n")
    parts = marked.str.split("\n\n").zip_with(blank, body.set(blank, None).str.split("\n"))
    units = pl.DataFrame({"row": pl.int_range(len(text), dtype=pl.UInt32, eager=True), "text": parts}).explode("text")
    units = units.filter(pl.col("text").fill_null("") != "").with_columns(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("paragraph"),
        pl.col("text").str.starts_with(_MARK).alias("gap"),
        pl.col("text").str.strip_prefix(_MARK),
        pl.lit("body").alias("kind"),
        pl.lit(None, pl.String).alias("credit"),
    )
    units = units.select(UNITS.names())
    several = units["text"].str.contains("\n", literal=True)
    if not several.any():
        return units
    apart = _lines_apart(units.filter(several))
    return pl.concat([units.filter(~several), apart]).sort("paragraph", maintain_order=True)


def _lines_apart(units: pl.DataFrame) -> pl.DataFrame:
    """Part paragraphs where a line is residue or ends in a credit; the others stay whole."""
    lines = units.with_columns(pl.col("text").str.split("\n")).explode("text")
    text = pl.col("text")
    lines = lines.with_columns(
        text.str.contains(rf"^(?:{RESIDUE})$").alias("residue"), text.str.contains(ENDS_IN_CREDIT).alias("credited")
    )
    before = pl.all().shift(1).over("paragraph").name.prefix("before_")
    lines = lines.with_columns(lines.select("paragraph", "text", "residue", "credited").select(before))
    # The line before a credit is the caption's first half unless it ends a sentence.
    begins = pl.any_horizontal(
        "residue",
        "before_residue",
        "before_credited",
        pl.col("credited") & pl.col("before_text").str.contains(r"[.!?…:”\"]$"),
    ).fill_null(False)
    numbered = lines.with_columns(begins.cast(pl.UInt32).cum_sum().over("paragraph").alias("unit"))
    wholes = numbered.group_by("row", "paragraph", "unit", "kind", "credit", maintain_order=True)
    return wholes.agg(text.str.join("\n"), pl.col("gap").first()).select(UNITS.names())


def join(units: pl.DataFrame, rows: int) -> pl.DataFrame:
    r"""Join the units of kind `body` to texts again.

    Args:
        units: the columns of `UNITS`.
        rows: how many texts there are.

    Returns:
        A row a text: `text` (string, paragraphs parted by one blank line, their lines by `\n`; empty
        where no unit is left).
    """
    body = units.filter(pl.col("kind") == "body")
    same = body["paragraph"] == body["paragraph"].shift(1)
    if same.any():
        body = body.group_by("row", "paragraph", maintain_order=True).agg(pl.col("text").str.join("\n"))
    texts = body.group_by("row", maintain_order=True).agg(pl.col("text").str.join("\n\n"))
    return of_each_text(texts, rows).select(pl.col("text").fill_null(""))


def plain_paragraphs() -> pl.Expr:
    """`text` with nothing taken out: paragraphs joined by one blank line."""
    body = pl.col("text").str.strip_chars(" \n")
    blank = body.str.contains("\n\n", literal=True)
    squeezed = body.str.replace_all("\n{3,}", "\n\n")
    return pl.when(blank).then(squeezed).otherwise(body.str.replace_all("\n", "\n\n", literal=True)).alias("text")


def first_of(units: pl.DataFrame, kind: str, rows: int) -> pl.Series:
    """The first unit of a kind in each text, on one line; null where there is none."""
    found = units.filter(pl.col("kind") == kind).unique("row", keep="first", maintain_order=True)
    return of_each_text(found.select("row", "text"), rows)["text"].str.replace_all("\n", " ", literal=True).alias(kind)

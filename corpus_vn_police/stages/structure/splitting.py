"""Texts -> units: paragraphs, or the lines of a paragraph if one of the lines is not prose."""

from __future__ import annotations

import polars as pl

from corpus_vn_police.stages.structure.credits import ENDS_IN_CREDIT
from corpus_vn_police.stages.structure.residue import RESIDUE
from corpus_vn_police.stages.structure.units import UNITS

_GAP = "\x0b"  # marks a gap while a text is split; cleaning has removed all control characters


def split_into_units(text: pl.Series) -> pl.DataFrame:
    """Split texts into units.

    A text with a blank line is split at blank lines; a text without one is split at every newline.

    Args:
        text: clean, without the header; null and empty texts have no units.

    Returns:
        The columns of `UNITS`; every kind is `body`.
    """
    body = text.str.strip_chars(" \n").fill_null("")
    has_blank_line = body.str.contains("\n\n", literal=True)
    with_gaps = body
    if body.str.contains("\n\n\n", literal=True).any():
        with_gaps = body.str.replace_all("\n{4,}", f"\n\n{_GAP}").str.replace_all("\n{3}", "\n\n")
    lines = body.set(has_blank_line, None).str.split("\n")
    pieces = with_gaps.str.split("\n\n").zip_with(has_blank_line, lines)
    units = pl.DataFrame({"row": pl.int_range(len(text), dtype=pl.UInt32, eager=True), "text": pieces}).explode("text")
    units = units.filter(pl.col("text").fill_null("") != "").with_columns(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("paragraph"),
        pl.col("text").str.starts_with(_GAP).alias("gap"),
        pl.col("text").str.strip_prefix(_GAP),
        pl.lit("body").alias("kind"),
        pl.lit(None, pl.String).alias("credit"),
    )
    units = units.select(UNITS.names())
    has_lines = units["text"].str.contains("\n", literal=True)
    if not has_lines.any():
        return units
    split = _split_at_lines(units.filter(has_lines))
    return pl.concat([units.filter(~has_lines), split]).sort("paragraph", maintain_order=True)


def _split_at_lines(units: pl.DataFrame) -> pl.DataFrame:
    """Split paragraphs in which a line is residue or ends in a credit; the others stay whole."""
    lines = units.with_columns(pl.col("text").str.split("\n")).explode("text")
    text = pl.col("text")
    lines = lines.with_columns(
        text.str.contains(rf"^(?:{RESIDUE})$").alias("residue"), text.str.contains(ENDS_IN_CREDIT).alias("credited")
    )
    before = pl.all().shift(1).over("paragraph").name.prefix("before_")
    lines = lines.with_columns(lines.select("paragraph", "text", "residue", "credited").select(before))
    # The line before a credit is the first half of the caption, unless it ends a sentence.
    begins = pl.any_horizontal(
        "residue",
        "before_residue",
        "before_credited",
        pl.col("credited") & pl.col("before_text").str.contains(r"[.!?…:”\"]$"),
    ).fill_null(False)
    numbered = lines.with_columns(begins.cast(pl.UInt32).cum_sum().over("paragraph").alias("unit"))
    joined = numbered.group_by("row", "paragraph", "unit", "kind", "credit", maintain_order=True)
    return joined.agg(text.str.join("\n"), pl.col("gap").first()).select(UNITS.names())


def plain_paragraphs() -> pl.Expr:
    """`text` with nothing taken out: paragraphs joined by one blank line."""
    body = pl.col("text").str.strip_chars(" \n")
    has_blank_line = body.str.contains("\n\n", literal=True)
    squeezed = body.str.replace_all("\n{3,}", "\n\n")
    one_per_line = body.str.replace_all("\n", "\n\n", literal=True)
    return pl.when(has_blank_line).then(squeezed).otherwise(one_per_line).alias("text")

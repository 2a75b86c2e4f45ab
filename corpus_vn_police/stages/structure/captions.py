"""Photo captions that have a credit with a label, even inside a paragraph; and the captions of each text."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import polars as pl

from corpus_vn_police.stages.structure import credits
from corpus_vn_police.stages.structure.points import points
from corpus_vn_police.stages.structure.units import per_text, with_values

LONGEST = 50  # words of a caption with a credit; of 2,533 captions in 6,000 real articles, 99 % have at most 47
_SHORT = 30  # words; three sentences with more are prose and a caption
_CREDIT = 9  # the most words of a credit
_SIGNED = r"(?:^|[.!?…”\"]\s*)(?:Tin|Bài|Tin,? bài)[,;. ]*(?:và |& |- )?[ảẢ]nh"  # `Tin, ảnh: X` is a byline


def mark_captions(units: pl.DataFrame) -> pl.DataFrame:
    """Mark the captions whose credit has a label, and the line before a credit that is a paragraph of its own.

    Args:
        units: the columns of `UNITS`.

    Returns:
        The units, in order; a paragraph with a caption and prose is now two or three units.
        Captions have their `credit`, and `text` without it.
    """
    return units.pipe(_split_fused).pipe(_mark_labelled).pipe(_mark_before_credits)


def _split_fused(units: pl.DataFrame) -> pl.DataFrame:
    """Split paragraphs that continue after a credit, or that end in one and are too long for a caption."""
    numbers = ((units["kind"] == "body") & units["text"].str.contains_any(list(credits.PHOTO_SIGNS))).arg_true()
    text = units["text"].gather(numbers)
    has_credit = text.str.contains(r"(?:Ảnh|ẢNH)\s*[:：]|[(\[]\s*(?:[Ảả]nh|ẢNH)\s")
    numbers, text = numbers.filter(has_credit), text.filter(has_credit)
    words = text.str.count_matches(" ") + 1
    # Two captions in one paragraph end in a credit, just as a single one does.
    several = text.str.count_matches(r"(?:Ảnh|ẢNH)\s*[:：]") > 1
    short = text.set(words > LONGEST, None)  # in long texts, only labels are looked for
    sentences = short.str.count_matches(r"[\p{Ll}\p{N}”\")][.!?…] ") + 1
    short = short.set((sentences > 2) & (words > _SHORT), None)
    fused = several | ~short.str.contains(credits.ENDS_IN_CREDIT).fill_null(False)
    numbers, text = numbers.filter(fused), text.filter(fused)
    if not len(numbers):
        return units
    return _in_pieces(units, numbers, [credits.unfuse(paragraph, LONGEST) for paragraph in text.to_list()])


def _in_pieces(units: pl.DataFrame, numbers: pl.Series, pieces: list[list[credits.Piece]]) -> pl.DataFrame:
    """The units, with some of them replaced by their pieces."""
    origins = np.repeat(numbers.to_numpy(), [len(each) for each in pieces])
    text, kind, credit = zip(*itertools.chain.from_iterable(pieces), strict=True)
    columns = [pl.Series("text", text), pl.Series("kind", kind), pl.Series("credit", credit, pl.String)]
    new = units[origins].with_columns(pl.Series("unit", origins), *columns)
    units = units.with_row_index("unit")
    whole = pl.Series([True]).new_from_index(0, len(units)).scatter(numbers, False)
    return pl.concat([units.filter(whole), new.select(units.columns)]).sort("unit", maintain_order=True).drop("unit")


class _Form(NamedTuple):
    """A form in which a caption ends in a credit.

    Attributes:
        pattern: its first group is the caption.
        groups: its groups that may be the credit.
        inside: True if it counts only before the last paragraph, which may end in the source of the article.
    """

    pattern: str
    groups: tuple[int, ...] = (2,)
    inside: bool = False

    def group(self, number: int) -> pl.Expr:
        """What a group matched in `text`; null if the form is not used."""
        value = pl.col("text").str.extract(self.pattern, number)
        return pl.when(~pl.col("last")).then(value) if self.inside else value


_FORMS = (
    _Form(credits.IN_BRACKETS, groups=(2, 3)),
    _Form(credits.LABELLED),
    _Form(credits.AFTER_A_STOP, groups=(2, 3)),
    _Form(credits.BY_NAME),
    _Form(credits.FROM_A_CLIP),
    _Form(credits.PROVIDED),
    _Form(credits.SOURCED, inside=True),
)
"""The first form that matches is used."""


def _mark_labelled(units: pl.DataFrame) -> pl.DataFrame:
    """Mark the captions whose credit has a label: `(ảnh X).`, `Ảnh: X`, `Ảnh do X cung cấp`."""
    candidates = _with_signs(units).with_columns(
        pl.coalesce(form.group(1) for form in _FORMS).alias("caption"),
        pl.coalesce(form.group(number) for form in _FORMS for number in form.groups).alias("credit"),
    )
    credit = pl.col("credit").str.strip_chars(" .,;-–|")
    # The last full stop of N.H. belongs to the credit.
    initials = credit.str.contains(r"^(?:\p{Lu}\.)+\p{Lu}$") & pl.col("text").str.contains(
        r"\p{Lu}\.\p{Lu}\.[)\]]?\s*$"
    )
    short = (credit != "") & (credit.str.count_matches(" ") < _CREDIT)
    labelled = candidates.filter(~pl.col("text").str.contains(_SIGNED) & short)
    labelled = labelled.with_columns(pl.when(initials).then(credit + ".").otherwise(credit).alias("credit"))
    return with_values(units, labelled["unit"], text=labelled["caption"], credit=labelled["credit"], kind="caption")


def _with_signs(units: pl.DataFrame) -> pl.DataFrame:
    """The short paragraphs that may have a credit with a label: `unit`, `text`, and `last` (whether it is the last)."""
    numbers = ((units["kind"] == "body") & (units["text"].str.len_bytes() < LONGEST * 10)).arg_true()
    last = (units["row"] != units["row"].shift(-1)).fill_null(True).gather(numbers)
    short = pl.DataFrame({"unit": numbers, "text": units["text"].gather(numbers), "last": last})
    text = pl.col("text")
    return short.filter(text.str.contains_any(list(credits.SIGNS)) & (text.str.count_matches(" ") < LONGEST + 8))


def _mark_before_credits(units: pl.DataFrame) -> pl.DataFrame:
    """Attach a credit that is a paragraph of its own to the short paragraph before it, if that may be a caption."""
    alone = ((units["kind"] == "caption") & (units["text"] == "")).arg_true()
    credited = alone.filter(alone > 0)
    before = units[credited - 1].with_columns(
        (credited - 1).alias("unit"),
        units["credit"].gather(credited).alias("credit"),
        (units["row"].gather(credited - 1) == units["row"].gather(credited)).alias("same"),
        (pl.col("text").str.count_matches(" ") + 1).alias("words"),
    )
    before = before.filter((pl.col("kind") == "body") & pl.col("same") & (pl.col("words") <= LONGEST))
    if not len(before):
        return units
    unfinished = ~before["text"].str.contains(r"[.!?…]$")
    captions = before.filter(unfinished | (points(before["text"], before["words"]) >= 1))
    units = with_values(units, captions["unit"], credit=captions["credit"], kind="caption")
    return units.with_row_index("unit").filter(~pl.col("unit").is_in((captions["unit"] + 1).implode())).drop("unit")


def captions(units: pl.DataFrame, texts: int) -> pl.Series:
    """The captions of each text.

    Args:
        units: the columns of `UNITS`, with all kinds marked.
        texts: how many texts there are.

    Returns:
        One list of structs {text, credit: string, after_paragraph: int32} per text, empty if it has none;
        `after_paragraph` counts the paragraphs of the body before the caption.
    """
    in_body, before = pl.col("kind") == "body", pl.col("before")
    counted = units.with_columns(pl.when(in_body).then("paragraph").forward_fill().shift(1).over("row").alias("before"))
    begins = in_body & (before.is_null() | (before != pl.col("paragraph")))
    counted = counted.with_columns(begins.cast(pl.Int32).cum_sum().over("row").alias("after_paragraph"))
    line = pl.col("text").str.replace_all("\n", " ", literal=True).str.strip_chars(" ")
    caption = pl.struct(line.alias("text"), "credit", "after_paragraph").alias("captions")
    lists = counted.filter(pl.col("kind") == "caption").group_by("row", maintain_order=True).agg(caption)
    joined = per_text(lists, texts)["captions"]
    return joined.fill_null(pl.Series([[]], dtype=joined.dtype))

"""Photo captions without a credit, or with a credit that has no label, recognised by their words; see `points`."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.structure import credits
from corpus_vn_police.stages.structure.captions import LONGEST
from corpus_vn_police.stages.structure.points import opens_like_a_caption, points
from corpus_vn_police.stages.structure.units import neighbour, with_values

_LONG_SENTENCE = 24  # words; a longer sentence is prose, unless there is a gap before it
_LONGEST_BARE = 45  # words, if there is no credit to show that it is a caption
_ENOUGH = 3  # points that make a caption
_LEAD = 20  # words; a longer first paragraph is probably the lead
_NO_LEAD = 7  # words; a shorter first paragraph is never the lead, even if it ends a sentence
_ENDS_A_SENTENCE = r"[.!?…]$"
# Does not end a sentence or in a lower-case word: there may be a name, capitals or initials.
_PLACES = lexicon("places").phrases("province", "city")  # names after a dash that are not a credit
_MAY_BE_SIGNED = r"(?:[\s.](?:\p{Lu}[\p{L}\p{N}/]*)\)?|\p{Lu}\.)$"


def mark_bare_captions(units: pl.DataFrame) -> pl.DataFrame:
    """Mark captions without a credit, or whose credit has no label.

    Args:
        units: the columns of `UNITS`; titles, bylines, residue and captions with a label are already marked.

    Returns:
        The same rows in the same order.
    """
    first = _mark_once(units, beside_captions=False)
    if first["kind"].equals(units["kind"]):
        return first
    return _mark_once(first, beside_captions=True)  # a paragraph beside a caption is more likely to be one, too


def _mark_once(units: pl.DataFrame, *, beside_captions: bool) -> pl.DataFrame:
    candidates = _candidates(units)
    if beside_captions:
        candidates = candidates.filter("near")
    text = pl.col("text")
    short = text.str.count_matches(" ").is_between(2, LONGEST - 1)
    apart = ~text.str.contains(_ENDS_A_SENTENCE) | pl.col("gap") | text.str.contains(_MAY_BE_SIGNED)
    candidates = candidates.filter(short).with_columns(apart.alias("apart"))
    # Computing how a paragraph opens takes longest, so it is done only for those that nothing else decides.
    sentences = candidates.filter(~pl.col("apart") & (text.str.count_matches(" ") <= _LONG_SENTENCE))
    openings = sentences.filter(opens_like_a_caption(text))
    captions = _captions_among(pl.concat([candidates.filter("apart"), openings]).sort("unit"))
    units = with_values(units, captions["unit"], kind="caption", text=captions["text"], credit=captions["credit"])
    return _mark_repeated(units)


def _candidates(units: pl.DataFrame) -> pl.DataFrame:
    """The short paragraphs of the body: `unit`, `text`, `gap`, and their surroundings (boolean).

    `near`: a caption is beside it. `listed`: it is an item of a list. `first` and `last`:
    it is the first or last paragraph of the body.
    """
    caption = pl.col("kind") == "caption"
    near = pl.any_horizontal(neighbour(caption, ahead).fill_null(False) for ahead in (-1, 1))
    body = units.select("row", "text", "gap", "kind", near.alias("near"), _listed().alias("listed"))
    body = body.with_row_index("unit").filter(pl.col("kind") == "body")
    row = pl.col("row")
    return body.with_columns(
        (row != row.shift(1)).fill_null(True).alias("first"), (row != row.shift(-1)).fill_null(True).alias("last")
    ).filter(pl.col("text").str.len_bytes() <= LONGEST * 10)


def _listed() -> pl.Expr:
    """Whether a unit is an item of a list: a line that ends no sentence, after a line that ends in a colon."""
    text = pl.col("text")
    begins = text.str.contains(r"[.!?…:]$") | (pl.col("row") != pl.col("row").shift(1)).fill_null(True)
    return pl.when(begins).then(text.str.ends_with(":")).forward_fill() & ~begins


def _captions_among(candidates: pl.DataFrame) -> pl.DataFrame:
    """The candidates that are captions: `unit`, `text` without its credit, and `credit`."""
    numbers = candidates["text"].str.contains(_MAY_BE_SIGNED).arg_true()
    signed = _without_credits(candidates["text"].gather(numbers))
    candidates = candidates.with_columns(pl.lit(None, pl.String).alias("credit"), pl.lit(False).alias("signed"))
    candidates = with_values(candidates, numbers, **signed)
    candidates = candidates.with_columns((pl.col("text").str.count_matches(" ") + 1).alias("words"))
    counted = points(candidates["text"], candidates["words"], candidates["gap"], candidates["near"])
    may_be_bare = ~pl.col("listed") & (pl.col("words") <= _LONGEST_BARE)
    return candidates.filter((counted >= _enough_points()) & (pl.col("signed") | may_be_bare)).select(
        "unit", "text", "credit"
    )


def _enough_points() -> pl.Expr:
    """How many points make a caption: few if it has a credit, more if it could also be the lead or a byline."""
    words, signed = pl.col("words"), pl.col("signed")
    may_be_lead = pl.col("first") & ((words > _LEAD) | pl.col("text").str.contains(_ENDS_A_SENTENCE))
    return (
        pl.when(signed & pl.col("last")).then(2)
        .when(signed).then(-1)
        .when(may_be_lead & (words > _NO_LEAD)).then(_ENOUGH + 3)
        .when(may_be_lead).then(_ENOUGH + 2)
        .when("first").then(_ENOUGH + 1)
        .when("last").then(_ENOUGH + 2)
        .otherwise(_ENOUGH)
    )  # fmt: skip


def _has_capitals(credit: pl.Series) -> pl.Series:
    return credit.str.count_matches(r"\p{Lu}") > 1


def _is_spelt(credit: pl.Series) -> pl.Series:
    return credit.map_elements(credits.are_syllables, pl.Boolean)


def _is_a_person(credit: pl.Series) -> pl.Series:
    return _is_spelt(credit).fill_null(False) & ~credit.is_in(list(_PLACES))


def _is_somebody(initials: pl.Series) -> pl.Series:
    return ~initials.is_in(list(credits.NO_INITIALS))


_FORMS: tuple[tuple[str, Callable[[pl.Series], pl.Series]], ...] = (
    (credits.IN_CAPITALS, _has_capitals),
    (credits.AFTER_A_DASH, pl.Series.is_not_null),
    (credits.UNSEPARATED, _is_spelt),
    (credits.NAMED, _is_spelt),
    (credits.INITIALS, _is_somebody),
    (credits.NAMED_IN_BRACKETS, _is_spelt),
    (credits.NAMED_AFTER_A_DASH, _is_a_person),
)
"""Forms of credits without a label: a pattern for caption and credit, and what the credit must be.

The first form that matches is used.
"""
_DOUBTFUL = credits.NAMED_AFTER_A_DASH
"""A form that also occurs in prose: it does not prove a caption, but gives the credit of one."""


def _without_credits(text: pl.Series) -> dict[str, pl.Series]:
    """Split texts into `text`, without its credit, and `credit`; `signed` says if the credit alone proves a caption."""
    # Extracting groups costs more than testing a pattern, and one call for all patterns costs less than one for each.
    paragraph = pl.col("text")
    fitting = pl.DataFrame({"text": text}).select(
        pl.when(paragraph.str.contains(pattern)).then(paragraph).alias(str(form))
        for form, (pattern, _) in enumerate(_FORMS)
    )
    groups = fitting.select(
        pl.col(str(form)).str.extract(pattern, group).alias(f"{form} {group}")
        for form, (pattern, _) in enumerate(_FORMS)
        for group in (1, 2)
    )
    signatures = []
    for form, (_, is_credit) in enumerate(_FORMS):
        credit = groups[f"{form} 2"]
        if credit.null_count() < len(credit):
            credit = credit.set(~is_credit(credit).fill_null(False), None)
        signatures.append(credit)
    signed = [credit.is_not_null() for credit in signatures]
    captions = [pl.when(fits).then(groups[f"{form} 1"]) for form, fits in enumerate(signed)]
    sure = [fits for (pattern, _), fits in zip(_FORMS, signed, strict=True) if pattern != _DOUBTFUL]
    return pl.select(
        pl.coalesce(*captions, text).str.strip_chars(" \n").alias("text"),
        pl.coalesce(*signatures).alias("credit"),
        pl.any_horizontal(sure).alias("signed"),
    ).to_dict()


def _mark_repeated(units: pl.DataFrame) -> pl.DataFrame:
    """Mark short paragraphs that repeat a caption of their text."""
    captions = units.filter(pl.col("kind") == "caption").select("row", "text").unique()
    if not len(captions):
        return units
    longest = captions["text"].str.len_bytes().max()
    bodies = units.select("row", "text").with_row_index("unit")
    bodies = bodies.filter((units["kind"] == "body") & (units["text"].str.len_bytes() <= longest))
    return with_values(units, bodies.join(captions, on=["row", "text"], how="semi")["unit"], kind="caption")

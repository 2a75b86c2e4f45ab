"""Photo captions: those with a credit, those without, and those fused into a paragraph."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl

from corpus_vn_police.stages.structure import credits
from corpus_vn_police.stages.structure.points import opens_like_a_caption, points
from corpus_vn_police.stages.structure.rows import of_each_text

_LONGEST = 50  # words of a caption with a credit; of 2,533 in 6,000 real articles 99 % have 47 or fewer
_SHORT = 30  # words; three sentences of more are prose and a caption
_LONG_SENTENCE = 24  # words, from which on a sentence without a gap before it is prose
_LONGEST_BARE = 45  # words, where no credit says that it is one


def mark_captions(units: pl.DataFrame) -> pl.DataFrame:
    """Mark the captions that a credit gives away, with the line before a credit that stands alone.

    Args:
        units: the columns of `UNITS`.

    Returns:
        The units, in order; a paragraph that holds a caption and prose has become two or three.
        Captions have their `credit`, and `text` without it.
    """
    units = _unfused(units)
    units = _labelled(units)
    return _alone(units)


def _of(pattern: str, name: str, *, credits_in: tuple[int, ...] = (2,)) -> list[pl.Expr]:
    text = pl.col("text")
    return [
        text.str.extract(pattern, 1).alias(f"{name}_text"),
        pl.coalesce(text.str.extract(pattern, group) for group in credits_in).alias(f"{name}_credit"),
    ]


def _unfused(units: pl.DataFrame) -> pl.DataFrame:
    """Part paragraphs that go on after a credit, or that end in one and are too long for a caption."""
    places = ((units["kind"] == "body") & units["text"].str.contains_any(["Ảnh", "ẢNH", "(ảnh", "[ảnh"])).arg_true()
    text = units["text"].gather(places)
    inside = text.str.contains(r"(?:Ảnh|ẢNH)\s*[:：]|[(\[]\s*(?:[Ảả]nh|ẢNH)\s")
    places, text = places.filter(inside), text.filter(inside)
    words = text.str.count_matches(" ") + 1
    # Two captions that run in one paragraph end in a credit as one does.
    several = text.str.count_matches(r"(?:Ảnh|ẢNH)\s*[:：]") > 1
    short = text.set(words > _LONGEST, None)  # what is long is searched for no more than labels
    sentences = short.str.count_matches(r"[\p{Ll}\p{N}”\")][.!?…] ") + 1
    short = short.set((sentences > 2) & (words > _SHORT), None)
    parted = several | ~short.str.contains(credits.ENDS_IN_CREDIT).fill_null(False)
    places, text = places.filter(parted), text.filter(parted)
    if not len(places):
        return units
    pieces = [credits.unfuse(paragraph, _LONGEST) for paragraph in text.to_list()]
    return _apart(units, places, pieces)


def _apart(units: pl.DataFrame, places: pl.Series, pieces: list[list[tuple[str, str, str | None]]]) -> pl.DataFrame:
    """Put the text, kind and credit of pieces in the place of the units that they were."""
    of = np.repeat(places.to_numpy(), [len(each) for each in pieces])
    text, kind, credit = zip(*itertools.chain.from_iterable(pieces), strict=True)
    columns = [pl.Series("text", text), pl.Series("kind", kind), pl.Series("credit", credit, pl.String)]
    new = units[of].with_columns(pl.Series("unit", of), *columns)
    units = units.with_row_index("unit")
    whole = pl.Series([True]).new_from_index(0, len(units)).scatter(places, False)
    return pl.concat([units.filter(whole), new.select(units.columns)]).sort("unit", maintain_order=True).drop("unit")


def _labelled(units: pl.DataFrame) -> pl.DataFrame:
    """Mark the captions whose credit has a label: `(ảnh X).`, `Ảnh: X`, `Ảnh do X cung cấp`."""
    text = units["text"]
    short = (units["kind"] == "body") & (text.str.len_bytes() < _LONGEST * 10)
    places = short.arg_true()
    last = (units["row"] != units["row"].shift(-1)).fill_null(True).gather(places)
    few = pl.DataFrame({"text": text.gather(places), "place": places, "last": last}).filter(
        pl.col("text").str.contains_any(list(credits.SIGNS)) & (pl.col("text").str.count_matches(" ") < _LONGEST + 8)
    )
    found = few.with_columns(
        *_of(credits.IN_BRACKETS, "brackets", credits_in=(2, 3)),
        *_of(credits.LABELLED, "labelled"),
        *_of(credits.AFTER_A_STOP, "stop", credits_in=(2, 3)),
        *_of(credits.BY_NAME, "name"),
        *_of(credits.FROM_A_CLIP, "clip"),
        *_of(credits.PROVIDED, "provided"),
        *_of(credits.SOURCED, "source"),
    )
    # The last paragraph may end in who the article is from.
    found = found.with_columns(
        pl.when(~pl.col("last")).then(f"source_{part}").alias(f"source_{part}") for part in ("text", "credit")
    )
    names = ("brackets", "labelled", "stop", "name", "clip", "provided", "source")
    credit = pl.coalesce(f"{name}_credit" for name in names).str.strip_chars(" .,;-–|")
    # The last point of N.H. is the credit's own.
    initials = credit.str.contains(r"^(?:\p{Lu}\.)+\p{Lu}$") & pl.col("text").str.contains(
        r"\p{Lu}\.\p{Lu}\.[)\]]?\s*$"
    )
    found = found.select(
        "place",
        pl.coalesce(f"{name}_text" for name in names).alias("caption"),
        pl.when(initials).then(credit + ".").otherwise(credit).alias("credit"),
        pl.col("text").str.contains(r"^(?:Tin|Bài|Tin,? bài)[,;. ]*(?:và |& |- )?[ảẢ]nh").alias("signed"),
    )
    found = found.filter(~pl.col("signed") & (pl.col("credit") != "") & (pl.col("credit").str.count_matches(" ") < 9))
    places = found["place"]
    return units.with_columns(
        text.scatter(places, found["caption"]),
        units["credit"].scatter(places, found["credit"]),
        units["kind"].scatter(places, "caption") if len(places) else units["kind"],
    )


def _alone(units: pl.DataFrame) -> pl.DataFrame:
    """Give a credit that stands alone to the short paragraph before it, where that may be a caption."""
    alone = ((units["kind"] == "caption") & (units["text"] == "")).arg_true()
    before = alone.filter(alone > 0) - 1
    few = units[before].with_columns(before.alias("unit"), units["credit"].gather(before + 1).alias("given"))
    text = pl.col("text")
    words = text.str.count_matches(" ") + 1
    few = few.filter(
        (pl.col("kind") == "body") & (pl.col("row") == units["row"].gather(before + 1)) & (words <= _LONGEST)
    )
    if not len(few):
        return units
    few = few.filter(~few["text"].str.contains(r"[.!?…]$") | (points(few["text"], few.select(words).to_series()) >= 1))
    units = units.with_columns(
        units["credit"].scatter(few["unit"], few["given"]),
        units["kind"].scatter(few["unit"], "caption") if len(few) else units["kind"],
    )
    return units.with_row_index("unit").filter(~pl.col("unit").is_in((few["unit"] + 1).implode())).drop("unit")


_ENOUGH = 3
_LEAD = 20  # words, from which on a first paragraph is sooner the lead than a caption
_NO_LEAD = 7  # words, of which no lead is made even where they end a sentence


def mark_bare_captions(units: pl.DataFrame) -> pl.DataFrame:
    """Mark captions whose credit has no label, or that have none.

    Args:
        units: the columns of `UNITS`; titles, bylines, residue and captions with a label are marked.

    Returns:
        The same rows in the same order.
    """
    first = _mark_once(units, again=False)
    if first["kind"].equals(units["kind"]):
        return first
    return _mark_once(first, again=True)  # what stands beside a caption is sooner one itself


def _mark_once(units: pl.DataFrame, *, again: bool) -> pl.DataFrame:
    body, caption = units["kind"] == "body", units["kind"] == "caption"
    row = units["row"]
    near = (caption.shift(1) & (row == row.shift(1))) | (caption.shift(-1) & (row == row.shift(-1)))
    bodies = units.select("row").with_row_index("unit").filter(body)
    first, last = (bodies.unique("row", keep=end, maintain_order=True)["unit"] for end in ("first", "last"))
    short = body & (units["text"].str.len_bytes() <= _LONGEST * 10)
    places = (short & near.fill_null(False) if again else short).arg_true()
    few = units.select("row", "text", "gap")[places].with_columns(
        places.alias("unit"),
        _listed(units).gather(places).alias("listed"),
        near.fill_null(False).gather(places).alias("near"),
        places.is_in(last.implode()).alias("last"),
        places.is_in(first.implode()).alias("first"),
    )
    few = few.filter(pl.col("text").str.count_matches(" ").is_between(2, _LONGEST - 1))
    ends = pl.col("text").str.contains(r"[.!?…]$")
    sentence = (pl.col("text").str.count_matches(" ") <= _LONG_SENTENCE) & opens_like_a_caption(pl.col("text"))
    few = few.filter(~ends | sentence | pl.col("gap") | pl.col("text").str.contains(_MAY_BE_SIGNED))
    marked = _judged(few)
    places = marked["unit"]
    return _same_again(
        units.with_columns(
            units["kind"].scatter(places, "caption") if len(places) else units["kind"],
            units["text"].scatter(places, marked["text"]),
            units["credit"].scatter(places, marked["credit"]),
        )
    )


def _judged(few: pl.DataFrame) -> pl.DataFrame:
    """Of each candidate that is a caption `unit`, `text` and `credit`."""
    few = few.with_columns(pl.col("text").alias("shown"), pl.lit(None, pl.String).alias("credit"))
    places = few["text"].str.contains(_MAY_BE_SIGNED).arg_true()
    signed = _signed(few["text"].gather(places))
    few = few.with_columns(
        few["shown"].scatter(places, signed["shown"]), few["credit"].scatter(places, signed["credit"])
    )
    shown, words = pl.col("shown"), pl.col("shown").str.count_matches(" ") + 1
    limit = (
        pl.when(pl.col("credit").is_not_null())
        .then(pl.when("last").then(2).otherwise(-1))
        .when(pl.col("first") & ((words > _LEAD) | shown.str.contains(r"[.!?…]$")))
        .then(pl.when(words > _NO_LEAD).then(_ENOUGH + 3).otherwise(_ENOUGH + 2))
        .when("first")
        .then(_ENOUGH + 1)
        .otherwise(pl.when("last").then(_ENOUGH + 2).otherwise(_ENOUGH))
    )
    few = few.with_columns(points(few["shown"], few.select(words).to_series(), few["gap"], few["near"]).alias("points"))
    bare = ~pl.col("listed") & (words <= _LONGEST_BARE)
    few = few.filter((pl.col("points") >= limit) & (pl.col("credit").is_not_null() | bare))
    return few.select("unit", shown.alias("text"), "credit")


def _listed(units: pl.DataFrame) -> pl.Series:
    """Whether a unit is an item of a list: lines that end no sentence, after one that ends in a colon."""
    text = pl.col("text")
    begins = text.str.contains(r"[.!?…:]$") | (pl.col("row") != pl.col("row").shift(1)).fill_null(True)
    before = pl.when(begins).then(text.str.ends_with(":")).forward_fill()
    return units.select((before & ~begins).alias("listed")).to_series()


# Ends neither a sentence nor in a small word: a name, capitals or initials may stand there.
_MAY_BE_SIGNED = r"(?:[\s.](?:\p{Lu}[\p{L}\p{N}/]*)|\p{Lu}\.)$"


def _signed(text: pl.Series) -> pl.DataFrame:
    """Captions signed without a label: `shown` is the caption, `credit` who signs, null where nobody does."""
    patterns = {
        "capitals": credits.IN_CAPITALS,
        "dash": credits.AFTER_A_DASH,
        "unseparated": credits.UNSEPARATED,
        "named": credits.NAMED,
        "initials": credits.INITIALS,
    }
    found = pl.DataFrame({"text": text}).with_columns(
        each for name, pattern in patterns.items() for each in _of(pattern, name)
    )
    spelt = {
        f"{name}_credit": pl.Series(
            [value if value and credits.are_syllables(value) else None for value in found[f"{name}_credit"]],
            dtype=pl.String,
        )
        for name in ("unseparated", "named")
    }
    initials = found["initials_credit"]
    spelt["initials_credit"] = initials.set(initials.is_in(list(credits.NO_INITIALS)).fill_null(True), None)
    letters = found["capitals_credit"].str.count_matches(r"\p{Lu}") > 1
    found = found.with_columns(**spelt, capitals_credit=found["capitals_credit"].set(~letters.fill_null(False), None))
    shown, credit = pl.col("text"), pl.lit(None, pl.String)
    for name in reversed(patterns):
        here = pl.col(f"{name}_credit")
        shown = pl.when(here.is_not_null()).then(f"{name}_text").otherwise(shown)
        credit = pl.coalesce(here, credit)
    return found.select(shown.str.strip_chars(" \n").alias("shown"), credit.alias("credit"))


def _same_again(units: pl.DataFrame) -> pl.DataFrame:
    """Mark short paragraphs that repeat a caption of their text."""
    captions = units.filter(pl.col("kind") == "caption").select("row", "text").unique()
    if not len(captions):
        return units
    longest = captions["text"].str.len_bytes().max()
    bodies = units.select("row", "text").with_row_index("unit")
    bodies = bodies.filter((units["kind"] == "body") & (units["text"].str.len_bytes() <= longest))
    again = bodies.join(captions, on=["row", "text"], how="semi")["unit"]
    return units.with_columns(units["kind"].scatter(again, "caption")) if len(again) else units


def captions(units: pl.DataFrame, rows: int) -> pl.Series:
    """The captions of each text.

    Args:
        units: the columns of `UNITS`, all kinds marked.
        rows: how many texts there are.

    Returns:
        A list of structs {text, credit: string, after_paragraph: int32} a text, empty where it has none;
        `after_paragraph` counts the paragraphs of the body before the caption.
    """
    body = pl.col("kind") == "body"
    places = units.select("row", "paragraph", body.alias("body"))
    places = places.with_columns(pl.when("body").then("paragraph").forward_fill().shift(1).over("row").alias("last"))
    new = pl.col("body") & (pl.col("last").is_null() | (pl.col("last") != pl.col("paragraph")))
    before = places.select(new.cast(pl.Int32).cum_sum().over("row").alias("after_paragraph"))
    shown = units.with_columns(before).filter(pl.col("kind") == "caption")
    line = pl.col("text").str.replace_all("\n", " ", literal=True).str.strip_chars(" ")
    found = shown.group_by("row", maintain_order=True).agg(
        pl.struct(line.alias("text"), "credit", "after_paragraph").alias("captions")
    )
    joined = of_each_text(found, rows)["captions"]
    return joined.fill_null(pl.Series([[]], dtype=joined.dtype))

"""The lines above the article: the headline, and the time of publication beside it."""

from __future__ import annotations

import polars as pl

from corpus_vn_police.stages.structure.points import begins_with_a_verb, points
from corpus_vn_police.stages.structure.residue import PUBLISHED, STAMP
from corpus_vn_police.stages.structure.units import neighbour, with_values

_ABOVE = 30  # units: of the site's navigation as well
_HEAD = 4  # paragraphs that may stand above the article: headline, time, names
_LONGEST, _PROSE = 40, 12  # words of a headline at most, of prose at least
_LOOSE, _HEADED = 5, 7  # points of a caption, below which a first line is a headline; `_HEADED` if pages begin with it
# A day alone belongs to the headline unless a sign separates it (`viện phí tăng từ 1-8-2017`).
_STAMP_LAST = (
    rf"(?s)^(.*?\S)(?:[\s|,•·\-–—(\[]*(?:(?i:cập nhật|đăng lúc)\s*:?\s*)?{STAMP}|"
    rf"\s*(?:[|•·(\[]| [-–—])\s*{PUBLISHED})[)\]]?$"
)
# Behind a comma stands the lead: `Thứ tư, 5-3-2025, đoàn kiểm tra công bố kết quả`.
_STAMP_FIRST = rf"(?s)^[(\[]?{STAMP}[)\]]?[\s|•·\-–—:]*([^\s,].*)$"
_SENTENCES = r"\p{Ll}[.!?…”] +\p{Lu}"  # prose, whose stamp belongs to the end of the article
_LONGEST_TITLE = 300  # code points of a row's title that is a headline
_SEVERAL_SENTENCES = 25  # words, from which on a title of several sentences is none: `Thắng đậm! HLV nói gì?`
_ENDS_IN_A_STOP = r"[^.…]\.[”\"’')]*$"
_ENDS_INSIDE = r"[\p{Ll}\p{N}”\"’')][.!?…] +[“\"]?\p{Lu}"
_OPENS_WITH_DATE = r"^(?i:ngày|sáng|trưa|chiều|tối|đêm|rạng sáng|mờ sáng|hôm nay|hôm qua) ?[0-9(]"


def mark_given_title(units: pl.DataFrame, title: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
    """Mark a first paragraph that equals the title which the row gave, if that is a headline.

    A title of more than 300 code points, of a whole sentence with its full stop, or of several sentences and more than
    25 words is none, and the paragraph stays, unless the next one begins with it again: then that one is the lead.

    Args:
        units: the columns of `UNITS`; residue is marked.
        title: for each text the title that its row gave, on one line; null if it gave none.

    Returns:
        The same rows in the same order, and for each text whether its first paragraph equals its title and stays
        (boolean).
    """
    kept = pl.Series("title_kept", [False]).new_from_index(0, len(title))
    if title.null_count() == len(title):
        return units, kept
    body = units.with_row_index("unit").select("unit", "row", "text", "kind").filter(pl.col("kind") == "body")
    same = body.filter(
        (pl.col("row") != pl.col("row").shift(1)).fill_null(True)
        & (pl.col("text") == title.gather(body["row"])).fill_null(False)
    )
    text = pl.col("text")
    prose = same.filter(
        (text.str.len_chars() > _LONGEST_TITLE)
        | text.str.contains(_ENDS_IN_A_STOP)
        | (text.str.contains(_ENDS_INSIDE) & (text.str.count_matches(" ") >= _SEVERAL_SENTENCES))
    )
    if len(prose):
        again = neighbour(text, 1).fill_null("").str.starts_with(text)
        prose = prose.join(body.filter(again), on="unit", how="anti")
        same = same.join(prose, on="unit", how="anti")
    kept = kept.scatter(prose["row"], True) if len(prose) else kept
    return with_values(units, same["unit"], kind="title"), kept


def mark_title(units: pl.DataFrame, wanted: pl.Series, headed: pl.Series) -> pl.DataFrame:
    """Mark the headline, and take the time of publication off the lines above the article.

    A headline is the first paragraph if it ends no sentence and prose follows; surely so if the time of publication is
    beside it. If it may as well be a caption it is none; in a text that sooner begins with the headline it takes more
    for a caption.

    Args:
        units: the columns of `UNITS`; residue and captions with a label are marked.
        wanted: for each text whether its headline is looked for (boolean).
        headed: for each text whether it sooner begins with the headline: single newlines separate its paragraphs, or
            its header gives the day (boolean).

    Returns:
        The same rows in the same order.
    """
    above = _without_stamps(_lines_above(units))
    stamped = above.filter("stamped")
    units = with_values(units, stamped["unit"], text=stamped["text"])
    return with_values(units, _headlines(above, wanted, headed), kind="title")


def _lines_above(units: pl.DataFrame) -> pl.DataFrame:
    """The first units of each text: `unit`, `row`, `kind`, `gap`, `text` as far as a headline can go, and `number`.

    `number` counts the paragraphs of the body, from 1.
    """
    text = pl.col("text").str.slice(0, _LONGEST * 10)
    above = units.with_row_index("unit").select("unit", "row", "kind", "gap", text)
    above = above.filter(pl.int_range(pl.len()).over("row") < _ABOVE)
    number = (pl.col("kind") == "body").cast(pl.UInt8).cum_sum().over("row")
    return above.with_columns(number.alias("number"))


def _without_stamps(above: pl.DataFrame) -> pl.DataFrame:
    """The lines without the time of publication: `stamped` if one had it, `published` if it is nothing else."""
    text = pl.col("text")
    may_be = (
        (pl.col("kind") == "body")
        & (pl.col("number") <= _HEAD)
        & (text.str.len_chars() < _LONGEST * 10)
        & text.str.contains("[0-9][/.-][0-9]{4}")
    )
    # Null lines cost nothing: the patterns are long.
    above = above.with_columns(
        pl.when(may_be).then("text").alias("line"), pl.when(pl.col("kind") == "residue").then("text").alias("residue")
    )
    line = pl.col("line")
    above = above.with_columns(pl.when(~line.str.contains(_SENTENCES)).then("line").alias("line"))
    rest = pl.coalesce(line.str.extract(_STAMP_LAST, 1), line.str.extract(_STAMP_FIRST, 1))
    above = above.with_columns(
        rest.alias("rest"),
        pl.col("residue").str.contains(rf"^(?:[^|]{{1,40}}\| ?)?(?:{PUBLISHED})").fill_null(False).alias("published"),
    )
    return above.with_columns(pl.coalesce("rest", "text").alias("text"), pl.col("rest").is_not_null().alias("stamped"))


def _headlines(above: pl.DataFrame, wanted: pl.Series, headed: pl.Series) -> pl.Series:
    """The units that are headlines, of the lines above the articles without the time of publication."""
    text = pl.col("text")
    above = above.with_columns((text.str.count_matches(" ") + 1).alias("words"))
    near = pl.col("stamped") | pl.col("published")
    above = above.with_columns(
        pl.any_horizontal("stamped", *(neighbour(near, by).fill_null(False) for by in (-1, 1, 2, 3))).alias("sure"),
        pl.any_horizontal(neighbour(pl.col("words"), by).fill_null(0) >= _PROSE for by in range(1, 6)).alias("prose"),
    )
    first = above.filter(
        (pl.col("kind") == "body")
        & (pl.col("number") == 1)
        & pl.col("prose")
        & pl.col("words").is_between(4, _LONGEST)
        & ~pl.col("gap")
    )
    open_ended = ~text.str.contains(r"[.;,:]$") | text.str.ends_with("...") | pl.col("stamped")
    first = first.filter(wanted.gather(first["row"])).filter(open_ended)
    # Captions and headlines both begin with a verb; so that tells nothing.
    verb = begins_with_a_verb(text).cast(pl.Int8) * 3
    limit = pl.when(headed.gather(first["row"])).then(_HEADED).otherwise(_LOOSE) + verb
    likely = (points(first["text"], first["words"]) < limit) & ~text.str.contains(_OPENS_WITH_DATE)
    return first.filter(pl.col("sure") | likely)["unit"]

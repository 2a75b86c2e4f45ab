"""The lines above the article: the headline, and the time of publication beside it."""

from __future__ import annotations

import polars as pl

from corpus_vn_police.stages.structure.points import begins_with_a_verb, points
from corpus_vn_police.stages.structure.residue import PUBLISHED, STAMP
from corpus_vn_police.stages.structure.units import neighbour, with_values

_ABOVE = 30  # units, including the site's navigation
_HEAD = 4  # paragraphs that may be above the article: headline, time, names
_LONGEST, _PROSE = 40, 12  # the most words of a headline, and the fewest of prose
_LOOSE, _HEADED = 5, 7  # a first line with fewer caption points is a headline; `_HEADED` as in `mark_title`
# A day alone belongs to the headline, unless a sign separates it (`viện phí tăng từ 1-8-2017`).
_STAMP_LAST = (
    rf"(?s)^(.*?\S)(?:[\s|,•·\-–—(\[]*(?:(?i:cập nhật|đăng lúc)\s*:?\s*)?{STAMP}|"
    rf"\s*(?:[|•·(\[]| [-–—])\s*{PUBLISHED})[)\]]?$"
)
# After a comma comes the lead: `Thứ tư, 5-3-2025, đoàn kiểm tra công bố kết quả`.
_STAMP_FIRST = rf"(?s)^[(\[]?{STAMP}[)\]]?[\s|•·\-–—:]*([^\s,].*)$"
_SENTENCES = r"\p{Ll}[.!?…”] +\p{Lu}"  # prose, so that the stamp is the end of the article
_LONGEST_TITLE = 300  # code points; a longer title of a row is not a headline
_SEVERAL_SENTENCES = 25  # words; a longer title of several sentences is not a headline: `Thắng đậm! HLV nói gì?` is one
_ENDS_IN_A_STOP = r"[^.…]\.[”\"’')]*$"
_ENDS_INSIDE = r"[\p{Ll}\p{N}”\"’')][.!?…] +[“\"]?\p{Lu}"
_OPENS_WITH_DATE = r"^(?i:ngày|sáng|trưa|chiều|tối|đêm|rạng sáng|mờ sáng|hôm nay|hôm qua) ?[0-9(]"


def mark_given_title(units: pl.DataFrame, title: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
    """Mark the first paragraph if it equals the row's title, and this is a headline.

    A title is not a headline if it has more than 300 code points, is a whole sentence with its full stop, or has
    several sentences and more than 25 words. Then the paragraph stays, unless the next one, the lead, begins with the
    same text.

    Args:
        units: the columns of `UNITS`; residue is already marked.
        title: the title in each row, on one line; null if there is none.

    Returns:
        The same rows in the same order; and for each text whether its first paragraph equals its title but stays
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
    """Mark the headline, and remove the time of publication from the lines above the article.

    The first paragraph is a headline if it ends no sentence and prose follows; it certainly is one if the time of
    publication is beside it. If it may also be a caption, it is not taken for a headline. If the text probably begins
    with its headline, it takes more points to be a caption.

    Args:
        units: the columns of `UNITS`; residue and captions with a label are already marked.
        wanted: whether to look for each text's headline (boolean).
        headed: whether each text probably begins with its headline: single newlines separate its paragraphs, or
            its header gives the day (boolean).

    Returns:
        The same rows in the same order.
    """
    above = _without_stamps(_lines_above(units))
    stamped = above.filter("stamped")
    units = with_values(units, stamped["unit"], text=stamped["text"])
    return with_values(units, _headlines(above, wanted, headed), kind="title")


def _lines_above(units: pl.DataFrame) -> pl.DataFrame:
    """The first units of each text: `unit`, `row`, `kind`, `gap`, `text` as far as a headline can be, and `number`.

    `number` counts the paragraphs of the body, from 1.
    """
    text = pl.col("text").str.slice(0, _LONGEST * 10)
    above = units.with_row_index("unit").select("unit", "row", "kind", "gap", text)
    above = above.filter(pl.int_range(pl.len()).over("row") < _ABOVE)
    number = (pl.col("kind") == "body").cast(pl.UInt8).cum_sum().over("row")
    return above.with_columns(number.alias("number"))


def _without_stamps(above: pl.DataFrame) -> pl.DataFrame:
    """The lines without the time of publication: `stamped` if a line had it, `published` if it had nothing else."""
    text = pl.col("text")
    may_be = (
        (pl.col("kind") == "body")
        & (pl.col("number") <= _HEAD)
        & (text.str.len_chars() < _LONGEST * 10)
        & text.str.contains("[0-9][/.-][0-9]{4}")
    )
    # Null lines cost nothing, but the patterns are long.
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
    """The units that are headlines, among the lines above the articles without the time of publication."""
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
    # Both captions and headlines begin with a verb, so this does not count.
    verb = begins_with_a_verb(text).cast(pl.Int8) * 3
    limit = pl.when(headed.gather(first["row"])).then(_HEADED).otherwise(_LOOSE) + verb
    likely = (points(first["text"], first["words"]) < limit) & ~text.str.contains(_OPENS_WITH_DATE)
    return first.filter(pl.col("sure") | likely)["unit"]

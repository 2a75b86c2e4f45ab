"""Headline and byline: what stands above the article, and who signs it."""

from __future__ import annotations

import functools
import re

import polars as pl

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.structure.credits import ends_in_abbreviation
from corpus_vn_police.stages.structure.points import begins_with_a_verb, points
from corpus_vn_police.stages.structure.residue import PUBLISHED, STAMP
from corpus_vn_police.syllables import LOWER, UPPER, is_word

_WORDS = lexicon("signatures")
_any_of = _WORDS.any_of
_LABELLED = re.compile(
    rf"[(\[]?\s*(?:{_any_of('label with a colon')}\s*[:：]\s*|{_any_of('label')}\s+)(\S.*)", re.IGNORECASE
)
_LABELS = _WORDS.phrases("label with a colon", "label")
_FIRST_WORDS = frozenset(label.split()[0].rstrip(",") for label in _LABELS)
# A contributor is part of who signs, an outlet or a station is not: `Kim Anh (CTV)`, `Kim Anh - THTG`.
_BRACKET = re.compile(r"(?:(?<!\s)\s+)?[(\[](?!CTV[)\]])[^()\[\]]{1,40}[)\]]\s*\.?$")
_STATION = re.compile(r"(?:(?<!\s)\s+)?[-–—]\s*((?!CTV\.?$)[A-ZĐ0-9][A-ZĐ0-9.]{1,9})\.?$")
_OUTLET = re.compile(rf"(?<!\s)\s+[-–—]\s+{_any_of('outlet')}\b(?s:.*)")
_DOES = re.compile(rf" {_any_of('does')}\.?$")
_CONTRIBUTOR = re.compile(r" ?(?:\(CTV\)|[-–—] CTV)$")
_BETWEEN = re.compile(r"(?:(?<!\s)\s+)?(?:[-–—,;&/]|\bvà\b)\s*")
_NO_NAMES = re.compile(rf"[.!?:] |[,;] [{LOWER}]")
_INITIALS = re.compile(rf"(?:[A-ZĐ]\.?){{1,4}}[A-ZĐ]?|(?:[A-ZĐ]\.)+[{UPPER}][{LOWER}{UPPER}]+")
_NO_APOSTROPHES = str.maketrans("", "", "'’")  # R'Mah Gia
_DESKS = frozenset(_WORDS.phrases("desk"))
_GROUPS = re.compile(rf"(?:Nhóm )?{_any_of('group')}(?: thường trú)?|{_any_of('office')}")
_MOST_WORDS = 10  # of a signature at most
_TAIL = 160  # code points at the end of a paragraph, where a signature is looked for


@functools.lru_cache(maxsize=1 << 14)  # the same people sign many articles
def signature(line: str) -> str | None:
    """Who signs, where a line is nothing but a signature; None where it is not.

    `Tác giả: X`, `Theo X`, `Tin, ảnh: X`, `X - THTG` and `X (Báo Y)` give X.
    """
    if len(line) > _MOST_WORDS * 12 or len(line.split()) > _MOST_WORDS or "\n" in line:
        return None
    if _GROUPS.fullmatch(line.strip("()[] .")):
        return line.strip("()[] .")
    first = line.lstrip("([ ").partition(" ")[0].rstrip(",:：;").lower()
    labelled = _LABELLED.fullmatch(line) if first in _FIRST_WORDS else None
    names = labelled.group(1) if labelled else line
    if line[:1] in "([" and line[-1:] in ")]":
        names = names.strip("()[] ")
    names = _DOES.sub("", _OUTLET.sub("", _BRACKET.sub("", names)))
    station = _STATION.search(names)
    if station and not is_word(station.group(1)) and names[: station.start()].strip():
        names = names[: station.start()]
    names = names.strip()
    if not _INITIALS.fullmatch(names):
        names = names.rstrip(".")
    if labelled:
        return names if names[:1].isupper() and not _NO_NAMES.search(names) else None
    return names if names and _are_names(_CONTRIBUTOR.sub("", names)) else None


def _are_names(text: str) -> bool:
    """Whether a text is names and nothing else: capitals or capitalised words, at most four of six words."""
    if text in _DESKS:
        return True
    people = _BETWEEN.split(text)
    if not all(people) or len(people) > 4:
        return False
    words = [word for person in people for word in person.split()]
    if any(
        not _INITIALS.fullmatch(word) and not (word[0].isupper() and word.translate(_NO_APOSTROPHES).isalpha())
        for word in words
    ):
        return False
    spelt = [word for word in words if is_word(word)]
    short = all(len(person.split()) <= 5 for person in people)
    return short and (2 * len(spelt) >= len(words) or (len(words) < 4 and all(map(_INITIALS.fullmatch, words))))


_AFTER_A_STOP = re.compile(r"(?s)[.!?…”\"/)]\s*([^\s.!?…”\"/)][^.!?…”\":;/)]{2,60}[)\]]?)\.?$")
_INITIALS_LAST = re.compile(rf"(?s)[.!?…”\"/)]\s*((?:[A-ZĐ]\.){{1,3}} ?(?:[{UPPER}]+|[{UPPER}][{LOWER}]*)?)$")


def glued_signature(paragraph: str) -> tuple[str, str] | None:
    """The prose and the signature of a paragraph that ends in one; None where it does not."""
    found = _INITIALS_LAST.search(paragraph) or _AFTER_A_STOP.search(paragraph)
    if found is None or ends_in_abbreviation(paragraph[: found.start() + 1]):
        return None
    prose, tail = paragraph[: found.start() + 1], found.group(1)
    names = signature(tail)
    if names is None or (names == tail and not (len(names.split()) > 1 or names in _DESKS or "." in names)):
        return None
    return prose, names


def mark_byline(units: pl.DataFrame) -> pl.DataFrame:
    """Mark the byline: the last paragraph, the end of the last sentence, or a line below the headline.

    Args:
        units: the columns of `UNITS`; headline, residue and captions with a label are marked.

    Returns:
        The units, in order; the text of a byline is who signs. A paragraph that ended in one has
        become two.
    """
    units = units.with_row_index("unit")
    body = pl.col("kind") == "body"
    beside = pl.col("kind").is_in(["title", "residue"])
    beside = _ahead(beside, -1).fill_null(False) | _ahead(beside, 1).fill_null(False)
    bodies = units.select("unit", "row", "kind", beside.alias("beside")).filter(body)
    place, of = pl.int_range(pl.len()).over("row"), pl.len().over("row")
    bodies = bodies.with_columns(place.alias("place"), of.alias("of")).filter(pl.col("of") > 1)
    last = pl.col("place") == pl.col("of") - 1
    text = pl.col("text")
    short = (text.str.len_chars() < _TAIL) & (text.str.count_matches(" ") < _MOST_WORDS)
    unfinished = ~text.str.contains(r"[.!?…”\"]$") | text.str.contains(r"(?:\p{Lu}\.)+$")
    foot = pl.col("place") >= pl.col("of") - _FOOT
    found = bodies.filter(foot | (pl.col("place") < _HEAD - 1)).with_columns(last.alias("last"))
    found = found.with_columns(units["text"].gather(found["unit"]).str.tail(_TAIL))
    # Photos may stand below who signs, but only a label tells a name there from the caption of one.
    head = pl.col("place") < _HEAD - 1
    found = found.filter((short & (pl.col("last") | head | text.str.contains("[:：]"))) | (pl.col("last") & unfinished))
    found = found.select("unit", "row", "text", "last", "beside")
    return _with_bylines(units, found) if len(found) else units.drop("unit")


def _with_bylines(units: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Mark who signs; `found` are the lines and ends of paragraphs that may be or hold a signature."""
    whole: dict[int, str] = {}
    ends: dict[int, tuple[str, int]] = {}  # who signs, and how many code points that takes at the end
    rows = set()
    sources: dict[int, int] = {}
    residue: list[int] = []
    for unit, row, text, last, beside in found.reverse().iter_rows():
        if row in rows:
            # `Tác giả: X` above `Nguồn tin: Y`: X signs, and Y is no prose.
            if row in sources and ":" in text and _LABELLED.fullmatch(text) and (names := signature(text)):
                whole[unit] = names
                whole.pop(sources[row])
                residue.append(sources.pop(row))
            continue
        names = signature(text) if last or beside or _LABELLED.fullmatch(text) else None
        if names:
            whole[unit] = names
        elif last and (parted := glued_signature(text)):
            ends[unit] = parted[1], len(text) - len(parted[0])
        else:
            continue
        rows.add(row)
        if names and text[:5].lower() == "nguồn":
            sources[row] = unit
    text, kind, named = units["text"], units["kind"], pl.Series(list(whole), dtype=pl.UInt32)
    if whole:
        text = text.scatter(named, pl.Series(list(whole.values())))
        kind = kind.scatter(named, "byline")
    if residue:
        kind = kind.scatter(pl.Series(residue, dtype=pl.UInt32), "residue")
    units = units.with_columns(text, kind)
    return _parted(units, ends).drop("unit")


def _parted(units: pl.DataFrame, ends: dict[int, tuple[str, int]]) -> pl.DataFrame:
    """Part the paragraphs that end in a signature before it.

    No paragraph comes to Python for that: to take 1,000 of 3.5 kB there and back took 20 ms.
    """
    if not ends:
        return units
    names, lengths = zip(*ends.values(), strict=True)
    places = pl.Series("unit", list(ends), units.schema["unit"])
    text = units["text"]
    kept = pl.DataFrame({"text": text.gather(places), "length": lengths}).select(
        pl.col("text").str.head(-pl.col("length"))
    )
    bylines = units[places].with_columns(pl.lit("byline").alias("kind"), pl.Series("text", names))
    units = units.with_columns(text.scatter(places, kept.to_series()))
    return pl.concat([units, bylines]).sort("unit", maintain_order=True)


_FOOT = 4  # paragraphs at the end, among which a labelled signature may stand
_HEAD = 4  # paragraphs that may stand above the article: headline, time, names
_LONGEST_HEADLINE, _PROSE = 40, 12  # words
_LOOSE, _HEADED = 4, 7  # logarithms of the odds that a first line is a caption, below which it is a headline


def mark_given_title(units: pl.DataFrame, title: pl.Series) -> pl.DataFrame:
    """Mark a first paragraph that equals the title which the row gave.

    Args:
        units: the columns of `UNITS`; residue is marked.
        title: for each text the title that its row gave, on one line; null where it gave none.
    """
    if title.null_count() == len(title):
        return units
    body = pl.col("kind") == "body"
    first = body & (body.cast(pl.UInt8).cum_sum().over("row") == 1)
    same = first & (pl.col("text") == title.gather(units["row"])).fill_null(False)
    return units.with_columns(pl.when(same).then(pl.lit("title")).otherwise("kind").alias("kind"))


def mark_title(units: pl.DataFrame, wanted: pl.Series, headed: pl.Series) -> pl.DataFrame:
    """Mark the headline, and take the time of publication off the lines above the article.

    A headline is the first paragraph where it ends no sentence and prose follows; surely so where
    the time of publication is beside it. What might as well be a caption is none; where no blank
    lines part the paragraphs or the header gives the day, pages often begin with the headline, and it
    takes more for a caption.

    Args:
        units: the columns of `UNITS`; residue and captions with a label are marked.
        wanted: for each text whether its headline is looked for (boolean).
        headed: for each text whether it sooner begins with the headline: where single newlines part
            its paragraphs, or its header gives the day (boolean).

    Returns:
        The same rows in the same order.
    """
    units = units.with_row_index("unit")
    above = units.select("unit", "row", "kind", "gap", pl.col("text").str.slice(0, _LONGEST_HEADLINE * 10))
    above = above.filter(pl.int_range(pl.len()).over("row") < _ABOVE)
    text, body = pl.col("text"), pl.col("kind") == "body"
    words = text.str.count_matches(" ") + 1
    above = above.with_columns(body.cast(pl.UInt8).cum_sum().over("row").alias("number"), words.alias("words"))
    number = pl.col("number")
    short = body & (number <= _HEAD) & (text.str.len_chars() < _LONGEST_HEADLINE * 10)
    head = pl.when(short & text.str.contains("[0-9][/.-][0-9]{4}")).then("text").alias("head")
    above = above.with_columns(head, pl.when(pl.col("kind") == "residue").then("text").alias("line"))
    before = pl.coalesce(pl.col("head").str.extract(_TIMED, 1), pl.col("head").str.extract(_TIMED_FIRST, 1))
    published = pl.col("line").str.contains(f"^(?:{PUBLISHED})").fill_null(False)
    above = above.with_columns(before.alias("before"), published.alias("published"))
    above = above.with_columns(pl.coalesce("before", "text").alias("text"))
    near = pl.col("before").is_not_null() | pl.col("published")
    soon = [_ahead(near, by).fill_null(False) for by in (-1, 1, 2, 3)]
    prose = [_ahead(pl.col("words"), by).fill_null(0) >= _PROSE for by in (1, 2, 3)]
    above = above.with_columns(
        (pl.col("before").is_not_null() | pl.any_horizontal(soon)).alias("sure"),
        pl.any_horizontal(prose).alias("prose"),
    )
    first = above.filter(
        body & (number == 1) & pl.col("prose") & words.is_between(4, _LONGEST_HEADLINE) & ~pl.col("gap")
    )
    first = first.filter(wanted.gather(first["row"]))
    # Captions and headlines both begin with a verb; that is no sign of either.
    limit = (
        pl.when(headed.gather(first["row"])).then(_HEADED).otherwise(_LOOSE)
        + begins_with_a_verb(text).cast(pl.Int8) * 3
    )
    open_ended = ~text.str.contains(r"[.;,:]$") | text.str.ends_with("...") | pl.col("before").is_not_null()
    first = first.with_columns(points(first["text"], first.select(words).to_series()).alias("points"))
    likely = (pl.col("points") < limit) & ~text.str.contains(OPENS_WITH_DATE)
    titles = first.filter(open_ended & (pl.col("sure") | likely))["unit"]
    timed = above.filter(pl.col("before").is_not_null())
    return units.with_columns(
        units["text"].scatter(timed["unit"], timed["text"]),
        units["kind"].scatter(titles, "title") if len(titles) else units["kind"],
    ).drop("unit")


def _ahead(values: pl.Expr, by: int) -> pl.Expr:
    """The values of the unit so many places ahead in the same text; null where there is none."""
    return pl.when(pl.col("row") == pl.col("row").shift(-by)).then(values.shift(-by))


_ABOVE = 30  # units: of the site's navigation as well
# A day alone belongs to the headline unless a sign parts it (`viện phí tăng từ 1-8-2017`).
_TIMED = (
    rf"(?s)^(.*?\S)(?:[\s|,•·\-–—(\[]*(?:(?i:cập nhật|đăng lúc)\s*:?\s*)?{STAMP}|"
    rf"\s*(?:[|•·(\[]| [-–—])\s*{PUBLISHED})[)\]]?$"
)
_TIMED_FIRST = rf"(?s)^[(\[]?{STAMP}[)\]]?[\s|,•·\-–—:]*(\S.*)$"
OPENS_WITH_DATE = r"^(?i:ngày|sáng|trưa|chiều|tối|đêm|rạng sáng|mờ sáng|hôm nay|hôm qua) ?[0-9(]"

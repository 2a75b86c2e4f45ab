"""Residue of the page: what a reader would not take for the article."""

from __future__ import annotations

import polars as pl

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.structure.rows import of_each_text

_WORDS = lexicon("residue")
_any_of, _any_case = _WORDS.any_of, _WORDS.any_case_of
_CLOCK = r"[0-9]{1,2}\s?(?:[:hg]|giờ)\s?[0-9]{2}(?::[0-9]{2})?(?: phút)?(?:\s?(?:AM|PM|SA|CH))?"
_WEEKDAY = rf"(?:(?:thứ|Thứ|THỨ) ?{_any_of('day of the week')}|[Cc]hủ [Nn]hật|CHỦ NHẬT|CN|T[2-7])"
_DAY = r"(?:[Nn]gày )?[0-9]{1,2}\s?[/.\-]\s?[0-9]{1,2}\s?[/.\-]\s?[0-9]{4}"
_ZONE = r"[(\[]?(?:GMT|UTC) ?\+ ?[0-9]{1,2}(?::?[0-9]{2})?[)\]]?"
_BETWEEN = r"[\s,;|•·\-–]*"
_CLOCK_AND_DAY = rf"{_CLOCK}{_BETWEEN}(?:{_WEEKDAY}{_BETWEEN})?{_DAY}"
PUBLISHED = (
    rf"(?:{_WEEKDAY}{_BETWEEN})?(?:{_DAY}{_BETWEEN}(?:lúc )?(?:{_CLOCK})?|{_CLOCK_AND_DAY}){_BETWEEN}(?:{_ZONE})?"
)
"""When a page was published or updated: day and clock in either order, the weekday before or after."""
STAMP = (
    rf"(?:{_WEEKDAY}{_BETWEEN}{_DAY}(?:{_BETWEEN}{_CLOCK})?|{_DAY}{_BETWEEN}{_CLOCK}|{_CLOCK_AND_DAY})"
    rf"(?:{_BETWEEN}{_ZONE})?"
)
"""The same where other words follow on the line: a day alone would be a dateline."""
_PUBLISHED_LINE = (
    rf"(?:[^\s|.]+(?: [^\s|.]+){{0,2}} ?\| ?)?(?:{_any_of('published')}(?: lúc)?\s*:?\s*)?"
    rf"(?:{PUBLISHED}(?:\s*[|•·]\s*[^\n|.\-–]{{1,30}})?|{_WEEKDAY}|{_CLOCK})"
)
_PLAYED = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
_PLAYER = rf"/\s*{_PLAYED}|(?:[\p{{L}}\s:]*)?{_PLAYED}(?:\s*/\s*{_PLAYED})"
_BROWSER = rf"{_any_case('player')}[^\n.]*\.?|[^\n]*(?i:trình duyệt)[^\n]*(?i:không hỗ trợ)[^\n]*"
_RELATED = rf"{_any_of('link sign')}[^\n]*|{_any_case('link')}\s*:?[^\n.]*"
_MENU = rf"[^\n.>›»|]+(?:\s*[>›»|]\s*[^\n.>›»|]+){{2,}}|{_any_case('home')}(?:\s*[/>›»|][^\n]*)?"
_BUTTONS = rf"(?:{_any_case('button')}[\s:|,•]*)+"
_FONT_SIZES = r"(?:A[-+−]\s*){1,2}A?[-+−]?"
_LINES = "|".join(
    (
        rf"{_any_case('label')}\s*[:：][^\n]*",
        rf"{_any_case('setting')}[^\n.]*",
        _FONT_SIZES,
        rf"[0-9]+ {_any_case('counted')}",
        rf"{_any_case('counter')}\s*\(?[0-9]+\)?",
        rf"{_any_case('follow')}[^\n]*{_any_case('channel')}[^\n]*",
        rf"{_any_case('be the first')}[^\n.]*{_any_of('first to do')}[^\n.]*",
        rf"{_any_case('instruction')}[^\n]*",
        r"[0-9]+(?: [^\s.]+){1,3} (?i:online)",
        r"\|+",
    )
)
RESIDUE = f"{_PUBLISHED_LINE}|{_PLAYER}|{_BROWSER}|{_RELATED}|{_MENU}|{_BUTTONS}|{_LINES}"
"""A line that is no prose: player times, related links, menus, buttons, the time of publication."""

_RELATED_HEAD = rf"^{_any_case('heading of links')}\s*:?$"
_SHORTEST_LINK, _LONGEST_LINK = 5, 25  # words: shorter lines there are names of those who sign
_SCRAPS = r"\s*\bleftcenterrightdel\b\s*|\s*\|+\s*$"
_LONGEST = 400  # bytes of a unit that may be residue
_MENU_LENGTH = 3  # entries, before which a run of short lines may be anything
_PAIR = r"^\p{Lu}[^.!?:\d]* [-–&] \p{Lu}[^.!?:\d]*$"  # Quốc phòng - An ninh
_SITE = rf"^{_any_case('site')}(?: [^\s.!?:]+)+$"
_SECTION_WORDS = 4  # of a menu's entries; headlines are longer


def mark_residue(units: pl.DataFrame) -> pl.DataFrame:
    """Mark units that are residue, and take scraps of it off the others.

    A run of very short lines before the first long one is the site's navigation, where there are
    at least three.

    Args:
        units: the columns of `UNITS`.

    Returns:
        The same rows in the same order; `scraps` (uint32) is added: how many were taken off a unit.
    """
    units = _after_a_photo(_without_scraps(units))
    short = (units["kind"] == "body") & (units["text"].str.len_bytes() <= _LONGEST)
    places = short.arg_true()
    text = units["text"].gather(places)
    alone = text.str.contains(rf"^(?:{RESIDUE})$") | (text == "")
    words = text.str.count_matches(" ") + 1
    named = (text.str.contains(_SITE) & (words <= 8)) | (text.str.contains(_PAIR) & (words <= 7))
    section = (named | (words <= _SECTION_WORDS)) & ~text.str.contains(r"[.!?…:”\"\d]")
    flags = pl.DataFrame({"row": units["row"], "run": short.set(short, False).scatter(places, alone | section)})
    run = flags.select(pl.col("run").cast(pl.UInt8).cum_min().over("row") == 1).to_series()
    counted = pl.DataFrame({"row": units["row"], "run": run}).group_by("row", maintain_order=True)
    lengths = counted.agg(pl.col("run").sum().alias("menu"), pl.len().alias("all"))
    menus = lengths.filter((pl.col("menu") >= _MENU_LENGTH) & (pl.col("menu") < pl.col("all")))["row"]
    residue = short.set(short, False).scatter(places, alone) | (run & units["row"].is_in(menus.implode()))
    heads = short.set(short, False).scatter(places, text.str.contains(_RELATED_HEAD))
    if heads.any():
        residue |= _related(units, residue, heads)
    return units.with_columns(pl.Series("kind", ["residue"]).zip_with(residue, units["kind"]))


def _related(units: pl.DataFrame, residue: pl.Series, heads: pl.Series) -> pl.Series:
    """Headlines at the foot of the page, below `Tin liên quan` and the like: lines that end no sentence."""
    words = units["text"].str.count_matches(" ") + 1
    link = (words <= _LONGEST_LINK) & ~units["text"].str.contains(r"[.!?…”\"]$")
    seen = units.select("row").with_columns(foot=(link | residue).cast(pl.UInt8), below=heads.cast(pl.UInt8))
    foot = seen.select(pl.col("foot").reverse().cum_min().reverse().over("row") == 1).to_series()
    below = seen.select(pl.col("below").cum_max().over("row") == 1).to_series()
    return foot & below & (units["kind"] == "body") & (words >= _SHORTEST_LINK)


def _after_a_photo(units: pl.DataFrame) -> pl.DataFrame:
    """Count the toolbar of a photo, which stands where that was, as a gap before the next unit."""
    bar = units["text"] == ""
    if not bar.any():
        return units
    before = (bar.shift(1) & (units["row"] == units["row"].shift(1))).fill_null(False)
    return units.with_columns(units["gap"] | before)


def _without_scraps(units: pl.DataFrame) -> pl.DataFrame:
    text = units["text"]
    places = (text.str.contains("leftcenterrightdel", literal=True) | text.str.ends_with("|")).arg_true()
    scraps = pl.Series("scraps", [0], pl.UInt32).new_from_index(0, len(units))
    some = text.gather(places)
    return units.with_columns(
        scraps.scatter(places, some.str.count_matches(_SCRAPS)),
        text.scatter(places, some.str.replace_all(_SCRAPS, " ").str.strip_chars(" ")),
    )


def residue_of(units: pl.DataFrame, rows: int) -> pl.Series:
    """How many places of residue each text had: whole units, and scraps taken off others (uint32)."""
    whole = (pl.col("kind") == "residue").cast(pl.UInt32)
    found = units.group_by("row").agg(pl.max_horizontal(whole, "scraps").sum().alias("residue"))
    return of_each_text(found, rows)["residue"].fill_null(0)

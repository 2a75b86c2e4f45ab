"""Residue of the page: text that a reader would not regard as part of the article."""

from __future__ import annotations

import polars as pl

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.structure.units import neighbour, per_text, with_values

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
"""The time when a page was published or updated: day and time in either order, with the weekday before or after."""
STAMP = (
    rf"(?:{_WEEKDAY}{_BETWEEN}{_DAY}(?:{_BETWEEN}{_CLOCK})?|{_DAY}{_BETWEEN}{_CLOCK}|{_CLOCK_AND_DAY})"
    rf"(?:{_BETWEEN}{_ZONE})?"
)
"""The same, if other words follow on the line; a day alone would be a dateline there."""
_PUBLISHED_LINE = (
    rf"(?:[^\s|.]+(?: [^\s|.]+){{0,2}} ?\| ?)?(?:{_any_of('published')}(?: lúc)?\s*:?\s*)?"
    rf"(?:{PUBLISHED}(?:\s*[|•·]\s*[^\n|.\-–]{{1,30}})?|{_WEEKDAY}|{_CLOCK})"
)
_PLAYED = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
_PLAYER = rf"/\s*{_PLAYED}|(?:[\p{{L}}\s:]*)?{_PLAYED}(?:\s*/\s*{_PLAYED})"
_BROWSER = rf"{_any_case('player')}[^\n.]*\.?|[^\n]*(?i:trình duyệt)[^\n]*(?i:không hỗ trợ)[^\n]*"
_CLIP = r"(?i:video|clip)(?: clip)?\s*:[^\n.!?]*"  # the name of a clip that was on the page
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
RESIDUE = f"{_PUBLISHED_LINE}|{_PLAYER}|{_BROWSER}|{_CLIP}|{_RELATED}|{_MENU}|{_BUTTONS}|{_LINES}"
"""A line that is not prose: times of a player, related links, menus, buttons, the time of publication."""

_RELATED_HEAD = rf"^{_any_case('heading of links')}\s*:?$"
_SHORTEST_LINK, _LONGEST_LINK = 5, 25  # words; shorter lines there are names of authors
_SCRAPS = r"\s*\bleftcenterrightdel\b\s*|\s*\|+\s*$"
_LONGEST = 400  # the most bytes of a unit that may be residue
_MENU_LENGTH = 3  # entries; a shorter run of short lines may be anything
_PAIR = r"^\p{Lu}[^.!?:\d]* [-–&] \p{Lu}[^.!?:\d]*$"  # Quốc phòng - An ninh
_SITE = rf"^{_any_case('site')}(?: [^\s.!?:]+)+$"
_SECTION_WORDS = 4  # the most words of a menu entry; headlines are longer


def mark_residue(units: pl.DataFrame) -> pl.DataFrame:
    """Mark units that are residue, and remove scraps of it from the others.

    A run of at least three very short lines before the first long one is the site's navigation.

    Args:
        units: the columns of `UNITS`.

    Returns:
        The same rows in the same order; `scraps` (uint32) is added: how many scraps were removed from a unit.
    """
    units = _after_a_photo(_without_scraps(units))
    numbers = ((units["kind"] == "body") & (units["text"].str.len_bytes() <= _LONGEST)).arg_true()
    text = units["text"].gather(numbers)
    alone = _spread(text.str.contains(rf"^(?:{RESIDUE})$") | (text == ""), numbers, len(units))
    sections = _spread(_are_sections(text), numbers, len(units))
    residue = alone | _navigation(units, alone | sections) | _above_the_time(units, sections)
    headings = _spread(text.str.contains(_RELATED_HEAD), numbers, len(units))
    if headings.any():
        residue |= _related(units, residue, headings)
    return units.with_columns(pl.Series("kind", ["residue"]).zip_with(residue, units["kind"]))


def _spread(flags: pl.Series, numbers: pl.Series, units: int) -> pl.Series:
    """Spread the flags of some units over all units; the others are false."""
    return pl.Series([False]).new_from_index(0, units).scatter(numbers, flags)


def _are_sections(text: pl.Series) -> pl.Series:
    """Which lines may be menu entries: names of sections and sites (boolean)."""
    words = text.str.count_matches(" ") + 1
    named = (text.str.contains(_SITE) & (words <= 8)) | (text.str.contains(_PAIR) & (words <= 7))
    return (named | (words <= _SECTION_WORDS)) & ~text.str.contains(r"[.!?…:”\"\d]")


def _navigation(units: pl.DataFrame, entries: pl.Series) -> pl.Series:
    """Which units belong to a run of menu entries at the beginning of a text, if the run is not the whole text."""
    lines = units.select("row", entries.cast(pl.UInt8).alias("entry"))
    lines = lines.with_columns((pl.col("entry").cum_min().over("row") == 1).alias("opening"))
    length, units_of_text = pl.col("opening").sum().over("row"), pl.len().over("row")
    is_menu = (length >= _MENU_LENGTH) & (length < units_of_text)
    return lines.select(pl.col("opening") & is_menu).to_series()


def _above_the_time(units: pl.DataFrame, sections: pl.Series) -> pl.Series:
    """Which units are the name of a section at the beginning of a text, directly above the time of publication."""
    first = (pl.col("row") != pl.col("row").shift(1)).fill_null(True)
    published = neighbour(pl.col("text").str.contains(rf"^(?:{PUBLISHED})$"), 1).fill_null(False)
    return units.select(first & published).to_series() & sections


def _related(units: pl.DataFrame, residue: pl.Series, headings: pl.Series) -> pl.Series:
    """Which units are headlines at the foot of the page, below `Tin liên quan` and the like; they end no sentence."""
    words = units["text"].str.count_matches(" ") + 1
    link = (words <= _LONGEST_LINK) & ~units["text"].str.contains(r"[.!?…”\"]$")
    lines = units.select("row", foot=(link | residue).cast(pl.UInt8), below=headings.cast(pl.UInt8))
    foot = lines.select(pl.col("foot").reverse().cum_min().reverse().over("row") == 1).to_series()
    below = lines.select(pl.col("below").cum_max().over("row") == 1).to_series()
    return foot & below & (units["kind"] == "body") & (words >= _SHORTEST_LINK)


def _after_a_photo(units: pl.DataFrame) -> pl.DataFrame:
    """Treat the toolbar of a photo, which marks where the photo was, as a gap before the next unit."""
    bar = pl.col("text") == ""
    return units.with_columns(pl.col("gap") | neighbour(bar, -1).fill_null(False))


def _without_scraps(units: pl.DataFrame) -> pl.DataFrame:
    """Remove scraps of residue from the ends of units, and count them in `scraps`."""
    text = units["text"]
    numbers = (text.str.contains("leftcenterrightdel", literal=True) | text.str.ends_with("|")).arg_true()
    scrappy = text.gather(numbers)
    units = units.with_columns(pl.lit(0, pl.UInt32).alias("scraps"))
    clean = scrappy.str.replace_all(_SCRAPS, " ").str.strip_chars(" ")
    return with_values(units, numbers, text=clean, scraps=scrappy.str.count_matches(_SCRAPS))


def count_residue(units: pl.DataFrame, texts: int) -> pl.Series:
    """The number of places with residue in each text (uint32): whole units, and scraps removed from others."""
    whole = (pl.col("kind") == "residue").cast(pl.UInt32)
    counted = units.group_by("row").agg(pl.max_horizontal(whole, "scraps").sum().alias("residue"))
    return per_text(counted, texts)["residue"].fill_null(0)

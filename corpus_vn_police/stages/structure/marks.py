"""Mark the kind of each unit of a text: `structure` joins bodies by it, and people can view it."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from corpus_vn_police.config import Corpus
from corpus_vn_police.stages.structure.bare_captions import mark_bare_captions
from corpus_vn_police.stages.structure.byline import mark_byline
from corpus_vn_police.stages.structure.captions import mark_captions
from corpus_vn_police.stages.structure.header import read_headers
from corpus_vn_police.stages.structure.headline import mark_given_title, mark_title
from corpus_vn_police.stages.structure.residue import count_residue, mark_residue
from corpus_vn_police.stages.structure.splitting import split_into_units


class Marked(NamedTuple):
    """The texts of a batch, split into marked units.

    Attributes:
        units: the columns of `UNITS`, in order.
        residue: the number of places with residue in each text (uint32).
        title_kept: for each text whether its first paragraph equals the row's title, but stays, because the title is
            not a headline (boolean).
    """

    units: pl.DataFrame
    residue: pl.Series
    title_kept: pl.Series


def mark(batch: pl.DataFrame, readable: pl.Series) -> Marked:
    """Split the texts into units, and mark the kind of each.

    Args:
        batch: reads `text` (clean, without header), `title` (on one line), `date_precision`.
        readable: the texts to split (boolean); the others have no units.
    """
    # If there are no blank lines, or the header gives the day, the text often contains its headline.
    headed = ~batch["text"].fill_null("").str.contains("\n\n", literal=True) | (batch["date_precision"] == "day")
    headed = headed.fill_null(False)
    units, title_kept = mark_residue(split_into_units(batch["text"].set(~readable, None))).pipe(
        mark_given_title, batch["title"]
    )
    residue = count_residue(units, len(batch))
    units = units.drop("scraps").pipe(mark_captions).pipe(mark_title, batch["title"].is_null(), headed)
    return Marked(units.pipe(mark_byline).pipe(mark_bare_captions), residue, title_kept)


def kinds(batch: pl.DataFrame, corpus: Corpus) -> tuple[pl.DataFrame, pl.Series]:
    """The kind of each unit in each text, as `structure` decides it.

    Args:
        batch: as for `structure`.
        corpus: reads `limits`, `structure`.

    Returns:
        The columns of `UNITS`, in order; and for each text the part before them: the header and
        leading `# key = value` lines (string, empty if there are none).
    """
    before = batch["text"]
    batch = read_headers(batch, corpus).with_columns(one_line(batch["title"]))
    after = batch["text"].str.len_chars().cast(pl.Int64)
    headers = before.str.head(before.str.len_chars().cast(pl.Int64) - after).fill_null("")
    if corpus.structure:
        return mark(batch, batch["reason"].is_null()).units, headers
    return split_into_units(batch["text"]), headers


def one_line(title: pl.Series) -> pl.Series:
    """Titles on one line; an empty one is null."""
    if title.null_count() == len(title):
        return title
    line = title.str.replace_all("\n+", " ").str.strip_chars(" ")
    return line.set(line == "", None).alias("title")

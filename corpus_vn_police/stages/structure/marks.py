"""What each part of a text is: the marking that `structure` joins bodies from, and a view of it for people."""

from __future__ import annotations

import polars as pl

from corpus_vn_police.config import Corpus
from corpus_vn_police.stages.structure.captions import mark_bare_captions, mark_captions
from corpus_vn_police.stages.structure.header import read_headers
from corpus_vn_police.stages.structure.residue import mark_residue, residue_of
from corpus_vn_police.stages.structure.signature import mark_byline, mark_given_title, mark_title
from corpus_vn_police.stages.structure.units import part


def marked(batch: pl.DataFrame, alive: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
    """Part the texts into units, and mark each as what it is.

    Args:
        batch: reads `text` (clean, without header), `title` (on one line), `date_precision`.
        alive: the texts that are looked at (boolean); the others have no unit.

    Returns:
        The columns of `UNITS`, in order; and of each text how many places of residue it had (uint32).
    """
    # Where lines stand tight, or the header gives the day, the headline is often among them.
    headed = ~batch["text"].fill_null("").str.contains("\n\n", literal=True) | (batch["date_precision"] == "day")
    headed = headed.fill_null(False)
    units = mark_residue(part(batch["text"].set(~alive, None))).pipe(mark_given_title, batch["title"])
    taken = residue_of(units, len(batch))
    units = units.drop("scraps").pipe(mark_captions).pipe(mark_title, batch["title"].is_null(), headed)
    return units.pipe(mark_byline).pipe(mark_bare_captions), taken


def kinds(batch: pl.DataFrame, corpus: Corpus) -> tuple[pl.DataFrame, pl.Series]:
    """What each part of each text is, as `structure` takes it apart.

    Args:
        batch: as for `structure`.
        corpus: reads `limits`, `structure`.

    Returns:
        The columns of `UNITS`, in order; and of each text what stands before them: the header and
        leading `# key = value` lines (string, empty where there are none).
    """
    before = batch["text"]
    batch = read_headers(batch, corpus.limits.latest).with_columns(one_line(batch["title"]))
    after = batch["text"].str.len_chars().cast(pl.Int64)
    headers = before.str.head(before.str.len_chars().cast(pl.Int64) - after).fill_null("")
    if corpus.structure:
        return marked(batch, batch["reason"].is_null())[0], headers
    return part(batch["text"]), headers


def one_line(title: pl.Series) -> pl.Series:
    """Titles on one line; an empty one is null."""
    if title.null_count() == len(title):
        return title
    line = title.str.replace_all("\n+", " ").str.strip_chars(" ")
    return line.set(line == "", None).alias("title")

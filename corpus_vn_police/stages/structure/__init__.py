"""Clean text -> date, title, dateline, body, captions, byline.

The header and leading `# key = value` lines are always taken out. With `[structure] enabled`, the rest
is split into units (paragraphs, or lines if one of the lines is not prose), each unit is marked with its kind,
and the body is joined from the units that are prose. A field is null unless the text itself states its value.
"""

from __future__ import annotations

import polars as pl

from corpus_vn_police.config import Corpus
from corpus_vn_police.reasons import LIMIT_PARAGRAPHS, TEXT_EMPTY
from corpus_vn_police.stages.batch import reject, reject_beyond
from corpus_vn_police.stages.counts import counts
from corpus_vn_police.stages.structure.captions import captions
from corpus_vn_police.stages.structure.dateline import datelines
from corpus_vn_police.stages.structure.header import find_header, read_headers
from corpus_vn_police.stages.structure.key_lines import find_key_line
from corpus_vn_police.stages.structure.marks import kinds, mark, one_line
from corpus_vn_police.stages.structure.splitting import plain_paragraphs
from corpus_vn_police.stages.structure.units import first_of, join

__all__ = ["find_header", "find_key_line", "kinds", "read_headers", "structure"]


def structure(batch: pl.DataFrame, corpus: Corpus) -> pl.DataFrame:
    """Take the header out of the texts, and separate the other fields from the body.

    Args:
        batch: reads `text`, `title` (both clean), `header_date`, `reason`, `pointer`, `detail`.
        corpus: reads `limits`, `structure`.

    Returns:
        The same rows in the same order. `text` is the body, `title` on one line; added are `date`,
        `date_precision` (string), `year` (int16), `month` (int8), `date_start`, `date_end` (date; the first
        and the last day that `date` can mean), `n_chars`, `n_syllables`, `n_paragraphs` (int32; code points,
        tokens separated by white space, paragraphs), `title_kept` (boolean: the row's title equals the first paragraph,
        but is not a headline, so that the paragraph stays), and with structure
        `event_date` (date), `event_date_text`, `place`, `byline` (string), `date_conflict`
        (boolean) and `captions` (list of struct {text, credit: string, after_paragraph: int32}).
        A text with a wrong header or body gets its `reason`, `pointer` and `detail`; for the others, `detail`
        counts the residue that was taken out.
    """
    batch = read_headers(batch, corpus).with_columns(one_line(batch["title"]))
    batch = _take_apart(batch) if corpus.structure else batch.with_columns(plain_paragraphs(), title_kept=False)
    batch = batch.with_columns(counts(batch["text"]))
    batch = reject(batch, pl.col("text") == "", TEXT_EMPTY, pl.lit("no text besides the header"))
    return reject_beyond(batch, pl.col("n_paragraphs"), LIMIT_PARAGRAPHS, corpus)


def _take_apart(batch: pl.DataFrame) -> pl.DataFrame:
    readable, texts = batch["reason"].is_null(), len(batch)
    units, residue, title_kept = mark(batch, readable)
    taken_out = pl.concat_str(pl.lit("residue taken out: "), residue.cast(pl.String), pl.lit(" places"))
    detail = pl.concat_str(
        "detail", pl.when(readable & (residue > 0)).then(taken_out), separator="; ", ignore_nulls=True
    )
    return batch.with_columns(
        pl.when(readable & (residue > 0)).then(detail).otherwise("detail").alias("detail"),
        join(units, texts),
        captions(units, texts),
        title_kept,
        pl.coalesce(batch["title"], first_of(units, "title", texts)).alias("title"),
        first_of(units, "byline", texts),
        *datelines(units, batch["date"]).get_columns(),
    )

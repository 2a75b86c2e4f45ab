"""Texts -> abbreviations, officers, direct speech and personal data, as spans beside the text.

This uses rules, not a model: words from `lexicon/` and the text around them. `x-rules-version` in
`schema/annotations.schema.json` changes whenever a rule does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from corpus_vn_police.config import Corpus
from corpus_vn_police.reasons import PRIVACY
from corpus_vn_police.stages.annotate.columns import NOTHING, annotation_column, kinds_column
from corpus_vn_police.stages.annotate.gates import gates
from corpus_vn_police.stages.annotate.look import Looked, look_at
from corpus_vn_police.stages.annotate.record_strings import columns_of
from corpus_vn_police.stages.batch import reject
from corpus_vn_police.stages.counts import counts

__all__ = ["annotate"]


def annotate(batch: pl.DataFrame, corpus: Corpus) -> pl.DataFrame:
    """Find the content of the config "annotations" in each text, and treat personal data.

    Args:
        batch: reads `text`, `title`, `captions`, `byline`, `own`, `reason`, `pointer`, `detail`.
        corpus: reads `annotations`, `privacy`.

    Returns:
        The same rows in the same order. Added are `privacy` (list of string: the kinds found, in the order
        of the schema; empty for a seed that is rejected already) and `annotations` (struct of four lists of structs,
        as in the config), each if the settings ask for it. With `mask`, the strings in `text`, `title`,
        `captions`, `byline` and `own` have placeholders instead of personal data, and `n_chars` and
        `n_syllables` are counted again. With `drop`, a record with personal data is rejected.
    """
    if not corpus.finds_personal:
        return batch
    names = columns_of(batch)
    alive = batch["reason"].is_null()
    rows = zip(alive, gates(batch["text"]), batch.select(names).iter_rows(), strict=True)
    looked = [look_at(values, may_have, corpus) if here else None for here, may_have, values in rows]
    batch = batch.with_columns(kinds_column([each.kinds if each else () for each in looked], "privacy"))
    if corpus.annotations:
        found = [each.found if each else NOTHING for each in looked]
        batch = batch.with_columns(annotation_column(found, corpus.contracts["annotations"].schema))
    if corpus.privacy == "mask":
        return _with_masked(batch, names, looked)
    return _without_personal(batch, looked) if corpus.privacy == "drop" else batch


def _with_masked(batch: pl.DataFrame, names: Sequence[str], looked: Sequence[Looked | None]) -> pl.DataFrame:
    """Put the masked strings into the records that have any."""
    rows = [number for number, each in enumerate(looked) if each and each.masked is not None]
    if not rows:
        return batch
    values: Iterable[Any] = (each.masked for each in looked if each and each.masked is not None)
    columns = zip(names, zip(*values, strict=True), strict=True)
    new = pl.DataFrame([pl.Series(name, list(column), batch.schema[name]) for name, column in columns])
    batch = batch.with_columns(
        pl.concat([batch[name], new[name]]).gather(_places(len(batch), rows)).alias(name) for name in names
    )
    return batch.with_columns(counts(batch["text"]))


def _places(length: int, rows: Sequence[int]) -> pl.Series:
    """Positions that select, for each row, its value after values for some rows are appended to a column."""
    return pl.int_range(length, eager=True).scatter(list(rows), list(range(length, length + len(rows))))


def _without_personal(batch: pl.DataFrame, looked: Sequence[Looked | None]) -> pl.DataFrame:
    """Reject the records that have personal data; the reason is their first kind, in the order of the schema."""
    detail = pl.Series([each.counted if each else "" for each in looked], dtype=pl.String)
    first = pl.col("privacy").list.first()
    for kind, reason in PRIVACY.items():
        batch = reject(batch, first == kind, reason, pl.lit(detail))
    return batch

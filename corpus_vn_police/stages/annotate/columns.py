"""The content found in texts -> the columns of the config "annotations"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus_vn_police.buffers import from_numpy
from corpus_vn_police.stages.annotate.spans import Abbreviation, Person, Personal, Quote, Span


@dataclass(frozen=True)
class Found:
    """The content that was found in a text.

    Attributes:
        text: the text that the spans refer to.
        abbreviations, people, quotes, personal: the spans, in order.
    """

    text: str
    abbreviations: Sequence[Abbreviation] = ()
    people: Sequence[Person] = ()
    quotes: Sequence[Quote] = ()
    personal: Sequence[Personal] = ()

    def rows(self, name: str) -> Iterator[tuple[Any, ...]]:
        """The values of one list, in the order of the fields in `schema/annotations.schema.json`."""
        if name == "abbreviations":
            return ((*each.short, self._said(each.short), self._said(each.long)) for each in self.abbreviations)
        if name == "people":
            return (
                (*each.mention, self._said(each.name), self._said(each.rank), self._said(each.title))
                for each in self.people
            )
        if name == "quotes":
            return ((*each.speech, self._said(each.speech), self._said(each.speaker)) for each in self.quotes)
        return ((*each.place, each.kind) for each in self.personal)

    def _said(self, span: Span | None) -> str | None:
        return self.text[span.start : span.end] if span else None


NOTHING = Found("")
"""The result for a text that is not examined."""


def annotation_column(found: Sequence[Found], schema: pa.Schema) -> pl.Series:
    """The annotations of texts as one column of structs.

    Args:
        found: the content found in each text.
        schema: the columns of the config, `id` first.
    """
    fields = [field for field in schema if field.name != "id"]
    lists = [_lists([list(each.rows(field.name)) for each in found], field.type) for field in fields]
    structs = pa.StructArray.from_arrays(lists, fields=fields)
    return pl.Series("annotations", structs)


def kinds_column(kinds: Sequence[Sequence[str]], name: str) -> pl.Series:
    """A list of strings for each text, made without a Python object for each list; see `_array`."""
    values = _array([kind for each in kinds for kind in each], pa.string())
    return pl.Series(name, pa.ListArray.from_arrays(_offsets(kinds), values))


def _offsets(rows: Sequence[Sequence[Any]]) -> pa.Array:
    offsets = np.zeros(len(rows) + 1, np.int32)
    np.cumsum([len(each) for each in rows], out=offsets[1:])
    return from_numpy(offsets)


def _lists(rows: Sequence[Sequence[tuple[Any, ...]]], kind: pa.ListType) -> pa.ListArray:
    """A list of structs for each text."""
    spans = [span for each in rows for span in each]
    columns = zip(*spans, strict=True) if spans else [()] * len(kind.value_type)
    arrays = [_array(column, field.type) for column, field in zip(columns, kind.value_type, strict=True)]
    values = pa.StructArray.from_arrays(arrays, fields=list(kind.value_type))
    return pa.ListArray.from_arrays(_offsets(rows), values, type=kind)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Offsets or strings as an Arrow array, without pandas; see `buffers.from_numpy`."""
    if pa.types.is_integer(kind):
        return from_numpy(np.array(values, kind.to_pandas_dtype()))
    return pl.Series(values, dtype=pl.String).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(kind)

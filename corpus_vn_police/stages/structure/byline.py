"""The byline: the last paragraph, the end of the last sentence, or a line below the headline."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from corpus_vn_police.stages.structure.signature import (
    LONGEST_SIGNATURE,
    glued_signature,
    is_labelled,
    signature,
)
from corpus_vn_police.stages.structure.units import neighbour, with_values

_TAIL = 160  # code points at the end of a paragraph, where a signature is looked for
_FOOT = 4  # paragraphs at the end, among which a labelled signature may stand
_HEAD = 3  # paragraphs at the beginning, among which a signature may stand


@dataclass(frozen=True)
class _Signatures:
    """Who signs the texts of a batch.

    Attributes:
        whole: for units that are a signature and no more, who signs.
        ends: for paragraphs that end in one, who signs and how many code points the signature takes.
        residue: units that name the source below who signs.
    """

    whole: dict[int, str] = field(default_factory=dict)
    ends: dict[int, tuple[str, int]] = field(default_factory=dict)
    residue: list[int] = field(default_factory=list)


def mark_byline(units: pl.DataFrame) -> pl.DataFrame:
    """Mark who signs each text.

    Args:
        units: the columns of `UNITS`; headline, residue and captions with a label are marked.

    Returns:
        The units, in order; the text of a byline is who signs. A paragraph that ended in one has become two.
    """
    candidates = _candidates(units)
    if not len(candidates):
        return units
    found = _read(candidates)
    units = with_values(units, _numbers(found.residue), kind="residue")
    units = with_values(
        units, _numbers(found.whole), text=pl.Series(found.whole.values(), dtype=pl.String), kind="byline"
    )
    return _split_off(units, found.ends)


def _numbers(units: list[int] | dict[int, str] | dict[int, tuple[str, int]]) -> pl.Series:
    return pl.Series("unit", list(units), pl.UInt32)


def _candidates(units: pl.DataFrame) -> pl.DataFrame:
    """The paragraphs that may be or hold a signature, in order: `unit`, `row`, `text`, `last`, `beside`.

    `text` is the end of the paragraph, `last` whether it is the last one of the body, `beside` whether headline or
    residue stand next to it. A text of one paragraph has none.
    """
    kind, text = pl.col("kind"), pl.col("text")
    beside = pl.any_horizontal(neighbour(kind.is_in(["title", "residue"]), by).fill_null(False) for by in (-1, 1))
    body = units.with_row_index("unit").select("unit", "row", "kind", beside.alias("beside")).filter(kind == "body")
    number, count = pl.int_range(pl.len()).over("row"), pl.len().over("row")
    body = body.with_columns(number.alias("number"), (count - number - 1).alias("after")).filter(count > 1)
    head, last = pl.col("number") < _HEAD, pl.col("after") == 0
    body = body.filter(head | (pl.col("after") < _FOOT))
    body = body.with_columns(units["text"].gather(body["unit"]).str.tail(_TAIL), last.alias("last"))
    # Photos may stand below who signs, but only a label tells a name there from the caption of one.
    short = (text.str.len_chars() < _TAIL) & (text.str.count_matches(" ") < LONGEST_SIGNATURE)
    may_sign = short & (last | head | text.str.contains("[:：]"))
    unfinished = ~text.str.contains(r"[.!?…”\"]$") | text.str.contains(r"(?:\p{Lu}\.)+$")
    return body.filter(may_sign | (last & unfinished)).select("unit", "row", "text", "last", "beside")


def _read(candidates: pl.DataFrame) -> _Signatures:
    """Read the candidates, in each text from the last one up to the first that signs."""
    found = _Signatures()
    signed: set[int] = set()
    sources: dict[int, int] = {}  # for texts, the unit that names the source
    for unit, text_number, text, last, beside in candidates.reverse().iter_rows():
        if text_number in signed:
            # `Tác giả: X` above `Nguồn tin: Y`: X signs, and the line of Y is not prose.
            if text_number in sources and ":" in text and is_labelled(text) and (names := signature(text)):
                source = sources.pop(text_number)
                found.whole[unit] = names
                del found.whole[source]
                found.residue.append(source)
            continue
        names = signature(text) if last or beside or is_labelled(text) else None
        if names:
            found.whole[unit] = names
            if text[:5].lower() == "nguồn":
                sources[text_number] = unit
        elif last and (split := glued_signature(text)):
            prose, names = split
            found.ends[unit] = names, len(text) - len(prose)
        else:
            continue
        signed.add(text_number)
    return found


def _split_off(units: pl.DataFrame, ends: dict[int, tuple[str, int]]) -> pl.DataFrame:
    """Split the paragraphs that end in a signature before it.

    No paragraph comes to Python for that: to take 1,000 of 3.5 kB there and back took 20 ms.
    """
    if not ends:
        return units
    names, lengths = zip(*ends.values(), strict=True)
    numbers = _numbers(ends)
    paragraphs = pl.DataFrame({"text": units["text"].gather(numbers), "length": lengths})
    prose = paragraphs.select(pl.col("text").str.head(-pl.col("length"))).to_series()
    bylines = units[numbers].with_columns(pl.lit("byline").alias("kind"), pl.Series("text", names), numbers)
    units = with_values(units, numbers, text=prose).with_row_index("unit")
    return pl.concat([units, bylines.select(units.columns)]).sort("unit", maintain_order=True).drop("unit")

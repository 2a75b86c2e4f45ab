"""The byline: the last paragraph, the end of the last sentence, or a line below the headline."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from corpus_vn_police.stages.structure.signature import (
    LONGEST_SIGNATURE,
    is_labelled,
    signature,
)
from corpus_vn_police.stages.structure.tail import TAIL, Tail, glued_tail
from corpus_vn_police.stages.structure.units import neighbour, with_values

_SHORTEST = 30  # code points of a paragraph that ends in a signature, but is not a signature as a whole
_SOURCES = ("nguồn", "theo ")  # the beginning of a line that names the source of the article
_FOOT = 4  # paragraphs at the end that may hold a signature with a label
_HEAD = 3  # paragraphs at the beginning that may hold a signature


@dataclass(frozen=True)
class _Signatures:
    """The signatures in the texts of a batch.

    Attributes:
        whole: the names, for units that are only a signature.
        ends: for paragraphs that end in a signature or in the page's stamp, this end.
        residue: units that name the source below a signature.
    """

    whole: dict[int, str] = field(default_factory=dict)
    ends: dict[int, Tail] = field(default_factory=dict)
    residue: list[int] = field(default_factory=list)


def mark_byline(units: pl.DataFrame) -> pl.DataFrame:
    """Mark the byline of each text.

    Args:
        units: the columns of `UNITS`; headline, residue and captions with a label are already marked.

    Returns:
        The units, in order; the text of a byline is only the names. A paragraph that ended in one is now two units.
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


def _numbers(units: list[int] | dict[int, str] | dict[int, Tail]) -> pl.Series:
    return pl.Series("unit", list(units), pl.UInt32)


def _candidates(units: pl.DataFrame) -> pl.DataFrame:
    """The paragraphs that may be or contain a signature, in order: `unit`, `row`, `text`, `after`, `beside`.

    `text` is the end of the paragraph, `after` the number of paragraphs of the body after it, `beside` whether headline
    or residue are next to it. For a text of one paragraph, only a signature attached to its end is considered.
    """
    kind, text = pl.col("kind"), pl.col("text")
    beside = pl.any_horizontal(neighbour(kind.is_in(["title", "residue"]), by).fill_null(False) for by in (-1, 1))
    body = units.with_row_index("unit").select("unit", "row", "kind", beside.alias("beside")).filter(kind == "body")
    number, count = pl.int_range(pl.len()).over("row"), pl.len().over("row")
    body = body.with_columns(number.alias("number"), (count - number - 1).alias("after"), (count == 1).alias("alone"))
    head = pl.col("number") < _HEAD
    body = body.filter(head | (pl.col("after") < _FOOT))
    body = body.with_columns(units["text"].gather(body["unit"]).str.tail(TAIL))
    # There may be photos below a signature, but there only a label distinguishes a name from a photo's caption.
    short = (text.str.len_chars() < TAIL) & (text.str.count_matches(" ") < LONGEST_SIGNATURE)
    may_sign = short & ~pl.col("alone") & ((pl.col("after") <= 1) | head | text.str.contains("[:：]"))
    unfinished = ~text.str.contains(r"[.!?…”\"]$") | text.str.contains(r"(?:\p{Lu}\.)+$")
    may_end_in_one = (pl.col("after") <= 1) & unfinished & (text.str.len_chars() >= _SHORTEST)
    return body.filter(may_sign | may_end_in_one).select("unit", "row", "text", "after", "beside")


def _read(candidates: pl.DataFrame) -> _Signatures:
    """Read the candidates of each text, from the last one up to the first one that is a signature."""
    found = _Signatures()
    signed: dict[int, bool] = {}  # text -> whether its signature is a paragraph of its own at the end
    sources: dict[int, int] = {}  # text -> the unit that names the source
    for unit, text_number, text, after, beside in candidates.reverse().iter_rows():
        last = after == 0
        if text_number in signed:
            if after == 1 and signed[text_number] and (tail := glued_tail(text)):
                found.ends[unit] = Tail(tail.length, None)  # the agency, above the signature
            # `Tác giả: X` above `Nguồn tin: Y`, or X above `Theo Y`: X is the author, and the line with Y is not prose.
            may_sign = text_number in sources and (after == 1 or (":" in text and is_labelled(text)))
            if may_sign and (names := signature(text)):
                source = sources.pop(text_number)
                found.whole[unit] = names
                del found.whole[source]
                found.residue.append(source)
            continue
        names = signature(text) if last or beside or is_labelled(text) else None
        if names:
            found.whole[unit] = names
            if last and text.lstrip("(")[:5].lower().startswith(_SOURCES):
                sources[text_number] = unit
        elif last and (tail := glued_tail(text)):
            found.ends[unit] = tail
            if tail.names is None:
                continue
        else:
            continue
        signed[text_number] = last and unit in found.whole
    return found


def _split_off(units: pl.DataFrame, ends: dict[int, Tail]) -> pl.DataFrame:
    """Split paragraphs before the signature at their end; a stamp without a name is residue.

    This is done without Python strings: converting 1,000 paragraphs of 3.5 kB and back took 20 ms.
    """
    if not ends:
        return units
    lengths, names = zip(*ends.values(), strict=True)
    numbers = _numbers(ends)
    paragraphs = pl.DataFrame({"text": units["text"].gather(numbers), "length": lengths})
    prose = paragraphs.select(pl.col("text").str.head(-pl.col("length"))).to_series()
    signed = pl.Series("text", names, pl.String)
    kind = pl.Series("kind", ["byline"]).zip_with(signed.is_not_null(), pl.Series(["residue"]))
    tails = units[numbers].with_columns(kind, signed.fill_null(""), numbers)
    units = with_values(units, numbers, text=prose).with_row_index("unit")
    return pl.concat([units, tails.select(units.columns)]).sort("unit", maintain_order=True).drop("unit")

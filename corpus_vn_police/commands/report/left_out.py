"""Seeds that were left out, read again from the input: their texts, and what the table of a page shows of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from corpus_vn_police.commands.report.again import read_again
from corpus_vn_police.commands.report.details import LONGEST_TITLE
from corpus_vn_police.commands.report.faults import find_fault
from corpus_vn_police.commands.report.rows import COPIES
from corpus_vn_police.commands.report.shown import cut, decoded, shown, shown_line
from corpus_vn_police.commands.report.sides import compare_texts
from corpus_vn_police.commands.report.texts import Apart, annotation_spans, record_units, take_apart
from corpus_vn_police.config import Corpus
from corpus_vn_police.stages.annotate import annotate
from corpus_vn_police.stages.batch import ANNOTATIONS
from corpus_vn_police.stages.normalise import normalise
from corpus_vn_police.stages.normalise.batch import normalise_batch
from corpus_vn_police.stages.read import Source
from corpus_vn_police.stages.structure import read_headers, structure

# What a text is rejected for once it was taken apart, so that its parts are shown and not its bytes.
_TAKEN_APART = ("text.empty", "text.no_diacritics", "text.not_vietnamese", "quality.", "privacy.", "limit.paragraphs")

_UNREAD = "Its bytes were not read, so there is no text to show. The reason above says why."
_GONE = "The input no longer has this seed, or has it with other bytes. Give the input that was built."

Shown = tuple[dict[str, Any], dict[str, Any]]
"""The text of a seed for the page's script, and its `details.DETAILS`."""


def read_left_out(drawn: pl.DataFrame, seeds: Source, corpus: Corpus, bodies: Mapping[str, str]) -> Iterator[Shown]:
    """Read seeds that were left out again.

    Args:
        drawn: as `Drawn.left_out`.
        seeds: the input.
        corpus: the settings of the build.
        bodies: the texts of the records on the page, by id.

    Raises:
        InputError: the input is missing or holds no seeds.
    """
    wanted = drawn.filter(pl.col("sha256").is_not_null())
    found = read_again(seeds, dict(wanted.select("path", "sha256").iter_rows()), corpus)
    there = {row["path"]: row for row in found.iter_rows(named=True)}
    apart = dict(zip(found["path"], take_apart(found, corpus), strict=True))
    heads = dict(zip(found["path"], _heads(found, corpus), strict=True))
    personal = _personal(found, drawn, corpus)
    for row in drawn.iter_rows(named=True):
        seed, path = there.get(row["path"]), row["path"]
        if seed is None:
            note = _GONE if row["sha256"] else _UNREAD
            yield {"row": row["row"], "note": note}, {"row": row["row"]}
            continue
        date, first_line = heads[path]
        text = _copy(apart[path], bodies.get(row["duplicate_of"])) if row["status"] in COPIES else None
        text = text or _rejected(row, seed, apart[path], personal.get(path, []), corpus)
        title = seed["title"] or next((piece for kind, piece, _ in apart[path].units if kind == "title"), None)
        title = title or (None if row["status"] in COPIES else first_line)
        details = {"title": title and title[: LONGEST_TITLE + 1], "date": date, "publisher": seed["publisher"]}
        yield (
            {"row": row["row"], "title": shown_line(title or ""), "url": shown_line(seed["url"] or ""), **text},
            {"row": row["row"], **details},
        )


def _heads(found: pl.DataFrame, corpus: Corpus) -> Iterator[tuple[str | None, str | None]]:
    """The date and the first line of each seed, as far as they can be read; of one that is damaged too."""
    texts = [normalise((body or b"").decode("utf-8", "replace").replace("\0", "")) for body in found["body"]]
    nothing = pl.lit(None, pl.String)
    batch = found.with_columns(pl.Series("text", texts, pl.String), reason=nothing, pointer=nothing, detail=nothing)
    for text, date in read_headers(batch, corpus).select("text", "date").iter_rows():
        yield date, text.strip().partition("\n")[0][: LONGEST_TITLE + 1] or None


def _personal(found: pl.DataFrame, drawn: pl.DataFrame, corpus: Corpus) -> dict[str, list[list[Any]]]:
    """Where the personal data is that seeds were rejected for, by path, as `annotation_spans` gives it."""
    refused = drawn.filter(pl.col("reason").str.starts_with("privacy."))
    batch = found.join(refused.select("path"), on="path", how="semi")
    if not len(batch):
        return {}
    flagging = replace(corpus, privacy="flag", annotations=True)
    looked = annotate(structure(normalise_batch(batch, corpus.text), corpus), flagging)
    spans = (annotation_spans({"personal": each["personal"]}) for each in looked[ANNOTATIONS])
    return dict(zip(looked["path"], spans, strict=True))


def _copy(apart: Apart, stayed: str | None) -> dict[str, Any]:
    """A copy beside the record that stayed; alone if that is not on the page."""
    if stayed is not None:
        sides, over = compare_texts(stayed, apart.body)
        return {"sides": sides, "over": over}
    piece, more = cut(apart.body)
    note = "The text of the record that was kept is not on this page. A larger --sample may show both."
    return {"raw": [["=", shown(piece)]], "more": more, "note": note}


def _rejected(
    row: dict[str, Any], seed: dict[str, Any], apart: Apart, personal: list[list[Any]], corpus: Corpus
) -> dict[str, Any]:
    """A rejected seed, with the place of its fault marked."""
    if not seed["data"]:
        return {"note": _UNREAD}
    fault = find_fault(row, seed, corpus)
    said = {"fault": shown_line(fault.said)}
    if apart.units and row["reason"].startswith(_TAKEN_APART):
        record = {"text": apart.body, "event_date_text": None}
        units, more, _ = record_units(record, apart, personal)
        return {**said, "units": units, "more": more}
    raw = decoded(fault.data, fault.places)
    return {**said, "of": fault.of, "raw": raw.segments, "before": raw.before, "more": raw.more}

"""A record's text for a page: its parts by kind, its annotations marked, what normalisation changed."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from corpus_vn_police.commands.report.changes import Corrections, find_changes
from corpus_vn_police.commands.report.shown import LONGEST, shown
from corpus_vn_police.config import Corpus
from corpus_vn_police.stages.normalise.batch import normalise_batch
from corpus_vn_police.stages.structure import kinds

FIELDS = (
    "date", "event_date", "event_date_text", "date_conflict", "place", "byline", "n_chars", "n_syllables",
    "n_paragraphs", "vietnamese_share", "syllable_share", "tone_style", "privacy", "duplicates",
)  # fmt: skip
"""The fields of a record that are shown beside its text."""

_MOST_OPEN = 8  # annotations that one piece of a text is shown to lie in: those of a stranger's build may all overlap
_OPENINGS = 3  # paragraphs of the body, in which structure looks for a dateline

Unit = dict[str, Any]
"""A part of a text: its `kind`, its `text` as segments `[text]` or `[text, [kind, note, begins], …]`, and
`joined`, whether it goes on the paragraph before it."""


@dataclass(frozen=True)
class Apart:
    """A seed, divided into units by the stages.

    Attributes:
        units: kind, text and whether it belongs to the paragraph of the unit before, in the order of the page.
        changes: what normalisation made of its text; None if its bytes are no text.
        body: the paragraphs of kind `body`, joined as the record has them.
        placed: whether each unit is in the text unchanged, so that it is known what was cut from units.
    """

    units: list[tuple[str, str, bool]]
    changes: Corrections | None
    body: str
    placed: bool


def take_apart(seeds: pl.DataFrame, corpus: Corpus) -> list[Apart]:
    """Take seeds through the stages up to `structure`.

    Args:
        seeds: the columns of `stages.batch.seed_columns`.
        corpus: the settings of the build.
    """
    cleaned = normalise_batch(seeds, corpus.text)
    units, headers = kinds(cleaned, corpus)
    by_row = {row[0]: frame for row, frame in units.group_by("row", maintain_order=True)}
    empty = units.clear()
    return [
        _apart(body, text, header, by_row.get(row, empty))
        for row, (body, text, header) in enumerate(zip(seeds["body"], cleaned["text"], headers, strict=True))
    ]


def _apart(body: bytes | None, text: str | None, header: str, units: pl.DataFrame) -> Apart:
    rest = (text or "")[len(header) :]
    places = _places(rest, units["text"].to_list())
    parts = list(_units(header, rest, units, places))
    joined = "".join(
        part if not place else f"\n{part}" if same else f"\n\n{part}"
        for place, (part, same) in enumerate((part, same) for kind, part, same in parts if kind == "body")
    )
    try:
        raw = None if body is None or text is None else body.decode()
    except UnicodeDecodeError:  # it was repaired
        raw = None
    return Apart(
        parts, None if raw is None or text is None else find_changes(raw, text), joined, bool(places) or not len(units)
    )


def _units(header: str, text: str, units: pl.DataFrame, found: list[int]) -> Iterator[tuple[str, str, bool]]:
    """The units in order, and between them what was taken off them: credits, labels, scraps of the page."""
    if header.strip():
        yield "header", header.strip(), False
    place, before = 0, None
    for number, (paragraph, piece, kind, credit) in enumerate(
        units.select("paragraph", "text", "kind", "credit").iter_rows()
    ):
        if found:
            yield from _taken(text[place : found[number]])
            place = found[number] + len(piece)
        elif credit:
            piece = f"{piece} {credit}".strip()
        if piece:
            yield kind, piece, kind == "body" and paragraph == before
        before = paragraph if kind == "body" else before
    if found:
        yield from _taken(text[place:])


def _places(text: str, pieces: Sequence[str]) -> list[int]:
    """Where each unit stands in the text; empty if they were put together anew."""
    found, place = [], 0
    for piece in pieces:
        at = text.find(piece, place)
        if at < 0:
            return []
        found.append(at)
        place = at + len(piece)
    return found


def _taken(gap: str) -> Iterator[tuple[str, str, bool]]:
    if gap.strip():
        yield "taken", gap.strip(), False


def record_units(
    record: dict[str, Any], apart: Apart | None, spans: list[list[Any]]
) -> tuple[list[Unit], int, str | None]:
    """The parts of a record's text, with its annotations.

    Args:
        record: `text`, `title`, `byline`, `captions`, `event_date_text`.
        apart: its seed, taken apart; None if its bytes are not at hand.
        spans: `[start, end, kind, note]` in code points of `text`.

    Returns:
        The parts in order, how many of their code points are not shown, and a remark about them
        (None if there is nothing to say).
    """
    note = None
    if apart is not None and apart.body == record["text"]:
        parts = apart.units
        if not apart.placed:
            note = "A caption stood inside a paragraph, so the labels and scraps that were taken off are not shown."
    else:
        parts = list(_published(record))
        note = (
            "The seed's bytes are not in this build, so what was taken out of the text is not shown."
            if apart is None
            else "This version takes the seed apart differently; what is shown is the record as it was published."
        )
    more = max(0, sum(len(piece) for _, piece, _ in parts) - LONGEST)
    return list(_marked(parts, spans, record["event_date_text"])), more, note


def _published(record: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """A record's parts from its fields alone; its captions after their paragraph."""
    if record["title"]:
        yield "title", record["title"], False
    captions: dict[int, list[str]] = {}
    for each in record["captions"]:
        text = " ".join(filter(None, (each["text"], each["credit"])))
        captions.setdefault(each["after_paragraph"], []).append(text)
    for place, paragraph in enumerate(["", *record["text"].split("\n\n")]):
        if place:
            yield "body", paragraph, False
        for caption in captions.get(place, ()):
            yield "caption", caption, False
    if record["byline"]:
        yield "byline", record["byline"], False


def _marked(parts: Sequence[tuple[str, str, bool]], spans: list[list[Any]], dateline: str | None) -> Iterator[Unit]:
    start, room, opening = 0, LONGEST, 0
    coming = collections.deque(span for span in spans if span[0] < span[1])
    open_now: list[list[Any]] = []
    for kind, piece, joined in parts:
        shown_piece = piece[:room]
        if not shown_piece:
            break
        room -= len(shown_piece)
        unit: Unit = {"kind": kind, "text": [[shown(shown_piece)]]}
        if kind == "body":
            start += 1 if joined else 2 * (opening > 0)
            end = start + len(shown_piece)
            while coming and coming[0][0] < end:
                open_now.append(coming.popleft())
            unit = {"kind": kind, "text": segments(shown_piece, start, open_now)}
            if dateline and opening < _OPENINGS and dateline in piece:
                unit["kind"], dateline = "dateline", None
            start += len(piece)
            open_now = [span for span in open_now if span[1] > start][:_MOST_OPEN]
            opening += 1
        yield unit | {"joined": joined}


def segments(text: str, start: int, spans: list[list[Any]]) -> list[list[Any]]:
    """Cut a paragraph where annotations begin and end; each piece names eight that it lies in at most.

    Args:
        text: the paragraph.
        start: its first code point in the record's text.
        spans: `[start, end, kind, note]` in code points of the record's text, by their start.

    Returns:
        `[text]`, or `[text, [kind, note, begins], …]` with the annotations that it lies in.
    """
    mine = [span for span in spans if span[0] < start + len(text) and span[1] > start and span[0] < span[1]]
    cuts = sorted({0, len(text)} | {min(max(edge - start, 0), len(text)) for span in mine for edge in span[:2]})
    coming, open_now = collections.deque(mine), list[list[Any]]()
    pieces: list[list[Any]] = []
    for a, b in itertools.pairwise(cuts):
        while coming and coming[0][0] < start + b:
            open_now.append(coming.popleft())
        open_now = [span for span in open_now if span[1] > start + a][:_MOST_OPEN]
        pieces.append([shown(text[a:b]), *([span[2], span[3], span[0] == start + a] for span in open_now)])
    return pieces


def annotation_spans(row: dict[str, Any]) -> list[list[Any]]:
    """A row of the config "annotations" as `[start, end, kind, note]`, in order; `note` is what it says beside."""
    found = []
    for kind, spans in row.items():
        for span in spans if isinstance(spans, list) else ():
            said = [str(value) for key, value in span.items() if key not in ("start", "end", "text") and value]
            found.append([span["start"], span["end"], kind, shown(", ".join(said))])
    return sorted(found)

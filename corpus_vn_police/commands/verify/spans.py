"""Check that annotations say what the text says at their place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from corpus_vn_police.commands.verify.findings import Findings
from corpus_vn_police.dataset.layout import FOLDERS
from corpus_vn_police.dataset.rows import Published
from corpus_vn_police.stages.split import SPLITS

_WHOLE = {"abbreviations": "short", "quotes": "text"}
"""What is said of a span that is its text, by list."""

_INSIDE = {"people": ("name", "rank", "title")}
"""What is said of a span that stands inside its text."""


def check_spans(folder: Path, findings: Findings) -> None:
    """Name the annotations whose offsets are not in the text, or that say something else than the text.

    The texts of the records that have some are read once more.

    Raises:
        DamagedError: a file cannot be read.
    """
    for split in SPLITS:
        records = Published.open(folder, split)
        annotations = Published.open(folder, split, config="annotations")
        if len(annotations) and len(annotations) == len(records):
            _check_split(records, annotations, split, findings)


def _check_split(records: Published, annotations: Published, split: str, findings: Findings) -> None:
    wrong, first, start = 0, "", 0
    names = annotations.contract.schema.names
    lists = [name for name in names if name != "id"]
    for frame in annotations.by_group(*names):
        has_spans = frame.select(pl.any_horizontal(pl.col(name).list.len() > 0 for name in lists)).to_series()
        places = np.flatnonzero(has_spans.to_numpy())
        texts = records.texts(start + places)
        for text, row in zip(texts, frame.filter(has_spans).iter_rows(named=True), strict=True):
            for name in lists:
                number = sum(not _says_so(text, name, span) for span in row[name])
                if number and not wrong:
                    first = f"{row['id']}, {name}"
                wrong += number
        start += len(frame)
    if wrong:
        detail = f"{wrong} spans are not in the text, or say something else than it; the first: {first}"
        findings.add(f"{FOLDERS['annotations']}/{split}", "annotations.span", detail)


def _says_so(text: str, name: str, span: dict[str, Any]) -> bool:
    """Whether a span lies in the text and says what stands there; its length is compared before a piece is made."""
    start, end = span["start"], span["end"]
    if not 0 <= start < end <= len(text):
        return False
    whole = span.get(_WHOLE.get(name, ""))
    if whole is not None:
        return len(whole) == end - start and bool(text[start:end] == whole)
    said = [span[key] for key in _INSIDE.get(name, ()) if span[key] is not None]
    return not said or all(text.find(each, start, end) >= 0 for each in said)

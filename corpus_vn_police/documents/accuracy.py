"""How good the rules of `structure` are, measured on pages that were not used to write them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Accuracy:
    """Figures of annotated pages.

    Attributes:
        pages: how many.
        fields: for each field precision and recall; a value counts if it is right as a whole.
    """

    pages: int
    fields: dict[str, tuple[float, float]]


ACCURACY = Accuracy(
    pages=50,
    fields={
        "event_date": (1.00, 1.00),
        "place": (0.92, 0.92),
        "title": (0.90, 0.82),
        "byline": (0.94, 0.86),
        "captions": (0.93, 0.90),
    },
)
"""Measured by `benchmarks/structure.py` on `benchmarks/pages/11.jsonl`, by rules that had not seen it:
the column *11, at first* in `benchmarks/README.md`, which a test holds to this."""

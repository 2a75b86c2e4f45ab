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
    pages=66,
    fields={
        "event_date": (1.00, 0.91),
        "place": (0.91, 0.83),
        "title": (0.92, 1.00),
        "byline": (1.00, 0.96),
        "captions": (0.89, 0.96),
    },
)
"""Measured by `benchmarks/structure.py` on `benchmarks/pages/8.jsonl`, by rules that had not seen it:
the column *8, at first* in `benchmarks/README.md`, which a test holds to this."""

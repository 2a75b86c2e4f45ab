"""How good the rules of `structure` and `annotate` are, measured on pages that were not used to write them."""

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

ANNOTATION_ACCURACY = Accuracy(
    pages=50,
    fields={"abbreviations": (0.0, 0.0), "people": (0.0, 0.0), "quotes": (0.0, 0.0)},
)
"""Measured by `benchmarks/annotations.py` on `benchmarks/annotated/6.xml`, by rules that had not seen it:
the column *6, at first* in `benchmarks/README.md`, which a test holds to this."""

PERSONAL_ACCURACY = Accuracy(
    pages=ANNOTATION_ACCURACY.pages,
    fields={
        "phone": (0.0, 0.0),
        "email": (0.0, 0.0),
        "id_number": (0.0, 0.0),
        "passport": (0.0, 0.0),
        "driving_licence": (0.0, 0.0),
        "plate": (0.0, 0.0),
        "bank_account": (0.0, 0.0),
        "birth_date": (0.0, 0.0),
        "address": (0.0, 0.0),
        "private_person": (0.0, 0.0),
    },
)
"""The same for each kind of personal data."""

"""How good the rules of `structure` and `annotate` are, measured on pages that were not used to write them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Accuracy:
    """How often the rules were right on a set of annotated pages.

    Attributes:
        pages: the number of pages.
        fields: precision and recall of each field; a value counts only if all of it is right.
        annotated: how many values of each field the pages have; empty if they were not counted.
    """

    pages: int
    fields: dict[str, tuple[float, float]]
    annotated: dict[str, int] = field(default_factory=dict)


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
"""Measured by `benchmarks/structure.py` on `benchmarks/pages/11.jsonl`, which was not used to write the rules.
A test compares this with the column *11, at first* in `benchmarks/README.md`."""

ANNOTATION_ACCURACY = Accuracy(
    pages=50,
    fields={"abbreviations": (1.00, 0.95), "people": (0.95, 0.94), "quotes": (0.91, 0.89)},
    annotated={"abbreviations": 65, "people": 123, "quotes": 82},
)
"""Measured by `benchmarks/annotations.py` on `benchmarks/annotated/6.xml`, which was not used to write the rules.
A test compares this with the column *6, at first* in `benchmarks/README.md`."""

PERSONAL_ACCURACY = Accuracy(
    pages=ANNOTATION_ACCURACY.pages,
    fields={
        "phone": (1.00, 1.00),
        "email": (1.00, 1.00),
        "id_number": (1.00, 1.00),
        "passport": (1.00, 1.00),
        "driving_licence": (1.00, 1.00),
        "plate": (1.00, 1.00),
        "bank_account": (1.00, 0.83),
        "birth_date": (1.00, 0.96),
        "address": (0.95, 0.90),
        "private_person": (0.97, 0.79),
    },
    annotated={
        "phone": 25,
        "email": 6,
        "id_number": 6,
        "passport": 2,
        "driving_licence": 3,
        "plate": 15,
        "bank_account": 6,
        "birth_date": 26,
        "address": 40,
        "private_person": 179,
    },
)
"""The same for each kind of personal data, measured on the same pages."""

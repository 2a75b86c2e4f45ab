"""Personal data in a text by vipii's recognisers."""

from __future__ import annotations

from collections.abc import Callable

from vipii import PIIDetector

KINDS = {
    "PHONE_NUMBER": "phone",
    "CCCD": "id_number",
    "CMND": "id_number",
    "VEHICLE_PLATE": "plate",
    "EMAIL_ADDRESS": "email",
    "BANK_ACCOUNT": "bank_account",
    "PASSPORT": "passport",
    "DRIVER_LICENSE": "driving_licence",
    "DATE_OF_BIRTH": "birth_date",
}
"""Its labels, and the kinds of the pages. Its others (tax code, insurance, card, address of a machine) have none."""


def detector(engine: str, score: float) -> Callable[[str], list[tuple[str, str]]]:
    """What finds the kind and the string of each piece of personal data in a text.

    Args:
        engine: what cuts the words around a number, `underthesea` (its default) or `regex`.
        score: what a match must reach; 0 is its default, at 0.4 its weakest patterns need a word of context.
    """
    ready = PIIDetector(nlp_engine=engine, score_threshold=score)
    return lambda text: [(KINDS[match.label], match.text) for match in ready.detect(text) if match.label in KINDS]

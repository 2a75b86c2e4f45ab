"""Private persons."""

from __future__ import annotations
from collections.abc import Sequence
from corpus_vn_police.stages.annotate.spans import Person, Personal


def persons(text: str, officers: Sequence[Person]) -> list[Personal]:
    """x"""
    return []

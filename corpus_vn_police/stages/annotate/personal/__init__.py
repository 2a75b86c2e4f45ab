"""Personal data (a stand-in until the rules are merged)."""

from __future__ import annotations

from collections.abc import Sequence

from corpus_vn_police.stages.annotate.spans import Person, Personal


def personal(text: str, officers: Sequence[Person]) -> list[Personal]:
    """Nothing."""
    return []

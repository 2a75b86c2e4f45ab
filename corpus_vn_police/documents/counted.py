"""Count how many records have each value of some fields, for the card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_vn_police.dataset.counts import count_by

PUBLISHER = "source.publisher"
"""The field that every card counts, if any record has it."""

_SHOWN = 20  # how many values of a field are shown; all others share one line
_LONGEST = 60  # the most characters of a value


@dataclass(frozen=True)
class Counted:
    """A field, and how many records have each of its values.

    Attributes:
        field: its name, such as `source.publisher` for a field in a struct.
        values: the 20 most frequent values, as text, each with its number of records.
        others: the number of other values.
        with_others: how often records have one of the other values.
        without: the number of records without a value.
    """

    field: str
    values: tuple[tuple[str, int], ...]
    others: int
    with_others: int
    without: int


def count_fields(folder: Path, named: Sequence[str]) -> tuple[Counted, ...]:
    """Count the records of a build by publisher, if any record has one, and by the fields that the keeper names.

    Args:
        folder: the build.
        named: the names of fields in `[card] by`.

    Raises:
        ConfigError: there is no field of such a name.
        DamagedError: a file cannot be read.
    """
    publishers = () if PUBLISHER in named else (_counted(folder, PUBLISHER),)
    return (*(each for each in publishers if each.values), *(_counted(folder, name) for name in named))


def _counted(folder: Path, name: str) -> Counted:
    pairs = list(count_by(folder, name).iter_rows())
    known = [(value, count) for value, count in pairs if value is not None]
    rest = known[_SHOWN:]
    shown = tuple((_text(value), count) for value, count in known[:_SHOWN])
    without = sum(count for value, count in pairs if value is None)
    return Counted(name, shown, len(rest), sum(count for _, count in rest), without)


def _text(value: Any) -> str:
    """A value as text; a long value is cut."""
    line = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"

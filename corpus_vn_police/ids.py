"""Ids of records: shown as 16 hex characters, but kept as 64-bit numbers if there are many of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt
import polars as pl

_CHARACTERS = 16
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHOWN = 5  # ids that a representation shows


def id_numbers(ids: pl.Series) -> pl.Series:
    """What the first 16 characters of hex texts write (uint64); 0 if that is null or not hex."""
    return ids.str.slice(0, _CHARACTERS).str.to_integer(base=16, dtype=pl.UInt64, strict=False).fill_null(0)


def id_text(number: int) -> str:
    """The id that a number stands for."""
    return f"{number:0{_CHARACTERS}x}"


def splitmix64(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Numbers in which every bit depends on every other (uint64), the same on every machine and in every version.

    The last steps of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014);
    arithmetic is modulo 2**64.
    """
    values = (values ^ (values >> np.uint64(30))) * _FIRST
    values = (values ^ (values >> np.uint64(27))) * _SECOND
    return values ^ (values >> np.uint64(31))


class Ids(Sequence[str]):
    """Ids of records, sorted; it takes 8 bytes per id, and is equal to the list of the same ids.

    Attributes:
        numbers: the numbers that the ids write (uint64), which cannot be changed.
    """

    def __init__(self, numbers: npt.NDArray[np.uint64]) -> None:
        """Of numbers, which are sorted."""
        self.numbers = numbers.view()
        self.numbers.flags.writeable = False

    def __len__(self) -> int:
        """How many there are."""
        return len(self.numbers)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Ids: ...
    def __getitem__(self, place: int | slice) -> str | Ids:
        """The id at a place, or the ids of a slice."""
        if isinstance(place, slice):
            return Ids(self.numbers[place])
        return id_text(int(self.numbers[place]))

    def __iter__(self) -> Iterator[str]:
        """The ids in order."""
        return map(id_text, self.numbers.tolist())

    def __eq__(self, other: object) -> bool:
        """Whether the other one has the same ids in the same order."""
        if isinstance(other, Ids):
            return np.array_equal(self.numbers, other.numbers)
        return list(self) == other if isinstance(other, list) else NotImplemented

    def __hash__(self) -> int:
        """Of the numbers."""
        return hash(self.numbers.tobytes())

    def __reduce__(self) -> tuple[type[Ids], tuple[npt.NDArray[np.uint64]]]:
        """Pickle the numbers."""
        return Ids, (np.asarray(self.numbers),)

    def __repr__(self) -> str:
        """The first ids, and how many there are."""
        shown = ", ".join(map(repr, self[:_SHOWN]))
        return f"Ids([{shown}{', ...' if len(self) > _SHOWN else ''}], {len(self):,} in all)"

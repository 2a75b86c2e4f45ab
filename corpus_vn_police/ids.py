"""Ids of records: shown as 16 hex characters, but stored as 64-bit numbers if there are many of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt
import polars as pl

_CHARACTERS = 16
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHOWN = 5  # how many ids a repr shows


def id_numbers(ids: pl.Series) -> pl.Series:
    """The numbers that the first 16 hex characters of texts mean (uint64); 0 if a text is null or not hex."""
    return ids.str.slice(0, _CHARACTERS).str.to_integer(base=16, dtype=pl.UInt64, strict=False).fill_null(0)


def id_text(number: int) -> str:
    """The id that a number means."""
    return f"{number:0{_CHARACTERS}x}"


def splitmix64(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Mix numbers so that every bit depends on every other (uint64); the same on every machine and in every version.

    These are the last steps of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
    OOPSLA 2014). Arithmetic is modulo 2**64.
    """
    values = (values ^ (values >> np.uint64(30))) * _FIRST
    values = (values ^ (values >> np.uint64(27))) * _SECOND
    return values ^ (values >> np.uint64(31))


class Ids(Sequence[str]):
    """A sorted sequence of record ids. It takes 8 bytes per id, and equals a list of the same ids.

    Attributes:
        numbers: the ids as numbers (uint64); the array is read-only.
    """

    def __init__(self, numbers: npt.NDArray[np.uint64]) -> None:
        """Take numbers, which must be sorted."""
        self.numbers = numbers.view()
        self.numbers.flags.writeable = False

    def __len__(self) -> int:
        """How many ids there are."""
        return len(self.numbers)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Ids: ...
    def __getitem__(self, place: int | slice) -> str | Ids:
        """The id at a position, or the ids of a slice."""
        if isinstance(place, slice):
            return Ids(self.numbers[place])
        return id_text(int(self.numbers[place]))

    def __iter__(self) -> Iterator[str]:
        """The ids in order."""
        return map(id_text, self.numbers.tolist())

    def __eq__(self, other: object) -> bool:
        """Whether the other sequence has the same ids in the same order."""
        if isinstance(other, Ids):
            return np.array_equal(self.numbers, other.numbers)
        return list(self) == other if isinstance(other, list) else NotImplemented

    def __hash__(self) -> int:
        """The hash of the numbers."""
        return hash(self.numbers.tobytes())

    def __reduce__(self) -> tuple[type[Ids], tuple[npt.NDArray[np.uint64]]]:
        """Pickle the numbers."""
        return Ids, (np.asarray(self.numbers),)

    def __repr__(self) -> str:
        """The first ids, and the number of ids."""
        shown = ", ".join(map(repr, self[:_SHOWN]))
        return f"Ids([{shown}{', ...' if len(self) > _SHOWN else ''}], {len(self):,} in all)"

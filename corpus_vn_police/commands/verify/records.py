"""Which records the configs of a build have, by id and sha256: 16 bytes are held of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]

_AT_ONCE = 1 << 18  # records that are looked up at once


@dataclass(frozen=True)
class Identities:
    """Ids and sha256 of rows, the first 64 bits of both (uint64).

    The digests of files and contents hold every bit; this is for telling rows apart.
    """

    ids: Numbers
    sha256: Numbers

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.ids)

    def __getitem__(self, rows: slice | npt.NDArray[np.bool_]) -> Identities:
        """Some of the rows."""
        return Identities(self.ids[rows], self.sha256[rows])

    @classmethod
    def joined(cls, pieces: list[Identities]) -> Identities:
        """The rows of all pieces."""
        none = np.empty(0, np.uint64)
        return cls(*(np.concatenate([none, *(getattr(each, name) for each in pieces)]) for name in ("ids", "sha256")))

    def among(self, others: Identities, with_sha256: bool) -> npt.NDArray[np.bool_]:
        """Which rows have the id, or the sha256, of one of a few other rows (bool)."""
        found = np.zeros(len(self), np.bool_)
        for start in range(0, len(self), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            found[some] = np.isin(self.ids[some], others.ids)
            if with_sha256:
                found[some] |= np.isin(self.sha256[some], others.sha256)
        return found


@dataclass
class Beside:
    """The rows of another config beside the records of a split.

    Attributes:
        with_sha256: whether they have a sha256; the annotations have none.
        rows: how many there are so far.
        other_ids: how many of them have another id than the record in their place.
        other_bytes: how many have the id, but another sha256.
        first: the place of the first of these.
        odd: the rows that are not as the record in their place,
        places: and their places.
    """

    with_sha256: bool
    rows: int = 0
    other_ids: int = 0
    other_bytes: int = 0
    first: int = 0
    odd: list[Identities] = field(default_factory=list)
    places: list[npt.NDArray[np.int64]] = field(default_factory=list)

    def add(self, here: Identities, records: Identities) -> None:
        """Compare the next rows with the records of the split."""
        there = records[self.rows : self.rows + len(here)]
        both, beyond = here[: len(there)], len(here) - len(there)
        ids = both.ids != there.ids
        other = ~ids & (both.sha256 != there.sha256) if self.with_sha256 else np.zeros(len(ids), np.bool_)
        if not self.other_bytes and other.any():
            self.first = self.rows + int(np.flatnonzero(other)[0])
        self.other_ids += int(ids.sum()) + beyond
        self.other_bytes += int(other.sum())
        odd = np.concatenate([ids | other, np.ones(beyond, np.bool_)])
        if odd.any():
            self.odd.append(here[odd])
            self.places.append(self.rows + np.flatnonzero(odd))
        self.rows += len(here)

    def all(self, records: Identities) -> Identities:
        """All rows, given the records of the split."""
        if not self.odd and self.rows == len(records):
            return records
        same = np.ones(min(self.rows, len(records)), np.bool_)
        places = np.concatenate([np.empty(0, np.int64), *self.places])
        same[places[places < len(same)]] = False
        return Identities.joined([records[: len(same)][same], *self.odd])


class Records:
    """The records of a split, of the config `default`."""

    def __init__(self) -> None:
        """None yet."""
        self._pieces: list[Identities] = []

    def add(self, more: Identities) -> None:
        """The next records."""
        self._pieces.append(more)

    @property
    def all(self) -> Identities:
        """All of them."""
        if len(self._pieces) != 1:
            self._pieces = [Identities.joined(self._pieces)]
        return self._pieces[0]


def rows_of_all(
    records: dict[str, Records], beside: dict[tuple[str, str], Beside]
) -> Iterator[tuple[str, str, Identities]]:
    """All rows by config and split."""
    yield from (("default", split, each.all) for split, each in records.items())
    yield from ((config, split, each.all(records[split].all)) for (config, split), each in beside.items())

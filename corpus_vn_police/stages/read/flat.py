"""Tables of Flatbuffers, the format in which Arrow describes its messages: their fields, by number.

This is just enough to check a message before `pyarrow` reads it. An offset outside of the bytes raises.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from corpus_vn_police.stages.read.streams import BrokenError


@dataclass(frozen=True)
class FlatTable:
    """A table.

    Attributes:
        data: the bytes that contain it.
        at: where it begins.
    """

    data: bytes
    at: int

    @classmethod
    def root(cls, data: bytes) -> FlatTable:
        """The root table of some bytes.

        Raises:
            struct.error: an offset is outside of the bytes; all methods here may raise this.
        """
        return cls(data, struct.unpack_from("<I", data)[0])

    def has(self, field: int) -> bool:
        """Whether a field is there."""
        return self._place(field) > 0

    def number(self, field: int, form: str) -> int:
        """A number in a `struct` format; 0 if the field is not there."""
        place = self._place(field)
        return int(struct.unpack_from(form, self.data, place)[0]) if place else 0

    def table(self, field: int) -> FlatTable:
        """A table inside this one.

        Raises:
            BrokenError: it is not there.
        """
        return FlatTable(self.data, self._pointed(field))

    def structs(self, field: int, form: str) -> Iterator[Any]:
        """The members of a list of structs, in a `struct` format; none if the field is not there."""
        if not self.has(field):
            return
        place = self._pointed(field)
        size, count = struct.calcsize(form), struct.unpack_from("<I", self.data, place)[0]
        for number in range(count):
            yield struct.unpack_from(form, self.data, place + 4 + number * size)

    def _place(self, field: int) -> int:
        """The position of a field; 0 if it is not there."""
        fields = self.at - struct.unpack_from("<i", self.data, self.at)[0]
        if fields < 0:
            raise BrokenError("a message is damaged")
        length = struct.unpack_from("<H", self.data, fields)[0]
        if 4 + 2 * field >= length:
            return 0
        offset: int = struct.unpack_from("<H", self.data, fields + 4 + 2 * field)[0]
        return self.at + offset if offset else 0

    def _pointed(self, field: int) -> int:
        place = self._place(field)
        if not place:
            raise BrokenError("a message is damaged")
        return place + int(struct.unpack_from("<I", self.data, place)[0])

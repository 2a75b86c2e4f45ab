"""A JSON array -> its elements, cut out one by one: what is held is one element, whatever the file's length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from corpus_vn_police.config import Limits
from corpus_vn_police.reasons import JSON_INVALID, JSON_TYPE
from corpus_vn_police.stages.read.bounds import Readable
from corpus_vn_police.stages.read.seeds import Blob, over_limit
from corpus_vn_police.stages.read.streams import BLOCK, BrokenError

_SPACE = b" \t\r\n"
_SIGN = re.compile(rb'[\[\]{},"]')
_IN_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_KINDS = {b"{": "an object", b'"': "a string", b"t": "a boolean", b"f": "a boolean", b"n": "null"}
_HINT = "; a file with one object per line is called .jsonl"


def cut_elements(stream: Readable, limits: Limits) -> Iterator[bytes | Blob]:
    """The elements of an array as they stand in a file, without the white space around them.

    Args:
        stream: the file, in UTF-8.
        limits: what is refused.

    Returns:
        The bytes of each element, which need not be JSON; of one over the limit what the ledger says of it.

    Raises:
        BrokenError: the file is not an array, is cut, or goes on behind it. An element that stands whole before the
            place where a file is cut is given before.
    """
    cutter = _Cutter(stream, limits)
    cutter.open()
    yield from cutter.elements()
    cutter.close()


@dataclass
class _Cutter:
    """Where the reading stands: `data[start:at]` is the element as far as it was looked at."""

    stream: Readable
    limits: Limits
    data: bytes = b""
    start: int = 0
    at: int = 0
    quoted: bool = False  # whether that is in a string
    dropped: int = 0  # bytes of an element over the limit that are not held any more
    digest: Any = field(default_factory=sha256)

    def open(self) -> None:
        """Go to the first element.

        Raises:
            BrokenError: the file is not an array.
        """
        while not (head := self.data.removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)):
            if not self._more():
                raise BrokenError("an empty file")
        if not head.startswith(b"["):
            got = _KINDS.get(head[:1], "a number" if head[:1] in b"-0123456789" else "something that is not JSON")
            raise BrokenError(f"expected an array of objects, got {got}{_HINT}", reason=JSON_TYPE)
        self.start = self.at = len(self.data) - len(head) + 1

    def elements(self) -> Iterator[bytes | Blob]:
        """The elements up to the end of the array.

        Raises:
            BrokenError: the end is missing.
            Exception: as reading the stream does.
        """
        depth = count = 0
        while True:
            sign = self._next_sign()
            if sign in (b"[", b"{"):
                depth += 1
            elif sign in (b"]", b"}") and depth:
                depth -= 1
            elif sign in (b",", b"]") and not depth:
                element, count = self._take(1), count + 1
                if element or sign == b"," or count > 1:
                    yield element or _NOTHING
                if sign == b"]":
                    return
            elif sign is None:
                yield from self._read_on(is_whole=not (depth or self.quoted))

    def _read_on(self, *, is_whole: bool) -> Iterator[bytes | Blob]:
        """Read on; if there is no more, give the element that is there first if it is a whole object."""
        try:
            if not self._more():
                raise BrokenError("the array is cut: its end is missing")
        except Exception:
            if is_whole and self.data[self.start :].lstrip(_SPACE).startswith(b"{"):
                self.at = len(self.data)
                yield self._take(0)
            raise

    def close(self) -> None:
        """Read what follows the array.

        Raises:
            BrokenError: that is more than white space.
        """
        rest = self.data[self.at :]
        while not rest.strip(_SPACE):
            rest = self.stream.read(BLOCK)
            if not rest:
                return
        raise BrokenError("something else stands behind the end of the array")

    def _next_sign(self) -> bytes | None:
        """Go behind the next bracket or comma that is not in a string; None if what is held has no more."""
        while not (self.quoted and self._goes_on()):
            found = _SIGN.search(self.data, self.at)
            self.at = found.end() if found else len(self.data)
            if found is None or found.group() != b'"':
                return found.group() if found else None
            self.quoted = True
        return None

    def _goes_on(self) -> bool:
        """Go through a string; returns whether it goes on behind what is held."""
        found = _IN_STRING.match(self.data, self.at)
        self.at = found.end() if found else self.at
        self.quoted = self.data[self.at : self.at + 1] != b'"'  # but the end, or a backslash that is the last byte
        self.at += not self.quoted
        return self.quoted

    def _more(self) -> bool:
        """Read on; returns whether there was more. Of an element over the limit nothing stays held."""
        block = self.stream.read(BLOCK)
        held = self.data[self.start :]
        if self.dropped or len(held) > self.limits.max_bytes + BLOCK:
            looked_at = self.at - self.start
            self._drop(held[:looked_at])
            held, self.at, self.start = held[looked_at:], 0, 0
        else:
            self.at, self.start = self.at - self.start, 0
        self.data = held + block
        return bool(block)

    def _drop(self, part: bytes) -> None:
        self.digest.update(part if self.dropped else part.lstrip(_SPACE))
        self.dropped += len(part if self.dropped else part.lstrip(_SPACE))

    def _take(self, behind: int) -> bytes | Blob:
        """The element that ends here, before the sign that was read last; the next one begins behind it."""
        element = self.data[self.start : self.at - behind]
        self.start = self.at
        if self.dropped:
            self._drop(element)
            blob = over_limit(self.dropped, self.digest.hexdigest(), self.limits)
            self.dropped, self.digest = 0, sha256()
            return blob
        element = element.strip(_SPACE)
        if len(element) > self.limits.max_bytes:
            return over_limit(len(element), sha256(element).hexdigest(), self.limits)
        return element


_NOTHING = Blob(b"", 0, sha256(b"").hexdigest(), JSON_INVALID, "nothing stands before a comma or the end of the array")

"""A JSON array -> its elements, cut out one by one, so that only one element is in memory, however long the file is."""

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
    """The elements of an array, as the file writes them, without the white space around them.

    Args:
        stream: the file, in UTF-8.
        limits: the limits on seeds.

    Returns:
        The bytes of each element, which may be invalid JSON; for an element over the limit, a `Blob` with the reason.

    Raises:
        BrokenError: the file is not an array, is cut, or has something after the array. Complete elements before the
            place where a file is cut are returned first.
    """
    cutter = _Cutter(stream, limits)
    cutter.open()
    yield from cutter.elements()
    cutter.close()


@dataclass
class _Cutter:
    """The reader's position: `data[start:at]` is the element, as far as it has been read."""

    stream: Readable
    limits: Limits
    data: bytes = b""
    start: int = 0
    at: int = 0
    quoted: bool = False  # whether this position is inside a string
    dropped: int = 0  # the bytes of an element over the limit that are no longer in memory
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
            Exception: any error from reading the stream.
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
        """Read more; if there is no more, return the last element if it is a complete object, and then raise."""
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
            BrokenError: it is more than white space.
        """
        rest = self.data[self.at :]
        while not rest.strip(_SPACE):
            rest = self.stream.read(BLOCK)
            if not rest:
                return
        raise BrokenError("there is something else after the end of the array")

    def _next_sign(self) -> bytes | None:
        """Move after the next bracket or comma outside of strings; None if the data in memory has no more."""
        while not (self.quoted and self._goes_on()):
            found = _SIGN.search(self.data, self.at)
            self.at = found.end() if found else len(self.data)
            if found is None or found.group() != b'"':
                return found.group() if found else None
            self.quoted = True
        return None

    def _goes_on(self) -> bool:
        """Move through a string; return True if it continues after the data in memory."""
        found = _IN_STRING.match(self.data, self.at)
        self.at = found.end() if found else self.at
        self.quoted = self.data[self.at : self.at + 1] != b'"'  # otherwise the data ends, perhaps with a backslash
        self.at += not self.quoted
        return self.quoted

    def _more(self) -> bool:
        """Read more; return False at the end. Nothing of an element over the limit stays in memory."""
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
        """The element that ends here, before the last character that was read; the next one begins after it."""
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


_NOTHING = Blob(b"", 0, sha256(b"").hexdigest(), JSON_INVALID, "no value before a comma or the end of the array")

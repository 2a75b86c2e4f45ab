"""A file of rows in UTF-16 or UTF-32 -> its lines in UTF-8.

In these encodings a newline has two or four bytes, and many letters contain the byte 10. So such a file is
decoded before it is cut into lines. If a piece cannot be decoded, its line is not valid UTF-8.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from typing import Self

from corpus_vn_police.stages.read.bounds import Readable
from corpus_vn_police.text import marked_encoding

_BLOCK = 1 << 16
_DAMAGED = "corpus_vn_police.damaged"


def _damaged(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - for mypy
    return "\udcff", error.end  # U+DCFF cannot occur in UTF-8


codecs.register_error(_DAMAGED, _damaged)


@dataclass
class Utf8Stream:
    """A stream of rows in UTF-8, whatever encoding its byte order mark names.

    Attributes:
        stream: the file, decompressed.
        encoding: a codec of UTF-16 or UTF-32; None if the file has no such mark: its bytes are then returned
            unchanged.
        head: the bytes after the mark that were read while looking for it.
    """

    stream: Readable
    encoding: str | None
    head: bytes
    _decoder: codecs.IncrementalDecoder | None = field(default=None, init=False)

    @classmethod
    def of(cls, stream: Readable) -> Self:
        """Look at the beginning of a file.

        Raises:
            Exception: any error from reading the stream.
        """
        head = stream.read(_BLOCK)
        while 0 < len(head) < len(codecs.BOM_UTF32_LE) and (more := stream.read(_BLOCK)):
            head += more
        encoding = marked_encoding(head)
        return cls(stream, encoding, head[len("\ufeff".encode(encoding)) :] if encoding else head)

    def read(self, size: int, /) -> bytes:
        """About `size` bytes; none at the end."""
        while True:
            block, self.head = self.head or self.stream.read(size), b""
            if self.encoding is None:
                return block
            if self._decoder is None:
                self._decoder = codecs.getincrementaldecoder(self.encoding)(_DAMAGED)
            given = self._decoder.decode(block, final=not block).encode("utf-8", "surrogatepass")
            if given or not block:
                return given

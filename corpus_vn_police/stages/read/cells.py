"""A CSV or TSV file -> its rows, cut out one by one and split into cells.

The first row names the columns. A cell may be in quotes. It may then contain the delimiter and line ends, and quotes
that are written twice. After the closing quote there must be a delimiter or a line end: so a quote that was left open
is found at the next quote, and everything before that may be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from corpus_vn_police.config import Limits
from corpus_vn_police.reasons import CSV_FIELDS, CSV_HEADER, CSV_QUOTE
from corpus_vn_police.stages.read.bounds import Readable
from corpus_vn_police.stages.read.seeds import Blob, over_limit
from corpus_vn_police.stages.read.streams import BLOCK, BrokenError

_LONGEST_HEADER = 1 << 20  # bytes
_QUOTE, _LINE_ENDS = ord('"'), b"\r\n"
_START, _PLAIN, _QUOTED, _CLOSED = range(4)  # states: the reader's position in a cell
_DELIMITERS = {".csv": b",;\t", ".tsv": b"\t"}
"""The delimiters to try for each file extension: the first one that the header contains outside of quotes is used."""


def cut_rows(stream: Readable, name: str, limits: Limits) -> Iterator[dict[str, str] | Blob]:
    """The rows of a file.

    Args:
        stream: the file, in UTF-8 or an 8-bit encoding.
        name: its name; the extension decides which delimiters are tried.
        limits: the limits on seeds.

    Returns:
        For each row, its values by column; bytes that are not UTF-8 become surrogates. If several columns at the end
        have no name, they are left out, and their cells must be empty. For a row that cannot be read, a `Blob` with the
        reason. Empty lines are not rows.

    Raises:
        BrokenError: the first row does not name the columns, or a quote is left open; nothing after that is returned.
    """
    cutter = _Cutter(stream, limits, _DELIMITERS[".tsv" if ".tsv" in name.lower()[-8:] else ".csv"])
    columns = cutter.header()
    while (row := cutter.row()) is not None:
        if isinstance(row, Blob):
            yield row
            continue
        cells = cutter.cells(row)
        said = _misfit(cells, len(columns), cutter.unnamed)
        if said is None:
            yield dict(zip(columns, cells, strict=False))
        else:
            yield Blob(b"", len(row), sha256(row).hexdigest(), CSV_FIELDS, said)


def _misfit(cells: list[str], columns: int, unnamed: int) -> str | None:
    """Why cells do not fit the header; None if they do. Cells of columns without a name must be empty."""
    if not columns <= len(cells) <= columns + unnamed:
        return f"expected {columns + unnamed} cells, as the header has, got {len(cells)}"
    place = next((place for place, cell in enumerate(cells, 1) if place > columns and cell), None)
    return None if place is None else f"cell {place} is not empty, and the header has no name for it"


_IN_QUOTES = re.compile(rb'"(?:[^"]++|"")*+"')
_PLAIN_PARTS = {signs: re.compile(rb"[^%b\r\n]*+" % re.escape(signs)) for signs in (b",;\t", b",", b";", b"\t")}
"""The next part of a cell without quotes, for each set of delimiters."""
_CELLS = {
    sign: re.compile(rb'(?:\A|%b)(?:"((?:[^"]++|"")*+)"|([^%b]*+))' % (sign, sign)) for sign in (b",", b";", b"\t")
}
"""A cell and the character before it, with or without quotes."""


@dataclass
class _Cutter:
    """The reader's position: `data[start:at]` is the row, as far as it has been read."""

    stream: Readable
    limits: Limits
    delimiters: bytes  # several, until the header shows which one it is
    data: bytes = b""
    start: int = 0
    at: int = 0
    unnamed: int = 0  # columns after the last one with a name, if more than one has no name
    line: int = 1  # the number of the line where the row begins
    dropped: int = 0  # the bytes of a row over the limit that are no longer in memory
    digest: Any = field(default_factory=sha256)

    def header(self) -> list[str]:
        """The names of the columns.

        Raises:
            BrokenError: there are no names, or two are the same.
        """
        while (mark := self.data[:3]) != _MARK and _MARK.startswith(mark) and self._more():
            pass
        self.start = self.at = len(_MARK) if mark == _MARK else 0
        row = self.row(_LONGEST_HEADER)
        if row is None:
            raise BrokenError("an empty file")
        if isinstance(row, Blob):
            raise BrokenError(f"its first row has more than {_LONGEST_HEADER} bytes", reason=CSV_HEADER)
        bare = _IN_QUOTES.sub(b"", row)
        self.delimiters = next((each for each in _each(self.delimiters) if each in bare), self.delimiters[:1])
        names = self.cells(row)
        while len(names) > 1 and not names[-1] and "" in names[:-1]:  # Excel writes cleared columns like this
            names.pop()
            self.unnamed += 1
        if self.unnamed and not names[-1] and len(names) > 1:
            names.pop()
            self.unnamed += 1
        if len({*names}) < len(names):
            raise BrokenError("its first row, which names the columns, has a name twice", reason=CSV_HEADER)
        return names

    def row(self, longest: int | None = None) -> bytes | Blob | None:
        """The next row without its line end; None at the end of the file.

        Args:
            longest: how many bytes it may have; None means `max_bytes`.

        Raises:
            BrokenError: a quote is left open.
        """
        longest = longest or self.limits.max_bytes
        state = _START
        while True:
            state = self._look(state)
            if self.at < len(self.data):
                row = self._take(longest)
                if row:
                    return row
                state = _START
            elif not self._more():
                if state == _QUOTED:
                    raise self._open_quote("the quote is not closed by the end of the file")
                return self._take(longest) or None
            elif self.dropped or len(self.data) - self.start > longest + BLOCK:
                self._drop()

    def cells(self, row: bytes) -> list[str]:
        """The text of each cell in a row."""
        if _QUOTE not in row:
            cells = row.split(self.delimiters)
        else:
            found = _CELLS[self.delimiters].finditer(row)
            cells = [cell[2] if cell[1] is None else cell[1].replace(b'""', b'"') for cell in found]
        return [cell.decode("utf-8", "surrogateescape") for cell in cells]

    def _look(self, state: int) -> int:
        """Move to the end of the row, or of the data in memory; return the state there.

        Raises:
            BrokenError: something follows a closing quote.
        """
        data, at = self.data, self.at
        while at < len(data):
            byte = data[at]
            if state == _QUOTED:
                at = data.find(b'"', at) + 1 or len(data)
                state = _CLOSED if data[at - 1] == _QUOTE else _QUOTED
            elif byte in _LINE_ENDS:
                break
            elif byte == _QUOTE and state != _PLAIN:  # an opening quote, or the second of two that mean one
                state, at = _QUOTED, at + 1
            elif byte in self.delimiters:
                state, at = _START, at + 1
            elif state == _CLOSED:
                self.at = at
                raise self._open_quote("there is something between a quote and the end of its cell")
            else:
                state, at = _PLAIN, _PLAIN_PARTS[self.delimiters].match(data, at).end()  # type: ignore[union-attr]
        self.at = at
        return state

    def _take(self, longest: int) -> bytes | Blob:
        """The row that ends here; the next one begins after its line end."""
        row = self.data[self.start : self.at]
        if self.data[self.at : self.at + 1] == b"\r" and self.at + 1 == len(self.data):
            self._more()
        pair = self.data[self.at : self.at + 2] == _LINE_ENDS
        self.start = self.at = min(self.at + 1 + pair, len(self.data))
        self.line += 1 + row.count(b"\n")
        if self.dropped:
            self.digest.update(row)
            blob = over_limit(self.dropped + len(row), self.digest.hexdigest(), self.limits)
            self.dropped, self.digest = 0, sha256()
            return blob
        return over_limit(len(row), sha256(row).hexdigest(), self.limits) if len(row) > longest else row

    def _more(self) -> bool:
        """Read more; return False at the end."""
        block = self.stream.read(BLOCK)
        self.data = self.data[self.start :] + block
        self.at, self.start = self.at - self.start, 0
        return bool(block)

    def _drop(self) -> None:
        """Keep only the length and the digest of a row that is over the limit."""
        part = self.data[self.start : self.at]
        self.digest.update(part)
        self.dropped += len(part)
        self.line += part.count(b"\n")
        self.start = self.at

    def _open_quote(self, what: str) -> BrokenError:
        line = self.line + self.data.count(b"\n", self.start, self.at)
        return BrokenError(
            f"line {line}, in the row that begins in line {self.line}: {what}; nothing after it is read",
            reason=CSV_QUOTE,
        )


_MARK = b"\xef\xbb\xbf"


def _each(signs: bytes) -> list[bytes]:
    return [bytes([sign]) for sign in signs]

"""A CSV or TSV file -> its rows, cut out one by one, as the cells that they are.

The first row names the columns. A cell may stand in quotes, a quote in it is written twice, and it may hold the
delimiter and line ends. What follows a quote that closes must be a delimiter or a line end: a quote that is left open
shows at the next one, and all that stands before that may be wrong.
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
_START, _PLAIN, _QUOTED, _CLOSED = range(4)  # where in a cell the reading stands
_DELIMITERS = {".csv": b",;\t", ".tsv": b"\t"}
"""Of each ending what may stand between cells: the first that the header holds outside of quotes."""


def cut_rows(stream: Readable, name: str, limits: Limits) -> Iterator[dict[str, str] | Blob]:
    """The rows of a file.

    Args:
        stream: the file, in UTF-8 or an 8-bit encoding.
        name: its name, whose ending says what may be between cells.
        limits: what is refused.

    Returns:
        Of each row its columns; bytes that are not UTF-8 are surrogates. Columns at the end that have no name, if
        several have none, are left out; their cells must be empty. Of a row that cannot be read what the ledger
        says of it. Empty lines are not rows.

    Raises:
        BrokenError: the first row does not name the columns, or a quote is left open; nothing behind it is given.
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
    """Why cells do not fit the header; None if they do. Those of columns without a name must be empty."""
    if not columns <= len(cells) <= columns + unnamed:
        return f"expected {columns + unnamed} cells, as the header has, got {len(cells)}"
    place = next((place for place, cell in enumerate(cells, 1) if place > columns and cell), None)
    return None if place is None else f"cell {place} is not empty, and the header has no name for it"


_IN_QUOTES = re.compile(rb'"(?:[^"]++|"")*+"')
_PLAIN_PARTS = {signs: re.compile(rb"[^%b\r\n]*+" % re.escape(signs)) for signs in (b",;\t", b",", b";", b"\t")}
"""A part of a cell without quotes, by what stands between cells."""
_CELLS = {
    sign: re.compile(rb'(?:\A|%b)(?:"((?:[^"]++|"")*+)"|([^%b]*+))' % (sign, sign)) for sign in (b",", b";", b"\t")
}
"""A cell with what stands before it: in quotes, or not."""


@dataclass
class _Cutter:
    """Where the reading stands: `data[start:at]` is the row as far as it was looked at."""

    stream: Readable
    limits: Limits
    delimiters: bytes  # several until the header says which it is
    data: bytes = b""
    start: int = 0
    at: int = 0
    unnamed: int = 0  # columns behind the last one that has a name, if more than one has none
    line: int = 1  # of the file, at the beginning of the row
    dropped: int = 0  # bytes of a row over the limit that are not held any more
    digest: Any = field(default_factory=sha256)

    def header(self) -> list[str]:
        """The names of the columns.

        Raises:
            BrokenError: there are none, or two are the same.
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
        while len(names) > 1 and not names[-1] and "" in names[:-1]:  # as Excel writes columns that were cleared
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
            longest: bytes that it may have; None is `max_bytes`.

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
        """What stands between the delimiters of a row."""
        if _QUOTE not in row:
            cells = row.split(self.delimiters)
        else:
            found = _CELLS[self.delimiters].finditer(row)
            cells = [cell[2] if cell[1] is None else cell[1].replace(b'""', b'"') for cell in found]
        return [cell.decode("utf-8", "surrogateescape") for cell in cells]

    def _look(self, state: int) -> int:
        """Go on to the end of the row, or of what is held; returns where in a cell that is.

        Raises:
            BrokenError: something follows a quote that closes.
        """
        data, at = self.data, self.at
        while at < len(data):
            byte = data[at]
            if state == _QUOTED:
                at = data.find(b'"', at) + 1 or len(data)
                state = _CLOSED if data[at - 1] == _QUOTE else _QUOTED
            elif byte in _LINE_ENDS:
                break
            elif byte == _QUOTE and state != _PLAIN:  # it opens, or is the second of two that mean one
                state, at = _QUOTED, at + 1
            elif byte in self.delimiters:
                state, at = _START, at + 1
            elif state == _CLOSED:
                self.at = at
                raise self._open_quote("something stands between a quote and the end of its cell")
            else:
                state, at = _PLAIN, _PLAIN_PARTS[self.delimiters].match(data, at).end()  # type: ignore[union-attr]
        self.at = at
        return state

    def _take(self, longest: int) -> bytes | Blob:
        """The row that ends here; the next one begins behind its line end."""
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
        """Read on; returns whether there was more."""
        block = self.stream.read(BLOCK)
        self.data = self.data[self.start :] + block
        self.at, self.start = self.at - self.start, 0
        return bool(block)

    def _drop(self) -> None:
        """Hold nothing of a row that is over the limit but its length and its digest."""
        part = self.data[self.start : self.at]
        self.digest.update(part)
        self.dropped += len(part)
        self.line += part.count(b"\n")
        self.start = self.at

    def _open_quote(self, what: str) -> BrokenError:
        line = self.line + self.data.count(b"\n", self.start, self.at)
        return BrokenError(
            f"line {line}, in the row that begins in line {self.line}: {what}; nothing behind it is read",
            reason=CSV_QUOTE,
        )


_MARK = b"\xef\xbb\xbf"


def _each(signs: bytes) -> list[bytes]:
    return [bytes([sign]) for sign in signs]

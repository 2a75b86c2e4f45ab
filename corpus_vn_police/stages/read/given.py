"""Rows that came from Python, stored in a temporary file: they keep types that JSON does not have."""

from __future__ import annotations

import datetime
import decimal
import math
import pickle
import struct
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from corpus_vn_police.errors import DiskError
from corpus_vn_police.reasons import JSON_DEPTH, JSON_TYPE, Reason
from corpus_vn_police.stages.read.canonical import NoForm

ENDING = ".given"
"""The ending of such a file's name. This package makes them in a temporary folder, and reads no others."""

_ROWS = 512  # the most rows in a block
_LETTERS = 8 << 20  # the most characters in a block
_LENGTH = struct.Struct("<QQ")  # of a block: the number of its rows and bytes
_PLAIN = (bool, int, float, str, bytes, datetime.date, datetime.time, decimal.Decimal)
_MISSING = ("NAType", "NaTType")  # types of pandas, which need not be installed
_DEEPEST = 200  # half of what Python's own stack allows: each level takes two frames


@dataclass(frozen=True)
class NotARow:
    """Stands for something that was given as a row, but that JSON cannot express."""

    reason: Reason
    detail: str


_DEEP = NotARow(JSON_DEPTH, f"nested deeper than {_DEEPEST}")


def write_given(rows: Iterable[object], sink: IO[bytes]) -> None:
    """Write rows, with at most one block of them in memory.

    Args:
        rows: dicts; anything else becomes a rejected row in the ledger.
        sink: the file.

    Raises:
        DiskError: the file cannot be written.
        Exception: any error from the iterable.
    """
    for block in _blocks(map(_row, rows)):
        packed = pickle.dumps(block, pickle.HIGHEST_PROTOCOL)
        try:
            sink.write(_LENGTH.pack(len(block), len(packed)) + packed)
        except OSError as error:
            raise DiskError.of(error) from error


def _blocks(rows: Iterable[dict[str, Any] | NotARow]) -> Iterator[list[dict[str, Any] | NotARow]]:
    """Rows in blocks of at most `_ROWS` rows, and of about `_LETTERS` characters if rows are long."""
    block: list[dict[str, Any] | NotARow] = []
    letters = 0
    for row in rows:
        block.append(row)
        if isinstance(row, dict):
            letters += sum(len(value) for value in row.values() if isinstance(value, str | bytes))
        if len(block) == _ROWS or letters > _LETTERS:
            yield block
            block, letters = [], 0
    if block:
        yield block


def given_blocks(raw: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """The blocks of a file that `write_given` wrote: the number of rows in each, and its bytes."""
    while head := raw.read(_LENGTH.size):
        rows, size = _LENGTH.unpack(head)
        yield rows, raw.read(size)


def given_rows(block: bytes) -> list[dict[str, Any] | NotARow]:
    """The rows of a block."""
    rows: list[dict[str, Any] | NotARow] = pickle.loads(block)  # noqa: S301 - `write_given` wrote it in this process
    return rows


def _row(row: object) -> dict[str, Any] | NotARow:
    if not isinstance(row, Mapping):
        return NotARow(JSON_TYPE, f"expected an object (a dict), got {type(row).__name__}")
    try:
        return {str(key): _value(value, 1) for key, value in row.items()}
    except _NotARowError as error:
        return error.instead
    except RecursionError:  # the caller's own stack is deep
        return _DEEP


class _NotARowError(Exception):
    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.instead = NotARow(reason, detail)


def _value(value: Any, depth: int) -> Any:
    """Convert a value to a type that `canonical_row` knows, or to a `NoForm`.

    Raises:
        _NotARowError: it is nested too deep.
    """
    if depth > _DEEPEST:
        raise _NotARowError(_DEEP.reason, _DEEP.detail)
    if value is None or type(value).__name__ in _MISSING or (isinstance(value, float) and math.isnan(value)):
        return None
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Mapping):
        return {str(name): _value(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_value(item, depth + 1) for item in value]
    if isinstance(value, datetime.timedelta):
        return str(datetime.timedelta(value.days, value.seconds, value.microseconds))
    if isinstance(value, uuid.UUID):
        return str(value)
    if callable(array := getattr(value, "tolist", None)):  # numpy's arrays and numbers, without importing numpy
        return _value(array(), depth + 1)
    if isinstance(value, _PLAIN):
        return _plain(value)
    return NoForm(type(value).__name__)


def _plain(value: Any) -> Any:
    """Convert a value of a subclass to the built-in type, so that it can be read without that class."""
    for kind in (str, bytes, bool, int, float):
        if isinstance(value, kind):
            return kind(value)  # type: ignore[arg-type]
    if getattr(value, "nanosecond", None):
        return value  # a pandas.Timestamp: Python's own type has no nanoseconds
    if callable(plain := getattr(value, "to_pydatetime", None)):
        return plain()
    return value

"""An Arrow file or stream -> batches of its rows.

Arrow's files have no checksums, and their readers trust the lengths that they state. So each message is checked
before it is read: its parts must be inside the file, and they must unpack to no more than the budget. A stream is read
from its start to its end mark, a file by the offsets in its footer; a file may contain nothing else.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from corpus_vn_police.stages.read.bounds import AT_ONCE, Budget, unfolded_bytes
from corpus_vn_police.stages.read.flat import FlatTable
from corpus_vn_police.stages.read.streams import BrokenError, Seekable

NOT_READ = b"corpus_vn_police.not_read"
"""The key in a column's metadata that holds the name of its original type."""

_LONGEST_TYPE = 100  # code points of the name of a type
_MAGIC = b"ARROW1"
_GOES_ON = b"\xff\xff\xff\xff"
_END = _GOES_ON + bytes(4)
_LONGEST_HEAD = 64 << 20  # bytes of a message's description, which has 16 bytes for each column and buffer
_DICTIONARY, _ROWS = 2, 3  # kinds of messages
_PADDING = 64  # how many bytes may be between messages; an end mark is 8 of them
_FOOTER_END = struct.Struct("<i6s")  # the footer's length, and the magic bytes


def arrow_batches(raw: Seekable, budget: Budget, rows: int) -> Iterator[pa.RecordBatch]:
    """The rows of an Arrow IPC file or stream in batches of at most `rows`, converted to plain types.

    Args:
        raw: the file.
        budget: how many bytes may come out of it.
        rows: the most rows in a batch.

    Raises:
        RatioError: by its own statements or its rows, it unpacks to more than the budget allows.
        BrokenError: it is cut, or something follows its end.
        Exception: the file is damaged; `pyarrow` raises many kinds.
    """
    size = raw.seek(0, os.SEEK_END)
    raw.seek(0)
    is_file = raw.read(len(_MAGIC)) == _MAGIC
    raw.seek(0)
    batches: Iterator[pa.RecordBatch]
    if is_file:
        _check_file(raw, size, budget)
        file = pa.ipc.open_file(raw)
        schema, batches = file.schema, (file.get_batch(number) for number in range(file.num_record_batches))
    else:
        checked = _CheckedStream(raw, budget)
        stream = pa.ipc.open_stream(checked)
        schema, batches = stream.schema, checked.batches(stream)
    if len({*schema.names}) < len(schema.names):
        raise ValueError("two columns have the same name")
    plain = plain_schema(schema)
    for batch in batches:
        batch.validate(full=True)
        read = [column for column, kind in zip(batch.columns, plain.types, strict=True) if not pa.types.is_null(kind)]
        nulls = batch.num_rows * (batch.num_columns - len(read))
        unfolded = sum(unfolded_bytes(column) for column in read) + nulls + batch.num_rows
        budget.spend(unfolded)
        at_once = max(1, min(rows, AT_ONCE * batch.num_rows // max(unfolded, 1)))
        for start in range(0, batch.num_rows, at_once):
            yield plain_batch(batch.slice(start, at_once), plain)


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The same columns, converted to types whose values are not shared between rows.

    A column whose type is not supported becomes nulls; its metadata name the type under `NOT_READ`.
    """
    return pa.schema([_plain_field(column) for column in schema])


def _plain_field(column: pa.Field) -> pa.Field:
    if pa.types.is_null(column.type) and NOT_READ in (
        column.metadata or ()
    ):  # already made plain, when it came from Python
        return column
    try:
        return pa.field(column.name, _plain(column.type))
    except _NotReadError:
        return pa.field(column.name, pa.null(), metadata={NOT_READ: str(column.type)[:_LONGEST_TYPE]})


class _NotReadError(Exception):
    pass


def plain_batch(batch: pa.RecordBatch, plain: pa.Schema) -> pa.RecordBatch:
    """Convert rows to the columns of `plain_schema`; of a slice, only its own rows."""
    columns = [
        pa.nulls(len(column)) if pa.types.is_null(kind) else _plain_column(column, kind)
        for column, kind in zip(batch.columns, plain.types, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=plain)


def _plain_column(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if isinstance(column, pa.ExtensionArray):
        return _plain_column(column.storage, kind)
    if isinstance(column, pa.DictionaryArray):  # `cast` cannot convert dictionaries from views
        return column.dictionary.cast(kind).take(column.indices)
    return column.cast(kind)


def _plain(kind: pa.DataType) -> pa.DataType:
    """A type without dictionaries, views and extensions; their values would be passed on whole with each batch.

    Raises:
        _NotReadError: the type is not supported.
    """
    form = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(kind.storage_type)
    if form.is_dictionary(kind):
        return _plain(kind.value_type)
    if form.is_string_view(kind) or form.is_string(kind):
        return pa.large_string()
    if form.is_binary_view(kind) or form.is_binary(kind):
        return pa.large_binary()
    if form.is_struct(kind):
        return pa.struct([pa.field(inner.name, _plain(inner.type)) for inner in kind])
    if form.is_list(kind) or form.is_large_list(kind):
        return pa.large_list(_plain(kind.value_type))
    if form.is_fixed_size_list(kind):
        return pa.list_(_plain(kind.value_type), kind.list_size)
    if form.is_map(kind):
        return pa.map_(_plain(kind.key_type), _plain(kind.item_type))
    if form.is_nested(kind) or form.is_run_end_encoded(kind):
        raise _NotReadError
    return kind


@dataclass
class _CheckedStream:
    """A stream of messages for `pyarrow`. Each is checked before it is read, and is whole in memory."""

    raw: Seekable
    budget: Budget
    closed: bool = False
    _ended: bool = False
    _held: memoryview = field(default_factory=lambda: memoryview(b""))

    def batches(self, stream: Any) -> Iterator[pa.RecordBatch]:
        """The batches that `pyarrow` makes of this stream.

        Raises:
            BrokenError: it does not end at its end mark.
        """
        yield from stream
        if self.raw.read(1):
            raise BrokenError("there is something else after the end of the stream")

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; none at the end."""
        if not self._held and not self._ended:
            self._held = memoryview(self._message())
        part, self._held = self._held[:size], self._held[size:]
        return bytes(part)

    def readable(self) -> bool:
        """Always true: `pyarrow` asks."""
        return True

    def seekable(self) -> bool:
        """Always false: `pyarrow` asks."""
        return False

    def _message(self) -> bytes:
        """The next message, or the end mark.

        Raises:
            BrokenError: it is cut, or its parts are not inside it.
            RatioError: it unpacks to more than the budget allows.
        """
        start = _exactly(self.raw, 8, "its end mark")
        if start == _END:
            self._ended = True
            return start
        mark, length = struct.unpack("<4si", start)
        if mark != _GOES_ON or not 0 < length <= _LONGEST_HEAD:
            raise BrokenError("does not begin or continue like an Arrow file or stream")
        head = _exactly(self.raw, length, "a message")
        message = FlatTable.root(head)
        body = _exactly(self.raw, message.number(3, "<q"), "a message")
        self.budget.afford(_announced(message, len(body), lambda place: body[place : place + 8]))
        return start + head + body


def _check_file(raw: Seekable, size: int, budget: Budget) -> None:
    """Check all messages of a file.

    Raises:
        BrokenError: they are not where its footer says, or the file has something that the footer does not name.
        RatioError: one unpacks to more than the budget allows.
    """
    if size < 2 * _PADDING:
        raise BrokenError("it is cut: its footer is missing")
    raw.seek(size - _FOOTER_END.size)
    length, magic = _FOOTER_END.unpack(_exactly(raw, _FOOTER_END.size, "its footer"))
    begin = size - _FOOTER_END.size - length
    if magic != _MAGIC or not 0 < length <= _LONGEST_HEAD or begin < len(_MAGIC):
        raise BrokenError("its footer is missing: the file is cut, or something follows it")
    raw.seek(begin)
    footer = FlatTable.root(_exactly(raw, length, "its footer"))
    blocks = sorted([*footer.structs(2, "<qi4xq"), *footer.structs(3, "<qi4xq")])
    end = max(blocks[0][0], len(_MAGIC)) if blocks else begin
    for place, head, body in blocks:
        if not end <= place <= end + _PADDING or head < 8 or body < 0 or place + head + body > begin:
            raise BrokenError("its footer does not name all that is in it")
        end = place + head + body
        budget.afford(_announced_at(raw, place, head, body))
    if blocks and begin - end > _PADDING:
        raise BrokenError("its footer does not name all that is in it")
    raw.seek(0)


def _announced_at(raw: Seekable, place: int, head: int, body: int) -> int:
    raw.seek(place)
    start = _exactly(raw, min(head, _LONGEST_HEAD), "a message")
    message = FlatTable.root(start[8:] if start[:4] == _GOES_ON else start[4:])

    def at(inner: int) -> bytes:
        raw.seek(place + head + inner)
        return raw.read(8)

    return _announced(message, body, at)


def _exactly(raw: Seekable, size: int, what: str) -> bytes:
    """Read exactly so many bytes, step by step, because the stated length may be false.

    Raises:
        BrokenError: there are fewer, or the length is negative.
    """
    blocks, left = [], size
    while left > 0 and (block := raw.read(min(left, 1 << 20))):
        blocks.append(block)
        left -= len(block)
    if left:
        raise BrokenError(f"it is cut: {what} is missing, or is not whole")
    return b"".join(blocks)


def _announced(message: FlatTable, body: int, at: Callable[[int], bytes]) -> int:
    """The bytes and rows that a message claims to unpack to.

    Args:
        message: the message's description.
        body: how many bytes follow the description.
        at: returns eight bytes of the body.

    Raises:
        BrokenError: a part of it is outside of it.
    """
    kind = message.number(1, "<B")
    if kind not in (_DICTIONARY, _ROWS):
        return 0
    batch = message.table(2)
    if kind == _DICTIONARY:
        batch = batch.table(1)
    total, packed = batch.number(0, "<q"), batch.has(3)
    for place, size in batch.structs(2, "<qq"):
        if place < 0 or size < 0 or place + size > body:
            raise BrokenError("a part of a message is outside of it")
        unpacked = struct.unpack("<q", at(place))[0] if packed and size >= 8 else size
        if unpacked < -1:
            raise BrokenError("a part of a message has a negative length")
        total += size if unpacked == -1 else unpacked
    for rows, nulls in batch.structs(1, "<qq"):
        if rows < 0 or nulls < 0:
            raise BrokenError("a column has a negative length")
        total += rows // 8
    return total

"""Limit how many bytes a packed file may unpack to; reading stops there.

A few packed bytes can unpack to terabytes: a text of one letter, a million lines `{}`, a Parquet file whose
rows all refer to one long value, zip members that share their bytes. In every format, a file may give
at most `max_ratio` times its size, or `max_bytes` if that is more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus_vn_police.config import Limits


class Readable(Protocol):
    """Something that a seed's bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


class RatioError(Exception):
    """A file unpacks to more than it may; the message gives the limit and the size."""


@dataclass
class Budget:
    """The bytes that a file may still unpack to.

    Attributes:
        packed: the file's size.
        ratio: `[limits] max_ratio`.
        ceiling: how many bytes may come out in all.
        unspent: how many of them may still come out; below 0 if more came out.
        outer: the budget of the archive that the file is a member of; None if it is not in one.
    """

    packed: int
    ratio: int
    ceiling: int
    unspent: int
    outer: Budget | None = None

    @classmethod
    def of(cls, packed: int, limits: Limits, outer: Budget | None = None) -> Self:
        """The full budget of a file with so many bytes."""
        ceiling = max(packed * limits.max_ratio, limits.max_bytes)
        return cls(packed, limits.max_ratio, ceiling, ceiling, outer)

    def spend(self, size: int) -> None:
        """Count bytes that came out.

        Raises:
            RatioError: they are more than were left.
        """
        self.unspent -= size
        if self.unspent < 0:
            raise RatioError(f"max_ratio {self.ratio}: {self.packed} bytes unpack to more than {self.ceiling}")
        if self.outer is not None:
            self.outer.spend(size)

    def afford(self, size: int) -> None:
        """Check that so many bytes may still come out, without counting them.

        Raises:
            RatioError: they are too many.
        """
        outer = None if self.outer is None else replace(self.outer)
        replace(self, outer=outer).spend(size)


@dataclass
class Bounded:
    """A stream that returns as many bytes as its budget allows, and then raises `RatioError`."""

    stream: Readable
    budget: Budget

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; the last byte is the same one, whatever the sizes of the reads."""
        unspent = max(self.budget.unspent, 0)
        block = self.stream.read(min(size, unspent + 1) if size >= 0 else unspent + 1)
        if unspent and len(block) > unspent:
            self.budget.unspent = -1
            return block[:unspent]
        if block:
            self.budget.spend(len(block))
        return block


def table_batches(raw: Any, budget: Budget, rows: int) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file in batches of at most `rows` rows, and never much more than 32 MiB.

    Columns that have a dictionary are read as dictionaries, so that values that many rows share
    are not copied for each row.

    Raises:
        RatioError: by its metadata or its rows, the file unpacks to more than the budget allows.
        Exception: the file is damaged; `pyarrow` raises many kinds.
    """
    plain = pq.ParquetFile(raw)
    names = plain.schema_arrow.names
    if len(set(names)) < len(names):
        raise ValueError("two columns have the same name")
    groups = [plain.metadata.row_group(number) for number in range(plain.num_row_groups)]
    budget.afford(max(plain.metadata.num_rows, sum(group.total_byte_size for group in groups)))
    _check_columns(raw, plain)
    chunks = [group.column(number) for group in groups for number in range(group.num_columns)]
    values = sum(chunk.num_values for chunk in chunks)
    announced = max(values, plain.metadata.num_rows, sum(chunk.total_uncompressed_size for chunk in chunks))
    budget.afford(announced)
    _check_alone(raw, chunks)
    raw.seek(0)
    coded = {c.path_in_schema for c in chunks if c.has_dictionary_page and c.physical_type == "BYTE_ARRAY"}
    file = pq.ParquetFile(raw, read_dictionary=sorted(coded), page_checksum_verification=True)
    for number, group in enumerate(groups):
        average = group.total_byte_size // max(group.num_rows, 1) + 1
        size = max(1, min(rows, AT_ONCE // average))
        for batch in file.iter_batches(batch_size=size, row_groups=[number]):
            unfolded = sum(unfolded_bytes(column) for column in batch.columns) + batch.num_rows
            budget.spend(unfolded)
            yield _unfolded(batch) if unfolded <= 2 * AT_ONCE else batch


def _check_columns(raw: Any, plain: pq.ParquetFile) -> None:
    """Read one row of each row group, so that a footer that contradicts itself is refused.

    At such a footer `RowGroupMetaData.column` ends the process: pyarrow 26 does not catch Parquet's exception there.
    One changed byte was enough, at 8 places of a file of 742 bytes. Reading opens the same columns, and raises.

    Raises:
        Exception: the file is damaged; `pyarrow` raises many kinds.
    """
    columns = [plain.schema.column(number) for number in range(len(plain.schema))]
    lists = [c.path for c in columns if c.max_repetition_level and c.physical_type == "BYTE_ARRAY"]
    raw.seek(0)
    # A row may have a list that refers to one long value many times: in a dictionary, the value exists only once.
    folded = pq.ParquetFile(raw, read_dictionary=lists) if lists else plain
    for number in range(plain.num_row_groups):
        try:
            next(folded.iter_batches(batch_size=1, row_groups=[number], use_threads=False), None)
        except OSError:  # pyarrow also raises it for encodings that cannot be read as dictionaries
            next(plain.iter_batches(batch_size=1, row_groups=[number], use_threads=False), None)


def _check_alone(raw: Any, chunks: list[Any]) -> None:
    """Refuse a file with another file or junk before it: its footer would refer to other bytes.

    Raises:
        ValueError: something comes before it.
    """
    raw.seek(0)
    if raw.read(4) != _MAGIC:
        raise ValueError("there is something before the Parquet file")
    raw.seek(max((_chunk_end(chunk) for chunk in chunks), default=4))
    # A page index, Bloom filters and the footer: only a small part of the file, unless something does not belong there.
    held = b""
    while block := raw.read(1 << 20):
        held = held[-11:] + block
        if _MAGIC + _MAGIC in held:
            raise ValueError("there is another Parquet file before it")


_MAGIC = b"PAR1"


def _chunk_end(chunk: Any) -> int:
    pages = [chunk.data_page_offset, *([chunk.dictionary_page_offset] if chunk.has_dictionary_page else [])]
    return int(min(pages) + chunk.total_compressed_size)


AT_ONCE = 32 << 20  # the size of a batch of rows, in bytes


def _unfolded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with its own copy of every value, because a dictionary would be passed on whole with each batch."""
    columns = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(columns, batch.schema.names)


def unfolded_bytes(array: pa.Array) -> int:
    """The bytes of an array if each row has its own copy of its values."""
    form = array.type
    if isinstance(array, pa.ExtensionArray):
        return unfolded_bytes(array.storage)
    if pa.types.is_dictionary(form):
        lengths = _lengths(array.dictionary)
        return int(pc.sum(lengths.take(array.indices)).as_py() or 0) + len(array)
    if pa.types.is_string_view(form) or pa.types.is_binary_view(form):
        return int(pc.sum(_lengths(array)).as_py() or 0) + len(array)
    if pa.types.is_struct(form):
        return sum(unfolded_bytes(field) for field in array.flatten())
    if pa.types.is_list(form) or pa.types.is_large_list(form) or pa.types.is_fixed_size_list(form):
        return unfolded_bytes(array.flatten()) + len(array)
    if pa.types.is_map(form):
        return unfolded_bytes(array.keys) + unfolded_bytes(array.items) + len(array)
    return max(int(array.nbytes), len(array))  # nulls take no bytes in the file, but space in memory


def _lengths(array: pa.Array) -> pa.Array:
    """The length in bytes of each value of a dictionary or a view; rows may share them."""
    form = array.type
    if not len(array):
        return pa.array([], pa.int64())
    if pa.types.is_string_view(form) or pa.types.is_binary_view(form):
        views = np.frombuffer(array.buffers()[1], np.int32)[::4][array.offset : array.offset + len(array)]
        return pa.array(views, mask=np.asarray(array.is_null()))
    if pa.types.is_primitive(form) or pa.types.is_decimal(form):
        return pa.array(np.full(len(array), form.bit_width // 8 + 1))
    return pc.binary_length(array)

"""Seeds as they arrive: their bytes, or why there are none, collected into batches."""

from __future__ import annotations

import errno
import functools
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from corpus_vn_police.config import Limits
from corpus_vn_police.errors import CorpusError, SchemaError, first_line
from corpus_vn_police.files import IrregularError
from corpus_vn_police.reasons import (
    CONTAINER_DAMAGED,
    FILE_NOT_REGULAR,
    FILE_UNREADABLE,
    LIMIT_BYTES,
    LIMIT_RATIO,
    Reason,
)
from corpus_vn_police.stages.batch import seed_columns_by_default
from corpus_vn_police.stages.read.bounds import RatioError, Readable
from corpus_vn_police.stages.read.streams import BrokenError

_NEVER_GIVEN = {"path", "sha256", "bytes", "data"}  # columns that a row never gives
_NAMED = re.compile(r"[0-9]+_([0-9a-f]{16})\.txt(?:\.gz|\.zst)?")
_BLOCK = 1 << 20
_LONGEST_DETAIL = 200  # code points of a library's message


class Blob(NamedTuple):
    """The bytes of one seed, or why there are none; a tuple, which is created three times as fast as a dataclass.

    Attributes:
        data: the bytes, decompressed; empty if there is a reason.
        bytes: their number; None if they could not be read to the end.
        sha256: the sha256 (hex) of all of them; None under the same condition as `bytes`.
        reason: why the seed is rejected; None if it is not.
        detail: the rule, the limit and the measured value.
    """

    data: bytes
    bytes: int | None
    sha256: str | None
    reason: Reason | None = None
    detail: str | None = None


def failed(reason: Reason, detail: str) -> Blob:
    """A seed whose bytes could not be read."""
    return Blob(b"", None, None, reason, detail)


def over_limit(size: int, sha256: str, limits: Limits) -> Blob:
    """A seed with more bytes than are allowed."""
    return Blob(b"", size, sha256, LIMIT_BYTES, f"max_bytes {limits.max_bytes}, got {size}")


def whole(data: bytes, limits: Limits) -> Blob:
    """A seed whose bytes are complete."""
    digest = hashlib.sha256(data).hexdigest()
    return over_limit(len(data), digest, limits) if len(data) > limits.max_bytes else Blob(data, len(data), digest)


def take(stream: Readable, limits: Limits, packed: int | None = None) -> Blob:
    """Read one seed to its end, with at most `max_bytes` of it in memory.

    At most `max_ratio` times `max_bytes` are read, because a sparse or growing file may have no end.

    Args:
        stream: its bytes after decompression.
        limits: the limits on seeds.
        packed: its length in compressed bytes; None if it is not compressed.

    Raises:
        OSError, BrokenError: the stream is damaged; `DAMAGED` names these.
    """
    digest, blocks, size = hashlib.sha256(), [], 0
    most = limits.max_bytes * limits.max_ratio
    ceiling = most if packed is None else max(packed * limits.max_ratio, limits.max_bytes)
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > ceiling and packed is None:
            return failed(LIMIT_BYTES, f"max_bytes {limits.max_bytes}, got more than {most}")
        if size > ceiling:
            return failed(LIMIT_RATIO, f"max_ratio {limits.max_ratio}: {packed} bytes unpack to more than {ceiling}")
        digest.update(block)
        if size <= limits.max_bytes:
            blocks.append(block)
        else:
            blocks.clear()
    if size > limits.max_bytes:
        return over_limit(size, digest.hexdigest(), limits)
    return Blob(b"".join(blocks), size, digest.hexdigest())


DAMAGED = (OSError, BrokenError, IrregularError)
"""Errors for a text file that is damaged, or vanishes while it is read."""


# System errors that are about the file. All others (no memory, no space, too many open files,
# a failing disk) are the machine's fault, and must not change the outcome of a build.
_OF_THE_FILE = {
    *(errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR),
    *(errno.ELOOP, errno.ENXIO, errno.ENODEV, errno.EINVAL, errno.ENAMETOOLONG, errno.EAGAIN),
}


_OF_THE_MACHINE = (MemoryError, CorpusError, ImportError)
# If one of Arrow's C++ threads got no memory, only the words of the error say so.
_NO_MEMORY = re.compile("bad_alloc|out of memory|(malloc|realloc) of size|cannot allocate memory", re.IGNORECASE)


def fault(error: Exception) -> Reason:
    """The reason for an error that was raised while a file was read.

    Raises:
        MemoryError, OSError, CorpusError: the machine failed, so that this is not the file's fault.
    """
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, RatioError | IrregularError):
        return LIMIT_RATIO if isinstance(error, RatioError) else FILE_NOT_REGULAR
    if isinstance(error, BrokenError):
        return error.reason
    if isinstance(error, _OF_THE_MACHINE) or (number is not None and number not in _OF_THE_FILE):
        raise error
    if _NO_MEMORY.search(str(error)):
        raise MemoryError(str(error)) from error
    return CONTAINER_DAMAGED if number is None else FILE_UNREADABLE


def describe(error: BaseException) -> str:
    """An error on one short line that names no local path."""
    if isinstance(error, RatioError | IrregularError | BrokenError):
        return str(error)[:_LONGEST_DETAIL]
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:_LONGEST_DETAIL]
    return first_line(f"{type(error).__name__}: {error}", _LONGEST_DETAIL)


def named_id(path: str) -> str | None:
    """The id that a seed's file name gives: `NNN_<16 hex>.txt`; None for any other name."""
    match = _NAMED.fullmatch(path.rpartition("/")[2])
    return match.group(1) if match else None


@dataclass
class SeedBatch:
    """Collects seeds as lists, and then makes one frame.

    Attributes:
        columns: the columns of the frame, from `stages.batch.seed_columns`; by default without own fields.
    """

    columns: pl.Schema = field(default_factory=seed_columns_by_default)
    paths: list[str] = field(default_factory=list)
    blobs: list[Blob] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    size: int = 0

    @functools.cached_property
    def _given(self) -> frozenset[str]:
        """The columns that a row may fill."""
        return frozenset(self.columns) - _NEVER_GIVEN

    def add(self, path: str, blob: Blob, row: dict[str, Any] | None = None) -> None:
        """Add a seed; `row` is what `read_row` returned for a row of a JSONL or Parquet file.

        Raises:
            SchemaError: the row has a key without a column: a defect of this package.
        """
        if row is not None and not row.keys() <= self._given:
            raise SchemaError(
                f"a row gives {sorted(row.keys() - self._given)}, which no column takes",
                "this is a defect of corpus-vn-police: please report it",
            )
        self.paths.append(path)
        self.blobs.append(blob)
        if row is not None:
            self.rows.append(row)
        self.size += len(blob.data)

    def frame(self) -> pl.DataFrame:
        """The batch with its columns, in the order in which the seeds were added."""
        blobs, paths = self.blobs, self.paths
        data = _binary([blob.data for blob in blobs])
        rows = self.rows or [{}] * len(blobs)
        given = [row.get("id") or named_id(path) for row, path in zip(rows, paths, strict=True)]
        columns: dict[str, Any] = {
            "path": paths,
            "id": [name or (blob.sha256 or "")[:16] or None for name, blob in zip(given, blobs, strict=True)],
            "sha256": [blob.sha256 for blob in blobs],
            "bytes": [blob.bytes for blob in blobs],
            "data": data,
            "body": _binary([row.get("body", b"") for row in rows]) if self.rows else data,
            "reason": [_code(blob.reason or row.get("reason")) for blob, row in zip(blobs, rows, strict=True)],
            "detail": [blob.detail or row.get("detail") for blob, row in zip(blobs, rows, strict=True)],
        }
        for name in self.columns.keys() - columns.keys():
            columns[name] = [row.get(name) for row in rows] if any(name in row for row in rows) else None
        frame = {name: _series(name, kind, columns[name], len(blobs)) for name, kind in self.columns.items()}
        return pl.DataFrame(frame, schema=self.columns)


def _code(reason: Reason | None) -> str | None:
    return None if reason is None else reason.code


def _series(name: str, kind: pl.DataType, values: Any, rows: int) -> pl.Series:
    if values is None:
        return pl.Series(name, [None], kind).new_from_index(0, rows)
    return values if isinstance(values, pl.Series) else pl.Series(name, values, kind)


def _binary(values: list[bytes]) -> pl.Series:
    # One buffer and its offsets: 1,391 MB/s. With `bytes` objects, pa.array has 35 to 46 MB/s.
    offsets = np.zeros(len(values) + 1, np.int64)
    np.cumsum([len(value) for value in values], out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(values))]
    return pl.Series(pl.from_arrow(pa.Array.from_buffers(pa.large_binary(), len(values), buffers)))

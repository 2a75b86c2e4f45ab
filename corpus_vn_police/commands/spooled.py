"""Seeds as Python has them -> an input: paths as they are, rows in a temporary folder.

Rows are written there in blocks, so that a table or a generator of any length takes the memory of one. No library
is imported to find out what the seeds are: an object of a library that is not imported yet cannot be there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from corpus_vn_police.errors import DiskError, InputError
from corpus_vn_police.files import StrPath, scratch_folder
from corpus_vn_police.stages.read import Source
from corpus_vn_police.stages.read.given import ENDING, write_given

_ROWS = 512  # of a table or frame, at once
_NAME = "rows"  # what the paths of rows begin with
_EXPECTED = (
    "give a path, a list of paths, a frame of pandas or Polars, an Arrow table, a dataset, or an iterable of dicts"
)


class ArrowStream(Protocol):
    """What has rows and hands them out as Arrow does: frames of pandas and Polars, Arrow's tables and readers."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows."""


class LazyRows(Protocol):
    """A lazy frame of Polars."""

    def sink_ipc(self, path: Any, /) -> object:
        """Write the rows into an Arrow file."""


Seeds = StrPath | Iterable[StrPath | Mapping[str, Any]] | ArrowStream | LazyRows
"""What a command reads: path(s), or rows. The frames and datasets of libraries are among these."""


@contextmanager
def seeds_at_hand(seeds: Seeds | None) -> Iterator[Source | None]:
    """The input that some seeds are, for the time of the block.

    Args:
        seeds: a path, a list or tuple of paths, or rows: a frame of pandas (whose index is left out) or Polars (also a
            lazy one), an Arrow table or reader, a `datasets.Dataset`, `DatasetDict` or `IterableDataset`, or an
            iterable of dicts, which is gone through once. None is None.

    Raises:
        InputError: it is none of these.
        DiskError: the temporary folder cannot be written.
    """
    if seeds is None:
        yield None
    elif isinstance(seeds, str | os.PathLike):
        yield Source((os.fspath(seeds),))
    elif isinstance(seeds, list | tuple) and all(isinstance(each, str | os.PathLike) for each in seeds):
        if not seeds:
            raise InputError("there are no seeds: the list is empty", _EXPECTED)
        yield Source(tuple(os.fspath(each) for each in seeds))
    else:
        parts = _parts(seeds)
        with scratch_folder() as folder:
            yield Source((), given={name: _spooled(folder, name, rows) for name, rows in parts.items()})


def _parts(seeds: Any) -> dict[str, Any]:
    """The tables that the seeds are, by name.

    Raises:
        InputError: they are none.
    """
    if _is_of(seeds, "datasets", "DatasetDict", "IterableDatasetDict"):
        return dict(seeds)
    is_rows = isinstance(seeds, Iterable) or hasattr(seeds, "__arrow_c_stream__") or _is_lazy(seeds)
    if not is_rows or isinstance(seeds, Mapping | bytes) or hasattr(seeds, "read"):
        kind = f"{type(seeds).__module__}.{type(seeds).__qualname__}".removeprefix("builtins.")
        one = "; [row] for one row" if isinstance(seeds, Mapping) else ""
        raise InputError(f"a {kind} cannot be read as seeds", f"{_EXPECTED}{one}")
    if isinstance(seeds, list | tuple) and any(isinstance(each, str | os.PathLike) for each in seeds):
        raise InputError("the list holds paths and rows", "give a list of paths, or an iterable of dicts")
    return {_NAME: seeds}


def _is_of(value: object, library: str, *names: str) -> bool:
    """Whether a value is of a class of a library, which is not imported for that."""
    module = sys.modules.get(library)
    kinds = tuple(kind for name in names if isinstance(kind := getattr(module, name, None), type))
    return isinstance(value, kinds)


def _is_lazy(seeds: object) -> bool:
    return _is_of(seeds, "polars", "LazyFrame")


def _spooled(folder: Path, name: str, rows: Any) -> str:
    """The file that some rows were written to."""
    number = len(list(folder.iterdir()))  # a split may be called what no file can be
    try:
        if _is_lazy(rows):
            path = folder / f"{number}.arrow"
            rows.sink_ipc(path)
        elif _is_of(rows, "datasets", "Dataset"):
            path = folder / f"{number}.arrow"
            _write_tables(rows.with_format("arrow").iter(_ROWS), path)
        elif hasattr(rows, "__arrow_c_stream__") and not _is_of(rows, "pandas", "DataFrame"):
            path = folder / f"{number}.arrow"
            _write_stream(rows, path)
        else:
            path = folder / f"{number}{ENDING}"
            with path.open("wb") as sink:
                write_given(_dicts(rows), sink)
    except OSError as error:
        raise DiskError.of(error) from error
    return str(path)


def _dicts(rows: Any) -> Iterable[Any]:
    if _is_of(rows, "pandas", "DataFrame"):
        return _of_frame(rows)
    if _is_of(rows, "datasets", "IterableDataset"):
        return rows.decode(False) if rows.features else rows  # type: ignore[no-any-return]
    return rows  # type: ignore[no-any-return]


def _of_frame(frame: Any) -> Iterator[dict[Any, Any]]:
    """The rows of a frame of pandas; what it calls missing becomes null.

    Raises:
        InputError: two columns have one name.
    """
    if not frame.columns.is_unique:
        raise InputError("the frame has two columns of one name", "rename one of them")
    for start in range(0, len(frame), _ROWS):
        yield from frame.iloc[start : start + _ROWS].to_dict("records")


def _write_stream(rows: ArrowStream, path: Path) -> None:
    import pyarrow as pa

    reader = pa.RecordBatchReader.from_stream(rows)
    with pa.OSFile(os.fsencode(path), "wb") as sink, pa.ipc.new_stream(sink, reader.schema) as writer:
        for batch in reader:
            for start in range(0, batch.num_rows, _ROWS):
                writer.write_batch(batch.slice(start, _ROWS))


def _write_tables(tables: Iterable[Any], path: Path) -> None:
    import pyarrow as pa

    writer = None
    with pa.OSFile(os.fsencode(path), "wb") as sink:
        for table in tables:
            writer = writer or pa.ipc.new_stream(sink, table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()

"""Turn the seeds that Python code passes into an input: paths stay as they are, rows go to a temporary folder.

Rows are written there in blocks, so that a table or a generator of any length takes only the memory of one block. No
library is imported to find out what the seeds are: whoever has an object of a library has imported the library already.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from corpus_vn_police.errors import InputError, first_line
from corpus_vn_police.files import StrPath, scratch_folder
from corpus_vn_police.stages.read import Source
from corpus_vn_police.stages.read.given import ENDING, write_given

_ROWS = 512  # rows of a table or frame in one block
_LONGEST_DETAIL = 200  # the most code points of an error message of Arrow
_NAME = "rows"  # the beginning of the path of each row
_EXPECTED = (
    "give a path, a list of paths, a frame of pandas or Polars, an Arrow table, a dataset, or an iterable of dicts"
)


class ArrowStream(Protocol):
    """An object that gives its rows as an Arrow stream: frames of pandas and Polars, Arrow tables and readers."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows."""


class LazyRows(Protocol):
    """A lazy frame of Polars."""

    def collect_batches(self, *, chunk_size: int | None = None) -> Iterable[Any]:
        """The rows, in frames."""


Seeds = StrPath | Iterable[StrPath | Mapping[str, Any]] | ArrowStream | LazyRows
"""What a command accepts as seeds: one or more paths, or rows, such as a frame or a dataset of a library."""


@contextmanager
def seeds_at_hand(seeds: Seeds | None) -> Iterator[Source | None]:
    """Give the input for some seeds, valid inside the `with` block.

    Args:
        seeds: a path, a list or tuple of paths, or rows: a frame of pandas (whose index is left out) or Polars (also a
            lazy frame), an Arrow table or reader, a `datasets.Dataset`, `DatasetDict` or `IterableDataset`, or an
            iterable of dicts, which is iterated once. For None, the input is None.

    Raises:
        InputError: the seeds are none of these.
        DiskError: there is no temporary folder, or its disk is full.
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
    """The tables in the seeds, by name: the splits of a dict of datasets, or one table.

    Raises:
        InputError: the seeds are not rows.
    """
    if _is_of(seeds, "datasets", "DatasetDict", "IterableDatasetDict"):
        return dict(seeds)
    is_rows = isinstance(seeds, Iterable) or hasattr(seeds, "__arrow_c_stream__") or _is_lazy(seeds)
    if not is_rows or isinstance(seeds, Mapping | bytes) or hasattr(seeds, "read"):
        kind = f"{type(seeds).__module__}.{type(seeds).__qualname__}".removeprefix("builtins.")
        one = "; for one row, [row]" if isinstance(seeds, Mapping) else ""
        raise InputError(f"seeds of the type {kind} cannot be read", f"{_EXPECTED}{one}")
    if _is_of(seeds, "pandas", "Series", "Index") or _is_of(seeds, "polars", "Series") or _is_column(seeds):
        kind = f"{type(seeds).__module__.partition('.')[0]}.{type(seeds).__qualname__}"
        raise InputError(
            f"a {kind} is one column, but a row needs named fields", "give a frame or a table, with a column text"
        )
    if isinstance(seeds, list | tuple) and any(isinstance(each, str | os.PathLike) for each in seeds):
        raise InputError("the list holds both paths and rows", "give a list of paths, or an iterable of dicts")
    return {_NAME: seeds}


def _is_of(value: object, library: str, *names: str) -> bool:
    """True if a value is an instance of one of the named classes of a library; the library is not imported."""
    module = sys.modules.get(library)
    kinds = tuple(kind for name in names if isinstance(kind := getattr(module, name, None), type))
    return isinstance(value, kinds)


def _is_lazy(seeds: object) -> bool:
    return _is_of(seeds, "polars", "LazyFrame")


def _is_column(seeds: object) -> bool:
    return _is_of(seeds, "pyarrow", "Array", "ChunkedArray")


def _spooled(folder: Path, name: str, rows: Any) -> str:
    """Write some rows into a file of the folder; returns its path."""
    number = len(list(folder.iterdir()))  # a number, because not every name of a split can be the name of a file
    path = folder / f"{number}.arrow"
    if (batches := _batches(rows)) is not None:
        _write_batches(batches, path)
    else:
        path = folder / f"{number}{ENDING}"
        with path.open("wb") as sink:
            write_given(_dicts(rows), sink)
    return str(path)


def _batches(rows: Any) -> Iterator[Any] | None:
    """The rows as Arrow batches; None if they have to be read as dicts."""
    if _is_of(rows, "polars", "DataFrame", "LazyFrame") and _has_more_than_arrow(rows):
        return None
    if _is_lazy(rows):
        return _of_lazy(rows)
    if _is_of(rows, "datasets", "Dataset"):
        return _of_dataset(rows)
    if hasattr(rows, "__arrow_c_stream__") and not _is_of(rows, "pandas", "DataFrame"):
        return _of_stream(rows)
    return None


def _has_more_than_arrow(frame: Any) -> bool:
    """True if a frame of Polars has a type that Arrow does not have: integers of 128 bits, or objects of Python."""
    named = repr(frame.collect_schema().dtypes())  # this also shows types inside others, as in List(Int128)
    return any(kind in named for kind in ("Int128", "UInt128", "Object"))


def _dicts(rows: Any) -> Iterable[Any]:
    if _is_of(rows, "polars", "DataFrame", "LazyFrame"):
        return _of_polars(rows)
    if _is_of(rows, "pandas", "DataFrame"):
        return _of_frame(rows)
    if _is_of(rows, "datasets", "IterableDataset"):
        return rows.decode(False) if rows.features else rows  # type: ignore[no-any-return]
    return rows  # type: ignore[no-any-return]


def _of_frame(frame: Any) -> Iterator[dict[Any, Any]]:
    """The rows of a frame of pandas; its missing values become null.

    Raises:
        InputError: two columns have the same name.
    """
    if not frame.columns.is_unique:
        raise InputError("the frame has two columns with the same name", "rename one of them")
    for start in range(0, len(frame), _ROWS):
        yield from frame.iloc[start : start + _ROWS].to_dict("records")


def _of_polars(frame: Any) -> Iterator[dict[str, Any]]:
    """The rows of a frame of Polars, which may be lazy."""
    for part in frame.collect_batches(chunk_size=_ROWS) if _is_lazy(frame) else [frame]:
        yield from part.iter_rows(named=True)


def _of_stream(rows: ArrowStream) -> Iterator[Any]:
    """The batches of an object that gives an Arrow stream."""
    import pyarrow as pa

    yield from pa.RecordBatchReader.from_stream(rows)


def _of_lazy(frame: LazyRows) -> Iterator[Any]:
    """The batches of a lazy frame of Polars, in the frame's order."""
    for part in frame.collect_batches(chunk_size=_ROWS):
        yield from part.to_arrow().to_batches()


def _of_dataset(dataset: Any) -> Iterator[Any]:
    """The batches of a dataset, in the order of its rows."""
    for table in dataset.with_format("arrow").iter(_ROWS):
        yield from table.to_batches()


def _write_batches(batches: Iterable[Any], path: Path) -> None:
    """Write Arrow batches into a file; a value that several rows share, as in a dictionary, is written for each row.

    Raises:
        InputError: Arrow cannot read the batches.
    """
    import pyarrow as pa

    try:
        with pa.OSFile(os.fsencode(path), "wb") as sink:
            _write(batches, sink)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise InputError(
            f"the table cannot be read: {first_line(str(error), _LONGEST_DETAIL)}",
            "leave the column out or cast it, or give an iterable of dicts",
        ) from error


def _write(batches: Iterable[Any], sink: Any) -> None:
    import pyarrow as pa

    from corpus_vn_police.stages.read.ipc import plain_batch, plain_schema

    writer = plain = None
    for batch in batches:
        if writer is None:
            plain = plain_schema(batch.schema)
            writer = pa.ipc.new_stream(sink, plain)
        for start in range(0, batch.num_rows, _ROWS):
            writer.write_batch(plain_batch(batch.slice(start, _ROWS), plain))
    if writer is None:  # a table without rows becomes a file without rows: an empty file would count as damaged
        writer = pa.ipc.new_stream(sink, pa.schema([]))
    writer.close()

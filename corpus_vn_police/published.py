"""The published records of a build folder, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus_vn_police.build.manifest import read_manifest
from corpus_vn_police.build.parquet import shard_paths
from corpus_vn_police.errors import DamagedError
from corpus_vn_police.split import SPLITS

_AT_ONCE = 2_000  # records of a batch


@dataclass(frozen=True)
class Published:
    """The records of a build, known by their place in the order of splits, shards and rows.

    Attributes:
        groups: of each row group its file and number.
        ends: of each row group how many records there are up to its end (int64).
    """

    groups: tuple[tuple[Path, int], ...]
    ends: npt.NDArray[np.int64]

    @classmethod
    def open(cls, folder: Path, *splits: str, config: str = "default") -> Published:
        """The rows of a config in the named splits of a build folder; in all where none is named."""
        groups: list[tuple[Path, int]] = []
        sizes: list[int] = []
        for split in splits or SPLITS:
            for path in shard_paths(folder, config, split):
                metadata = pq.read_metadata(path)
                groups += [(path, number) for number in range(metadata.num_row_groups)]
                sizes += [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
        return cls(tuple(groups), np.cumsum(sizes, dtype=np.int64))

    def __len__(self) -> int:
        """How many records there are."""
        return int(self.ends[-1]) if len(self.ends) else 0

    def batches(self, *columns: str) -> Iterator[pl.DataFrame]:
        """All records in order, in tables of at most 2,000 rows.

        Raises:
            pyarrow.ArrowException: a file cannot be read, or holds strings that are not UTF-8.
        """
        for path, number in self.groups:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(_AT_ONCE, row_groups=[number], columns=list(columns)):
                    batch.validate(full=True)
                    yield pl.DataFrame(batch)

    def column(self, name: str) -> pl.Series:
        """A column of all records."""
        return pl.concat([batch[name] for batch in self.batches(name)])

    def texts(self, places: npt.NDArray[np.int64]) -> pl.Series:
        """The texts of places, which are sorted; only their row groups are read."""
        return pl.concat([pl.Series("text", [], pl.String), *(rows["text"] for rows in self.rows(places, "text"))])

    def rows(self, places: npt.NDArray[np.int64], *columns: str) -> Iterator[pl.DataFrame]:
        """The columns of places, which are sorted, in order; only their row groups are read."""
        holders = np.searchsorted(self.ends, places, side="right")
        for holder in np.unique(holders):
            path, number = self.groups[holder]
            with pq.ParquetFile(path) as file:
                read = file.read_row_group(number, list(columns))
            read.validate(full=True)  # Polars takes what is not UTF-8, and panics when it is shown
            table = pl.DataFrame(read)
            start = self.ends[holder - 1] if holder else 0
            yield table[places[holders == holder] - start]


@contextmanager
def damage_named(folder: Path) -> Iterator[None]:
    """While a build's files are read: have what a damaged one raises say so.

    Raises:
        DamagedError: a file cannot be read (further), or holds what it must not.
        OSError: the operating system failed.
    """
    try:
        yield
    except (OSError, pa.ArrowException, pl.exceptions.PolarsError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DamagedError.of(folder, error) from error


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of a build that is to be read.

    Raises:
        OutputError: the folder is no build.
        DamagedError: its manifest is none.
    """
    try:
        return read_manifest(folder)
    except ValueError as error:
        raise DamagedError.of(folder, error) from error


def id_numbers(ids: pl.Series) -> npt.NDArray[np.uint64]:
    """Ids as numbers: what their 16 hex characters write."""
    return ids.str.to_integer(base=16, dtype=pl.UInt64, strict=False).fill_null(0).to_numpy()

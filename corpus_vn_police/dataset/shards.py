"""What is known of each file of a build, and the shards read again for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpus_vn_police.contract import CONFIGS, load_contract
from corpus_vn_police.dataset.digest import ColumnHashes, content_digest
from corpus_vn_police.dataset.layout import shard_paths
from corpus_vn_police.dataset.parquet import open_table
from corpus_vn_police.files import file_digest
from corpus_vn_police.stages.split import SPLITS


@dataclass(frozen=True)
class Written:
    """A file that was written: path below the build, bytes, sha256 (hex).

    Of a shard also config, split, the number of rows, the bytes that they take in Arrow, and the
    hashes of its columns.
    """

    path: str
    bytes: int
    sha256: str
    config: str = ""
    split: str = ""
    rows: int = 0
    arrow_bytes: int = 0
    hashes: dict[str, Any] | None = None


@dataclass
class Reading:
    """A shard that is read again, row group by row group: gathers what was `Written` of it."""

    folder: Path
    path: str
    config: str
    split: str

    def __post_init__(self) -> None:
        """Begin with nothing read."""
        self.rows, self.arrow_bytes, self.hashes = 0, 0, ColumnHashes()

    def add(self, table: pa.Table) -> None:
        """Count a row group."""
        self.rows += table.num_rows
        self.arrow_bytes += table_bytes(table)
        self.hashes.update(table)

    def written(self, digest: tuple[int, str] | None = None) -> Written:
        """What the writer would have said of it.

        Args:
            digest: the file's length and sha256, if they are known; None reads the file for them.
        """
        size, sha256 = digest or file_digest(self.folder / self.path)
        return Written(
            self.path, size, sha256, self.config, self.split, self.rows, self.arrow_bytes, self.hashes.digest()
        )


def find_shards(folder: Path, *configs: str) -> list[Reading]:
    """The Parquet files of a build's configs (of all if none is named), by config, split and number."""
    return [
        Reading(folder, path.relative_to(folder).as_posix(), config, split)
        for config in configs or CONFIGS
        for split in SPLITS
        for path in shard_paths(folder, config, split)
    ]


def read_shards(folder: Path) -> list[Written]:
    """Read all of a build's Parquet files again.

    Raises:
        DamagedError: one of them cannot be read.
    """
    found = find_shards(folder)
    for shard in found:
        with open_table(folder, shard.path, load_contract(CONFIGS[shard.config])) as table:
            for rows in table.tables():
                shard.add(rows)
    return [shard.written() for shard in found]


def digest_of(shards: Sequence[Written]) -> str:
    """The content digest of a build's shards, which stand by config, split and number."""
    hashes: dict[str, dict[str, list[dict[str, object]]]] = {}
    for shard in shards:
        hashes.setdefault(shard.config, {}).setdefault(shard.split, []).append(shard.hashes or {})
    return content_digest(hashes)


def table_bytes(table: pa.Table) -> int:
    """The bytes that a row group takes in Arrow: what `dataset_info` calls `num_bytes`."""
    return sum(_arrow_bytes(column) for column in table.columns)


def _arrow_bytes(column: pa.ChunkedArray) -> int:
    """The bytes that a column takes in Arrow, in one piece, with validity if there are nulls.

    `nbytes` also depends on how the rows lay in the tables that they come from.
    """
    kind, rows = column.type, len(column)
    validity = (rows + 7) // 8 if column.null_count else 0
    if pa.types.is_struct(kind):
        return validity + sum(map(_arrow_bytes, column.flatten()))
    if pa.types.is_list(kind):
        return validity + 4 * (rows + 1) + _arrow_bytes(pc.list_flatten(column))
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return validity + 4 * (rows + 1) + int(pc.sum(pc.binary_length(column)).as_py() or 0)
    return validity + (rows * int(kind.bit_width) + 7) // 8

"""The known facts about each file of a build; for shards, they can be read from the files again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from corpus_vn_police.contract import CONFIGS, schema_digests
from corpus_vn_police.dataset.digest import ContentHashes, content_digest
from corpus_vn_police.dataset.layout import shard_paths
from corpus_vn_police.dataset.parquet import open_table
from corpus_vn_police.dataset.schemas import contracts_in
from corpus_vn_police.files import file_digest
from corpus_vn_police.stages.split import SPLITS


@dataclass(frozen=True)
class BuildFile:
    """A file that was written: its path in the build, length in bytes, sha256 (hex).

    For a shard, also the config, the split, the number of rows, and their size in Arrow in bytes.
    """

    path: str
    bytes: int
    sha256: str
    config: str = ""
    split: str = ""
    rows: int = 0
    arrow_bytes: int = 0


@dataclass
class ShardTally:
    """Count the rows of a shard while it is written or read, row group by row group.

    Attributes:
        path: the path of the shard in the build.
        config: its config.
        split: its split.
    """

    path: str
    config: str
    split: str

    def __post_init__(self) -> None:
        """Start without rows."""
        self.rows, self.arrow_bytes = 0, 0

    def add(self, table: pa.Table) -> None:
        """Count the rows of a row group."""
        self.rows += table.num_rows
        self.arrow_bytes += table_bytes(table)

    def file(self, size: int, sha256: str) -> BuildFile:
        """The facts about the shard once all its rows are counted; its size and sha256 are those of the file."""
        return BuildFile(self.path, size, sha256, self.config, self.split, self.rows, self.arrow_bytes)


def find_shards(folder: Path, *configs: str) -> list[ShardTally]:
    """The shards of the named configs (of all if none is named), not read yet; by config, split and number."""
    return [
        ShardTally(path.relative_to(folder).as_posix(), config, split)
        for config in configs or CONFIGS
        for split in SPLITS
        for path in shard_paths(folder, config, split)
    ]


def read_shards(folder: Path) -> tuple[list[BuildFile], str]:
    """Read all of a build's Parquet files again.

    Returns:
        The files, by config, split and number; and the content digest of their rows.

    Raises:
        DamagedError: one of them cannot be read.
    """
    files, contracts, hashes = [], contracts_in(folder), ContentHashes()
    for shard in find_shards(folder):
        with open_table(folder, shard.path, contracts[shard.config]) as table:
            for rows in table.tables():
                shard.add(rows)
                hashes.update(shard.config, shard.split, rows)
        files.append(shard.file(*file_digest(folder / shard.path)))
    return files, content_digest(hashes.blocks(), schema_digests(contracts))


def table_bytes(table: pa.Table) -> int:
    """The bytes of a row group in Arrow, which `dataset_info` calls `num_bytes`."""
    return sum(_arrow_bytes(column) for column in table.columns)


def _arrow_bytes(column: pa.ChunkedArray) -> int:
    """The bytes of a column in Arrow as one piece, with its validity bits if there are nulls.

    `nbytes` is not used, because it also depends on the tables that the rows come from.
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

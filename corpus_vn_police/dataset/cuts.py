"""Where the rows of a split are cut: into files, and into the blocks that its content digest is made of.

The two are cut apart from each other: blocks by a rule that never changes, so that equal content has an equal digest;
files as readers need them. All configs are cut at the same records.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from corpus_vn_police.ids import splitmix64

BLOCK_BYTES = 256 << 20
"""A block of the content digest closes with the record at which its text reaches this many bytes of UTF-8."""

ONE_SHARD_BYTES = 64 << 20
"""Up to this many bytes of text, a split is one shard."""

_MOST_BYTES = 256 << 20  # of text in a shard
_READERS = 8  # workers that each want a shard of their own

Bounds = list[tuple[int, int]]
"""Runs of rows: the first row of each, and one past its last."""


class BlockEnds:
    """Finds the ends of a split's blocks while the sizes of its texts come in.

    Attributes:
        ends: of every block that is closed, one past its last row.
    """

    def __init__(self, limit: int | None = None) -> None:
        """Of no rows yet; `limit` is the text of a block in bytes, None that of the content digest."""
        self.ends: list[int] = []
        self._limit, self._rows, self._held = BLOCK_BYTES if limit is None else limit, 0, 0

    def add(self, text_bytes: npt.NDArray[np.integer]) -> None:
        """Count the next rows, by the bytes of text of each."""
        totals, before, held = np.cumsum(text_bytes, dtype=np.int64) + self._held, 0, self._held
        while (stop := int(np.searchsorted(totals, before + self._limit)) + 1) <= len(totals):
            self.ends.append(self._rows + stop)
            before = int(totals[stop - 1])
        self._rows += len(totals)
        self._held = (int(totals[-1]) if len(totals) else held) - before


def cut_blocks(sizes: npt.NDArray[np.integer], limit: int | None = None) -> Bounds:
    """Cut rows where the bytes since the last cut reach a limit.

    Args:
        sizes: the bytes of each row; of a block those of its text.
        limit: as for `BlockEnds`.
    """
    blocks = BlockEnds(limit)
    blocks.add(sizes)
    starts = [0, *blocks.ends]
    return [(start, stop) for start, stop in zip(starts, [*blocks.ends, len(sizes)], strict=True) if start < stop]


def shard_limit(total: int, mib: int | None) -> int:
    """The bytes of text that a shard may have.

    Args:
        total: the bytes of text of the split.
        mib: what `[build] shard_mib` says; None chooses: a split of up to 64 MiB is one shard. Above that there are at
            least 8, since `datasets` and torch give no worker less than a shard. The limit is then a power of two, so
            that it stays when a split grows a little, and never above 256 MiB.
    """
    if mib is not None:
        return mib << 20
    if total <= ONE_SHARD_BYTES:
        return ONE_SHARD_BYTES
    return min(_MOST_BYTES, 1 << (total // _READERS).bit_length() - 1)


def cut_shards(text_bytes: npt.NDArray[np.integer], ids: npt.NDArray[np.uint64], mib: int | None) -> Bounds:
    """Cut a split's rows into shards.

    A shard has between half and all of the limit; the last one may have less, and a record beyond the limit has a shard
    of its own. Between the two, a shard begins with the record whose id has the smallest hash. So a cut depends on the
    records around it, not on how many came before. If seeds are added at the end, all shards but the last keep their
    bytes. If they are added elsewhere, the shards that get them change, and the cuts stay: a record that is added moves
    a cut near it only if another hash becomes the smallest of the range. That has three chances in as many as the range
    has records, which are thousands. With cuts by size alone, every record that is added moves every later cut.

    Args:
        text_bytes: the bytes of text of each row.
        ids: the id of each row as a number.
        mib: as `shard_limit`.
    """
    totals, order = np.cumsum(text_bytes, dtype=np.int64), splitmix64(ids)
    limit = shard_limit(int(totals[-1]) if len(totals) else 0, mib)
    bounds: Bounds = []
    start = before = 0
    while start < len(totals):
        stop = int(np.searchsorted(totals, before + limit, side="right"))
        if stop < len(totals):
            least = int(np.searchsorted(totals, before + limit // 2)) + 1
            stop = least + int(np.argmin(order[least : stop + 1])) if least <= stop else max(stop, start + 1)
        bounds.append((start, stop))
        start, before = stop, int(totals[stop - 1])
    return bounds

"""Where the rows of a split are cut: into files, and into the blocks that the content digest is computed from.

The two are cut independently. Blocks follow a rule that never changes, so that equal content has an equal digest.
Files are cut as readers need them. All configs are cut at the same records.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from corpus_vn_police.ids import splitmix64

BLOCK_BYTES = 256 << 20
"""A block of the content digest ends with the record that makes its text reach this many bytes of UTF-8."""

ONE_SHARD_BYTES = 64 << 20
"""A split with at most this many bytes of text is one shard."""

_MOST_BYTES = 256 << 20  # the most text in a shard
_READERS = 8  # how many workers should each get a shard of their own

Bounds = list[tuple[int, int]]
"""Runs of rows: the first row of each, and the row after its last."""


class BlockEnds:
    """Finds the ends of a split's blocks while the sizes of its texts come in.

    Attributes:
        ends: for every block that is complete, the row after its last one.
    """

    def __init__(self, limit: int | None = None) -> None:
        """Start without rows; `limit` is the bytes of text in a block, None the limit of the content digest."""
        self.ends: list[int] = []
        self._limit, self._rows, self._held = BLOCK_BYTES if limit is None else limit, 0, 0

    def add(self, text_bytes: npt.NDArray[np.integer]) -> None:
        """Count the next rows; `text_bytes` is the length of each row's text."""
        totals, before, held = np.cumsum(text_bytes, dtype=np.int64) + self._held, 0, self._held
        while (stop := int(np.searchsorted(totals, before + self._limit)) + 1) <= len(totals):
            self.ends.append(self._rows + stop)
            before = int(totals[stop - 1])
        self._rows += len(totals)
        self._held = (int(totals[-1]) if len(totals) else held) - before


def cut_blocks(sizes: npt.NDArray[np.integer], limit: int | None = None) -> Bounds:
    """Cut rows whenever the bytes since the last cut reach a limit.

    Args:
        sizes: the bytes of each row; for blocks, those of its text.
        limit: as for `BlockEnds`.
    """
    blocks = BlockEnds(limit)
    blocks.add(sizes)
    starts = [0, *blocks.ends]
    return [(start, stop) for start, stop in zip(starts, [*blocks.ends, len(sizes)], strict=True) if start < stop]


def shard_limit(total: int, mib: int | None) -> int:
    """The bytes of text that a shard may have.

    Args:
        total: how many bytes of text the split has.
        mib: `[build] shard_mib`. None chooses: a split of up to 64 MiB is one shard. A larger one has at least 8,
            because `datasets` and torch give every worker at least a whole shard. The limit is then a power of two, so
            that it stays the same when a split grows a little, and is never above 256 MiB.
    """
    if mib is not None:
        return mib << 20
    if total <= ONE_SHARD_BYTES:
        return ONE_SHARD_BYTES
    return min(_MOST_BYTES, 1 << (total // _READERS).bit_length() - 1)


def cut_shards(text_bytes: npt.NDArray[np.integer], ids: npt.NDArray[np.uint64], mib: int | None) -> Bounds:
    """Cut a split's rows into shards.

    A shard has between half of the limit and all of it. The last one may have less, and a record above the limit has a
    shard of its own. Within this range, a shard begins with the record whose id has the smallest hash. So a cut depends
    on the records around it, not on how many came before. If seeds are added at the end, all shards but the last keep
    their bytes. If they are added elsewhere, the shards that get them change, but the cuts stay: an added record moves
    a cut near it only if its hash becomes the smallest in the range. The chance for that is three in the number of
    records in the range, which is thousands. If cuts depended only on size, every added record would move all later
    cuts.

    Args:
        text_bytes: the bytes of text of each row.
        ids: the id of each row as a number.
        mib: as in `shard_limit`.
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

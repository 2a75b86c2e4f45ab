"""The order of the blocks in an epoch: a permutation that depends on seed and epoch, the same on every machine."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from corpus_vn_police.ids import splitmix64

# A constant of SplitMix64. numpy's own permutation is not used, because numpy may change its generators.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def epoch_order(blocks: int, seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """The numbers of the blocks in the order of an epoch.

    Every block gets a 64-bit key from seed, epoch and its number; blocks are sorted by their keys.

    Args:
        blocks: the number of blocks.
        seed: at least 0, below 2**64.
        epoch: at least 0.

    Returns:
        Each number from 0 up to, but not including, `blocks`, once (int64).
    """
    state = mixed(mixed(np.array([seed], np.uint64)) + np.uint64(epoch))
    keys = mixed(state + np.arange(blocks, dtype=np.uint64) * _GOLDEN)
    return np.argsort(keys, kind="stable")


def mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The next output of SplitMix64 from each state; arithmetic is modulo 2**64."""
    return splitmix64(values + _GOLDEN)

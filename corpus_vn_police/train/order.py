"""The order of the blocks in an epoch: a permutation by seed and epoch, the same on every machine."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from corpus_vn_police.ids import splitmix64

# Of SplitMix64. Not numpy's own permutation: numpy allows itself to change the streams of its generators.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def epoch_order(blocks: int, seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """Numbers of blocks in the order of an epoch.

    Every block gets a key of 64 bits from seed, epoch and its number; the order is that of the keys.

    Args:
        blocks: how many there are.
        seed: from 0 below 2**64.
        epoch: from 0.

    Returns:
        Each number from 0 below `blocks` once (int64).
    """
    state = mixed(mixed(np.array([seed], np.uint64)) + np.uint64(epoch))
    keys = mixed(state + np.arange(blocks, dtype=np.uint64) * _GOLDEN)
    return np.argsort(keys, kind="stable")


def mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The next output of SplitMix64 from each state; arithmetic is modulo 2**64."""
    return splitmix64(values + _GOLDEN)

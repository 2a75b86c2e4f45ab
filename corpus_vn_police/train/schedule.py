"""Which blocks a rank takes in each step; the number of ranks and workers does not change the blocks of a step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpus_vn_police.errors import ConfigError
from corpus_vn_police.train.arguments import check_integer


@dataclass(frozen=True)
class Position:
    """How far training has come; the same on all ranks.

    Attributes:
        epoch: the number of the epoch, from 0.
        next: how many blocks of the epoch all ranks have taken together.
    """

    epoch: int = 0
    next: int = 0


@dataclass(frozen=True)
class Schedule:
    """How the blocks of an epoch are divided among ranks.

    In a step, all ranks together take the next `world_size * batch_size` blocks in the order of the epoch, in turn. In
    the last step there may be fewer, so that a rank gets fewer than `batch_size`, or none. Every rank takes the same
    number of steps.

    Attributes:
        blocks: the number of blocks.
        rank: the rank of this process, from 0.
        world_size: the number of ranks.
        batch_size: the number of blocks of a rank in a step.
    """

    blocks: int
    rank: int
    world_size: int
    batch_size: int

    def __post_init__(self) -> None:
        """Refuse values that are not allowed."""
        check_integer("rank", self.rank, 0)
        check_integer("world_size", self.world_size, 1)
        check_integer("batch_size", self.batch_size, 1)
        if self.rank >= self.world_size:
            raise ConfigError(
                f"rank = {self.rank} is not allowed with world_size = {self.world_size}", "ranks count from 0"
            )

    @property
    def together(self) -> int:
        """How many blocks all ranks together take in a step."""
        return self.world_size * self.batch_size

    def steps(self, position: Position) -> int:
        """The number of steps to the end of the epoch."""
        return -(-(self.blocks - position.next) // self.together)

    def places(self, position: Position, step: int) -> npt.NDArray[np.int64]:
        """The places in the epoch's order of the blocks that this rank takes in a step after a position (int64)."""
        first = position.next + step * self.together
        return np.arange(first + self.rank, min(first + self.together, self.blocks), self.world_size, dtype=np.int64)

    def after(self, position: Position, steps: int = 1) -> Position:
        """The position after some steps; after the last step of an epoch it is the beginning of the next epoch."""
        taken = position.next + steps * self.together
        return Position(position.epoch, taken) if taken < self.blocks else Position(position.epoch + 1, 0)

    def of_worker(self, origin: Position, taken: int, worker: int, workers: int) -> Iterator[int]:
        """The steps of one of the workers that prepare the batches of a rank: every `workers`-th step.

        Args:
            origin: the position at which the workers began, with worker 0.
            taken: the number of steps after it that are already done.
            worker: the number of the worker, from 0.
            workers: the number of workers.
        """
        first = taken + (worker - taken) % workers
        return iter(range(first, self.steps(origin), workers))

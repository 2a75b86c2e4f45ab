"""Batches of blocks for torch, which can stop and resume exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from corpus_vn_police.errors import ConfigError, ExtraError, StateError
from corpus_vn_police.train.arrays import COLUMNS
from corpus_vn_police.train.blocks import Blocks
from corpus_vn_police.train.schedule import Position, Schedule

try:
    import torch
    from torch.utils.data import IterableDataset, get_worker_info
    from torch.utils.data import dataloader as _dataloader

    _HAS_TORCH = True
except ImportError:
    IterableDataset = object
    _HAS_TORCH = False


class Batch(dict[str, Any]):
    """Tensors (int64) of shape (batch_size, length) by name: `model(**batch, use_cache=False)`.

    With a cache, which models of transformers use by default, documents in a block see one another; see
    `check_boundaries`.

    Attributes:
        state: the state of training after this batch, as from `Stream.state_dict`; save it with the model.
    """

    state: dict[str, Any]

    @classmethod
    def of(cls, arrays: Mapping[str, Any], state: dict[str, Any]) -> Batch:
        """Turn arrays into tensors, without a copy."""
        batch = cls({name: torch.from_numpy(array) for name, array in arrays.items()})
        batch.state = state
        return batch


class Stream(IterableDataset):
    """The blocks in batches, for a `DataLoader`: `DataLoader(stream, batch_size=None, num_workers=2)`.

    One pass over it gives the rest of an epoch; the next pass gives the next epoch, whose blocks are in another
    order. All ranks take the same number of steps: if there are no more blocks for a rank, it gets blocks of padding,
    whose labels are all -100. So divide the sum of the losses by the number of labels that count on all ranks, not by
    the number on one rank, which may be 0.

    The state says how many blocks all ranks have taken together. It is the same on all ranks, and a run with another
    number of ranks or workers, or another batch size, can continue from it: in an epoch, each block is seen once.

    Only batches that a `DataLoader` has handed out count, not those that it has prepared ahead. A program that takes
    batches ahead of its own training step should save `batch.state` of the last batch that it has trained on. Do not
    let `accelerate` prepare the loader: it would distribute the batches of rank 0, and its copies of batches have no
    `state`.
    """

    def __init__(
        self,
        blocks: Blocks,
        *,
        rank: int | None = None,
        world_size: int | None = None,
        batch_size: int = 8,
        shuffle: bool = True,
        columns: Iterable[str] = COLUMNS,
    ) -> None:
        """Begin at the first epoch.

        Args:
            blocks: the blocks to train on.
            rank: the rank of this process, from 0; None asks `torch.distributed` at the beginning of every pass, and is
                0 if that is not in use.
            world_size: the number of ranks; None does the same, with 1 as the default.
            batch_size: the number of blocks in a batch of one rank.
            shuffle: True if every epoch has its own order, by the seed of the blocks; otherwise blocks are sorted by
                number.
            columns: the arrays of the blocks that a batch has.

        Raises:
            ExtraError: torch is not installed.
            ConfigError: an argument is not allowed.
        """
        if not _HAS_TORCH:
            raise ExtraError.of("train.Stream", "torch", "train")
        if not isinstance(blocks, Blocks):
            raise ConfigError(f"blocks = {blocks!r:.80} is not Blocks", "give train.Blocks(build, tokenizer)")
        chosen = [columns] if isinstance(columns, str) else list(columns)
        if isinstance(columns, str) or not chosen or not set(chosen) <= set(COLUMNS):
            raise ConfigError(f"columns = {chosen!r} is not allowed", f"give some of {', '.join(COLUMNS)}, as a list")
        self.blocks = blocks
        self._given = rank, world_size, batch_size
        self._schedule  # noqa: B018 - raises an error now if something is not allowed
        self._shuffle = shuffle
        self._columns = tuple(chosen)
        self._passes = 0
        self._origin = self._position = Position()
        self._resumed = False  # true in a worker that continues from its own state
        self._passes_of_worker = 0
        self._shared = _shared_position()

    @property
    def _schedule(self) -> Schedule:
        """The schedule, made again for every pass, because `torch.distributed` may have been started by then."""
        rank, world_size, batch_size = self._given
        found_rank, found_size = _ranks()
        rank, world_size = found_rank if rank is None else rank, found_size if world_size is None else world_size
        return Schedule(len(self.blocks), rank, world_size, batch_size)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle rank and world size as they are here: in a spawned worker, `torch.distributed` does not know them."""
        schedule = self._schedule
        return {**self.__dict__, "_given": (schedule.rank, schedule.world_size, schedule.batch_size)}

    def __repr__(self) -> str:
        """The position and the schedule of the stream."""
        schedule, position = self._schedule, self._position
        where = f"epoch={position.epoch}, next={position.next} of {schedule.blocks} blocks"
        return f"Stream({where}, rank={schedule.rank} of {schedule.world_size}, batch_size={schedule.batch_size})"

    def __len__(self) -> int:
        """The number of steps from the start of this pass to the end of its epoch; the same on all ranks."""
        return self._schedule.steps(self._origin)

    def __iter__(self) -> Iterator[Batch]:
        """The batches of this rank to the end of the epoch; in a `DataLoader` worker, its share of them.

        Raises:
            ConfigError: this is a loader's worker for another dataset, which contains this stream.
            StateError: during the pass: somebody has begun a new pass over the stream, or loaded a state.
        """
        worker = get_worker_info()
        if worker is not None and worker.dataset is not self:
            raise ConfigError(
                "the stream is inside another dataset, so nobody knows which batches were handed out",
                "give the stream itself to the DataLoader, or use num_workers=0",
            )
        current = self._begin()
        number, workers = (0, 1) if worker is None else (worker.id, worker.num_workers)
        if worker is not None:
            if self._passes_of_worker:  # since then, the main process has moved on
                self._position = Position(*self._shared.tolist())
            self._passes_of_worker += 1
        if not self._resumed:
            self._origin = self._position
        self._resumed = False
        schedule = self._schedule
        steps = schedule.of_worker(self._origin, self._taken(schedule), number, workers)
        return self._batches(schedule, self._origin, steps, current)

    def _batches(self, schedule: Schedule, origin: Position, steps: Iterator[int], current: int) -> Iterator[Batch]:
        order = self.blocks.order(origin.epoch) if self._shuffle else None
        for step in steps:
            self._check_pass(current)
            places = schedule.places(origin, step)
            arrays = self.blocks.batch(places if order is None else order[places])
            if missing := schedule.batch_size - len(places):
                arrays = _joined(arrays, self.blocks.padding(missing))
            self._move(schedule.after(origin, step + 1))
            yield Batch.of({name: arrays[name] for name in self._columns}, self._state(self._position))

    def _begin(self) -> int:
        """The number of a new pass; all older passes are over from now on."""
        self._passes += 1
        return self._passes

    def _check_pass(self, number: int) -> None:
        """Refuse to continue an older pass, because its batches would be handed out twice."""
        if number != self._passes:
            raise StateError(
                "a new pass over the stream began, or a state was loaded, since this pass began",
                "go through a stream once at a time; begin again with iter(loader)",
            )

    def _taken(self, schedule: Schedule) -> int:
        """The number of steps from the origin to the position."""
        if self._position.epoch != self._origin.epoch:
            return schedule.steps(self._origin)
        return -(-(self._position.next - self._origin.next) // schedule.together)

    def _move(self, position: Position) -> None:
        self._position = position
        if get_worker_info() is None:
            self._shared[0], self._shared[1] = position.epoch, position.next
            if position.epoch != self._origin.epoch:
                self._origin = position

    def state_dict(self) -> dict[str, Any]:
        """The state after the last batch that was handed out: small, and JSON.

        Returns:
            `key` and `made_of` of the blocks, `shuffle`, `epoch` and `next`: how many blocks of the epoch all ranks
            have taken together. In a worker also `origin`; only the same worker can continue from it.
        """
        state = self._state(self._position)
        return state if get_worker_info() is None else {**state, "origin": asdict(self._origin)}

    def _state(self, position: Position) -> dict[str, Any]:
        blocks = self.blocks
        known = {"key": blocks.key, "shuffle": self._shuffle, "made_of": blocks.made_of}
        return {**known, "epoch": position.epoch, "next": position.next}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a state, which may come from a run with other ranks, workers and batch sizes.

        Raises:
            StateError: the state belongs to other blocks, or is not a state.
        """
        position = _position_of(state, len(self.blocks))
        origin = position
        if "origin" in state:
            origin = _position_of(state["origin"], len(self.blocks))
        ours = {"key": self.blocks.key, "shuffle": self._shuffle}
        if other := _differing(ours, state):
            made_of = _differing(self.blocks.made_of, state.get("made_of") or {}) if "key" in other else []
            raise StateError(
                f"the state is of other blocks: another {', '.join(made_of or other)}",
                "make the blocks as they were when the state was saved, or start again without it",
            )
        self._begin()
        self._move(position)
        self._origin, self._resumed = origin, "origin" in state


def _position_of(state: Mapping[str, Any], blocks: int) -> Position:
    """The position in a state.

    Raises:
        StateError: it is not a state.
    """
    epoch, taken = (state.get(name) if isinstance(state, Mapping) else None for name in ("epoch", "next"))
    if type(epoch) is not int or type(taken) is not int or not 0 <= epoch < 1 << 62 or not 0 <= taken < blocks:
        raise StateError("this is not the state of a Stream", "give what state_dict() returned")
    return Position(epoch, taken)


def _shared_position() -> Any:
    """Shared memory for a position, so that workers that live for several epochs know where to continue."""
    position = torch.zeros(2, dtype=torch.int64)
    try:
        return position.share_memory_()
    except RuntimeError:  # the machine has no shared memory, so loaders cannot have workers either
        return position


def _ranks() -> tuple[int, int]:
    """Rank and world size from `torch.distributed`; 0 and 1 if it is not in use."""
    there = torch.distributed
    return (there.get_rank(), there.get_world_size()) if there.is_available() and there.is_initialized() else (0, 1)


def _differing(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """The keys for which two descriptions differ."""
    return [name for name in ours if theirs.get(name) != ours[name]]


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.concatenate([first[name], second[name]]) for name in first}


def _note_batches() -> None:
    """Let a stream know which of its batches a `DataLoader` with workers has handed out.

    The workers have copies of the stream, and prepare batches ahead. Only the loader's iterator knows which of them
    were handed to the training, and torch has no hook for this. So its `__next__` is wrapped once, only for loaders of
    a `Stream`. `StatefulDataLoader` of torchdata has the same base class.
    """
    handed_out = _dataloader._BaseDataLoaderIter.__next__

    def __next__(self: Any) -> Any:
        stream = self._dataset
        if not isinstance(stream, Stream):
            return handed_out(self)
        if self._num_workers:
            _check_loader(self, stream)
        data = handed_out(self)
        _take_note(stream, data)
        return data

    _dataloader._BaseDataLoaderIter.__next__ = __next__


def _check_loader(loading: Any, stream: Stream) -> None:
    """Refuse a loader with workers if its iterator belongs to an older pass, or hands out batches in any order.

    Raises:
        ConfigError: it hands out batches in any order.
        StateError: it belongs to an older pass.
    """
    if not getattr(loading, "_in_order", True):
        raise ConfigError(
            "the loader hands out batches in any order, so nobody knows which come next",
            "leave in_order=False out of DataLoader(stream, ...)",
        )
    if loading._num_yielded == 0 or not hasattr(loading, "_pass_of_stream"):
        loading._pass_of_stream = stream._begin()
    stream._check_pass(loading._pass_of_stream)


def _take_note(stream: Stream, data: Any) -> None:
    """Move a stream's position after a batch that was handed out.

    Raises:
        ConfigError: the loader has combined several batches.
    """
    if not isinstance(data, Batch) or any(tensor.dim() != 2 for tensor in data.values()):
        raise ConfigError(
            "the loader changes the batches of the stream",
            "a Stream makes whole batches: DataLoader(stream, batch_size=None), without collate_fn",
        )
    stream._move(Position(data.state["epoch"], data.state["next"]))


if _HAS_TORCH:
    _note_batches()

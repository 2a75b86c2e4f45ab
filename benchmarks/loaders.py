"""Loaders that stop and resume, for `resume.py`: how each writes rows with known numbers and opens them on a rank.

Each is used as its documentation says. Imports are inside functions: not all of it fits into one interpreter.
"""

from __future__ import annotations

import functools
import importlib
import importlib.machinery
import json
import sys
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

END = "<|endoftext|>"
SETTINGS = ("no stop", "same", "other ranks", "other batch")


@dataclass(frozen=True)
class World:
    """How many ranks, how many workers each of them has, and rows in a batch of one rank."""

    ranks: int
    workers: int
    batch: int


@dataclass(frozen=True)
class Opened:
    """A rank's loader: its batches, the row numbers of one, and its state now."""

    batches: Iterable[Any]
    numbers: Callable[[Any], list[int]]
    save: Callable[[], Any]


@dataclass(frozen=True)
class Tool:
    """How a tool writes rows and opens a rank's loader, and what its documentation claims."""

    library: str | None
    ready: Callable[[Path], Any]  # what all ranks need, done once before they are forked
    prepare: Callable[[Path, int], None]
    open: Callable[[Path, int, World, Any], Opened]
    claims: tuple[str, ...]
    one_state: bool  # rank 0's state is all ranks' state; else each rank keeps its own
    remark: str


def _prepare_ours(folder: Path, rows: int) -> None:
    from packing import fit

    import corpus_vn_police as cvp

    said = "Bản tin số {}. Công an bắt giữ nghi phạm thứ {} trong vụ án ở địa bàn."
    texts = [said.format(number, number * 7919) for number in range(rows)]
    seeds = folder / "rows.jsonl"
    rows_of = ({"id": f"{number:016x}", "text": text} for number, text in enumerate(texts))
    seeds.write_text("".join(json.dumps(row) + "\n" for row in rows_of))
    config = folder / "corpus.toml"
    stages = ("structure", "quality", "annotations")
    config.write_text('[dedup]\nlevel = "off"\n' + "".join(f"[{stage}]\nenabled = false\n" for stage in stages))
    cvp.build(seeds, out=folder / "built", config=config)
    fit(texts, 600, folder / "tokenizer.json")


@functools.cache
def _blocks(folder: Path) -> tuple[Any, dict[bytes, int]]:
    """The blocks, and their numbers by their tokens."""
    from corpus_vn_police import train

    settings = {"length": 128, "template": "none", "packing": "none", "end_token": END, "cache": folder / "cache"}
    blocks = train.Blocks(folder / "built", str(folder / "tokenizer.json"), **settings)
    return blocks, {block["input_ids"].tobytes(): number for number, block in enumerate(blocks)}


def _open_ours(folder: Path, rank: int, world: World, state: Any) -> Opened:
    from torch.utils.data import DataLoader

    from corpus_vn_police import train

    blocks, known = _blocks(folder)
    stream = train.Stream(blocks, rank=rank, world_size=world.ranks, batch_size=world.batch)
    if state is not None:
        stream.load_state_dict(state)

    def numbers(batch: Any) -> list[int]:
        real = (batch["labels"] != -100).any(dim=1).tolist()
        return [known[row.numpy().tobytes()] for row, kept in zip(batch["input_ids"], real, strict=True) if kept]

    return Opened(DataLoader(stream, batch_size=None, num_workers=world.workers), numbers, stream.state_dict)


def _imported(*modules: str) -> Callable[[Path], None]:
    def ready(folder: Path) -> None:
        if "streaming" in modules:
            _without_torchvision()
        for module in modules:
            importlib.import_module(module)

    return ready


def _nothing(folder: Path, rows: int) -> None:
    (folder / "rows").write_text(str(rows))


def _stateful(dataset: Any, world: World, state: Any, sampler: Any = None) -> Opened:
    from torchdata.stateful_dataloader import StatefulDataLoader

    loader = StatefulDataLoader(dataset, batch_size=world.batch, num_workers=world.workers, sampler=sampler)
    if state is not None:
        loader.load_state_dict(state)
    return Opened(loader, lambda batch: batch["number"].tolist(), loader.state_dict)


def _rows(folder: Path) -> Any:
    import datasets

    return datasets.Dataset.from_dict({"number": list(range(int((folder / "rows").read_text())))})


def _open_streaming(buffer: int | None) -> Callable[[Path, int, World, Any], Opened]:
    def opened(folder: Path, rank: int, world: World, state: Any) -> Opened:
        from datasets.distributed import split_dataset_by_node

        rows = _rows(folder).to_iterable_dataset(num_shards=12)  # each number of ranks divides it, as the manual wants
        if buffer is not None:
            rows = rows.shuffle(seed=0, buffer_size=buffer)
        return _stateful(split_dataset_by_node(rows, rank=rank, world_size=world.ranks), world, state)

    return opened


def _open_map(folder: Path, rank: int, world: World, state: Any) -> Opened:
    from torchdata.stateful_dataloader.sampler import StatefulDistributedSampler

    rows = _rows(folder)
    sampler = StatefulDistributedSampler(rows, num_replicas=world.ranks, rank=rank, shuffle=True, seed=0)
    return _stateful(rows, world, state, sampler)


def _row(number: int) -> dict[str, int]:
    return {"number": number}


def _prepare_litdata(folder: Path, rows: int) -> None:
    import litdata

    litdata.optimize(_row, list(range(rows)), output_dir=str(folder / "lit"), chunk_size=50, num_workers=1)


def _open_litdata(drop_last: bool | None) -> Callable[[Path, int, World, Any], Opened]:
    def opened(folder: Path, rank: int, world: World, state: Any) -> Opened:
        import litdata

        rows = litdata.StreamingDataset(str(folder / "lit"), shuffle=True, seed=0, drop_last=drop_last)
        loader = litdata.StreamingDataLoader(rows, batch_size=world.batch, num_workers=world.workers)
        if state is not None:
            loader.load_state_dict(state)
        return Opened(loader, lambda batch: batch["number"].tolist(), loader.state_dict)

    return opened


def _without_torchvision() -> None:
    """Let `streaming` be imported where torchvision does not load: it is used for pictures alone."""
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError):
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        names = {"datasets": ("VisionDataset", "CIFAR10"), "transforms.functional": ("to_tensor",), "transforms": ()}
        for name, members in {"": (), **names}.items():
            module = types.ModuleType(f"torchvision.{name}".rstrip("."))
            module.__dict__.update(dict.fromkeys(members, object), __path__=[])
            module.__spec__ = importlib.machinery.ModuleSpec(module.__name__, None)
            sys.modules[module.__name__] = module


def _prepare_mosaic(folder: Path, rows: int) -> None:
    _without_torchvision()
    import streaming

    with streaming.MDSWriter(out=str(folder / "mds"), columns={"number": "int"}, size_limit=1000) as sink:
        for number in range(rows):
            sink.write({"number": number})


def _open_mosaic(folder: Path, rank: int, world: World, state: Any) -> Opened:
    import streaming

    rows = streaming.StreamingDataset(local=str(folder / "mds"), shuffle=True, shuffle_seed=0, batch_size=world.batch)
    loader = streaming.StreamingDataLoader(rows, batch_size=world.batch, num_workers=world.workers)
    if state is not None:
        loader.load_state_dict(state)
    return Opened(loader, lambda batch: batch["number"].tolist(), loader.state_dict)


TOOLS = {
    "ours": Tool(None, _blocks, _prepare_ours, _open_ours, SETTINGS, True, ""),
    "datasets streaming, shuffle buffer of 100": Tool(
        "datasets",
        _imported("datasets", "torchdata.stateful_dataloader"),
        _nothing,
        _open_streaming(100),
        SETTINGS[:2],
        False,
        "the buffer is not in the state (its manual says so): rows read and not yet handed out are gone; with two or "
        "more workers its state does not load",
    ),
    "datasets streaming, in order": Tool(
        "datasets",
        _imported("datasets", "torchdata.stateful_dataloader"),
        _nothing,
        _open_streaming(None),
        SETTINGS[:2],
        False,
        "exact, but the rows are in their own order, and each number of ranks must divide the number of shards",
    ),
    "datasets, torchdata StatefulDataLoader": Tool(
        "torchdata",
        _imported("datasets", "torchdata.stateful_dataloader"),
        _nothing,
        _open_map,
        SETTINGS[:2],
        False,
        "the sampler repeats rows so that all ranks have as many",
    ),
    "litData": Tool(
        "litdata",
        _imported("litdata"),
        _prepare_litdata,
        _open_litdata(None),
        SETTINGS,
        True,
        "with more than one rank it drops the tail of the epoch; so a state does not go between one rank and more",
    ),
    "litData, drop_last": Tool(
        "litdata",
        _imported("litdata"),
        _prepare_litdata,
        _open_litdata(True),
        SETTINGS,
        True,
        "after a resume what does not fill a batch of each worker of each rank is dropped; the cursor is cut to a "
        "whole step of the new ranks, so rows repeat; fewer rows a rank than it has had are refused",
    ),
    "Mosaic streaming": Tool(
        "mosaicml-streaming",
        _imported("streaming"),
        _prepare_mosaic,
        _open_mosaic,
        SETTINGS[:3],
        True,
        "rows are repeated so that all ranks have as many",
    ),
}

"""Packing: what becomes of the tokens, and how fast, beside the ways of transformers' examples and of TRL.

    python benchmarks/packing.py BUILD [BUILD ...] [--tokenizer tokenizer.json] [--length 1024] [--runs 3]

The texts of a build's train split, with the tokenizer's end token after each, in blocks of one length. All ways
have the same texts and the same tokenizer (fitted on the first build where none is given), and each runs in a
process of its own, with as many processors as there are:

- encode: nothing but `encode_batch_fast` of 1,000 texts at a time, the ceiling for a first pass.
- ours best_fit, in_order: `Blocks` from nothing (read, tokenise, store, plan), then with another seed from the store
  that is there (*plan*), then all blocks in batches of 8 on one core.
- group_texts: what the language modelling examples of transformers do: `map` the tokenizer, then `map` what joins
  1,000 texts and cuts them at every `length`; what is left of each 1,000 is dropped.
- trl wrapped, bfd, bfd_split: the same `map` of the tokenizer, then `trl.pack_dataset`.

Then the same blocks are read in batches of 8 as numpy arrays on one core. A *cut* is a piece of a document that
does not end where the document ends; `padding` is the share of the blocks' places that hold no token, where blocks
are made equally long. CPU and wall are of the first pass, without imports; M are millions of tokens that went in, and
of reading those that came out, a second of CPU. The peak is of all processes together, imports and reading included.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from cost import measure

END = "<|endoftext|>"
BATCH = 8  # blocks that are read together
TEXTS = 1000  # texts of a `map` batch: the default of `datasets`
LIBRARIES = {"encode": "tokenizers", "ours": "tokenizers", "group_texts": "transformers", "trl": "trl"}


class Clock:
    """CPU and wall seconds of steps, by name."""

    def __init__(self) -> None:
        self.took: dict[str, tuple[float, float]] = {}

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Take the time of a step, with the processes that it started and waited for."""
        before, start = _cpu(), time.perf_counter()
        yield
        self.took[name] = (_cpu() - before, time.perf_counter() - start)


def _cpu() -> float:
    used = [resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def texts_of(build: Path) -> list[str]:
    """The texts of the train split, in the build's order."""
    import polars as pl

    return pl.scan_parquet(build / "data" / "train-*.parquet").select("text").collect()["text"].to_list()


def encode(build: Path, tokenizer: Path, length: int, clock: Clock) -> dict[str, Any]:
    """Tokenise, and keep nothing."""
    from tokenizers import Tokenizer

    loaded, texts, tokens = Tokenizer.from_file(str(tokenizer)), texts_of(build), 0
    with clock.step("first"):
        for start in range(0, len(texts), TEXTS):
            encodings = loaded.encode_batch_fast(texts[start : start + TEXTS], add_special_tokens=False)
            tokens += sum(map(len, encodings)) + len(encodings)
    return {"in": tokens}


def ours(packing: str, build: Path, tokenizer: Path, length: int, clock: Clock) -> dict[str, Any]:
    """Pack with `train.Blocks`."""
    from corpus_vn_police.train import Blocks

    with tempfile.TemporaryDirectory() as cache:
        settings: dict[str, Any] = {"length": length, "template": "none", "packing": packing, "end_token": END}
        settings["cache"] = Path(cache)
        with clock.step("first"):
            blocks = Blocks(build, str(tokenizer), **settings)
        with clock.step("plan"):
            Blocks(build, str(tokenizer), **settings, seed=1)[0]
        with clock.step("read"):
            for start in range(0, len(blocks), BATCH):
                blocks.batch(np.arange(start, min(start + BATCH, len(blocks))))
        end, tokens, cuts = _end(tokenizer), 0, 0
        for number in range(len(blocks)):
            block = blocks[number]
            ids, documents = block["input_ids"], block["document_ids"]
            real = documents >= 0
            last = real & np.append((documents[1:] != documents[:-1]) | (block["position_ids"][1:] == 0), True)
            tokens += int(real.sum())
            cuts += int((ids[last] != end).sum())
        return {"in": blocks.report.tokens, "out": tokens, "blocks": len(blocks), "cuts": cuts}


def _end(tokenizer: Path) -> int:
    from tokenizers import Tokenizer

    return int(Tokenizer.from_file(str(tokenizer)).token_to_id(END))


def _tokenised(build: Path, tokenizer: Any, end: int) -> Any:
    """The texts as token lists by `datasets.map`, with as many processes as there are processors."""
    import datasets

    files = sorted(str(path) for path in (build / "data").glob("train-*.parquet"))
    texts = datasets.Dataset.from_parquet(files, columns=["text"])

    def tokenise(rows: dict[str, list[str]]) -> dict[str, list[list[int]]]:
        ids = tokenizer(rows["text"], add_special_tokens=False, return_attention_mask=False)["input_ids"]
        return {"input_ids": [[*each, end] for each in ids]}

    return texts.map(tokenise, batched=True, remove_columns=["text"], num_proc=os.cpu_count())


def _joined(rows: dict[str, list[list[int]]], length: int) -> dict[str, list[list[int]]]:
    """What the examples of transformers do with a batch of texts."""
    every = np.concatenate([np.asarray(each) for each in rows["input_ids"]])
    whole = len(every) // length * length
    return {"input_ids": every[:whole].reshape(-1, length).tolist()}


def _pieces(packed: Any) -> tuple[np.ndarray, np.ndarray, int]:
    """All tokens of a packed data set, the place after each piece of a document, and the number of rows."""
    table = packed.with_format("arrow")[:]
    ids = table.column("input_ids").combine_chunks()
    lengths = np.diff(ids.offsets.to_numpy())
    if "seq_lengths" in table.column_names:
        lengths = table.column("seq_lengths").combine_chunks().flatten().to_numpy()
    return ids.flatten().to_numpy(), np.cumsum(lengths), len(packed)


def mapped(way: str, build: Path, tokenizer: Path, length: int, clock: Clock) -> dict[str, Any]:
    """Pack by `datasets.map`, of one of the ways."""
    import datasets
    from transformers import PreTrainedTokenizerFast

    pack = importlib.import_module("trl").pack_dataset if way != "group_texts" else None
    datasets.disable_progress_bars()
    end = _end(tokenizer)
    with tempfile.TemporaryDirectory() as cache:
        datasets.config.HF_DATASETS_CACHE = Path(cache)
        with clock.step("first"):
            tokens = _tokenised(build, PreTrainedTokenizerFast(tokenizer_file=str(tokenizer)), end)
            if pack is None:
                packed = tokens.map(_joined, batched=True, fn_kwargs={"length": length}, num_proc=os.cpu_count())
            else:
                packed = pack(tokens, length, way, {"num_proc": os.cpu_count()})
        with clock.step("read"):
            for _ in packed.with_format("numpy").iter(BATCH):
                pass
        before = len(tokens.with_format("arrow")[:].column("input_ids").combine_chunks().flatten())
        ids, ends, blocks = _pieces(packed)
        cuts = int((ids[ends - 1] != end).sum())
        return {"in": before, "out": len(ids), "blocks": blocks, "cuts": cuts}


WAYS = ("encode", "ours best_fit", "ours in_order", "group_texts", "trl wrapped", "trl bfd", "trl bfd_split")


def one(way: str, build: Path, tokenizer: Path, length: int) -> dict[str, Any]:
    """Go one way, and say what became of the tokens and what it took."""
    clock = Clock()
    if way == "encode":
        found = encode(build, tokenizer, length, clock)
    elif way.startswith("ours"):
        found = ours(way.removeprefix("ours "), build, tokenizer, length, clock)
    else:
        import transformers

        transformers.logging.set_verbosity_error()
        found = mapped(way.removeprefix("trl "), build, tokenizer, length, clock)
    return {**found, "took": clock.took}


def lacking(way: str) -> str | None:
    """The library that a way needs and that is not installed."""
    for library in (LIBRARIES[way.split(" ")[0]], "datasets"):
        try:
            importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            return library
    return None


def shown(way: str, length: int, runs: list[dict[str, Any]]) -> str:
    """The table's line of a way: medians of its runs."""
    last = runs[-1]

    def middle(step: str, at: int) -> float:
        return statistics.median(run["took"][step][at] for run in runs)

    cells = [f"{last['in']:,}"]
    if "out" in last:
        filled = last["out"] / (last["blocks"] * length)
        cells += [f"{last['in'] - last['out']:,}", f"{1 - filled:.2%}", f"{last['cuts']:,}"]
    else:
        cells += ["", "", ""]
    for at in (0, 1):
        cells += [f"{middle('first', at):.1f}", f"{last['in'] / middle('first', at) / 1e6:.2f}"]
    cells.append(f"{middle('plan', 0):.2f}" if "plan" in last["took"] else "")
    cells.append(f"{last['out'] / middle('read', 0) / 1e6:.0f}" if "read" in last["took"] else "")
    cells.append(f"{statistics.median(run['peak'] for run in runs):.0f}")
    return f"| {way} | " + " | ".join(cells) + " |"


def fit(texts: list[str], size: int, out: Path) -> Path:
    """Fit a byte-level BPE on texts."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    fitted = Tokenizer(models.BPE())
    fitted.pre_tokenizer, fitted.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=[END], initial_alphabet=letters, show_progress=False)
    fitted.train_from_iterator(texts, trainer)
    fitted.save(str(out))
    return out


def main() -> None:
    """Go all ways on each build, in turn, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("builds", nargs="+", type=Path)
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--length", type=int, default=1024)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--json", type=Path, help=argparse.SUPPRESS)  # one way, in this process
    args = parser.parse_args()
    if args.json:
        args.json.write_text(json.dumps(one(args.only[0], args.builds[0], args.tokenizer, args.length)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        tokenizer = args.tokenizer or fit(texts_of(args.builds[0]), 8000, Path(scratch) / "tokenizer.json")
        for build in args.builds:
            table(build, tokenizer, args, Path(scratch) / "found.json")


def table(build: Path, tokenizer: Path, args: argparse.Namespace, out: Path) -> None:
    """Print the table of one build."""
    print(f"\n{build.name}, blocks of {args.length}, medians of {args.runs} runs\n")
    columns = (
        "way | tokens in | dropped | padding | cuts | CPU s | M a CPU s | wall s | M a s | plan, CPU s | read, M | MB"
    )
    print(f"| {columns} |\n|---|" + "---:|" * 11)
    gathered: dict[str, list[dict[str, Any]]] = {way: [] for way in args.only if not lacking(way)}
    for _ in range(args.runs):  # in turn, so that a busy minute of the machine is nobody's alone
        for way in gathered:
            options = ["--only", way, "--tokenizer", str(tokenizer), "--length", str(args.length), "--json", str(out)]
            with contextlib.suppress(subprocess.CalledProcessError):
                cost = measure([sys.executable, __file__, str(build), *options])
                gathered[way].append({**json.loads(out.read_text()), "peak": cost.memory})
    for way in args.only:
        if lacking(way):
            print(f"| {way} | not installed: {lacking(way)} |" + " |" * 10)
        elif not gathered[way]:
            print(f"| {way} | failed: run it with --only and --json to see why |" + " |" * 10)
        else:
            print(shown(way, args.length, gathered[way]), flush=True)


if __name__ == "__main__":
    main()

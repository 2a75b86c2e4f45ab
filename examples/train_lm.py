"""Train a small language model from scratch on a built folder: stopped at any step, it continues exactly, on any ranks.

    python examples/train_lm.py BUILD --out RUN
    python examples/train_lm.py BUILD --out RUN --resume        # after Ctrl-C, SIGTERM or a crash
    torchrun --standalone --nproc-per-node 2 examples/train_lm.py BUILD --out RUN --resume

It needs `pip install 'corpus-vn-police[train]'`, and `[figures]` for the picture. A GPU is used if there is one.

RUN gets `tokenizer.json`, `log.jsonl` (one line per step), `checkpoint.pt`, and at the end `model/` (for
`transformers`), `samples.jsonl`, `loss.svg` and `perplexity.csv` and `.svg` by month if the build has a test split.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import math
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers
from torch import distributed
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

import corpus_vn_police as cvp
from corpus_vn_police import train

END, PADDING = "<|endoftext|>", "<|padding|>"  # the tokens of train.fit_tokenizer
STOPPING = (signal.SIGTERM, signal.SIGINT)
NOT_OF_THE_RUN = ("build", "out", "resume", "workers", "save_every", "tokenizer", "dates", "log_documents")


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description="Train a small language model on a built folder.")
    add = parser.add_argument
    add("build", help="the folder, or anything that `corpus_vn_police.open` accepts")
    add("--out", required=True, type=Path, metavar="RUN", help="the folder of this run")
    add("--resume", action="store_true", help="continue from RUN's checkpoint, if it has one")
    add("--steps", type=positive, help="steps of the whole run; without this option, one epoch")
    add("--length", type=positive, default=512, help="tokens in a block")
    add("--global-batch", type=positive, default=16, help="blocks in a step, of all ranks together")
    add("--vocab", type=positive, default=8000, help="tokens of the tokenizer")
    add("--tokenizer", type=Path, help="a tokenizer.json to use instead")
    add("--hidden", type=positive, default=256, help="width of the model, a multiple of 64")
    add("--layers", type=positive, default=4)
    add("--lr", type=float, default=1e-3, help="the highest learning rate")
    add("--warmup", type=int, help="steps up to the highest rate; by default a tenth of all steps, at most 100")
    add("--template", default="seed", choices=["seed", "year_text", "token", "natural", "none"])
    add("--seed", type=int, default=0, help="the seed of the model's weights and of the order of the blocks")
    add("--workers", type=int, default=2, help="processes of a rank that prepare batches")
    add("--save-every", type=int, default=100, metavar="STEPS", help="0 saves only at the end, or when stopped")
    add("--dates", nargs="*", default=["2019-06", "2020-12"], help="the dates of the samples")
    add("--log-documents", action="store_true", help="log the ids of the records of every step as well")
    args = parser.parse_args(given)
    if args.hidden % 64:
        parser.error(f"--hidden {args.hidden} is not a multiple of 64")
    for date in args.dates:
        try:
            train.render({"date": date, "text": ""}, args.template)
        except cvp.ConfigError as error:
            parser.error(f"--dates: {error.message}")
    if args.tokenizer and not args.tokenizer.is_file():
        parser.error(f"--tokenizer {args.tokenizer}: there is no such file")
    return args


def positive(text: str) -> int:
    """Parse a number that must be 1 or more."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


class Ranks:
    """The processes that train together; there is only one unless `torchrun` started it."""

    def __init__(self) -> None:
        """Find the others, and the device of this one."""
        self.rank, self.world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        gpu = torch.cuda.is_available()
        self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if gpu else torch.device("cpu")
        if gpu:
            torch.cuda.set_device(self.device)
        if self.world > 1:
            patience = datetime.timedelta(hours=2)  # the others wait while rank 0 makes the tokens of a large corpus
            distributed.init_process_group("nccl" if gpu else "gloo", timeout=patience)

    def summed(self, *values: Any) -> list[float]:
        """The sums of numbers over all ranks; the same on all of them."""
        sums = torch.stack([torch.as_tensor(value, dtype=torch.float64, device=self.device) for value in values])
        if self.world > 1:
            distributed.all_reduce(sums)
        return sums.tolist()

    def gathered(self, value: Any) -> list[Any]:
        """The values of all ranks, in their order."""
        found = [value] * self.world
        if self.world > 1:
            distributed.all_gather_object(found, value)
        return found

    def in_turn(self) -> Iterator[None]:
        """Run rank 0 first, then all others, so that they can read what it writes."""
        for turn in (True, False):
            if turn == (self.rank == 0):
                yield
            if self.world > 1:
                distributed.barrier()


class Stop:
    """Notes if a signal has asked this rank to stop. Training then finishes its step, saves, and ends."""

    def __enter__(self) -> Stop:
        self.asked = False
        self._before = {number: signal.signal(number, self._note) for number in STOPPING}
        return self

    def _note(self, *_: object) -> None:
        self.asked = True

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def ignore_signals(worker: int) -> None:
    """Let a worker ignore Ctrl-C, which reaches the whole process group: its rank finishes the step and ends it."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)


def tokenizer_of(args: argparse.Namespace) -> tokenizers.Tokenizer:
    """The tokenizer of the run; if it has none yet, one is fitted to the training texts."""
    path = args.out / "tokenizer.json"
    if not path.exists():
        if args.tokenizer:
            path.write_bytes(args.tokenizer.read_bytes())
        else:
            train.fit_tokenizer(args.build, args.vocab, template=args.template, out=path)
    return tokenizers.Tokenizer.from_file(str(path))


def model_of(args: argparse.Namespace, tokenizer: tokenizers.Tokenizer, ranks: Ranks) -> torch.nn.Module:
    """A llama with random weights, which depend only on the seed."""
    torch.manual_seed(args.seed)
    heads = args.hidden // 64
    config = transformers.LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=args.hidden,
        intermediate_size=args.hidden * 8 // 3 // 64 * 64,
        num_hidden_layers=args.layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=args.length,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.token_to_id(END),
        pad_token_id=tokenizer.token_to_id(PADDING),
    )
    flash = ranks.device.type == "cuda" and importlib.util.find_spec("flash_attn")
    attention = "flash_attention_2" if flash else "sdpa"
    # Made on the CPU, so that they are the same everywhere, and kept in float32: bf16 would lose small changes.
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation=attention, dtype=torch.float32)
    model.to(ranks.device).config.use_cache = False  # with a cache, documents in a block see one another
    with in_bf16(ranks.device):
        train.check_boundaries(model)
    return model


def in_bf16(device: torch.device) -> torch.autocast:
    """Compute in bf16 on a GPU; flash attention supports nothing else. A CPU uses float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


def rate(step: int, args: argparse.Namespace) -> float:
    """The learning rate of a step (from 1): a linear rise, then along a cosine to a tenth, over the whole run."""
    if step <= args.warmup:
        return args.lr * step / args.warmup
    share = (step - args.warmup) / max(1, args.steps - args.warmup)
    return args.lr * (0.55 + 0.45 * math.cos(math.pi * share))


def loss_of(model: torch.nn.Module, batch: dict[str, torch.Tensor], device: torch.device) -> torch.Tensor:
    """The sum of the losses of the labels that count; 0 if a rank has only padding, for which a mean would be NaN."""
    with in_bf16(device):
        # There is no attention mask: `position_ids` tell the model where documents begin.
        inputs = {name: batch[name].to(device, non_blocking=True) for name in ("input_ids", "position_ids")}
        logits = model(**inputs).logits
    labels = batch["labels"][:, 1:].to(device)  # a token is predicted at the position before it
    return torch.nn.functional.cross_entropy(logits[:, :-1].float().flatten(0, 1), labels.flatten(), reduction="sum")


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint completely or not at all; if the process is killed here, the previous one stays."""
    part = path.with_suffix(".part")
    with part.open("wb") as stream:
        torch.save(state, stream)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


class Run:
    """A model in training: the content of a checkpoint, and how to do a step."""

    def __init__(self, args: argparse.Namespace, ranks: Ranks) -> None:
        """Begin, or continue from the checkpoint."""
        self.args, self.ranks, self.step = args, ranks, 0
        for _ in ranks.in_turn():
            self.tokenizer = tokenizer_of(args)
            self.blocks = train.Blocks(
                args.build, self.tokenizer, length=args.length, template=args.template, seed=args.seed
            )
        self.stream = train.Stream(
            self.blocks, rank=ranks.rank, world_size=ranks.world, batch_size=args.global_batch // ranks.world
        )
        args.steps = args.steps or len(self.stream)
        args.warmup = min(100, max(1, args.steps // 10)) if args.warmup is None else args.warmup
        self.settings = {name: value for name, value in vars(args).items() if name not in NOT_OF_THE_RUN}
        self.model = model_of(args, self.tokenizer, ranks)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), betas=(0.9, 0.95), weight_decay=0.1)
        self.log, self.checkpoint = args.out / "log.jsonl", args.out / "checkpoint.pt"
        if self.checkpoint.exists():
            self._go_on(torch.load(self.checkpoint, map_location="cpu", weights_only=True))
        if ranks.rank == 0:
            self._trim_log()
        gpus = [ranks.device] if ranks.device.type == "cuda" else None
        self._wrapped = DistributedDataParallel(self.model, device_ids=gpus) if ranks.world > 1 else self.model

    def _go_on(self, state: dict[str, Any]) -> None:
        other = [name for name, value in self.settings.items() if state["settings"].get(name) != value]
        if other:
            was = ", ".join(f"{name} = {state['settings'].get(name)!r}" for name in other)
            sys.exit(
                f"the checkpoint belongs to a run with {was}: resume with the same settings, or give another --out"
            )
        self.step = state["step"]
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.stream.load_state_dict(state["stream"])
        torch.set_rng_state(state["rng"])  # this model draws no random numbers in training, but one with dropout does

    def _trim_log(self) -> None:
        """Remove from the log the steps that a killed run did after its last checkpoint; they are done again."""
        lines = self.log.read_text(encoding="utf-8").splitlines(keepends=True) if self.log.exists() else []
        whole = [line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= self.step]
        part = self.log.with_suffix(".part")
        part.write_text("".join(whole), encoding="utf-8")
        part.replace(self.log)

    def save(self, stream: dict[str, Any]) -> None:
        """Write a checkpoint, on rank 0.

        Args:
            stream: the state of the stream after the last step.
        """
        if self.ranks.rank == 0:
            models = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
            known = {"settings": self.settings, "step": self.step, "rng": torch.get_rng_state(), "stream": stream}
            save(self.checkpoint, {**known, **models})

    def train(self) -> bool:
        """Do all remaining steps; return False if a signal stopped training before the end."""
        args = self.args
        loader = DataLoader(self.stream, batch_size=None, num_workers=args.workers, worker_init_fn=ignore_signals)
        self._clock = time.perf_counter()
        with Stop() as stop:
            while self.step < args.steps:
                for batch in loader:  # the rest of an epoch
                    stopping = self._trained(batch, stop)
                    done = self.step == args.steps
                    if stopping or done or (args.save_every and self.step % args.save_every == 0):
                        self.save(batch.state)
                    if done:
                        break
                    if stopping:
                        return False
        return True

    def _trained(self, batch: Any, stop: Stop) -> bool:
        """Do a step and log it; return True if any rank was asked to stop, so that all stop after the same step."""
        counting, tokens = (batch["labels"][:, 1:] != -100).sum(), (batch["document_ids"] >= 0).sum()
        targets, tokens = self.ranks.summed(counting, tokens)
        total = loss_of(self._wrapped, batch, self.ranks.device)
        # DDP averages the gradients over ranks, but we need those of (sum of all losses) / (all targets).
        (total * self.ranks.world / max(1, targets)).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.step += 1
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.step, self.args)
        self.optimizer.step()
        self.optimizer.zero_grad()
        loss, asked = self.ranks.summed(total.detach(), stop.asked)
        began, self._clock = self._clock, time.perf_counter()
        self._note(loss / max(1, targets), int(tokens), tokens / (self._clock - began), batch)
        return asked > 0

    def _note(self, loss: float, tokens: int, speed: float, batch: Any) -> None:
        at = {name: batch.state[name] for name in ("epoch", "next")}  # the progress of all ranks, including this step
        line = {"step": self.step, **at, "loss": loss, "tokens": tokens, "tokens_per_s": round(speed)}
        line["lr"] = rate(self.step, self.args)
        if self.args.log_documents:
            of_ranks = self.ranks.gathered(batch["document_ids"].unique().tolist())
            numbers = sorted({number for numbers in of_ranks for number in numbers if number >= 0})
            line["documents"] = [self.blocks.record_id(number) for number in numbers]
        if self.ranks.rank:
            return
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"{json.dumps(line)}\n")
        if self.step % 10 == 0 or self.step in (1, self.args.steps):
            print(f"step {self.step} of {self.args.steps}: loss {loss:.3f}, {speed:,.0f} tokens/s", flush=True)


def write_samples(run: Run) -> None:
    """Continue the openings of some dates, as somebody would ask the model for them."""
    path, end = run.args.out / "samples.jsonl", run.tokenizer.token_to_id(END)
    torch.manual_seed(run.args.seed)
    run.model.eval()
    with path.open("w", encoding="utf-8") as lines:
        for date in run.args.dates:
            # Without the space at its end: in the texts it belongs to the token that follows.
            prompt = train.render({"date": date, "text": ""}, run.args.template).rstrip(" ")
            ids = torch.tensor([run.tokenizer.encode(prompt).ids or [end]], device=run.ranks.device)
            found = run.model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=min(100, run.args.length - ids.shape[1]),
                do_sample=True,
                use_cache=True,
                top_k=40,
                pad_token_id=end,
            )
            text = run.tokenizer.decode(found[0].tolist())
            lines.write(f"{json.dumps({'prompt': prompt, 'text': text}, ensure_ascii=False)}\n")
            print(text)


def draw_loss(log: Path, path: Path) -> None:
    """Draw the loss of every step."""
    from matplotlib.figure import Figure

    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    axes = (figure := Figure(figsize=(7, 4), layout="constrained")).subplots()
    axes.plot([line["step"] for line in lines], [line["loss"] for line in lines], linewidth=1)
    axes.set(xlabel="step", ylabel="loss per token (nats)", xlim=(0, lines[-1]["step"]))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def write_months(run: Run, pictures: bool) -> None:
    """Perplexity by month of a test split that has dates, with its picture."""
    if "test" not in cvp.open(run.args.build).splits:
        print("no perplexity by month: the build has no test split")
        return
    options = {"template": run.args.template, "length": run.args.length}
    with in_bf16(run.ranks.device):
        result = train.perplexity_by_month(run.model, run.tokenizer, run.args.build, split="test", **options)
    result.months.write_csv(run.args.out / "perplexity.csv")
    print(result)
    if pictures and result.months["month"].drop_nulls().len():
        train.plot_by_month(result, run.args.out / "perplexity.svg")


def finish(run: Run) -> None:
    """Do the work that is done once, after the last step."""
    out = run.args.out
    run.model.save_pretrained(out / "model")
    end, padding = (token if run.tokenizer.token_to_id(token) is not None else None for token in (END, PADDING))
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=run.tokenizer, eos_token=end, pad_token=padding
    ).save_pretrained(out / "model")
    with in_bf16(run.ranks.device):
        write_samples(run)
    pictures = importlib.util.find_spec("matplotlib") is not None
    if pictures:
        draw_loss(run.log, out / "loss.svg")
    else:
        print("no pictures: pip install 'corpus-vn-police[figures]'")
    write_months(run, pictures)


def main(given: Sequence[str] | None = None) -> None:
    """Train, or continue training."""
    args, ranks = arguments(given), Ranks()
    if args.global_batch % ranks.world:
        sys.exit(f"--global-batch {args.global_batch} is not a multiple of {ranks.world} ranks")
    if (args.out / "checkpoint.pt").exists() and not args.resume:
        sys.exit(f"{args.out} has a checkpoint: give --resume to continue from it, or another --out")
    args.out.mkdir(parents=True, exist_ok=True)
    run = Run(args, ranks)
    finished = run.train()
    if ranks.world > 1:
        distributed.destroy_process_group()
    if ranks.rank == 0:
        print(f"{'finished' if finished else 'stopped'} after step {run.step} of {args.steps}")
        if finished:
            finish(run)


if __name__ == "__main__":
    main()

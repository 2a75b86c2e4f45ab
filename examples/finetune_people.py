"""Train a small model from random weights to find officers: tokens that are a name, a rank or a title.

    python examples/finetune_people.py BUILD
    python examples/finetune_people.py BUILD --epochs 20 --out tagger

It needs `pip install 'corpus-vn-police[train]'`, and a build with a test split. A GPU is used if there is one.

The labels are the `people` of the config "annotations", which rules have found: F1 shows how well the model agrees with
these rules. It is measured on the test split, before and after training. A part of an officer is right if the model
finds exactly its tokens.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tokenizers
import torch
import transformers
from torch.utils.data import DataLoader

import corpus_vn_police as cvp
from corpus_vn_police import train

PARTS = ("rank", "name", "title")
LABELS = ["O", *(f"{place}-{part}" for part in PARTS for place in "BI")]  # O, B-rank, I-rank, B-name, ...
IGNORED = -100  # ignored by the loss: padding, and the ends of documents

Part = tuple[int, int, int]
"""First token, the token after the last, and the index in `PARTS`."""


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description="Train a small model from random weights to find officers.")
    add = parser.add_argument
    add("build", help="the folder, or anything that `corpus_vn_police.open` accepts")
    add("--out", type=Path, help="a folder for the model and its tokenizer")
    add("--epochs", type=int, default=10)
    add("--batch", type=int, default=8, help="blocks in a step")
    add("--length", type=int, default=256, help="tokens in a block")
    add("--vocab", type=int, default=4000, help="tokens of the tokenizer")
    add("--hidden", type=int, default=128, help="width of the model, a multiple of 32")
    add("--layers", type=int, default=3)
    add("--lr", type=float, default=1e-3, help="the highest learning rate")
    add("--seed", type=int, default=0, help="the seed of the weights and of the order of the blocks")
    return parser.parse_args(given)


def parts_in(text: str, officer: Mapping[str, Any]) -> Iterator[tuple[int, int, str]]:
    """The spans of an officer's rank, name and title, in code points; the title is after the name, or before it."""
    behind = officer["start"]
    for part in PARTS:
        words = officer[part] or ""
        places = (text.find(words, first, officer["end"]) for first in (behind, officer["start"]))
        start = next((place for place in places if words and place >= 0), None)
        if start is not None:
            behind = start + len(words)
            yield start, behind, part


def labels_of(text: str, people: Sequence[Mapping[str, Any]], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The label of each token of a text: its index in `LABELS`.

    Args:
        text: the text.
        people: the officers in it.
        offsets: the positions of the tokens, from `train.token_offsets`.
    """
    starts, ends = offsets.T
    labels = np.where(starts < ends, 0, IGNORED)
    for start, end, part in (each for officer in people for each in parts_in(text, officer)):
        inside = np.flatnonzero((starts < end) & (ends > start))
        labels[inside] = LABELS.index(f"I-{part}")
        labels[inside[:1]] = LABELS.index(f"B-{part}")
    return labels


def blocks_of(build: cvp.Build, split: str, tokenizer: tokenizers.Tokenizer, args: argparse.Namespace) -> train.Blocks:
    """The blocks of a split, with the label of each token."""
    rows = build.records(split, columns=["id", "text"])
    offsets = train.token_offsets(tokenizer, rows["text"])
    people = build.annotations(split)["people"]
    labels = {
        id_: labels_of(text, officers, places)
        for (id_, text), officers, places in zip(rows.iter_rows(), people, offsets, strict=True)
    }
    # Without a date before the text, so that the offsets are those in the record's text.
    blocks = train.Blocks(build, tokenizer, length=args.length, split=split, template="none", seed=args.seed)
    return blocks.with_labels(labels)


class Tagger(torch.nn.Module):
    """A model that reads in both directions, but never beyond the fragment of a document that a token is in."""

    def __init__(self, tokenizer: tokenizers.Tokenizer, args: argparse.Namespace) -> None:
        """Make the weights, which depend only on the seed."""
        super().__init__()
        torch.manual_seed(args.seed)
        padding = tokenizer.token_to_id("<|padding|>")
        config = transformers.EuroBertConfig(
            vocab_size=tokenizer.get_vocab_size(),
            hidden_size=args.hidden,
            intermediate_size=args.hidden * 3,
            num_hidden_layers=args.layers,
            num_attention_heads=args.hidden // 32,
            max_position_embeddings=args.length,
            num_labels=len(LABELS),
            id2label=dict(enumerate(LABELS)),
            pad_token_id=padding,
            mask_token_id=padding,  # it needs one, but nothing is masked here
            bos_token_id=None,
            eos_token_id=None,
        )
        self.model = transformers.EuroBertForTokenClassification._from_config(config, attn_implementation="sdpa")

    def get_input_embeddings(self) -> torch.nn.Module:
        """Needed by `train.check_boundaries`."""
        return self.model.get_input_embeddings()

    def forward(self, input_ids: torch.Tensor, position_ids: torch.Tensor) -> Any:
        """The logits of each label, for blocks as `train.Blocks` makes them.

        Models that read from left to right derive the boundaries of documents from `position_ids`; this one does not.
        So it gets a mask: a token attends only to those of its own fragment.

        Args:
            input_ids: an array of shape (blocks, length).
            position_ids: the same shape; they begin at 0 in every fragment.
        """
        fragments = (position_ids == 0).cumsum(1)
        together = fragments[:, None, :, None] == fragments[:, None, None, :]
        return self.model(input_ids=input_ids, position_ids=position_ids, attention_mask=together)


def parts_of(labels: npt.NDArray[np.int64], position_ids: npt.NDArray[np.int64]) -> set[Part]:
    """The parts of officers in labels of blocks that are laid end to end; a part ends with its fragment."""
    found: set[Part] = set()
    start, part = 0, -1
    for place, (label, position) in enumerate(zip([*labels.flat, 0], [*position_ids.flat, 0], strict=True)):
        kind, begins = (int(label) - 1) // 2 if label > 0 else -1, label % 2 == 1 or position == 0
        if kind != part or (kind >= 0 and begins):
            if part >= 0:
                found.add((start, place, part))
            start, part = place, kind
    return found


def f1(model: Tagger, blocks: train.Blocks, batch: int, device: torch.device) -> dict[str, float]:
    """F1 of each part of officers, and of `all` together; a part is right if exactly its tokens are found."""
    model.eval()
    counts = {part: np.zeros(3, int) for part in PARTS}  # right, found, wanted
    for first in range(0, len(blocks), batch):
        arrays = blocks.batch(range(first, min(first + batch, len(blocks))))
        inputs = [torch.from_numpy(arrays[name]).to(device) for name in ("input_ids", "position_ids")]
        with torch.no_grad():
            guessed = model(*inputs).logits.argmax(-1).cpu().numpy()
        guessed = np.where(arrays["labels"] == IGNORED, 0, guessed)
        found, wanted = (parts_of(labels, arrays["position_ids"]) for labels in (guessed, arrays["labels"]))
        for number, part in enumerate(PARTS):
            sets = (found & wanted, found, wanted)
            counts[part] += [sum(each[2] == number for each in parts) for parts in sets]
    counts["all"] = np.sum(list(counts.values()), axis=0)
    return {part: 2 * right / max(1, found + wanted) for part, (right, found, wanted) in counts.items()}


def trained(model: Tagger, blocks: train.Blocks, args: argparse.Namespace, device: torch.device) -> list[float]:
    """Train, and return the mean loss of each epoch."""
    loader = DataLoader(train.Stream(blocks, batch_size=args.batch), batch_size=None)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=0.01)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, total_steps=args.epochs * len(loader.dataset))
    means = []
    for epoch in range(args.epochs):
        model.train()
        losses = []
        for batch in loader:
            logits = model(batch["input_ids"].to(device), batch["position_ids"].to(device)).logits
            labels = batch["labels"].to(device)  # of the token itself: they are not shifted
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            rate.step()
            losses.append(loss.item())
        means.append(float(np.mean(losses)))
        print(f"epoch {epoch + 1} of {args.epochs}: loss {means[-1]:.4f}", flush=True)
    return means


def main(given: Sequence[str] | None = None) -> tuple[dict[str, float], list[float], dict[str, float]]:
    """Train; return F1 before, the loss of each epoch, and F1 after."""
    args = arguments(given)
    build = cvp.open(args.build)
    tokenizer = train.fit_tokenizer(build, args.vocab, template="none")
    training, test = (blocks_of(build, split, tokenizer, args) for split in ("train", "test"))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = Tagger(tokenizer, args).to(device)
    train.check_boundaries(model)
    before = f1(model, test, args.batch, device)
    print(f"{len(training)} blocks to train on, {len(test)} to test on; F1 before: {said(before)}", flush=True)
    losses = trained(model, training, args, device)
    after = f1(model, test, args.batch, device)
    print(f"F1 after: {said(after)}")
    if args.out:
        model.model.save_pretrained(args.out)
        tokenizer.save(str(args.out / "tokenizer.json"))
    return before, losses, after


def said(scores: Mapping[str, float]) -> str:
    """Scores, in words."""
    return ", ".join(f"{part} {score:.3f}" for part, score in scores.items())


if __name__ == "__main__":
    main()

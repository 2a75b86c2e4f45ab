"""Packed blocks: every token of a split once, in blocks of equal length."""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpus_vn_police.commands.built import Build
from corpus_vn_police.commands.built import open as open_location
from corpus_vn_police.commands.built.frames import shards_of
from corpus_vn_police.commands.built.reading import folder_of
from corpus_vn_police.contract import canonical_json
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.engine.progress import Reporting, reported
from corpus_vn_police.errors import InputError, LedgerError
from corpus_vn_police.files import StrPath
from corpus_vn_police.ids import id_text
from corpus_vn_police.paths import cache_folder
from corpus_vn_police.results import Result
from corpus_vn_police.train.arguments import check_integer, checked_ids
from corpus_vn_police.train.arrays import Arrays, Layout
from corpus_vn_police.train.encoding import Encoder
from corpus_vn_police.train.labels import OwnLabels
from corpus_vn_police.train.order import epoch_order
from corpus_vn_police.train.plan import BlockPlan, Packing, pack
from corpus_vn_police.train.store import FORMAT as TOKENS_FORMAT
from corpus_vn_police.train.store import StoreKey, TokenStore
from corpus_vn_police.train.templates import Rendering
from corpus_vn_police.train.tokenise import Tokenising

FORMAT = 1
"""The version of how blocks are planned, filled and ordered: another one gives other blocks."""

_ID = re.compile("[0-9a-f]{16}")

_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class Balance(Result):
    """Where the tokens of a split are: `blocks * length == tokens + padding`.

    Attributes:
        documents: how many there are; of these
        empty: how many have no token, so they are in no block, and
        cut: how many are in more than one fragment.
        fragments: runs of tokens of one document in one block.
        blocks: how many there are.
        length: tokens that a block has room for.
        tokens: of all documents. Each is in one block, once.
        targets: labels that count: all tokens but the first of every fragment, unless you gave labels of your own.
        padding: places in blocks that no token has.
    """

    documents: int
    empty: int
    cut: int
    fragments: int
    blocks: int
    length: int
    tokens: int
    targets: int
    padding: int

    @property
    def fill(self) -> float:
        """The share of the places in blocks that have a token."""
        return self.tokens / (self.blocks * self.length)


class Blocks:
    """The blocks of a split. Every token of every document is in one block, once.

    The documents of the split are tokenised once, into a folder of the cache whose name depends on the build's content
    digest, the tokenizer, the template and the split. It is made whole or not at all; if a run is killed, the next
    one continues. Later runs and other processes map it into memory. The blocks follow from the lengths of the
    documents alone.

    Each block is a dict of arrays (int64) of `length`, for models of `transformers` and their like:

    - `input_ids`: the tokens of one or more fragments of documents; then padding.
    - `labels`: the same, but -100 for padding and for the first token of every fragment, which nothing before it in
      the block predicts (as `DataCollatorWithFlattening` of transformers does). A model shifts them itself. See
      `with_labels` for labels of your own.
    - `position_ids`: 0, 1, 2, ... from the start of every fragment, and of the padding. Give them to the model, without
      `attention_mask` and with `use_cache=False`: then no fragment attends to another one. `check_boundaries` tries it.
    - `document_ids`: the number of the document, which is that of its row in the split; -1 in padding.

    Attributes:
        key: the sha256 (hex) of all that the blocks and their order depend on.
        made_of: the same in the clear, as JSON has it.
        report: what is in the blocks.
    """

    @machine_failures()
    def __init__(
        self,
        build: StrPath,
        tokenizer: Any,
        *,
        length: int = 1024,
        split: str | None = "train",
        template: str = "seed",
        packing: str = "best_fit",
        seed: int = 0,
        ids: Iterable[str] | None = None,
        mask_dates: bool = False,
        end_token: str | None = None,
        min_fill: float = 0.99,
        cache: StrPath | None = None,
        progress: Reporting = None,
    ) -> None:
        """Tokenise a split, unless the cache has it, and plan its blocks.

        Args:
            build: a `Build`, or what `open` takes.
            tokenizer: one of `tokenizers` or `transformers`, or the path of a `tokenizer.json`. Truncation and padding
                that it may have switched on are ignored. A special token that is written in a text is text, and no
                boundary; a template can write tokens that were added with `add_tokens`, as `date_tokens` are.
            length: tokens in a block.
            split: `train`, `validation` or `test`; None is all, in this order.
            template: how a record becomes text; see `render`.
            packing: `best_fit`, `in_order` or `none`; see `plan.pack`.
            seed: decides the order of the blocks in every epoch.
            ids: only these records of the split are used; None is all.
            mask_dates: whether explicit dates in the text become `[DATE]`; see `render`.
            end_token: the token that every document ends with; None is the tokenizer's own token for that, if it has
                one.
            min_fill: how full blocks must be with `best_fit`, as a share of their places. Documents that fit into a
                block are cut only as far as that needs; 0 cuts none of them.
            cache: the folder with token stores; None is `tokens` in `$CORPUS_VN_POLICE_CACHE`, else in the platform's
                user cache.
            progress: how the progress is shown; see `build`.

        Raises:
            ConfigError: an argument is not allowed, or the tokenizer fails.
            ExtraError: `tokenizers` is not installed.
            InputError: the split has no records, or not all of `ids`; or no record has a token.
            OutputError: it is not a build, or the folder has another build now.
            DamagedError: the build cannot be read.
            DiskError: the operating system failed to read or write.
        """
        self._packing = Packing(length, packing, min_fill, seed)
        wanted = checked_ids(ids)
        encoder = Encoder.of(tokenizer, end_token)
        rendering = Rendering(template, mask_dates)
        opened = build if isinstance(build, Build) else open_location(build)
        key = StoreKey(opened.digest, split, encoder.sha256, encoder.end, template, mask_dates)
        store = TokenStore.open(folder := _folder(cache, key))
        if store is None:
            with reported("blocks", progress) as moved:
                store = _tokenise(opened, folder, key, encoder, rendering, moved)
        self._store, self._pad = store, encoder.pad
        self.made_of = {
            **asdict(key), **asdict(self._packing), "pad": encoder.pad, "ids": _ids_digest(wanted),
            "format": f"{TOKENS_FORMAT}.{FORMAT}",
        }  # fmt: skip
        self._own: OwnLabels | None = None
        self._take_plan(_chosen(store, wanted))

    def _take_plan(self, chosen: _Ints) -> None:
        """Plan the blocks of chosen documents."""
        lengths = self._store.lengths[chosen]
        packing = self._packing
        plan = pack(lengths, packing.length, packing.packing, packing.min_fill)
        if int(plan.sizes.sum()) != int(lengths.sum()):
            raise LedgerError(f"{plan.sizes.sum()} of {lengths.sum()} tokens are in blocks", "please report this")
        self.key = _key_of(self.made_of)
        if not len(plan.ends):
            raise InputError(f"none of {len(lengths)} documents has a token", "give other records, or another template")
        self.report = _balance(plan, lengths)
        starts = np.cumsum(self._store.lengths) - self._store.lengths
        self._layout = Layout.of(plan, chosen, starts)

    def __len__(self) -> int:
        """How many blocks there are."""
        return self.report.blocks

    def __getitem__(self, number: Any) -> Any:
        """A block by its number: arrays (int64) of `length`. Of a slice, a list of blocks.

        Raises:
            IndexError: there is no such block.
        """
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        return {name: array[0] for name, array in self.batch([number]).items()}

    def __iter__(self) -> Iterator[Arrays]:
        """The blocks by their numbers; `order` has the order of an epoch."""
        return (self[number] for number in range(len(self)))

    def batch(self, numbers: Sequence[int] | _Ints) -> Arrays:
        """Several blocks.

        Args:
            numbers: of the blocks, from 0; negative ones count from the end.

        Returns:
            The arrays of a block, but of shape (blocks, `length`).

        Raises:
            IndexError: there is no such block.
            TypeError: a number is not an integer.
        """
        chosen = np.asarray(numbers)
        if len(chosen) and chosen.dtype.kind not in "iu":
            raise TypeError(f"numbers of blocks are integers, not {chosen.dtype}")
        wrong = chosen[(chosen < -len(self)) | (chosen >= len(self))]
        if len(wrong):
            raise IndexError(f"there is no block {wrong[0]}: there are {len(self)}")
        own = self._own.flat if self._own else None
        return self._layout.arrays(chosen.astype(np.int64) % len(self), self._store.token_ids, self._pad, own)

    def padding(self, count: int) -> Arrays:
        """Blocks without tokens: what a rank gets at the end of an epoch when there are no more blocks for it.

        Returns:
            The arrays of `batch`, all labels -100.
        """
        return self._layout.empty(count, self._pad)

    def with_labels(self, labels: Mapping[str, Any]) -> Blocks:
        """The same blocks with labels of your own, as for token classification.

        A label is that of the token at its place; it is -100 in padding. Models of `transformers` for token
        classification do not shift them. In `report`, `targets` counts the labels that are not -100; `key` depends on
        the labels.

        Args:
            labels: for each record in the blocks, by its id, an array of integers of shape (tokens,), from 0 or -100:
                a label for each token that `token_offsets` gives for its training text. They are held in memory, at 4
                bytes a token of the split.

        Raises:
            ConfigError: labels are not such integers.
            InputError: a record has no labels, or not one per token.
        """
        documents = np.unique(self._layout.documents)
        made = copy.copy(self)
        made._own = OwnLabels.of(self._store, documents[documents >= 0], labels)
        made.made_of = {**self.made_of, "labels": made._own.sha256}
        made.key = _key_of(made.made_of)
        made.report = replace(self.report, targets=made._own.counting)
        return made

    def order(self, epoch: int) -> _Ints:
        """The numbers of the blocks in the order of an epoch (int64): a permutation by seed and epoch.

        Raises:
            ConfigError: the epoch is not an integer from 0.
        """
        check_integer("epoch", epoch, 0)
        return epoch_order(len(self), self._packing.seed, epoch)

    def openings(self) -> tuple[_Ints, _Ints]:
        """Where documents begin: a later fragment of a document that was cut is not among these.

        Returns:
            The numbers of the documents, and the places of their first tokens in ascending order: the number of the
            block times `length`, and the place in the block (int64 each).
        """
        return self._layout.openings()

    def record_id(self, document: int) -> str:
        """The id of the record that a document was made from.

        Args:
            document: its number, as in `document_ids`.
        """
        return id_text(int(self._store.record_ids[document]))

    def __repr__(self) -> str:
        """What is in the blocks."""
        return f"Blocks({self.report!r})"

    @property
    def length(self) -> int:
        """Tokens that a block has room for."""
        return self._packing.length


def _tokenise(
    build: Build, folder: Path, key: StoreKey, encoder: Encoder, rendering: Rendering, progress: Any
) -> TokenStore:
    """Make the token store of a split.

    Raises:
        ConfigError: there is no such split, or the template has a field that the records do not have.
        InputError: the split has no records.
    """
    beginning = shards_of("default", key.split)
    if key.split is not None and key.split not in build.splits:
        raise InputError(
            f"{build.path}: the split {key.split!r} has no records", f"it has records in {', '.join(build.splits)}"
        )
    with folder_of(build, beginning) as there:
        rows = there.rows("default", *([key.split] if key.split else []))
        rendering.check_columns(rows.contract.schema.names)
        return Tokenising(rows, encoder, rendering, progress).make(folder, key)


def _key_of(made_of: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(made_of)).hexdigest()


def _folder(cache: StrPath | None, key: StoreKey) -> Path:
    """Where a store lies, whatever the current folder is later."""
    return (Path(cache).absolute() if cache is not None else cache_folder().absolute() / "tokens") / key.sha256


def _chosen(store: TokenStore, ids: Sequence[str] | None) -> _Ints:
    """The numbers of the documents whose records have these ids, in order; of None, of all.

    Raises:
        InputError: the split does not have all of them.
    """
    if ids is None:
        return np.arange(store.documents, dtype=np.int64)
    numbers = {each: int(each, 16) for each in ids if _ID.fullmatch(each)}
    wanted = np.fromiter(numbers.values(), np.uint64, len(numbers))
    there = dict(zip(numbers, np.isin(wanted, store.record_ids).tolist(), strict=True))
    missing = next((each for each in ids if not there.get(each)), None)
    if missing is not None:
        raise InputError(f"the split has no record {missing!r}", "give ids of records of this split")
    return np.flatnonzero(np.isin(store.record_ids, wanted))


def _ids_digest(ids: Sequence[str] | None) -> str | None:
    """The sha256 (hex) of ids, which are sorted; None of None."""
    return None if ids is None else hashlib.sha256("\n".join(ids).encode()).hexdigest()


def _balance(plan: BlockPlan, lengths: _Ints) -> Balance:
    tokens, places = int(plan.sizes.sum()), len(plan.ends) * plan.length
    counts = np.bincount(plan.documents, minlength=len(lengths))
    targets = tokens - len(plan.sizes)
    return Balance(
        documents=len(lengths), empty=int((lengths == 0).sum()), cut=int((counts > 1).sum()),
        fragments=len(plan.sizes), blocks=len(plan.ends), length=plan.length,
        tokens=tokens, targets=targets, padding=places - tokens,
    )  # fmt: skip

"""Packed blocks: every token of a split exactly once, in blocks of equal length."""

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
"""The version of the rules by which blocks are planned, filled and ordered; other rules make other blocks."""

_ID = re.compile("[0-9a-f]{16}")

_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class Balance(Result):
    """How the tokens of a split fill its blocks: `blocks * length == tokens + padding`.

    Attributes:
        documents: the number of documents in the split.
        empty: how many of them have no token, so that they are in no block.
        cut: how many of them are in more than one fragment.
        fragments: the number of fragments: runs of tokens of one document in one block.
        blocks: the number of blocks.
        length: the number of tokens in a block.
        tokens: the number of tokens in all documents. Each is in one block, once.
        targets: the number of labels that count: all tokens except the first of every fragment, or your own labels.
        padding: the number of positions in blocks that no token has.
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
        """The share of positions in blocks that have a token."""
        return self.tokens / (self.blocks * self.length)


class Blocks:
    """The blocks of a split. Every token of every document is in one block, once.

    The documents of the split are tokenised once, into a folder of the cache whose name depends on the build's content
    digest, the tokenizer, the template and the split. The store is complete or does not exist; if a run is killed, the
    next run continues. Later runs and other processes map it into memory. The blocks depend only on the lengths of the
    documents.

    Each block is a dict of arrays (int64) of `length`, for models of `transformers` and their like:

    - `input_ids`: the tokens of one or more fragments of documents; then padding.
    - `labels`: the same, but -100 for padding and for the first token of every fragment, because nothing before it in
      the block predicts it (`DataCollatorWithFlattening` of transformers does the same). Models shift the labels
      themselves. See `with_labels` for your own labels.
    - `position_ids`: 0, 1, 2, ... from the start of every fragment, and of the padding. Give them to the model, without
      `attention_mask` and with `use_cache=False`: then no fragment attends to another one (`check_boundaries`).
    - `document_ids`: the number of the document, which is the number of its row in the split; -1 in padding.

    Attributes:
        key: the sha256 (hex) of everything that the blocks and their order depend on.
        made_of: the same, as JSON and not hashed.
        report: numbers about the blocks.
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
        """Tokenise a split, unless it is in the cache, and plan its blocks.

        Args:
            build: a `Build`, or anything that `open` accepts.
            tokenizer: one of `tokenizers` or `transformers`, or the path of a `tokenizer.json`. Truncation and padding
                that may be switched on are ignored. If a text contains the letters of a special token, they are text,
                not a boundary; a template can write tokens that were added with `add_tokens`, such as `date_tokens`.
            length: the number of tokens in a block.
            split: `train`, `validation` or `test`; None means all, in this order.
            template: how a record becomes text; see `render`.
            packing: `best_fit`, `in_order` or `none`; see `plan.pack`.
            seed: decides the order of the blocks in every epoch.
            ids: use only these records of the split; None means all.
            mask_dates: whether explicit dates in the text become `[DATE]`; see `render`.
            end_token: the token that every document ends with; None means the tokenizer's own token for that, if it has
                one.
            min_fill: how full blocks must be with `best_fit`, as a share of their positions. Documents that fit into a
                block are cut only as far as this requires; with 0, none of them is cut.
            cache: the folder with token stores; None means `tokens` in `$CORPUS_VN_POLICE_CACHE`, else in the
                platform's user cache.
            progress: how the progress is shown; see `build`.

        Raises:
            ConfigError: an argument is not allowed, or the tokenizer fails.
            ExtraError: `tokenizers` is not installed.
            InputError: the split has no records, or not all of `ids`; or no record has a token.
            OutputError: it is not a build, or the folder now has another build.
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
        """Plan the blocks of the chosen documents."""
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
        """The number of blocks."""
        return self.report.blocks

    def __getitem__(self, number: Any) -> Any:
        """A block by its number, as arrays (int64) of `length`; for a slice, a list of blocks.

        Raises:
            IndexError: there is no such block.
        """
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        return {name: array[0] for name, array in self.batch([number]).items()}

    def __iter__(self) -> Iterator[Arrays]:
        """The blocks in the order of their numbers; `order` has the order of an epoch."""
        return (self[number] for number in range(len(self)))

    def batch(self, numbers: Sequence[int] | _Ints) -> Arrays:
        """Several blocks.

        Args:
            numbers: the numbers of the blocks, from 0; negative ones count from the end.

        Returns:
            The same arrays as for one block, but of shape (blocks, `length`).

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
        """Blocks without tokens: a rank gets them at the end of an epoch if there are no more blocks for it.

        Returns:
            The same arrays as `batch`; all labels are -100.
        """
        return self._layout.empty(count, self._pad)

    def with_labels(self, labels: Mapping[str, Any]) -> Blocks:
        """The same blocks with your own labels, for example for token classification.

        Each label belongs to the token at the same position; in padding it is -100. Models of `transformers` for token
        classification do not shift them. In `report`, `targets` counts the labels that are not -100; `key` depends on
        the labels.

        Args:
            labels: id of each record in the blocks -> an array of integers of shape (tokens,), which are 0 or more, or
                -100: one label for each token that `token_offsets` returns for its training text. They are kept in
                memory: 4 bytes per token of the split.

        Raises:
            ConfigError: labels are not integers of this kind.
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
        """The numbers of the blocks in the order of an epoch (int64): a permutation that depends on seed and epoch.

        Raises:
            ConfigError: the epoch is not an integer of at least 0.
        """
        check_integer("epoch", epoch, 0)
        return epoch_order(len(self), self._packing.seed, epoch)

    def openings(self) -> tuple[_Ints, _Ints]:
        """The positions where documents begin, without the later fragments of documents that were cut.

        Returns:
            The numbers of the documents, and the positions of their first tokens in ascending order: the number of the
            block times `length`, plus the position in the block (int64 each).
        """
        return self._layout.openings()

    def record_id(self, document: int) -> str:
        """The id of the record that a document was made from.

        Args:
            document: its number, as in `document_ids`.
        """
        return id_text(int(self._store.record_ids[document]))

    def __repr__(self) -> str:
        """A summary of the blocks."""
        return f"Blocks({self.report!r})"

    @property
    def length(self) -> int:
        """The number of tokens in a block."""
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
    """The folder of a store, as an absolute path, so that a later change of the current folder makes no difference."""
    return (Path(cache).absolute() if cache is not None else cache_folder().absolute() / "tokens") / key.sha256


def _chosen(store: TokenStore, ids: Sequence[str] | None) -> _Ints:
    """The numbers of the documents whose records have these ids, in order; None means all.

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
    """The sha256 (hex) of ids, which are sorted; None stays None."""
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

"""Fit a tokenizer to a corpus: byte-level BPE, from the training texts of a build."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from corpus_vn_police.commands.built import Build
from corpus_vn_police.commands.built import open as open_location
from corpus_vn_police.commands.built.frames import shards_of
from corpus_vn_police.commands.built.reading import folder_of
from corpus_vn_police.dataset.folder import BuildFolder
from corpus_vn_police.dataset.layout import FOLDERS
from corpus_vn_police.dataset.rows import Published
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.engine.progress import Progress, Reporting, reported
from corpus_vn_police.errors import ConfigError, InputError
from corpus_vn_police.files import StrPath, write_whole
from corpus_vn_police.paths import output_path
from corpus_vn_police.train.arguments import check_installed, check_integer
from corpus_vn_police.train.templates import Rendering

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPECIAL = ("<|endoftext|>", "<|padding|>")
"""The special tokens of a fitted tokenizer; their ids are 0 and 1."""

_BYTES = 256  # tokens with which any text can be written
_DATED = "token"  # the template whose dates are tokens


@machine_failures()
def fit_tokenizer(
    build: Build | StrPath,
    vocab_size: int = 8000,
    *,
    split: str | None = "train",
    template: str = "seed",
    out: StrPath | None = None,
    min_frequency: int = 2,
    progress: Reporting = None,
) -> Tokenizer:
    """Fit a byte-level BPE tokenizer to the training texts of a build.

    Every text can be encoded, and decoding gives it back: there are no unknown tokens, and nothing is normalised. The
    same build and settings give the same tokenizer, byte for byte. Texts are read in batches; memory holds each
    distinct word.

    Args:
        build: a build, or the path or URL of one.
        vocab_size: the most tokens, including special tokens and those of dates. There are fewer if the texts
            have too few pairs that are frequent enough.
        split: the split whose texts are used; None means all, including test.
        template: how a record becomes text; see `render`. With `token`, every year of the build, every month
            and every day is a token as well (`date_tokens`), and the tokenizer is fitted to the texts without these
            tokens.
        out: the tokenizer.json to write (completely, or not at all); None writes no file.
        min_frequency: how often a pair must occur to become a token.
        progress: a callable, True for a bar, False for none, None for one on a terminal or in a notebook.

    Returns:
        The tokenizer; `<|endoftext|>` (0) ends a document and `<|padding|>` (1) fills a block.

    Raises:
        ConfigError: there is no such split, template or field; `vocab_size` or `min_frequency` is too small; or `out`
            is not the path of a file.
        InputError: the split has no records.
        ExtraError: `tokenizers` is not installed.
        OutputError, DamagedError, DiskError: as `open`; the file cannot be written.
    """
    check_installed("tokenizers", "train.fit_tokenizer")
    target = None if out is None else _target(out)
    rendering = Rendering(template)
    check_integer("vocab_size", vocab_size, 1)
    check_integer("min_frequency", min_frequency, 1)
    handle = open_location(build)
    _check_split(handle, split)
    with reported("fit_tokenizer", progress) as moved, folder_of(handle, f"{FOLDERS['default']}/") as folder:
        rows = folder.rows("default", *([split] if split else []))
        rendering.check_columns(rows.contract.schema.names)
        dates = _date_tokens(folder) if template == _DATED else ()
        smallest = _BYTES + len(SPECIAL) + len(dates)
        if vocab_size < smallest:
            raise ConfigError(
                f"vocab_size = {vocab_size} is too small: {_BYTES} bytes, {len(SPECIAL)} special tokens and "
                f"{len(dates)} of dates are in every vocabulary",
                f"give {smallest} or more",
            )
        texts = _texts(rows, Rendering("none") if dates else rendering, moved)
        tokenizer = _fitted(texts, vocab_size - len(dates), min_frequency, len(rows))
    if dates:
        from tokenizers import AddedToken

        tokenizer.add_tokens([AddedToken(token, normalized=False, special=False) for token in dates])
    if target is not None:
        write_whole(target, tokenizer.to_str(pretty=True).encode())
    return tokenizer


@machine_failures()
def date_tokens(build: Build | StrPath) -> tuple[str, ...]:
    """The tokens that the template `token` writes; add them to a tokenizer with `tokenizer.add_tokens(...)`.

    Do not use `add_special_tokens`: if a text contains a special token, it is treated as text.

    Args:
        build: a build, or the path or URL of one.

    Returns:
        `<|2019|>` and so on, one per year from the first to the last year in any split, so that a model can
        also be evaluated on a later split; then `<|m01|>` to `<|m12|>` and `<|d01|>` to `<|d31|>`. Empty if no record
        has a date.

    Raises:
        OutputError, DamagedError, DiskError: as `open`.
    """
    with folder_of(open_location(build), f"{FOLDERS['default']}/") as folder:
        return _date_tokens(folder)


def _date_tokens(folder: BuildFolder) -> tuple[str, ...]:
    first, last = 10_000, 0
    for batch in folder.rows().batches("date"):
        years = batch["date"].drop_nulls().str.slice(0, 4)
        if len(years):
            first, last = min(first, int(str(years.min()))), max(last, int(str(years.max())))
    if not last:
        return ()
    years_of = [f"<|{year:04}|>" for year in range(first, last + 1)]
    return (*years_of, *(f"<|m{month:02}|>" for month in range(1, 13)), *(f"<|d{day:02}|>" for day in range(1, 32)))


def _check_split(build: Build, split: str | None) -> None:
    shards_of("default", split)  # it also refuses a value that is not a split
    if split is not None and split not in build.splits:
        raise InputError(
            f"the build has no records in the split {split}", f"it has records in {', '.join(build.splits)}"
        )


def _texts(rows: Published, rendering: Rendering, moved: Progress) -> Iterator[list[str]]:
    """The training texts, batch by batch."""
    for batch in rows.batches(*rendering.columns):
        yield [rendering.text_of(record) for record in batch.iter_rows(named=True)]
        moved("fit", len(batch), len(rows))


def _fitted(texts: Iterator[list[str]], vocab_size: int, min_frequency: int, records: int) -> Tokenizer:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer, length=records)
    return tokenizer


def _target(out: StrPath) -> Path:
    path = output_path(out, "out").path
    if path.is_dir():
        raise ConfigError(f"out = {os.fspath(out)!r} is a folder", "give a file, such as tokenizer.json")
    return path

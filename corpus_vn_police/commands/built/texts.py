"""The texts of seeds that were left out. A build does not hold them, so the input is read again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from corpus_vn_police.commands.inputs import configured, kept_away
from corpus_vn_police.commands.report.again import read_again
from corpus_vn_police.commands.shipped import shipped_seeds
from corpus_vn_police.commands.spooled import Seeds, seeds_at_hand
from corpus_vn_police.config.given import Settings
from corpus_vn_police.dataset.folder import BuildFolder
from corpus_vn_police.documents.opened import recorded_settings
from corpus_vn_police.errors import InputError
from corpus_vn_police.text import readable


@dataclass(frozen=True)
class Origin:
    """The seeds and settings that a build was made from.

    Attributes:
        seeds: the input, in any form that `build` takes; None if it is not known, as after `open`.
        config: the corpus.toml, or the dict, that was given; None is the corpus.toml beside the seeds.
    """

    seeds: Seeds | None = None
    config: Settings | None = None

    @classmethod
    def of(cls, seeds: Seeds | None, config: Settings | None) -> Origin:
        """The arguments of `build`, without an iterator, which cannot be read again."""
        if seeds is None:
            return cls(shipped_seeds(), config)
        return cls(config=config) if isinstance(seeds, Iterator) else cls(seeds, config)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle only paths, since a frame may be large and a build should stay small."""
        paths = self.seeds if isinstance(self.seeds, list | tuple) else [self.seeds]
        named = all(isinstance(each, str | os.PathLike) for each in paths)
        return Origin, (self.seeds if named else None, self.config)


def with_texts(build: BuildFolder, left: pl.DataFrame, origin: Origin) -> pl.DataFrame:
    r"""Add the column `text` (string) to rows of the ledger.

    Args:
        build: the build.
        left: rows of seeds that were left out, with the columns `path`, `sha256` and `id`.
        origin: the input that they were read from.

    Returns:
        The same rows. `text` is the text of the seed. If the seed is a row of a file, it is the row's `text`, or the
        whole row if it has no text. Bytes that are not UTF-8 become escapes such as `\xff`. `text` is null if the input
        no longer has the seed with these bytes, if the seed cannot be read, or if it was taken down.

    Raises:
        InputError: the input is not known, is missing, or holds no seeds.
        ConfigError: a line of its removed.csv is not allowed.
    """
    if origin.seeds is None:
        raise InputError(
            f"{build.path}: a build does not hold the texts of seeds that were left out",
            'give the input that it was built from, such as seeds="my_seeds", or a frame',
        )
    with seeds_at_hand(origin.seeds) as given:
        source, _ = configured(given, origin.config)
        hidden = (build.tombstones() | kept_away(source, origin.config)).holds(left["id"], left["sha256"])
        wanted = left.filter(~hidden).select("path", "sha256").drop_nulls()
        found = read_again(source, dict(wanted.iter_rows()), recorded_settings(build))
    texts = pl.Series(
        "text",
        [readable(body or data) if data else None for body, data in found.select("body", "data").iter_rows()],
        pl.String,
    )
    again = found.select("path", "sha256").with_columns(texts).unique(["path", "sha256"], keep="first")
    shown = left.with_columns(pl.when(~hidden).then("path").alias("_shown"))
    joined = shown.join(
        again, left_on=["_shown", "sha256"], right_on=["path", "sha256"], how="left", maintain_order="left"
    )
    return joined.drop("_shown")

"""A build as Python has it: what it is, and its tables as frames."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, overload

from corpus_vn_police.commands.built.reading import reading
from corpus_vn_police.commands.built.texts import Origin
from corpus_vn_police.commands.spooled import Seeds
from corpus_vn_police.config.given import Settings
from corpus_vn_police.dataset.figures import STATUSES
from corpus_vn_police.dataset.layout import CARD, FOLDERS, LEDGER
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.errors import OutputError
from corpus_vn_police.files import in_utf8
from corpus_vn_police.paths import unloadable
from corpus_vn_police.results import PathResult
from corpus_vn_police.stages.split import SPLITS

if TYPE_CHECKING:
    import datasets
    import polars as pl

    from corpus_vn_police.commands.stats import Stats


@dataclass(frozen=True, repr=False)
class Build(PathResult):
    """A build, as `build` wrote it or `open` found it; it can be given wherever a path to a build can.

    Builds are equal if path, digest, version and counts are. The tables are read when they are asked for, from the
    folder, which must still have this build.

    Attributes:
        path: the folder or the URL, as it was given.
        digest: the content digest, `sha256:` and 64 hex characters.
        version: the version of the data, from corpus.toml.
        seeds: rows of the ledger: the seeds read, and the tombstones whose seed is not among them.
        status: how many of these have each status, all five; their sum is `seeds`.
        splits: how many records are in each split; empty splits are left out.
        unused: in how many rows (or texts) each key stands that neither the record nor the own fields know, the most
            frequent first, at most 1,000 keys; empty if the build was opened.
        notes: what the keeper should know: lines for people; empty if the build was opened.
    """

    digest: str
    version: str
    seeds: int
    status: Mapping[str, int]
    splits: Mapping[str, int]
    unused: Mapping[str, int] = field(default_factory=dict, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    _origin: Origin = field(default_factory=Origin, compare=False, repr=False)

    @classmethod
    def of(cls, path: str, manifest: Mapping[str, Any]) -> Build:
        """The build that a manifest, which is valid, speaks of."""
        status, splits = (
            {name: manifest[key][name] for name in names if name in manifest[key]}
            for key, names in (("status", STATUSES), ("splits", SPLITS))
        )
        return cls(path, manifest["digest"], manifest["version"], manifest["seeds"], status, splits)

    @machine_failures()
    def records(self, split: str | None = None, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The published records.

        Args:
            split: `train`, `validation` or `test`; None is all, in this order. A split without records gives no rows.
            columns: fields, those of a struct as `source.url`; only these are read. None is all.

        Returns:
            A row per record in the order of the build; the columns are the fields of the record (docs/record.md).

        Raises:
            ConfigError: there is no such split or column, or a column is named twice.
            OutputError: the folder has another build now, or none.
            DamagedError: a file cannot be read.
            DiskError: the operating system failed to read, or the URL cannot be fetched.
        """
        return self._rows("default", split, columns)

    @machine_failures()
    def annotations(self, split: str | None = None, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The stand-off annotations: `id`, and lists of spans.

        Arguments and errors are those of `records`, and rows stand in the same order.

        Raises:
            InputError: the build was made without annotations.
        """
        return self._rows("annotations", split, columns)

    def _rows(self, config: str, split: str | None, columns: Sequence[str] | None) -> pl.DataFrame:
        from corpus_vn_police.commands.built.frames import check_has, rows, shards_of

        beginning = shards_of(config, split)
        with reading(self, beginning if split in self.splits else f"{FOLDERS[config]}/") as build:
            check_has(build, config)
            return rows(build, config, split, columns)

    @machine_failures()
    def ledger(self) -> pl.DataFrame:
        """The ledger: one row for every seed read, whatever became of it.

        Returns:
            `path, sha256` (string), `bytes` (int64), `id, status, reason, pointer, detail, duplicate_of` (string),
            `similarity` (float64), in the order of paths, and the tombstones last.

        Raises:
            OutputError, DamagedError, DiskError: as `records`.
        """
        with reading(self, LEDGER) as build:
            return build.ledger().collect()

    @machine_failures()
    def rejected(
        self, texts: bool = False, *, seeds: Seeds | None = None, config: Settings | None = None
    ) -> pl.DataFrame:
        r"""The seeds that were rejected, with the reason.

        Args:
            texts: whether to add the column `text`. A build does not hold these texts, so the input is read again.
            seeds: the input, as `build` takes it; None is the one that `build` was given, if this is what it returned
                (pickled, it knows paths only) and the rows can be gone through again.
            config: a corpus.toml; the `removed.csv` beside it is respected. None, or a dict with the keys of one,
                means the one beside the seeds.

        Returns:
            `path, sha256` (string), `bytes` (int64), `id, reason, pointer, detail` (string) in the order of the
            ledger; and `text` (string), as the seed has it, escapes such as `\xff` for bytes that are not UTF-8. It
            is null if the input no longer has the seed with these bytes, or if the seed cannot be read.

        Raises:
            InputError: the texts are asked for, and the input is not known, is missing, or holds no seeds.
            OutputError, DamagedError, DiskError: as `records`.
        """
        import polars as pl

        from corpus_vn_police.commands.built.texts import with_texts

        with reading(self, LEDGER) as build:
            found = build.ledger().filter(pl.col("status") == "rejected")
            left = found.drop("status", "duplicate_of", "similarity").collect()
            return with_texts(build, left, self._input(seeds, config)) if texts else left

    @machine_failures()
    def duplicates(
        self, texts: bool = False, *, seeds: Seeds | None = None, config: Settings | None = None
    ) -> pl.DataFrame:
        """The seeds that were left out as copies, each with the record that is published in its place.

        Args:
            texts: whether to add the columns `text` and `published_text`; otherwise as `rejected`.
            seeds: as `rejected`.
            config: as `rejected`.

        Returns:
            `path, sha256` (string), `bytes` (int64), `id, status, detail, duplicate_of` (string), `similarity`
            (float64: Jaccard, 1.0 for duplicates) in the order of the ledger; and of the record `duplicate_of`
            `published_path, published_split, published_date, published_title` (string).

        Raises:
            InputError, OutputError, DamagedError, DiskError: as `rejected`.
        """
        from corpus_vn_police.commands.built.frames import left_out, with_published_texts
        from corpus_vn_police.commands.built.texts import with_texts

        with reading(self, LEDGER, f"{FOLDERS['default']}/") as build:
            found = left_out(build)
            if not texts:
                return found
            return with_published_texts(build, with_texts(build, found, self._input(seeds, config)))

    def _input(self, seeds: Seeds | None, config: Settings | None) -> Origin:
        return self._origin if seeds is None else Origin(seeds, config)

    @machine_failures()
    def count_by(self, name: str) -> pl.DataFrame:
        """Count the records by the values of a field.

        Args:
            name: a field of the record, one of a struct as `source.publisher`. Of a list each item counts once per
                time that it is in the list.

        Returns:
            `value` (the field's type; null for records without one) and `records` (int64), the most frequent first,
            then by value.

        Raises:
            ConfigError: there is no such field.
            OutputError, DamagedError, DiskError: as `records`.
        """
        from corpus_vn_police.dataset.counts import count_by

        with reading(self, f"{FOLDERS['default']}/") as build:
            return count_by(build.path, name)

    @machine_failures()
    def stats(self) -> Stats:
        """The numbers of the build, measured from its files, as frames; see `corpus_vn_police.stats`.

        Raises:
            OutputError, DamagedError, DiskError: as `records`.
        """
        from corpus_vn_police.commands.stats import measure_build

        return measure_build(self)

    @overload
    def load(
        self, split: None = None, *, name: str | None = None, streaming: Literal[False] = False, **options: Any
    ) -> datasets.DatasetDict: ...
    @overload
    def load(
        self, split: str, *, name: str | None = None, streaming: Literal[False] = False, **options: Any
    ) -> datasets.Dataset: ...
    @overload
    def load(
        self, split: None = None, *, name: str | None = None, streaming: Literal[True], **options: Any
    ) -> datasets.IterableDatasetDict: ...
    @overload
    def load(
        self, split: str, *, name: str | None = None, streaming: Literal[True], **options: Any
    ) -> datasets.IterableDataset: ...
    @overload
    def load(
        self, split: str | None = None, *, name: str | None = None, streaming: bool, **options: Any
    ) -> datasets.DatasetDict | datasets.Dataset | datasets.IterableDatasetDict | datasets.IterableDataset: ...
    def load(
        self, split: str | None = None, *, name: str | None = None, streaming: bool = False, **options: Any
    ) -> datasets.DatasetDict | datasets.Dataset | datasets.IterableDatasetDict | datasets.IterableDataset:
        """Load the build with `datasets.load_dataset`, offline.

        Args:
            split: `train`, `validation` or `test`; None gives a dict of all splits.
            name: the config: `default` (records), `annotations` or `sources`; None is `default`.
            streaming: whether rows are read only when they are needed.
            options: other arguments of `datasets.load_dataset`.

        Raises:
            ValueError: there is no such split or config (from `datasets`).
            OutputError: `datasets` cannot read a folder of this path; otherwise as `records`.
            DamagedError, DiskError: as `records`.
        """
        import datasets

        with reading(self, CARD, *(f"{folder}/" for folder in FOLDERS.values())) as build:
            folder = os.path.realpath(build.path)
        if reason := unloadable(folder, in_utf8(folder)):
            raise OutputError(f"{folder}: datasets.load_dataset cannot read it: {reason}", "move the build")
        return datasets.load_dataset(folder, name, split=split, streaming=streaming, **options)

"""A build as a Python object: its counts, and its tables as frames."""

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
    """A build, returned by `build` or `open`. Every function that takes the path of a build also takes this object.

    Two builds are equal if their paths, digests, versions and counts are equal. Tables are read from the folder each
    time that a method returns one, so the folder must still have this build.

    Attributes:
        path: the folder or the URL, as it was given.
        digest: the content digest, `sha256:` and 64 hex characters.
        version: the version of the data, from corpus.toml.
        seeds: the number of rows in the ledger: one for each seed read, and one for each tombstone without a seed.
        status: how many of these rows have each of the five statuses; their sum is `seeds`.
        splits: how many records are in each split; empty splits are left out.
        unused: the keys of rows (or headers) that no field is made from, and how many seeds have each; the most
            frequent first, at most 1,000 keys. Empty if the build came from `open`.
        notes: lines of text with what the keeper should know. Empty if the build came from `open`.
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
        """The build that a valid manifest describes."""
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
            columns: names of fields, such as `source.url` for a field in a struct; only these are read. None is all.

        Returns:
            One row per record in the order of the build; the columns are the fields of the record (docs/record.md).

        Raises:
            ConfigError: there is no such split or column, or a column is named twice.
            OutputError: the folder has another build now, or no build.
            DamagedError: a file cannot be read.
            DiskError: the operating system failed to read, or the URL cannot be fetched.
        """
        return self._rows("default", split, columns)

    @machine_failures()
    def annotations(self, split: str | None = None, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The stand-off annotations: `id`, and lists of spans.

        Arguments, errors and the order of the rows are those of `records`.

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
        """The ledger: one row for every seed that was read, published or not.

        Returns:
            `path, sha256` (string), `bytes` (int64), `id, status, reason, pointer, detail, duplicate_of` (string),
            `similarity` (float64), in the order of paths, with the tombstones last.

        Raises:
            OutputError, DamagedError, DiskError: as for `records`.
        """
        with reading(self, LEDGER) as build:
            return build.ledger().collect()

    @machine_failures()
    def rejected(
        self, texts: bool = False, *, seeds: Seeds | None = None, config: Settings | None = None
    ) -> pl.DataFrame:
        r"""The seeds that were rejected, each with the reason.

        Args:
            texts: True adds the column `text`. A build does not hold these texts, so the input is read again.
            seeds: the input, in any form that `build` takes. None is the input that `build` was given: this works only
                for the object that `build` returned, and not for an iterator, which cannot be read twice. A pickled
                object remembers only paths.
            config: a corpus.toml; seeds in the `removed.csv` beside it get no text. For None or a dict, the
                `removed.csv` beside the seeds is used.

        Returns:
            `path, sha256` (string), `bytes` (int64), `id, reason, pointer, detail` (string) in the order of the
            ledger; and, with `texts`, `text` (string): the text of the seed, with escapes such as `\xff` for bytes that
            are not UTF-8. It is null if the input no longer has the seed with these bytes, or if the seed cannot be
            read.

        Raises:
            InputError: `texts` is True, and the input is not known, is missing, or holds no seeds.
            OutputError, DamagedError, DiskError: as for `records`.
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
        """The seeds that were left out as copies, each with the published record that it is a copy of.

        Args:
            texts: True adds the columns `text` and `published_text`; for `text`, the input is read again.
            seeds: as for `rejected`.
            config: as for `rejected`.

        Returns:
            `path, sha256` (string), `bytes` (int64), `id, status, detail, duplicate_of` (string), `similarity`
            (float64: Jaccard, 1.0 for duplicates) in the order of the ledger; and `published_path, published_split,
            published_date, published_title` (string), which describe the record that `duplicate_of` names.

        Raises:
            InputError, OutputError, DamagedError, DiskError: as for `rejected`.
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
            name: a field of the record, such as `source.publisher` for a field in a struct. In a list, every item
                counts, as often as it is there.

        Returns:
            `value` (in the field's type; null for records without a value) and `records` (int64), the most frequent
            first, then by value.

        Raises:
            ConfigError: there is no such field.
            OutputError, DamagedError, DiskError: as for `records`.
        """
        from corpus_vn_police.dataset.counts import count_by

        with reading(self, f"{FOLDERS['default']}/") as build:
            return count_by(build.path, name)

    @machine_failures()
    def stats(self) -> Stats:
        """The numbers of the build, measured from its files, as frames; see `corpus_vn_police.stats`.

        Raises:
            OutputError, DamagedError, DiskError: as for `records`.
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
            streaming: if True, rows are read only when they are needed.
            options: other arguments of `datasets.load_dataset`.

        Raises:
            ValueError: there is no such split or config (raised by `datasets`).
            OutputError: `datasets` cannot read a folder with this path; or as for `records`.
            DamagedError, DiskError: as for `records`.
        """
        import datasets

        with reading(self, CARD, *(f"{folder}/" for folder in FOLDERS.values())) as build:
            folder = os.path.realpath(build.path)
        if reason := unloadable(folder, in_utf8(folder)):
            raise OutputError(f"{folder}: datasets.load_dataset cannot read it: {reason}", "move the build")
        return datasets.load_dataset(folder, name, split=split, streaming=streaming, **options)

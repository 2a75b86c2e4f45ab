"""The corpus that comes with the package: built on first use, then loaded from the cache."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from corpus_vn_police.config import FILE_NAME, REMOVED_NAME, Corpus, load_config
from corpus_vn_police.contract import NAMES, canonical_json, document
from corpus_vn_police.dataset.layout import MANIFEST
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.errors import ConfigError, DiskError, InputError, OutputError
from corpus_vn_police.files import locked
from corpus_vn_police.paths import CACHE_VARIABLE, Output, cache_folder, check_loadable, output_path
from corpus_vn_police.resources import resource
from corpus_vn_police.version import __version__

if TYPE_CHECKING:
    import datasets

CHECKSUMS = "SHA256SUMS"


def shipped_seeds() -> Path:
    """The folder of the shipped seeds.

    Raises:
        InputError: it is missing, or a seed does not match its checksum.
    """
    folder = resource("seeds")
    for line in (folder / CHECKSUMS).read_text(encoding="ascii").splitlines():
        expected, name = line.split("  ")
        got = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if got != expected:
            raise InputError(
                f"{name}: expected sha256 {expected}, got {got}: the seed was changed", "install corpus-vn-police again"
            )
    return folder


def shipped_corpus() -> Corpus:
    """The settings of the shipped corpus, with the text of its card."""
    corpus = load_config(resource("seeds") / FILE_NAME)
    return replace(corpus, prose=resource("DATASET_CARD.md").read_text(encoding="utf-8"))


def path() -> str:
    """The shipped corpus as a built folder, for `datasets.load_dataset`.

    It is built on first use, in `$CORPUS_VN_POLICE_CACHE` or, without this variable, in the user's cache folder. The
    name of the folder depends on everything that the corpus is made from. Several processes may call this at once.

    Returns:
        The path of the folder, as a string, because `load_dataset` accepts only strings.

    Raises:
        CorpusError: the package is damaged, the cache cannot be written, or the cache has a path that `load_dataset`
            cannot read.
    """
    folder = cache_folder() / _name()
    try:
        target = output_path(folder, CACHE_VARIABLE)
        check_loadable(target)
        if not (target.path / MANIFEST).is_file():
            _build(target)
    except (ConfigError, OutputError, DiskError) as error:
        raise type(error)(error.message, f"set {CACHE_VARIABLE} to another folder, which can be written") from error
    return str(folder)


@machine_failures()
def _build(out: Output) -> None:
    folder = out.path
    from corpus_vn_police.commands.build.decide import Job
    from corpus_vn_police.commands.build.pipeline import run_build
    from corpus_vn_police.dataset.tombstones import read_removed

    try:
        with locked(folder):
            if not (folder / MANIFEST).is_file():
                tombstones = read_removed(resource("seeds") / REMOVED_NAME)
                run_build(str(shipped_seeds()), out, shipped_corpus(), Job(workers=1), tombstones)
    except OSError as error:
        raise DiskError(f"{folder.parent}: the cache cannot be written: {error.strerror}") from error


def _name() -> str:
    """The name of the folder: sha256 (hex) of package version, schemas, seed checksums, corpus.toml and removed.csv."""
    seeds = resource("seeds")
    removed = seeds / REMOVED_NAME
    parts = {
        "version": __version__,
        "schemas": {name: document(name) for name in NAMES},
        "checksums": (seeds / CHECKSUMS).read_text(encoding="ascii"),
        "corpus": (seeds / FILE_NAME).read_text(encoding="utf-8"),
        "removed": removed.read_text(encoding="utf-8") if removed.exists() else "",
    }
    return hashlib.sha256(canonical_json(parts)).hexdigest()


@overload
def load_dataset(
    name: str | None = None, *, split: None = None, streaming: Literal[False] = False, **options: Any
) -> datasets.DatasetDict: ...
@overload
def load_dataset(
    name: str | None = None, *, split: str, streaming: Literal[False] = False, **options: Any
) -> datasets.Dataset: ...
@overload
def load_dataset(
    name: str | None = None, *, split: None = None, streaming: Literal[True], **options: Any
) -> datasets.IterableDatasetDict: ...
@overload
def load_dataset(
    name: str | None = None, *, split: str, streaming: Literal[True], **options: Any
) -> datasets.IterableDataset: ...
@overload
def load_dataset(
    name: str | None = None, *, split: str | None = None, streaming: bool, **options: Any
) -> datasets.DatasetDict | datasets.Dataset | datasets.IterableDatasetDict | datasets.IterableDataset: ...
def load_dataset(
    name: str | None = None, *, split: str | None = None, streaming: bool = False, **options: Any
) -> datasets.DatasetDict | datasets.Dataset | datasets.IterableDatasetDict | datasets.IterableDataset:
    """Load the shipped corpus, offline.

    Args:
        name: the config: `default` (records), `annotations` or `sources`; None is `default`.
        split: `train`, `validation` or `test`; None gives a dict of all splits.
        streaming: if True, rows are read only when they are needed.
        options: other arguments of `datasets.load_dataset`.

    Raises:
        ValueError: there is no such config or split (raised by `datasets`).
        CorpusError: as for `path`.
    """
    import datasets

    return datasets.load_dataset(path(), name, split=split, streaming=streaming, **options)

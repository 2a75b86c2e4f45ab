"""The files that a build has, and other files that may be beside them."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus_vn_police.stages.split import SPLITS

MANIFEST = "manifest.json"
CARD = "README.md"
CROISSANT = "croissant.json"
LEDGER = "ledger.parquet"
FIGURES = "figures"
SCHEMA_FOLDER = "schema"
SCHEMAS = {
    "default": f"{SCHEMA_FOLDER}/record.schema.json",
    "annotations": f"{SCHEMA_FOLDER}/annotations.schema.json",
}
"""The schemas that a build contains, by config; the schema of a config that was not built is left out."""

FOLDERS = {"default": "data", "annotations": "annotations", "sources": "sources"}
"""The folder of each config's shards."""

_SHARD = re.compile(rf"({'|'.join(FOLDERS.values())})/({'|'.join(SPLITS)})-([0-9]{{5}})-of-([0-9]{{5}})\.parquet")
_DOCUMENT = re.compile(rf"(?:{FIGURES}/)?[A-Za-z0-9_-]+\.(?:md|json|jsonl\.zst|svg)")
# `datasets` reads this file if it is beside the card, and prefers it to the card's front matter.
_READ_BY_DATASETS = ".huggingface.yaml"
# Files that file managers leave, and whose names do not begin with a dot.
_LEFT_BY_FILE_MANAGERS = {"thumbs.db", "desktop.ini", "__macosx"}


@dataclass(frozen=True, order=True)
class ShardPath:
    """The parts of a shard's path: config and split, its number from 0, and the number of shards."""

    config: str
    split: str
    number: int
    count: int


def shard_path(config: str, split: str, number: int, count: int) -> str:
    """The path of a shard in the build; `number` counts from 0."""
    return f"{FOLDERS[config]}/{split}-{number:05d}-of-{count:05d}.parquet"


def shard_name(path: str) -> ShardPath | None:
    """The parts of a shard's path; None for any other path."""
    found = _SHARD.fullmatch(path)
    if found is None:
        return None
    config = next(config for config, folder in FOLDERS.items() if folder == found[1])
    return ShardPath(config, found[2], int(found[3]), int(found[4]))


def shard_paths(folder: Path, config: str, *splits: str) -> list[Path]:
    """The paths of the shards that a build has for a config, by split and number; of all splits if none is named."""
    below = folder / FOLDERS[config]
    names = [path.name for path in below.iterdir() if path.is_file()] if below.is_dir() else []
    found = [(shard_name(f"{FOLDERS[config]}/{name}"), name) for name in names]
    wanted = splits or SPLITS
    shards = sorted((wanted.index(shard.split), name) for shard, name in found if shard and shard.split in wanted)
    return [below / name for _, name in shards]


def is_part(path: str) -> bool:
    """Whether a build may contain a file with this path, apart from its manifest."""
    return path == LEDGER or path in SCHEMAS.values() or shard_name(path) is not None or bool(_DOCUMENT.fullmatch(path))


def missing_shards(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Find missing shards: yield the place, and what is wrong."""
    have = {shard for path in paths if (shard := shard_name(path)) is not None}
    for config, split, count in sorted({(shard.config, shard.split, shard.count) for shard in have}):
        place = f"{FOLDERS[config]}/{split}"
        numbers = sum((shard.config, shard.split, shard.count) == (config, split, count) for shard in have)
        if numbers != count:
            yield place, f"has {numbers} of its {count} shards"
        least = min(shard.count for shard in have if (shard.config, shard.split) == (config, split))
        if least < count:
            yield place, f"has shards of {least} and of {count}"
    if not any(shard.config == "default" for shard in have):
        yield FOLDERS["default"], "there are no records"


def is_harmless(path: str) -> bool:
    """Whether a file with this path in a build makes no difference to those who read the build.

    File managers, git, notebooks and `hf download` leave dot files and `.cache/`. Two kinds of hidden files do make a
    difference: those that `datasets` reads beside the card, and Parquet files beside the shards, because the pattern
    `data/*.parquet`, which the card gives for Polars and DuckDB, matches them.
    """
    parts = path.split("/")
    if any(part.casefold() in _LEFT_BY_FILE_MANAGERS for part in parts):
        return True
    if path.casefold() == _READ_BY_DATASETS or not any(part.startswith(".") for part in parts):
        return False
    return not (parts[-1].casefold().endswith(".parquet") and "/".join(parts[:-1]) in FOLDERS.values())


@dataclass(frozen=True)
class Contents:
    """The content of a folder.

    Attributes:
        files: the paths of regular files, and of links to regular files.
        irregular: path -> what is there instead of a regular file.
        passed_over: harmless files and folders; for a folder only its own path.
    """

    files: frozenset[str]
    irregular: dict[str, str]
    passed_over: tuple[str, ...]


def look_into(folder: Path) -> Contents:
    """List a folder. Links to files are followed, because the Hub's cache has such links; links to folders are not.

    Raises:
        OSError: the folder itself cannot be listed.
    """
    files: set[str] = set()
    irregular: dict[str, str] = {}
    passed_over: list[str] = []
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            names = sorted(path.name for path in (folder / below).iterdir())
        except OSError as error:
            if not below:
                raise
            irregular[below] = f"cannot be listed: {error.strerror}"
            continue
        for path in (f"{below}/{name}" if below else name for name in names):
            kind = _kind(folder / path)
            if is_harmless(path):
                passed_over.append(path)
            elif kind == "file":
                files.add(path)
            elif kind != "folder":
                irregular[path] = kind
            elif path in (*FOLDERS.values(), FIGURES, SCHEMA_FOLDER):
                waiting.append(path)
            else:
                irregular[path] = "is a folder that a build does not have"
    return Contents(frozenset(files), irregular, tuple(sorted(passed_over)))


def _kind(path: Path) -> str:
    """`file`, `folder`, or a description of anything else at a path."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            return "folder"
        if stat.S_ISLNK(mode):
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode):
                return "is a link to a folder"
    except OSError as error:
        return f"is a broken link, or cannot be reached: {error.strerror}"
    return "file" if stat.S_ISREG(mode) else "is a device, a FIFO or a socket"


def carry_over(old: Path, new: Path) -> None:
    """Move harmless files of an older build, such as its `.git/`, into the build that replaced it.

    A file is not moved if the new build already has the path, or lacks the folder that it belongs in.

    Raises:
        OSError: a file cannot be moved; nothing is lost then.
    """
    for path in look_into(old).passed_over:
        if not os.path.lexists(new / path) and (new / path).parent.is_dir():
            (old / path).rename(new / path)

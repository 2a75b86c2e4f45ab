"""Read the files that a corpus.toml names, or that are in the same folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from corpus_vn_police.errors import ConfigError
from corpus_vn_police.files import UNREADABLE, of_system, read_file, why

LONGEST = 1 << 20
"""The most bytes of corpus.toml, of the card's prose, of CHANGES.md and of a schema; most have a few thousand."""


def read_schema(path: Path) -> Any:
    """Read the schema of own fields from a file.

    Raises:
        ConfigError: the file cannot be read, or is not JSON.
    """
    try:
        text = read_file(path, LONGEST).decode("utf-8-sig")
    except UNREADABLE as error:
        raise ConfigError(f"{path}: cannot be read: {why(error)}", "give the path of a JSON Schema in UTF-8") from error
    return schema_in(text, str(path))


def schema_in(text: str, where: str) -> Any:
    """Read the schema of own fields from a text; `where` names its source in messages.

    Raises:
        ConfigError: the text is not JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where} is not JSON: {error}", "write a JSON Schema with properties") from error


def text_beside(config: Path, key: str, name: str) -> str:
    """The content of a text file in the folder of corpus.toml, or in a folder inside it.

    Raises:
        ConfigError: the file is somewhere else, or cannot be read.
    """
    folder = config.parent.resolve()
    target = (folder / of_system(name)).resolve()
    if not target.is_relative_to(folder):
        raise ConfigError(
            f"{config}: {key} = {name!r} is outside {folder.name}/",
            "the file must be in the folder of corpus.toml, or in a folder inside it",
        )
    return _text(target, f"{config}: {key} = {name!r}", "corpus.toml")


def text_here(key: str, name: str) -> str:
    """The content of a text file that a dict of settings names, relative to the current folder.

    Raises:
        ConfigError: the file cannot be read.
    """
    return _text(Path(of_system(name)), f"config: {key} = {name!r}", "the current folder")


def _text(file: Path, where: str, base: str) -> str:
    try:
        return read_file(file, LONGEST).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UNREADABLE as error:
        raise ConfigError(
            f"{where} cannot be read: {why(error)}", f"give the path of a file in UTF-8, relative to {base}"
        ) from error

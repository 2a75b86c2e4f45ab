"""Read the settings from a corpus.toml, or from a dict with its keys, into JSON's types. Nothing is checked here."""

from __future__ import annotations

import datetime
import os
import tomllib
from collections.abc import Mapping
from typing import Any

from corpus_vn_police.config.beside import LONGEST
from corpus_vn_police.errors import ConfigError
from corpus_vn_police.files import IrregularError, StrPath, read_file, why

Settings = StrPath | Mapping[str, Any]
"""What `config=` takes: the path of a corpus.toml, or a dict with the keys of one."""

IN_DICT = "config"
"""What messages name instead of a path if the settings are a dict."""


def given_settings(config: Settings) -> dict[str, Any]:
    """The keys and values of the settings. Tuples become lists; dates, times and paths become strings.

    Raises:
        ConfigError: the file cannot be read or is not TOML, or a key of the dict is not a string.
    """
    raw: dict[str, Any]
    if isinstance(config, Mapping):
        raw = _json_values(config)
        return raw
    try:
        raw = _json_values(tomllib.loads(read_file(config, LONGEST).decode("utf-8-sig")))
    except (OSError, IrregularError) as error:
        raise ConfigError(f"{config}: cannot be read: {why(error)}", "give the path of a corpus.toml") from error
    except (ValueError, RecursionError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise ConfigError(f"{config}: is not TOML: {error}", "corpus-vn-police init DIR writes an example") from error
    return raw


def _json_values(value: Any) -> Any:
    if isinstance(value, Mapping):
        if odd := [key for key in value if not isinstance(key, str)]:
            raise ConfigError(f"{IN_DICT}: the key {odd[0]!r} is not a string", "give the keys of a corpus.toml")
        return {key: _json_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_values(item) for item in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else value

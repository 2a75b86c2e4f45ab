"""Check arguments."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from typing import Any

from corpus_vn_police.errors import ConfigError, ExtraError

BITS = 1 << 64
"""Seeds must be below this."""


def check_integer(name: str, value: Any, least: int, below: int = BITS) -> None:
    """Refuse a value that is not an integer within bounds.

    Raises:
        ConfigError: it is not one; the message names the argument.
    """
    if type(value) is not int or not least <= value < below:
        bounds = f"from {least}" + (f" below {below}" if below < BITS else "")
        raise ConfigError(f"{name} = {value!r} is not allowed", f"give an integer {bounds}")


def checked_ids(ids: Iterable[str] | None) -> tuple[str, ...] | None:
    """Ids of records, sorted and each once; None stays None.

    Raises:
        ConfigError: it is a single string, or contains something that is not a string.
    """
    if ids is None:
        return None
    if isinstance(ids, str | bytes):
        raise ConfigError(f"ids = {ids!r} is one string", f"give a list: ids=[{ids!r}]")
    found = list(ids)
    if wrong := [each for each in found if not isinstance(each, str)]:
        raise ConfigError(f"ids has {wrong[0]!r}, which is not the id of a record", "give strings of 16 hex characters")
    return tuple(sorted(set(map(str, found))))


def check_installed(library: str, what: str) -> None:
    """Refuse to begin if a library of the extra `train` is missing; nothing is imported.

    Raises:
        ExtraError: it is not installed.
    """
    if importlib.util.find_spec(library) is None:
        raise ExtraError.of(what, library, "train")

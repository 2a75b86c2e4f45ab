"""The schemas in a build: its rows are read and checked by these, whoever built it."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus_vn_police.contract import CONFIGS, Contract, contracts, document
from corpus_vn_police.contract.own import own_of
from corpus_vn_police.dataset.layout import SCHEMAS
from corpus_vn_police.errors import DamagedError, SchemaError
from corpus_vn_police.files import UNREADABLE, read_file, why

_LONGEST = 1 << 20  # the most bytes of a schema


def contracts_in(folder: Path) -> Mapping[str, Contract]:
    """The contract of each config of a build, from the schemas in its folder.

    Raises:
        DamagedError: a schema is missing or is not a schema of a build, its built-in fields are not those of
            this version, or its own fields cannot be checked.
    """
    documents = []
    for config, path in SCHEMAS.items():
        try:
            if config != "default" and not (folder / path).exists():
                continue  # this build does not have the config
            documents.append((config, read_file(folder / path, _LONGEST)))
        except UNREADABLE as error:
            raise DamagedError.of(folder, f"{path}: {why(error)}") from error
    try:
        return _contracts(tuple(documents))
    except SchemaError as error:
        raise DamagedError.of(folder, error.message) from error
    except (ValueError, RecursionError) as error:
        raise DamagedError.of(folder, f"a schema of the build is not JSON: {error}") from error


@functools.lru_cache(16)
def _contracts(documents: tuple[tuple[str, bytes], ...]) -> Mapping[str, Contract]:
    own: dict[str, Any] = {}
    for config, data in documents:
        built_in = document(CONFIGS[config])
        try:
            own |= own_of(json.loads(data), built_in, may_have_own=config == "default")
        except SchemaError as error:
            raise SchemaError(f"{SCHEMAS[config]}: {error.message}", error.hint) from error
    return contracts(own)


def own_fields_in(folder: Path) -> dict[str, Any]:
    """The schema of each own field of a build, by its name; empty if it has none.

    Raises:
        DamagedError: as for `contracts_in`.
    """
    built_in = document(CONFIGS["default"])
    return own_of(contracts_in(folder)["default"].document, built_in)

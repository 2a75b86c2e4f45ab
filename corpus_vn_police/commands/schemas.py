"""`schema`: the format of a table, as JSON Schema or in a form derived from it."""

from __future__ import annotations

import copy
import difflib
from typing import TYPE_CHECKING, Any, Literal, overload

from corpus_vn_police.contract import CONFIGS, NAMES, document, load_contract
from corpus_vn_police.errors import ConfigError

if TYPE_CHECKING:
    import datasets
    import pyarrow as pa

FORMS = ("json", "arrow", "features", "croissant")
_NO_TABLES = ("manifest", "corpus")


@overload
def schema(name: str = "record", as_: Literal["json", "croissant"] = "json") -> dict[str, Any]: ...
@overload
def schema(name: str, as_: Literal["arrow"]) -> pa.Schema: ...
@overload
def schema(name: str = "record", *, as_: Literal["arrow"]) -> pa.Schema: ...
@overload
def schema(name: str, as_: Literal["features"]) -> datasets.Features: ...
@overload
def schema(name: str = "record", *, as_: Literal["features"]) -> datasets.Features: ...
def schema(name: str = "record", as_: str = "json") -> dict[str, Any] | pa.Schema | datasets.Features:
    """The format of a table, without own fields.

    Args:
        name: `record`, `annotations`, `sources`, `ledger`, `manifest` or `corpus` (the keys of corpus.toml).
        as_: `json` gives the JSON Schema. The first four names also work with `arrow`, `features` (for `datasets`) and
            `croissant` (a record set of Croissant).

    Returns:
        A `pyarrow.Schema` for `arrow`, a `datasets.Features` for `features`; otherwise a dict that you may change.

    Raises:
        SchemaError: there is no schema of this name.
        ConfigError: there is no such form, or the schema does not describe a table.
    """
    found = document(name)
    if as_ not in FORMS:
        near = difflib.get_close_matches(as_, FORMS, n=1)
        guess = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(f"as_ = {as_!r} is not a form of a schema", f"{guess}Give {', '.join(FORMS)}")
    if as_ == "json":
        return copy.deepcopy(found)
    if name in _NO_TABLES:
        tables = ", ".join(each for each in NAMES if each not in _NO_TABLES)
        raise ConfigError(f"the schema {name!r} does not describe a table", f"{as_} works with {tables}")
    if as_ == "arrow":
        return load_contract(name).schema
    if as_ == "features":
        import datasets

        return datasets.Features.from_arrow_schema(load_contract(name).schema)
    from corpus_vn_police.documents.croissant import record_set

    configs = {each: config for config, each in CONFIGS.items()}
    return record_set(configs.get(name, name), found)

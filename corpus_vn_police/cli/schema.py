"""The command `schema`."""

from __future__ import annotations

import enum
from typing import Annotated

import typer

from corpus_vn_police.cli.options import Json
from corpus_vn_police.cli.show import print_json, speaks_unicode
from corpus_vn_police.errors import ConfigError


class Form(enum.StrEnum):
    """What a schema can be printed as."""

    arrow = "arrow"
    features = "features"
    croissant = "croissant"


def schema(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="record, annotations, sources, ledger, manifest or corpus.")
    ] = "record",
    form: Annotated[
        Form | None, typer.Option("--as", help="Print a form that is derived from the schema instead.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Print a JSON Schema, or a form that is derived from it."""
    import json

    from corpus_vn_police.contract import CONFIGS, document, load_contract
    from corpus_vn_police.contract.features import feature

    found = document(name)
    if form is None:
        print(json.dumps(found, ensure_ascii=not speaks_unicode(), indent=2))
        return 0
    if name in ("manifest", "corpus"):
        raise ConfigError(
            f"the schema {name!r} describes no table", "--as works with record, annotations, sources and ledger"
        )
    arrow = load_contract(name).schema
    if form is Form.croissant:
        from corpus_vn_police.documents.croissant import record_set

        sets = {schema: config for config, schema in CONFIGS.items()}
        print(json.dumps(record_set(sets.get(name, name), found), ensure_ascii=not speaks_unicode(), indent=2))
    elif form is Form.features:
        print(json.dumps({field.name: feature(field.type) for field in arrow}, indent=2))
    elif as_json:
        print_json([{"name": field.name, "type": str(field.type)} for field in arrow])
    else:
        print("\n".join(f"{field.name}: {field.type}" for field in arrow))
    return 0

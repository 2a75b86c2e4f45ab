"""The command `schema`."""

from __future__ import annotations

import enum
from typing import Annotated

import typer

from corpus_vn_police.cli.options import Json
from corpus_vn_police.cli.show import print_json, speaks_unicode


class Form(enum.StrEnum):
    """What a schema can be printed as."""

    arrow = "arrow"
    features = "features"
    croissant = "croissant"


def schema(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="record, annotations, sources, ledger, manifest or corpus.")
    ] = "record",
    form: Annotated[
        Form | None, typer.Option("--as", help="Print a form that is derived from the schema instead.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Print the JSON Schema of a file, or a form derived from it."""
    import json

    import corpus_vn_police as cvp

    if form is None or form is Form.croissant:
        found = cvp.schema(name, "json" if form is None else "croissant")
        print(json.dumps(found, ensure_ascii=not speaks_unicode(), indent=2))
        return 0
    arrow = cvp.schema(name, "arrow")
    if form is Form.features:
        from corpus_vn_police.contract.features import feature

        print(json.dumps({field.name: feature(field.type) for field in arrow}, indent=2))
    elif as_json:
        print_json([{"name": field.name, "type": str(field.type)} for field in arrow])
    else:
        print("\n".join(f"{field.name}: {field.type}" for field in arrow))
    return 0

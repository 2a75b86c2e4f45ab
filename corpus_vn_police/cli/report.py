"""The command `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corpus_vn_police.cli.options import Config, Json, Located
from corpus_vn_police.cli.show import as_values, print_json, progress
from corpus_vn_police.text import printable


def report(
    folder: Located,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The page to write; it must be outside the build.")
    ],
    seeds: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SEEDS", help="The input, to show also the texts of seeds that were left out; once for each input."
        ),
    ] = None,
    config: Config = None,
    sample: Annotated[
        int, typer.Option(metavar="N", help="How many texts of records, and of seeds that were left out, at most.")
    ] = 1_000,
    seed: Annotated[int, typer.Option(metavar="N", help="Another number shows other texts.")] = 0,
    as_json: Json = False,
) -> int:
    """Write a private page about a build; it is never published.

    It shows totals, charts, the ledger with filter and search, records, and what was left out.
    """
    import corpus_vn_police as cvp

    with progress(quiet=as_json) as moved:
        page = cvp.report(folder, out=out, seeds=seeds or None, config=config, sample=sample, seed=seed, progress=moved)
    if as_json:
        print_json(as_values(page))
        return 0
    print(f"{printable(page.path)}: {page.bytes:,} bytes")
    texts = f"texts of {page.records:,} records and {page.left_out:,} seeds left out"
    print(f"  {page.rows:,} of {page.seeds:,} ledger rows, {texts}")
    print("  for your own eyes: it shows what was rejected and left out, so do not publish it")
    return 0

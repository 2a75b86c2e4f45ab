"""The command `init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corpus_vn_police.cli.options import Json
from corpus_vn_police.cli.show import print_json, progress
from corpus_vn_police.cli.words import command
from corpus_vn_police.text import printable


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the seeds; it is created if it is missing.")
    ],
    as_json: Json = False,
) -> int:
    """Write a commented corpus.toml and a card to fill in."""
    import corpus_vn_police as cvp

    with progress(quiet=as_json) as moved:
        written = [str(path) for path in cvp.init(folder, progress=moved)]
    if as_json:
        print_json({"written": written})
    else:
        print("\n".join(f"wrote {printable(path)}" for path in written))
        print(f"\nNext, when they are filled in:\n  {command('build', folder, '--out', 'my_dataset')}")
    return 0

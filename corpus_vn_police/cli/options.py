"""Arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for machines.")]
Seeds = Annotated[
    list[str],
    typer.Argument(metavar="SEEDS", help="Folders, files, archives, globs or URLs."),
]
Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="A corpus.toml; by default, the one beside the seeds.")
]
Workers = Annotated[
    int | None, typer.Option("--workers", metavar="N", help="Number of threads; by default, one per processor.")
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A build: the folder that build --out wrote.")]
Located = Annotated[str, typer.Argument(metavar="DIR", help="A build: a folder, or a URL such as hf://datasets/a/b.")]

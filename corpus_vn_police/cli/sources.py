"""The command `sources`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corpus_vn_police.cli.options import Json, Located
from corpus_vn_police.cli.show import as_values, print_json, progress
from corpus_vn_police.text import counted, printable

_NAMED = 10  # files that are named before they are counted


def sources(
    folder: Located,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write; it must be new or empty.")],
    as_json: Json = False,
) -> int:
    """Write the published seeds back, byte for byte, sha256 checked.

    Files come back as they were, but compressed files are unpacked; rows come back as lines of one file.
    """
    import corpus_vn_police as cvp

    with progress(quiet=as_json) as moved:
        written = cvp.sources(folder, out=out, progress=moved)
    if as_json:
        print_json(as_values(written))
        return 0
    seeds, files = counted(written.seeds, "seed"), counted(written.files, "file")
    print(f"{printable(written.path)}: {seeds} in {files}, {written.bytes:,} bytes")
    for path, name in list(written.renamed.items())[:_NAMED]:
        print(printable(f"  {path} -> {name}"))
    if len(written.renamed) > _NAMED:
        print(f"  and {len(written.renamed) - _NAMED:,} more that could not keep their path")
    return 0

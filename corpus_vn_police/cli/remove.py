"""The command `remove`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corpus_vn_police.cli.options import Folder, Json
from corpus_vn_police.cli.show import as_values, print_json, print_notes, print_table, progress
from corpus_vn_police.cli.words import left_out
from corpus_vn_police.errors import InputError
from corpus_vn_police.files import UNREADABLE, read_file, why
from corpus_vn_police.text import as_counts, counted, printable

if TYPE_CHECKING:
    from corpus_vn_police.commands.remove import Removal

_ID = re.compile(r"[0-9a-f]{16}")


def remove(
    folder: Folder,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why, in one line; it is not written into the build.")
    ],
    ids: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="ID", help="A record, or a seed that was left out; may be repeated."),
    ] = None,
    ids_file: Annotated[
        Path | None, typer.Option("--ids", metavar="FILE", help="A file of ids, one per line; # begins a comment.")
    ] = None,
    near: Annotated[
        float | None,
        typer.Option(metavar="T", help="Also remove records that are as similar as T (from 0 to 1) or more."),
    ] = None,
    seeds: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where removed.csv and CHANGES.md are written; by default, lines are printed."
        ),
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(
            "--version", metavar="X.Y.Z", help="The version of the new build; by default, it does not change."
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Remove records from a build, and keep them out of later builds."""
    import corpus_vn_police as cvp

    named = [*(ids or []), *(_read_ids(ids_file) if ids_file else [])]
    with progress(quiet=as_json) as moved:
        removal = cvp.remove(folder, named, reason=reason, near=near, seeds=seeds, version=version, progress=moved)
    if as_json:
        print_json(as_values(removal))
    else:
        _print_removal(removal)
    return 0


def _read_ids(path: Path) -> list[str]:
    """The ids of a file, one per line; empty lines, and what follows a `#`, are left out.

    Raises:
        InputError: it cannot be read, or a line is not an id.
    """
    try:
        lines = read_file(path).decode("utf-8-sig").splitlines()
    except UNREADABLE as error:
        raise InputError(f"{path}: cannot be read: {why(error)}", "give a text file of ids, one per line") from error
    names = []
    for number, line in enumerate(lines, 1):
        name = line.partition("#")[0].strip()
        if name and not _ID.fullmatch(name):
            raise InputError(
                f"{path}, line {number}: expected an id, 16 of the characters 0-9 and a-f, got {name[:40]!r}",
                "give one id per line; the report saves such a file",
            )
        names += [name] if name else []
    return names


def _print_removal(removal: Removal) -> None:
    """A takedown, for people."""
    from corpus_vn_police.dataset.tombstones import COLUMNS

    for name in removal.already:
        print(printable(f"{name}: was taken down before"))
    for name in removal.removed:
        print(printable(f"{name}: taken down"))
    for name in removal.copies:
        print(printable(f"{name}: also taken down, because it is a copy that was left out"))
    print(printable(removal.path) + ("" if removal.removed else ": nothing was changed"))
    print(f"  {removal.digest}")
    published = counted(removal.status["published"], "record")
    print(f"  {published} of {counted(removal.seeds, 'seed')}; {left_out(removal.status)}")
    print(f"  splits  {as_counts(removal.splits)}")
    if removal.alike:
        columns = ["record", "like", "similarity", "shared 13-grams"]
        shares = ["–" if pair.shared is None else f"{pair.shared * 100:.0f} %" for pair in removal.alike]
        rows = [
            [pair.id, pair.like, f"{pair.similarity:.2f}", share]
            for pair, share in zip(removal.alike, shares, strict=True)
        ]
        print_table("Still published, and similar to what was taken down", columns, rows)
    for pair in removal.alike:
        if pair.similarity == 1:
            still = f"{pair.id} is still published with the text of {pair.like}"
            print_notes([f"{still}; to take it down too: --id {pair.id}"])
    if removal.written:
        print("wrote " + " and ".join(map(printable, removal.written)))
    elif removal.lines:
        print(f"for removed.csv beside corpus.toml (its first line is {','.join(COLUMNS)}):")
        print("\n".join(map(printable, removal.lines)))

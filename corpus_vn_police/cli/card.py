"""The command `card`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corpus_vn_police.cli.options import Json, Located
from corpus_vn_police.cli.show import print_json
from corpus_vn_police.text import printable, visible

if TYPE_CHECKING:
    from corpus_vn_police.documents.card import Mismatch


def card(
    folder: Located,
    check: Annotated[
        bool, typer.Option("--check", help="Compare instead of printing; exit 1 if the card differs.")
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="Fill (or check) the measured blocks of your own FILE."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Print the card of a build, or check it against the files.

    It is made again from the files. With --file, the blocks of FILE are filled in place; empty blocks stay empty.
    """
    import corpus_vn_police as cvp
    from corpus_vn_police.dataset.layout import CARD

    name = str(file or f"{folder}/{CARD}")
    if not check:
        text = cvp.card(folder, file=file)
        if as_json:
            print_json({"card": text})
        else:
            print(visible(text) if file is None else f"filled {printable(file)}", end="" if file is None else "\n")
        return 0
    found = cvp.check_card(folder, file=file)
    if as_json:
        print_json({"ok": not found, "differences": [asdict(each) for each in found]})
        return int(bool(found))
    for each in found:
        print(printable(f"{name}:{each.line}: {each.block or 'between blocks'}"))
        _print_lines("expected", each.expected)
        _print_lines("got", each.got)
    print(f"{printable(name)}: {_summary(found)}")
    return int(bool(found))


def _print_lines(what: str, text: str) -> None:
    for line in text.split("\n"):
        print(f"  {what:8} {printable(line)}")


def _summary(found: list[Mismatch]) -> str:
    if not found:
        return "says what the files say"
    return f"differs from the files in {len(found)} place{'' if len(found) == 1 else 's'}"

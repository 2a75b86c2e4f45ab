"""The command `build`."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corpus_vn_police.cli.options import Config, Json, Workers
from corpus_vn_police.cli.show import print_json, print_notes, progress, say
from corpus_vn_police.cli.words import command, left_out, load_line
from corpus_vn_police.engine.bars import on_terminal
from corpus_vn_police.text import as_counts, counted, printable

if TYPE_CHECKING:
    from corpus_vn_police.commands.built.handle import Build

_PRINTED = ("digest", "version", "seeds", "status", "splits", "unused", "notes")


class DedupLevel(enum.StrEnum):
    """Which duplicates are left out."""

    near = "near"
    exact = "exact"
    off = "off"


def build(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write; an older build is replaced.")],
    seeds: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SEEDS",
            help="Folders, files, archives, globs or URLs; by default, the shipped seeds.",
            show_default=False,
        ),
    ] = None,
    config: Config = None,
    workers: Workers = None,
    dedup: Annotated[
        DedupLevel | None, typer.Option(help="Which duplicates are left out; by default, as corpus.toml says.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail if a seed is rejected.")] = False,
    date: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM-DD", help="The date of the build; by default, the date of the newest record."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume/--no-resume", help="Continue an interrupted build, or start again.")
    ] = True,
    rehash: Annotated[
        bool, typer.Option("--rehash", help="Read all seeds and write all files, even if nothing has changed.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Turn seeds into a dataset."""
    import corpus_vn_police as cvp

    with progress(quiet=as_json) as moved:
        built = cvp.build(
            seeds or None,
            out=out,
            config=config,
            workers=workers,
            dedup=dedup.value if dedup else None,
            strict=strict,
            date=date,
            progress=moved,
            resume=resume,
            rehash=rehash,
        )
    print_notes(built.notes)
    if built.notes and on_terminal() and not as_json:
        say("")
    if as_json:
        print_json({"out": built.path, **{name: getattr(built, name) for name in _PRINTED}})
        return 0
    _print_build(built, seeds or [], config)
    return 0


def _print_build(built: Build, seeds: list[str], config: Path | None) -> None:
    """What was built, and what can be done next: commands that can be copied."""
    from corpus_vn_police.dataset.layout import LEDGER

    records = counted(built.status["published"], "record")
    print(f"{printable(built.path)}: {records} of {counted(built.seeds, 'seed')}, version {built.version}")
    print(f"  {built.digest}")
    print(f"  splits    {as_counts(built.splits)}")
    if left_out(built.status):
        print(printable(f"  left out  {left_out(built.status)}; each has a row in {built.path}/{LEDGER}"))
    inputs = [word for each in seeds for word in ("--seeds", each)] + (["--config", str(config)] if config else [])
    print("\nNext:")
    print(f"  check  {command('verify', built.path)}")
    print(f"  look   {command('report', built.path, *inputs, '--out', 'report.html')}")
    print(f"  load   {load_line(built.path)}")

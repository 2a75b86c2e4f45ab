"""What people and machines see: results on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from corpus_vn_police.engine.bars import on_stderr, on_terminal
from corpus_vn_police.engine.progress import Progress, amount, named, silent
from corpus_vn_police.errors import CorpusError, InterruptedBuildError
from corpus_vn_police.results import PathResult
from corpus_vn_police.text import printable


def speaks_unicode() -> bool:
    """Whether stdout can hold Vietnamese letters as they are."""
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"


def say(line: str) -> None:
    """A line for people, on stderr; nobody reads it if stderr is closed or full."""
    if sys.stderr is not None:  # `print(file=None)` writes to stdout, among the JSON
        with contextlib.suppress(OSError):
            print(line, file=sys.stderr)


def flush_stdout() -> None:
    """Hand what was printed to the system.

    Raises:
        OSError: it does not take it; stdout is a full disk, or its reader went away.
    """
    if sys.stdout is not None:
        sys.stdout.flush()


def silence_stdout() -> None:
    """Drop what stdout still holds, so that Python's own flush at the exit does not fail again."""
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def print_json(value: Any) -> None:
    """A line of JSON on stdout."""
    # Half a surrogate pair (from a name that is not UTF-8) has no UTF-8; ASCII escapes have.
    print(json.dumps(value, ensure_ascii=True), flush=False)


def as_values(result: PathResult) -> dict[str, Any]:
    """The fields of a result for machines, its path as `out`."""
    values = asdict(result)
    return {"out": values.pop("path"), **values}


def print_error(error: CorpusError, as_json: bool) -> None:
    """An error: on stderr for people, on stdout for machines."""
    try:
        if as_json:
            print_json({"error": {"code": error.code, "message": error.message, "hint": error.hint}})
        flush_stdout()
    except OSError:  # else Python tries again when it exits, and exits with 120
        silence_stdout()
        as_json = False
    if as_json:
        return
    say_labelled("error", error.message)
    if error.hint:
        say_labelled("hint", error.hint)


def print_notes(notes: Iterable[str]) -> None:
    """What the keeper should know, on stderr."""
    for note in notes:
        say_labelled("note", note)


def say_labelled(label: str, text: str) -> None:
    """A message for people, on stderr: its label before the first line, and all lines in one column."""
    say(fitted(f"{label + ': ':<7}", text, sys.stderr))


def print_labelled(label: str, text: str, margin: int | None = None) -> None:
    """As `say_labelled`, on stdout, with the label as it is given."""
    print(fitted(label, text, sys.stdout, margin))


def fitted(label: str, text: str, stream: TextIO | None, margin: int | None = None) -> str:
    """A text behind its label, its lines broken between words to fit the terminal that the stream is.

    A stream that is not a terminal gets the lines as they are: what reads them may look for whole lines. All lines
    but the first begin after `margin` spaces; None is the length of the label.
    """
    lines = [printable(line) for line in text.split("\n")]
    columns, margin = _columns(stream), len(label) if margin is None else margin
    if columns is not None:
        lines = [part for line in lines for part in _broken(line, max(columns - max(len(label), margin), 20))]
    return label + f"\n{' ' * margin}".join(lines)


def _broken(line: str, width: int) -> list[str]:
    """A line as several that fit; a line that is indented (a command or a setting, to be copied) stays whole."""
    if line.startswith(" "):
        return [line]
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]


def _columns(stream: TextIO | None) -> int | None:
    """The columns of the terminal that a stream is; None if it is something else."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or None if stream and stream.isatty() else None
    except (OSError, ValueError):  # closed, or only said to be a terminal
        return None


def print_table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """A table on stdout; numbers to the right, texts folded into the width of the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0))
    for place, column in enumerate(columns):
        right = all(isinstance(row[place], int | float) or str(row[place]).endswith(" %") for row in rows)
        table.add_column(printable(column), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(f"{cell:,}" if isinstance(cell, int) else printable(cell)) for cell in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=160)
    console.print(Text(printable(title), style="bold"))  # a table's own title is folded into the width of the table
    console.print(table)


@contextlib.contextmanager
def progress(quiet: bool) -> Iterator[Progress]:
    """Progress on stderr: a line that moves on a terminal, a line every 10 seconds elsewhere.

    Raises:
        InterruptedBuildError: of Ctrl-C, if what it left is known: typer would drop that.
    """
    with contextlib.ExitStack() as shown:
        moved = silent if quiet else _plain()
        if not quiet and on_terminal():
            moved = shown.enter_context(on_stderr())
        try:
            yield moved
        except KeyboardInterrupt as stopped:
            if not stopped.args:
                raise
            raise InterruptedBuildError(*stopped.args) from None


def _plain() -> Progress:
    import time

    sums: dict[str, int] = {}
    last = time.monotonic()

    def moved(step: str, done: int, total: int | None) -> None:
        nonlocal last
        sums[step] = sums.get(step, 0) + done
        under_way = 0 < sums[step] != total  # that a step begins or ends is not worth a line
        if under_way and time.monotonic() - last >= 10:
            last = time.monotonic()
            say(f"{named(step)}: {amount(step, sums[step], total)}")

    return moved

"""Bars of progress, on a terminal and in a notebook: one at a time, so that two builds in threads do not mix theirs."""

from __future__ import annotations

import contextlib
import html
import importlib
import sys
import threading
import time
from collections.abc import Iterator

from corpus_vn_police.engine.progress import Progress, amount, named, silent

_PATIENCE = 0.5  # seconds after which a notebook shows a bar: most builds of a few seeds end before
_PAUSE = 0.25  # seconds between two updates of it

_one_at_a_time = threading.Lock()


@contextlib.contextmanager
def bar(always: bool = False) -> Iterator[Progress]:
    """A bar while a command runs; nothing is shown where nobody looks, or while another bar is shown.

    Args:
        always: whether it is shown on a stderr that is not a terminal, too.
    """
    if not (in_notebook() or on_terminal() or always) or not _one_at_a_time.acquire(blocking=False):
        yield silent
        return
    try:
        with in_notebook_output() if in_notebook() else on_stderr() as moved:
            yield moved
    finally:
        _one_at_a_time.release()


def on_terminal() -> bool:
    """Whether stderr is a terminal."""
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except ValueError:  # it is closed
        return False


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return any(kind.__name__ == "ZMQInteractiveShell" for kind in type(shell).__mro__)


@contextlib.contextmanager
def on_stderr() -> Iterator[Progress]:
    """A line per step on stderr, which is gone at the end."""
    import rich.progress
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<7}", markup=False),
        BarColumn(24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[amount]}", markup=False),
    )
    with rich.progress.Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        tasks: dict[str, TaskID] = {}
        sums: dict[str, int] = {}

        def moved(step: str, done: int, total: int | None) -> None:
            if step not in tasks:
                tasks[step] = shown.add_task(named(step), total=total, amount="")
            sums[step] = sums.get(step, 0) + done
            shown.update(tasks[step], completed=sums[step], total=total, amount=amount(step, sums[step], total))

        yield moved


@contextlib.contextmanager
def in_notebook_output() -> Iterator[Progress]:
    """A line per step below the cell, which is gone at the end.

    By IPython alone: what rich shows in a notebook needs ipywidgets.
    """
    display = importlib.import_module("IPython.display")
    steps: dict[str, tuple[int, int | None]] = {}
    handle = None
    due = time.monotonic() + _PATIENCE

    def moved(step: str, done: int, total: int | None) -> None:
        nonlocal handle, due
        steps[step] = steps.get(step, (0, None))[0] + done, total
        if time.monotonic() < due:
            return
        due = time.monotonic() + _PAUSE
        page = display.HTML("".join(_line(name, *counts) for name, counts in steps.items()))
        if handle is None:
            handle = display.display(page, display_id=True)
        else:
            handle.update(page)

    try:
        yield moved
    finally:
        if handle is not None:
            handle.update(display.HTML(""))


def _line(step: str, done: int, total: int | None) -> str:
    """A step as HTML."""
    of = "" if total is None else f' max="{max(total, 1)}" value="{done}"'
    return f"<div>{html.escape(named(step))} <progress{of}></progress> {amount(step, done, total)}</div>"

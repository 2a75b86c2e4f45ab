"""How a command reports its progress: to a callable, as a bar, and to `logging`."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator

Progress = Callable[[str, int, int | None], None]
"""Called with the name of a step, how many items it has just done, and how many there are; None if that is not
known."""

BYTES = " bytes"
"""What the name of a step ends with if it counts bytes, because it is not known how many seeds there are."""

Reporting = Progress | bool | None
"""What `progress=` takes: a callable; True for a bar; False for none; None for one on a terminal or in a notebook."""

LOG = logging.getLogger("corpus_vn_police")
LOG.addHandler(logging.NullHandler())  # else Python prints the warnings of a program that has no logging


def named(step: str) -> str:
    """The name of a step for people."""
    return step.removesuffix(BYTES)


def amount(step: str, done: int, total: int | None) -> str:
    """How much of a step is done: `853 of 2,853`, `8.2 of 13.6 MB`; without the total if it is not known, or wrong."""
    unit, digits, scale = (" MB", 1, 1e6) if step.endswith(BYTES) else ("", 0, 1)
    known = f" of {total / scale:,.{digits}f}" if total is not None and done <= total else ""
    return f"{done / scale:,.{digits}f}{known}{unit}"


def silent(step: str, done: int, total: int | None) -> None:
    """Say nothing."""


@contextlib.contextmanager
def reported(command: str, wanted: Reporting) -> Iterator[Progress]:
    """While a command runs: what it calls with its progress, which is shown as wanted and logged.

    Args:
        command: its name.
        wanted: how the progress is shown.
    """
    with contextlib.ExitStack() as shown:
        if callable(wanted):
            progress: Progress = wanted
        elif wanted is False:
            progress = silent
        else:
            from corpus_vn_police.engine.bars import bar

            progress = shown.enter_context(bar(always=bool(wanted)))
        yield shown.enter_context(_logged(command, progress))


@contextlib.contextmanager
def _logged(command: str, progress: Progress) -> Iterator[Progress]:
    """Log the beginning and the end of a command and of its steps; a step ends where the next one begins."""
    begin = since = time.monotonic()
    current, done_so_far = "", 0

    def step_ends() -> None:
        if current:
            LOG.info("%s: %s: %s in %.1f s", command, current, f"{done_so_far:,}", time.monotonic() - since)

    def moved(step: str, done: int, total: int | None) -> None:
        nonlocal current, done_so_far, since
        if step != current:
            step_ends()
            current, done_so_far, since = step, 0, time.monotonic()
            LOG.info("%s: %s begins%s", command, step, "" if total is None else f", {total:,} to do")
        done_so_far += done
        progress(step, done, total)

    LOG.info("%s begins", command)
    yield moved
    step_ends()
    LOG.info("%s: done in %.1f s", command, time.monotonic() - begin)

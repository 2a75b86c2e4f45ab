"""How a command reports its progress."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""Called with the name of a step, how many items it has just done, and how many there are; None if that is not
known."""


def silent(step: str, done: int, total: int | None) -> None:
    """Say nothing."""

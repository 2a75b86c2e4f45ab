"""Counts, lists and commands in words, for people."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from corpus_vn_police.text import counted, printable

_STATUS = {
    "duplicate": ("duplicate", "duplicates"),
    "near_duplicate": ("near duplicate", "near duplicates"),
    "rejected": ("rejected", "rejected"),
    "removed": ("removed", "removed"),
}


def left_out(status: Mapping[str, int]) -> str:
    """What became of the seeds that are not published: `60 duplicates, 5 rejected`; empty if all are."""
    return ", ".join(counted(status[name], *words) for name, words in _STATUS.items() if status.get(name))


def percent(part: int, whole: int) -> str:
    """A share: `3.5 %`; a dash if it is of nothing, and never 0 if there is some."""
    if not whole:
        return "–"
    return "< 0.1 %" if 0 < part / whole < 0.0005 else f"{part / whole * 100:.1f} %"


def command(name: str, *arguments: object) -> str:
    """A command that can be copied into a shell."""
    return printable(shlex.join(["corpus-vn-police", name, *map(str, arguments)]))


def load_line(place: str, **more: str) -> str:
    """The line of Python that loads a build."""
    named = "".join(f", {key}={_string(value)}" for key, value in more.items())
    return printable(f"datasets.load_dataset({_string(place)}{named})")


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

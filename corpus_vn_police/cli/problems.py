"""What `verify` found, as `verify` and `publish` print it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from corpus_vn_police.text import printable

if TYPE_CHECKING:
    from corpus_vn_police.commands.verify import Verification


def as_values(found: Verification) -> dict[str, Any]:
    """What was found, for machines."""
    return {
        "ok": found.ok,
        "digest": found.digest,
        "problems": [asdict(problem) for problem in found.problems],
        "warnings": [asdict(warning) for warning in found.warnings],
        "unchecked": list(found.unchecked),
    }


def print_problems(found: Verification) -> None:
    """The problems and warnings that were found, and what to do about each kind."""
    from corpus_vn_police.commands.verify.hints import HINTS, WARNINGS

    for problem in found.problems:
        print(printable(f"{problem.file}: {problem.code}: {problem.detail}"))
    for warning in found.warnings:
        print(printable(f"{warning.file}: warning: {warning.code}: {warning.detail}"))
    for code in dict.fromkeys(each.code for each in (*found.problems, *found.warnings)):
        print(f"  {code}: {(HINTS | WARNINGS)[code]}")

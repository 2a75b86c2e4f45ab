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
        "unchecked": list(found.unchecked),
    }


def print_problems(found: Verification) -> None:
    """The problems that were found, and what to do about each kind."""
    from corpus_vn_police.commands.verify.hints import HINTS

    for problem in found.problems:
        print(printable(f"{problem.file}: {problem.code}: {problem.detail}"))
    for code in dict.fromkeys(problem.code for problem in found.problems):
        print(f"  {code}: {HINTS[code]}")

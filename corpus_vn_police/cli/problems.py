"""What `verify` found, as `verify` and `publish` print it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from corpus_vn_police.text import printable

if TYPE_CHECKING:
    from corpus_vn_police.verify import Report


def report_json(report: Report) -> dict[str, Any]:
    """A report for machines."""
    return {
        "ok": report.ok,
        "digest": report.digest,
        "problems": [asdict(problem) for problem in report.problems],
        "unchecked": list(report.unchecked),
    }


def print_problems(report: Report) -> None:
    """The problems of a report, and of each kind what to do next."""
    from corpus_vn_police.verify.hints import HINTS

    for problem in report.problems:
        print(printable(f"{problem.file}: {problem.code}: {problem.detail}"))
    for code in dict.fromkeys(problem.code for problem in report.problems):
        print(f"  {code}: {HINTS[code]}")

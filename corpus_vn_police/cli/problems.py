"""What `verify` found, as `verify` and `publish` print it."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from corpus_vn_police.cli.show import print_labelled
from corpus_vn_police.text import printable

if TYPE_CHECKING:
    from corpus_vn_police.commands.verify import Verification

_NAMED = 5  # problems of a kind that are named before they are counted
_SHA256 = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_SHORT = r"\1…"


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
    """The problems and warnings that were found, those of a kind together, with what to do about them."""
    from corpus_vn_police.commands.verify.hints import HINTS, WARNINGS, WORDS

    for kind, problems in (("", found.problems), ("Warning: ", found.warnings)):
        for code in dict.fromkeys(each.code for each in problems):
            mine = [each for each in problems if each.code == code]
            print(f"\n{kind}{_sentence(WORDS[code])} ({code})")
            for each in mine[:_NAMED]:
                print_labelled("  ", printable(f"{each.file}: {_SHA256.sub(_SHORT, each.detail)}"), margin=4)
            if len(mine) > _NAMED:
                print(f"  and {len(mine) - _NAMED:,} more")
            print_labelled("  -> ", (HINTS | WARNINGS)[code])


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]

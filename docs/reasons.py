"""Write the table of docs/reasons.md from the list of reasons in the code: `python docs/reasons.py`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from corpus_vn_police.reasons import BROKEN_KEYWORD, REASONS

PAGE = Path(__file__).with_name("reasons.md")
_TABLE = re.compile(r"^\|.*\n(?:\|.*\n)*", re.MULTILINE)


def table() -> str:
    """The reasons as a Markdown table, one line each."""
    lines = ["| code | what it means | what to do | decided by |", "|---|---|---|---|"]
    for reason in (*REASONS.values(), BROKEN_KEYWORD):
        section, _, key = (reason.setting or "").partition(".")
        setting = f"`[{section}] {key}`" if key else ""
        lines.append(f"| `{reason.code}` | {reason.meaning} | {reason.remedy} | {setting} |")
    return "\n".join(lines) + "\n"


def with_table(page: str) -> str:
    """The page with its table as it should be."""
    return _TABLE.sub(lambda _: table(), page, count=1)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")

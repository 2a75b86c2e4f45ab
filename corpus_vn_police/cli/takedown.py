"""What `remove` reads and prints."""

from __future__ import annotations

from pathlib import Path

from corpus_vn_police.cli.show import print_table, printable
from corpus_vn_police.errors import InputError
from corpus_vn_police.remove import Removal
from corpus_vn_police.tombstones import COLUMNS


def read_ids(path: Path) -> list[str]:
    """The ids of a file, one a line; empty lines are none.

    Raises:
        InputError: it cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}", "give a text file of ids, one a line") from error
    return [line.strip() for line in lines if line.strip()]


def print_removal(removal: Removal) -> None:
    """A takedown, for people."""
    for name in removal.already:
        print(f"{name}: had been taken down before")
    for name in removal.removed:
        print(f"{name}: taken down")
    for name in removal.copies:
        print(f"{name}: taken down with it, as a copy that had been left out")
    print(printable(removal.out) + ("" if removal.removed else ": nothing was changed"))
    print(f"  {removal.digest}")
    status = ", ".join(f"{count:,} {status}" for status, count in removal.status.items() if count)
    print(f"  {status} of {removal.seeds:,} rows")
    print("  " + ", ".join(f"{split} {count:,}" for split, count in removal.splits.items()))
    if removal.alike:
        columns = ["record", "like", "similarity", "13-grams shared"]
        rows = [[pair.id, pair.like, f"{pair.similarity:.2f}", f"{pair.shared:.0%}"] for pair in removal.alike]
        print_table("Still published, and like what was taken down", columns, [list(row) for row in rows])
    if removal.written:
        print("wrote " + " and ".join(map(printable, removal.written)))
    elif removal.lines:
        print(f"for removed.csv beside corpus.toml (its first line is {','.join(COLUMNS)}):")
        print("\n".join(map(printable, removal.lines)))

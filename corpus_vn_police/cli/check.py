"""The command `check`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from corpus_vn_police.cli.options import Config, Json, Seeds, Workers
from corpus_vn_police.cli.show import flush_stdout, print_json, print_notes, progress
from corpus_vn_police.text import printable


@dataclass
class _Fold:
    """Rows of the ledger of which the same is said: how many there are, and the first one."""

    first: dict[str, Any]
    rows: int = 0


def check(
    seeds: Seeds,
    config: Config = None,
    workers: Workers = None,
    no_dedup: Annotated[
        bool, typer.Option("--no-dedup", help="Do not look for copies, which is quicker; corpus.toml is not changed.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Say what build would do with seeds; write nothing.

    Prints what becomes of seeds that would not be published. With --json, prints one row of the ledger per line.
    """
    from corpus_vn_police.commands.build.notes import as_counts, seed_notes
    from corpus_vn_police.commands.check import checking, is_fine
    from corpus_vn_police.dataset.figures import STATUSES

    status: Counter[str] = Counter()
    folds: dict[tuple[Any, ...], _Fold] = {}
    level = "off" if no_dedup else None
    with (
        progress(quiet=as_json) as moved,
        checking(seeds, config=config, workers=workers, dedup=level, progress=moved) as decision,
    ):
        for table in decision.ledger():
            for row in table.to_pylist():
                status[row["status"]] += 1
                if as_json:
                    print_json(row)
                elif row["status"] != "published":
                    said = tuple(row[name] for name in ("status", "reason", "pointer", "detail"))
                    folds.setdefault(said, _Fold(row)).rows += 1
        splits, notes = decision.splits, seed_notes(decision)
    if not as_json:
        for fold in folds.values():
            print(printable(_line(fold)))
        named = {"published": "would be published"}
        print(", ".join(f"{status[name]:,} {named.get(name, name)}" for name in STATUSES if status[name]))
        if splits:
            print(as_counts(splits))
    flush_stdout()  # so that the notes come last, also in a file that has both
    print_notes(notes)
    return int(not is_fine(status))


def _line(fold: _Fold) -> str:
    """What is said of some rows of the ledger, with the first one as an example."""
    row = fold.first
    which, what = row["path"] or row["id"], row["reason"] or row["status"]
    if row["pointer"]:
        what += f" {row['pointer']}"
    of = ""
    if row["duplicate_of"]:
        of = f" of {row['duplicate_of']} ({row['similarity']:.2f})"
        what = "copy" if fold.rows == 1 else "copies"
    said = f": {row['detail']}" if row["detail"] else ""
    return f"{which}: {what}{of}{said}" if fold.rows == 1 else f"{fold.rows:,} rows: {what}{said}; first: {which}{of}"

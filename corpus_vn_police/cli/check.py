"""The command `check`."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from corpus_vn_police.cli.options import Config, Json, Seeds, Workers
from corpus_vn_police.cli.show import flush_stdout, print_json, print_labelled, print_notes, progress
from corpus_vn_police.cli.words import left_out
from corpus_vn_police.text import as_counts, counted, printable


def check(
    seeds: Seeds,
    config: Config = None,
    workers: Workers = None,
    no_dedup: Annotated[bool, typer.Option("--no-dedup", help="Do not look for duplicates, which is quicker.")] = False,
    as_json: Json = False,
) -> int:
    """Say what build would do with seeds; write nothing.

    Prints which seeds would not be published, and why; exits with 1 if one is rejected. With --json, prints one row
    of the ledger per line.
    """
    import polars as pl

    from corpus_vn_police.cli.folded import Folded
    from corpus_vn_police.commands.build.notes import seed_notes
    from corpus_vn_police.commands.check import checking, is_fine

    status: Counter[str] = Counter()
    folded = Folded()
    level = "off" if no_dedup else None
    with (
        progress(quiet=as_json) as moved,
        checking(seeds, config=config, workers=workers, dedup=level, progress=moved) as decision,
    ):
        for table in decision.ledger():
            rows = pl.DataFrame(table)
            status.update(dict(rows["status"].value_counts().iter_rows()))
            if as_json:
                for row in rows.iter_rows(named=True):
                    print_json(row)
            else:
                folded.add(rows.filter(pl.col("status") != "published"))
        splits, notes = decision.splits, seed_notes(decision)
    if not as_json:
        for line in folded.lines():
            print_labelled("", printable(line), margin=2)
        others = f"; {left_out(status)}" if left_out(status) else ""
        print(f"{status['published']:,} of {counted(status.total(), 'seed')} would be published{others}")
        if splits:
            print(f"  splits  {as_counts(splits)}")
    flush_stdout()  # so that the notes come last, also in a file that has both
    print_notes(notes)
    return int(not is_fine(status))

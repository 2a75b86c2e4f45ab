"""The command `verify`."""

from __future__ import annotations

from corpus_vn_police.cli.options import Json, Located
from corpus_vn_police.cli.problems import as_values, print_problems
from corpus_vn_police.cli.show import print_json
from corpus_vn_police.text import printable


def verify(folder: Located, as_json: Json = False) -> int:
    """Check a build: digests, schema, ledger, splits, copies, card.

    It also checks the configs row by row, what splits share, the pictures and the Croissant file.
    """
    import corpus_vn_police as cvp
    from corpus_vn_police.cli.tables import copies_line, sharing_line

    found = cvp.verify(folder)
    if as_json:
        print_json(as_values(found))
    else:
        print_problems(found)
        print(f"{printable(folder)}: {'fine' if found.ok else f'{len(found.problems)} problems'}")
        if found.ok:
            print(f"  {found.digest}")
        for line in found.unchecked:
            print(printable(f"  not checked: {line}"))
        if found.copies and found.copies.sampled:
            print(f"  {copies_line(found.copies)}")
        for each in found.sharing:
            print(printable(f"  {sharing_line(each)}"))
    return int(not found.ok)

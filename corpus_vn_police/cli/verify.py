"""The command `verify`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from corpus_vn_police.cli.options import Json, Located
from corpus_vn_police.cli.problems import as_values, print_problems
from corpus_vn_police.cli.show import print_json, print_labelled
from corpus_vn_police.cli.words import percent
from corpus_vn_police.text import counted, printable

if TYPE_CHECKING:
    from corpus_vn_police.commands.verify import Verification
    from corpus_vn_police.dedup.leaks import PublishedCopies, Sharing


def verify(folder: Located, as_json: Json = False) -> int:
    """Check a build: files, rows, ledger, duplicates, splits, card.

    Says of each problem what to do about it, and exits with 1 if there is one.
    """
    import corpus_vn_police as cvp

    found = cvp.verify(folder)
    if as_json:
        print_json(as_values(found))
        return int(not found.ok)
    verdict = "no problem found" if found.ok else counted(len(found.problems), "problem")
    print(f"{printable(folder)}: {verdict}")
    if found.ok:
        print(f"  {found.digest}")
    for what, line in _checked(found):
        print_labelled(f"  {what:<10}  ", line)
    print_problems(found)
    return int(not found.ok)


def _checked(found: Verification) -> Iterator[tuple[str, str]]:
    """What was checked, and what came of it: a word and a line."""
    if found.ok:
        yield "files", f"{found.files:,}, each with the bytes that the manifest says"
        yield "records", f"{found.records:,}, each checked against the schema"
    if found.copies:
        yield "duplicates", _copies(found.copies, found.records)
    elif found.ok:
        yield "duplicates", "not looked for, as the build's settings say"
    for place, each in enumerate(found.sharing):
        yield "" if place else "splits", _shared(each)
    for place, line in enumerate(found.unchecked):
        yield "" if place else "unchecked", printable(line)


def _copies(copies: PublishedCopies, records: int) -> str:
    """What the search for duplicates found among the records, and whether comparing them one by one found more."""
    found = counted(len(copies.pairs), "pair") if copies.pairs else "none"
    if not copies.sampled:
        return found
    if copies.sampled == records and not copies.missed:
        return f"{found}; each record was compared with all others"
    missed = counted(len(copies.missed), "pair") if copies.missed else "none"
    named = "".join(f" ({pair.left} like {pair.kept}, {pair.similarity:.2f})" for pair in copies.missed[:1])
    return (
        f"{found}. Spot check: {counted(copies.sampled, 'record')} compared with all others; "
        f"the duplicate search missed {missed}{named}"
    )


def _shared(each: Sharing) -> str:
    """What a split shares with an earlier one, and the record that shares the most."""
    from corpus_vn_police.dedup.leaks import NGRAM

    line = f"{each.split} shares {percent(each.shared, each.ngrams)} of its {NGRAM}-grams with {each.earlier}"
    if not each.records:
        return line
    most = each.records[0]
    return f"{line}\nmost: {percent(most.shared, most.ngrams)} of {most.id}, which is like {most.like}"

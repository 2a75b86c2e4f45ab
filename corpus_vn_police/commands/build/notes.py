"""What a keeper should know about a build: lines for people."""

from __future__ import annotations

import json
from pathlib import Path

from corpus_vn_police.commands.versions import propose, version_numbers
from corpus_vn_police.config import Corpus
from corpus_vn_police.dataset.layout import MANIFEST
from corpus_vn_police.dataset.manifest import read_manifest
from corpus_vn_police.documents.pictures import can_draw
from corpus_vn_police.stages.read import Skipped
from corpus_vn_police.stages.split import suggest_starts
from corpus_vn_police.state.index import Index


def skipped_note(skipped: Skipped) -> list[str]:
    """Which files were skipped; no line if there were none."""
    return [f"skipped, because they are not seeds: {said}"] if (said := skipped.said()) else []


_NAMED = 8  # keys that a line names


def unused_note(corpus: Corpus, index: Index) -> list[str]:
    """Which keys of the rows nothing reads, and whether one of them may be the date that no record has."""
    unused, dates = index.unused(), index.unused("unused_dates")
    notes = []
    if dates and not index.dates():
        first = next(iter(dates))
        line = f"date = {json.dumps(first, ensure_ascii=False)}"
        notes.append(
            f"no record has a date, but these keys have values like dates: {_counted(dates)}; "
            f"to read one of them add to corpus.toml:\n[rows]\n{line}"
        )
    if unused:
        known = "record" if not corpus.own else "record and the own fields"
        notes.append(f"keys that are not read, as the {known} do not have them: {_counted(unused)}")
    return notes


def _counted(names: dict[str, int]) -> str:
    """Names with their counts, as many as fit on a line or two."""
    shown = [f"{name} ({count:,})" for name, count in list(names.items())[:_NAMED]]
    more = [f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return ", ".join([*shown, *more])


def version_note(out: Path, new: Path, corpus: Corpus) -> list[str]:
    """Which version the changes since the older build ask for; no line if there is no older build."""
    if not (out / MANIFEST).is_file():
        return []
    try:
        before = read_manifest(out)
        version_numbers(before["version"])
    except ValueError:  # of another version of the manifest's schema, or damaged: it is replaced all the same
        return []
    proposal = propose(out, new, before, read_manifest(new))
    note = proposal and proposal.note(corpus.version, corpus.changes)
    return [note] if note else []


def pictures_note() -> list[str]:
    """That the build has no pictures, if none can be drawn."""
    return [] if can_draw() else ["no pictures: they need matplotlib, pip install 'corpus-vn-police[figures]'"]


def splits_note(corpus: Corpus, index: Index) -> list[str]:
    """That all records are in one split, and which settings would divide them."""
    notes = []
    splits = corpus.splits
    if splits.strategy == "temporal" and not (splits.validation_from or splits.test_from):
        lines = "\n".join(f'{key} = "{start}"' for key, start in suggest_starts(index.dates()).items())
        advice = f"; for about 10 % each in validation and test add to corpus.toml:\n[splits]\n{lines}"
        notes.append(f"every record is in train{advice if lines else ''}")
    return notes

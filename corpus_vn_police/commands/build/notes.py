"""What a keeper should know about a build: lines for people."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from corpus_vn_police.commands.build.decide import Decision
from corpus_vn_police.commands.versions import propose, version_numbers
from corpus_vn_police.config import Corpus
from corpus_vn_police.dataset.layout import CARD, MANIFEST
from corpus_vn_police.dataset.manifest import read_manifest
from corpus_vn_police.documents.charts import FEWEST
from corpus_vn_police.documents.pictures import can_draw
from corpus_vn_police.documents.unfinished import Unfinished
from corpus_vn_police.engine.progress import LOG
from corpus_vn_police.stages.read import Skipped
from corpus_vn_police.stages.split import lopsided, suggest_starts
from corpus_vn_police.text import as_counts, readable

_NAMED = 8  # keys that a line names
_SETTINGS = "settings: "
_DEFAULTS = "the defaults (no corpus.toml beside the input; see --config)"
_BY_HASH = 'to divide them by their ids add to corpus.toml:\n[splits]\nstrategy = "hash"'


def seed_notes(decision: Decision) -> list[str]:
    """What the keeper should know of the seeds and of what becomes of them: lines for people."""
    return [
        _settings(decision.corpus.read_from),
        *_skipped(decision.skipped),
        *_unused(decision),
        *_titles(decision),
        *_undivided(decision),
        *_lopsided(decision),
    ]


def _settings(read_from: str | None) -> str:
    """Which settings were used; the path is readable in every locale."""
    return f"{_SETTINGS}{_DEFAULTS if read_from is None else readable(os.fsencode(read_from))}"


def log_notes(command: str, notes: Iterable[str]) -> None:
    """Write notes to the log: which settings were used is information, the others are warnings."""
    for note in notes:
        LOG.log(logging.INFO if note.startswith(_SETTINGS) else logging.WARNING, "%s: %s", command, note)


def _undivided(decision: Decision) -> list[str]:
    """That all records are in train, and which settings would divide them; no line if the settings divide them."""
    splits = decision.corpus.splits
    if splits.strategy != "temporal" or splits.validation_from or splits.test_from:
        return []
    advice = suggest_starts(decision.dates)
    if advice is None:
        why = (
            "no day or month divides their dates well" if decision.dates.keys() - {None} else "none of them has a date"
        )
        return [f"every record is in train: {why}; {_BY_HASH}"]
    lines = "\n".join(f'{key} = "{start}"' for key, start in advice.starts.items())
    return [
        f"every record is in train; for {as_counts(advice.splits)} "
        f"(10 % each, as near as the dates allow) add to corpus.toml:\n[splits]\n{lines}"
    ]


def _lopsided(decision: Decision) -> list[str]:
    """Which splits are too small to be of use."""
    found = lopsided(decision.splits, decision.corpus.splits)
    return [f"{split} {why}: see [splits] in corpus.toml" for split, why in found.items()]


def _skipped(skipped: Skipped) -> list[str]:
    """Which files were skipped; no line if there were none."""
    return [f"skipped, because they are not seeds: {said}"] if (said := skipped.said()) else []


def _unused(decision: Decision) -> list[str]:
    """Which keys of the rows nothing reads, and whether one of them may be the date that no record has."""
    notes = []
    if not decision.dates.keys() - {None}:
        notes += _dateless(decision.index.unused("unused_dates"))
    if decision.unused:
        fields = "neither record nor own fields have them" if decision.corpus.own else "the record has no such fields"
        notes.append(f"keys that are not read, because {fields}: {_counted(decision.unused)}")
    return notes


def _dateless(dates: Mapping[str, int]) -> list[str]:
    """That no record has a date, and how the dates that are there can be read; `dates` counts the keys with dates."""
    lines = {name: count for name, count in dates.items() if name.startswith("# ")}
    keys = {name: count for name, count in dates.items() if name not in lines}
    notes = []
    if keys:
        line = f"date = {json.dumps(next(iter(keys)), ensure_ascii=False)}"
        notes.append(
            f"no record has a date, but these keys have values like dates: {_counted(keys)}; one that is written as "
            f"YYYY[-MM[-DD]], YYYYMMDD or an ISO date-time is read with, in corpus.toml:\n[rows]\n{line}"
        )
    if lines:
        notes.append(
            f"no record has a date, but texts begin with lines that have dates: {_counted(lines)}; "
            "write the date as a header instead, as in ` date 2020-12 `"
        )
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


def pictures_note(records: int) -> list[str]:
    """What a build of so many records needs to have pictures; no line if it has some, or too few records for them."""
    return (
        []
        if records < FEWEST or can_draw()
        else ["no pictures: they need matplotlib, pip install 'corpus-vn-police[figures]'"]
    )


def unfinished_note(new: Path, corpus: Corpus) -> list[str]:
    """What the card of a new build does not say yet; no line if it says all."""
    found = Unfinished.of((new / CARD).read_text(encoding="utf-8"), corpus)
    if not found:
        return []
    return [f"the card is unfinished: {found.summary}; `publish` refuses it, unless you say --unfinished"]


def _titles(decision: Decision) -> list[str]:
    """How many records have a title that is not a headline; no line if there are none."""
    kept = decision.index.titles_kept(decision.settled.published)
    if not kept:
        return []
    have = "1 record has a title" if kept == 1 else f"{kept:,} records have a title"
    rule = "a whole sentence, several sentences or more than 300 characters"
    return [f"{have} that is not a headline ({rule}): it stays in the text"]

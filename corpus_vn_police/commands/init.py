"""`init`: write a corpus.toml and a card into a folder, for the keeper to fill in."""

from __future__ import annotations

import json
import os
import re
import textwrap
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus_vn_police.commands.check import checking
from corpus_vn_police.config import FILE_NAME, corpus_of
from corpus_vn_police.config.given import IN_DICT, Settings, given_settings
from corpus_vn_police.contract import document
from corpus_vn_police.contract.arrow import resolve
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.engine.progress import Progress, Reporting, reported
from corpus_vn_police.errors import ConfigError, DiskError, InputError
from corpus_vn_police.files import StrPath
from corpus_vn_police.stages.split import SplitAdvice, suggest_starts
from corpus_vn_police.text import as_counts, nfd

CARD_NAME = "DATASET_CARD.md"

# The sections of a card on the Hub, each with its questions from "Datasheets for Datasets" (Gebru et al., 2021). The
# build adds the measured parts.
_CARD = """\
# {name}

<!-- The card opens with a measured sentence and the summary from corpus.toml. Write here what a reader should know
next. Comments like this one are not published. A section that you leave empty will say that more information is
needed. -->

## Dataset Details

### Dataset Description

<!-- Who made the dataset, for whom, and who paid for it? What is each text: an article, a page, a post? -->

## Uses

### Direct Use

<!-- What may the dataset be used for? What has it been used for already? -->

### Out-of-Scope Use

<!-- What should the dataset not be used for? -->

## Dataset Creation

### Curation Rationale

<!-- Why was the dataset made? Which gap does it fill? -->

### Source Data

#### Data Collection and Processing

<!-- How were the texts collected, when, by whom, and with which tools? Were all texts taken or only some, and how were
these chosen? What is missing? What was done to the texts before this dataset was built? -->

#### Who are the source data producers?

<!-- Who wrote the texts? Were the authors asked? Who owns the rights? -->

### Annotations

#### Personal and Sensitive Information

<!-- Who is named in the texts? Could anything in them harm or offend those people? -->

## Bias, Risks, and Limitations

<!-- Whose point of view do the texts show? Which errors, repetitions or gaps are known? -->

### Recommendations

<!-- What should people know or do before they use the dataset? -->

## Dataset Card Contact

<!-- Who updates the dataset, and how often? How are errors corrected and texts taken down? -->
"""


@machine_failures()
def init(folder: StrPath, *, config: Settings | None = None, progress: Reporting = None) -> tuple[Path, ...]:
    """Write a commented corpus.toml and a card to fill in; nothing is overwritten.

    Args:
        folder: created if it is missing. If it holds seeds, they are read, and two dates are written into `[splits]`
            that give validation and test about 10 % of the records each, with the numbers of records.
        config: a corpus.toml, or a dict with its keys, whose values are written into the new file. If it has
            `[splits]`, the seeds are not read. None sets only the name.
        progress: as for `build`.

    Returns:
        The files that were written.

    Raises:
        ConfigError: one of the two files exists already, or `config` has a key or a value that is not allowed.
        DiskError: the folder cannot be written.
    """
    with reported("init", progress) as moved:
        return _write(Path(folder), _settings(config), moved)


def _write(folder: Path, settings: dict[str, Any], progress: Progress) -> tuple[Path, ...]:
    paths = (folder / FILE_NAME, folder / CARD_NAME)
    for path in paths:
        if path.exists():
            raise ConfigError(f"{path}: already exists; nothing was written", "edit it, or move it away first")
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder}: is a file", "give the folder of the seeds")
    name = settings.get("name", _name(folder))
    advice = None if "splits" in settings else _advice(folder, progress)
    starts = {} if advice is None else {f"splits.{key}": start for key, start in advice.starts.items()}
    remarks = {} if advice is None else {"splits": f"These dates give {as_counts(advice.splits)}."}
    texts = [config_template(name, _by_key(settings) | starts, remarks), _CARD.format(name=name)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise DiskError(
            f"{folder}: cannot be written: {error.strerror}", "give a folder that you may write to"
        ) from error
    return paths


def _settings(config: Settings | None) -> dict[str, Any]:
    """The keys to write, checked; empty without `config`.

    Raises:
        ConfigError: a key or a value is not allowed, or `config` has `[card]`, which init itself writes.
    """
    if config is None:
        return {}
    given = given_settings(config)
    where = IN_DICT if isinstance(config, Mapping) else os.fspath(config)
    corpus_of(given, None, None, where)
    if "card" in given:
        raise ConfigError(f"{where}: [card] cannot be given to init", f"leave it out: init writes {CARD_NAME}")
    return given


def _by_key(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings by their full keys, such as `splits.test_from`."""
    tables = {key for key, part in document("corpus")["properties"].items() if part.get("type") == "object"}
    found: dict[str, Any] = {}
    for key, value in settings.items():
        found |= {f"{key}.{inner}": each for inner, each in value.items()} if key in tables else {key: value}
    return found


_NO_LETTERS = re.compile("[^A-Za-z0-9._-]+")


def _name(folder: Path) -> str:
    """The folder's name in the letters that a dataset's name may have: Công an Đà Nẵng becomes Cong-an-Da-Nang."""
    base = nfd(folder.resolve().name).translate({ord("đ"): "d", ord("Đ"): "D"})
    letters = "".join(character for character in base if not unicodedata.combining(character))
    return _NO_LETTERS.sub("-", letters)[:96].strip("-._") or "corpus"


def _advice(folder: Path, progress: Progress) -> SplitAdvice | None:
    """The dates at which validation and test should begin, for the seeds in the folder; None if it holds no seeds."""
    if not folder.is_dir():
        return None
    try:
        with checking(folder, progress=progress) as decision:
            return suggest_starts(decision.dates)
    except InputError:  # no seeds yet
        return None


def config_template(name: str, known: Mapping[str, Any], remarks: Mapping[str, str] | None = None) -> str:
    """A corpus.toml with every key, its meaning and its default, as the schema gives them.

    Args:
        name: the dataset's name.
        known: other values to set, by key, such as `splits.test_from`. Keys without a value become comments.
        remarks: by the name of a table, a sentence to add below its description; None adds nothing.
    """
    known, remarks = {"name": name, "card.prose": CARD_NAME, **known}, remarks or {}
    schema = document("corpus")
    tables = [key for key, part in schema["properties"].items() if part.get("type") == "object"]
    lines = [f"# {schema['description']}", *_keys(schema, "", known)]
    for table in tables:
        part = schema["properties"][table]
        heading = ["", f"[{table}]", *_comment(part["description"]), *_comment(remarks.get(table, ""))]
        lines += [*heading, *_keys(part, f"{table}.", known)]
    return "\n".join(lines) + "\n"


def _keys(schema: dict[str, Any], prefix: str, known: Mapping[str, Any]) -> list[str]:
    lines = []
    for key, raw in schema["properties"].items():
        part = resolve(raw, document("corpus"), key)
        if part.get("type") == "object" and "default" in part and not part["default"]:
            continue
        value = part.get("default", part.get("examples", [None])[0])
        set_to = known.get(f"{prefix}{key}")
        line = f"# {key} = {_toml(value)}" if set_to is None else f"{key} = {_toml(set_to)}"
        lines += ["", *_comment(part.get("description", "")), line]
    return lines


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, 78, initial_indent="# ", subsequent_indent="# ")


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)

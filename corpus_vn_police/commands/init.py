"""A folder -> a corpus.toml and a card to fill in."""

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

# The Hub's sections, with the questions of "Datasheets for Datasets" (Gebru et al., 2021) that belong to each. What
# is measured is added by the build.
_CARD = """\
# {name}

<!-- The card opens with a measured sentence, and with the summary that corpus.toml gives. What a reader should know
next goes here. Comments like this one are not published. A section that stays empty says that more information is
needed. -->

## Dataset Details

### Dataset Description

<!-- Who made the dataset, for whom, and who paid for it? What is a text: an article, a page, a post? -->

## Uses

### Direct Use

<!-- For what may it be used? What has it been used for already? -->

### Out-of-Scope Use

<!-- For what should it not be used? -->

## Dataset Creation

### Curation Rationale

<!-- Why was it made? Which gap does it fill? -->

### Source Data

#### Data Collection and Processing

<!-- How were the texts gathered, when, by whom, with which tools? All of them or a choice, and chosen how? What is
missing? What was done to them before they came here? -->

#### Who are the source data producers?

<!-- Who wrote the texts? Were they asked? Whose are the rights? -->

### Annotations

#### Personal and Sensitive Information

<!-- Who is named in the texts? Is anything in them that could harm or offend those people? -->

## Bias, Risks, and Limitations

<!-- Whose viewpoint do the texts have? Which errors, redundancies or gaps are known? -->

### Recommendations

<!-- What should a reader know or do before using it? -->

## Dataset Card Contact

<!-- Who keeps it up to date, how often, and how are errors mended and texts taken down? -->
"""


@machine_failures()
def init(folder: StrPath, *, config: Settings | None = None, progress: Reporting = None) -> tuple[Path, ...]:
    """Write a commented corpus.toml and a card to fill in; nothing is overwritten.

    Args:
        folder: created if it is missing. If it holds seeds, they are read, and the starts that give validation and
            test about 10 % of the records each are written into `[splits]`, with the numbers that they give.
        config: a corpus.toml, or a dict with its keys, whose values are written into the new one. With a
            `[splits]` of its own, no starts are looked for. None gives only the name.
        progress: as for `build`.

    Returns:
        The files that were written.

    Raises:
        ConfigError: one of the two files exists already; or `config` has a key or a value that is not allowed.
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
    remarks = {} if advice is None else {"splits": f"These starts give {as_counts(advice.splits)}."}
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
    """The keys that are to be written, checked.

    Raises:
        ConfigError: a key or a value is not allowed, or is the card that is to be written.
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
    """The folder's name as a dataset may be called: Công an Đà Nẵng is Cong-an-Da-Nang."""
    base = nfd(folder.resolve().name).translate({ord("đ"): "d", ord("Đ"): "D"})
    letters = "".join(character for character in base if not unicodedata.combining(character))
    return _NO_LETTERS.sub("-", letters)[:96].strip("-._") or "corpus"


def _advice(folder: Path, progress: Progress) -> SplitAdvice | None:
    """The starts that would divide the seeds that are there; None if there are none."""
    if not folder.is_dir():
        return None
    try:
        with checking(folder, progress=progress) as decision:
            return suggest_starts(decision.dates)
    except InputError:  # no seeds yet
        return None


def config_template(name: str, known: Mapping[str, Any], remarks: Mapping[str, str] | None = None) -> str:
    """A corpus.toml with every key, its meaning and its default, as the schema has them.

    Args:
        name: the dataset's name.
        known: other values that are set, by key, such as `splits.test_from`; what is not set is a comment.
        remarks: a sentence below the description of a table, by its name; None is none.
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

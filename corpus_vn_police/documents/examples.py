"""Choose the examples on the card from the first rows of a build: one record, and a value of each field."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_vn_police.contract import Contract, json_rows
from corpus_vn_police.dataset.files import BuildFile
from corpus_vn_police.dataset.parquet import open_table
from corpus_vn_police.errors import DamagedError

_LOOKED_AT = 200  # rows; with more, the card of a small build would take longer than its Parquet files
_LONGEST = {"text": 160}  # the most characters of a value, by field
_OTHERS_LONGEST = 100
_FIRST = ("text", "title", "date")
_LEFT_OUT = {
    "date_precision", "month", "date_start", "date_end", "event_date_text", "date_conflict", "n_chars", "n_paragraphs",
    "vietnamese_share", "syllable_share", "tone_style", "duplicates", "sha256", "bytes", "key",
}  # fmt: skip
"""Fields that follow from others, or are for machines: they are left out of the record that is shown."""
_KINDS = ("privacy", "personal.kind")  # these name kinds of personal data, but contain no personal data


@dataclass(frozen=True)
class Examples:
    """The examples on a card.

    Attributes:
        record: the JSON of a record, one field per line, its text first; without fields that are null, empty, or less
            important, and with long values cut.
        values: by config and by the name of a field (such as `captions.text`), a value that is not null. A field is
            missing if no row that was looked at has a value for it.
    """

    record: str
    values: Mapping[str, Mapping[str, Any]]


def gather_examples(folder: Path, contracts: Mapping[str, Contract], firsts: Mapping[str, str]) -> Examples:
    """Choose the examples of a build. The record is the one with the most fields among the first 200 rows.

    Rows without personal data are preferred, because a card should not name a person by mistake.

    Args:
        folder: the build.
        contracts: the contract of each config.
        firsts: the path of the first shard of each config that the build has. These shards have the same rows.

    Raises:
        DamagedError: a shard cannot be read, or has no row.
    """
    records = _rows(folder, contracts["default"], firsts["default"], without="text")
    spans = _rows(folder, contracts["annotations"], firsts["annotations"]) if "annotations" in firsts else []
    places = [place for place, row in enumerate(records) if not row["privacy"]] or list(range(len(records)))
    chosen = max(places, key=lambda place: sum(map(_is_set, [*records[place].values(), *_of(spans, place)])))
    order = [chosen, *(place for place in places if place != chosen)]
    text = _row(folder, contracts["default"], firsts["default"], ["text"], chosen)["text"]
    values = {"default": {"text": text} | _values(contracts["default"], records, order)}
    if spans:
        values["annotations"] = _values(contracts["annotations"], spans, order)
    if "sources" in firsts:
        names = contracts["sources"].schema.names
        row = _row(folder, contracts["sources"], firsts["sources"], names, chosen)
        row["data"] = base64.b64decode(row["data"]).decode("utf-8", "replace")
        values["sources"] = _values(contracts["sources"], [row], [0])
    cut = {config: {name: _cut(name, each) for name, each in shown.items()} for config, shown in values.items()}
    return Examples(_short({"text": text} | records[chosen]), cut)


def first_shards(shards: Sequence[BuildFile]) -> dict[str, str]:
    """The path of the first shard of each config, by config."""
    return {shard.config: shard.path for shard in reversed(shards)}


def _rows(folder: Path, contract: Contract, name: str, without: str = "") -> list[dict[str, Any]]:
    """The first rows of a shard (at least one), as JSON values; the column `without` is left out."""
    columns = [each for each in contract.schema.names if each != without]
    with open_table(folder, name, contract) as table:
        first = next(table.batches(0, columns, _LOOKED_AT), None) if table.sizes else None
        if first is None:
            raise DamagedError.of(folder, f"{name}: has no row")
        return json_rows(first)


def _row(folder: Path, contract: Contract, name: str, columns: Sequence[str], place: int) -> dict[str, Any]:
    """Some columns of one row, as JSON; rows are read one by one, because a value may have up to 16 MiB."""
    with open_table(folder, name, contract) as table:
        for number, row in enumerate(table.batches(0, columns, 1)):
            if number == place:
                read: dict[str, Any] = json_rows(row)[0]
                return read
    raise DamagedError.of(folder, f"{name}: has no row {place + 1}")


def _of(rows: Sequence[Mapping[str, Any]], place: int) -> list[Any]:
    return list(rows[place].values()) if place < len(rows) else []


def _values(contract: Contract, rows: Sequence[Mapping[str, Any]], order: Sequence[int]) -> dict[str, Any]:
    """The first value of each field, looked for in the rows in the given order."""
    found = {}
    for field in contract.fields():
        places = [*order, *range(len(rows))] if field.name in _KINDS else order
        held = (_at(rows[place], field.name.split(".")) for place in places if place < len(rows))
        value = next(filter(_is_set, held), None)
        if value is not None:
            found[field.name] = value
    return found


def _at(value: Any, steps: Sequence[str]) -> Any:
    """The value at a path of names in a row; in a list, the first item is taken."""
    for step in steps:
        value = value[0] if isinstance(value, list) and value else value
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _is_set(value: Any) -> bool:
    return value is not None and value != [] and value != ""


def _short(row: Mapping[str, Any]) -> str:
    """The JSON of a record, its text first, without fields that are null, empty or less important."""
    names = [*(name for name in _FIRST if name in row), *(name for name in row if name not in _FIRST)]
    shown = _filled({name: _cut(name, row[name]) for name in names})
    lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in shown.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def _filled(value: Any) -> Any:
    """A value without those of its fields that are null, empty or less important."""
    if isinstance(value, Mapping):
        inside = {name: _filled(inner) for name, inner in value.items() if name not in _LEFT_OUT}
        return {name: inner for name, inner in inside.items() if _is_set(inner)}
    return [_filled(each) for each in value] if isinstance(value, list) else value


def _cut(name: str, value: Any) -> Any:
    longest = _LONGEST.get(name, _OTHERS_LONGEST)
    if isinstance(value, str):
        return value if len(value) <= longest else value[:longest].rstrip() + "…"
    if isinstance(value, float):
        return float(f"{value:.3g}")
    if isinstance(value, list):
        return [_cut(name, value[0]), "…"] if len(value) > 1 else [_cut(name, each) for each in value]
    return {key: _cut(key, part) for key, part in value.items()} if isinstance(value, Mapping) else value

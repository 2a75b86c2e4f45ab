"""The first rows of a build -> what its card shows as examples: one record, and a value of each field."""

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

_LOOKED_AT = 200  # rows; more would make the card of a small build slower than its Parquet files
_LONGEST = {"text": 160}  # characters of a value that the card shows
_OTHERS_LONGEST = 100
_FIRST = ("text", "title", "date")
_LEFT_OUT = {
    "date_precision", "month", "date_start", "date_end", "event_date_text", "date_conflict", "n_chars", "n_paragraphs",
    "vietnamese_share", "syllable_share", "tone_style", "duplicates", "sha256", "bytes", "key",
}  # fmt: skip
"""What follows from other fields, or is for machines: the record that is shown goes without it."""
_KINDS = ("privacy", "personal.kind")  # which say that a text has personal data, and hold none


@dataclass(frozen=True)
class Examples:
    """What a card shows of the rows of a build.

    Attributes:
        record: the JSON of a record, one field per line, its text first; without fields that are null, empty, or less
            important, and with long values cut.
        values: by config, and by the name of a field (`captions.text`), a value that is not null; a field has none if
            no row that was looked at has a value.
    """

    record: str
    values: Mapping[str, Mapping[str, Any]]


def gather_examples(folder: Path, contracts: Mapping[str, Contract], firsts: Mapping[str, str]) -> Examples:
    """The examples of a build: of its first 200 rows, the record that has most fields.

    Rows without personal data come before rows with it: nobody should be named on a card because of a fault.

    Args:
        folder: the build.
        contracts: the contract of each config.
        firsts: the first shard of each config that the build has, by its path. They have the same rows.

    Raises:
        DamagedError: a shard cannot be read, or has no row.
    """
    records = _rows(folder, contracts["default"], firsts["default"], without="text")
    spans = _rows(folder, contracts["annotations"], firsts["annotations"]) if "annotations" in firsts else []
    places = [place for place, row in enumerate(records) if not row["privacy"]] or list(range(len(records)))
    chosen = max(places, key=lambda place: sum(map(_is_set, [*records[place].values(), *_of(spans, place)])))
    order = [chosen, *(place for place in places if place != chosen)]
    text = _value(folder, contracts["default"], firsts["default"], "text", chosen)
    values = {"default": {"text": text} | _values(contracts["default"], records, order)}
    if spans:
        values["annotations"] = _values(contracts["annotations"], spans, order)
    if "sources" in firsts:
        names = contracts["sources"].schema.names
        row = {name: _value(folder, contracts["sources"], firsts["sources"], name, chosen) for name in names}
        row["data"] = base64.b64decode(row["data"]).decode("utf-8", "replace")
        values["sources"] = _values(contracts["sources"], [row], [0])
    cut = {config: {name: _cut(name, each) for name, each in shown.items()} for config, shown in values.items()}
    return Examples(_short({"text": text} | records[chosen]), cut)


def first_shards(shards: Sequence[BuildFile]) -> dict[str, str]:
    """The path of the first shard of each config, by config."""
    return {shard.config: shard.path for shard in reversed(shards)}


def _rows(folder: Path, contract: Contract, name: str, without: str = "") -> list[dict[str, Any]]:
    """The first rows of a shard, as JSON has them; at least one."""
    columns = [each for each in contract.schema.names if each != without]
    with open_table(folder, name, contract) as table:
        first = next(table.batches(0, columns, _LOOKED_AT), None) if table.sizes else None
        if first is None:
            raise DamagedError.of(folder, f"{name}: has no row")
        return json_rows(first)


def _value(folder: Path, contract: Contract, name: str, column: str, place: int) -> Any:
    """One value of a shard, as JSON has it; values are read one by one, since each may have 16 MiB."""
    with open_table(folder, name, contract) as table:
        for number, row in enumerate(table.batches(0, [column], 1)):
            if number == place:
                return json_rows(row)[0][column]
    raise DamagedError.of(folder, f"{name}: has no row {place + 1}")


def _of(rows: Sequence[Mapping[str, Any]], place: int) -> list[Any]:
    return list(rows[place].values()) if place < len(rows) else []


def _values(contract: Contract, rows: Sequence[Mapping[str, Any]], order: Sequence[int]) -> dict[str, Any]:
    """The first value of each field, in an order of the rows."""
    found = {}
    for field in contract.fields():
        places = [*order, *range(len(rows))] if field.name in _KINDS else order
        held = (_at(rows[place], field.name.split(".")) for place in places if place < len(rows))
        value = next(filter(_is_set, held), None)
        if value is not None:
            found[field.name] = value
    return found


def _at(value: Any, steps: Sequence[str]) -> Any:
    """What a row has below some names; of a list its first item."""
    for step in steps:
        value = value[0] if isinstance(value, list) and value else value
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _is_set(value: Any) -> bool:
    return value is not None and value != [] and value != ""


def _short(row: Mapping[str, Any]) -> str:
    """The JSON of a record without what is null, empty or less important, its text first."""
    names = [*(name for name in _FIRST if name in row), *(name for name in row if name not in _FIRST)]
    shown = _filled({name: _cut(name, row[name]) for name in names})
    lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in shown.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def _filled(value: Any) -> Any:
    """A value without the fields in it that are null, empty, or less important."""
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

"""Make the table of fields on a card from a schema and example values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from corpus_vn_police.contract import Contract, Field
from corpus_vn_police.documents.markdown import cell, code

_WIDEST = 24  # the longest word, such as a sha256; a longer one would make the table wider than a phone


@dataclass(frozen=True)
class FieldLine:
    """A line of the table: a field of a config, with the fields inside it.

    Attributes:
        name: the name of the field.
        type: its type in words, such as `string or null`.
        meaning: its description, an example, and a line for each field inside it, as Markdown in one cell.
    """

    name: str
    type: str
    meaning: str


def field_lines(contract: Contract, examples: Mapping[str, Any]) -> list[FieldLine]:
    """The lines of a config's table, in the order of its columns.

    Args:
        contract: the contract of the config.
        examples: a value for each name of a field, such as `captions.text`; a field without a value gets no example.
    """
    fields = contract.fields()
    inside = [field for field in fields if "." in field.name]
    return [_line(field, [each for each in inside if each.name.startswith(f"{field.name}.")], examples)
            for field in fields if "." not in field.name]  # fmt: skip


def _line(field: Field, inside: list[Field], examples: Mapping[str, Any]) -> FieldLine:
    below = [
        f"• {code(each.name.removeprefix(f'{field.name}.'))} ({_type(each)}): {_words(each, examples.get(each.name))}"
        for each in inside
    ]
    own = _words(field, None if inside else examples.get(field.name))
    return FieldLine(field.name, _type(field), "<br>".join([own, *below]))


def _type(field: Field) -> str:
    return f"{field.type} or null" if field.nullable else field.type


def _words(field: Field, value: Any) -> str:
    """A field's description, and an example if there is a value."""
    return " ".join(filter(None, [cell(field.description), "" if value is None else f"Example: {_shown(value)}"]))


def _shown(value: Any) -> str:
    line = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if any(len(word) > _WIDEST for word in line.split()):
        line = f"{line[:_WIDEST]}…"
    return cell(code(line))

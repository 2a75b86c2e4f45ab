"""Where in a line of JSON the fault is that its row is rejected for: for people who look for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from corpus_vn_police.stages.batch import SOURCE
from corpus_vn_police.stages.read.row_form import COLUMNS_OF_ROWS, RowForm
from corpus_vn_police.stages.read.rows import NESTING, RefusedError, parsed

_COLON = re.compile(r"\s*:\s*")
_LONGEST_VALUE = 300  # code points: a longer value is not part of the place of its key


class _Key(NamedTuple):
    """A key of an object of a line: how deep the object is nested, its number, the key's name, and where it is."""

    depth: int
    number: int
    name: str
    start: int
    end: int


def find_in_line(line: str) -> tuple[int, int] | None:
    """Where a line stops being JSON that is read: the character, or the key that its object has twice.

    Args:
        line: the row; bytes that are not UTF-8 may be surrogates.

    Returns:
        Start and end in code points; None if the line is JSON, or its fault has no place.
    """
    try:
        parsed(line)
    except RefusedError as refused:
        if isinstance(refused.__cause__, json.JSONDecodeError):
            return refused.__cause__.pos, min(refused.__cause__.pos + 1, len(line))
    seen: set[tuple[int, str]] = set()
    for key in _keys(line):
        if (key.number, key.name) in seen:
            return key.start, key.end
        seen.add((key.number, key.name))
    return None


def find_field(line: str, pointer: str, form: RowForm) -> tuple[int, int] | None:
    """Where in a line the field is that a pointer of the ledger names, with its value if that is short.

    Args:
        line: the row; bytes that are not UTF-8 may be surrogates.
        pointer: of the row or of the record that it would become, such as `/date` or `/source/url`.
        form: what rows look like.

    Returns:
        Start and end in code points; None if the line does not have the field.
    """
    names = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    if not names:
        return None
    of_source = {column: form.keys[name] for name, column in COLUMNS_OF_ROWS.items() if column in SOURCE}
    name = of_source.get(names[1], names[1]) if names[0] == "source" and names[1:] else names[0]
    key = next((each for each in _keys(line) if each.depth == 1 and each.name == name), None)
    if key is None:
        return None
    return key.start, _end_of_value(line, key.end)


def _end_of_value(line: str, end: int) -> int:
    """Where the value of a key ends that ends here; if the value is long or is not JSON, where the key ends."""
    colon = _COLON.match(line, end)
    try:
        _, after = json.JSONDecoder().raw_decode(line, colon.end() if colon else end)
    except (ValueError, RecursionError):
        return end
    return after if after - end <= _LONGEST_VALUE else end


def _keys(line: str) -> Iterator[_Key]:
    """Every key of every object of a line, in order."""
    numbers, count = [0], 0
    for match in NESTING.finditer(line):
        sign = match.group()
        if sign in ("{", "["):
            count += 1
            numbers.append(count)
        elif sign in ("}", "]"):
            del numbers[max(1, len(numbers) - 1) :]
        elif _COLON.match(line, match.end()):
            yield _Key(len(numbers) - 1, numbers[-1], _name(sign), match.start(), match.end())


def _name(string: str) -> str:
    """A string of JSON without its quotes and escapes; as it is if it is not one."""
    try:
        return str(json.loads(string, strict=False))
    except ValueError:
        return string

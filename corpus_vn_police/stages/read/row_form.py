"""The form of an input's rows: which of their keys are read."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from corpus_vn_police.config import Corpus
from corpus_vn_police.contract.oracle import json_type
from corpus_vn_police.contract.own_values import OwnFields, Unfit
from corpus_vn_police.periods import is_like_date
from corpus_vn_police.text import printable

COLUMNS_OF_ROWS = {
    "id": "key", "text": "body", "title": "title", "url": "url", "source": "publisher", "date": "header_date",
}  # fmt: skip
"""The values that are read from a row, with the column for each; the id comes first, for the ledger."""

_LONGEST_NAME = 200  # code points of a key's name in a report
_MOST_NAMES = 1_000  # the most keys of a row in a report
_MOST_NAMED = 20  # the most keys that are named for a row without a text


@dataclass(frozen=True)
class RowForm:
    """The form of rows.

    Attributes:
        keys: the value that is read (`text`, `date`, ...) -> the key of the row that holds it.
        own: the fields that the keeper adds to the record.
        cells: True if every value is a text, as in a CSV file, so that own fields are parsed from texts.
    """

    keys: Mapping[str, str] = field(default_factory=lambda: {name: name for name in COLUMNS_OF_ROWS})
    own: OwnFields = field(default_factory=OwnFields)
    cells: bool = False

    @classmethod
    def of(cls, corpus: Corpus) -> RowForm:
        """Make it from the settings."""
        return cls(asdict(corpus.rows), OwnFields(corpus.own))

    def own_values(self, row: Mapping[str, Any]) -> tuple[dict[str, Any], list[str], Unfit | None]:
        """Take the own fields out of a row; see `OwnFields.taken`."""
        return self.own.taken(self.own.from_texts(row) if self.cells else row)

    @functools.cached_property
    def read(self) -> frozenset[str]:
        """The keys that are read."""
        return frozenset({*self.keys.values(), *self.own.properties})

    @functools.cached_property
    def plan(self) -> tuple[tuple[str, str, str, str], ...]:
        """For each value that is read, in order: its name, its column, the row's key, its JSON Pointer.

        It is made only once: making pointers and collecting keys for every row took 18 us per row instead of 8.
        """
        return tuple((name, column, self.keys[name], self.pointer(name)) for name, column in COLUMNS_OF_ROWS.items())

    def values(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a row under our names: `text`, `date` and so on."""
        return {name: row[key] for name, key in self.keys.items() if key in row}

    def pointer(self, name: str) -> str:
        """The JSON Pointer of the value that is read as `name`."""
        return "/" + self.keys[name].replace("~", "~0").replace("/", "~1")


DEFAULT = RowForm()
"""The form of rows whose keys have our names, without own fields."""


def reported(row: Mapping[str, Any], unused: Iterable[str]) -> dict[str, Any]:
    """The keys that nothing reads, for counting: all of them, and those whose values look like dates."""
    names = [name for name in unused if row.get(name, name) not in (None, "")][:_MOST_NAMES]
    dates = [name for name in names if is_like_date(row.get(name))]
    shown = {"unused": names, "unused_dates": dates}
    return {key: [printable(name)[:_LONGEST_NAME] for name in each] for key, each in shown.items() if each}


def without_text(row: Mapping[str, Any], form: RowForm) -> str:
    """The detail for a row without a text: it lists the row's keys, so that the keeper sees which one to map."""
    key = form.keys["text"]
    got = "" if row.get(key) is None else f" (got {json_type(row[key])})"
    names = sorted(printable(name)[:_LONGEST_NAME] for name in row if name != key)
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"no string `{key}`{got}; columns: {', '.join(names[:_MOST_NAMED]) or 'none'}{more}"

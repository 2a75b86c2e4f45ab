"""What the rows of an input look like: which of their keys are read, and which are not."""

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
"""What is read of a row, and the column that it goes into; the id first, for the ledger."""

_LONGEST_NAME = 200  # code points of a key that is reported
_MOST_NAMES = 1_000  # keys of a row that are reported
_MOST_NAMED = 20  # keys that the detail of a row without a text names


@dataclass(frozen=True)
class RowForm:
    """What rows look like.

    Attributes:
        keys: what is read (`text`, `date`, ...) -> the key of the row that has it.
        own: the fields that the keeper adds to the record.
        cells: whether every value is a text, as in a CSV file, so that own fields are read from texts.
    """

    keys: Mapping[str, str] = field(default_factory=lambda: {name: name for name in COLUMNS_OF_ROWS})
    own: OwnFields = field(default_factory=OwnFields)
    cells: bool = False

    @classmethod
    def of(cls, corpus: Corpus) -> RowForm:
        """As the settings say."""
        return cls(asdict(corpus.rows), OwnFields(corpus.own))

    def own_values(self, row: Mapping[str, Any]) -> tuple[dict[str, Any], list[str], Unfit | None]:
        """What `OwnFields.taken` makes of a row."""
        return self.own.taken(self.own.from_texts(row) if self.cells else row)

    @functools.cached_property
    def read(self) -> frozenset[str]:
        """The keys that something reads."""
        return frozenset({*self.keys.values(), *self.own.properties})

    @functools.cached_property
    def plan(self) -> tuple[tuple[str, str, str, str], ...]:
        """What is read, in its order: its name, the column that it goes into, the key of the row, its JSON Pointer.

        Made once: with pointers made for every row, and the keys gathered, a row took 18 us instead of 8.
        """
        return tuple((name, column, self.keys[name], self.pointer(name)) for name, column in COLUMNS_OF_ROWS.items())

    def values(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row under our names: `text`, `date` and so on."""
        return {name: row[key] for name, key in self.keys.items() if key in row}

    def pointer(self, name: str) -> str:
        """The JSON Pointer of what is read as `name`."""
        return "/" + self.keys[name].replace("~", "~0").replace("/", "~1")


DEFAULT = RowForm()
"""Rows whose keys have our names, without own fields."""


def reported(row: Mapping[str, Any], unused: Iterable[str]) -> dict[str, Any]:
    """The keys that nothing reads, as a ledger of keys: all, and those whose values are like dates."""
    names = [name for name in unused if row.get(name, name) not in (None, "")][:_MOST_NAMES]
    dates = [name for name in names if is_like_date(row.get(name))]
    shown = {"unused": names, "unused_dates": dates}
    return {key: [printable(name)[:_LONGEST_NAME] for name in each] for key, each in shown.items() if each}


def without_text(row: Mapping[str, Any], form: RowForm) -> str:
    """What is wrong with a row that has no text, and the keys that it has, by which a keeper sees what to map."""
    key = form.keys["text"]
    got = "" if row.get(key) is None else f" (got {json_type(row[key])})"
    names = sorted(printable(name)[:_LONGEST_NAME] for name in row if name != key)
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"no string `{key}`{got}; columns: {', '.join(names[:_MOST_NAMED]) or 'none'}{more}"

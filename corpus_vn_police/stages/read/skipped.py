"""The files that were skipped, because they are not seeds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass

_NAMED = 5  # how many files of each kind are named; the others are only counted


@dataclass(frozen=True)
class Skipped:
    """The files that were skipped.

    Attributes:
        hidden: how many were skipped because their names begin with a dot.
        other: how many were skipped because of their extension.
        hidden_names, other_names: the first of them, at most five, in the order of their paths.
    """

    hidden: int = 0
    other: int = 0
    hidden_names: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()

    @classmethod
    def of(cls, hidden: Iterable[str] = (), other: Iterable[str] = ()) -> Skipped:
        """Make it from paths, in the form that the ledger shows."""
        hidden, other = tuple(hidden), tuple(other)
        return cls(len(hidden), len(other), _first(hidden), _first(other))

    def __add__(self, more: Skipped) -> Skipped:
        """Both together."""
        return Skipped(
            self.hidden + more.hidden,
            self.other + more.other,
            _first(self.hidden_names + more.hidden_names),
            _first(self.other_names + more.other_names),
        )

    def below(self, name: str) -> Skipped:
        """The same files, all inside a folder of this name."""
        return Skipped(
            self.hidden,
            self.other,
            tuple(f"{name}/{each}" for each in self.hidden_names),
            tuple(f"{name}/{each}" for each in self.other_names),
        )

    def as_json(self) -> str:
        """A line that `of_json` reads."""
        return json.dumps(astuple(self))

    @classmethod
    def of_json(cls, line: str) -> Skipped:
        """Read a line of `as_json`.

        Raises:
            ValueError: it is something else.
        """
        hidden, other, hidden_names, other_names = json.loads(line)
        return cls(hidden, other, tuple(hidden_names), tuple(other_names))

    def said(self) -> str:
        """The files in words: `notes.docx, b.pdf and 3 more; 2 hidden (.DS_Store, .git)`; empty if there are none."""
        other = _listed(self.other_names, self.other)
        hidden = f"{self.hidden} hidden ({_listed(self.hidden_names, self.hidden)})" if self.hidden else ""
        return "; ".join(filter(None, (other, hidden)))


def _first(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(names)[:_NAMED])


def _listed(names: tuple[str, ...], count: int) -> str:
    more = count - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")

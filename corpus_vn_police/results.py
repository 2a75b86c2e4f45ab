"""The values that commands return: they never change, can be compared, hashed and pickled, and have a notebook view."""

from __future__ import annotations

import html
import os
import reprlib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NoReturn, TypeVar

from corpus_vn_police.text import visible

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

_MOST = 10  # rows or entries of a value that are shown; the rest is only counted
_LONGEST = 500  # code points of a value that are shown in a notebook
_SHORT = 200  # the same in a repr, which is one line


class FrozenDict(dict[_K, _V]):
    """A dict that never changes, so it has a hash; it is equal to any dict with the same items."""

    def __hash__(self) -> int:  # type: ignore[override] # a normal dict has no hash, because it can change
        """The hash of the items; their order does not matter."""
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy from the items, because setting an item is refused."""
        return type(self), (dict(self),)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this is a result, which cannot be changed: dict(...) gives a copy that can")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


class _Short(reprlib.Repr):
    """Show values on one line, and only the first part of long ones."""

    def __init__(self) -> None:
        super().__init__()
        self.maxtuple = self.maxlist = self.maxdict = _MOST
        self.maxstring = self.maxother = _SHORT

    def repr_FrozenDict(self, value: Mapping[Any, Any], level: int) -> str:
        """Show a mapping in its own order, not sorted."""
        shown = [f"{self.repr1(key, level - 1)}: {self.repr1(each, level - 1)}" for key, each in _first(value.items())]
        return "{" + ", ".join([*shown, *(["..."] if len(value) > _MOST else [])]) + "}"


_short = _Short()


@dataclass(frozen=True)
class Result:
    """The result of a command. It never changes; dicts in it become dicts that never change."""

    def __post_init__(self) -> None:
        """Freeze the dicts, so that the result can be hashed."""
        for each in fields(self):
            value = getattr(self, each.name)
            if type(value) is dict:
                object.__setattr__(self, each.name, FrozenDict(value))

    def __repr__(self) -> str:
        """The fields on one line, with only the first part of long values."""
        return f"{type(self).__name__}({', '.join(f'{name}={_short.repr(value)}' for name, value in self._shown())})"

    def _repr_html_(self) -> str:
        """A small table for a notebook."""
        rows = (
            f"<tr><th{_LEFT}>{html.escape(name)}</th><td{_LEFT}>{_cell(value)}</td></tr>"
            for name, value in self._shown()
        )
        return f"<table><caption>{type(self).__name__}</caption>{''.join(rows)}</table>"

    def _shown(self) -> Iterator[tuple[str, Any]]:
        """The names and values that are shown."""
        return ((each.name, getattr(self, each.name)) for each in fields(self) if each.repr)


@dataclass(frozen=True, repr=False)
class PathResult(Result):
    """A result that is a file or a folder; it can be used wherever a path can.

    Attributes:
        path: the path, as it was given.
    """

    path: str

    def __fspath__(self) -> str:
        """The path."""
        return os.fspath(self.path)


_LEFT = ' style="text-align:left"'


def _first(values: Any) -> Iterator[Any]:
    return (each for _, each in zip(range(_MOST), values, strict=False))


def _cell(value: Any) -> str:
    """A value as HTML."""
    if isinstance(value, Mapping):
        return _listed([f"{_text(key)}: {_text(each)}" for key, each in _first(value.items())], len(value), ", ")
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return _listed([_text(each) for each in _first(value)], len(value), "<br>")
    return _text(value)


def _listed(shown: list[str], count: int, between: str) -> str:
    more = [f"and {count - len(shown):,} more"] if count > len(shown) else []
    return between.join([*shown, *more]) or "–"


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    said = ": ".join(str(each) for _, each in value._shown()) if isinstance(value, Result) else str(value)
    return html.escape(visible(said[:_LONGEST]) + ("…" if len(said) > _LONGEST else "")).replace("\n", "<br>")

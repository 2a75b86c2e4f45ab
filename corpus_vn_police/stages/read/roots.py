"""Turn the names of an input's files into paths and URLs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

WEB = ("http://", "https://")


@dataclass(frozen=True)
class Root:
    """The place that the names of a listing are relative to.

    Attributes:
        at: a folder or an fsspec URL; empty if there are `mounts`.
        mounts: if there are several inputs, what the first part of each name means: a folder, a file, or the
            URL of one.
    """

    at: str
    mounts: Mapping[str, str] = field(default_factory=dict)

    @property
    def places(self) -> tuple[str, ...]:
        """All folders, files and URLs of the input."""
        return tuple(self.mounts.values()) or (self.at,)

    def location(self, name: str) -> str:
        """The path or the URL of a file."""
        place, rest = self._split(name)
        return _below(place, rest) if rest else place

    def on_disk(self, name: str) -> str | None:
        """The path of a local file; None if it is at a URL."""
        place, rest = self._split(name)
        if "://" in place:
            return None
        return f"{place}/{rest}" if rest else place

    def is_remote(self, name: str) -> bool:
        """Whether a file is at a URL."""
        return "://" in self._split(name)[0]

    def _split(self, name: str) -> tuple[str, str]:
        """The place that a name begins with, and the rest of the name."""
        if not self.mounts:
            return self.at, name
        if name in self.mounts:
            return self.mounts[name], ""
        first, _, rest = name.partition("/")
        return self.mounts[first], rest

    def file_name(self, name: str) -> str:
        """The name whose extension shows the kind of a file: if the file was given another name, its own."""
        return self.mounts.get(name, name)


def _below(place: str, name: str) -> str:
    """The path or URL of a name inside a place; for web pages, the name is quoted."""
    return f"{place}/{quote(name) if place.startswith(WEB) else name}"

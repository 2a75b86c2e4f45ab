"""Where the names of an input's files lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Root:
    """What the names of a listing are below.

    Attributes:
        at: a folder or an fsspec URL; empty if there are `mounts`.
        mounts: if the input has several parts, what the first part of each name stands for: a folder, a file, or the
            URL of one.
    """

    at: str
    mounts: Mapping[str, str] = field(default_factory=dict)

    @property
    def places(self) -> tuple[str, ...]:
        """All folders, files and URLs."""
        return tuple(self.mounts.values()) or (self.at,)

    def location(self, name: str) -> str:
        """The path or the URL of a file."""
        if not self.mounts:
            return f"{self.at}/{name}"
        first, slash, rest = name.partition("/")
        return f"{self.mounts[first]}{slash}{rest}"

    def is_remote(self, name: str) -> bool:
        """Whether a file is behind a URL."""
        return "://" in (self.mounts[name.partition("/")[0]] if self.mounts else self.at)

    def file_name(self, name: str) -> str:
        """The name that says by its ending what a file holds: of a file that was given a name, its own."""
        return self.mounts.get(name, name)

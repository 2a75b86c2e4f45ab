"""Versions of the data: what changed in a build, which version it should get, and the lines of CHANGES.md.

A version has three numbers, like a semantic version, but they are about data. Raise *major* if the record format
changed or a record moved to another split, so that older figures can no longer be compared; *minor* if records were
added, removed or changed; *patch* if the records are the same.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_vn_police.commands.diff import compare
from corpus_vn_police.config import CHANGES_NAME
from corpus_vn_police.dataset.folder import BuildFolder, open_build
from corpus_vn_police.errors import ConfigError, DamagedError
from corpus_vn_police.files import UNREADABLE, read_file, why
from corpus_vn_police.text import counted

_HEADING = "# Changes"
_VERSION = re.compile("[0-9]+(?:[.][0-9]+)*")


@dataclass(frozen=True)
class Proposal:
    """What the next version should be.

    Attributes:
        before: the version of the older build.
        version: the lowest version that fits the changes.
        lines: what changed, as lines of CHANGES.md.
    """

    before: str
    version: str
    lines: tuple[str, ...]

    def note(self, version: str, changes: str | None) -> str | None:
        """A note for the keeper about the given version and text of changes; None if both are right already."""
        entry = "\n".join(["", f"## {max(version, self.version, key=version_numbers)}", "", *self.lines])
        if version_numbers(version) < version_numbers(self.version):
            return (
                f"the changes since version {self.before} need version {self.version}, not {version}: write\n"
                f'version = "{self.version}"\ninto corpus.toml, and on top of {CHANGES_NAME} beside it:{entry}'
            )
        said = [line.strip("# \t") for line in (changes or "").split("\n") if line.startswith("#")]
        return None if version in said else f"for {CHANGES_NAME} beside corpus.toml, which the card shows:{entry}"


def propose(old: Path, new: Path, before: dict[str, Any], after: dict[str, Any]) -> Proposal | None:
    """Compare a build with the one that it replaces.

    Args:
        old: the older build.
        new: the new build.
        before: the manifest of the old one.
        after: the manifest of the new one.

    Returns:
        The version that the changes need; None if no file of the dataset changed.
    """
    lines: list[str] = []
    part = _PATCH
    if before["schemas"] != after["schemas"]:
        part, lines = _MAJOR, ["- the record format changed"]
    elif before["digest"] != after["digest"]:
        part, lines = _compared(old, BuildFolder(new, after))
    if not lines:
        if _files(before) == _files(after):
            return None
        lines = ["- the card or another description changed; the records are the same"]
    return Proposal(before["version"], _next(before["version"], part), tuple(lines))


_MAJOR, _MINOR, _PATCH = range(3)


def _compared(old: Path, new: BuildFolder) -> tuple[int, list[str]]:
    try:
        found = compare(open_build(old), new)
    except DamagedError:
        return _MINOR, ["- the older build could not be read, so it is not known what changed"]
    sides = (("added", found.added), ("removed", found.removed))
    lines = [f"- {counted(len(ids), 'record')} {name}" for name, ids in sides if len(ids)]
    if len(found.changed):
        fields = ", ".join(f"`{name}` {len(ids):,}" for name, ids in found.by_field().items())
        lines.append(f"- {counted(len(found.changed), 'record')} changed: {fields}")
    for (left, right), ids in found.by_move().items():
        lines.append(f"- {counted(len(ids), 'record')} moved from {left} to {right}")
    return _MAJOR if len(found.moved) else _MINOR, lines or ["- the build has other configs than before"]


def _files(manifest: dict[str, Any]) -> dict[str, str]:
    return {entry["path"]: entry["sha256"] for entry in manifest["files"]}


def version_numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version, for comparisons.

    Raises:
        ValueError: it does not consist of numbers with dots.
    """
    if not _VERSION.fullmatch(version):
        raise ValueError(f"{version!r} is not a version")
    return tuple(int(part) for part in version.split("."))


def _next(version: str, part: int) -> str:
    """The next version: one number is raised by 1, and the numbers after it become 0."""
    numbers = version_numbers(version)
    return ".".join(
        str(number + 1 if place == part else number if place < part else 0) for place, number in enumerate(numbers)
    )


def read_changes(folder: Path) -> str:
    """The text of CHANGES.md in a folder of seeds; empty if there is no such file.

    Raises:
        ConfigError: the file cannot be read, or is not UTF-8.
    """
    path = folder / CHANGES_NAME
    try:
        return read_file(path).decode() if os.path.lexists(path) else ""
    except UNREADABLE as error:
        raise ConfigError(
            f"{path}: cannot be read: {why(error)}", "write it again as text in UTF-8; nothing was changed"
        ) from error


def add_change(text: str, line: str) -> str:
    """Add a line to a text of changes, directly below its heading."""
    heading, _, rest = text.partition("\n")
    if not heading.startswith("# "):
        heading, rest = _HEADING, text
    rest = rest.lstrip("\n")
    gap = "" if not rest or rest.startswith("- ") else "\n"
    return f"{heading}\n\n{line}\n{gap}{rest}"

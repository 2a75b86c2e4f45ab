r"""The input -> its files, in the order of their paths, and the files that were skipped.

A path is relative to the input's root, with `/`; bytes of a name that are not UTF-8 are written
`\xNN`. Files are sorted by the bytes of their paths, which for UTF-8 is the order of code points.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from corpus_vn_police import files
from corpus_vn_police.config import CHANGES_NAME, REMOVED_NAME
from corpus_vn_police.config import FILE_NAME as CONFIG_NAME
from corpus_vn_police.errors import InputError
from corpus_vn_police.reasons import FILE_BUILD_OUTPUT
from corpus_vn_police.stages.read.given import ENDING as GIVEN_ENDING
from corpus_vn_police.stages.read.remote import find_remote, open_remote
from corpus_vn_police.stages.read.roots import Root
from corpus_vn_police.stages.read.saved import SavedFolders
from corpus_vn_police.stages.read.skipped import Skipped
from corpus_vn_police.stages.read.walk import IRREGULAR, Refusal, Walk
from corpus_vn_police.text import printable, readable

_PACKED = ("", ".gz", ".zst")
_KINDS = {
    **{f"{name}{end}": kind for name, kind in {
        ".txt": "text", ".jsonl": "rows", ".ndjson": "rows", ".json": "array", ".csv": "cells", ".tsv": "cells",
        ".tar": "tar",
    }.items() for end in _PACKED},
    ".parquet": "table",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".zip": "zip",
}  # fmt: skip
_EXPECTED = (
    "seeds are .txt, .jsonl, .ndjson, .json, .csv, .tsv (each also .gz, .zst), .parquet, .arrow, .feather, .zip and "
    ".tar[.gz|.zst] files"
)


@dataclass(frozen=True)
class Listing:
    """The files of an input; only their paths are kept in memory.

    Attributes:
        root: the place that the names are relative to.
        names: the files to read, relative to the root, in path order, as the system names them.
        refused: those names that are not read, with the reason: devices, FIFOs, sockets, links and folders.
            Each has a row in the ledger.
        own: True if the input is a single file: an archive's name is then left out of its members' paths.
        skipped: files and folders that are skipped because their names begin with a dot, or have another extension.
        seeds: how many seeds there are; None if that is not known, because a file may hold many or none.
    """

    root: Root
    names: tuple[str, ...]
    refused: Mapping[str, Refusal]
    own: bool
    skipped: Skipped
    seeds: int | None

    def kind(self, name: str) -> str | None:
        """The kind of a file in the listing, as in `kind_of`; `given` if it holds rows that came from Python."""
        named = self.root.file_name(name)
        return "given" if named.endswith(GIVEN_ENDING) else kind_of(named)


def kind_of(name: str) -> str | None:
    """The kind of a file, by its extension; None if it holds no seeds.

    `text`, `rows` (JSONL), `array` (JSON), `cells` (CSV, TSV), `table` (Parquet), `arrow`, `zip` or `tar`.
    """
    stem, _, last = name.lower().rpartition(".")
    if last in ("gz", "zst"):
        last = f"{stem.rpartition('.')[2]}.{last}"
    return _KINDS.get(f".{last}")


def is_hidden(path: str) -> bool:
    """Whether any part of a relative path begins with a dot."""
    return path.startswith(".") or "/." in path


def display(name: str) -> str:
    r"""A system name as the ledger shows it, in every locale: bytes that are not UTF-8 become `\xNN`."""
    return name if name.isascii() else readable(os.fsencode(name))


def list_one(seeds: str, ours: Iterable[str], *, follow_links: bool) -> Listing:
    """Find the files of an input: a folder, a file, an archive, a glob or an fsspec URL of these.

    Args:
        seeds: the input; if it is itself a link, it is followed.
        ours: resolved paths of files that describe the corpus, such as its card: they are not seeds.
        follow_links: whether links inside it that lead out of it are followed.

    Raises:
        InputError: it is missing, or no file in it can hold seeds.
        DiskError: a folder cannot be listed, so that its seeds would be missing from the ledger.
    """
    own = False
    names: Iterable[str]
    builds: list[str] = []
    refused: dict[str, Refusal] = {}
    seeds = seeds.removeprefix("file://").removeprefix("local://")
    if "://" in seeds:
        root, names, own = find_remote(seeds, lambda name: kind_of(name) is not None)
    elif os.path.isdir(seeds):
        root, walk = seeds, Walk(seeds, follow_links).run()
        names, refused = walk.names, walk.refused
    elif os.path.lexists(seeds):
        root, own = os.path.dirname(seeds) or ".", True
        names = [os.path.basename(seeds)]
        refused = {} if os.path.isfile(seeds) else dict.fromkeys(names, IRREGULAR)
    elif glob.has_magic(seeds):
        root, walk, builds = _glob(seeds, follow_links)
        names, refused = walk.names, walk.refused
    else:
        raise InputError(
            f"{printable(seeds)}: there is no such file or folder",
            "give a folder of seeds, a file, an archive, a glob or a URL",
        )
    return _listing(seeds, Root(root), _without_ours(root, names, ours), refused, own, builds)


def _without_ours(root: str, names: Iterable[str], ours: Iterable[str]) -> Iterable[str]:
    """The names without files that describe the corpus."""
    here = {CONFIG_NAME, REMOVED_NAME, CHANGES_NAME}
    if "://" not in root:
        real = os.path.realpath(root)
        here |= {os.path.relpath(path, real) for path in ours}
    return (name for name in names if name not in here)


def _listing(
    seeds: str, root: Root, paths: Iterable[str], refused: Mapping[str, Refusal], own: bool, builds: Iterable[str]
) -> Listing:
    """Make the listing of files below a root; files that are skipped (also `builds`) are counted and named."""
    found = sorted(paths, key=display)
    regular = [] if own else [name for name in found if name not in refused] if refused else found
    saved = SavedFolders.among(regular, lambda name: open_file(root, name))
    if saved.rows or saved.refused:
        found = sorted(saved.read(found), key=display)
    names, kept, texts = [], {}, 0
    hidden: list[str] = []
    other: list[str] = []
    for name in found:
        refusal = refused.get(name) or saved.refused.get(name)
        if is_hidden(name) and not own:
            hidden.append(name)
        elif kind_of(name) is None and not (refusal and refusal.folder):
            other.append(name)
        else:
            texts += refusal is not None or kind_of(name) == "text"
            names.append(name)
            if refusal:
                kept[name] = refusal._replace(detail=display(refusal.detail))
    skipped = Skipped.of(map(display, hidden), map(display, [*other, *saved.passed_over, *builds]))
    if not names:
        nothing = "no file matches" if glob.has_magic(seeds) else "it is empty"
        passed = f"skipped: {skipped.said()}" if skipped.said() else nothing
        raise InputError(f"{printable(seeds)}: holds no seeds ({passed})", _EXPECTED)
    seeds_known = len(names) if texts == len(names) else None
    return Listing(root, tuple(names), kept, own, skipped, seeds_known)


def _glob(pattern: str, follow: bool) -> tuple[str, Walk, list[str]]:
    """Find the files that a pattern matches, and all files below folders that it matches.

    Returns:
        The root, the files below it, and builds that the pattern matches without naming them. Builds are left out
        without a row in the ledger; otherwise the next build would have one more row, for the output of this one.
    """
    root = pattern
    while glob.has_magic(root):
        root = os.path.dirname(root)
    parts = [part for part in pattern[len(root) :].replace(os.sep, "/").split("/") if part not in ("", ".")]
    if ".." in parts:
        raise InputError(f"{display(pattern)}: has .. after a wildcard", "write the pattern without it")
    root = root or "."
    walk = Walk(root, follow, enters=lambda name: _enters(parts, name.split("/")))
    if os.path.isdir(root):
        walk.run()
    wanted = [name for name in walk.names if _is_wanted(walk, parts, name)]
    builds = [name for name in wanted if _is_build(walk, name) and not _names(parts, name.split("/"))]
    left_out = {*builds}
    walk.names = [name for name in wanted if name not in left_out]
    return root, walk, builds


def _is_build(walk: Walk, name: str) -> bool:
    refusal = walk.refused.get(name)
    return refusal is not None and refusal.folder and refusal.reason is FILE_BUILD_OUTPUT


def _names(pattern: list[str], name: list[str]) -> bool:
    """Whether a pattern names a folder itself, and not only by a wildcard."""
    reached = pattern[: len(name)]
    return len(reached) == len(name) and "**" not in reached and not glob.has_magic(reached[-1])


def _is_wanted(walk: Walk, pattern: list[str], name: str) -> bool:
    """Whether a pattern matches a file; for a folder that is not entered, whether it may match something inside."""
    folder = name in walk.refused and walk.refused[name].folder
    return (_enters if folder else _reaches)(pattern, name.split("/"))


def _reaches(parts: list[str], name: list[str]) -> bool:
    """Whether a pattern matches a file, or a folder that contains the file."""
    if not parts:
        return True
    if parts[0] == "**":
        return any(_reaches(parts[1:], name[skipped:]) for skipped in range(len(name) + 1))
    return bool(name) and _fits(parts[0], name[0]) and _reaches(parts[1:], name[1:])


def _enters(parts: list[str], name: list[str]) -> bool:
    """Whether a pattern may match something below a folder."""
    return not parts or not name or parts[0] == "**" or (_fits(parts[0], name[0]) and _enters(parts[1:], name[1:]))


def _fits(part: str, name: str) -> bool:
    """Whether one part of a pattern matches one part of a path; hidden names must be named explicitly."""
    hidden = name.startswith(".") and not part.startswith(".")
    return not hidden and fnmatch.fnmatch(name, part)


def open_file(root: Root, name: str) -> Any:
    """Open a file of the input for reading bytes.

    Raises:
        OSError: it cannot be opened.
        IrregularError: it is a device, a FIFO or a socket.
        DiskError: the file is at a URL, and the network or the server fails.
    """
    location = root.location(name)
    return open_remote(files.in_utf8(location)) if root.is_remote(name) else files.open_file(location)

r"""The input -> its files, in the order of their paths, and how many other files were skipped.

A path is relative to the input's root, with `/`; bytes of a name that are not UTF-8 are written
`\xNN`. Files come in the order of their paths' bytes, which for UTF-8 is that of code points.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from corpus_vn_police import files
from corpus_vn_police.config import FILE_NAME as CONFIG_NAME
from corpus_vn_police.config import REMOVED_NAME
from corpus_vn_police.errors import DiskError, InputError
from corpus_vn_police.stages.read.walk import IRREGULAR, Refusal, Walk
from corpus_vn_police.text import printable, readable

_COMPRESSED = ("", ".gz", ".zst")
_KINDS = {
    **{f".txt{end}": "text" for end in _COMPRESSED},
    **{f".jsonl{end}": "rows" for end in _COMPRESSED},
    ".parquet": "table",
    ".zip": "zip",
    **{f".tar{end}": "tar" for end in _COMPRESSED},
}


@dataclass(frozen=True)
class Listing:
    """What an input holds; of a file nothing but its path is held.

    Attributes:
        root: the folder that paths are relative to, or its fsspec URL.
        names: the files to read below it, in path order, as the system names them.
        refused: those of them that are not read, with the reason: devices, FIFOs, sockets, links and folders.
            Each has a row in the ledger.
        own: whether the input is a single file: then an archive's name is left out of its members' paths.
        hidden: files and folders passed over because their names begin with a dot.
        other: files passed over because of their extension.
        seeds: how many seeds there are; None if that is not known, as a file may hold many or none.
    """

    root: str
    names: tuple[str, ...]
    refused: dict[str, Refusal]
    own: bool
    hidden: int
    other: int
    seeds: int | None


def kind_of(name: str) -> str | None:
    """What a file holds by its name's ending; None if no seeds.

    `text`, `rows` (JSONL), `table` (Parquet), `zip` or `tar`.
    """
    stem, _, last = name.lower().rpartition(".")
    if last in ("gz", "zst"):
        last = f"{stem.rpartition('.')[2]}.{last}"
    return _KINDS.get(f".{last}")


def is_hidden(path: str) -> bool:
    """Whether any part of a relative path begins with a dot."""
    return path.startswith(".") or "/." in path


def display(name: str) -> str:
    r"""A name of the system as the ledger writes it, in every locale: bytes that are not UTF-8 as `\xNN`."""
    return name if name.isascii() else readable(os.fsencode(name))


def list_input(seeds: str, *, follow_links: bool = False) -> Listing:
    """Find the files of an input: a folder, a file, an archive, a glob or an fsspec URL of these.

    Args:
        seeds: the input; a link here is followed.
        follow_links: whether links in it that lead out of it are followed.

    Raises:
        InputError: it is missing, or no file in it can hold seeds.
        DiskError: a folder cannot be listed: its seeds would be missing from the ledger.
    """
    own = False
    names: Iterable[str]
    refused: dict[str, Refusal] = {}
    seeds = seeds.removeprefix("file://").removeprefix("local://")
    if "://" in seeds:
        root, names, own = _remote(seeds)
    elif os.path.isdir(seeds):
        root, walk = seeds, Walk(seeds, follow_links).run()
        names, refused = walk.names, walk.refused
    elif os.path.lexists(seeds):
        root, own = os.path.dirname(seeds) or ".", True
        names = [os.path.basename(seeds)]
        refused = {} if os.path.isfile(seeds) else dict.fromkeys(names, IRREGULAR)
    elif glob.has_magic(seeds):
        root, walk = _glob(seeds, follow_links)
        names, refused = walk.names, walk.refused
    else:
        raise InputError(
            f"{printable(seeds)}: there is no such file or folder",
            "give a folder of seeds, a file, an archive, a glob or a URL",
        )
    return _listing(seeds, root, names, refused, own)


def _listing(seeds: str, root: str, paths: Iterable[str], refused: Mapping[str, Refusal], own: bool) -> Listing:
    """The listing of the files below a root, those that are passed over counted."""
    names, kept, hidden, other, texts = [], {}, 0, 0, 0
    for name in sorted(paths, key=display):
        refusal = refused.get(name)
        if is_hidden(name) and not own:
            hidden += 1
        elif name in (CONFIG_NAME, REMOVED_NAME):
            continue
        elif kind_of(name) is None and not (refusal and refusal.folder):
            other += 1
        else:
            texts += refusal is not None or kind_of(name) == "text"
            names.append(name)
            if refusal:
                kept[name] = refusal._replace(detail=display(refusal.detail))
    if not names:
        nothing = "no file matches" if glob.has_magic(seeds) else "it is empty"
        passed = f"{other} files of other kinds, {hidden} hidden" if other or hidden else nothing
        raise InputError(
            f"{printable(seeds)}: holds no seeds ({passed})",
            "seeds are .txt, .jsonl (each also .gz, .zst), .parquet, .zip and .tar[.gz|.zst] files",
        )
    seeds_known = len(names) if texts == len(names) else None
    return Listing(root, tuple(names), kept, own, hidden, other, seeds_known)


def _glob(pattern: str, follow: bool) -> tuple[str, Walk]:
    """The files that a pattern matches, and all files below a folder that it matches."""
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
    walk.names = [name for name in walk.names if _is_wanted(walk, parts, name)]
    return root, walk


def _is_wanted(walk: Walk, pattern: list[str], name: str) -> bool:
    """Whether a pattern matches a file; of a folder that is not entered, whether it may match something in it."""
    folder = name in walk.refused and walk.refused[name].folder
    return (_enters if folder else _reaches)(pattern, name.split("/"))


def _reaches(parts: list[str], name: list[str]) -> bool:
    """Whether a pattern matches a file, or a folder that the file is in."""
    if not parts:
        return True
    if parts[0] == "**":
        return any(_reaches(parts[1:], name[skipped:]) for skipped in range(len(name) + 1))
    return bool(name) and _fits(parts[0], name[0]) and _reaches(parts[1:], name[1:])


def _enters(parts: list[str], name: list[str]) -> bool:
    """Whether a pattern may match something below a folder."""
    return not parts or not name or parts[0] == "**" or (_fits(parts[0], name[0]) and _enters(parts[1:], name[1:]))


def _fits(part: str, name: str) -> bool:
    """Whether one part of a pattern matches one part of a path; hidden names have to be asked for."""
    hidden = name.startswith(".") and not part.startswith(".")
    return not hidden and fnmatch.fnmatch(name, part)


def filesystem(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it.

    Raises:
        InputError: fsspec does not know the protocol, or lacks the package for it.
    """
    import fsspec

    if "::" in url:
        raise InputError(
            f"{url}: chained URLs are not read", "give the URL of the archive itself: it is unpacked when it is read"
        )
    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise InputError(
            f"{url}: cannot be opened: {error}", "install what fsspec names, or correct the URL"
        ) from error
    return system, path


def _remote(url: str) -> tuple[str, list[str], bool]:
    """The root of a URL, the files below it, and whether it is a single file."""
    system, path = filesystem(url)
    try:
        if glob.has_magic(path):
            root = path
            while glob.has_magic(root):
                root = root.rpartition("/")[0]
            matches = system.glob(path)
        elif system.isdir(path):
            root, matches = path, system.find(path)
        elif system.exists(path):
            root, _, name = path.rpartition("/")
            return system.unstrip_protocol(root), [files.of_system(name)], True
        else:
            raise InputError(f"{url}: there is no such file or folder", "correct the URL")
    except InputError:
        raise
    except Exception as error:  # what the client of a file system raises is its own: httpx has no OSError
        raise DiskError(f"{url}: cannot be listed: {error}", "check the URL and the access to it") from error
    base = root.rstrip("/") + "/"
    return system.unstrip_protocol(root), [files.of_system(match.removeprefix(base)) for match in matches], False


def open_file(root: str, name: str) -> Any:
    """Open a file of the input for reading bytes.

    Raises:
        OSError: it cannot be opened.
        IrregularError: it is a device, a FIFO or a socket.
    """
    location = f"{root}/{name}"
    if "://" in root:
        system, path = filesystem(f"{root}/{files.in_utf8(name)}")
        return system.open(path, "rb")
    return files.open_file(location)

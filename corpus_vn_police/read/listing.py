"""The input -> the files in it, in path order, and how many are no seeds.

A path is relative to the input's root, with `/`; bytes of a name that are not UTF-8 are written
`\\xNN`. Files come in the order of their paths' bytes.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_vn_police.errors import DiskError, InputError

_COMPRESSED = ("", ".gz", ".zst")
_ENDINGS = {
    **{f".txt{end}": "text" for end in _COMPRESSED},
    **{f".jsonl{end}": "rows" for end in _COMPRESSED},
    ".parquet": "table",
    ".zip": "zip",
    **{f".tar{end}": "tar" for end in _COMPRESSED},
}


@dataclass(frozen=True)
class File:
    """A file of the input.

    Attributes:
        location: what opens it: a path of this machine or an fsspec URL.
        path: its path below the input's root, as the ledger names it.
        kind: `text`, `rows` (JSONL), `table` (Parquet), `zip`, `tar`, or `irregular` (a device, a
            FIFO, a broken link: no seed can be read from it).
        own: it is the input itself, so that an archive's name is left out of its members' paths.
    """

    location: str
    path: str
    kind: str
    own: bool = False


@dataclass(frozen=True)
class Listing:
    """What an input holds.

    Attributes:
        files: the files to read, in path order.
        hidden: files and folders passed over because their names begin with a dot.
        other: files passed over because of their extension.
    """

    files: tuple[File, ...]
    hidden: int
    other: int


def kind_of(name: str) -> str | None:
    """What a file name's ending says of its contents; None where it is no seed."""
    lower = name.lower()
    return next((kind for end, kind in _ENDINGS.items() if lower.endswith(end)), None)


def is_hidden(path: str) -> bool:
    """Whether any part of a relative path begins with a dot."""
    return any(part.startswith(".") for part in path.split("/"))


def display(name: str | bytes) -> str:
    """A name as the ledger writes it: bytes that are not UTF-8 as `\\xNN`."""
    raw = name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "backslashreplace")


def list_input(seeds: str) -> Listing:
    """Find the files of an input: a folder, a file, an archive, a glob or an fsspec URL of these.

    Raises:
        InputError: it is missing, or no file in it is a seed or holds any.
        DiskError: a folder cannot be listed (its seeds would vanish from the ledger).
    """
    names: Iterator[tuple[str, str, bool]]
    if "://" in seeds:
        names = _remote(seeds)
    elif os.path.isdir(seeds):
        names = _walk(seeds, "", ())
    elif os.path.lexists(seeds):
        names = iter([(seeds, display(os.path.basename(seeds)), os.path.isfile(seeds))])
    elif glob.has_magic(seeds):
        names = _glob(seeds)
    else:
        raise InputError(f"{display(seeds)}: there is no such file or folder", "give a folder of seeds, a file, an archive, a glob or a URL")
    return _listing(seeds, names)


def _listing(seeds: str, names: Iterator[tuple[str, str, bool]]) -> Listing:
    files, hidden, other = [], 0, 0
    for location, path, regular in names:
        own = location == seeds
        kind = kind_of(path)
        if is_hidden(path) and not own:
            hidden += 1
        elif kind is None:
            other += 1
        else:
            files.append(File(location, path, kind if regular else "irregular", own))
    if not files:
        found = f"{other} files of other kinds, {hidden} hidden" if other or hidden else "it is empty"
        raise InputError(
            f"{display(seeds)}: holds no seeds ({found})",
            "seeds are .txt, .jsonl (each also .gz, .zst), .parquet, .zip and .tar[.gz|.zst] files",
        )
    return Listing(tuple(files), hidden, other)


def _walk(folder: str, prefix: str, parents: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, str, bool]]:
    """Location, path and whether it is a regular file, of all below a folder, in path order.

    A link to a folder that it stands in is passed over: following it would not end.
    """
    try:
        here = os.stat(folder)
        key = (here.st_dev, here.st_ino)
        if key in parents:
            return
        with os.scandir(folder) as scan:
            # A folder sorts with the `/` that follows its name in every path below it.
            entries = sorted(
                ((display(entry.name) + "/" * entry.is_dir(), entry) for entry in scan),
                key=lambda pair: pair[0].encode(),
            )
    except OSError as error:
        raise DiskError(
            f"{display(folder)}: cannot be listed: {error.strerror}",
            "make the folder readable or leave it out: its seeds would be missing from the ledger",
        ) from error
    for name, entry in entries:
        if not name.endswith("/"):
            yield entry.path, prefix + name, entry.is_file()
        elif name.startswith("."):
            yield entry.path, prefix + name[:-1], False
        else:
            yield from _walk(entry.path, prefix + name, (*parents, key))


def _glob(pattern: str) -> Iterator[tuple[str, str, bool]]:
    fixed = pattern
    while glob.has_magic(fixed):
        fixed = os.path.dirname(fixed)
    root = Path(fixed or ".")
    found = set()
    for match in glob.iglob(pattern, recursive=True):
        relative = display(os.path.relpath(match, root).replace(os.sep, "/"))
        if os.path.isdir(match):
            found |= set(_walk(match, f"{relative}/", ()))
        else:
            found.add((match, relative, os.path.isfile(match)))
    # A file that two parts of the pattern reach is one file.
    by_path = {path: (location, path, regular) for location, path, regular in found}
    return iter([by_path[path] for path in sorted(by_path, key=str.encode)])


def filesystem(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it.

    Raises:
        InputError: fsspec does not know the protocol, or lacks the package for it.
    """
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise InputError(f"{url}: cannot be opened: {error}", "install what fsspec names, or mend the URL") from error
    return system, path


def _remote(url: str) -> Iterator[tuple[str, str, bool]]:
    system, root = filesystem(url)
    try:
        if glob.has_magic(root):
            fixed = root
            while glob.has_magic(fixed):
                fixed = fixed.rpartition("/")[0]
            matches, base = system.glob(root), fixed
        elif system.isdir(root):
            matches, base = system.find(root), root
        elif system.exists(root):
            return iter([(url, root.rpartition("/")[2], True)])
        else:
            raise InputError(f"{url}: there is no such file or folder", "mend the URL")
    except OSError as error:
        raise DiskError(f"{url}: cannot be listed: {error}", "check the URL and the access to it") from error
    base = base.rstrip("/") + "/"
    found = sorted(((match, match.removeprefix(base)) for match in matches), key=lambda pair: pair[1].encode())
    return iter([(system.unstrip_protocol(match), path, True) for match, path in found])

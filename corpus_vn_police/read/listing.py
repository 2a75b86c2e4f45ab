r"""The input -> the files in it, in path order, and how many are no seeds.

A path is relative to the input's root, with `/`; bytes of a name that are not UTF-8 are written
`\xNN`. Files come in the order of their paths' bytes, which for UTF-8 is that of code points.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from corpus_vn_police.config import FILE_NAME as CONFIG_NAME
from corpus_vn_police.config import REMOVED_NAME
from corpus_vn_police.errors import DiskError, InputError
from corpus_vn_police.files import of_system
from corpus_vn_police.text import printable

_COMPRESSED = ("", ".gz", ".zst")
_KINDS = {
    **{f".txt{end}": "text" for end in _COMPRESSED},
    **{f".jsonl{end}": "rows" for end in _COMPRESSED},
    ".parquet": "table",
    ".zip": "zip",
    **{f".tar{end}": "tar" for end in _COMPRESSED},
}


class Found(NamedTuple):
    """A file below the root: its name as the system has it, and whether bytes can be read."""

    name: str
    regular: bool


@dataclass(frozen=True)
class Listing:
    """What an input holds; a path is all that is kept of a file.

    Attributes:
        root: the folder that paths are relative to, or its fsspec URL.
        names: the files to read below it, in path order, as the system names them.
        irregular: those of them that are devices, FIFOs, sockets or broken links.
        own: the input is a single file, so that an archive's name is left out of its members'
            paths.
        hidden: files and folders passed over because their names begin with a dot.
        other: files passed over because of their extension.
        seeds: how many seeds there are; None where a file holds more than one, or none.
    """

    root: str
    names: tuple[str, ...]
    irregular: frozenset[str]
    own: bool
    hidden: int
    other: int
    seeds: int | None


def kind_of(name: str) -> str | None:
    """What a file name's ending says of its contents; None where it is no seed.

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
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def list_input(seeds: str) -> Listing:
    """Find the files of an input: a folder, a file, an archive, a glob or an fsspec URL of these.

    Raises:
        InputError: it is missing, or no file in it is a seed or holds any.
        DiskError: a folder cannot be listed (its seeds would vanish from the ledger).
    """
    own = False
    seeds = seeds.removeprefix("file://")
    if "://" in seeds:
        root, found, own = _remote(seeds)
    elif os.path.isdir(seeds):
        root, found = seeds, _walk(seeds, "", ())
    elif os.path.lexists(seeds):
        root, own = os.path.dirname(seeds) or ".", True
        found = iter([Found(os.path.basename(seeds), os.path.isfile(seeds))])
    elif glob.has_magic(seeds):
        root, found = _glob(seeds)
    else:
        raise InputError(
            f"{printable(seeds)}: there is no such file or folder",
            "give a folder of seeds, a file, an archive, a glob or a URL",
        )
    return _listing(seeds, root, found, own)


def _listing(seeds: str, root: str, found: Iterator[Found], own: bool) -> Listing:
    names, irregular, hidden, other, texts = [], [], 0, 0, 0
    for name, regular in found:
        if is_hidden(name) and not own:
            hidden += 1
        elif name in (CONFIG_NAME, REMOVED_NAME):
            continue
        elif (kind := kind_of(name)) is None:
            other += 1
        else:
            texts += kind == "text"
            names.append(name)
            if not regular:
                irregular.append(name)
    if not names:
        nothing = "no file matches" if glob.has_magic(seeds) else "it is empty"
        passed = f"{other} files of other kinds, {hidden} hidden" if other or hidden else nothing
        raise InputError(
            f"{printable(seeds)}: holds no seeds ({passed})",
            "seeds are .txt, .jsonl (each also .gz, .zst), .parquet, .zip and .tar[.gz|.zst] files",
        )
    seeds_known = len(names) if texts == len(names) else None
    return Listing(root, tuple(names), frozenset(irregular), own, hidden, other, seeds_known)


def _walk(folder: str, prefix: str, parents: tuple[tuple[int, int], ...]) -> Iterator[Found]:
    """All below a folder, in path order.

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
                (display(entry.name) + "/" * _is(entry.is_dir), entry.name, _is(entry.is_file)) for entry in scan
            )
    except OSError as error:
        raise DiskError(
            f"{display(folder)}: cannot be listed: {error.strerror}",
            "make the folder readable or leave it out: its seeds would be missing from the ledger",
        ) from error
    for shown, name, regular in entries:
        if shown.endswith("/") and not name.startswith("."):
            yield from _walk(f"{folder}/{name}", f"{prefix}{name}/", (*parents, key))
        else:
            yield Found(prefix + name, regular)


def _is(question: Callable[[], bool]) -> bool:
    """What a directory entry says of itself; False where it is a link that leads nowhere."""
    try:
        return question()
    except OSError:
        return False


def _glob(pattern: str) -> tuple[str, Iterator[Found]]:
    root = pattern
    while glob.has_magic(root):
        root = os.path.dirname(root)
    parts = [part for part in pattern[len(root) :].replace(os.sep, "/").split("/") if part not in ("", ".")]
    root = root or "."
    # `glob` follows links for ever where two lead back to a folder around them; the walk does not.
    files = _below(root, parts) if "**" in parts and ".." not in parts else _matched(root, pattern)
    # A file that two parts of the pattern reach, or a link to a folder around it, is one file:
    # that with the shortest name.
    found: dict[str, Found] = {}
    for file in files:
        folder, base = os.path.split(f"{root}/{file.name}")
        found.setdefault(os.path.join(os.path.realpath(folder), base), file)
    return root, iter(sorted(found.values(), key=lambda file: display(file.name)))


def _below(root: str, parts: list[str]) -> list[Found]:
    """The files below a folder that a pattern with `**` reaches, those with a short name first."""
    if not os.path.isdir(root):
        return []
    files = (file for file in _walk(root, "", ()) if _reaches(parts, file.name.split("/")))
    return sorted(files, key=lambda file: (len(file.name), file.name))


def _reaches(parts: list[str], name: list[str]) -> bool:
    """Whether a pattern matches a file, or a folder that it stands in."""
    if not parts:
        return True
    if parts[0] == "**":
        return any(_reaches(parts[1:], name[skipped:]) for skipped in range(len(name) + 1))
    hidden = bool(name) and name[0].startswith(".") and not parts[0].startswith(".")
    return bool(name) and not hidden and fnmatch.fnmatch(name[0], parts[0]) and _reaches(parts[1:], name[1:])


def _matched(root: str, pattern: str) -> Iterator[Found]:
    """What a pattern matches; of a folder all that is below it, once."""
    walked: set[str] = set()
    for match in sorted(glob.iglob(pattern), key=lambda match: (len(match), match)):
        name = os.path.relpath(match, root).replace(os.sep, "/")
        if not os.path.isdir(match):
            yield Found(name, os.path.isfile(match))
        elif (real := os.path.realpath(match)) not in walked:
            walked.add(real)
            yield from _walk(match, "" if name == "." else f"{name}/", ())


def filesystem(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it.

    Raises:
        InputError: fsspec does not know the protocol, or lacks the package for it.
    """
    import fsspec

    if "::" in url:
        raise InputError(f"{url}: chained URLs are not read", "give the archive itself: it is unpacked on the way")
    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise InputError(f"{url}: cannot be opened: {error}", "install what fsspec names, or mend the URL") from error
    return system, path


def _remote(url: str) -> tuple[str, Iterator[Found], bool]:
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
            return system.unstrip_protocol(root), iter([Found(of_system(name), True)]), True
        else:
            raise InputError(f"{url}: there is no such file or folder", "mend the URL")
    except InputError:
        raise
    except Exception as error:  # what the client of a file system raises is its own: httpx has no OSError
        raise DiskError(f"{url}: cannot be listed: {error}", "check the URL and the access to it") from error
    base = root.rstrip("/") + "/"
    names = sorted(match.removeprefix(base) for match in matches)
    return system.unstrip_protocol(root), (Found(of_system(name), True) for name in names), False

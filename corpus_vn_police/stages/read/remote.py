"""Files at an fsspec URL, such as `hf://`, `s3://` and `https://`."""

from __future__ import annotations

import errno
import glob
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import unquote

from corpus_vn_police import files
from corpus_vn_police.errors import CorpusError, DiskError, InputError, first_line

_EXTRAS = {"s3": "[s3]", "s3a": "[s3]", "http": "[http]", "https": "[http]"}
"""The extra of this package that installs the driver of a protocol."""
_DRIVERS = {"gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "sftp": "paramiko", "ssh": "paramiko"}
_WEB = ("http", "https")
_IN_MEMORY = 8 << 20  # bytes of a web page; longer ones go to the temporary folder
_BLOCK = 1 << 20
# Errors for a missing or forbidden file are that file's fault. All others are the network's or the machine's.
_OF_THE_FILE = {FileNotFoundError: errno.ENOENT, PermissionError: errno.EACCES, IsADirectoryError: errno.EISDIR}


def filesystem(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it.

    Raises:
        InputError: fsspec does not know the protocol, or its package is missing.
    """
    import fsspec

    if "::" in url:
        raise InputError(
            f"{url}: chained URLs are not read", "give the URL of the archive itself: it is unpacked when it is read"
        )
    protocol = url.partition("://")[0]
    try:
        system, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        package = f"corpus-vn-police{_EXTRAS[protocol]}" if protocol in _EXTRAS else _DRIVERS.get(protocol)
        hint = f"pip install '{package}'" if package else "install the package that fsspec names"
        raise InputError(f"{url}: the package that reads {protocol}:// is missing: {error}", hint) from error
    except ValueError as error:
        raise InputError(f"{url}: cannot be opened: {error}", "correct the URL") from error
    return system, path


def at_commit(system: Any, root: str) -> str:
    """A path on the Hub at the current commit of its revision; other paths stay the same."""
    if "hf" not in _protocols(system):
        return root
    from huggingface_hub import HfApi

    found = system.resolve_path(root)
    api = HfApi(endpoint=system.endpoint, token=system.token)
    commit = api.repo_info(found.repo_id, repo_type=found.repo_type, revision=found.revision).sha
    return f"{found.repo_type}s/{found.repo_id}@{commit}/{found.path_in_repo}".rstrip("/")


def find_remote(url: str, is_seeds: Callable[[str], bool]) -> tuple[str, list[str], bool]:
    """List the files at a URL.

    Args:
        url: the URL of a folder, a file or a glob; on the Hub, it is read at the current commit of its revision.
        is_seeds: tells from the extension if a file may hold seeds.

    Returns:
        The root, the files below it, and True if the URL is that of a single file.

    Raises:
        InputError: there is nothing at the URL, or the driver is missing.
        DiskError: it cannot be listed.
    """
    system, path = filesystem(url)
    try:
        if "hf" in _protocols(system):
            system.invalidate_cache()  # cached listings would hide builds that this process publishes later
            path = at_commit(system, path)
        if glob.has_magic(path):
            root = path
            while glob.has_magic(root):
                root = root.rpartition("/")[0]
            matches = system.glob(path)
        elif _is_folder(system, path, is_seeds):
            root, matches = path, system.find(path)
        elif system.exists(path) or _answers(system, path):
            root, _, name = path.rpartition("/")
            return system.unstrip_protocol(root), [_named(system, name)], True
        else:
            raise InputError(f"{url}: there is no such file or folder", "correct the URL")
    except InputError:
        raise
    except Exception as error:  # each client raises errors of its own: those of httpx are not OSErrors
        raise DiskError(f"{url}: cannot be listed: {error}", "check the URL and the access to it") from error
    base = root.rstrip("/") + "/"
    return system.unstrip_protocol(root), [_named(system, match.removeprefix(base)) for match in matches], False


def _named(system: Any, name: str) -> str:
    """A name in a file system, as a name in a listing."""
    return files.of_system(unquote(name) if _is_web(system) else name)


def _answers(system: Any, path: str) -> bool:
    """Whether a page exists after `exists` said no, which it also says if the server fails.

    Raises:
        Exception: the server fails.
    """
    if not _is_web(system):
        return False
    try:
        system.cat_file(path, start=0, end=1)
    except FileNotFoundError:
        return False
    return True


def _is_folder(system: Any, path: str, is_seeds: Callable[[str], bool]) -> bool:
    """Whether a path is a folder. On the web, any page with links could be one, but a file of seeds is not."""
    if _is_web(system):
        return not is_seeds(path.rpartition("/")[2]) and system.isdir(path)
    return bool(system.isdir(path))


def _is_web(system: Any) -> bool:
    """Whether a file system is for web pages."""
    return bool({*_WEB} & {*_protocols(system)})


def _protocols(system: Any) -> tuple[str, ...]:
    return system.protocol if isinstance(system.protocol, tuple) else (system.protocol,)


@dataclass
class RemoteFile:
    """A seekable file at a URL; a failure of the network is not treated as the file's fault.

    Attributes:
        url: its URL, for messages.
        raw: the file that fsspec opened, or a copy of it.
    """

    url: str
    raw: IO[bytes]

    def __enter__(self) -> RemoteFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; none at the end.

        Raises:
            DiskError: the network or the server fails.
        """
        try:
            return self.raw.read(size)
        except Exception as error:
            raise _failure(self.url, error) from error

    def seek(self, place: int, whence: int = os.SEEK_SET, /) -> int:
        """Move to a position, and return it."""
        return self.raw.seek(place, whence)

    def tell(self) -> int:
        """The place."""
        return self.raw.tell()

    def close(self) -> None:
        """Close it."""
        self.raw.close()

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self.raw.closed

    def readable(self) -> bool:
        """Always true: `pyarrow` asks."""
        return True

    def seekable(self) -> bool:
        """Always true: `pyarrow` asks."""
        return True


def open_remote(url: str) -> RemoteFile:
    """Open a file at a URL.

    Raises:
        OSError: it is missing, or may not be read.
        DiskError: the network or the server fails.
    """
    system, path = filesystem(url)
    try:
        if _is_web(system):  # many servers cannot send parts of a page
            with system.open(path, "rb", block_size=0) as stream:
                return RemoteFile(url, _copied(stream))
        return RemoteFile(url, system.open(path, "rb"))
    except Exception as error:
        raise _failure(url, error) from error


def _copied(stream: IO[bytes]) -> IO[bytes]:
    copy = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - whoever opened the file closes it
    while block := stream.read(_BLOCK):
        copy.write(block)
    copy.seek(0)
    return copy


def _failure(url: str, error: Exception) -> Exception:
    """Turn an error of fsspec into one about the file, or one about the network."""
    if isinstance(error, CorpusError | MemoryError):
        return error
    for kind, number in _OF_THE_FILE.items():
        if isinstance(error, kind):
            return OSError(number, os.strerror(number))
    said = first_line(f"{type(error).__name__}: {error}")
    return DiskError(f"{url}: cannot be read: {said}", "check the network and the access to it, and run it again")

"""Files behind an fsspec URL, such as `hf://`, `s3://` and `https://`."""

from __future__ import annotations

import errno
import glob
import os
import tempfile
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import unquote

from corpus_vn_police import files
from corpus_vn_police.errors import CorpusError, DiskError, InputError, first_line

_EXTRAS = {"s3": "[s3]", "s3a": "[s3]", "http": "[http]", "https": "[http]"}
"""The extra of this package that has the driver of a protocol."""
_DRIVERS = {"gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "sftp": "paramiko", "ssh": "paramiko"}
_WEB = ("http", "https")
_IN_MEMORY = 8 << 20  # bytes of a page of the web; what is longer goes to the temporary folder
_BLOCK = 1 << 20
# What a missing or forbidden file raises: that is said of the file. All else is the network's or the machine's fault.
_OF_THE_FILE = {FileNotFoundError: errno.ENOENT, PermissionError: errno.EACCES, IsADirectoryError: errno.EISDIR}


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
    """A path on the Hub at the commit that its revision means now; other paths as they are."""
    if "hf" not in _protocols(system):
        return root
    from huggingface_hub import HfApi

    found = system.resolve_path(root)
    api = HfApi(endpoint=system.endpoint, token=system.token)
    commit = api.repo_info(found.repo_id, repo_type=found.repo_type, revision=found.revision).sha
    return f"{found.repo_type}s/{found.repo_id}@{commit}/{found.path_in_repo}".rstrip("/")


def find_remote(url: str, is_seeds: Any) -> tuple[str, list[str], bool]:
    """What is behind a URL.

    Args:
        url: of a folder, a file or a glob. On the Hub it means the commit that its revision is at now.
        is_seeds: whether a name's ending is that of a file of seeds.

    Returns:
        The root, the files below it, and whether the URL is that of a single file.

    Raises:
        InputError: there is nothing, or the driver is missing.
        DiskError: it cannot be listed.
    """
    system, path = filesystem(url)
    try:
        if "hf" in _protocols(system):
            system.invalidate_cache()  # of listings, which outlive what is published in the same process
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
    except Exception as error:  # what the client of a file system raises is its own: httpx has no OSError
        raise DiskError(f"{url}: cannot be listed: {error}", "check the URL and the access to it") from error
    base = root.rstrip("/") + "/"
    return system.unstrip_protocol(root), [_named(system, match.removeprefix(base)) for match in matches], False


def _named(system: Any, name: str) -> str:
    """A name of a file system as a name of a listing."""
    return files.of_system(unquote(name) if is_web(system) else name)


def _answers(system: Any, path: str) -> bool:
    """Whether there is a page, where `exists` says no: that is also its answer if the server fails.

    Raises:
        Exception: it fails.
    """
    if not is_web(system):
        return False
    try:
        system.cat_file(path, start=0, end=1)
    except FileNotFoundError:
        return False
    return True


def _is_folder(system: Any, path: str, is_seeds: Any) -> bool:
    """Whether a path is a folder. Of the web, each page with links in it could be one; a file of seeds is none."""
    if is_web(system):
        return not is_seeds(path.rpartition("/")[2]) and system.isdir(path)
    return bool(system.isdir(path))


def is_web(system: Any) -> bool:
    """Whether a file system is that of web pages."""
    return bool({*_WEB} & {*_protocols(system)})


def _protocols(system: Any) -> tuple[str, ...]:
    return system.protocol if isinstance(system.protocol, tuple) else (system.protocol,)


@dataclass
class RemoteFile:
    """A file behind a URL, which can be entered anywhere; a failure of the network is not the file's fault.

    Attributes:
        url: for messages.
        raw: what fsspec opened, or a copy of it.
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
        """Go to a place; returns it."""
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
        """Always: `pyarrow` asks."""
        return True

    def seekable(self) -> bool:
        """Always: `pyarrow` asks."""
        return True


def open_remote(url: str) -> RemoteFile:
    """Open a file behind a URL.

    Raises:
        OSError: it is missing, or may not be read.
        DiskError: the network or the server fails.
    """
    system, path = filesystem(url)
    try:
        if is_web(system):  # many servers do not give parts of a page
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
    """An error of fsspec as what it means: the file's, or the network's."""
    if isinstance(error, CorpusError | MemoryError):
        return error
    for kind, number in _OF_THE_FILE.items():
        if isinstance(error, kind):
            return OSError(number, os.strerror(number))
    said = first_line(f"{type(error).__name__}: {error}")
    return DiskError(f"{url}: cannot be read: {said}", "check the network and the access to it, and run it again")

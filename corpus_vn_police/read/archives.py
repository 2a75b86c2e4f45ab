"""zip and tar archives -> their members, one after the other."""

from __future__ import annotations

import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from tarfile import HeaderError, ReadError
from typing import Any, BinaryIO, NamedTuple, Self

from corpus_vn_police.read.bounds import Readable

_UNIX = 3  # who made a zip member, and so what its attributes mean
_LINK = "a link or a device in an archive"
_ENCRYPTED, _UTF8 = 0x1, 0x800  # flag bits of a zip member
_END_OF_ARCHIVE: type[HeaderError] = tarfile.EOFHeaderError  # type: ignore[attr-defined]


class TooManyError(Exception):
    """An archive has more members than are read of one."""


class Member(NamedTuple):
    """A member of an archive that is no folder.

    Attributes:
        name: its path in the archive, as the ledger writes it.
        open: gives a stream of its bytes; to be called before the next member is asked for.
        packed: its length in compressed bytes; None where the archive is compressed as a whole.
        reason, detail: why its bytes cannot be had; None where they can.
    """

    name: str
    open: Callable[[], Any]
    packed: int | None = None
    reason: str | None = None
    detail: str = ""


def zip_members(raw: BinaryIO, most: int) -> Iterator[Member]:
    """The members of a zip archive.

    Raises:
        TooManyError: there are more than `most`; none of them is given.
        Exception: the archive is damaged; `zipfile` raises many kinds.
    """
    with zipfile.ZipFile(raw) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        if len(members) > most:
            raise TooManyError(f"max_members {most}, got {len(members)}")
        for info in members:
            # Without the UTF-8 flag zipfile reads names as cp437; most writers meant UTF-8.
            name = info.filename if info.flag_bits & _UTF8 else _utf8_name(info.filename)
            reason, detail = _refusal(info)

            def opened(info: zipfile.ZipInfo = info) -> Any:
                return archive.open(info)

            yield Member(_without_dots(name), opened, info.compress_size, reason, detail)


def _refusal(info: zipfile.ZipInfo) -> tuple[str | None, str]:
    """Why a zip member is no file to read, and in which words; None where it is one."""
    mode = info.external_attr >> 16 if info.create_system == _UNIX else 0
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "file.not_regular", _LINK
    return ("container.encrypted" if info.flag_bits & _ENCRYPTED else None), "a member with a password"


def tar_members(raw: Readable, most: int) -> Iterator[Member]:
    """The members of a tar archive.

    Raises:
        TooManyError: there are more than `most`, which are given before.
        Exception: the archive is damaged, or ends without its end mark.
    """
    options: Any = {"fileobj": raw, "encoding": "utf-8", "errors": "surrogateescape", "tarinfo": _TarInfo}
    with tarfile.open(mode="r|", **options) as archive:
        for count, info in enumerate(archive, 1):
            if count > most:
                raise TooManyError(f"max_members {most}, got more")
            # `tarfile` keeps every header; a build may go through millions.
            archive.members.clear()  # type: ignore[attr-defined]
            if info.isdir():
                continue
            irregular = None if info.isreg() else "file.not_regular"

            def opened(info: tarfile.TarInfo = info) -> Any:
                return archive.extractfile(info)

            path = info.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            yield Member(_without_dots(path), opened, None, irregular, _LINK)


class _TarInfo(tarfile.TarInfo):
    """A member whose header must be whole.

    `tarfile` takes a damaged or missing header after the first one for the end of the archive;
    the members after it would vanish.
    """

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile)
        except _END_OF_ARCHIVE:
            raise
        except HeaderError as error:
            raise ReadError(f"{error}: the archive goes on or was cut") from error


def _without_dots(name: str) -> str:
    return "/".join(part for part in name.split("/") if part != ".")


def _utf8_name(name: str) -> str:
    return name.encode("cp437").decode("utf-8", "backslashreplace")

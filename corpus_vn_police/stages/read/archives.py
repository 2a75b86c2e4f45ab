"""zip and tar archives -> their members, one after the other."""

from __future__ import annotations

import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator
from tarfile import HeaderError, ReadError
from typing import Any, NamedTuple, Self

from corpus_vn_police.reasons import (
    CONTAINER_DAMAGED,
    CONTAINER_ENCRYPTED,
    CONTAINER_METHOD,
    CONTAINER_UNSAFE_PATH,
    FILE_NOT_REGULAR,
    Reason,
)
from corpus_vn_police.stages.read import zips
from corpus_vn_police.stages.read.bounds import Readable
from corpus_vn_police.stages.read.streams import BrokenError, Cut, Seekable
from corpus_vn_police.text import is_utf8, nfc, readable

_UNIX = (3, 19)  # systems that made the zip member, for which its attributes have this meaning
_LINK = "a link or a device in an archive"
_END_OF_ARCHIVE: type[HeaderError] = tarfile.EOFHeaderError  # type: ignore[attr-defined]
_END_OF_FILE: type[HeaderError] = tarfile.EmptyHeaderError  # type: ignore[attr-defined]
_LONG_HEADERS = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, b"L", b"K")
_LONGEST_HEADER = 1 << 20  # bytes of a pax or GNU header, which `tarfile` reads as a whole


class TooManyError(Exception):
    """An archive has more members than are allowed."""


class Member(NamedTuple):
    """A member of an archive that is not a folder.

    Attributes:
        name: its path in the archive, as the ledger shows it.
        open: opens a stream of its bytes; call it before taking the next member.
        packed: its length in compressed bytes; None if the archive is compressed as a whole, and `open` can
            be called only once.
        reason, detail: why its bytes cannot be read; None if they can.
    """

    name: str
    open: Callable[[], Readable]
    packed: int | None = None
    reason: Reason | None = None
    detail: str = ""


def zip_members(raw: Seekable, size: int, most: int) -> Iterator[Member]:
    """The members of all archives in a zip file.

    Args:
        raw: the file.
        size: its length in bytes.
        most: how many members there may be.

    Raises:
        TooManyError: there are more than `most`; no member is returned then.
        BrokenError: the file is damaged, or contains bytes that no directory lists; the members are returned
            first.
    """
    archives, wrong = zips.archives(raw, size)
    count = 0
    for archive in archives:
        count += _count(raw, archive, most - count)
        if count > most:
            raise TooManyError(f"max_members {most}, got more")
    for archive in archives:
        reader = zips.Reader(raw, archive)
        for entry in zips.entries(raw, archive):
            begins, contradiction = reader.place(entry)
            if entry.is_folder:
                continue
            reason, detail = _refusal(entry, contradiction)

            def opened(reader: zips.Reader = reader, entry: zips.Entry = entry, begins: int = begins) -> Readable:
                return reader.open(entry, begins)

            yield Member(_zip_name(entry), opened, entry.packed, reason, detail)
        wrong = wrong or reader.unlisted()
    if wrong:
        raise BrokenError(wrong)


def _count(raw: Seekable, archive: zips.Archive, most: int) -> int:
    """The number of members, counted up to one too many, or up to the place where the directory is damaged."""
    count = 0
    try:
        for entry in zips.entries(raw, archive):
            count += not entry.is_folder
            if count > most:
                break
    except BrokenError:
        return count  # the error is raised again when the members are read
    return count


def _refusal(entry: zips.Entry, contradiction: str | None) -> tuple[Reason | None, str]:
    """The reason and the detail for a zip member that cannot be read; None as the reason if it can."""
    mode = entry.mode if entry.system in _UNIX else 0
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return FILE_NOT_REGULAR, _LINK
    if contradiction:
        return CONTAINER_DAMAGED, contradiction
    if _is_unsafe(_zip_path(entry)):
        return CONTAINER_UNSAFE_PATH, _OUT
    if entry.is_encrypted:
        return CONTAINER_ENCRYPTED, "a member with a password"
    if not entry.is_readable:
        return CONTAINER_METHOD, f"method {entry.method} of zip archives"
    return None, ""


def tar_members(raw: Cut, most: int) -> Iterator[Member]:
    """The members of a tar archive, and of archives that follow it in the file.

    Args:
        raw: the archive, unpacked, from its start.
        most: how many members there may be.

    Raises:
        TooManyError: there are more than `most`; the first `most` are returned before.
        Exception: the archive is damaged, has no end mark, or something else follows it.
    """
    size, cut = raw.remaining, raw.error or BrokenError("the archive is cut in this member")
    # Zeros are skipped to the end of the file, because another archive may follow the end mark.
    options: Any = {"encoding": "utf-8", "errors": "surrogateescape", "tarinfo": _TarInfo, "ignore_zeros": True}
    with _Tar.open(fileobj=raw, mode="r|", **options) as archive:  # type: ignore[call-overload]
        count = 0
        while (info := archive.next()) is not None:
            # `tarfile` keeps every header; there may be millions.
            archive.members.clear()
            count += 1
            if count > most:
                raise TooManyError(f"max_members {most}, got more")
            if info.isdir():
                continue
            path = info.name.encode("utf-8", "surrogateescape")
            reason, detail = (None, "") if info.isreg() else (FILE_NOT_REGULAR, _LINK)
            if _is_unsafe(path):
                reason, detail = CONTAINER_UNSAFE_PATH, _OUT

            def opened(info: tarfile.TarInfo = info) -> Readable:
                stream: Readable = archive.extractfile(info).raw
                available = size - info.offset_data
                return stream if info.issparse() or info.size <= available else Cut(stream, available, cut)

            yield Member(_shown(decoded(path)), opened, None, reason, detail)


class _Tar(tarfile.TarFile):
    """A tar file that knows if the last thing it read was an end mark."""

    ended = False


class _TarInfo(tarfile.TarInfo):
    """A member whose header must be complete.

    `tarfile` takes a damaged or missing header after the first one for the end of the archive,
    and would silently lose the members after it.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        info = super().frombuf(buf, encoding, errors)
        if info.type in _LONG_HEADERS and info.size > _LONGEST_HEADER:
            raise ReadError(f"a header of {info.size} bytes")
        return info

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        assert isinstance(tarfile, _Tar)  # noqa: S101 - for mypy
        try:
            info = super().fromtarfile(tarfile)
        except _END_OF_ARCHIVE:
            tarfile.ended = True
            raise
        except _END_OF_FILE as error:
            if tarfile.ended:
                raise
            raise ReadError("its end mark is missing: the archive was cut") from error
        except HeaderError as error:
            behind = "there is something else after its end mark" if tarfile.ended else "the archive goes on or was cut"
            raise ReadError(f"{error}: {behind}") from error
        tarfile.ended = False
        return info


_OUT = "a member's path leads out of its archive"


def _is_unsafe(path: bytes) -> bool:
    """Whether a member's path is absolute, leads out of the archive, or contains characters that no path may have."""
    drive = path[:1].isalpha() and path[1:3] == b":/"
    return path.startswith(b"/") or drive or b".." in path.split(b"/") or b"\0" in path


def _shown(name: str) -> str:
    """A member's name as the ledger shows it."""
    return "/".join(step for step in name.split("/") if step != ".").replace("\0", "\\x00")


def _zip_path(entry: zips.Entry) -> bytes:
    r"""A zip member's path: that in its Unicode Path field, if the field belongs to the member's name.

    Some Windows programs write `\` between folders, which APPNOTE.TXT (4.4.17) does not allow.
    """
    path = zips.extra_field(entry.extra, 0x7075) or b""
    made_of_it = path[:1] == b"\1" and path[1:5] == zlib.crc32(entry.name).to_bytes(4, "little")
    raw = path[5:] if made_of_it and path[5:] and is_utf8(path[5:]) else entry.name
    return raw.replace(b"\\", b"/")


def _zip_name(entry: zips.Entry) -> str:
    """A zip member's path as the ledger shows it."""
    raw = _zip_path(entry)
    return _shown(readable(raw) if entry.flags & zips.UTF8 else decoded(raw))


_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_VIETNAMESE = frozenset(nfc(vowel + tone) for vowel in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY" for tone in _TONES) | {"đ", "Đ"}


def decoded(raw: bytes) -> str:
    r"""Decode a name in an archive that does not state its encoding.

    UTF-8 is tried first, then the Windows (1258) and DOS (437) code pages: one of them is right if it makes all letters
    Vietnamese, which is never true of both. Otherwise bytes that are not UTF-8 are written `\xNN`.
    """
    if not is_utf8(raw):
        for encoding in ("cp1258", "cp437"):
            name = nfc(raw.decode(encoding, "replace"))
            if all(letter.isascii() or letter in _VIETNAMESE for letter in name):
                return name
    return readable(raw)

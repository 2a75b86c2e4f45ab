"""What tests of reading share: containers made by hand, and what is read of an input."""

import dataclasses
import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from dataclasses import replace

import polars as pl
import pyarrow as pa

from corpus_vn_police.config import load_config
from corpus_vn_police.stages.read import Batching, Unpacker, list_input, load

CORPUS = load_config(None)
LIMITS = CORPUS.limits


def seeds(root, limits=LIMITS, batching=None):
    """All seeds of an input, as rows in the order of reading."""
    batching = batching or Batching()
    tasks = Unpacker(limits, batching).tasks(list_input(str(root)))
    frames = [frame for task in tasks for frame in load(task, replace(CORPUS, limits=limits), batching)]
    return pl.concat(frames).to_dicts() if frames else []


def texts_or_reasons(root, **options):
    """The reason of each path, or its text if it has none."""
    return {row["path"]: row["reason"] or row["body"].decode() for row in seeds(root, **options)}


def details(root, **options):
    """Reason and detail of each path that has a reason."""
    return {row["path"]: (row["reason"], row["detail"]) for row in seeds(root, **options) if row["reason"]}


def tar(members, end=True, link=None):
    """A tar archive of names and bytes; `end` says whether it has its end mark, `link` where a last member leads."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        if link:
            info = tarfile.TarInfo("link.txt")
            info.type, info.linkname = tarfile.SYMTYPE, link
            archive.addfile(info)
        length = archive.offset
    return sink.getvalue() if end else sink.getvalue()[:length]


def wrong_sum(packed):
    """A gzip stream whose CRC-32 is another one."""
    return packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]


def unpacked_gzip(text):
    """A gzip stream whose texts can be seen, and changed, in it."""
    return gzip.compress(text, compresslevel=0)


def zip_member(name, data, method=0, packed=None, flags=0, extra=b"", system=0, own=None):
    """A member for `zip_file`; `own` is what its own header says differently from the directory."""
    member = {"name": name, "method": method, "flags": flags, "extra": extra, "system": system, "size": len(data)}
    return member | {"crc": zlib.crc32(data), "packed": data if packed is None else packed, "own": own or {}}


def zip_file(members, start=0, comment=b"", listed=None):
    """A zip archive, byte by byte; `listed` are the numbers of those that its directory names."""
    body, directory = b"", b""
    for number, member in enumerate(members):
        own = member | {"length": len(member["packed"])} | member["own"]
        at = start + len(body)
        fixed = struct.pack(
            "<HHHHIIIHH",
            own["flags"],
            own["method"],
            0,
            0x5000,
            own["crc"],
            own["length"],
            own["size"],
            len(own["name"]),
            len(own["extra"]),
        )
        body += b"PK\3\4" + struct.pack("<H", 20) + fixed + own["name"] + own["extra"] + member["packed"]
        if listed is None or number in listed:
            fixed = struct.pack(
                "<HHHHIIIHH",
                member["flags"],
                member["method"],
                0,
                0x5000,
                member["crc"],
                len(member["packed"]),
                member["size"],
                len(member["name"]),
                len(member["extra"]),
            )
            directory += (
                b"PK\1\2"
                + struct.pack("<BBH", 20, member["system"], 20)
                + fixed
                + struct.pack("<HHHII", 0, 0, 0, 0, at)
                + member["name"]
                + member["extra"]
            )
    count = len(members) if listed is None else len(listed)
    return (
        body
        + directory
        + b"PK\5\6"
        + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), start + len(body), len(comment))
        + comment
    )


def unicode_path(raw, name):
    """Info-ZIP's Unicode Path field: the real name of a member that is written with another one."""
    path = name if isinstance(name, bytes) else name.encode()
    return struct.pack("<HHBI", 0x7075, 5 + len(path), 1, zlib.crc32(raw)) + path


def windowed(data, log):
    """A frame as `zstd --long=LOG` writes it from a pipe: a window of 2^LOG bytes, no length."""
    block = struct.pack("<I", len(data) << 3 | 1)[:3]
    return b"\x28\xb5\x2f\xfd\x00" + bytes([(log - 10) << 3]) + block + data


def zst(data):
    return pa.compress(data, codec="zstd", asbytes=True)


def read_all(seeds, limits=LIMITS, batching=None):
    """All seeds of an input, as rows, and what was passed over."""
    batching = batching or Batching()
    unpacker = Unpacker(limits, batching)
    frames = [
        frame
        for task in unpacker.tasks(list_input(str(seeds)))
        for frame in load(task, replace(CORPUS, limits=limits), batching)
    ]
    return pl.concat(frames).to_dicts(), unpacker.skipped


def deflated_zip(members):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return sink.getvalue()


def tar_with_link(members):
    """A tar archive that holds a link out of it as well."""
    return tar(members, link="/etc/passwd")


def limits_with(**limits):
    return dataclasses.replace(LIMITS, **limits)

"""Where a build may be written: `datasets.load_dataset` must read the name of the folder as a plain folder.

Each rule was found by loading a build from a folder of that name with datasets 5.2 (`tests/test_places.py`).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from corpus_vn_police.errors import ConfigError, OutputError
from corpus_vn_police.files import StrPath, in_utf8

PACKAGED = {
    "arrow", "audiofolder", "conll", "csv", "eval", "fasta", "fastq", "genbank", "harbor", "hdf5", "iceberg",
    "imagefolder", "json", "lance", "meshfolder", "mmcif", "niftifolder", "pandas", "parquet", "pdb",
    "pdffolder", "text", "tsfile", "videofolder", "vortex", "webdataset", "xml",
}  # fmt: skip
"""What `load_dataset` takes for a kind of file, although there is a folder of that name."""

# Bytes. `datasets` names files of its cache after the folder, up to `-validation-00000-00000-of-NNNNN.arrow`
# and an underscore at each capital, and `.NAME.state` stands beside it: none may have more than 255.
_LONGEST_NAME = 128
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_LONGEST_PATH = 3_800  # of 4,096, for the files below it and next to it
_ANYWHERE = (
    (re.compile(r"[*?\[]"), "it takes {0} for a pattern"),
    (re.compile("::"), "it takes {0} for a chain of URLs"),
    (re.compile(r"\$\w|\$\{", re.ASCII), "it takes {0} for a variable of the environment"),
    (re.compile("[\ud800-\udfff]"), "it takes only names in UTF-8"),
)


CACHE_VARIABLE = "CORPUS_VN_POLICE_CACHE"
"""The variable of the environment that names the cache's folder."""


def cache_folder() -> Path:
    """The folder of what can be made again: `$CORPUS_VN_POLICE_CACHE`, else one in the platform's user cache."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_cache_dir("corpus-vn-police", appauthor=False))


@dataclass(frozen=True)
class Output:
    """Something to be written.

    Attributes:
        given: its path as the caller gave it, which results repeat.
        path: its absolute path, links followed.
    """

    given: str
    path: Path


def output_path(given: StrPath, option: str = "--out") -> Output:
    """Where something is to be written.

    Args:
        given: a path.
        option: what it was given as, for messages.

    Raises:
        ConfigError: it is empty, is a URL, or is a text that the system cannot have as a name.
    """
    text = os.fspath(given)
    hint = f"give a path on this machine for {option}"
    if _URL.match(text) and not os.path.isdir(text.partition("/")[0]):  # noqa: PTH112
        raise ConfigError(f"{option} = {text!r} is a URL", hint)
    if wrong := unnamable(text):
        raise ConfigError(f"{option} = {text!r} {wrong}", hint)
    return Output(text, Path(os.path.realpath(text)))


def unnamable(text: str) -> str | None:
    """Why a text cannot be a path on this machine, or the URL of one; None if it can."""
    if not text or "\0" in text:
        return "is not a path"
    try:
        os.fsencode("" if "://" in text else text)
    except UnicodeEncodeError as error:
        return f"cannot be a name in this locale ({error.encoding}); LC_ALL=C.UTF-8 or PYTHONUTF8=1 has all letters"
    return None


def check_loadable(out: Output) -> None:
    """Refuse a folder that `load_dataset` could not read, or would read as something else.

    Args:
        out: the folder, which the caller will give to `load_dataset` as it was given here.

    Raises:
        OutputError: it could not; the message says why.
    """
    reason = unloadable(os.path.normpath(out.given), in_utf8(str(out.path)))
    if reason:
        raise OutputError(
            f"{out.path}: datasets.load_dataset cannot read a folder of this path: {reason}; nothing was written",
            "give another --out",
        )


def unloadable(given: str, target: str) -> str | None:
    """Why `load_dataset` cannot read a folder, or takes it for something else; None if it can.

    Args:
        given: the path that it is given.
        target: the absolute path in UTF-8, links followed.
    """
    for pattern, reason in _ANYWHERE:
        if match := pattern.search(target):
            return reason.format(repr(match[0]))
    name = target.rpartition("/")[2]
    first = given.replace(os.sep, "/").partition("/")[0]
    if name.endswith(".py"):
        return "it takes a name that ends in .py for a program"
    if (length := len(name.encode())) > _LONGEST_NAME:
        return f"its name has {length} bytes, and files of the cache are named after it: {_LONGEST_NAME} at most"
    if (length := len(target.encode())) > _LONGEST_PATH:
        return f"it has {length} bytes, of which {_LONGEST_PATH} leave room for the files in it"
    if os.path.isabs(given):  # noqa: PTH117
        return None
    if first.startswith("~"):
        return f"it takes {first!r} for somebody's home"
    if first.endswith(":"):
        return f"it takes {first!r} for the beginning of a URL"
    return f"it takes {given!r} for a kind of file" if given in PACKAGED else None

"""Where a build may be written: `datasets.load_dataset` must recognise its path as that of a plain folder.

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
"""The names that `load_dataset` takes for a kind of file, even if there is a folder of that name."""

# In bytes. `datasets` names cache files after the folder: it adds up to `-validation-00000-00000-of-NNNNN.arrow` and an
# underscore before each capital. The folder `.NAME.state` is beside the build. No name may exceed 255 bytes.
_LONGEST_NAME = 128
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_LONGEST_PATH = 3_800  # the limit is 4,096; the rest is for the files inside it and beside it
_ANYWHERE = (
    (re.compile(r"[*?\[]"), "it takes {0} for a pattern"),
    (re.compile("::"), "it takes {0} for a chain of URLs"),
    (re.compile(r"\$\w|\$\{", re.ASCII), "it takes {0} for a variable of the environment"),
    (re.compile("[\ud800-\udfff]"), "it takes only names in UTF-8"),
)


CACHE_VARIABLE = "CORPUS_VN_POLICE_CACHE"
"""The environment variable that names the cache folder."""


def cache_folder() -> Path:
    """The folder for files that can be made again: `$CORPUS_VN_POLICE_CACHE`, else one in the user's cache folder."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_cache_dir("corpus-vn-police", appauthor=False))


@dataclass(frozen=True)
class Output:
    """A path that something will be written to.

    Attributes:
        given: the path as the caller gave it; results show this one.
        path: the absolute path, with links resolved.
    """

    given: str
    path: Path


def output_path(given: StrPath, option: str = "--out") -> Output:
    """Check and resolve a path that something will be written to.

    Args:
        given: a path.
        option: the name of the option or argument, for messages.

    Raises:
        ConfigError: it is empty, is a URL, or cannot be a file name on this system.
    """
    text = os.fspath(given)
    hint = f"give a path on this machine for {option}"
    if _URL.match(text) and not os.path.isdir(text.partition("/")[0]):  # noqa: PTH112
        raise ConfigError(f"{option} = {text!r} is a URL", hint)
    if wrong := unnamable(text):
        raise ConfigError(f"{option} = {text!r} {wrong}", hint)
    return Output(text, Path(os.path.realpath(text)))


def unnamable(text: str) -> str | None:
    """Why a text cannot be a local path, or the URL of one; None if it can."""
    if not text or "\0" in text:
        return "is not a path"
    try:
        os.fsencode("" if "://" in text else text)
    except UnicodeEncodeError as error:
        return f"cannot be a name in this locale ({error.encoding}); LC_ALL=C.UTF-8 or PYTHONUTF8=1 has all letters"
    return None


def check_loadable(out: Output) -> None:
    """Refuse a folder that `load_dataset` cannot read, or would mistake for something else.

    Args:
        out: the folder; the caller will give `load_dataset` the same path as here.

    Raises:
        OutputError: `load_dataset` cannot read it; the message says why.
    """
    reason = unloadable(os.path.normpath(out.given), in_utf8(str(out.path)))
    if reason:
        raise OutputError(
            f"{out.path}: datasets.load_dataset cannot read a folder of this path: {reason}; nothing was written",
            "give another --out",
        )


def unloadable(given: str, target: str) -> str | None:
    """Why `load_dataset` cannot read a folder, or mistakes it for something else; None if it can read it.

    Args:
        given: the path that `load_dataset` is given.
        target: the absolute path in UTF-8, with links resolved.
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
        return f"it has {length} bytes, and only {_LONGEST_PATH} leave room for the files in it"
    if os.path.isabs(given):  # noqa: PTH117
        return None
    if first.startswith("~"):
        return f"it takes {first!r} for somebody's home"
    if first.endswith(":"):
        return f"it takes {first!r} for the beginning of a URL"
    return f"it takes {given!r} for a kind of file" if given in PACKAGED else None

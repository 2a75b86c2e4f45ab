"""Folders that `datasets.save_to_disk` wrote: find the files in them that hold rows.

A dataset is `dataset_info.json`, `state.json` (which names the files of rows) and `data-*.arrow`; a dict of them has
`dataset_dict.json` and a folder for each split. `cache-*.arrow` files hold later results of `datasets`.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpus_vn_police.files import IrregularError
from corpus_vn_police.reasons import CONTAINER_DAMAGED, CONTAINER_INDICES, FILE_UNREADABLE
from corpus_vn_police.stages.read.walk import Refusal

_STATE, _INFO, _SPLITS = "state.json", "dataset_info.json", "dataset_dict.json"
_BOOKKEEPING = (_STATE, _INFO, _SPLITS)
_LONGEST = 1 << 24  # bytes of a state.json: 100,000 files of rows
_MISSING = Refusal(FILE_UNREADABLE, "the folder's state.json names it, and it is missing")
_SHUFFLED = Refusal(CONTAINER_INDICES, "its state.json names a file of indices", True)


@dataclass(frozen=True)
class SavedFolders:
    """The datasets in an input that were saved with `save_to_disk`.

    Attributes:
        rows: for each folder of a dataset (with `/` at its end; empty for the input itself), its files of rows.
        refused: folders that are not read, and why.
        splits: the files that list the splits of a dict of datasets.
        passed_over: files in these folders that do not belong to the dataset; `read` fills it.
    """

    rows: dict[str, frozenset[str]] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)
    splits: frozenset[str] = frozenset()
    passed_over: list[str] = field(default_factory=list)

    @classmethod
    def among(cls, names: Sequence[str], opened: Callable[[str], Any]) -> SavedFolders:
        """Look for saved datasets.

        Args:
            names: the files of the input that may be opened.
            opened: opens one of them.

        Raises:
            DiskError: a state.json is at a URL, and the network fails.
        """
        infos = {name.removesuffix(_INFO) for name in names if _is_file(name, _INFO)}
        if not infos:
            return cls()
        states = {name.removesuffix(_STATE) for name in names if _is_file(name, _STATE)}
        rows: dict[str, frozenset[str]] = {}
        refused: dict[str, Refusal] = {}
        for folder in sorted(infos & states):
            found = _rows_of(folder, opened)
            if isinstance(found, Refusal):
                refused[folder.rstrip("/") or _STATE] = found
            else:
                rows[folder] = found
                refused |= dict.fromkeys(found.difference(names), _MISSING)
        above = {folder.rstrip("/").rpartition("/")[0] for folder in rows if folder}
        dicts = {name for name in names if _is_file(name, _SPLITS) and name.rpartition("/")[0] in above}
        return cls(rows, refused, frozenset(dicts))

    def read(self, names: Iterable[str]) -> list[str]:
        """The files of the input that are read, or that get a row in the ledger."""
        wanted = [*self.refused]
        for name in names:
            folder = name[: name.rfind("/") + 1]
            if name in self.splits or name in self.refused or (folder.rstrip("/") or _STATE) in self.refused:
                continue
            if name in self.rows.get(folder, (name,)):
                wanted.append(name)
            elif name not in (folder + _STATE, folder + _INFO) and not fnmatch.fnmatch(name, f"{folder}cache-*.arrow"):
                self.passed_over.append(name)
        return wanted


def is_bookkeeping(member: str) -> bool:
    """Whether a member of an archive is a file of a saved dataset that holds no rows."""
    name = member.rpartition("/")[2]
    return name in _BOOKKEEPING or fnmatch.fnmatchcase(name, "cache-*.arrow")


def _is_file(name: str, file: str) -> bool:
    return name == file or name.endswith(f"/{file}")


def _rows_of(folder: str, opened: Callable[[str], Any]) -> frozenset[str] | Refusal:
    """The files of rows of a saved dataset, or why it is not read."""
    try:
        with opened(folder + _STATE) as stream:
            state = json.loads(stream.read(_LONGEST))
        if state.get("_indices_files"):
            return _SHUFFLED
        names = [file["filename"] for file in state["_data_files"]]
        if any("/" in name for name in names):
            raise ValueError("a name that leads out of the folder")
        return frozenset(folder + name for name in names)
    except (IrregularError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return Refusal(CONTAINER_DAMAGED, f"its state.json cannot be read: {type(error).__name__}", True)

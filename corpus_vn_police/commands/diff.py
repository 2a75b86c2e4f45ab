"""`diff`: two builds -> the records that were added, removed, changed, or moved to another split.

Fields are read some at a time, of a million records four. For each record of a build, memory holds the hashes of their
values (8 bytes each), and its id, place and split (17 bytes). For each record that both builds have, it also holds one
bit per field. (Two builds of a million records, a field at a time: 11 s of CPU, 364 MB at the peak.) The hashes never
leave the process, so it does not matter which hash function is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from corpus_vn_police.dataset.folder import BuildFolder, open_anywhere
from corpus_vn_police.dataset.layout import FOLDERS
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.errors import DamagedError
from corpus_vn_police.files import StrPath
from corpus_vn_police.ids import Ids, id_numbers
from corpus_vn_police.results import Result
from corpus_vn_police.stages.split import SPLITS

_Numbers = npt.NDArray[np.uint64]

_SEED = 20_201_207  # of the hashes; the same for both builds
_NULL = np.uint64(0)  # the hash of null, and of a field that a build does not have
_BITS = 64
_HASHES = 4_000_000  # that are held of a build at once: a pass over the files costs as much as reading a field


@dataclass(frozen=True, repr=False, eq=False)
class Difference(Result):
    """How a build differs from an older one.

    Attributes:
        added: ids of records that only the new build has.
        removed: ids of records that only the old build has.
        changed: ids of records that both builds have, but with a different field.
        moved: ids of records that changed their split.
        fields: the fields that were compared; those of a struct as `source.url`, those of the
            annotations as `annotations.quotes`. Own fields that one build alone has are among them: there a record
            differs if its value is not null.
        masks: which fields differ, a row for each changed record: bit k % 64 of column k // 64 is `fields[k]`
            (uint64).
        splits: the old and the new split of each moved record, as indices of `split.SPLITS` (n x 2).
    """

    added: Ids
    removed: Ids
    changed: Ids
    moved: Ids
    fields: tuple[str, ...]
    masks: npt.NDArray[np.uint64] = field(repr=False)
    splits: npt.NDArray[np.uint8] = field(repr=False)

    def by_field(self) -> dict[str, Ids]:
        """The ids of the records in which a field differs, by field."""
        differs = ((name, self._differs(number)) for number, name in enumerate(self.fields))
        return {name: Ids(self.changed.numbers[those]) for name, those in differs if those.any()}

    def _differs(self, field: int) -> npt.NDArray[np.bool_]:
        word, bit = divmod(field, _BITS)
        differs: npt.NDArray[np.bool_] = (self.masks[:, word] >> np.uint64(bit)) & np.uint64(1) == 1
        return differs

    def by_move(self) -> dict[tuple[str, str], Ids]:
        """The ids of the records that went from one split to another, by old and new split."""
        pairs = [(old, new) for old in range(len(SPLITS)) for new in range(len(SPLITS))]
        moved = ((SPLITS[a], SPLITS[b], (self.splits == (a, b)).all(axis=1)) for a, b in pairs)
        return {(old, new): Ids(self.moved.numbers[those]) for old, new, those in moved if those.any()}

    def __eq__(self, other: object) -> bool:
        """Whether the other one is the same difference."""
        return self._value() == other._value() if isinstance(other, Difference) else NotImplemented

    def __hash__(self) -> int:
        """Of all fields."""
        return hash(self._value())

    def _value(self) -> tuple[object, ...]:
        ids = self.added, self.removed, self.changed, self.moved
        return (*ids, self.fields, self.masks.tobytes(), self.splits.tobytes())

    def _shown(self) -> Iterator[tuple[str, Any]]:
        yield from ((name, getattr(self, name)) for name in ("added", "removed", "changed", "moved"))
        yield "fields", {name: len(ids) for name, ids in self.by_field().items()}
        yield "moves", {f"{old} -> {new}": len(ids) for (old, new), ids in self.by_move().items()}


@dataclass(frozen=True)
class _Side:
    """One of the two builds: its ids in their order, and the position and split of each."""

    build: BuildFolder
    ids: _Numbers
    positions: npt.NDArray[np.int64]
    splits: npt.NDArray[np.uint8]

    def fields(self, config: str) -> list[str]:
        """The fields of a config, those of a struct one by one."""
        return list(_leaves(self.build.contracts[config].schema))


@machine_failures()
def diff(old: StrPath, new: StrPath) -> Difference:
    """Compare the records of two builds by their ids.

    Args:
        old: a folder, or the fsspec URL of one (`hf://datasets/user/name`), which is fetched.
        new: a build that came after it, likewise.

    Returns:
        The records that were added, removed, changed (and in which fields), or moved to another
        split.

    Raises:
        OutputError: one of the two is not a build.
        DamagedError: one of them cannot be read, or has an id twice.
        DiskError: the operating system failed to read, or a URL cannot be fetched.
    """
    with open_anywhere(old) as left, open_anywhere(new) as right:
        return compare(left, right)


def compare(old: BuildFolder, new: BuildFolder) -> Difference:
    """Compare the records of two builds that are open.

    Raises:
        DamagedError: one of them cannot be read, or has an id twice.
    """
    left, right = _side(old), _side(new)
    common, in_old, in_new = np.intersect1d(left.ids, right.ids, assume_unique=True, return_indices=True)
    compared = _fields(left, right)
    masks = np.zeros((len(common), -(-len(compared) // _BITS)), np.uint64)
    at_once = max(1, _HASHES // max(len(left.ids), len(right.ids), 1))
    for first in range(0, len(compared), at_once):
        fields = compared[first : first + at_once]
        olds, news = _hashes(left, fields), _hashes(right, fields)
        for number, name in enumerate(fields, first):
            one, other = olds[name][left.positions[in_old]], news[name][right.positions[in_new]]
            masks[:, number // _BITS] |= (one != other).astype(np.uint64) << np.uint64(number % _BITS)
    differs = masks.any(axis=1)
    moved = left.splits[in_old] != right.splits[in_new]
    return Difference(
        added=Ids(np.setdiff1d(right.ids, left.ids, assume_unique=True)),
        removed=Ids(np.setdiff1d(left.ids, right.ids, assume_unique=True)),
        changed=Ids(common[differs]),
        moved=Ids(common[moved]),
        fields=tuple(f"annotations.{name}" if config == "annotations" else name for config, name in compared),
        masks=masks[differs],
        splits=np.stack([left.splits[in_old][moved], right.splits[in_new][moved]], axis=1),
    )


def _fields(left: _Side, right: _Side) -> list[tuple[str, str]]:
    """The fields to compare: the records', and the annotations' if both builds have them; each with its config."""
    configs = ["default"]
    if all(side.build.has("annotations") for side in (left, right)):
        configs.append("annotations")
    found = ((config, name) for config in configs for side in (left, right) for name in side.fields(config))
    return [(config, name) for config, name in dict.fromkeys(found) if name != "id"]


def _leaves(schema: pa.Schema) -> Iterator[str]:
    """A schema's fields, those of a struct one by one."""
    for each in schema:
        inner = [f"{each.name}.{part.name}" for part in each.type] if pa.types.is_struct(each.type) else [each.name]
        yield from inner


def _side(build: BuildFolder) -> _Side:
    ids, splits = [np.empty(0, np.uint64)], [np.empty(0, np.uint8)]
    for code, split in enumerate(SPLITS):
        for frame in build.rows("default", split).batches("id"):
            ids.append(id_numbers(frame["id"]).to_numpy())
            splits.append(np.full(len(frame), code, np.uint8))
    numbers = np.concatenate(ids)
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    if (ordered[1:] == ordered[:-1]).any():
        raise DamagedError.of(build.path, "two records have one id")
    return _Side(build, ordered, order, np.concatenate(splits)[order])


def _hashes(side: _Side, fields: list[tuple[str, str]]) -> dict[tuple[str, str], npt.NDArray[np.uint64]]:
    """The hash of each of some fields in every row, in the order of the build; of a field that it lacks, `_NULL`."""
    hashes = {each: np.full(len(side.ids), _NULL) for each in fields}
    for config in dict.fromkeys(config for config, _ in fields):
        here = set(side.fields(config))
        names = [name for each, name in fields if each == config and name in here]
        done = 0
        for frame in side.build.rows(config).batches(*names) if names else ():
            start, done = done, done + len(frame)
            for name in names if done <= len(side.ids) else ():
                values = frame.select(_value(name)).to_series()
                hashes[config, name][start:done] = values.hash(_SEED).set(values.is_null(), int(_NULL)).to_numpy()
        if names and done != len(side.ids):
            what = f"{FOLDERS[config]} does not have the same rows as {FOLDERS['default']}"
            raise DamagedError.of(side.build.path, what)
    return hashes


def _value(name: str) -> pl.Expr:
    """A field of a frame; that of a struct by its dotted name."""
    column, _, part = name.partition(".")
    return pl.col(column).struct.field(part) if part else pl.col(column)

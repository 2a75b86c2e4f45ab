"""`diff`: two builds -> the records that were added, removed, changed, or moved to another split.

Memory holds 13 bytes per record of the old build while records of the two builds are matched, and then 9: the hash of a
field, and the split. Per record of the new build it holds 13 bytes (the id, the place in the old build, the split) and
a bit for each field, in words of 64 bits. One field is read at a time, or several if the build is small. The hashes
never leave the process, so it does not matter which hash function is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from corpus_vn_police.dataset.folder import BuildFolder, open_anywhere
from corpus_vn_police.dataset.layout import FOLDERS, shard_name, shard_path
from corpus_vn_police.dedup.equal import equal
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.errors import DamagedError
from corpus_vn_police.files import StrPath
from corpus_vn_police.ids import Ids, id_numbers
from corpus_vn_police.results import Result
from corpus_vn_police.stages.split import SPLITS

_Numbers = npt.NDArray[np.uint64]
_Field = tuple[str, str]  # its config and name

_COMPARED = ("default", "annotations")
_SEED = 20_201_207  # seed of the hash function; both builds need the same one
_NULL = np.uint64(0)  # stands for null, and for a field that a build does not have
_BITS = 64
_NOBODY = 2**32 - 1
_AT_ONCE = 1 << 18  # records that are looked up together
_HASHES = 4_000_000  # hashes of a build held together: going through its files again costs as much as reading a field


@dataclass(frozen=True, repr=False, eq=False)
class Difference(Result):
    """How a build differs from an older one.

    Attributes:
        added: ids of records that only the new build has.
        removed: ids of records that only the old build has.
        changed: ids of records that both builds have, but with a different value in at least one field.
        moved: ids of records that changed their split.
        fields: the names of the compared fields; a field in a struct is named like `source.url`, a list of the
            annotations like `annotations.quotes`. If only one build has an own field, a record differs in this field
            if its value is not null.
        masks: which fields differ, with a row of uint64 for each changed record: bit k % 64 of column k // 64 stands
            for `fields[k]`.
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
        """For each field that differs anywhere, the ids of the records in which it differs."""
        differs = ((name, self._differs(number)) for number, name in enumerate(self.fields))
        return {name: Ids(self.changed.numbers[those]) for name, those in differs if those.any()}

    def _differs(self, field: int) -> npt.NDArray[np.bool_]:
        word, bit = divmod(field, _BITS)
        differs: npt.NDArray[np.bool_] = (self.masks[:, word] >> np.uint64(bit)) & np.uint64(1) == 1
        return differs

    def by_move(self) -> dict[tuple[str, str], Ids]:
        """The ids of the records that moved, by old and new split."""
        pairs = [(old, new) for old in range(len(SPLITS)) for new in range(len(SPLITS))]
        moved = ((SPLITS[a], SPLITS[b], (self.splits == (a, b)).all(axis=1)) for a, b in pairs)
        return {(old, new): Ids(self.moved.numbers[those]) for old, new, those in moved if those.any()}

    def __eq__(self, other: object) -> bool:
        """True if the other difference has the same ids, fields, masks and splits."""
        return self._value() == other._value() if isinstance(other, Difference) else NotImplemented

    def __hash__(self) -> int:
        """The hash of all attributes."""
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
    """One of the two builds, with the ids and splits of its records, in the build's order.

    Attributes:
        build: the build.
        same: paths of shards that the other build has too; their records are not looked at.
        ids, splits: the ids and split numbers of the records in all other shards.
    """

    build: BuildFolder
    same: frozenset[str]
    ids: _Numbers
    splits: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, build: BuildFolder, same: frozenset[str]) -> _Side:
        """Read the ids and splits of a build's records, except those in the shards `same`."""
        ids, splits = [np.empty(0, np.uint64)], [np.empty(0, np.uint8)]
        for code, split in enumerate(SPLITS):
            for frame in build.rows("default", split).without(same).by_group("id"):
                ids.append(id_numbers(frame["id"]).to_numpy())
                splits.append(np.full(len(frame), code, np.uint8))
        side = cls(build, same, np.concatenate(ids), np.concatenate(splits))
        if any(len(places) for places, _ in equal(side.ids)):
            raise DamagedError.of(build.path, "two records have the same id")
        return side

    def fields(self, config: str) -> list[str]:
        """The names of a config's fields; a struct gives one name for each field in it."""
        return list(_leaves(self.build.contracts[config].schema))


@machine_failures()
def diff(old: StrPath, new: StrPath) -> Difference:
    """Compare the records of two builds by their ids.

    Args:
        old: a folder, or the fsspec URL of one (`hf://datasets/user/name`), which is fetched.
        new: the same for a later build.

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
    """Compare the records of two open builds.

    Raises:
        DamagedError: one of them cannot be read, or has an id twice.
    """
    left, right = map(_Side.of, (old, new), _same_shards(old, new))
    partners, removed = _partners(left, right)
    compared = _fields(left, right)
    masks = _masks(replace(left, ids=left.ids[:0]), right, partners, compared)
    there = partners != _NOBODY
    before = np.zeros(len(partners), np.uint8)
    before[there] = left.splits[partners[there]]
    changed = _by_id(right.ids, np.flatnonzero(masks.any(axis=1)))
    moved = _by_id(right.ids, np.flatnonzero(there & (before != right.splits)))
    return Difference(
        added=Ids(np.sort(right.ids[~there])),
        removed=Ids(removed),
        changed=Ids(right.ids[changed]),
        moved=Ids(right.ids[moved]),
        fields=tuple(f"annotations.{name}" if config == "annotations" else name for config, name in compared),
        masks=masks[changed],
        splits=np.stack([before[moved], right.splits[moved]], axis=1),
    )


def _same_shards(old: BuildFolder, new: BuildFolder) -> tuple[frozenset[str], frozenset[str]]:
    """The shards that both builds have, byte for byte, in the same split: their paths in the old and in the new build.

    All configs are cut at the same records. A shard is skipped only if it is the same in all compared configs.
    """
    configs = [config for config in _COMPARED if old.has(config) and new.has(config)]
    sides = [_shards_by_content(build, configs) for build in (old, new)]
    both = sides[0].keys() & sides[1].keys()
    old_paths, new_paths = (frozenset(path for each in both for path in side[each]) for side in sides)
    return old_paths, new_paths


def _shards_by_content(build: BuildFolder, configs: list[str]) -> dict[tuple[str, ...], list[str]]:
    """Paths of shards with the same records, one for each config; keyed by the split and the sha256 of each path."""
    digests = {file["path"]: file["sha256"] for file in build.manifest["files"]}
    found: dict[tuple[str, ...], list[str]] = {}
    for shard in filter(None, map(shard_name, digests)):
        if shard.config == "default":
            paths = [shard_path(config, shard.split, shard.number, shard.count) for config in configs]
            found[shard.split, *(digests.get(path, "") for path in paths)] = paths
    return found


def _by_id(ids: _Numbers, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Some places in `ids`, in the order of the ids there."""
    return places[np.argsort(ids[places])]


def _partners(left: _Side, right: _Side) -> tuple[npt.NDArray[np.uint32], _Numbers]:
    """For each new record its place in the old build, or `_NOBODY`; and the ids that only the old build has."""
    order = np.argsort(left.ids).astype(np.uint32)
    ids = left.ids[order]
    partners = np.full(len(right.ids), _NOBODY, np.uint32)
    stayed = np.zeros(len(ids), np.bool_)
    for start in range(0, len(partners) if len(ids) else 0, _AT_ONCE):
        wanted = right.ids[start : start + _AT_ONCE]
        at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
        there = ids[at] == wanted
        stayed[at[there]] = True
        partners[start : start + _AT_ONCE][there] = order[at[there]]
    return partners, ids[~stayed]


def _masks(
    left: _Side, right: _Side, partners: npt.NDArray[np.uint32], compared: list[_Field]
) -> npt.NDArray[np.uint64]:
    """For each record of the new build, which fields differ, in the form of `Difference.masks`."""
    masks = np.zeros((len(right.ids), -(-len(compared) // _BITS)), np.uint64)
    at_once = max(1, _HASHES // max(len(left.splits), 1))
    for first in range(0, len(compared), at_once):
        fields = compared[first : first + at_once]
        olds = {each: np.empty(len(left.splits), np.uint64) for each in fields}
        for each, start, hashes in _hashes(left, fields):
            olds[each][start : start + len(hashes)] = hashes
        for each, start, hashes in _hashes(right, fields):
            mine = partners[start : start + len(hashes)]
            both = np.flatnonzero(mine != _NOBODY)
            differ = both[olds[each][mine[both]] != hashes[both]]
            word, bit = divmod(compared.index(each), _BITS)
            masks[start + differ, word] |= np.uint64(1) << np.uint64(bit)
    return masks


def _fields(left: _Side, right: _Side) -> list[_Field]:
    """The fields to compare: the records', and the annotations' if both builds have them; each with its config."""
    configs = [config for config in _COMPARED if left.build.has(config) and right.build.has(config)]
    found = ((config, name) for config in configs for side in (left, right) for name in side.fields(config))
    return [(config, name) for config, name in dict.fromkeys(found) if name != "id"]


def _leaves(schema: pa.Schema) -> Iterator[str]:
    """The names of a schema's fields; a struct gives one name for each field in it."""
    for each in schema:
        inner = [f"{each.name}.{part.name}" for part in each.type] if pa.types.is_struct(each.type) else [each.name]
        yield from inner


def _hashes(side: _Side, fields: list[_Field]) -> Iterator[tuple[_Field, int, _Numbers]]:
    """Hash the values of some fields, in blocks of records: a field, the place of the first record, and the hashes."""
    for config in dict.fromkeys(config for config, _ in fields):
        here = set(side.fields(config))
        names = [name for each, name in fields if each == config and name in here]
        start = 0
        for frame in side.build.rows(config).without(side.same).by_group(*names) if names else ():
            for name in names if start + len(frame) <= len(side.splits) else ():
                values = frame.select(_value(name)).to_series()
                yield (config, name), start, values.hash(_SEED).set(values.is_null(), int(_NULL)).to_numpy()
            start += len(frame)
        if names and start != len(side.splits):
            what = f"{FOLDERS[config]} does not have the same rows as {FOLDERS['default']}"
            raise DamagedError.of(side.build.path, what)
        for name in (name for each, name in fields if each == config and name not in here):
            for start in range(0, len(side.splits), _AT_ONCE):
                yield (config, name), start, np.full(min(_AT_ONCE, len(side.splits) - start), _NULL)


def _value(name: str) -> pl.Expr:
    """The expression for a field of a frame; a field in a struct has a dotted name."""
    column, _, part = name.partition(".")
    return pl.col(column).struct.field(part) if part else pl.col(column)

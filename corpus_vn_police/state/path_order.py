"""The order of seeds: by the bytes of their paths, and in a file by the number of the row; `f#2` comes before `f#10`.

Parts are compared one after the other, so that the paths of all seeds are never in memory together. If one part comes
after another, as the rows of a file do, nothing is sorted. Otherwise a part stays in memory only as long as a part
that was not read yet may have seeds between its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = npt.NDArray[np.uint32]

_ROW = "#([0-9]{1,18})$"
_AT_ONCE = 1 << 16  # with fewer paths in memory, it is not worth looking for those that are ready


def path_keys(paths: pl.Series) -> pl.DataFrame:
    """The sort keys of paths.

    Args:
        paths: paths of seeds (string), none of them null.

    Returns:
        `file` (string), the path of the file or of the archive's member; `row` (int64), the number of the row in it,
        0 for a path without one. Polars sorts strings by their bytes.
    """
    if not paths.str.contains("#", literal=True).any():  # a regex takes ten times as long
        return pl.DataFrame([paths.alias("file"), pl.zeros(len(paths), pl.Int64, eager=True).alias("row")])
    row = paths.str.extract(_ROW, 1).cast(pl.Int64).fill_null(0)
    return pl.DataFrame([paths.str.replace(_ROW, "").alias("file"), row.alias("row")])


def misplaced(paths: pl.Series) -> int:
    """How many paths come before the path above them."""
    keys = path_keys(paths)
    above = keys.select(pl.all().shift(1))
    earlier = (keys["file"] < above["file"]) | ((keys["file"] == above["file"]) & (keys["row"] < above["row"]))
    return int(earlier.sum())


@dataclass(frozen=True)
class _Run:
    """The seeds of a part.

    Attributes:
        part: the part's number.
        start: the number of its first seed.
        first, last: the keys of the first and the last path in order.
        ordered: True if its paths are in order, and all different.
    """

    part: int
    start: int
    first: tuple[str, int]
    last: tuple[str, int]
    ordered: bool


def path_order(
    counts: Sequence[int], paths: Callable[[int], pl.Series], sha256: Callable[[Numbers], pl.Series]
) -> Numbers:
    """The numbers of seeds in the order of their paths; seeds with the same path in the order of their sha256.

    Args:
        counts: the number of seeds in each part; seeds are numbered through all parts.
        paths: returns the paths of the seeds in a part (string).
        sha256: returns the sha256 of seeds (string); used only if two seeds have the same path, as in an archive that
            has a name twice. Null comes last.
    """
    starts = np.cumsum(counts, dtype=np.int64) - counts
    runs = [_run(part, int(starts[part]), path_keys(paths(part))) for part, count in enumerate(counts) if count]
    follow = all(one.last < other.first for one, other in itertools.pairwise(runs))
    if follow and all(run.ordered for run in runs):
        return np.arange(sum(counts), dtype=np.uint32)
    return np.concatenate(list(_merged(runs, paths, sha256)))


def _run(part: int, start: int, keys: pl.DataFrame) -> _Run:
    file, row = keys["file"], keys["row"]
    before = (file.shift(1), row.shift(1))
    ordered = bool(((before[0] < file) | ((before[0] == file) & (before[1] < row))).all())
    ends = keys if ordered else keys.sort("file", "row")
    return _Run(part, start, ends.row(0), ends.row(-1), ordered)


def _merged(
    runs: list[_Run], paths: Callable[[int], pl.Series], sha256: Callable[[Numbers], pl.Series]
) -> Iterator[Numbers]:
    """The numbers of the seeds of all runs in order, several at a time."""
    waiting = sorted(runs, key=lambda run: run.first)
    held = pl.DataFrame(schema={"file": pl.String, "row": pl.Int64, "seed": pl.UInt32})
    enough = _AT_ONCE
    for run, following in zip(waiting, [*waiting[1:], None], strict=True):
        keys = path_keys(paths(run.part))
        held = pl.concat(
            [held, keys.with_columns(pl.int_range(run.start, run.start + pl.len(), dtype=pl.UInt32).alias("seed"))]
        )
        if following is None:
            yield _sorted(held, sha256)
        elif len(held) >= enough:
            file, row = following.first
            ready = (held["file"] < file) | ((held["file"] == file) & (held["row"] < row))
            yield _sorted(held.filter(ready), sha256)
            held = held.filter(~ready).rechunk()
            enough = max(_AT_ONCE, 2 * len(held))  # each path is examined only a few times


def _sorted(held: pl.DataFrame, sha256: Callable[[Numbers], pl.Series]) -> Numbers:
    held = held.sort("file", "row", maintain_order=True)
    same = (held["file"] == held["file"].shift(1)) & (held["row"] == held["row"].shift(1))
    if same.any():
        held = held.with_columns(sha256(held["seed"].to_numpy()).alias("sha256"))
        held = held.sort("file", "row", "sha256", nulls_last=True, maintain_order=True)
    return held["seed"].to_numpy()

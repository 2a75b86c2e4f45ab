"""All seeds -> which are published: the only step that sees more than one batch.

An id names one record. If seeds have the same id but different bytes, all of them are rejected, so that nothing
depends on which came first. If seeds have the same id and the same bytes, the first by path stays, and
the others are its duplicates. Then copies with different ids are searched among the remaining seeds.
Seeds that were taken down are left out of all this.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police.config import Dedup
from corpus_vn_police.dataset.tombstones import Tombstones
from corpus_vn_police.dedup.copies import Copies, Signed, find_copies
from corpus_vn_police.dedup.order import standing_order
from corpus_vn_police.engine.progress import Progress, silent
from corpus_vn_police.ids import id_text
from corpus_vn_police.reasons import ID_COLLISION
from corpus_vn_police.state.index import Index
from corpus_vn_police.state.path_order import path_keys

_NAMED = 10  # paths that a collision's detail names before it counts
_NO_TOMBSTONES = Tombstones()


@dataclass(frozen=True)
class Settled:
    """What became of the seeds beyond what their own batch could say.

    Attributes:
        published: whether each seed is published (bool).
        changes: one row per seed that this step left out, sorted by `seed` (int64, its number):
            `status`, `reason`, `detail`, `duplicate_of` (string), `similarity` (float64).
        copies: one row per published record with duplicates, sorted by `seed` (int64): how many
            `duplicates` (int32) it has.
        removed: whether each seed was taken down (bool).
        tombstones: `id` and `sha256` (string) of the seeds that were taken down, and of the tombstones without a
            seed: rows of the ledger, sorted by both.
    """

    published: npt.NDArray[np.bool_]
    changes: pl.DataFrame
    copies: pl.DataFrame
    removed: npt.NDArray[np.bool_]
    tombstones: pl.DataFrame

    @property
    def rows(self) -> int:
        """Rows of the ledger: the seeds read, and the tombstones whose seed is not among them."""
        return int((~self.removed).sum()) + len(self.tombstones)

    def reasons(self, index: Index) -> dict[str, int]:
        """How many seeds are rejected for each reason; those that were taken down are not counted."""
        counts = Counter(self.changes["reason"].drop_nulls().to_list())
        start = 0
        for part in index.parts:
            column = index.column(part, "reason")
            stays = pl.Series(~self.removed[start : start + len(column)])
            counts.update(dict(column.filter(stays).drop_nulls().value_counts().iter_rows()))
            start += len(column)
        return counts


def settle(index: Index, dedup: Dedup, tombstones: Tombstones = _NO_TOMBSTONES, progress: Progress = silent) -> Settled:
    """Decide which seeds are published.

    Args:
        index: all seeds; their parts hold the signs that the level needs.
        dedup: which copies are left out; `off` leaves out those that share their id alone.
        tombstones: what was taken down: all seeds with such an id or such bytes.
        progress: called as `find_copies` does.
    """
    removed, rows = _taken_down(index, tombstones)
    collisions, copies = _by_id(index, removed)
    published = _without(index.publishable & ~removed, collisions, copies)
    if dedup.level != "off":
        by_text = _by_text(index, find_copies(_signed(index, published), dedup, progress), dedup)
        copies = _in_one_step(copies, by_text)
    changes = pl.concat([collisions, copies]).sort("seed")
    counted = copies.group_by("kept").agg(pl.len().cast(pl.Int32).alias("duplicates"))
    return Settled(
        _without(published, changes),
        changes.drop("kept"),
        counted.rename({"kept": "seed"}).sort("seed"),
        removed,
        rows,
    )


def _taken_down(index: Index, tombstones: Tombstones) -> tuple[npt.NDArray[np.bool_], pl.DataFrame]:
    """Whether each seed was taken down, and the tombstones as rows of the ledger.

    A seed that is found by its bytes may have another id: seeds with that id are kept away as well, and so on.
    So the next build, which reads the tombstones of this one, keeps away the same seeds.
    """
    removed = np.zeros(len(index), np.bool_)
    found = pl.DataFrame(schema={"id": pl.String, "sha256": pl.String})
    while tombstones:
        frames = []
        for part in index.parts:
            frame = pl.DataFrame([index.column(part, "id"), index.column(part, "sha256")])
            mask = tombstones.holds(frame["id"], frame["sha256"])
            frames.append((mask, frame.filter(mask)))
        removed = np.concatenate([removed[:0], *(mask.to_numpy() for mask, _ in frames)])
        found = pl.concat([found.clear(), *(frame for _, frame in frames)])
        more = tombstones | Tombstones.of(found.iter_rows())
        if more == tombstones:
            break
        tombstones = more
    there = set(found.iter_rows())
    absent = pl.DataFrame([pair for pair in tombstones.pairs if pair not in there], schema=found.schema, orient="row")
    return removed, pl.concat([found, absent]).sort("id", "sha256")


def _without(published: npt.NDArray[np.bool_], *changes: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """What is published without the seeds of some changes."""
    published = published.copy()
    for frame in changes:
        published[frame["seed"].to_numpy()] = False
    return published


def _by_id(index: Index, removed: npt.NDArray[np.bool_]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The changes because of shared ids: collisions, and copies."""
    shared = _sharing_an_id(index, removed)
    return _collisions(shared), _copies(shared)


def _signed(index: Index, published: npt.NDArray[np.bool_]) -> Signed:
    """The texts that may be published, known by the numbers of their records."""
    seeds = index.seeds_of_records()

    def texts(wanted: npt.NDArray[np.int64]) -> pl.Series:
        records = index.records_of(seeds[wanted])
        return pl.Series("text", records.gather(0, len(records), ["text"]).column("text"))

    order = index.record_numbers(standing_order(index, np.flatnonzero(published)))
    paths = [index.folder / f"{part.name}.signs" for part in index.parts]
    sizes = np.where(seeds < 0, 0, index.text_bytes[seeds])
    return Signed(paths, list(index.record_counts), order, sizes, texts, index.folder / "sets")


def _by_text(index: Index, copies: Copies, dedup: Dedup) -> pl.DataFrame:
    """The changes because of texts that are copies."""
    seeds = index.seeds_of_records()
    kept = seeds[copies.kept]
    frame = pl.DataFrame(
        {
            "seed": seeds[copies.left_out],
            "kept": kept,
            "id": index.ids[kept],
            "similarity": copies.similarity,
            "exact": copies.exact,
        }
    )
    near = f"near duplicate: Jaccard similarity of 5-syllable shingles at least {dedup.threshold:g}"
    names = [id_text(number) for number in frame["id"]]
    return _change(
        frame.with_columns(pl.Series("name", names, pl.String)),
        seed=pl.col("seed"),
        status=pl.when("exact").then(pl.lit("duplicate")).otherwise(pl.lit("near_duplicate")),
        detail=pl.when("exact").then(pl.lit("same dedup key")).otherwise(pl.lit(near)),
        duplicate_of=pl.col("name"),
        similarity=pl.col("similarity"),
        kept=pl.col("kept"),
    )


def _in_one_step(by_id: pl.DataFrame, by_text: pl.DataFrame) -> pl.DataFrame:
    """Both together; a copy of a seed that is itself left out is a copy of the one that stays."""
    moved = by_id.select("seed", "kept").join(by_text, left_on="kept", right_on="seed", how="left", suffix="_of")
    moved = moved.select("seed", *by_text.columns[1:-1], pl.col("kept_of").alias("kept")).drop_nulls("kept")
    still = by_id.join(moved, on="seed", how="anti")
    return pl.concat([still, moved.select(by_id.columns), by_text])


def _sharing_an_id(index: Index, removed: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """Seeds that share their id with others: `seed, id, sha256, path, reason`, in path order.

    Without those that were taken down: then all seeds with their id were.
    """
    order = np.argsort(index.ids, kind="stable")
    ids = index.ids[order]
    same = ids[1:] == ids[:-1]
    mask = np.concatenate([same, [False]]) | np.concatenate([[False], same]) if len(ids) else np.empty(0, bool)
    seeds = np.sort(order[mask]).astype(np.int64)
    seeds = seeds[~removed[seeds]]
    names = ["id", "sha256", "path", "reason"]
    schema = pl.Schema({"seed": pl.Int64, **dict.fromkeys(names, pl.String)})
    if not len(seeds):
        return pl.DataFrame(schema=schema)
    table = index.gather(seeds, names)
    frame = pl.DataFrame(table).insert_column(0, pl.Series("seed", seeds)).cast(schema)
    # A seed that could not be read has no bytes to compare.
    frame = frame.drop_nulls(["id", "sha256"])
    return frame.hstack(path_keys(frame["path"])).sort("file", "row", "sha256").drop("file", "row")


_CHANGES = {
    "seed": pl.Int64, "status": pl.String, "reason": pl.String, "detail": pl.String, "duplicate_of": pl.String,
    "similarity": pl.Float64, "kept": pl.Int64,
}  # fmt: skip


def _change(frame: pl.DataFrame, **values: pl.Expr) -> pl.DataFrame:
    """Changes with these columns; the others are null."""
    return frame.select(values.get(name, pl.lit(None)).cast(kind).alias(name) for name, kind in _CHANGES.items())


def _collisions(shared: pl.DataFrame) -> pl.DataFrame:
    """Seeds that share an id and differ in their bytes: rejected."""
    differ = shared.filter(pl.col("sha256").n_unique().over("id") > 1)
    named = pl.col("path").head(_NAMED).str.join(", ").over("id")
    more = (pl.len().over("id").cast(pl.Int64) - _NAMED).clip(lower_bound=0)
    detail = pl.format(
        "one id, different bytes: {}{}",
        named,
        pl.when(more > 0).then(pl.format(" and {} more", more)).otherwise(pl.lit("")),
    )
    rejected = differ.with_columns(detail.alias("detail")).filter(pl.col("reason").is_null())
    return _change(
        rejected,
        seed=pl.col("seed"),
        status=pl.lit("rejected"),
        reason=pl.lit(ID_COLLISION.code),
        detail=pl.col("detail"),
    )


def _copies(shared: pl.DataFrame) -> pl.DataFrame:
    """Seeds that share id and bytes: duplicates of the first one."""
    same = shared.filter((pl.col("sha256").n_unique().over("id") == 1) & pl.col("reason").is_null())
    kept = pl.col("seed").first().over("id")
    later = same.with_columns(kept.alias("kept")).filter(pl.col("seed") != pl.col("kept"))
    return _change(
        later,
        seed=pl.col("seed"),
        status=pl.lit("duplicate"),
        detail=pl.lit("same bytes, same id"),
        duplicate_of=pl.col("id"),
        similarity=pl.lit(1.0),
        kept=pl.col("kept"),
    )

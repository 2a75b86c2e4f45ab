"""All seeds -> those that are published: the only step that sees more than one batch.

An id names one record. If seeds have the same id but different bytes, all of them are rejected, so that nothing
depends on which came first. If seeds have the same id and the same bytes, the first by path stays, and
the others are its duplicates. Then copies with different ids are looked for among the remaining seeds.
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
from corpus_vn_police.dedup.equal import Places, equal
from corpus_vn_police.dedup.order import first_days, standing_order
from corpus_vn_police.engine.progress import Progress, silent
from corpus_vn_police.ids import id_text
from corpus_vn_police.reasons import ID_COLLISION
from corpus_vn_police.state.index import NONE, Index
from corpus_vn_police.state.path_order import path_keys

KINDS = ("seed", "exact", "near")
"""The kinds of copies: the same bytes and id, the same dedup key, similar texts."""

_STATUS = {"seed": "duplicate", "exact": "duplicate", "near": "near_duplicate"}

_NAMED = 10  # how many paths the detail of a collision names; the others are only counted
_NO_TOMBSTONES = Tombstones()


@dataclass(frozen=True)
class Settled:
    """The outcome for seeds, as far as it depends on other seeds.

    Attributes:
        published: whether each seed is published (bool).
        collisions: `seed` (uint32, its number) and `detail` (string) of the seeds that are rejected because others with
            other bytes have the same id, sorted by `seed`.
        copies: one row per seed that was left out as a copy, sorted by `seed` (uint32): `kind`, its number in `KINDS`
            (uint8); `duplicate_of`, the id of the record that stays, as a number (uint64); `similarity` (float64). That
            is 21 bytes a copy.
        copied: one row per published record with duplicates, sorted by `seed` (uint32): how many
            `duplicates` (int32) it has.
        removed: whether each seed was taken down (bool).
        tombstones: `id` and `sha256` (string) of the seeds that were taken down, and of the tombstones without a
            seed: rows of the ledger, sorted by both.
        threshold: the least Jaccard similarity of near duplicates.
    """

    published: npt.NDArray[np.bool_]
    collisions: pl.DataFrame
    copies: pl.DataFrame
    copied: pl.DataFrame
    removed: npt.NDArray[np.bool_]
    tombstones: pl.DataFrame
    threshold: float

    @property
    def rows(self) -> int:
        """The number of rows in the ledger: seeds that were read, and tombstones whose seed was not among them."""
        return int((~self.removed).sum()) + len(self.tombstones)

    def changes(self, seeds: Places) -> pl.DataFrame:
        """The decisions about seeds, in the words of the ledger.

        Args:
            seeds: the numbers of any seeds.

        Returns:
            One row per seed: `status`, `reason`, `detail`, `duplicate_of` (string), `similarity` (float64); null if
            nothing was decided.
        """
        copies, collisions = _rows_of(self.copies, seeds), _rows_of(self.collisions, seeds)
        decided = pl.concat([copies, collisions], how="horizontal")
        names = [None if number is None else id_text(number) for number in decided["duplicate_of"]]
        near = f"near duplicate: Jaccard similarity of 5-syllable shingles at least {self.threshold:g}"
        details = {"seed": "same bytes, same id", "exact": "same dedup key", "near": near}
        collided = pl.col("detail").is_not_null()
        return decided.select(
            pl.when(collided).then(pl.lit("rejected")).otherwise(_said("kind", _STATUS)).alias("status"),
            pl.when(collided).then(pl.lit(ID_COLLISION.code)).alias("reason"),
            pl.coalesce("detail", _said("kind", details)).alias("detail"),
            pl.Series("duplicate_of", names, pl.String),
            "similarity",
        )

    def reasons(self, index: Index) -> dict[str, int]:
        """The number of seeds rejected for each reason; seeds that were taken down are not counted."""
        counts = Counter({ID_COLLISION.code: len(self.collisions)} if len(self.collisions) else {})
        start = 0
        for part in index.parts:
            column = index.column(part, "reason")
            stays = pl.Series(~self.removed[start : start + len(column)])
            counts.update(dict(column.filter(stays).drop_nulls().value_counts().iter_rows()))
            start += len(column)
        return counts


def _rows_of(frame: pl.DataFrame, seeds: Places) -> pl.DataFrame:
    """The rows of a frame (sorted by `seed`) for the given seeds, without `seed`; null for seeds that it lacks."""
    known = frame["seed"].to_numpy()
    if not len(known):
        return frame.drop("seed").clear(len(seeds))
    at = np.minimum(np.searchsorted(known, seeds), len(known) - 1)
    return frame.drop("seed")[at].select(pl.when(pl.Series(known[at] == seeds)).then(pl.all()))


def _said(kind: str, words: dict[str, str]) -> pl.Expr:
    """Replace numbers of `KINDS` by words; null stays null."""
    return pl.col(kind).replace_strict(
        {KINDS.index(name): said for name, said in words.items()}, return_dtype=pl.String
    )


def settle(index: Index, dedup: Dedup, tombstones: Tombstones = _NO_TOMBSTONES, progress: Progress = silent) -> Settled:
    """Decide which seeds are published.

    Args:
        index: all seeds; their parts have the signs that the level needs.
        dedup: which copies are left out; with `off`, only those with the same id.
        tombstones: seeds that were taken down; every seed with such an id or such bytes is left out.
        progress: called as in `find_copies`.
    """
    removed, rows = _taken_down(index, tombstones)
    ids = index.ids()
    collisions, copies = _by_id(index, ids, removed)
    published = _without(index.publishable & ~removed, collisions, copies)
    if dedup.level != "off":
        signed = _signed(index, ids, published)
        del ids  # 8 bytes per seed; reading them again is faster than keeping them
        copies = _in_one_step(copies, _by_text(signed.seeds, find_copies(signed.texts, dedup, progress)))
        del signed
    copies = copies.sort("seed")
    kept, duplicates = np.unique(copies["kept"].to_numpy(), return_counts=True)
    names = pl.Series("duplicate_of", index.ids_of(copies["kept"].to_numpy()))
    return Settled(
        _without(published, copies),
        collisions,
        copies.select("seed", "kind", names, "similarity"),
        pl.DataFrame({"seed": kept, "duplicates": duplicates.astype(np.int32)}),
        removed,
        rows,
        dedup.threshold,
    )


def _taken_down(index: Index, tombstones: Tombstones) -> tuple[npt.NDArray[np.bool_], pl.DataFrame]:
    """Find the seeds that were taken down, and make the tombstones' rows of the ledger.

    A seed that matches by its bytes may have another id. Then seeds with that id are left out as well, and so on.
    So the next build, which reads the tombstones of this one, leaves out the same seeds.
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
    """The published seeds without those in some frames of changes."""
    published = published.copy()
    for frame in changes:
        published[frame["seed"].to_numpy()] = False
    return published


def _by_id(
    index: Index, ids: npt.NDArray[np.uint64], removed: npt.NDArray[np.bool_]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Seeds that share their id with others: collisions, and copies."""
    shared = _sharing_an_id(index, ids, removed)
    return _collisions(shared), _copies(shared)


@dataclass(frozen=True)
class _Signed:
    """The texts that may be published, and for each record its seed (uint32)."""

    texts: Signed
    seeds: Places


def _signed(index: Index, ids: npt.NDArray[np.uint64], published: npt.NDArray[np.bool_]) -> _Signed:
    """Collect the texts that may be published; they are identified by the numbers of their records."""
    seeds = index.seeds_of_records()

    def texts(wanted: Places) -> pl.Series:
        return pl.Series("text", index.gather_records(seeds[wanted], ["text"]).column("text"))

    days = np.empty(len(index), np.int32)
    for part, start in zip(index.parts, index.starts, strict=False):
        found = first_days(index.column(part, "date"))
        days[start : start + len(found)] = found
    order = standing_order(days, ids, published)
    del days
    records = np.empty(len(index), np.uint32)
    known = np.flatnonzero(seeds != NONE).astype(np.uint32)
    records[seeds[known]] = known
    paths = [index.folder / f"{part.name}.signs" for part in index.parts]
    counts = np.diff(index.record_starts).tolist()
    sizes = lambda wanted: index.text_bytes[seeds[wanted]]  # noqa: E731
    return _Signed(Signed(paths, counts, records[order], sizes, texts, index.folder / "sets"), seeds)


def _by_text(seeds: Places, copies: Copies) -> pl.DataFrame:
    """Copies of texts, given as seeds."""
    return pl.DataFrame(
        {
            "seed": seeds[copies.left_out],
            "kind": np.where(copies.exact, KINDS.index("exact"), KINDS.index("near")).astype(np.uint8),
            "kept": seeds[copies.kept],
            "similarity": copies.similarity,
        }
    )


def _in_one_step(by_id: pl.DataFrame, by_text: pl.DataFrame) -> pl.DataFrame:
    """Combine both; if a seed is a copy of one that is itself left out, let it be a copy of the one that stays."""
    moved = by_id.select("seed", "kept").join(by_text, left_on="kept", right_on="seed", suffix="_of")
    moved = moved.select("seed", "kind", pl.col("kept_of").alias("kept"), "similarity")
    still = by_id.join(moved, on="seed", how="anti")
    return pl.concat([still, moved, by_text])


def _sharing_an_id(index: Index, ids: npt.NDArray[np.uint64], removed: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """Seeds that share their id with other seeds: `seed, id, sha256, path, reason`, in path order.

    Seeds that were taken down are not included: all seeds with their id were taken down as well.
    """
    seeds = np.sort(np.concatenate([np.empty(0, np.uint32), *(places for places, _ in equal(ids))]))
    seeds = seeds[~removed[seeds]]
    names = ["id", "sha256", "path", "reason"]
    schema = pl.Schema({"seed": pl.UInt32, **dict.fromkeys(names, pl.String)})
    if not len(seeds):
        return pl.DataFrame(schema=schema)
    table = index.gather(seeds, names)
    frame = pl.DataFrame(table).insert_column(0, pl.Series("seed", seeds)).cast(schema)
    # A seed that could not be read has no bytes to compare.
    frame = frame.drop_nulls(["id", "sha256"])
    return frame.hstack(path_keys(frame["path"])).sort("file", "row", "sha256").drop("file", "row")


def _collisions(shared: pl.DataFrame) -> pl.DataFrame:
    """Seeds with the same id but different bytes: they are rejected."""
    differ = shared.filter(pl.col("sha256").n_unique().over("id") > 1)
    named = pl.col("path").head(_NAMED).str.join(", ").over("id")
    more = (pl.len().over("id").cast(pl.Int64) - _NAMED).clip(lower_bound=0)
    detail = pl.format(
        "same id, different bytes: {}{}",
        named,
        pl.when(more > 0).then(pl.format(" and {} more", more)).otherwise(pl.lit("")),
    )
    rejected = differ.with_columns(detail.alias("detail")).filter(pl.col("reason").is_null())
    return rejected.select("seed", "detail").sort("seed")


def _copies(shared: pl.DataFrame) -> pl.DataFrame:
    """Seeds with the same id and the same bytes: duplicates of the first one."""
    same = shared.filter((pl.col("sha256").n_unique().over("id") == 1) & pl.col("reason").is_null())
    kept = pl.col("seed").first().over("id")
    later = same.with_columns(kept.alias("kept")).filter(pl.col("seed") != pl.col("kept"))
    kind = pl.lit(KINDS.index("seed"), pl.UInt8).alias("kind")
    return later.select("seed", kind, "kept", pl.lit(1.0).alias("similarity"))

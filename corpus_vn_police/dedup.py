"""All seeds -> what becomes of each: the only step that sees more than one batch.

An id names one record. Seeds with one id and different bytes are all rejected, so that nothing
depends on which came first; of seeds with one id and the same bytes the first by path stays and
the others are its duplicates. Copies under different ids are not looked for yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police.parts import Index

_NAMED = 10  # paths that a collision's detail names before it counts


@dataclass(frozen=True)
class Settled:
    """What became of the seeds beyond what their own batch could say.

    Attributes:
        published: of each seed whether it is published (bool).
        changes: of each seed that this step left out, sorted by `seed` (int64, its number):
            `status`, `reason`, `detail`, `duplicate_of` (string), `similarity` (float64).
        copies: of each published record with duplicates its `seed` (int64) and their number
            `duplicates` (int32), sorted by `seed`.
    """

    published: npt.NDArray[np.bool_]
    changes: pl.DataFrame
    copies: pl.DataFrame


def settle(index: Index, *, leave_out_copies: bool = True) -> Settled:
    """Decide which seeds are published.

    Args:
        index: all seeds.
        leave_out_copies: False publishes every copy, for a check that writes nothing.
    """
    published = index.splits != 255
    shared = _sharing_an_id(index)
    changes = pl.concat([_collisions(shared), _copies(shared) if leave_out_copies else _none()]).sort("seed")
    published[changes["seed"].to_numpy()] = False
    copies = (
        changes.filter(pl.col("status") == "duplicate")
        .group_by("kept")
        .agg(pl.len().cast(pl.Int32).alias("duplicates"))
        .rename({"kept": "seed"})
        .sort("seed")
    )
    return Settled(published, changes.drop("kept"), copies)


def _sharing_an_id(index: Index) -> pl.DataFrame:
    """Seeds that share their id with others: `seed, id, sha256, path, reason`, in path order."""
    order = np.argsort(index.ids, kind="stable")
    ids = index.ids[order]
    same = ids[1:] == ids[:-1]
    mask = np.concatenate([same, [False]]) | np.concatenate([[False], same]) if len(ids) else np.empty(0, bool)
    seeds = np.sort(order[mask]).astype(np.int64)
    names = ["id", "sha256", "path", "reason"]
    schema = pl.Schema({"seed": pl.Int64, **dict.fromkeys(names, pl.String)})
    if not len(seeds):
        return pl.DataFrame(schema=schema)
    table = index.gather(seeds, names)
    frame = pl.DataFrame(table).insert_column(0, pl.Series("seed", seeds)).cast(schema)
    # A seed that could not be read has no bytes to differ by.
    return frame.drop_nulls(["id", "sha256"]).sort("path", "sha256")


def _none() -> pl.DataFrame:
    return pl.DataFrame(
        schema={
            "seed": pl.Int64, "status": pl.String, "reason": pl.String, "detail": pl.String,
            "duplicate_of": pl.String, "similarity": pl.Float64, "kept": pl.Int64,
        }
    )  # fmt: skip


def _change(frame: pl.DataFrame, **values: pl.Expr) -> pl.DataFrame:
    schema = _none().schema
    return frame.select(values.get(name, pl.lit(None)).cast(kind).alias(name) for name, kind in schema.items())


def _collisions(shared: pl.DataFrame) -> pl.DataFrame:
    differ = shared.filter(pl.col("sha256").n_unique().over("id") > 1)
    named = pl.col("path").head(_NAMED).str.join(", ").over("id")
    more = (pl.len().over("id").cast(pl.Int64) - _NAMED).clip(lower_bound=0)
    detail = pl.format(
        "one id, different bytes: {}{}",
        named,
        pl.when(more > 0).then(pl.format(" and {} more", more)).otherwise(pl.lit("")),
    )
    found = differ.with_columns(detail.alias("detail")).filter(pl.col("reason").is_null())
    return _change(
        found, seed=pl.col("seed"), status=pl.lit("rejected"), reason=pl.lit("id.collision"), detail=pl.col("detail")
    )


def _copies(shared: pl.DataFrame) -> pl.DataFrame:
    same = shared.filter((pl.col("sha256").n_unique().over("id") == 1) & pl.col("reason").is_null())
    kept = pl.col("seed").first().over("id")
    found = same.with_columns(kept.alias("kept")).filter(pl.col("seed") != pl.col("kept"))
    return _change(
        found,
        seed=pl.col("seed"),
        status=pl.lit("duplicate"),
        detail=pl.lit("same bytes, same id"),
        duplicate_of=pl.col("id"),
        similarity=pl.lit(1.0),
        kept=pl.col("kept"),
    )

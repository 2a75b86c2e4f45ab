"""What the table of a page shows of a row beside the ledger: title, date, split, publisher, kinds of personal data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from typing import Any

import polars as pl

from corpus_vn_police.dataset.folder import BuildFolder
from corpus_vn_police.engine.local import give_back_memory
from corpus_vn_police.stages.split import SPLITS

DETAILS = pl.Schema({"row": pl.UInt32, **dict.fromkeys(("title", "date", "split", "publisher", "privacy"), pl.String)})
"""`row` is the place on the page; the others are null if they are not known. `privacy` is the kinds, with commas."""

LONGEST_TITLE = 100
"""Code points of a title in the table."""

_NUMBER = re.compile("0*([0-9]+)")
_COLUMNS = ("id", "title", "date", "source.publisher", "privacy")


def published_details(build: BuildFolder, rows: pl.DataFrame, hidden: Set[str]) -> pl.DataFrame:
    """The details of the records on a page.

    Args:
        build: the build.
        rows: as `Drawn.rows`.
        hidden: ids of records of which nothing is shown.

    Returns:
        The columns of `DETAILS`, a row for each record that is not hidden.
    """
    published = rows.filter((pl.col("status") == "published") & ~pl.col("id").is_in(list(hidden)))
    wanted = published.select("id", "row")
    found = [pl.DataFrame(schema=DETAILS)]
    for split in SPLITS:
        for frame in build.rows("default", split).by_group(*_COLUMNS):
            found.append(
                frame.join(wanted, on="id").select(
                    pl.col("row").cast(pl.UInt32),
                    pl.col("title").str.slice(0, LONGEST_TITLE + 1),
                    "date",
                    pl.lit(split).alias("split"),
                    pl.col("source").struct.field("publisher"),
                    pl.col("privacy").list.join(", "),
                )
            )
            give_back_memory()
    return pl.concat(found)


def with_details(rows: pl.DataFrame, published: pl.DataFrame, left_out: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """The rows of a page with their details.

    Args:
        rows: as `Drawn.rows`.
        published: as `published_details` gives them.
        left_out: the details of seeds that were left out, as far as they are known.
    """
    details = pl.concat([published, pl.DataFrame(list(left_out), schema=DETAILS)])
    return rows.join(details, on="row", how="left", maintain_order="left")


def shortened_title(title: str) -> str:
    """A title, cut for the table."""
    return title if len(title) <= LONGEST_TITLE else f"{title[:LONGEST_TITLE]}…"


def natural_key(path: str) -> str:
    """What paths are sorted by as people count: `a2.txt` comes before `a10.txt`."""
    return _NUMBER.sub(lambda number: f"{len(number[1]):04}{number[1]}", path)

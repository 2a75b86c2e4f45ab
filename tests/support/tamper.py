"""A build changed on purpose: files altered, and the manifest made to agree with them."""

import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import corpus_vn_police as cvp
from support.builds import sign


def read(out: Path) -> dict:
    """A build's manifest."""
    return json.loads((out / "manifest.json").read_text(encoding="utf-8"))


def without(out: Path, *names: str) -> None:
    """Delete files, and take them out of the manifest."""
    for name in names:
        (out / name).unlink()
    sign(out, files=[entry for entry in read(out)["files"] if entry["path"] not in names])


def rewrite(out: Path, name: str, change) -> None:
    """Change the rows of a Parquet file, as a Polars frame -> frame; its Arrow schema stays. Then sign."""
    table = pq.read_table(out / name)
    changed = change(pl.DataFrame(table)).to_arrow(compat_level=pl.CompatLevel.oldest())
    pq.write_table(pa.table(changed.select(table.schema.names).cast(table.schema), schema=table.schema), out / name)
    sign(out)


def retext(out: Path, name: str, old: str, new: str, times: int = 1) -> None:
    """Replace a part of a text file that is there, as often as that (-1: everywhere), and sign."""
    text = (out / name).read_text(encoding="utf-8")
    assert old in text
    (out / name).write_text(text.replace(old, new, times), encoding="utf-8", newline="\n")
    sign(out)


def problem_codes(out: Path) -> list[tuple[str, str]]:
    """File and code of every problem that `verify` finds."""
    return [(problem.file, problem.code) for problem in cvp.verify(out).problems]


def retable(out: Path, name: str, change) -> set[str]:
    """Change the Arrow table of a Parquet file, whatever its schema becomes, and sign; the codes that `verify` finds."""
    table = pq.read_table(out / name)
    pq.write_table(change(table), out / name)
    sign(out)
    return {code for _, code in problem_codes(out)}

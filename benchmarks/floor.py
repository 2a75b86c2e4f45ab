"""The floor: the least that any tool must do to turn a folder of texts into Parquet.

    python benchmarks/floor.py SEEDS OUT

On two processes: read each file, sha256 it, join 2,000 files into one buffer, make the Arrow
string array from it without a copy (the full validation checks the UTF-8), write zstd Parquet.
No header, no normalisation, no schema, no ledger, no digest: what a build costs beyond this is
what it is for.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

BATCH_FILES = 2_000


def table(folder: str, names: list[str]) -> pa.Table:
    """Read the named files into columns path, sha256, text."""
    texts, digests = [], []
    for name in names:
        fd = os.open(f"{folder}/{name}", os.O_RDONLY)
        data = os.read(fd, 1 << 26)
        os.close(fd)
        texts.append(data)
        digests.append(hashlib.sha256(data).hexdigest())
    offsets = np.zeros(len(texts) + 1, np.int32)
    np.cumsum([len(text) for text in texts], out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(texts))]
    array = pa.Array.from_buffers(pa.string(), len(texts), buffers)
    array.validate(full=True)
    return pa.table({"path": names, "sha256": digests, "text": array})


def write(folder: str, names: list[str], path: str) -> None:
    """Write the named files as one Parquet file, a row group a batch."""
    starts = range(0, len(names), BATCH_FILES)
    tables = (table(folder, names[start : start + BATCH_FILES]) for start in starts)
    first = next(tables)
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for later in tables:
            writer.write_table(later)


def main(folder: str, out: str) -> None:
    """Halve the folder's names between two processes."""
    names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".txt"))
    Path(out).mkdir(parents=True, exist_ok=True)
    half = len(names) // 2
    halves = [(names[:half], f"{out}/0.parquet"), (names[half:], f"{out}/1.parquet")]
    jobs = [
        multiprocessing.get_context("spawn").Process(target=write, args=(folder, part, path)) for part, path in halves
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    if any(job.exitcode for job in jobs):
        sys.exit("the floor failed")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

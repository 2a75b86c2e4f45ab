"""How every Parquet file of a build is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# The Hub's viewer wants row groups of 100 to 300 MB in memory, and `datasets` reads a whole one at a time when it
# streams. Groups of 64 MiB would save 0.2 % of what it fetches for two columns, those of 4 MiB cost 1 % more
# (`benchmarks/remote.py`).
GROUP_BYTES = 16 << 20
"""The bytes of text (or of seeds) in a row group, about."""

ROW_BYTES = 256
"""What a row takes beside its text or bytes, about."""

# The first level of zstd, pyarrow's choice, makes files 15 % larger and takes as long, all steps of a build together;
# the fifth saves another 3 % and takes 1.7 times as long to write.
SETTINGS: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 3,
    "use_content_defined_chunking": True,
    "write_page_index": True,
    "store_schema": True,
}
"""What pyarrow's writer is told."""


@contextmanager
def parquet_writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """Write a Parquet file of a build, with the settings of all of them."""
    # The Hub's viewer looks for this key to know that pages are cut by content.
    schema = schema.with_metadata({**(schema.metadata or {}), b"use_content_defined_chunking": b"true"})
    # By its bytes: pyarrow takes a text for UTF-8, whatever the locale has names in.
    with pa.OSFile(os.fsencode(path), "wb") as sink, pq.ParquetWriter(sink, schema, **SETTINGS) as writer:
        yield writer

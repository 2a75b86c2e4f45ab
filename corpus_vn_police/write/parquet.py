"""The settings with which every Parquet file of a build is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# The Hub's viewer expects row groups of 100 to 300 MB in memory, and `datasets` reads a whole one at a time when it
# streams. For two columns, groups of 64 MiB would save 0.2 % of the bytes that it fetches; groups of 4 MiB cost 1 %
# more (`benchmarks/remote.py`).
GROUP_BYTES = 16 << 20
"""The approximate bytes of text (or of seeds) in a row group."""

ROW_BYTES = 256
"""The approximate bytes of a row, besides its text or seed."""

# The first level of zstd, pyarrow's default, makes files 15 % larger, and a build takes just as long. The fifth level
# saves another 3 %, but takes 1.7 times as long to write.
SETTINGS: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 3,
    "use_content_defined_chunking": True,
    "write_page_index": True,
    "store_schema": True,
}
"""The arguments for pyarrow's writer."""


@contextmanager
def parquet_writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """Write a Parquet file of a build, with the settings that all of them have."""
    # The Hub's viewer looks for this key to see that pages are cut by content.
    schema = schema.with_metadata({**(schema.metadata or {}), b"use_content_defined_chunking": b"true"})
    # The path is passed as bytes: pyarrow assumes that text is UTF-8, whatever the locale's encoding.
    with pa.OSFile(os.fsencode(path), "wb") as sink, pq.ParquetWriter(sink, schema, **SETTINGS) as writer:
        yield writer

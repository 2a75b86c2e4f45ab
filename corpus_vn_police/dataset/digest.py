"""The content digest: it identifies the content of a build, however its files are encoded.

The rows of a split are cut into blocks, whatever files they are in. Every column of every block is converted to a
canonical byte form and hashed separately. The digest is the sha256 of the canonical JSON of all these hashes and of
the schemas. The form is documented in docs/content-digest.md; a test with fixed values protects it.
"""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus_vn_police.buffers import octets, to_numpy
from corpus_vn_police.contract import canonical_json
from corpus_vn_police.dataset.cuts import BlockEnds

BlockHashes = dict[str, dict[str, list[dict[str, Any]]]]
"""Config -> split -> the `ColumnHashes.digest` of each of its blocks, in order."""


class ColumnHashes:
    """The hashes of a block's columns. Rows are added batch by batch; the size of the batches makes no difference."""

    def __init__(self) -> None:
        """Start without rows."""
        self._hashes: dict[str, Any] = {}
        self._rows = 0

    def update(self, table: pa.Table) -> None:
        """Add rows."""
        self._rows += table.num_rows
        for name in table.column_names:
            for chunk in table.column(name).chunks:
                for buffer, data in _buffers(chunk, name):
                    self._hashes.setdefault(buffer, hashlib.sha256()).update(data)

    def digest(self) -> dict[str, Any]:
        """The number of rows as `rows`, and the sha256 (hex) of every buffer."""
        return {"rows": self._rows, "buffers": {name: value.hexdigest() for name, value in self._hashes.items()}}


class ContentHashes:
    """The hashes of a build's blocks. Rows are added table by table; the size of the tables makes no difference.

    The rows of a split are added in order, and the config `default` before the other configs, because its texts
    decide where blocks end.
    """

    def __init__(self, limit: int | None = None) -> None:
        """Start without rows; `limit` is the bytes of text in a block, None the limit of the content digest."""
        self._limit = limit
        self._ends: dict[str, BlockEnds] = {}
        self._rows: dict[tuple[str, str], int] = {}
        self._hashes: dict[str, dict[str, list[ColumnHashes]]] = {}

    def update(self, config: str, split: str, table: pa.Table) -> None:
        """Add rows of a config and split."""
        blocks = self._ends.setdefault(split, BlockEnds(self._limit))
        if config == "default":
            blocks.add(text_sizes(table))
        hashes = self._hashes.setdefault(config, {}).setdefault(split, [])
        first, start = self._rows.get((config, split), 0), 0
        self._rows[config, split] = first + table.num_rows
        while start < table.num_rows:
            number = bisect.bisect_right(blocks.ends, first + start)
            stop = blocks.ends[number] - first if number < len(blocks.ends) else table.num_rows
            if number == len(hashes):
                hashes.append(ColumnHashes())
            hashes[number].update(table.slice(start, stop - start))
            start = min(stop, table.num_rows)

    def blocks(self) -> BlockHashes:
        """The hashes of all blocks."""
        return {
            config: {split: [each.digest() for each in blocks] for split, blocks in splits.items()}
            for config, splits in self._hashes.items()
        }


def text_sizes(table: pa.Table) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The bytes of text in each record of a table; 0 if the text is missing."""
    texts = table.column("text").combine_chunks()
    lengths = to_numpy(pc.binary_length(texts)).astype(np.int64)
    lengths[to_numpy(pc.is_null(texts).cast(pa.uint8())) == 1] = 0  # `fill_null` would import pandas
    return lengths


def _buffers(array: pa.Array, name: str) -> Iterator[tuple[str, Any]]:
    """An array's canonical buffers, each with its name."""
    kind = array.type
    yield f"{name}:valid", to_numpy(pc.is_valid(array).cast(pa.uint8()))
    if pa.types.is_struct(kind):
        present = array.drop_null()
        for number, field in enumerate(kind):
            yield from _buffers(_field(present, number), f"{name}.{field.name}")
    elif pa.types.is_list(kind):
        present = array.drop_null()
        yield f"{name}:lengths", _numbers(pc.list_value_length(present), "<u4")
        yield from _buffers(pc.list_flatten(present), f"{name}[]")
    elif pa.types.is_string(kind) or pa.types.is_binary(kind):
        present = array.drop_null()
        yield f"{name}:lengths", _numbers(pc.binary_length(present), "<u4")
        yield f"{name}:values", octets(present)[1]
    else:
        yield f"{name}:values", _values(array.drop_null())


def _field(array: pa.StructArray, number: int) -> pa.Array:
    # `flatten` respects the struct's offset, which `field` ignores.
    return array.flatten()[number]


def _numbers(array: pa.Array, kind: str) -> Any:
    return to_numpy(array).astype(kind)


def _values(array: pa.Array) -> Any:
    """Fixed-width values, little-endian; a Boolean is one byte, a date is the number of days since 1970-01-01."""
    kind = array.type
    if pa.types.is_boolean(kind):
        return to_numpy(array.cast(pa.uint8()))
    if pa.types.is_date32(kind):
        array = array.cast(pa.int32())
    values = to_numpy(array)
    if pa.types.is_floating(kind):
        # Equal values get one form: 0.0 for -0.0, and one NaN for all.
        values = np.where(np.isnan(values), np.nan, values + 0.0)
    return values.astype(values.dtype.newbyteorder("<"))


def content_digest(blocks: BlockHashes, schemas: dict[str, str]) -> str:
    """The digest of a build.

    Args:
        blocks: the hashes of all blocks.
        schemas: the digest of each config's schema, as `contract.schema_digests` gives them.

    Returns:
        `sha256:` and 64 hex characters.
    """
    content = {"schemas": schemas, "configs": blocks}
    return "sha256:" + hashlib.sha256(canonical_json(content)).hexdigest()

"""data.jsonl.zst: the records again, as JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from io import BufferedReader
from typing import ClassVar

from corpus_vn_police.contract import json_rows
from corpus_vn_police.dataset.parquet import open_table
from corpus_vn_police.documents.document import Comparison, Document
from corpus_vn_police.documents.facts import Facts

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_AT_ONCE = 500  # records


class Export(Document):
    """The records as JSON, one per line, in the order of splits, shards and rows, compressed by zstd.

    Each line is a record in the form of `schema/record.schema.json`. The file is written only with `[export] jsonl`.
    """

    name: ClassVar[str] = "data.jsonl.zst"
    code: ClassVar[str] = "export"

    def files(self, facts: Facts) -> tuple[str, ...]:
        """Its one file, or none."""
        return (self.name,) if facts.corpus.settings["export"]["jsonl"] else ()

    def render(self, facts: Facts, file: str = name) -> Iterator[bytes]:
        """The compressed lines; their bytes depend on the version of zstd."""
        packer = zstd.ZstdCompressor()
        for line in _lines(facts):
            yield packer.compress(line)
        yield packer.flush()

    def differences(self, stream: BufferedReader, facts: Facts, file: str = name) -> Comparison:
        """The first line that is not the right record; the lines are compared, not the compressed bytes."""
        number = 0
        try:
            with zstd.ZstdFile(stream) as got:
                for number, line in enumerate(_lines(facts), 1):
                    if got.read(len(line)) != line:
                        return Comparison((f"line {number} is not the record that it should be",))
                more = got.read(1)
        except (zstd.ZstdError, EOFError) as error:
            raise ValueError(f"line {number + 1}: is not valid zstd: {error}") from error
        return Comparison(("there are more bytes after the last record",) if more else ())


def _lines(facts: Facts) -> Iterator[bytes]:
    """The records as lines of JSON in UTF-8."""
    contract = facts.corpus.contracts["default"]
    for shard in (each for each in facts.shards if each.config == "default"):
        with open_table(facts.folder, shard.path, contract) as table:
            for rows in table.tables(at_once=_AT_ONCE):
                yield from (f"{json.dumps(row, ensure_ascii=False)}\n".encode() for row in json_rows(rows))

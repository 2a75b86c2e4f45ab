"""The spine's job by datatrove: seeds -> documents -> one zstd Parquet file a split and task; `near` with minhash.

    python benchmarks/peers/with_datatrove.py SEEDS OUT [--near]

Two tasks on two workers. It has no reader for a document a file, so this has one, a class with one method. With
`--near` its four minhash stages stand between, as its own example has them: words of its Vietnamese tokenizer, 5
words a shingle, 14 buckets of 8 hashes. The documents are read and cleaned once, and signed in the same pass.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.readers.base import BaseDiskReader
from datatrove.pipeline.writers import JsonlWriter, ParquetWriter
from seed_text import prepared, split_of, valid

WORKERS = 2
SCHEMA = pa.schema({"id": pa.string(), "date": pa.string(), "text": pa.string()})


class SeedReader(BaseDiskReader):
    """A document a file."""

    name = "seeds"

    def read_file(self, filepath: str) -> Iterator[Document]:
        """The one document of a file."""
        with self.data_folder.open(filepath, "r", encoding="utf-8", newline="") as seed:
            document = self.get_document_from_dict({"text": seed.read(), "id": filepath}, filepath, 0)
        if document:
            yield document


class Prepare(PipelineStep):
    """Headers off, clean texts, only what is valid; the split into the metadata."""

    name = "prepare"
    type = "FORMAT"

    def run(self, data: Iterator[Document], rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """The documents that may be published."""
        for document in data:
            date, document.text = prepared(document.text)
            if valid(date, document.text):
                document.metadata = {"date": date, "split": split_of(date)}
                yield document


def _record(_: ParquetWriter, document: Document) -> dict[str, Any]:
    return {"id": document.id, "date": document.metadata["date"], "text": document.text}


def sink(out: str) -> ParquetWriter:
    """A Parquet file a split and task."""
    return ParquetWriter(out, "${split}/${rank}.parquet", compression="zstd", adapter=_record, schema=SCHEMA)


def run(stages: list[tuple[int, list[PipelineStep]]], logs: str) -> None:
    """Run stages, each with its number of tasks, one after the other."""
    for number, (tasks, steps) in enumerate(stages):
        LocalPipelineExecutor(steps, tasks=tasks, workers=min(WORKERS, tasks), logging_dir=f"{logs}/{number}").run()


def main() -> None:
    """Do the job."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds")
    parser.add_argument("out")
    parser.add_argument("--near", action="store_true")
    args = parser.parse_args()
    source = [SeedReader(args.seeds, glob_pattern="*.txt", add_file_path=False), Prepare()]
    if not args.near:
        run([(WORKERS, [*source, sink(args.out)])], f"{args.out}/logs")
        return
    config = MinhashConfig()
    rows, signatures, buckets, removed = (f"{args.out}/{name}" for name in ("rows", "signatures", "buckets", "remove"))
    signed = MinhashDedupSignature(signatures, config, language="vie")
    stages = [
        (WORKERS, [*source, JsonlWriter(rows, compression=None), signed]),
        (config.num_buckets, [MinhashDedupBuckets(signatures, buckets, config=config)]),
        (1, [MinhashDedupCluster(buckets, removed, config=config)]),
        (WORKERS, [JsonlReader(rows, add_file_path=False), MinhashDedupFilter(removed), sink(args.out)]),
    ]
    run(stages, f"{args.out}/logs")


if __name__ == "__main__":
    main()

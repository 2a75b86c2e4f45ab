"""The spine's job by `datasets`: seeds -> typed rows -> one zstd Parquet file a split.

    python benchmarks/peers/with_datasets.py SEEDS OUT [--reader generator|text]

Two processes where that is quicker, functions over batches, its cache under OUT. `generator` reads the
files in `Dataset.from_generator`, `text` by `load_dataset("text", sample_by="document")`, which is the first that
its manual shows and takes several times as long. `to_parquet` of datasets 5.2 fixes snappy for columns of text, so the
rows are written through pyarrow, which is what `to_parquet` does as well.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq
from seed_text import SPLITS, prepared, split_of, valid

PROCESSES = 2
FEATURES = datasets.Features({"date": datasets.Value("string"), "text": datasets.Value("string")})
ROWS = 2_000


def _files(paths: list[str]) -> Iterator[dict[str, str]]:
    for path in paths:
        with open(path, encoding="utf-8", newline="") as seed:
            yield {"text": seed.read()}


def read(seeds: Path, reader: str, cache: Path) -> datasets.Dataset:
    """One row a seed, its whole content in `text`."""
    if reader == "text":
        files = str(seeds / "*.txt")
        return datasets.load_dataset(
            "text", data_files=files, sample_by="document", split="train", num_proc=PROCESSES, cache_dir=str(cache)
        )
    paths = sorted(map(str, seeds.glob("*.txt")))
    features = datasets.Features({"text": datasets.Value("string")})
    return datasets.Dataset.from_generator(
        _files, gen_kwargs={"paths": paths}, features=features, num_proc=PROCESSES, cache_dir=str(cache)
    )


def _prepared(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    dates, texts = zip(*map(prepared, batch["text"]), strict=True)
    return {"date": list(dates), "text": list(texts)}


def _valid(dates: list[str | None], texts: list[str]) -> list[bool]:
    return [valid(date, text) for date, text in zip(dates, texts, strict=True)]


def records(seeds: Path, reader: str, cache: Path) -> datasets.Dataset:
    """The valid records of the seeds, with `date` and `text`."""
    rows = read(seeds, reader, cache).map(_prepared, batched=True, num_proc=PROCESSES, features=FEATURES)
    return rows.filter(_valid, batched=True, num_proc=PROCESSES, input_columns=["date", "text"])


def _in_split(dates: list[str], split: str) -> list[bool]:
    return [split_of(date) == split for date in dates]


def write(rows: datasets.Dataset, out: Path) -> None:
    """Write OUT/SPLIT/0.parquet of each split."""
    for split in SPLITS:
        part = rows.filter(_in_split, batched=True, input_columns=["date"], fn_kwargs={"split": split})
        (out / split).mkdir(parents=True)
        schema = part.features.arrow_schema
        with pq.ParquetWriter(out / split / "0.parquet", schema, compression="zstd") as sink:
            for batch in part.with_format("arrow").iter(ROWS):
                sink.write_table(batch.cast(schema))


def main() -> None:
    """Do the job."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--reader", choices=("generator", "text"), default="generator")
    args = parser.parse_args()
    datasets.disable_progress_bars()
    write(records(args.seeds, args.reader, args.out / "cache"), args.out)


if __name__ == "__main__":
    main()

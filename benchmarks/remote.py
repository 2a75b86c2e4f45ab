"""How many bytes `datasets` fetches to stream two columns of a split from the Hub, by the layout of the files.

    python benchmarks/remote.py BUILD [--columns id,text --columns date,n_syllables]

The rows of the build's train split are written again in several layouts and put on a stand-in for the Hub on this
machine, which counts what it sends. `needed` are the compressed bytes of the columns. `as is` is `load_dataset` with
`columns=` alone; `4 KiB` and the like are what `storage_options={"hf": {"block_size": …}}` makes of it. The footers
are in the bytes that are fetched.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from support import hub as stand_in

from corpus_vn_police.dataset.cuts import cut_blocks, cut_shards
from corpus_vn_police.dataset.digest import text_sizes
from corpus_vn_police.ids import id_numbers
from corpus_vn_police.write.parquet import parquet_writer

MIB = 1 << 20
LAYOUTS = ((8, 4), (8, 16), (64, 4), (64, 16), (64, 64), (256, 16), (256, 256))  # MiB of text in a file, and in a group
BLOCKS = (None, 1 << 16, 1 << 12)


def write(table: pa.Table, folder: Path, shard: int, group: int) -> Iterator[Path]:
    """The rows in files and row groups of so many MiB of text."""
    sizes = text_sizes(table)
    for number, (start, stop) in enumerate(cut_shards(sizes, id_numbers(pl.Series(table["id"])).to_numpy(), shard)):
        path = folder / f"{shard}-{group}-{number:05d}.parquet"
        with parquet_writer(path, table.schema) as writer:
            for first, last in cut_blocks(sizes[start:stop], group * MIB):
                writer.write_table(table.slice(start + first, last - first), row_group_size=last - first)
        yield path


def needed(paths: list[Path], columns: list[str]) -> int:
    """The compressed bytes of columns."""
    chunks = (
        file.row_group(group).column(place)
        for file in map(pq.read_metadata, paths)
        for group, place in itertools.product(range(file.num_row_groups), range(file.num_columns))
    )
    return sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema.split(".")[0] in columns)


def publish(hub: stand_in.Hub, name: str, paths: list[Path]) -> None:
    """Put files on the stand-in, with the card that a build has."""
    import datasets

    features = datasets.Features.from_arrow_schema(pq.read_schema(paths[0]))
    configs = [{"config_name": "default", "data_files": [{"split": "train", "path": "data/*"}]}]
    info = [{"config_name": "default", "features": features._to_yaml_list()}]
    front = yaml.safe_dump({"configs": configs, "dataset_info": info})
    hub.repos[name] = stand_in.Repo(private=False)
    hub._add(hub.repos[name], {}, "first")
    files = {f"data/{path.name}": path.read_bytes() for path in paths}
    hub.commit(name, {"README.md": f"---\n{front}---\n".encode(), **files})


def fetched(hub: stand_in.Hub, name: str, columns: list[str], block: int | None) -> tuple[int, int]:
    """Stream columns to the end: the rows, and the bytes that were sent of the data."""
    import datasets
    import huggingface_hub

    huggingface_hub.HfFileSystem.clear_instance_cache()
    hub.sent.clear()
    options = {} if block is None else {"storage_options": {"hf": {"block_size": block}}}
    rows = datasets.load_dataset(name, split="train", streaming=True, columns=columns, **options)
    count = sum(batch.num_rows for batch in rows.with_format("arrow").iter(1_000))
    return count, sum(size for path, size in hub.sent.items() if "/data/" in path)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--columns", action="append", help="names with commas; by default id,text and date,n_syllables")
    arguments = parser.parse_args()
    table = pa.concat_tables(map(pq.read_table, sorted((arguments.build / "data").glob("train-*"))))
    print(f"{len(table)} rows, {int(np.sum(text_sizes(table))) // 1_000_000} MB of text")
    with tempfile.TemporaryDirectory() as folder, stand_in.serving() as hub:
        os.environ.update(stand_in.variables(hub, folder) | {"HF_DATASETS_CACHE": folder})
        import datasets

        datasets.config.USE_PARQUET_EXPORT = False
        print("| MiB of text: file, row group | files | columns | needed kB | as is | 64 KiB | 4 KiB |")
        print("|---|---:|---|---:|---:|---:|---:|")
        for shard, group in LAYOUTS:
            paths = list(write(table, Path(folder), shard, group))
            name = f"me/{shard}-{group}"
            publish(hub, name, paths)
            for columns in (each.split(",") for each in arguments.columns or ("id,text", "date,n_syllables")):
                need = needed(paths, columns)
                got = [fetched(hub, name, columns, block) for block in BLOCKS]
                assert {count for count, _ in got} == {len(table)}
                times = " | ".join(f"{size / need:,.3f}" for _, size in got)
                print(
                    f"| {shard}, {group} | {len(paths)} | {', '.join(columns)} | {need // 1000} | {times} |", flush=True
                )
            del hub.repos[name]


if __name__ == "__main__":
    main()

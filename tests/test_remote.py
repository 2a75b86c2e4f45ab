"""Reading a few columns of a build over HTTP: what is fetched is little more than these columns."""

import json
import os
import random
import subprocess
import sys

import pyarrow.parquet as pq
from support import hub as stand_in
from support.builds import ROOT

import corpus_vn_police as cvp

_READ = """
import json, os, sys
import datasets
datasets.config.USE_PARQUET_EXPORT = False
rows = datasets.load_dataset(
    "me/news", split="train", streaming=True, columns=["id", "text"], storage_options={"hf": {"block_size": 4096}}
)
print(json.dumps([len(row["text"]) for row in rows]), flush=True)
os._exit(0)  # threads of `datasets` that stream may abort a process at its end ("terminate called ...")
"""


def _large(path):
    """Rows of which two columns hold most bytes, none of which can be packed much: 1 MB of text, 150 kB of URLs."""
    draw = random.Random(1)
    rows = [
        {"text": f"{draw.getrandbits(32_000):x}", "url": f"https://x.vn/{draw.getrandbits(4_000):x}"}
        for _ in range(250)
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="ascii")
    return [len(row["text"]) for row in rows]


def test_two_columns_over_http_cost_at_most_a_tenth_more_than_their_bytes(tmp_path):
    lengths = _large(tmp_path / "rows.jsonl")
    off = {name: {"enabled": False} for name in ("structure", "quality")}
    out = tmp_path / "out"
    cvp.build(tmp_path / "rows.jsonl", out=out, config={"dedup": {"level": "off"}, **off})
    with stand_in.serving() as hub:
        hub.repos["me/news"] = stand_in.Repo(private=False)
        hub._add(hub.repos["me/news"], {}, "first")
        hub.commit("me/news", {name: (out / name).read_bytes() for name in ("README.md", *_files(out))})
        variables = {"PYTHONPATH": str(ROOT), **stand_in.variables(hub, tmp_path / "home")}
        told = subprocess.run(
            [sys.executable, "-c", _READ], env={**os.environ, **variables}, capture_output=True, text=True
        )
        sent = sum(size for path, size in hub.sent.items() if path.endswith(".parquet"))
    assert told.returncode == 0, told.stderr
    assert sorted(json.loads(told.stdout)) == sorted(lengths)
    sizes = [_column_bytes(out / name) for name in _files(out)]
    needed = sum(size[name] for size in sizes for name in ("id", "text"))
    assert needed < sent <= 1.1 * needed < sum(sum(size.values()) for size in sizes)


def _files(out):
    return sorted(path.relative_to(out).as_posix() for path in (out / "data").iterdir())


def _column_bytes(path):
    """The compressed bytes of each column of a file."""
    file = pq.read_metadata(path)
    chunks = [file.row_group(group).column(n) for group in range(file.num_row_groups) for n in range(file.num_columns)]
    sizes = {}
    for chunk in chunks:
        sizes[chunk.path_in_schema] = sizes.get(chunk.path_in_schema, 0) + chunk.total_compressed_size
    return sizes

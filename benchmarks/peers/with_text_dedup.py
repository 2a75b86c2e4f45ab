"""The spine's job with near duplicates left out: `datasets` to read and write, text-dedup's minhash between.

    python benchmarks/peers/with_text_dedup.py SEEDS OUT

Its defaults (250 permutations, 5 words a shingle, a threshold of 0.7), on two processes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import datasets
from with_datasets import PROCESSES, records, write


def main(seeds: Path, out: Path) -> None:
    """Do the job."""
    datasets.disable_progress_bars()
    records(seeds, "generator", out / "cache").save_to_disk(out / "rows")
    places = ["--path", str(out / "rows"), "--output", str(out / "kept"), "--cache_dir", str(out / "cache")]
    options = ["--local", "--column", "text", "--num_proc", str(PROCESSES), "--no-clean_cache"]
    subprocess.run([sys.executable, "-m", "text_dedup.minhash", *places, *options], check=True)
    write(datasets.load_from_disk(out / "kept"), out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""What annotating costs: a build with and one without annotations, nothing else on, in turns.

    python benchmarks/annotating.py SEEDS [--rounds 3]

Structure, quality, copies and sources are off, so that the build without annotations reads, normalises and writes.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from cost import Cost, measure

_OFF = "".join(f"[{table}]\nenabled = false\n" for table in ("structure", "quality", "sources"))
SETTINGS = {name: f'{_OFF}[dedup]\nlevel = "off"\n[annotations]\nenabled = {name}\n' for name in ("false", "true")}


def built(seeds: str, annotations: str, folder: Path) -> Cost:
    """Build seeds into a new folder.

    Raises:
        FailedRunError: the build failed.
    """
    config = folder / f"{annotations}.toml"
    config.write_text(SETTINGS[annotations], encoding="utf-8")
    with tempfile.TemporaryDirectory(dir=folder) as out:
        command = [sys.executable, "-m", "corpus_vn_police", "build", seeds, "--config", str(config)]
        return measure([*command, "--out", f"{out}/out", "--json"])


def main() -> None:
    """Print what each build took, and what annotating adds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("seeds")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    costs: dict[str, list[Cost]] = {name: [] for name in SETTINGS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(args.rounds):
            for name in SETTINGS:
                costs[name].append(built(args.seeds, name, Path(folder)))
    cpu = {name: statistics.median(each.cpu for each in costs[name]) for name in SETTINGS}
    wall = {name: statistics.median(each.wall for each in costs[name]) for name in SETTINGS}
    for name in SETTINGS:
        print(f"annotations = {name}: {cpu[name]:.1f} s CPU, {wall[name]:.1f} s wall")
    print(f"annotating adds {cpu['true'] - cpu['false']:.1f} s CPU: {cpu['true'] / cpu['false'] - 1:.2f} of the rest")


if __name__ == "__main__":
    main()

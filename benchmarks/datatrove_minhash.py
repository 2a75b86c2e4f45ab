"""datatrove's four minhash stages over a folder of JSONL, as its own example has them.

    python benchmarks/datatrove_minhash.py ROWS OUT [--workers 2] [--clusters]

Run by an interpreter that has datatrove, spacy and pyvi (`pip install datatrove[io] spacy pyvi`).
Its defaults: words of its Vietnamese tokenizer, its text normalisation, 5 words a shingle, 14 buckets
of 8 hashes. OUT/kept has what it keeps; with `--clusters` OUT/removed has the rest, and both say
which cluster a text is in.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter


def main() -> None:
    """Run the stages one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows")
    parser.add_argument("out")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--clusters", action="store_true")
    args = parser.parse_args()
    tasks = len(list(Path(args.rows).glob("*.jsonl")))
    config = MinhashConfig()
    signatures, buckets, removed = (f"{args.out}/{name}" for name in ("signatures", "buckets", "remove"))
    excluded = JsonlWriter(f"{args.out}/removed", compression=None) if args.clusters else None
    stages = [
        (tasks, [JsonlReader(args.rows), MinhashDedupSignature(signatures, config, language="vie")]),
        (config.num_buckets, [MinhashDedupBuckets(signatures, buckets, config=config)]),
        (1, [MinhashDedupCluster(buckets, removed, config=config, save_cluster_id=args.clusters)]),
        (
            tasks,
            [
                JsonlReader(args.rows),
                MinhashDedupFilter(removed, excluded, load_cluster_ids=args.clusters),
                JsonlWriter(f"{args.out}/kept", compression=None),
            ],
        ),
    ]
    for number, (count, steps) in enumerate(stages):
        logs = f"{args.out}/logs/{number}"
        LocalPipelineExecutor(steps, tasks=count, workers=min(args.workers, count), logging_dir=logs).run()


if __name__ == "__main__":
    main()

"""The command `check`."""

from __future__ import annotations

from collections import Counter

from corpus_vn_police.cli.options import Config, Json, Seeds, Workers
from corpus_vn_police.cli.show import print_json, progress
from corpus_vn_police.text import printable


def check(seeds: Seeds, config: Config = None, workers: Workers = None, as_json: Json = False) -> int:
    """Read and validate seeds; write nothing."""
    from corpus_vn_police.commands.check import check as check_seeds

    counts: Counter[str] = Counter()
    with progress(quiet=as_json) as moved:
        for table in check_seeds(seeds, config=config, workers=workers, progress=moved):
            for row in table.to_pylist():
                counts[row["status"]] += 1
                if as_json:
                    print_json(row)
                elif row["status"] == "removed":
                    print(f"{row['id']}: was taken down")
                elif row["status"] != "published":
                    where = f" {row['pointer']}" if row["pointer"] else ""
                    print(printable(f"{row['path']}: {row['reason']}{where}: {row['detail']}"))
    if not as_json:
        print(
            ", ".join(
                f"{count:,} {'would be published' if status == 'published' else status}"
                for status, count in sorted(counts.items())
            )
        )
    return int(bool(counts.keys() - {"published", "removed"}))

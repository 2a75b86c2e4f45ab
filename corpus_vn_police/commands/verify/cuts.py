"""Check that the shards of a build are cut where its setting says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from corpus_vn_police.commands.verify.findings import Findings
from corpus_vn_police.contract import first_error, validator
from corpus_vn_police.dataset.cuts import cut_shards
from corpus_vn_police.dataset.layout import FOLDERS, MANIFEST

_NAMED = 5  # files whose rows a problem counts


def check_cuts(config: Mapping[str, Any], findings: Findings) -> None:
    """Compare the rows of every shard with those that a build puts into it; all rows must have been read.

    The content digest does not say which file a row is in. A build from before `[build]` had shards of 256 MiB, and is
    not checked.

    Args:
        config: the settings that the manifest holds.
        findings: what the rows are.
    """
    if "build" not in config:
        return
    if first_error(validator("corpus"), {"build": config["build"]}):
        findings.add(MANIFEST, "manifest.invalid", "/config/build: is not allowed in corpus.toml")
        return
    mib = config["build"].get("shard_mib")
    for split, sizes in findings.text_bytes.items():
        ids = findings.records[split].all.ids
        meant = [stop - start for start, stop in cut_shards(np.concatenate(sizes), ids, mib)]
        for name, folder in FOLDERS.items():
            rows = [shard.rows for shard in findings.shards if (shard.config, shard.split) == (name, split)]
            if rows != meant and sum(rows) == sum(meant):  # other rows are named elsewhere
                said = f"{len(rows)} files with {_shown(rows)} rows; a build has {len(meant)} with {_shown(meant)}"
                findings.add(f"{folder}/{split}", "shards.cut", said)


def _shown(rows: list[int]) -> str:
    return ", ".join(map(str, rows[:_NAMED])) + (", …" if len(rows) > _NAMED else "")

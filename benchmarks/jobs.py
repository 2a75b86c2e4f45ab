"""The jobs of `compare.py`: who does which work by which command."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from peers.seed_text import TEST_FROM, VALIDATION_FROM

HERE = Path(__file__).resolve().parent
OURS = "this build"
WORKERS = 2

_SPLITS = f'[splits]\nvalidation_from = "{VALIDATION_FROM}"\ntest_from = "{TEST_FROM}"\n'
_OFF = "".join(f"[{part}]\nenabled = false\n" for part in ("sources", "annotations"))
_NO_TEXT = "".join(f"[{part}]\nenabled = false\n" for part in ("structure", "quality"))
SETTINGS = {
    "spine": f'{_SPLITS}[dedup]\nlevel = "off"\n{_OFF}{_NO_TEXT}',
    "near": f'{_SPLITS}[dedup]\nlevel = "near"\n{_OFF}{_NO_TEXT}',
    "text": f'{_SPLITS}[dedup]\nlevel = "off"\n{_OFF}',
    "all": _SPLITS,
}
"""The corpus.toml of each of our builds."""

WORKS = {
    "floor": "read, hash, one Arrow array, zstd Parquet: what any tool must do",
    "spine": "read, header, NFC and white space, validation, splits, zstd Parquet",
    "near": "the spine, and near duplicates left out",
    "text": "the spine, and structure and quality",
    "all": "everything on: near duplicates, structure, quality, annotations, sources",
    "again": "everything, built again, nothing changed",
    "verify": "the build of everything, verified",
    "grow": "everything, with 1 % more seeds",
}
"""What is done, in words, in the order of a round."""


@dataclass(frozen=True)
class Job:
    """One command of a round.

    Attributes:
        work: a key of `WORKS`.
        tool: who does it.
        command: the program and its arguments.
        out: where it writes; None if it writes nothing.
        fresh: whether what an earlier round wrote is removed first.
    """

    work: str
    tool: str
    command: list[str]
    out: Path | None
    fresh: bool = True


def _ours(scratch: Path, work: str, settings: str, fresh: bool = True) -> Job:
    out = scratch / "out" / settings
    config = scratch / f"{settings}.toml"
    config.write_text(SETTINGS[settings])
    options = ["--config", str(config), "--workers", str(WORKERS), "--out", str(out)]
    return Job(work, OURS, [*PROGRAM, "build", str(scratch / "seeds"), *options], out, fresh)


PROGRAM = [sys.executable, "-m", "corpus_vn_police"]


def _peer(scratch: Path, work: str, tool: str, script: str, *options: str) -> Job:
    out = scratch / "out" / f"{work} {tool}"
    return Job(work, tool, [sys.executable, str(HERE / script), str(scratch / "seeds"), str(out), *options], out)


def jobs(scratch: Path, peers: bool = True) -> list[Job]:
    """All jobs of a round, in order; their settings are written into the folder.

    Args:
        scratch: has the folder `seeds`; all jobs write below `out`.
        peers: whether other tools run too.
    """
    others = [
        _peer(scratch, "spine", "datasets", "peers/with_datasets.py"),
        _peer(scratch, "spine", "load_dataset", "peers/with_datasets.py", "--reader", "text"),
        _peer(scratch, "spine", "datatrove", "peers/with_datatrove.py"),
        _peer(scratch, "near", "datatrove", "peers/with_datatrove.py", "--near"),
        _peer(scratch, "near", "text-dedup", "peers/with_text_dedup.py"),
    ]
    ours = [
        _peer(scratch, "floor", "floor", "floor.py"),
        *(_ours(scratch, work, work) for work in SETTINGS),
        _ours(scratch, "again", "all", fresh=False),
        Job("verify", OURS, [*PROGRAM, "verify", str(scratch / "out/all")], None),
        _ours(scratch, "grow", "all", fresh=False),
    ]
    order = list(WORKS)
    return sorted([*ours, *(others if peers else [])], key=lambda job: order.index(job.work))

"""What the tests share."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import hypothesis
import polars as pl
import pytest

from corpus_vn_police.dataset.manifest import self_digest
from corpus_vn_police.files import file_digest
from corpus_vn_police.stages.normalise.batch import normalise_batch
from corpus_vn_police.stages.read.seeds import SeedBatch, take
from corpus_vn_police.stages.structure import structure

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"

# No test asserts how long something takes; a machine may be busy.
hypothesis.settings.register_profile("default", deadline=None, print_blob=True)
hypothesis.settings.register_profile("many", parent=hypothesis.settings.get_profile("default"), max_examples=3_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def _own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that an earlier test or the user left in a cache is seen, and nothing is fetched."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "hf/datasets"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("CORPUS_VN_POLICE_CACHE", str(tmp_path / "corpus"))


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write files below a folder, given as path -> bytes or text; returns the folder."""

    def write(files: Mapping[str, bytes | str], folder: str = "in") -> Path:
        root = tmp_path / folder
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return write


@pytest.fixture
def cli() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `corpus-vn-police` in a process of its own."""

    def cli(*arguments: object, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "corpus_vn_police", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )

    return cli


def ledger(out: Path) -> list[dict[str, object]]:
    """The rows of a build's ledger."""
    return pl.read_parquet(out / "ledger.parquet").to_dicts()


def sign(out: str | Path, **changes: object) -> None:
    """Make a build's manifest agree with its files, as somebody would who changes them on purpose."""
    path = Path(out) / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | changes
    for entry in manifest["files"]:
        entry["bytes"], entry["sha256"] = file_digest(Path(out) / entry["path"])
    manifest["sha256"] = self_digest(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def outcomes(out: Path) -> dict[str, str]:
    """Of each path its reason, or its status where it has none."""
    return {str(row["path"]): str(row["reason"] or row["status"]) for row in ledger(out)}


def records(out: Path, config: str = "data") -> list[dict[str, object]]:
    """All rows of a config, split after split."""
    files = [path for split in ("train", "validation", "test") for path in sorted((out / config).glob(f"{split}-*"))]
    return [row for path in files for row in pl.read_parquet(path).to_dicts()]


def taken_apart(*texts, corpus, **row):
    """A frame with a row a text, as structure leaves it; `row` is what a row of a file gives beside."""
    batch = SeedBatch()
    for text in texts:
        data = text.encode()
        batch.add("x.txt", take(io.BytesIO(data), corpus.limits), {"body": data, **row})
    return structure(normalise_batch(batch.frame(), corpus.text), corpus)


def normalisation_cases(*profiles):
    """The annotated cases of some profiles: name, input, expected."""
    for path in sorted((ROOT / "tests/data").glob("normalisation_cases*.tsv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row["name"].partition("/")[0] in profiles:
                    texts = [row[key].encode("ascii", "backslashreplace") for key in ("input", "expected")]
                    yield row["name"], *(text.decode("unicode_escape") for text in texts)

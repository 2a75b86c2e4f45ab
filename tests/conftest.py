"""What the tests share."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import hypothesis
import pytest
from support.builds import ROOT
from support.warmed import client, serving

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
    # As users have it: with this one, what a command prints is never held back, and fails elsewhere.
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
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


@pytest.fixture(scope="session")
def _warm() -> Iterator[str]:
    """The socket of a server that runs commands without their imports."""
    folder = tempfile.mkdtemp(prefix="warm")  # a socket's path has at most 107 bytes
    with serving(f"{folder}/s", {**os.environ, "PYTHONPATH": str(ROOT)}):
        yield f"{folder}/s"
    shutil.rmtree(folder)


@pytest.fixture
def cli(request: pytest.FixtureRequest) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `corpus-vn-police` in a process of its own.

    The process is forked from one that has the imports, which are most of the time of a small command. With other
    variables it is a new one.
    """

    def cli(*arguments: object, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        new = [sys.executable, "-m", "corpus_vn_police"]
        command = new if variables else client(request.getfixturevalue("_warm"), "corpus-vn-police")
        return subprocess.run(
            [*command, *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )

    return cli

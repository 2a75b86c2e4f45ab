"""Pages that are run: the folder that their blocks find, and what the blocks print."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import contextmanager

import corpus_vn_police as cvp
from support import hub as stand_in
from support.builds import ROOT, SEEDS
from support.warmed import client, serving

DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "DATASET_CARD.md", *(page for page in DOCS.rglob("*.md") if "_build" not in page.parts)])  # fmt: skip
RUN = ("sh", "python")
_LIBRARIES = (
    "datasets", "duckdb", "matplotlib.backends.backend_svg", "matplotlib.figure", "matplotlib.font_manager", "matplotlib.style",
    "pandas", "pydantic.type_adapter",
)  # fmt: skip


def name_of(page):
    """A page's name from docs/, or from the root of the project."""
    return page.relative_to(DOCS if page.is_relative_to(DOCS) else ROOT).as_posix()


def is_run(block):
    return block.language in RUN and block.reason is None


def matches(expected, printed):
    """Whether what was printed is what a page shows; `…` stands for anything within a line, spaces at its end for nothing."""
    wanted, shown = ("\n".join(line.rstrip() for line in text.strip().splitlines()) for text in (expected, printed))
    return re.fullmatch(re.escape(wanted).replace("…", "[^\n]*"), shown) is not None


def _prepare(scratch):
    """What the pages speak of: `my_seeds`, the shipped texts, `my_dataset` (or `FOLDER`), built from them, and `examples`."""
    (scratch / "my_seeds").mkdir(parents=True)
    for path in SEEDS.glob("*.txt"):
        shutil.copy(path, scratch / "my_seeds")
    finished = {"contact": "keeper@example.org", "license": "cc0-1.0", "card": {"prose": str(ROOT / "DATASET_CARD.md")}}
    cvp.build(scratch / "my_seeds", out=scratch / "my_dataset", config=finished, workers=1)
    shutil.copytree(scratch / "my_dataset", scratch / "FOLDER")
    shutil.copytree(ROOT / "examples", scratch / "examples", ignore=shutil.ignore_patterns("__pycache__"))


def _programs(folder, socket):
    """A folder for PATH, with the programs that blocks call."""
    folder.mkdir()
    for name, command in {
        "corpus-vn-police": shlex.join(client(socket, "corpus-vn-police")),
        "python": f'"{sys.executable}"',
    }.items():
        (folder / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (folder / name).chmod(0o755)


@contextmanager
def running(folder):
    """Gives a function that runs a page in a folder of its own, and gives what `support.pages` says of its blocks."""
    _prepare(folder / "scratch")
    _programs(folder / "bin", folder / "socket")
    with stand_in.serving() as hub:
        variables = {
            **os.environ, **stand_in.variables(hub, folder / "hf"), "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
            "COLUMNS": "100", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        }  # fmt: skip
        with serving(folder / "socket", variables, *_LIBRARIES):

            def ran(page):
                here = folder / name_of(page)
                shutil.copytree(folder / "scratch", here)
                told = subprocess.run(
                    [*client(folder / "socket", ROOT / "tests/support/pages.py"), page],
                    cwd=here,
                    env=variables,
                    capture_output=True,
                    encoding="utf-8",
                    timeout=300,
                )
                assert told.returncode == 0, told.stderr
                return {each["line"]: each for each in json.loads(told.stdout.splitlines()[-1])}

            yield ran

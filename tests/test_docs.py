"""What README and docs say is true: every block is run, and the site builds."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support import hub as stand_in
from support.builds import ROOT, SEEDS
from support.pages import blocks

import corpus_vn_police as cvp
from corpus_vn_police.config import corpus_of

PAGES = sorted([ROOT / "README.md", ROOT / "DATASET_CARD.md", *(ROOT / "docs").glob("*.md")])
RUN = ("sh", "python")
SHOWN = ("bibtex", "toml", "text", "json", "{toctree}", "{eval-rst}")

WITH_TORCH = {"training.md"}
"""Pages whose blocks need what `make test-train` installs."""

NOT_RUN = {
    ("README.md", "make dataset   # builds the shipped corpus into dataset/, loads it, prints the rows"): "makes an environment of its own, and takes minutes",
    ("README.md", "pip install '.[figures]'   # in a checkout; without [figures] builds have no pictures"): "installs the package into your environment",
        ("benchmarks.md", "python benchmarks/annotating.py SEEDS"): "builds a folder of many seeds six times",
    ("benchmarks.md", "make bench ARTICLES=articles.jsonl.zst COUNT=20000 RUNS=5 OUT=bench"): "makes an environment of its own, and takes half an hour",
    ("benchmarks.md", "make .venv-bench/.ready"): "makes an environment of its own, and takes hours",
    ("publish.md", "hf auth login   # once; or set HF_TOKEN"): "asks for a token",
    ("start.md", "pip install ."): "installs the package into your environment",
    ("evaluation-by-time.md", "from corpus_vn_police import train"): "takes torch, and minutes of training",
    ("training.md", "pip install 'corpus-vn-police[train]'   # tokenizers, torch, transformers"): "installs the package into your environment",
    ("examples.md", "pip install 'corpus-vn-police[train]'"): "trains, for minutes",
    ("training-example.md", "pip install 'corpus-vn-police[train,figures]'"): "trains, for minutes",
    ("training-example.md", "model.config.use_cache = False"): "a piece of a training script",
    ("training-example.md", "accelerator = Accelerator()"): "a piece of a training script",
    ("training-example.md", "class Data(lightning.LightningDataModule):"): "lightning is not a dependency of this package",
    ("files.md", "import datasets"): "reads a dataset of the Hub that is not there",
    ("croissant.md", "import mlcroissant as mlc"): "mlcroissant is not a dependency of this package",
}  # fmt: skip


def _name(page: Path) -> str:
    return page.name


def _of(page):
    return blocks(page.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A folder with what the pages speak of: `my_seeds`, the shipped texts, `my_dataset` (or `FOLDER`), built from them, and
    `examples`."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "my_seeds").mkdir()
    for path in SEEDS.glob("*.txt"):
        shutil.copy(path, folder / "my_seeds")
    finished = {"contact": "keeper@example.org", "license": "cc0-1.0", "card": {"prose": str(ROOT / "DATASET_CARD.md")}}
    cvp.build(folder / "my_seeds", out=folder / "my_dataset", config=finished, workers=1)
    shutil.copytree(folder / "my_dataset", folder / "FOLDER")
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def hub():
    """What answers to pages that publish."""
    with stand_in.serving() as answering:
        yield answering


def _matches(expected, printed):
    """Whether what was printed is what a page shows; `…` stands for anything within a line."""
    pattern = re.escape(expected.strip()).replace("…", "[^\n]*")
    return re.fullmatch(pattern, printed.strip()) is not None


def _marked(page):
    return pytest.param(page, id=_name(page), marks=[pytest.mark.train] if page.name in WITH_TORCH else [])


@pytest.mark.parametrize("page", [_marked(page) for page in PAGES if any(each.language in RUN for each in _of(page))])
def test_every_block_of_a_page_runs_and_prints_what_the_page_shows(page, scratch, hub, tmp_path):
    here = tmp_path / "here"
    shutil.copytree(scratch, here)
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name, module in {"corpus-vn-police": "corpus_vn_police", "python": ""}.items():
        script = bin_folder / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {"-m " + module if module else ""} "$@"\n')
        script.chmod(0o755)
    told = subprocess.run(
        [sys.executable, ROOT / "tests/support/pages.py", page],
        cwd=here,
        env={**os.environ, **stand_in.variables(hub, tmp_path / "hf"), "PATH": f"{bin_folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "COLUMNS": "100", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    ran = {each["line"]: each for each in json.loads(told.stdout.splitlines()[-1])}
    for block in _of(page):
        if block.language not in RUN or block.reason is not None:
            continue
        assert block.line in ran
        code, printed = ran[block.line]["code"], ran[block.line]["printed"]
        assert code == 0, f"{page.name}:{block.line}: {printed}"
        if block.output is not None:
            assert _matches(block.output, printed), f"{page.name}:{block.line}: printed\n{printed}"


def test_the_blocks_that_are_not_run_are_these():
    found = {
        (page.name, block.text.split("\n")[0]): block.reason
        for page in PAGES
        for block in _of(page)
        if block.reason is not None
    }
    assert found == NOT_RUN


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_block_says_what_it_is_and_every_toml_is_one_that_may_be_written(page):
    text = page.read_text(encoding="utf-8")
    for block in _of(page):
        assert block.language in (*RUN, *SHOWN), f"{page.name}:{block.line}: ```{block.language}"
        if block.language == "toml":
            corpus_of(tomllib.loads(block.text), None, None, f"{page.name}:{block.line}")
    assert len(re.findall(r"^`{3,}", text, re.MULTILINE)) == 2 * len(_of(page))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_to_a_file_leads_somewhere(page):
    """The site's own check sees no links that leave docs/."""
    text = re.sub(r"^(`{3,}).*?^\1 *$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target and not target.startswith(("#", "mailto:"))]  # fmt: skip
    missing = [target for target in targets if not (page.parent / target.partition("#")[0]).exists()]
    assert missing == []


def test_the_parser_of_pages_tells_blocks_reasons_and_outputs_apart():
    page = "a\n\n<!-- not run: why -->\n```sh\nx\n```\n\n```text\nout\n```\n\nb\n\n```text\nno output\n```\n\n````python\n```\n````\n"
    assert [(each.line, each.language, each.text, each.reason, each.output) for each in blocks(page)] == [
        (4, "sh", "x\n", "why", "out\n"),
        (8, "text", "out\n", None, None),
        (14, "text", "no output\n", None, None),
        (18, "python", "```\n", None, None),
    ]
    assert _matches("a …\nb", "a sha256:1\nb\n")
    assert not _matches("a …\nb", "a 1\n2\nb\n")


def test_the_site_builds_without_a_warning_and_says_nothing_of_this_machine(tmp_path):
    told = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "-b", "html", "-d", tmp_path / "trees", ROOT / "docs", tmp_path / "html"],
        env={**os.environ, "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )  # fmt: skip
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    pages = {path.relative_to(tmp_path / "html").as_posix() for path in (tmp_path / "html").rglob("*.html")}
    assert {f"{page.stem}.html" for page in PAGES if page.parent.name == "docs"} <= pages
    record = (tmp_path / "html/record.html").read_text(encoding="utf-8")
    assert "Photo captions in the order of the page, taken out of" in record
    assert "duplicate_of" in record
    assert "max_paragraphs" in (tmp_path / "html/your-corpus.html").read_text(encoding="utf-8")
    for path in (tmp_path / "html").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert str(ROOT) not in text
        assert re.findall(r'(?:src|<link[^>]*href)="https?://', text) == []

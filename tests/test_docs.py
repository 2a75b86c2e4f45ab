"""What README and docs say is true: every block is run, and the site builds."""

import os
import re
import runpy
import subprocess
import sys
import tomllib

import pytest
from support.builds import ROOT
from support.pages import anchors, blocks, links
from support.pages_run import DOCS, PAGES, RUN, is_run, matches, name_of, running

from corpus_vn_police.config import corpus_of

SHOWN = ("bibtex", "toml", "text", "json", "{toctree}", "{eval-rst}")

LINKING = [
    *PAGES,
    *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md")),
]
"""Pages whose links are followed."""

WITH_TORCH = {"training.md"}
"""Pages whose blocks need what `make test-train` installs."""

NOT_RUN = {
    ("README.md", "make dataset   # builds the shipped corpus into dataset/, loads it, prints the rows"): "makes an environment of its own, and takes minutes",
    ("README.md", "pip install '.[figures]'   # without [figures], builds have no pictures"): "installs the package into your environment",
    ("index.md", "pip install '.[figures]'   # in a checkout, with Python 3.11 or newer"): "installs the package into your environment",
    ("recipes/s3.md", "pip install 'corpus-vn-police[s3]'"): "there is no bucket here",
    ("recipes/new-version.md", "import datasets"): "reads a dataset of the Hub that is not there",
    ("recipes/new-version.md", "corpus-vn-police diff hf://datasets/user/name@v1.0.0 hf://datasets/user/name@v1.1.0"): "reads a dataset of the Hub that is not there",
    ("recipes/new-version.md", "pip install --upgrade corpus-vn-police"): "installs the package into your environment",
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


def _of(page):
    return blocks(page.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def run_page(tmp_path_factory):
    """Runs a page in a folder that holds what the pages speak of."""
    with running(tmp_path_factory.mktemp("pages")) as ran:
        yield ran


def _marked(page):
    return pytest.param(page, id=name_of(page), marks=[pytest.mark.train] if page.name in WITH_TORCH else [])


@pytest.mark.parametrize("page", [_marked(page) for page in PAGES if any(is_run(each) for each in _of(page))])
def test_every_block_of_a_page_runs_and_prints_what_the_page_shows(page, run_page):
    ran = run_page(page)
    for block in _of(page):
        if not is_run(block):
            continue
        assert block.line in ran
        code, printed = ran[block.line]["code"], ran[block.line]["printed"]
        assert code == 0, f"{name_of(page)}:{block.line}: {printed}"
        if block.output is not None:
            assert matches(block.output, printed), f"{name_of(page)}:{block.line}: run `make pages`; printed\n{printed}"


def test_the_blocks_that_are_not_run_are_these():
    found = {
        (name_of(page), block.text.split("\n")[0]): block.reason
        for page in PAGES
        for block in _of(page)
        if block.reason is not None
    }
    assert found == NOT_RUN


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_says_what_it_is_and_every_toml_is_one_that_may_be_written(page):
    text = page.read_text(encoding="utf-8")
    for block in _of(page):
        assert block.language in (*RUN, *SHOWN), f"{name_of(page)}:{block.line}: ```{block.language}"
        if block.language == "toml":
            corpus_of(tomllib.loads(block.text), None, None, f"{name_of(page)}:{block.line}")
    assert len(re.findall(r"^`{3,}", text, re.MULTILINE)) == 2 * len(_of(page))


@pytest.fixture(scope="module")
def generated():
    return runpy.run_path(ROOT / "docs/generated.py")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_generated_parts_of_a_page_are_what_the_code_says(page, generated):
    assert page.read_text(encoding="utf-8") == generated["with_parts"](page), "run `make pages`"


def test_every_mark_of_a_generated_part_has_its_end(generated):
    for page in generated["pages"]():
        text = page.read_text(encoding="utf-8")
        assert len(generated["_PART"].findall(text)) == text.count("<!-- generated: "), name_of(page)


def test_the_pictures_show_what_a_build_says(generated):
    for file, drawn in generated["pictures"]().items():
        assert file.read_text(encoding="utf-8") == drawn, "run `make pages`"


def test_every_command_has_a_page():
    from corpus_vn_police.cli.app import app

    names = {command.callback.__name__ for command in app.registered_commands}
    assert {page.stem for page in (DOCS / "commands").glob("*.md")} == {*names, "index"}


@pytest.mark.parametrize("page", LINKING, ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading_of_it(page):
    """On a code host, where the site's own check does not look."""
    broken = []
    for target in links(page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
            broken.append(target)
    assert broken == []


def test_links_and_anchors_are_those_of_a_code_host():
    page = '# A `b` of [c](d.md#e)!\n\n## Twice\n## Twice\n```sh\n# no heading, [no](link)\n```\n[x](https://y.z) <img src="p.svg">\n'
    assert links(page) == ["d.md#e", "p.svg"]
    assert anchors(page) == {"a-b-of-c", "twice", "twice-1"}


def test_the_parser_of_pages_tells_blocks_reasons_and_outputs_apart():
    page = "a\n\n<!-- not run: why -->\n```sh\nx\n```\n\n```text\nout\n```\n\nb\n\n```text\nno output\n```\n\n````python\n```\n````\n"
    assert [(each.line, each.language, each.text, each.reason, each.output) for each in blocks(page)] == [
        (4, "sh", "x\n", "why", "out\n"),
        (8, "text", "out\n", None, None),
        (14, "text", "no output\n", None, None),
        (18, "python", "```\n", None, None),
    ]
    assert matches("a …\nb", "a sha256:1\nb\n")
    assert not matches("a …\nb", "a 1\n2\nb\n")


@pytest.mark.field
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
    assert {
        page.relative_to(DOCS).with_suffix(".html").as_posix() for page in PAGES if page.is_relative_to(DOCS)
    } <= pages
    record = (tmp_path / "html/record.html").read_text(encoding="utf-8")
    assert "Photo captions in the order of the page, taken out of" in record
    assert "duplicate_of" in record
    for path in (tmp_path / "html").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert str(ROOT) not in text
        assert re.findall(r'(?:src|<link[^>]*href)="https?://', text) == []

"""How the modules may lean on one another, and that importing is light."""

import ast
import re
import subprocess
import sys

import pytest
from conftest import ROOT

from corpus_vn_police.verify.hints import HINTS

PACKAGE = ROOT / "corpus_vn_police"
# What every module may import, and what each stage may import beyond it.
COMMON = {"align", "config", "contract", "errors", "files", "hub", "resources", "syllables", "text", "version"}
ALLOWED = {
    "align": set(), "errors": set(), "files": set(), "text": set(), "version": set(), "resources": set(), "contract": set(), "config": set(), "hub": set(), "syllables": set(),
    "read": set(), "normalise": set(), "structure": set(), "quality": {"structure"}, "validate": set(), "split": set(),
    "parts": set(), "dataset": {"split"}, "tombstones": {"dataset"}, "dedup": {"parts", "tombstones"}, "engine": set(),
    "build": {"dataset", "parts", "split", "structure", "tombstones"}, "state": {"build", "dataset"},
    "known": {"parts", "read", "tombstones"}, "remote": {"dataset", "read"},
    "leaks": {"dataset", "dedup", "split"}, "verify": {"build", "dataset", "leaks", "split"}, "sources": {"dataset"},
    "diff": {"dataset", "split"}, "changes": {"dataset", "diff"},
    "publish": {"changes", "dataset", "verify"},
    "report": {"build", "dataset", "leaks", "normalise", "read", "structure", "tombstones"},
}  # fmt: skip


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("corpus_vn_police."):
            yield node.module.split(".")[1]


@pytest.mark.parametrize("stage", ALLOWED)
def test_a_stage_imports_what_lies_below_it_never_a_sibling(stage):
    files = [PACKAGE / f"{stage}.py"] if (PACKAGE / f"{stage}.py").exists() else sorted((PACKAGE / stage).rglob("*.py"))
    found = {module for file in files for module in _imports(file)} - {stage}
    assert found - COMMON - ALLOWED[stage] == set()


def test_every_code_of_verify_has_a_hint_and_the_other_way_round():
    pattern = re.compile(
        r'"((?:file|manifest|schema|ledger|records|configs|sources|splits|copies|card|figures|croissant|removed)\.[a-z_0-9]+)"'
    )
    files = [*(PACKAGE / "verify").glob("*.py"), PACKAGE / "dataset/check.py"]
    used = {code for file in files if file.name != "hints.py" for code in pattern.findall(file.read_text())}
    assert used == set(HINTS)


def test_importing_the_package_imports_no_heavy_library():
    code = "import sys, corpus_vn_police; print(sorted({'polars', 'pyarrow', 'datasets', 'numpy', 'jsonschema', 'rich', 'typer'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_every_reason_of_the_code_is_in_the_documentation_and_the_other_way_round():
    pattern = re.compile(r'"((?:file|container|limit|json|encoding|header|text|id|quality)\.[a-z_0-9]+)"')
    files = [
        file
        for file in PACKAGE.rglob("*.py")
        if file.name not in ("config.py", "charts.py") and file.parent.name not in ("dataset", "verify")
    ]  # other codes
    used = {code for file in files for code in pattern.findall(file.read_text(encoding="utf-8"))}
    documented = set(
        re.findall(
            r"^\| `([a-z]+\.[a-z_0-9]+)` \|", (ROOT / "docs/reasons.md").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    assert used == documented

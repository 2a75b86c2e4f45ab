"""How the modules may lean on one another, and that importing is light."""

import ast
import re
import subprocess
import sys

import pytest
from conftest import ROOT

import corpus_vn_police as cvp
from corpus_vn_police.commands.verify.hints import HINTS

PACKAGE = ROOT / "corpus_vn_police"
RANKS = (
    ("errors", "version"),
    ("text", "files", "resources"),
    ("align", "paths", "syllables"),
    ("contract",),
    ("config",),
    ("stages",),
    ("engine",),
    ("dataset",),
    ("state",),
    ("dedup",),
    ("documents",),
    ("write",),
    ("commands",),
    ("cli",),
    ("__init__", "__main__"),
)
"""Every room: one imports from those above it in this list, and from itself."""

STAGES = ("normalise", "quality", "read", "split", "structure", "validate")
"""The rooms in `stages`: none imports from another one."""


def _room(module):
    """The room of a module, given by its names below the package; a stage is a room of its own."""
    return f"stages.{module[1]}" if module[0] == "stages" and module[1:] else module[0]


def _imports():
    """Who imports what: the file, its room, and the room that is imported."""
    for file in sorted(PACKAGE.rglob("*.py")):
        names = file.relative_to(PACKAGE).with_suffix("").parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            found = []
            if isinstance(node, ast.ImportFrom) and node.module:
                found = (
                    [node.module]
                    if node.module != "corpus_vn_police"
                    else [f"{node.module}.{each.name}" for each in node.names]
                )
            elif isinstance(node, ast.Import):
                found = [each.name for each in node.names]
            for module in found:
                if module.startswith("corpus_vn_police."):
                    yield "/".join(names), _room(names), _room(module.split(".")[1:])


def test_every_room_has_its_place_in_the_list():
    here = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert here == {room for rank in RANKS for room in rank}
    stages = {
        path.stem for path in (PACKAGE / "stages").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert stages == {*STAGES, "batch", "__init__"}


def test_a_room_imports_from_rooms_above_it_in_the_list():
    rank = {room: number for number, rooms in enumerate(RANKS) for room in rooms}
    wrong = []
    for file, here, there in _imports():
        (ours, stage), (theirs, other) = (room.partition(".")[::2] for room in (here, there))
        sibling = stage in STAGES and other in STAGES and stage != other
        if sibling or (ours != theirs and rank[ours] <= rank[theirs]):
            wrong.append(f"{file} imports {there}")
    assert wrong == []


def test_no_module_at_the_top_has_the_name_of_a_public_one():
    assert {path.stem for path in PACKAGE.iterdir()} & set(cvp.__all__) == set()


def test_a_type_checker_and_python_find_the_same_public_names():
    for name in cvp.__all__:
        assert getattr(cvp, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'biuld'"):
        cvp.biuld("a")


def test_a_type_checker_refuses_what_there_is_not(tmp_path):
    script = tmp_path / "slips.py"
    script.write_text('import corpus_vn_police as cvp\ncvp.biuld("a")\ncvp.verify(3)\ncvp.build("a", out="b").digest\n')
    told = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", script],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line.partition(": error: ")[2] for line in told.stdout.splitlines() if ": error: " in line]
    assert lines == [
        'Module has no attribute "biuld"; maybe "build"?  [attr-defined]',
        'Argument 1 to "verify" has incompatible type "int"; expected "str | PathLike[str]"  [arg-type]',
    ], told.stdout


def test_every_module_documents_itself():
    modules = [
        ".".join(("corpus_vn_police", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.stem != "__main__"
    ]
    code = "import pydoc, sys\nfor name in sys.argv[1:]: assert pydoc.render_doc(pydoc.locate(name), renderer=pydoc.plaintext), name"
    told = subprocess.run([sys.executable, "-c", code, *modules], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")


def test_no_module_and_no_function_is_longer_than_a_reader_can_hold():
    long = []
    for file in sorted(PACKAGE.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        name = file.relative_to(PACKAGE).as_posix()
        if (lines := len(text.splitlines())) > 350:
            long.append(f"{name}: {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and (lines := _length(node)) > 40:
                long.append(f"{name}: {node.name}: {lines} lines")
        if re.search(r"noqa: (PLR|C901)", text):
            long.append(f"{name}: noqa")
    assert long == []


def _length(function):
    """The lines of a function without its signature and its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_every_code_of_verify_has_a_hint_and_the_other_way_round():
    pattern = re.compile(
        r'"((?:file|manifest|schema|ledger|records|configs|sources|splits|copies|card|figures|croissant|removed)\.[a-z_0-9]+)"'
    )
    files = [*(PACKAGE / "commands/verify").glob("*.py"), PACKAGE / "dataset/check.py"]
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

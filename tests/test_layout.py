"""How the modules may lean on one another, and that importing is light."""

import ast
import re
import subprocess
import sys

import pytest
from support.builds import ROOT, SEEDS
from support.rooms import PACKAGE, RANKS, STAGES, description, imports

import corpus_vn_police as cvp


def test_every_room_has_its_place_in_the_list():
    here = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert here == {room for rank in RANKS for room in rank}
    stages = {
        path.stem for path in (PACKAGE / "stages").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert stages == {*STAGES, "batch", "counts", "__init__"}


def test_a_room_imports_from_rooms_above_it_in_the_list():
    rank = {room: number for number, rooms in enumerate(RANKS) for room in rooms}
    wrong = []
    for file, here, there in imports():
        (ours, stage), (theirs, other) = (room.partition(".")[::2] for room in (here, there))
        sibling = stage in STAGES and other in STAGES and stage != other
        if sibling or (ours != theirs and rank[ours] <= rank[theirs]):
            wrong.append(f"{file} imports {there}")
    assert wrong == []


def test_every_room_stands_in_the_tree_of_the_guide():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tree = guide.partition("corpus_vn_police/\n")[2].partition("```")[0]
    listed = {name.rstrip("/,") for line in tree.splitlines() for name in line[:25].split()}
    assert listed == {room for rank in RANKS[:-1] for room in rank}


def test_the_picture_shows_the_imports_of_this_code():
    picture = (ROOT / "docs/rooms.svg").read_text(encoding="utf-8")
    assert f"<dc:description>{description()}</dc:description>" in picture  # else: make rooms


def test_no_test_imports_from_another_test():
    found = {
        path.name: re.findall(
            r"^\s*(?:from|import) (?:tests[.])?test_\w+", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        for path in (ROOT / "tests").rglob("*.py")
    }
    assert {name: imports for name, imports in found.items() if imports} == {}


def test_no_two_classes_have_one_name():
    names = [
        node.name
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    assert [name for name in set(names) if names.count(name) > 1] == []


def test_no_module_at_the_top_has_the_name_of_a_public_one():
    assert {path.stem for path in PACKAGE.iterdir()} & set(cvp.__all__) == {"train"}  # which is that module


def test_a_type_checker_and_python_find_the_same_public_names():
    for name in cvp.__all__:
        assert getattr(cvp, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'biuld'"):
        cvp.biuld("a")


WHOLE_API = ROOT / "tests/support/whole_api.py"


def test_a_type_checker_knows_the_type_of_everything_and_refuses_the_rest(tmp_path):
    told = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", WHOLE_API],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.findall(r"whole_api[.]py:([0-9]+): error: .*\[([a-z-]+)\]$", told.stdout, re.MULTILINE)
    lines = WHOLE_API.read_text(encoding="utf-8").splitlines()
    marked = [(str(number), re.search("# refused: ([a-z-]+)$", line)) for number, line in enumerate(lines, 1)]
    assert found == [(number, mark[1]) for number, mark in marked if mark], told.stdout


def test_the_script_that_a_type_checker_reads_names_every_public_thing():
    text = WHOLE_API.read_text(encoding="utf-8")
    assert [name for name in cvp.__all__ if not re.search(rf"\bcvp[.]{name}\b", text)] == []


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


_HEAVY = {"polars", "pyarrow", "datasets", "numpy", "jsonschema"}


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import corpus_vn_police", _HEAVY | {"rich", "typer"}),
        ("from corpus_vn_police.cli.app import run; run(['--help'])", _HEAVY),
    ],
    ids=["import", "--help"],
)
def test_importing_the_package_and_its_help_import_no_heavy_library(code, heavy):
    code = f"import sys; {code}; print(); print(sorted({heavy} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[]"


_UNUSED = {"pandas.core", "matplotlib", "datasets", "fsspec", "urllib.request", "torch"}


@pytest.mark.parametrize(
    ("command", "unused"),
    [("build", _UNUSED), ("verify", _UNUSED | {"corpus_vn_police.stages.structure"})],
)
def test_a_command_imports_no_library_that_it_does_not_use(command, unused, tmp_path):
    out = str(tmp_path / "out")
    if command == "verify":
        cvp.build(SEEDS, out=out)
    arguments = {"build": ["build", str(SEEDS), "--out", out], "verify": ["verify", out]}[command]
    code = f"""
import sys
from corpus_vn_police.cli.app import run
assert not run({arguments})
print()
print(sorted({unused} & set(sys.modules)))
"""
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert told.stdout.splitlines()[-1] == "[]", told.stderr

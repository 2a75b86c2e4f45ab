"""Every command takes steps that grow as its input does, counted and never timed."""

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from steps import superlinear

import corpus_vn_police

METHODS = {"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
MODULES = {
    each.name: importlib.import_module(each.name)
    for each in pkgutil.walk_packages(corpus_vn_police.__path__, "corpus_vn_police.")
    if not each.name.endswith("__main__")
}


def _source(module):
    return ast.parse(Path(module.__file__).read_text(encoding="utf-8"))


def _held(module):
    """The patterns of a module by the name that they are used under: its own, in a table, or made by a function."""
    for name, value in vars(module).items():
        made = value() if getattr(value, "__annotations__", None) == {"return": "re.Pattern[str]"} else value
        for pattern in made.values() if isinstance(made, dict) else [made]:
            if isinstance(pattern, re.Pattern):
                yield name, pattern


def _used(module):
    """The names of patterns in a module, with the methods that are called of each."""
    for node in ast.walk(_source(module)):
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            under = node.value
            while isinstance(under, ast.Subscript | ast.Call):
                under = under.value if isinstance(under, ast.Subscript) else under.func
            if isinstance(under, ast.Name):
                yield under.id, node.attr


def _patterns():
    found = {}
    for name, module in MODULES.items():
        held = {}
        for own, pattern in _held(module):
            held.setdefault(own, []).append(pattern)
        for used, mode in _used(module):
            for number, pattern in enumerate(held.get(used, ())):
                found.setdefault((pattern, mode), f"{name.removeprefix('corpus_vn_police.')}.{used}.{mode}.{number}")
    return {where: key for key, where in found.items()}


PATTERNS = _patterns()


@pytest.mark.parametrize("where", PATTERNS)
def test_a_pattern_takes_steps_in_proportion_to_the_text(where):
    assert superlinear(*PATTERNS[where]) is None


def test_every_pattern_stands_where_it_is_counted():
    """At the head of a module, or in a function that is annotated to return one."""
    inline = [
        f"{name}:{node.lineno}"
        for name, module in MODULES.items()
        for node in ast.walk(_source(module))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in METHODS
    ]
    assert inline == []
    assert {pattern for module in MODULES.values() for _, pattern in _held(module)} == {
        pattern for pattern, _ in PATTERNS.values()
    }


@pytest.mark.parametrize(
    ("pattern", "mode"),
    [
        (r"(#{1,6})\s+(.*?)\s*#*\s*$", "fullmatch"),  # a heading with spaces hung the build
        (r"\s+\Z", "sub"),
        (r"(https?://[^\s?]+)\?\S+", "sub"),
        (r"(?:a|a)*b", "match"),
        (r"(?:\w+\s?)*:", "match"),
    ],
)
def test_a_pattern_that_backtracks_is_found(pattern, mode):
    assert superlinear(re.compile(pattern), mode) is not None

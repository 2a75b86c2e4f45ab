"""The rooms of the package, what they import from one another, and a picture of it: `make rooms`.

python tests/support/rooms.py docs/rooms.svg
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent.parent / "corpus_vn_police"

RANKS = (
    ("errors", "reasons", "version"),
    ("buffers", "files", "ids", "lazy", "periods", "resources", "text"),
    ("align", "lexicon", "paths", "results", "syllables"),
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
    ("train",),
    ("cli",),
    ("__init__", "__main__"),
)
"""Every room: one imports from those above it in this list, and from itself."""

BASE = 3
"""So many of the first ranks are known to all."""

# Where a room is drawn, from left to right, so that no arrow crosses a box.
_COLUMNS = {
    "contract": 0, "config": 0, "stages": 0, "engine": 4.1, "dataset": 0, "state": 1, "dedup": 2, "documents": -1.5,
    "write": 0, "commands": 1, "train": 3, "cli": 0, "__init__": 2, "__main__": 0,
}  # fmt: skip

STAGES = ("annotate", "normalise", "quality", "read", "split", "structure", "validate")
"""The rooms in `stages`: none imports from another one."""


def room_of(module: tuple[str, ...]) -> str:
    """The room of a module, given by its names below the package; a stage is a room of its own."""
    return f"stages.{module[1]}" if module[0] == "stages" and module[1:] else module[0]


def imports() -> Iterator[tuple[str, str, str]]:
    """Every import of one room by another: the file, its room, and the room that it imports from."""
    for file in sorted(PACKAGE.rglob("*.py")):
        names = file.relative_to(PACKAGE).with_suffix("").parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for module in _imported(node):
                here, there = room_of(names), room_of(tuple(module.split(".")[1:]))
                if here != there:
                    yield "/".join(names), here, there


def _imported(node: ast.AST) -> list[str]:
    """The modules of the package that a statement imports."""
    found = []
    if isinstance(node, ast.ImportFrom) and node.module:
        inside = [f"{node.module}.{each.name}" for each in node.names]
        found = inside if node.module == "corpus_vn_police" else [node.module]
    elif isinstance(node, ast.Import):
        found = [each.name for each in node.names]
    return [module for module in found if module.startswith("corpus_vn_police.")]


def drawn_imports() -> list[tuple[str, str]]:
    """What the picture shows: imports between rooms, without those that follow from two others.

    The rooms that are known to all are left out: an arrow from every room would say nothing.
    """
    rooms = [room for rank in RANKS[BASE:] for room in rank]
    pairs = {(here.partition(".")[0], there.partition(".")[0]) for _, here, there in imports()}
    pairs = {(here, there) for here, there in pairs if here != there and {here, there} <= set(rooms)}
    implied = {(a, c) for a, b in pairs for b2, c in pairs if b == b2 and (a, c) in pairs}
    return sorted(pairs - implied, key=lambda pair: tuple(map(rooms.index, pair)))


def description() -> str:
    """The picture in words, which stand in the file as its description."""
    return "; ".join(f"{here} imports {there}" for here, there in drawn_imports())


def draw(path: Path) -> None:
    """Draw the rooms, those that import the least on top."""
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams.update({"svg.hashsalt": "rooms", "svg.fonttype": "none", "font.family": "sans-serif"})
    figure = Figure(figsize=(7.5, 0.62 * len(RANKS)), layout="constrained")
    axes = figure.subplots()
    ranks = RANKS[BASE:]
    centre = {room: (_COLUMNS[room] * 1.3, -row - 0.6) for row, rank in enumerate(ranks) for room in rank}
    base = "known to all: " + ", ".join(room for rank in RANKS[:BASE] for room in rank)
    axes.text(1.6, 0.3, base, ha="center", va="center", fontsize=9, color="#57606a", wrap=True)
    for here, there in drawn_imports():
        arrow = {"arrowstyle": "-|>", "color": "#8c959f", "shrinkA": 17, "shrinkB": 17, "linewidth": 0.9}
        axes.annotate("", xy=centre[there], xytext=centre[here], arrowprops=arrow)
    for room, (x, y) in centre.items():
        box = {"boxstyle": "round,pad=0.35", "facecolor": "#ddf4ff", "edgecolor": "#0969da", "linewidth": 0.8}
        axes.text(x, y, room, ha="center", va="center", fontsize=10, bbox=box)
    axes.set_xlim(-3, 6.2)
    axes.set_ylim(-len(ranks) - 0.1, 0.6)
    axes.axis("off")
    figure.savefig(path, format="svg", metadata={"Date": None, "Title": "Rooms", "Description": description()})


if __name__ == "__main__":
    draw(Path(sys.argv[1]))

"""The plots of the benchmarks' results, legible on a screen of 390 pixels."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import matplotlib as mpl
from jobs import OURS
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from ratios import median

# Colours that people tell apart whatever colours they see, after Okabe and Ito (2008).
_OURS, _OTHER, _FAINT = "#0072b2", "#b35900", "#d0d7de"
_STYLE: Any = {
    "svg.hashsalt": "corpus-vn-police",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "grid.color": _FAINT,
    "axes.axisbelow": True,
}
_WIDTH = 4.6  # inches: at 390 pixels the letters are 10 pixels high
# Also told apart by their marks: a line for each step of `scale.py`.
_LINES = (
    *(("#0072b2", "o"), ("#b35900", "s"), ("#007a5a", "^"), ("#9b4f96", "D")),
    *(("#56b4e9", "v"), ("#e69f00", "P"), ("#6e7781", "X")),
)
BOUND = 0.6 * 2**30 / 1e6
"""The peak memory in MB that is wanted at most."""
_SHOWN = ("floor", "spine", "near")
_HEADS = {"floor": None, "spine": "spine", "near": "with near-dedup"}


def _rows(results: dict[str, Any]) -> list[tuple[str, dict[str, Any] | None]]:
    """Labels from top to bottom, and their jobs; a heading has none."""
    rows: list[tuple[str, dict[str, Any] | None]] = []
    for work in _SHOWN:
        jobs = [job for job in results["jobs"] if job["work"] == work]
        if _HEADS[work] and jobs:
            rows.append((_HEADS[work] or "", None))
        rows += [(job["tool"], job) for job in jobs]
    return rows


def _panel(axes: Axes, rows: list[tuple[str, dict[str, Any] | None]], figure: str, title: str, scale: str) -> None:
    axes.set_title(title)
    axes.set_xscale(scale)
    for place, (_, job) in enumerate(rows):
        if job is None:
            continue
        values = [run[figure] for run in job["runs"]]
        middle, colour = median(values), _OURS if job["tool"] == OURS else _OTHER
        axes.plot(values, [place] * len(values), "o", color=colour, alpha=0.35, markersize=4, markeredgewidth=0)
        axes.plot([middle], [place], "|", color=colour, markersize=11, markeredgewidth=2.5)
        shown = f"{middle:,.0f}" if middle >= 100 else f"{middle:.1f}"
        axes.annotate(shown, (max(values), place), xytext=(6, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(rows)), [label for label, _ in rows])
    for tick, (_, job) in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_fontweight("bold" if job is None else "normal")
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    # From a power of ten or from nothing, with room for the last number.
    low, high = axes.get_xlim()
    axes.set_xlim((10 ** math.floor(math.log10(low)), high * 3) if scale == "log" else (0, high * 1.15))
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.grid(axis="x", which="major")


def comparison(results: dict[str, Any]) -> Figure:
    """Wall time and peak memory of the jobs that other tools do too: each run a dot, the median a stroke."""
    rows = _rows(results)
    with mpl.rc_context(_STYLE):
        drawn = Figure(figsize=(_WIDTH, 0.9 + 0.5 * len(rows)), layout="constrained")
        wall, memory = drawn.subplots(2, 1)
        _panel(wall, rows, "wall", "Wall time, seconds (log scale)", "log")
        _panel(memory, rows, "memory", "Peak memory of all processes, MB", "linear")
    return drawn


def scale(results: dict[str, Any]) -> Figure:
    """Peak memory of each command against the number of rows, and the bound that is wanted."""
    cases = [case for case in results["cases"] if case["case"].startswith("rows-")]
    counts = [case["seeds"] for case in cases]
    with mpl.rc_context(_STYLE):
        drawn = Figure(figsize=(_WIDTH, 4.2), layout="constrained")
        axes = drawn.subplots()
        axes.set_title("Peak memory of all processes, MB")
        axes.set_xscale("log")
        shown = [step for step in cases[0]["steps"] if step != "from nothing"]  # a build like the first
        for step, (colour, marker) in zip(shown, _LINES, strict=True):
            peaks = [case["steps"][step]["memory"] for case in cases]
            axes.plot(counts, peaks, color=colour, marker=marker, markersize=5, label=step)
        axes.axhline(BOUND, color="#1f2328", linestyle="--", linewidth=1, label="wanted: 0.6 GiB at most")
        axes.set_ylim(0)
        axes.set_xlim(min(counts) / 1.5, max(counts) * 1.5)
        axes.set_xticks(counts, [f"{count:,}" for count in counts])
        axes.minorticks_off()
        axes.set_xlabel("rows of 60 syllables (log scale)")
        axes.grid(axis="y")
        drawn.legend(loc="outside lower left", ncols=3, frameon=False, fontsize=8.5)
    return drawn


def save(drawn: Figure, path: Path, kinds: tuple[str, ...]) -> None:
    """Write a figure as PATH.svg or PATH.png, with the same bytes each time."""
    with mpl.rc_context(_STYLE):
        for kind in kinds:
            about = {"Date": None, "Creator": None} if kind == "svg" else None
            drawn.savefig(path.with_suffix(f".{kind}"), format=kind, dpi=150, metadata=about)

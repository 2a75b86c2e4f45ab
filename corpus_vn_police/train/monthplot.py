"""Draw perplexity by month; the same input gives the same bytes."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from corpus_vn_police.documents.pictures import can_draw, drawing
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.errors import ConfigError, ExtraError, InputError
from corpus_vn_police.files import StrPath, write_whole
from corpus_vn_police.paths import output_path
from corpus_vn_police.text import counted
from corpus_vn_police.train.months import Perplexity

_KINDS = ("png", "svg")
_MOST = 9  # the most names of months on the axis
_TITLE = "Perplexity by month, with 95 % intervals"


@machine_failures()
def plot_by_month(result: Perplexity, out: StrPath, *, labels: tuple[str, str] = ("model", "against")) -> str:
    """Draw perplexity by month with its intervals, for both models if two were compared, and the documents below.

    The distance between months shows the time between them. Documents without a month, and months without a perplexity,
    are not drawn; the description gives their number. The same result and matplotlib give the same bytes.

    Args:
        result: what `perplexity_by_month` returned.
        out: the file, `.png` or `.svg`, replaced if it exists.
        labels: the names of the model and of the one that it was compared with.

    Returns:
        A description of the picture for people who cannot see it. An SVG also contains it.

    Raises:
        ConfigError: the name of the file has another ending, or `labels` is not two names.
        ExtraError: matplotlib is not installed.
        InputError: there is no month with a perplexity.
        DiskError: the file cannot be written.
    """
    kind = Path(os.fspath(out)).suffix.lstrip(".").lower()
    if kind not in _KINDS:
        raise ConfigError(
            f"out = {os.fspath(out)!r} does not end in .png or .svg", "give a name that ends in .png or .svg"
        )
    target = output_path(out, "out").path
    if not can_draw():
        raise ExtraError.of("train.plot_by_month", "matplotlib", "figures")
    rows = result.months.filter(pl.col("month").is_not_null() & pl.col("perplexity").is_not_null())
    if not len(rows):
        raise InputError("there is no month to draw", "evaluate on records whose dates have a month")
    if not isinstance(labels, tuple | list) or len(labels) != 2:
        raise ConfigError(f"labels = {labels!r} is not two names", "give a pair, also for one model")
    said = _words(rows, result.months, labels)
    write_whole(target, _drawn(rows, kind, said, labels))
    return said


def _drawn(rows: pl.DataFrame, kind: str, said: str, labels: tuple[str, str]) -> bytes:
    from matplotlib.figure import Figure

    compared = "ratio" in rows.columns
    heights = (3, 1.6, 1.2) if compared else (3, 1.2)
    with drawing() as colours:
        figure = Figure(figsize=(7.2, 1.2 * sum(heights)), layout="constrained")
        panels = figure.subplots(len(heights), sharex=True, height_ratios=heights)
        months = rows["month"].str.slice(0, 4).cast(int) * 12 + rows["month"].str.slice(5).cast(int) - 1
        _draw_models(panels[0], months.to_numpy(), rows, labels, colours)
        if compared:
            _draw_ratio(panels[1], months.to_numpy(), rows, labels, colours)
        panels[-1].bar(months, rows["documents"], width=0.7, color=colours["third"])
        panels[-1].set_ylabel("documents")
        _name_months(panels[-1], months.to_list())
        for panel in panels:
            panel.grid(axis="y")
        figure.align_ylabels()
        file = io.BytesIO()
        about = {"Date": None, "Title": _TITLE, "Description": said} if kind == "svg" else {"Software": None}
        figure.savefig(file, format=kind, dpi=150, metadata=about)
    return file.getvalue()


def _draw_models(axes: Any, months: Any, rows: pl.DataFrame, labels: tuple[str, str], colours: dict[str, str]) -> None:
    """Draw the perplexity of each model."""
    kinds = (("", "first", "o"), ("against_", "second", "s"))
    for (before, role, marker), label in zip(kinds, labels, strict=True):
        if f"{before}perplexity" in rows:
            values = [rows[f"{before}{name}"].to_numpy() for name in ("perplexity", "low", "high")]
            _line(axes, months, *values, color=colours[role], marker=marker, label=label)
    axes.set_title(_TITLE)
    axes.set_ylabel("perplexity")
    if "ratio" in rows:
        axes.legend(frameon=False, loc="best", ncols=2)


def _draw_ratio(axes: Any, months: Any, rows: pl.DataFrame, labels: tuple[str, str], colours: dict[str, str]) -> None:
    """Draw the ratio of the two, and the line at which they are equal."""
    values = [rows[name].to_numpy() for name in ("ratio", "ratio_low", "ratio_high")]
    axes.axhline(1, color=colours["ink"], linewidth=0.8)
    _line(axes, months, *values, color=colours["ink"], marker="D", label=None)
    axes.set_ylabel(f"{labels[0]} /\n{labels[1]}")


def _line(axes: Any, months: Any, values: Any, low: Any, high: Any, *, color: str, marker: str, label: Any) -> None:
    """Draw values with a band, interrupted if months are missing; a month without neighbours gets a bar instead."""
    every = np.arange(months[0], months[-1] + 1)
    spread = np.full((3, len(every)), np.nan)
    spread[:, months - months[0]] = values, low, high
    axes.fill_between(every, spread[1], spread[2], color=color, alpha=0.2, linewidth=0)
    known = np.pad(np.isfinite(spread[1]), 1)
    axes.vlines(*(each[known[1:-1] & ~known[:-2] & ~known[2:]] for each in (every, *spread[1:])), color=color)
    axes.plot(every, spread[0], color=color, marker=marker, markersize=4, label=label)


def _name_months(axes: Any, months: list[int]) -> None:
    """Write the names of some months below the axis, with Januaries first if there are many months."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    spans = months[-1] - months[0] + 1
    least = -(-spans // _MOST)
    step = next((each for each in (1, 2, 3, 6) if each >= least), -(-least // 12) * 12)
    places = [month for month in range(months[0], months[-1] + 1) if month % step == 0]
    axes.set_xticks(places, [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in places])
    axes.set_xlim(months[0] - 0.7, months[-1] + 0.7)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{int(value):,}"))


def _words(rows: pl.DataFrame, months: pl.DataFrame, labels: tuple[str, str]) -> str:
    """Describe what is drawn, and what is left out, in words."""
    first, last = rows.row(0, named=True), rows.row(-1, named=True)

    def spoken(label: str, name: str) -> str:
        later = f" and {last[name]:.3g} in {last['month']}" if len(rows) > 1 else ""
        return f"{label} {first[name]:.3g} in {first['month']}{later}"

    said = [spoken(labels[0], "perplexity")]
    if "ratio" in rows:
        said += [spoken(labels[1], "against_perplexity"), spoken("their ratio", "ratio")]
    undated = months.filter(pl.col("month").is_null())["documents"].sum()
    silent = months["month"].drop_nulls().len() - len(rows)
    left_out = [
        *([f"{counted(int(undated), 'document')} without a month"] if undated else []),
        *([f"{counted(silent, 'month')} without a perplexity"] if silent else []),
    ]
    rest = f" Not shown: {', '.join(left_out)}." if left_out else ""
    return f"Lines with bands, perplexity of {counted(len(rows), 'month')}: {'; '.join(said)}. Bars: documents.{rest}"

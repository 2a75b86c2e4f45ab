"""Perplexity by month as a picture, with the same bytes each time."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.errors import ConfigError, ExtraError, InputError
from corpus_vn_police.files import StrPath
from corpus_vn_police.paths import output_path
from corpus_vn_police.train.months import Perplexity

# The colours and the style of the pictures of a build (documents/pictures.py), on a light ground.
_INK, _FAINT, _FIRST, _SECOND = "#1f2328", "#d0d7de", "#0072b2", "#b35900"
_STYLE: Any = {
    "svg.hashsalt": "corpus-vn-police", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 11,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left", "axes.titlesize": 12,
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), _INK),
    "grid.color": _FAINT, "axes.axisbelow": True, "savefig.dpi": 150,
}  # fmt: skip
_KINDS = ("png", "svg")
_LABELS = 10  # that stand beside one another


@machine_failures()
def plot_by_month(result: Perplexity, out: StrPath, *, labels: tuple[str, str] = ("model", "against")) -> str:
    """Draw perplexity by month with its intervals, of both models if two were compared, and the documents below.

    Months stand as far apart as they are in time. Documents without a month are not drawn; the picture says how many
    there are. The same result and matplotlib give the same bytes.

    Args:
        result: what `perplexity_by_month` returned.
        out: the file, `.png` or `.svg`, written whole or not at all.
        labels: what the model and the one that it was compared with are called.

    Returns:
        What the picture shows, in words, for people who cannot see it. An SVG also has it as its description.

    Raises:
        ConfigError: the name of the file has another ending.
        ExtraError: matplotlib is not installed.
        InputError: there is no month with a perplexity.
        DiskError: the file cannot be written.
    """
    kind = Path(os.fspath(out)).suffix.lstrip(".").lower()
    if kind not in _KINDS:
        raise ConfigError(f"out = {os.fspath(out)!r} does not end in .png or .svg", "give such a name")
    target = output_path(out, "out").path
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ExtraError.of("train.plot_by_month", "matplotlib", "figures") from error
    rows = result.months.filter(pl.col("month").is_not_null() & pl.col("perplexity").is_not_null())
    if not len(rows):
        raise InputError("there is no month to draw", "evaluate on records whose dates have a month")
    said = _words(rows, result, labels)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever a matplotlibrc says
        matplotlib.rcParams.update(_STYLE)
        figure = Figure(figsize=(7.2, 4.4), layout="constrained")
        above, below = figure.subplots(2, sharex=True, height_ratios=(3, 1))
        _draw_perplexity(above, rows, labels)
        _draw_documents(below, rows, len(result.months) > result.months["month"].null_count(), result)
        metadata = {"Date": None, "Title": _TITLE, "Description": said} if kind == "svg" else {"Software": None}
        _write(figure, target, kind, metadata)
    return said


_TITLE = "Perplexity by month, with 95 % intervals"

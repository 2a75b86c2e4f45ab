"""Figures -> SVG pictures, one for light pages and one for dark pages, with the same bytes each time."""

from __future__ import annotations

import contextlib
import functools
import html
import importlib.util
import io
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from typing import Any

from corpus_vn_police.dataset.figures import Figures
from corpus_vn_police.dataset.layout import FIGURES
from corpus_vn_police.documents.document import Comparison, Document, whole
from corpus_vn_police.documents.facts import Facts

# Colours that people tell apart whatever colours they see, after Okabe and Ito (2008), with 3:1 against
# their ground; what is drawn is also said in words, so that no colour stands alone.
_LIGHT = {"ground": "#ffffff", "ink": "#1f2328", "faint": "#d0d7de", "first": "#0072b2", "second": "#b35900",
          "third": "#007a5a"}  # fmt: skip
_DARK = {"ground": "#0d1117", "ink": "#e6edf3", "faint": "#3d444d", "first": "#56b4e9", "second": "#e69f00",
         "third": "#2fbf94"}  # fmt: skip
_STYLE: Any = {
    "svg.hashsalt": "corpus-vn-police", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 11,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left", "axes.titlesize": 12,
    "axes.facecolor": _LIGHT["ground"], "figure.facecolor": _LIGHT["ground"], "savefig.facecolor": _LIGHT["ground"],
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), _LIGHT["ink"]),
    "grid.color": _LIGHT["faint"], "axes.axisbelow": True,
}  # fmt: skip
_WIDTH, _HEIGHT = 7.2, 2.7  # inches at 72 units


@dataclass(frozen=True)
class PlannedChart:
    """A picture to be drawn.

    Attributes:
        name, title, alt: as of the `Chart`.
        kind: how it is drawn.
        bars: label and height of each, or row, first date, last date and label of the time that it spans.
    """

    name: str
    title: str
    alt: str
    kind: str
    bars: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Chart:
    """A picture of some figures.

    Attributes:
        name: what its files are called.
        title: what it shows, in a few words.
        alt: what it shows, for people who cannot see it; also in the files, as their description.
        light: SVG for a light page, UTF-8.
        dark: the same for a dark one.
    """

    name: str
    title: str
    alt: str
    light: bytes
    dark: bytes

    @property
    def files(self) -> dict[str, bytes]:
        """Its files by their path below the build."""
        return dict(zip(_names(self.name), (self.light, self.dark), strict=True))


def can_draw() -> bool:
    """Whether matplotlib, the extra `figures`, is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def plan_charts(figures: Figures) -> tuple[PlannedChart, ...]:
    """What can be drawn of a build's figures.

    Returns:
        Records per month, lengths, ledger and splits; without months (every record is undated, or says no more
        than its year) not the first, without dates not the last.
    """
    plans = [_months(figures), _lengths(figures), _ledger(figures), _splits(figures)]
    return tuple(plan for plan in plans if plan)


def draw_charts(figures: Figures) -> tuple[Chart, ...]:
    """Draw what `plan_charts` plans; empty without matplotlib."""
    return tuple(map(_draw, plan_charts(figures))) if can_draw() else ()


class Pictures(Document):
    """figures/: two files a picture, one for light pages and one for dark."""

    name = FIGURES
    code = "figures"

    def files(self, facts: Facts) -> tuple[str, ...]:
        """The files of what can be drawn of the figures; none if the build has no pictures."""
        return tuple(self._plans(facts)) if facts.pictures else ()

    def render(self, facts: Facts, file: str) -> Iterator[bytes]:
        """A picture; matplotlib must be installed."""
        yield _draw(self._plans(facts)[file]).files[file]

    def differences(self, stream: BufferedReader, facts: Facts, file: str) -> Comparison:
        """Where a picture does not agree with the figures.

        Its words are always compared. The drawing is compared only if the matplotlib that drew it is installed here.
        """
        plan, svg = self._plans(facts)[file], whole(stream)
        if f"<dc:description>{html.escape(plan.alt, quote=False)}</dc:description>".encode() not in svg:
            return Comparison((f"does not say: {plan.alt}",))
        if not _drawn_by_ours(svg):
            return Comparison(unchecked=_WORDS_ALONE)
        same = _same_drawing(_draw(plan).files[file], svg)
        return Comparison(() if same else ("is not the picture of these figures",))

    @staticmethod
    def _plans(facts: Facts) -> dict[str, PlannedChart]:
        """What each file shows."""
        return {file: plan for plan in plan_charts(facts.figures) for file in _names(plan.name)}


_WORDS_ALONE = "the matplotlib that drew it is not installed, so its words alone were compared"


def _names(name: str) -> tuple[str, str]:
    return f"{FIGURES}/{name}.svg", f"{FIGURES}/{name}-dark.svg"


def _drawn_by_ours(svg: bytes) -> bool:
    if not can_draw():
        return False
    import matplotlib

    return f"Matplotlib v{matplotlib.__version__}, ".encode() in svg


# Numbers, and the names that matplotlib makes from the numbers of what it names: another processor may round the
# last digit differently.
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?")
_MADE_NAME = re.compile(rb'(?<=["#])[mp][0-9a-f]{10}(?=[")])')
_APART = 0.05  # points


def _same_drawing(left: bytes, right: bytes) -> bool:
    if left == right:
        return True
    left, right = _MADE_NAME.sub(b"", left), _MADE_NAME.sub(b"", right)
    if _NUMBER.sub(b"", left) != _NUMBER.sub(b"", right):
        return False
    pairs = zip(_NUMBER.findall(left), _NUMBER.findall(right), strict=True)
    return all(abs(float(one) - float(other)) <= _APART for one, other in pairs)


def _months(figures: Figures) -> PlannedChart | None:
    if not figures.months:
        return None
    first, last = min(figures.months), max(figures.months)
    spans = _number(last) - _number(first)
    unit, width = next((unit, width) for unit, width in _UNITS.items() if spans < width * _BARS or width == _LONGEST)
    counts: dict[int, int] = {}
    for month, count in figures.months.items():
        counts[_number(month) // width] = counts.get(_number(month) // width, 0) + count
    bars = [(_label(place, width), counts.get(place, 0)) for place in range(min(counts), max(counts) + 1)]
    most, highest = max(bars, key=lambda bar: bar[1])
    counted = sum(counts.values())
    alt = f"Bars, one a {unit} from {first} to {last}: {_records(counted)}, the most in {most} ({highest:,})."
    rest = figures.records - counted
    without = f" {_records(rest)} without a month {'is' if rest == 1 else 'are'} not shown." if rest else ""
    return PlannedChart("months", f"Records per {unit}", alt + without, "columns", tuple(bars))


_BARS = 240  # what an axis of this width can show; a header may name the year 1
_LONGEST = 1200
_UNITS = {"month": 1, "year": 12, "decade": 120, "century": _LONGEST}


def _label(place: int, width: int) -> str:
    return _month(place) if width == 1 else f"{place * width // 12:04d}"


def _lengths(figures: Figures) -> PlannedChart:
    low, high = figures.lengths["shortest"], figures.lengths["longest"]
    alt = (
        f"Bars of how many records have how many syllables: {low:,} to {high:,}, "
        f"half of them {figures.lengths['lower_quartile']:,g} to {figures.lengths['upper_quartile']:,g}, "
        f"in the median {figures.lengths['median']:,g}. The last bar has no upper end."
    )
    return PlannedChart("lengths", "Records by length in syllables", alt, "histogram", tuple(figures.histogram.items()))


def _ledger(figures: Figures) -> PlannedChart:
    bars = [(status, count) for status, count in figures.status.items() if count and status != "rejected"]
    bars += [(f"rejected: {reason}", count) for reason, count in list(figures.reasons.items())[:_REASONS]]
    others = sum(list(figures.reasons.values())[_REASONS:])
    bars += [("rejected: other reasons", others)] if others else []
    said = ", ".join(f"{label} {count:,}" for label, count in bars)
    return PlannedChart(
        "ledger", "Seeds by what became of them", f"Bars of {figures.seeds:,} seeds: {said}.", "rows", (*bars,)
    )


_REASONS = 10  # the ledger's other reasons share a bar


def _splits(figures: Figures) -> PlannedChart | None:
    spans = tuple((each.split, each.first, each.last, _records(each.records)) for each in figures.splits if each.first)
    if not spans:
        return None
    said = "; ".join(f"{split} from {first} to {last}, {records}" for split, first, last, records in spans)
    return PlannedChart("splits", "The time that each split spans", f"A bar a split: {said}.", "spans", spans)


def _records(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def _month(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


_DRAWING = threading.Lock()  # the settings of matplotlib are those of the whole process


@contextlib.contextmanager
def drawing() -> Iterator[dict[str, str]]:
    """While a picture is drawn: matplotlib has the style of this package. Gives the colours of a light page by role."""
    import matplotlib

    with _DRAWING, matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever a matplotlibrc says
        matplotlib.rcParams.update(_STYLE)
        yield dict(_LIGHT)


@functools.lru_cache(maxsize=64)
def _draw(plan: PlannedChart) -> Chart:
    from matplotlib.figure import Figure

    with drawing():
        height = _HEIGHT if plan.kind in ("columns", "histogram") else 0.8 + 0.32 * len(plan.bars)
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        axes = figure.subplots()
        _KINDS[plan.kind](axes, plan.bars)
        axes.set_title(plan.title)
        drawn = io.StringIO()
        described = {"Date": None, "Title": plan.title, "Description": plan.alt}
        figure.savefig(drawn, format="svg", metadata=described)
    light = drawn.getvalue()
    dark = light
    for role, colour in _LIGHT.items():
        dark = dark.replace(colour, _DARK[role])
    return Chart(plan.name, plan.title, plan.alt, light.encode(), dark.encode())


def _columns(axes: Any, bars: tuple[tuple[Any, ...], ...]) -> None:
    axes.bar(range(len(bars)), [count for _, count in bars], width=0.8, color=_LIGHT["first"])
    least = -(-len(bars) // 8)
    step = next((each for each in (1, 2, 3, 6) if each >= least), -(-least // 12) * 12)
    start = next((place for place, (label, _) in enumerate(bars) if label.endswith("-01")), 0) % step
    places = range(start, len(bars), step)
    axes.set_xticks(places, [bars[place][0] for place in places])
    _count_axis(axes)


def _histogram(axes: Any, bars: tuple[tuple[Any, ...], ...]) -> None:
    axes.bar(range(len(bars)), [count for _, count in bars], width=0.9, align="edge", color=_LIGHT["first"])
    step = -(-len(bars) // 8)
    places = range(0, len(bars), step)
    axes.set_xticks(places, [f"{bars[place][0]:,}" for place in places])
    axes.set_xlabel("syllables")
    _count_axis(axes)


def _count_axis(axes: Any) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{int(value):,}"))
    axes.set_ylabel("records")
    axes.grid(axis="y")


def _rows(axes: Any, bars: tuple[tuple[Any, ...], ...]) -> None:
    colours = {"published": "first", "removed": "ink"}
    held = [_LIGHT[colours.get(label, "second" if label.startswith("rejected") else "third")] for label, _ in bars]
    drawn = axes.barh([label for label, _ in bars], [count for _, count in bars], color=held)
    axes.bar_label(drawn, [f"{count:,}" for _, count in bars], padding=4)
    axes.margins(x=0.12)
    _bare(axes)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)


def _spans(axes: Any, bars: tuple[tuple[Any, ...], ...]) -> None:
    names = {"train": "first", "validation": "second", "test": "third"}
    for split, first, last, label in bars:
        start, end = _years(first)[0], _years(last)[1]
        axes.barh([split], [end - start], left=[start], color=_LIGHT[names[split]])
        axes.annotate(label, (end, split), xytext=(5, 0), textcoords="offset points", va="center")
    axes.margins(x=0.16)
    axes.xaxis.get_major_locator().set_params(integer=True, nbins=7)
    axes.ticklabel_format(axis="x", useOffset=False, style="plain")
    axes.grid(axis="x")
    _bare(axes)


def _bare(axes: Any) -> None:
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _years(date: str) -> tuple[float, float]:
    """Where a date begins and ends, in years; a day is a month here."""
    if len(date) == 4:
        return float(date), float(date) + 1
    start = _number(date[:7]) / 12
    return start, start + 1 / 12


_KINDS: dict[str, Callable[[Any, tuple[tuple[Any, ...], ...]], None]] = {
    "columns": _columns,
    "histogram": _histogram,
    "rows": _rows,
    "spans": _spans,
}

"""Draw figures as SVG pictures, one for light and one for dark pages, with the same bytes each time."""

from __future__ import annotations

import contextlib
import functools
import html
import importlib.util
import io
import re
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from typing import Any

from corpus_vn_police.dataset.figures import Figures
from corpus_vn_police.dataset.layout import FIGURES
from corpus_vn_police.documents.charts import PlannedChart, plan_charts
from corpus_vn_police.documents.document import Comparison, Document, whole
from corpus_vn_police.documents.facts import Facts

# Colours that colour-blind people can tell apart too, after Okabe and Ito (2008), with a contrast of at least 3:1 to
# the background. A label says in words what each colour shows.
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
# Sizes in inches of 72 points. A phone shows a picture 350 px wide, which is 4.8 inches at 72 px, so letters of 11
# points are 11 px high there. A wider page shows the picture 461 px wide, with letters as large as those of its text.
_WIDTH = 4.8
_HEIGHT = 2.6  # the height of a picture of columns
_ROW = 0.42  # the height of a label with its bar
_TITLE, _AXIS, _LINE = 0.32, 0.3, 0.2  # the heights of a title, of an axis, and of a line of the note
_LETTERS = 55  # how many letters fit into the width
_LEFT = 0.01  # where title and note begin, as a share of the width


@dataclass(frozen=True)
class Chart:
    """A picture of some figures.

    Attributes:
        name: the name of its files, without their ending.
        title: what it shows, in a few words.
        alt: a description for people who cannot see it; the files have it as their description, too.
        light: the SVG for a light page, in UTF-8.
        dark: the same for a dark page.
    """

    name: str
    title: str
    alt: str
    light: bytes
    dark: bytes

    @property
    def files(self) -> dict[str, bytes]:
        """The content of its two files, by their path inside the build."""
        return dict(zip(_names(self.name), (self.light, self.dark), strict=True))


def can_draw() -> bool:
    """True if matplotlib is installed, which the extra `figures` does."""
    return importlib.util.find_spec("matplotlib") is not None


def draw_charts(figures: Figures) -> tuple[Chart, ...]:
    """Draw the pictures that `plan_charts` plans; without matplotlib, none."""
    return tuple(map(_draw, plan_charts(figures))) if can_draw() else ()


class Pictures(Document):
    """figures/: two files for each picture, one for light and one for dark pages."""

    name = FIGURES
    code = "figures"

    def files(self, facts: Facts) -> tuple[str, ...]:
        """The files of the pictures that the figures allow; none if the build has no pictures."""
        return tuple(self._plans(facts)) if facts.pictures else ()

    def render(self, facts: Facts, file: str) -> Iterator[bytes]:
        """Draw one file; matplotlib must be installed."""
        yield _draw(self._plans(facts)[file]).files[file]

    def differences(self, stream: BufferedReader, facts: Facts, file: str) -> Comparison:
        """Compare a picture with the figures.

        Its description is always compared. The drawing is compared only if the same version of matplotlib is installed
        here as the one that drew it.
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
        """The plan of the picture in each file."""
        return {file: plan for plan in plan_charts(facts.figures) for file in _names(plan.name)}


_WORDS_ALONE = "the version of matplotlib that drew it is not installed, so only its description was compared"


def _names(name: str) -> tuple[str, str]:
    return f"{FIGURES}/{name}.svg", f"{FIGURES}/{name}-dark.svg"


def _drawn_by_ours(svg: bytes) -> bool:
    if not can_draw():
        return False
    import matplotlib

    return f"Matplotlib v{matplotlib.__version__}, ".encode() in svg


# Numbers, and names that matplotlib computes from numbers. Another processor may round the last digit differently,
# which also changes such a name.
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?")
_MADE_NAME = re.compile(rb'(?<=["#])[mp][0-9a-f]{10}(?=[")])')
_APART = 0.05  # how far apart two numbers may be, in points


def _same_drawing(left: bytes, right: bytes) -> bool:
    if left == right:
        return True
    left, right = _MADE_NAME.sub(b"", left), _MADE_NAME.sub(b"", right)
    if _NUMBER.sub(b"", left) != _NUMBER.sub(b"", right):
        return False
    pairs = zip(_NUMBER.findall(left), _NUMBER.findall(right), strict=True)
    return all(abs(float(one) - float(other)) <= _APART for one, other in pairs)


_DRAWING = threading.Lock()  # because the settings of matplotlib hold for the whole process


@contextlib.contextmanager
def drawing() -> Iterator[dict[str, str]]:
    """Give matplotlib the style of this package inside the `with` block; yields the colours of a light page by role."""
    import matplotlib

    with _DRAWING, matplotlib.rc_context():
        matplotlib.rcdefaults()  # undoes the settings of a matplotlibrc file
        matplotlib.rcParams.update(_STYLE)
        yield dict(_LIGHT)


@functools.lru_cache(maxsize=64)
def _draw(plan: PlannedChart) -> Chart:
    from matplotlib.figure import Figure

    with drawing():
        note = textwrap.fill(plan.note, _LETTERS)
        height = _TITLE + _ROW * len(plan.rows) + _AXIS * bool(plan.ticks) if plan.rows else _HEIGHT
        height += _LINE * len(note.splitlines())
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        (_rows if plan.rows else _columns)(figure.subplots(), plan)
        figure.suptitle(plan.title, x=_LEFT, ha="left", size=12)
        if note:
            figure.supxlabel(note, x=_LEFT, ha="left", size=11)
        drawn = io.StringIO()
        described = {"Date": None, "Title": plan.title, "Description": plan.alt}
        figure.savefig(drawn, format="svg", metadata=described)
    light = drawn.getvalue()
    dark = light
    for role, colour in _LIGHT.items():
        dark = dark.replace(colour, _DARK[role])
    return Chart(plan.name, plan.title, plan.alt, light.encode(), dark.encode())


def _columns(axes: Any, plan: PlannedChart) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    count = len(plan.columns)
    axes.bar(range(count), plan.columns, width=0.9, align="edge", color=_LIGHT["first"])
    around = max(0.0, (_LEAST - count) / 2)  # otherwise a single column would fill the whole picture
    axes.set_xlim(-around, count + around)
    axes.set_xticks([place for place, _ in plan.ticks], [label for _, label in plan.ticks])
    axes.set_xlabel(plan.axis)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{int(value):,}"))
    axes.grid(axis="y")


def _rows(axes: Any, plan: PlannedChart) -> None:
    """Bars with their labels above them, so that a long label takes no width from a bar."""
    for place, row in enumerate(plan.rows):
        top, bottom, colour = place - _THICK / 2, place + _THICK / 2, _LIGHT[row.role]
        axes.barh([place], [row.length], left=[row.start], height=_THICK, color=colour)
        # A bar may be thinner than a pixel, such as two days out of ten years. A line in its middle keeps it visible.
        # In a wider bar the line cannot be seen.
        axes.vlines(row.start + row.length / 2, top, bottom, colors=colour, linewidth=1.2, capstyle="butt")
        axes.annotate(
            row.label, (0, top), xycoords=axes.get_yaxis_transform(), xytext=(0, 4), textcoords="offset points",
            bbox={"facecolor": _LIGHT["ground"], "edgecolor": "none", "pad": 1}, zorder=0.9, annotation_clip=False,
        )  # fmt: skip
    axes.set_ylim(len(plan.rows) - 0.7, -0.7)
    axes.margins(x=0)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_visible(bool(plan.ticks))
    axes.set_xticks([place for place, _ in plan.ticks], [label for _, label in plan.ticks])
    axes.grid(axis="x")


_LEAST = 8  # the picture has room for at least this number of columns
_THICK = 0.36  # the height of a bar, as a share of its row

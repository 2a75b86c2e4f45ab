"""Count who speaks in which month in a built folder, and draw it.

    python examples/who_spoke_when.py BUILD
    python examples/who_spoke_when.py BUILD --officers --most 20 --csv speakers.csv --plot speakers.png

The plot needs `pip install 'corpus-vn-police[figures]'`.

The direct speech and its speakers are those in the config "annotations"; the month is that of the record's date. If the
text itself calls a speaker an officer, he or she is counted under the full name, because rank and title change with the
years. Others are counted as the text writes them; speakers whom it does not name (`ông`, `một người`) are left out. Two
people with the same name share a line.
"""

from __future__ import annotations

import argparse
import importlib.util
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

import corpus_vn_police as cvp

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS, FAINT = "#0072b2", "#d0d7de"
SPLITS = ("train", "validation", "test")
MONTHS_NAMED, STEPS = (
    8,
    (1, 2, 3, 6, *range(12, 12_000, 12)),
)  # the most names below the plot, and the distances between them


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description="Count who speaks in which month in a built folder, and draw it.")
    parser.add_argument("build", help="the folder, or anything that `corpus_vn_police.open` accepts")
    parser.add_argument("--split", choices=SPLITS, help="count only this split")
    parser.add_argument("--officers", action="store_true", help="count only officers")
    parser.add_argument("--most", type=int, default=10, metavar="N", help="how many speakers to show (10)")
    parser.add_argument("--csv", type=Path, help="write all counts: speaker, month, quotes")
    parser.add_argument("--plot", type=Path, help="draw the speakers that are shown: a .png or .svg")
    args = parser.parse_args(given)
    if args.plot and not importlib.util.find_spec("matplotlib"):
        parser.error("--plot needs matplotlib: pip install 'corpus-vn-police[figures]'")
    return args


def officer_of(speaker: str, officers: Iterable[str]) -> str | None:
    """The full name of a speaker whom the text calls an officer; None if it does not.

    Args:
        speaker: as the text writes it, such as `Trung tá Mẫn`.
        officers: the names of the officers of the same text, such as `Lê Văn Mẫn` and `Mẫn`.
    """
    names = sorted(set(officers), key=len, reverse=True)
    said = next((name for name in names if f" {name}," in f" {speaker},"), None)
    # `Trung tá Mẫn` is the person whom the text has called by a longer name that ends in `Mẫn`.
    return said and next(name for name in names if f" {name}".endswith(f" {said}"))


def name_of(speaker: str) -> str | None:
    """A speaker as the text writes it; None if it has no name, that is no capital after the first word."""
    return speaker if any(word[0].isupper() for word in speaker.split()[1:]) else None


def spoken(build: cvp.Build, split: str | None = None) -> pl.DataFrame:
    """Make a frame with one row for each quote.

    Returns:
        `month` (string such as `2020-12`; null if the record's date has none), `speaker` (string; null if the text
        names nobody), `officer` (bool).
    """
    records = build.records(split, columns=["id", "year", "month"])
    rows = build.annotations(split).select("id", "people", "quotes").join(records, on="id", validate="1:1")
    found = []
    for _, people, quotes, year, month in rows.iter_rows():
        date = f"{year}-{month:02}" if month else None
        officers = [each["name"] for each in people]
        for speaker in (each["speaker"] or "" for each in quotes):
            officer = officer_of(speaker, officers)
            found.append((date, officer or name_of(speaker), officer is not None))
    return pl.DataFrame(found, {"month": pl.String, "speaker": pl.String, "officer": pl.Boolean}, orient="row")


def counted(quotes: pl.DataFrame) -> pl.DataFrame:
    """How often each speaker speaks in each month: `speaker`, `month`, `quotes`; the most frequent speakers first."""
    counts = quotes.drop_nulls().group_by("speaker", "month").agg(pl.len().alias("quotes"))
    total = pl.col("quotes").sum().over("speaker")
    return counts.sort(total, "speaker", "month", descending=[True, False, False])


def table_of(counts: pl.DataFrame, most: int) -> list[str]:
    """A line for each of the most frequent speakers: the number of quotes, the name, and the number in each month."""
    lines = []
    for (speaker,), rows in counts.group_by("speaker", maintain_order=True):
        months = ", ".join(f"{month} ×{quotes}" for month, quotes in rows.select("month", "quotes").iter_rows())
        lines.append((rows["quotes"].sum(), speaker, months))
    shown = lines[:most]
    width = max((len(speaker) for _, speaker, _ in shown), default=0)
    return [f"{quotes:>6}  {speaker:<{width}}  {months}" for quotes, speaker, months in shown]


def picture_of(counts: pl.DataFrame, most: int) -> Figure:
    """A dot for each speaker and month; its area shows how often the speaker speaks."""
    from matplotlib.figure import Figure

    speakers = counts["speaker"].unique(maintain_order=True).head(most).to_list()
    rows = counts.filter(pl.col("speaker").is_in(speakers))
    months = (rows["month"].str.slice(0, 4).cast(int) * 12 + rows["month"].str.slice(5).cast(int) - 1).to_list()
    first, last, highest = min(months), max(months), max(rows["quotes"])
    figure = Figure(figsize=(8, 1.2 + 0.36 * len(speakers)), layout="constrained")
    axes = figure.subplots()

    def dots(x: Sequence[int], y: Sequence[int], quotes: Sequence[int], **more: Any) -> Any:
        sizes = [220 * each / highest for each in quotes]
        return axes.scatter(x, y, sizes, DOTS, linewidths=0, **more)

    dots(months, [speakers.index(each) for each in rows["speaker"]], rows["quotes"].to_list())
    sizes = sorted({1, (highest + 1) // 2, highest})
    key = [dots([first], [-9], [size], label=str(size)) for size in sizes]  # outside of the visible area
    figure.legend(handles=key, title="quotes", loc="outside right upper", frameon=False, labelspacing=1)
    step = next(each for each in STEPS if each * MONTHS_NAMED > last - first)
    named = [month for month in range(first, last + 1) if month % step == 0]
    axes.set_xticks(named, [f"{month // 12}-{month % 12 + 1:02}" for month in named])
    axes.set_yticks(range(len(speakers)), [textwrap.shorten(each, 44, placeholder=" …") for each in speakers])
    room = 0.7 + 0.02 * (last - first)  # space for half a dot
    axes.set(xlim=(first - room, last + room), ylim=(len(speakers) - 0.4, -0.6))
    axes.grid(color=FAINT, axis="y")
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_title("Who speaks in which month", loc="left")
    return figure


def main(given: Sequence[str] | None = None) -> None:
    """Count, print and draw."""
    args = arguments(given)
    quotes = spoken(cvp.open(args.build), args.split)
    counts = counted(quotes.filter("officer") if args.officers else quotes)
    for line in table_of(counts, args.most):
        print(line)
    said = [f"{len(quotes)} quotes", f"{quotes['officer'].sum()} of officers"]
    said += [f"{quotes['speaker'].null_count()} of speakers without a name", f"{quotes['month'].null_count()} undated"]
    print(", ".join(said))
    if args.csv:
        counts.write_csv(args.csv)
    if args.plot and counts.is_empty():
        print("no plot: no record with a month has a speaker with a name")
    elif args.plot:
        picture_of(counts, args.most).savefig(args.plot, dpi=150)


if __name__ == "__main__":
    main()

"""Tables and plots of the benchmarks' results, and the page of the docs that shows them.

    python benchmarks/show.py RESULTS.json [RESULTS.json ...] docs/

Each is the results.json of `compare.py` or of `scale.py`. Its copy, its plot and its part of docs/benchmarks.md are
written into the folder; no figure of that page is typed by hand.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import draw
from jobs import OURS, WORKS
from ratios import AIMS, MINHASH_BASES, beside, median, minhash_times

PAGE = "benchmarks.md"
PARTS = {"comparison": "comparison", "scale": "memory-by-records"}
"""A kind of results, and what its files in the docs are called."""


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _times(value: float) -> str:
    """A ratio with two digits that count."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _cost_table(results: dict[str, Any]) -> list[str]:
    lines = [_row("work", "tool", "CPU s", "wall s", "peak MB", "Parquet MB", "records"), "|---|---|" + "---:|" * 5]
    for job in results["jobs"]:
        cpu, wall, memory = (median([run[name] for run in job["runs"]]) for name in ("cpu", "wall", "memory"))
        size = f"{job['parquet'] / 1e6:.1f}" if job["parquet"] else ""
        kept = f"{sum(job['records'].values()):,}" if job["records"] else ""
        tool = f"**{job['tool']}**" if job["tool"] == OURS else job["tool"]
        lines.append(_row(job["work"], tool, f"{cpu:.1f}", f"{wall:.1f}", f"{memory:,.0f}", size, kept))
    return lines


def _aim_table(results: dict[str, Any]) -> list[str]:
    lines = [_row("ratio", "wanted", "median", "round by round", "reached"), "|---|---:|---:|---|---|"]
    for aim in AIMS:
        rounds = aim.rounds(results)
        wanted = f"{'at least' if aim.least else 'at most'} {aim.bound:g}"
        if rounds is None:
            lines.append(_row(aim.what, wanted, "", "", "not measured"))
            continue
        middle = median(rounds)
        shown = ", ".join(map(_times, rounds))
        lines.append(_row(aim.what, wanted, _times(middle), shown, "yes" if aim.reached(middle) else "**no**"))
    return lines


def _beside_table(results: dict[str, Any]) -> list[str]:
    figures = beside(results)
    if not figures:
        return ["No other tool was run."]
    lines = [_row("work", "tool", "wall", "CPU", "peak memory", "Parquet"), "|---|---|" + "---:|" * 4]
    for work, tool in dict.fromkeys((each.work, each.tool) for each in figures):
        own = {each.figure: each.times for each in figures if (each.work, each.tool) == (work, tool)}
        cells = (own[name] for name in ("wall", "CPU", "peak memory", "Parquet"))
        lines.append(_row(work, tool, *(f"{_times(each)}" if each >= 1 else f"**{_times(each)}**" for each in cells)))
    lines += ["", "Where this build is worse than another tool:", ""]
    worse = [each for each in figures if each.times < 1]
    for work, tool in dict.fromkeys((each.work, each.tool) for each in worse):
        own = [f"{each.figure} {_times(each.times)}" for each in worse if (each.work, each.tool) == (work, tool)]
        lines.append(f"- {work}, beside {tool}: {', '.join(own)}")
    lines += [] if worse else ["- nowhere"]
    for tool, base in MINHASH_BASES.items():
        times = minhash_times(results, tool, base)
        if times:
            lines += ["", f"Near duplicates alone: {tool} takes {_times(median(times))} times the wall of this build."]
    return lines


def _about(results: dict[str, Any]) -> str:
    machine = results["machine"]
    place = f"{machine['cores']} cores ({machine['processor']}), {machine['memory_gib']} GiB, {machine['kernel']}"
    return f"{place}, load {machine['load']} at the start"


def _versions(results: dict[str, Any]) -> str:
    return "Versions: " + ", ".join(f"{name} {version}" for name, version in results["versions"].items()) + "."


def _memory_words(kind: str) -> str:
    return {
        "pss": "memory that processes share is counted once (PSS)",
        "rss": "memory that processes share counts for each of them (RSS)",
    }[kind]


def comparison(results: dict[str, Any]) -> str:
    """The tables of a comparison in Markdown, with its date, machine and versions."""
    seeds = results["seeds"]
    source = f"{seeds['count']:,} seeds, {seeds['bytes'] / 1e6:.0f} MB, made of {', '.join(seeds['articles'])}"
    again = "" if seeds["distinct"] >= seeds["count"] else f" ({seeds['distinct']:,} articles, taken again)"
    head = f"**{results['date']}**: {source}{again}. Medians of {results['runs']} rounds, {results['workers']} workers."
    lines = [
        head,
        f"Machine: {_about(results)}. Peak memory is that of all processes; {_memory_words(results['memory'])}.",
        "",
        *_cost_table(results),
        "",
        *(f"- *{work}*: {words}" for work, words in WORKS.items()),
        "",
        "What is wanted of this build, each ratio taken within a round:",
        "",
        *_aim_table(results),
        "",
        "Other tools, as times of this build on the same work; below 1 this build is worse:",
        "",
        *_beside_table(results),
        "",
        _versions(results),
    ]
    return "\n".join(lines) + "\n"


def write_comparison(results: dict[str, Any], out: Path) -> None:
    """Write table.md, comparison.svg and comparison.png into a folder."""
    (out / "table.md").write_text(comparison(results), encoding="utf-8")
    draw.save(draw.comparison(results), out / PARTS["comparison"], ("svg", "png"))


def _step_table(results: dict[str, Any], cell: Callable[[dict[str, float]], str]) -> list[str]:
    steps = list(results["cases"][0]["steps"])
    lines = [_row("input", *steps), "|---|" + "---:|" * len(steps)]
    return lines + [_row(case["what"], *(cell(case["steps"][step]) for step in steps)) for case in results["cases"]]


def scale(results: dict[str, Any]) -> str:
    """The tables of many and of hard records in Markdown, with their date, machine and versions."""
    lines = [
        f"**{results['date']}**: one run, {results['workers']} workers, all settings the defaults.",
        f"Machine: {_about(results)}. Peak memory is that of all processes; {_memory_words(results['memory'])}.",
        "",
        "Peak memory, MB:",
        "",
        *_step_table(results, lambda cost: f"{cost['memory']:,.0f}"),
        "",
        f"Wanted are at most 0.6 GiB, {draw.BOUND:.0f} MB, whatever the number of records:",
        "",
    ]
    for case in results["cases"]:
        step, cost = max(case["steps"].items(), key=lambda each: each[1]["memory"])
        reached = "reached" if cost["memory"] <= draw.BOUND else "**not reached**"
        lines.append(f"- {case['what']}: {reached}, {cost['memory']:,.0f} MB in *{step}*")
    rows = [case for case in results["cases"] if case["case"].startswith("rows-")]
    if len(rows) > 1:
        peaks = [max(cost["memory"] for cost in case["steps"].values()) for case in (rows[0], rows[-1])]
        slope = (peaks[1] - peaks[0]) * 1e6 / (rows[-1]["seeds"] - rows[0]["seeds"])
        lines += ["", f"From {rows[0]['what']} to {rows[-1]['what']} the peak grows by {slope:,.0f} bytes a row."]
    lines += ["", "Seconds, CPU / wall:", ""]
    lines += _step_table(results, lambda cost: f"{cost['cpu']:,.0f} / {cost['wall']:,.0f}")
    return "\n".join([*lines, "", _versions(results)]) + "\n"


MAKERS = {"comparison": (comparison, draw.comparison), "scale": (scale, draw.scale)}
"""A kind of results -> what writes it in Markdown, and what draws it."""


def filled(page: str, part: str, text: str) -> str:
    """A page with the text between the two comments of a part."""
    start, end = f"<!-- measured: {part} -->", f"<!-- end: {part} -->"
    pattern = re.compile(f"{re.escape(start)}\n.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"the page has no part {part}: {start} and {end}, each on its own line")
    return pattern.sub(lambda _: f"{start}\n{text}{end}", page)


def main() -> None:
    """Fill the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, nargs="+")
    parser.add_argument("docs", type=Path)
    args = parser.parse_args()
    page = args.docs / PAGE
    for path in args.results:
        given = path.read_text(encoding="utf-8")
        results = json.loads(given)
        words, picture = MAKERS[results["kind"]]
        name = PARTS[results["kind"]]
        page.write_text(filled(page.read_text(encoding="utf-8"), results["kind"], words(results)), encoding="utf-8")
        draw.save(picture(results), args.docs / name, ("svg",))
        (args.docs / f"{name}.json").write_text(given, encoding="utf-8")


if __name__ == "__main__":
    main()

"""What is made of the results of `compare.py`: medians, ratios in the same round, and the aims of the project."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jobs import OURS

Results = dict[str, Any]
FIGURES = {"wall": "wall", "cpu": "CPU", "memory": "peak memory"}


def runs(results: Results, work: str, tool: str, figure: str) -> list[float] | None:
    """A figure of a job, round by round; None if the job was not run."""
    for job in results["jobs"]:
        if (job["work"], job["tool"]) == (work, tool):
            return [run[figure] for run in job["runs"]]
    return None


def quotients(above: list[float] | None, below: list[float] | None) -> list[float] | None:
    """One list over the other, round by round; None if either is missing or the second is not above 0 everywhere."""
    if above is None or below is None or min(below) <= 0:
        return None
    return [one / other for one, other in zip(above, below, strict=True)]


def differences(more: list[float] | None, less: list[float] | None) -> list[float] | None:
    """One list without the other, round by round; None if either is missing."""
    if more is None or less is None:
        return None
    return [one - other for one, other in zip(more, less, strict=True)]


@dataclass(frozen=True)
class Aim:
    """What is wanted of a ratio.

    Attributes:
        what: the ratio in words.
        bound: the number wanted.
        least: whether the ratio is to be at least the bound; else at most.
        rounds: from results to the ratio of each round; None if it cannot be told.
    """

    what: str
    bound: float
    least: bool
    rounds: Callable[[Results], list[float] | None]

    def reached(self, ratio: float) -> bool:
        """Whether a ratio is what is wanted."""
        return ratio >= self.bound if self.least else ratio <= self.bound


def _over(work: str, tool: str, other_work: str, other_tool: str, figure: str) -> Callable[[Results], Any]:
    return lambda results: quotients(runs(results, work, tool, figure), runs(results, other_work, other_tool, figure))


def minhash_times(results: Results, tool: str, base: str, figure: str = "wall") -> list[float] | None:
    """What near-dedup adds to a tool's spine, over what it adds to ours, round by round."""
    theirs = differences(runs(results, "near", tool, figure), runs(results, "spine", base, figure))
    ours = differences(runs(results, "near", OURS, figure), runs(results, "spine", OURS, figure))
    return quotients(theirs, ours)


MINHASH_BASES = {"datatrove": "datatrove", "text-dedup": "datasets"}
"""Who leaves out near duplicates, and whose spine it adds that to."""

AIMS = (
    Aim("CPU of the spine over the floor's", 1.5, False, _over("spine", OURS, "floor", "floor", "cpu")),
    Aim("CPU with structure and quality over the floor's", 3, False, _over("text", OURS, "floor", "floor", "cpu")),
    Aim("CPU of everything over the floor's", 6, False, _over("all", OURS, "floor", "floor", "cpu")),
    Aim(
        "CPU of everything over its wall, on two workers",
        1.8,
        True,
        lambda results: quotients(runs(results, "all", OURS, "cpu"), runs(results, "all", OURS, "wall")),
    ),
    Aim("wall of a build again over a build", 0.05, False, _over("again", OURS, "all", OURS, "wall")),
    Aim("wall of a build with 1 % more seeds over a build", 0.10, False, _over("grow", OURS, "all", OURS, "wall")),
    Aim("wall of `verify` over a build", 0.3, False, _over("verify", OURS, "all", OURS, "wall")),
    Aim(
        "wall of `datasets` over the spine's, with `from_generator`",
        25,
        True,
        _over("spine", "datasets", "spine", OURS, "wall"),
    ),
    Aim(
        "wall of `datasets` over the spine's, with `load_dataset`",
        25,
        True,
        _over("spine", "load_dataset", "spine", OURS, "wall"),
    ),
    Aim("wall of datatrove over the spine's", 5, True, _over("spine", "datatrove", "spine", OURS, "wall")),
    Aim(
        "wall that minhash adds in datatrove over what near-dedup adds here",
        36,
        True,
        lambda results: minhash_times(results, "datatrove", "datatrove"),
    ),
)


def median(values: list[float]) -> float:
    """The median, shorter to write."""
    return statistics.median(values)


@dataclass(frozen=True)
class Beside:
    """A tool's figure over ours on the same job, or its size over ours; below 1 we are worse."""

    work: str
    tool: str
    figure: str
    times: float


def beside(results: Results) -> list[Beside]:
    """Each figure of each other tool over ours: the median of the rounds."""
    found = []
    ours = {job["work"]: job for job in results["jobs"] if job["tool"] == OURS}
    for job in results["jobs"]:
        if job["tool"] in (OURS, "floor"):
            continue
        work, tool = job["work"], job["tool"]
        for figure, name in FIGURES.items():
            times = quotients(runs(results, work, tool, figure), runs(results, work, OURS, figure))
            if times is not None:
                found.append(Beside(work, tool, name, median(times)))
        found.append(Beside(work, tool, "Parquet", job["parquet"] / ours[work]["parquet"]))
    return found

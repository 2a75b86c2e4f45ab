"""Compare two sequences in linear time.

`difflib` takes quadratic time for each run that it finds, and cubic time in all: a line of 20,000 letters with
control characters between them took hours. Here, items that occur once on each side are matched first (patience
diff). The rest between two such items is read once, with a short look ahead if the sides differ.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

_LEVELS = 6  # of places that stand once between two others
_AHEAD = 12  # steps on both sides together, within which the next place that agrees is looked for
_STEPS = sorted(
    ((one, both - one) for both in range(1, _AHEAD + 1) for one in range(both + 1)),
    key=lambda step: (sum(step), abs(step[0] - step[1])),
)

Opcode = tuple[str, int, int, int, int]
"""`equal`, `replace`, `delete` or `insert`; from where to where on the left, and on the right."""


def opcodes(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    """How one sequence becomes another, in the form of `difflib.SequenceMatcher.get_opcodes`.

    Not always by the fewest changes: where nothing stands once, what moved by more than 12 places is a change.
    """
    found: list[Opcode] = []
    a = b = 0
    for one, other in [*_pairs(old, new, _LEVELS), (len(old), len(new))]:
        if one > a or other > b:
            kind = "replace" if one > a and other > b else "delete" if one > a else "insert"
            found.append((kind, a, one, b, other))
        if one < len(old):
            if found and found[-1][0] == "equal":
                found[-1] = ("equal", found[-1][1], one + 1, found[-1][3], other + 1)
            else:
                found.append(("equal", one, one + 1, other, other + 1))
        a, b = one + 1, other + 1
    return found


def same_start(old: Sequence[str], new: Sequence[str]) -> int:
    """How many elements two sequences begin with alike."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(old), len(new)))


def _pairs(old: Sequence[str], new: Sequence[str], levels: int) -> Iterator[tuple[int, int]]:
    """The places that belong together, in order."""
    start = same_start(old, new)
    yield from ((place, place) for place in range(start))
    left, right = old[start:], new[start:]
    anchors = _anchors(left, right) if levels else []
    if not anchors:
        yield from ((start + x, start + y) for x, y in _without_anchors(left, right))
        return
    a = b = 0
    for one, other in [*anchors, (len(left), len(right))]:
        inner = _pairs(left[a:one], right[b:other], levels - 1)
        yield from ((start + a + x, start + b + y) for x, y in inner)
        if one < len(left):
            yield start + one, start + other
        a, b = one + 1, other + 1


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The longest row of places that hold what stands once on either side, in the order of both."""
    counts, others = Counter(old), Counter(new)
    places = {each: place for place, each in enumerate(new) if others[each] == 1}
    once = [(place, places[each]) for place, each in enumerate(old) if counts[each] == 1 and each in places]
    heads: list[int] = []  # of each length the row that ends first on the right, by its last place there
    ends: list[int] = []
    before: list[int] = []
    for number, (_, other) in enumerate(once):
        length = bisect_left(heads, other)
        before.append(ends[length - 1] if length else -1)
        heads[length : length + 1] = [other]
        ends[length : length + 1] = [number]
    row, number = [], ends[-1] if ends else -1
    while number >= 0:
        row.append(once[number])
        number = before[number]
    return row[::-1]


def _without_anchors(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The places that agree, going through both once, and those that both end with."""
    end = same_start(old[::-1], new[::-1])
    a = b = 0
    while a < len(old) - end and b < len(new) - end:
        if old[a] == new[b]:
            yield a, b
            one, other = 1, 1
        else:
            one, other = next(
                (
                    (x, y)
                    for x, y in _STEPS
                    if a + x < len(old) - end and b + y < len(new) - end and old[a + x] == new[b + y]
                ),
                (1, 1),
            )
        a, b = a + one, b + other
    yield from ((len(old) - place, len(new) - place) for place in range(end, 0, -1))

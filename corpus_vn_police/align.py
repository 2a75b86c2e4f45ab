"""Compare two sequences in linear time.

`difflib` takes quadratic time for each run that it finds, and cubic time in all: a line of 20,000 letters with
control characters between them took hours. Here, items that occur once on each side are matched first (patience
diff). The rest between two such items is read once, with a short look ahead if the sides differ.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

_LEVELS = 6  # how often the gaps between matched items are searched again for items that occur once
_AHEAD = 12  # how many steps, both sides together, the search for the next equal items looks ahead
_STEPS = sorted(
    ((one, both - one) for both in range(1, _AHEAD + 1) for one in range(both + 1)),
    key=lambda step: (sum(step), abs(step[0] - step[1])),
)

Opcode = tuple[str, int, int, int, int]
"""`equal`, `replace`, `delete` or `insert`; then start and end on the left, and start and end on the right."""


def opcodes(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    """The changes that turn one sequence into the other, in the form of `difflib.SequenceMatcher.get_opcodes`.

    They are not always the fewest: if no item occurs only once, an item that moved by more than 12 places is a change.
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
    """How many elements at their start two sequences have in common."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(old), len(new)))


def _pairs(old: Sequence[str], new: Sequence[str], levels: int) -> Iterator[tuple[int, int]]:
    """The pairs of positions (left, right) that are matched, in order."""
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
    """The longest series of items that occur once on either side, in the same order on both: their positions."""
    counts, others = Counter(old), Counter(new)
    places = {each: place for place, each in enumerate(new) if others[each] == 1}
    once = [(place, places[each]) for place, each in enumerate(old) if counts[each] == 1 and each in places]
    heads: list[int] = []  # for each length: the series that ends earliest on the right, as its last position there
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
    """Match equal items by one pass through both sides; then match the ends that are equal."""
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

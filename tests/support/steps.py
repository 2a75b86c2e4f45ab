"""Steps that a backtracking engine takes over a text, counted: patterns of `re`, and lines of Python.

`re` shows no steps, and a clock shows what else the machine does. So a pattern's parse tree is run here by a small
engine of the same kind, which counts; and Python's own lines are counted by a trace.
"""

import re
import sys
from collections.abc import Iterator
from re import _constants as op
from re import _parser

CAP = 300_000


class TooMany(Exception):
    """More steps than a linear pattern takes."""


class Engine:
    """A pattern, and the steps that it took so far."""

    def __init__(self, pattern: re.Pattern):
        source = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
        flags = pattern.flags & ~(0 if isinstance(pattern.pattern, str) else re.LOCALE)
        flags |= re.ASCII if isinstance(pattern.pattern, bytes) else 0
        self.flags, self.tree = flags, _parser.parse(source, flags & ~re.UNICODE if flags & re.ASCII else flags)
        self.steps, self.text, self.fits = 0, "", {}

    def count(self, text: str, mode: str) -> int:
        """The steps of a method of `re.Pattern` over a text."""
        self.text, self.steps = text, 0
        if mode in ("match", "fullmatch"):
            next((end for end in self.ends(self.tree, 0) if mode == "match" or end == len(text)), None)
            return self.steps
        start = 0
        while start <= len(text):
            self.step()
            end = next(self.ends(self.tree, start), start)
            if mode == "search" and end > start:
                break
            start = max(end, start + 1)
        return self.steps

    def step(self) -> None:
        self.steps += 1
        if self.steps > CAP:
            raise TooMany

    def accepts(self, node: tuple, character: str) -> bool:
        """Whether a node that stands for one character accepts this one."""
        key = (repr(node), character)
        if key not in self.fits:
            self.fits[key] = bool(_one(node, self.flags).match(character))
        return self.fits[key]

    def ends(self, nodes: list, start: int, first: int = 0) -> Iterator[int]:
        """Where what nodes match from a place on can end, in the order in which it is tried."""
        if first == len(nodes):
            yield start
            return
        for end in self.node_ends(nodes[first], start):
            yield from self.ends(nodes, end, first + 1)

    def node_ends(self, node: tuple, start: int) -> Iterator[int]:
        self.step()
        kind, value = node
        if kind in SINGLE:
            if start < len(self.text) and self.accepts(node, self.text[start]):
                yield start + 1
        elif kind is op.SUBPATTERN:
            yield from self.ends(value[3], start)
        elif kind is op.BRANCH:
            for branch in value[1]:
                yield from self.ends(branch, start)
        elif kind is op.ATOMIC_GROUP:
            yield from self._first(self.ends(value, start))
        elif kind is op.POSSESSIVE_REPEAT:
            yield from self._first(self.repeated(value, start, greedy=True))
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            yield from self.repeated(value, start, greedy=kind is op.MAX_REPEAT)
        elif self.holds(kind, value, start):
            yield start

    def holds(self, kind: object, value: object, start: int) -> bool:
        """Whether a node without width matches at a place."""
        if kind is op.AT:
            return AT[value](self.text, start)
        if kind not in (op.ASSERT, op.ASSERT_NOT):
            raise NotImplementedError(kind)
        direction, inner = value
        at = start if direction > 0 else start - inner.getwidth()[0]
        found = at >= 0 and next(self.ends(inner, at), None) is not None
        return found == (kind is op.ASSERT)

    def _first(self, ends: Iterator[int]) -> Iterator[int]:
        found = next(ends, None)
        if found is not None:
            yield found

    def repeated(self, value: tuple, start: int, *, greedy: bool) -> Iterator[int]:
        low, high, body = value
        if not greedy and low == 0:
            yield start
        # A stack in place of recursion: texts are long.
        stack = [(start, self.ends(body, start) if high else iter(()))]
        while stack:
            place, ends = stack[-1]
            self.step()
            end = next(ends, None)
            if end is None:
                stack.pop()
                if greedy and len(stack) >= low:
                    yield place
            elif end > place or len(stack) < low:
                if not greedy and len(stack) >= low:
                    yield end
                stack.append((end, self.ends(body, end) if len(stack) < high else iter(())))


SINGLE = (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN)
REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)


def _word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and bool(re.match(r"\w", text[at]))


AT = {
    op.AT_BEGINNING: lambda text, at: at == 0,
    op.AT_BEGINNING_STRING: lambda text, at: at == 0,
    op.AT_END: lambda text, at: at == len(text) or text[at:] == "\n",
    op.AT_END_STRING: lambda text, at: at == len(text),
    op.AT_BOUNDARY: lambda text, at: _word(text, at - 1) != _word(text, at),
    op.AT_NON_BOUNDARY: lambda text, at: _word(text, at - 1) == _word(text, at),
}


def _one(node: tuple, flags: int) -> re.Pattern:
    """A pattern for one character."""
    return re.compile(_source(node), flags & (re.IGNORECASE | re.DOTALL | re.ASCII))


def _source(node: tuple) -> str:
    kind, value = node
    if kind is op.LITERAL:
        return f"[{_escaped(value)}]"
    if kind is op.NOT_LITERAL:
        return f"[^{_escaped(value)}]"
    if kind is op.ANY:
        return "."
    return f"[{''.join(map(_member, value))}]"


def _escaped(code: int) -> str:
    return f"\\U{code:08x}"


_CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d", op.CATEGORY_NOT_DIGIT: r"\D", op.CATEGORY_SPACE: r"\s", op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w", op.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


def _member(member: tuple) -> str:
    kind, value = member
    if kind is op.NEGATE:
        return "^"
    if kind is op.RANGE:
        return f"{_escaped(value[0])}-{_escaped(value[1])}"
    return _CATEGORIES[value] if kind is op.CATEGORY else _escaped(value)


# What texts are pumped with, beside what a pattern itself names.
_COMMON = ' \n\ta0A.,-(["<#\u0301ạĐ中\x00'


def slow_texts(pattern: re.Pattern, size: int) -> Iterator[tuple[str, str, str]]:
    """Texts that are made to be slow for a pattern: what stands before, what is repeated `size` times, what after."""
    engine = Engine(pattern)
    repeats = list(_repeats(engine, engine.tree, ""))
    named = _named(engine.tree)
    bodies = [body for _, body in repeats if len(body) == 1 and body[0][0] in SINGLE]
    told = {}
    for character in dict.fromkeys(_COMMON + named):
        told.setdefault(tuple(engine.accepts(body[0], character) for body in bodies), character)
    characters = list(told.values())[:8]
    prefixes = list(dict.fromkeys(prefix for prefix, _ in repeats if prefix))[:8]
    groups = list(dict.fromkeys(filter(None, (_sample(engine, body) for _, body in repeats))))[:8]
    pairs = (a + b for a in characters for b in characters if a != b)
    pumps = dict.fromkeys([*characters, *groups, *prefixes, *pairs])
    for before in ["", *prefixes]:
        for pump in pumps if not before else [*characters, *groups]:
            for after in ("", "\n\x00"):
                yield before, pump, after


def _named(nodes: object) -> str:
    """The characters that a pattern names."""
    if isinstance(nodes, _parser.SubPattern):
        nodes = nodes.data
    if isinstance(nodes, tuple) and len(nodes) == 2 and nodes[0] in (op.LITERAL, op.NOT_LITERAL):
        return chr(nodes[1])
    if isinstance(nodes, tuple) and len(nodes) == 2 and nodes[0] is op.RANGE:
        return "".join(map(chr, nodes[1]))
    return "".join(map(_named, nodes)) if isinstance(nodes, list | tuple) else ""


def _repeats(engine: Engine, nodes: list, before: str) -> Iterator[tuple[str, list]]:
    """Each repetition of a pattern, with a text that leads to it."""
    for node in nodes:
        kind, value = node
        if kind in REPEATS:
            yield before, value[2]
            yield from _repeats(engine, value[2], before)
        elif kind is op.BRANCH:
            for branch in value[1]:
                yield from _repeats(engine, branch, before)
        elif kind is op.SUBPATTERN:
            yield from _repeats(engine, value[3], before)
        elif kind is op.ATOMIC_GROUP:
            yield from _repeats(engine, value, before)
        before += _sample(engine, [node])


def _sample(engine: Engine, nodes: list) -> str:
    """A short text that nodes match."""
    found = ""
    for kind, value in nodes:
        if kind in SINGLE:
            known = _named([(kind, value)]) + _COMMON
            found += next((each for each in known if engine.accepts((kind, value), each)), "")
        elif kind in REPEATS:
            found += _sample(engine, value[2]) * value[0]
        elif kind is op.SUBPATTERN:
            found += _sample(engine, value[3])
        elif kind is op.BRANCH:
            found += _sample(engine, value[1][0])
        elif kind is op.ATOMIC_GROUP or (kind is op.ASSERT and value[0] < 0):
            found += _sample(engine, value if kind is op.ATOMIC_GROUP else value[1])
    return found


def superlinear(pattern: re.Pattern, mode: str) -> tuple[str, str, str] | None:
    """The first text over which a pattern takes steps that grow faster than the text; None if there is none."""
    engine = Engine(pattern)
    for before, pump, after in slow_texts(pattern, 2):
        if _grows(engine, mode, before, pump, after, 24) and _grows(engine, mode, before, pump, after, 200):
            return before, pump, after
    return None


def _grows(engine: Engine, mode: str, before: str, pump: str, after: str, size: int) -> bool:
    """Whether twice the text takes more than two and a half times the steps."""
    try:
        once, twice = (engine.count(before + pump * count + after, mode) for count in (size, 2 * size))
    except TooMany:
        return True
    return twice > 2.5 * once + 20


def lines_run(work, *arguments) -> int:
    """How many lines of Python a call runs, in whatever module."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work(*arguments)
    finally:
        sys.settrace(before)
    return count

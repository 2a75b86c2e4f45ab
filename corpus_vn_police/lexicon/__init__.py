"""The words that the stages look for, as data: one phrase per line, in classes, each with its reason.

A file `NAME.txt` beside this module looks like this:

    # Why these words, and where they come from.
    [scene] +4
    quang cảnh
    ma t[uú]y

Lines with `#` are comments; the ones right above a class are its reason. A class may have a weight. In a phrase `[uú]`
matches one of these letters; all other characters match themselves. The code decides how classes are combined.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NOTHING = r"[^\s\S]"
"""A pattern that matches nothing; a class without phrases becomes this."""

_CLASS = re.compile(r"\[([a-z][a-z0-9 ,]*)\](?: ([+-][0-9]+))?")
_SIGNS = re.compile(r"[\\.*+?(){}|^$]")


@dataclass(frozen=True)
class WordClass:
    """Phrases that mean the same to a rule.

    Attributes:
        reason: why these phrases belong together, or where they come from.
        weight: how much one phrase counts in the rule; None if the rule has no weights.
        phrases: in the order of the file; if two match at the same position, a pattern takes the first.
    """

    reason: str
    weight: int | None
    phrases: Sequence[str]


@dataclass(frozen=True)
class Lexicon:
    """The classes of one file.

    Attributes:
        classes: each class by its name, in the order of the file.
    """

    classes: dict[str, WordClass]

    def phrases(self, *names: str) -> tuple[str, ...]:
        """The phrases of some classes, one class after the other."""
        return tuple(phrase for name in names for phrase in self.classes[name].phrases)

    def any_of(self, *names: str) -> str:
        """A group that matches any phrase of some classes, for patterns of `re` and of Polars."""
        phrases = self.phrases(*names)
        return f"(?:{'|'.join(_SIGNS.sub(_escaped, each) for each in phrases)})" if phrases else NOTHING

    def any_case_of(self, *names: str) -> str:
        """A group that matches any phrase of some classes in upper or lower case."""
        return f"(?i:{self.any_of(*names)})"

    def weight(self, *names: str) -> int:
        """The weight that some classes share.

        Raises:
            ValueError: they have no weight, or different ones.
        """
        weights = {self.classes[name].weight for name in names}
        (weight,) = weights if len(weights) == 1 else (None,)
        if weight is None:
            raise ValueError(f"{names}: one weight is needed, got {weights}")
        return weight


def _escaped(sign: re.Match[str]) -> str:
    return f"\\{sign.group()}"


@functools.cache
def lexicon(name: str) -> Lexicon:
    """Read a file in this folder; a second call does not read it again.

    Args:
        name: the name of the file without `.txt`.

    Raises:
        ValueError: a phrase comes before the first class, or a class occurs twice.
    """
    return parse(Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8"))


def parse(text: str) -> Lexicon:
    """Parse the text of such a file; raises the same error as `lexicon`."""
    classes: dict[str, WordClass] = {}
    comments: list[str] = []
    phrases: list[str] | None = None
    for line in text.splitlines():
        if line.startswith("#"):
            comments.append(line.removeprefix("#").strip())
            continue
        if header := _CLASS.fullmatch(line):
            name, weight = header.groups()
            if name in classes:
                raise ValueError(f"the class [{name}] occurs twice")
            phrases = []
            classes[name] = WordClass(" ".join(comments), int(weight) if weight else None, phrases)
        elif line:
            if phrases is None:
                raise ValueError(f"{line!r} comes before the first class")
            phrases.append(line)
        comments = []
    return Lexicon(classes)

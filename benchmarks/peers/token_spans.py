"""Where the entities of a tagger's tokens stand in its sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Token = tuple[str, str]
"""A token, and its tag: `B-PER`, `I-PER`, `O`."""


def entities(sentence: str, tokens: Iterable[Token]) -> list[tuple[str, str]]:
    """The kind and the words of each entity, as the sentence writes them."""
    found: list[tuple[str, int, int]] = []
    inside = False
    for start, end, tag in _places(sentence, tokens):
        if tag.startswith("I-") and inside:
            kind, begin, _ = found.pop()
            found.append((kind, begin, end))
        elif tag != "O":
            found.append((tag[2:], start, end))
        inside = tag != "O"
    return [(kind, sentence[start:end]) for kind, start, end in found]


def _places(sentence: str, tokens: Iterable[Token]) -> Iterator[tuple[int, int, str]]:
    """Start, end and tag of each token.

    A tagger that rewrites its tokens (`Uỷ` to `Ủy`) cannot be searched for; but letters are as many as there were.
    """
    letters = [place for place, letter in enumerate(sentence) if not letter.isspace()]
    done = 0
    for word, tag in tokens:
        length = len("".join(word.split()))
        if length:
            yield letters[done], letters[done + length - 1] + 1, tag
        done += length
    if done != len(letters):
        raise ValueError(f"the tokens have {done} letters, the sentence {len(letters)}")

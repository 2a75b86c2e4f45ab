"""A card's text: the Hub's sections in their order, the keeper's words in them, and measured blocks between marks.

A block begins with the line `<!-- measured: NAME -->` and ends with the line `<!-- end: NAME -->`. If the keeper has
placed a block, it stays there. Other blocks go to the end of their section. Filling a text again changes only its
blocks, so a card can be read and filled again.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus_vn_police.documents.markdown import plain

UNSAID = "[More Information Needed]"
"""The words of the Hub's template for an empty section."""

MARK = re.compile(r"<!-- (measured|end): ([a-z_]+) -->")
"""A line that begins or ends a block."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"(#{1,6})\s++(.*)")
_BLANK_LINES = re.compile(r"(?:[^\S\n]*+\n)++")
_LINE = re.compile(r"[^\n]*+\n|[^\n]++")
_LINE_END = re.compile("\r\n?|\n")
_COMMENT = re.compile(r"(?<!\\)(?:\\\\)*<!--")  # after an odd number of backslashes `<` is a letter


@dataclass(frozen=True)
class Section:
    """A section of the Hub's template for dataset cards (huggingface_hub 2.4, datasetcard_template.md).

    Attributes:
        level: of its heading.
        title: its heading.
        blocks: the measured blocks that belong to it.
        optional: whether it is left out if it is empty.
    """

    level: int
    title: str
    blocks: tuple[str, ...] = ()
    optional: bool = False


OPENING = ("summary", "loading", "example", "details", "contents")
"""The measured blocks before the first section; the keeper's words there stand below the first of them."""

SECTIONS = (
    Section(2, "Dataset Details"),
    Section(3, "Dataset Description", ("configs",)),
    Section(3, "Dataset Sources", optional=True),
    Section(2, "Uses"),
    Section(3, "Direct Use"),
    Section(3, "Out-of-Scope Use"),
    Section(2, "Dataset Structure", ("splits", "counts", "lengths", "pictures", "fields")),
    Section(2, "Dataset Creation"),
    Section(3, "Curation Rationale"),
    Section(3, "Source Data"),
    Section(4, "Data Collection and Processing", ("ledger", "duplicates", "structure")),
    Section(4, "Who are the source data producers?"),
    Section(3, "Annotations", ("annotations",)),
    Section(4, "Annotation process", optional=True),
    Section(4, "Who are the annotators?", optional=True),
    Section(4, "Personal and Sensitive Information", ("privacy",)),
    Section(2, "Bias, Risks, and Limitations"),
    Section(3, "Recommendations", optional=True),
    Section(2, "Citation", ("citation",)),
    Section(2, "Glossary", optional=True),
    Section(2, "More Information", ("version", "changes")),
    Section(2, "Dataset Card Authors", optional=True),
    Section(2, "Dataset Card Contact", ("contact",)),
)

BLOCKS = (*OPENING, *(name for section in SECTIONS for name in section.blocks))
"""The names of the measured blocks, in their order."""

_TITLES = {section.title.casefold(): section for section in SECTIONS}


def fill(text: str, blocks: Mapping[str, str]) -> str:
    """A card's text with its blocks filled, and nothing else changed.

    Args:
        text: Markdown with marks; the text between them is replaced, but empty blocks stay empty.
        blocks: the content of each block but `contents`, which is made of the headings of the text.

    Raises:
        ValueError: a block is not known, has no end, or stands twice.
    """
    filled = {**blocks, "contents": _contents(text)}
    return "".join(
        f"{_marked(part.block, filled[part.block])}\n" if part.block and part.text.strip() else part.source
        for part in _parts(text)
    )


def compose(prose: str, blocks: Mapping[str, str]) -> str:
    """Put a keeper's words into the sections of a card.

    Args:
        prose: Markdown; a first heading of level 1 is left out. Text under one of the Hub's headings goes under the
            same heading, whatever its level. Other headings stay after the Hub's heading before them.
        blocks: the content of each block but `contents`, which is made of the headings of the card.

    Returns:
        The card from the text before its first section on.

    Raises:
        ValueError: a block is not known, has no end, or stands twice.
    """
    blocks = {**blocks, "contents": ""}
    said, placed = _said(prose)
    own = {title: _filled(text, blocks) for title, text in said.items()}
    for text in own.values():
        check_closed(text)
    before, *after = (_marked(name, blocks[name]) if name not in placed else "" for name in OPENING)
    bodies = []
    for section in SECTIONS:
        measured = [_marked(name, blocks[name]) for name in section.blocks if name not in placed]
        bodies.append([part for part in (own.get(section.title, ""), *measured) if part])
    pieces = [before, own.get("", ""), *after]
    for place, (section, body) in enumerate(zip(SECTIONS, bodies, strict=True)):
        if body or not section.optional:
            unsaid = [] if body or _has_below(place, bodies) else [UNSAID]
            pieces.append("\n\n".join([f"{'#' * section.level} {section.title}", *body, *unsaid]))
    card = "\n\n".join(piece for piece in pieces if piece) + "\n"
    contents = _marked("contents", _contents(card)) + "\n"
    return "".join(contents if part.block == "contents" else part.source for part in _parts(card))


def _contents(text: str) -> str:
    """Links to the headings of level 2 of a text, on one line; empty if it has none."""
    titles = [part.heading[1] for part in _parts(text) if part.heading and part.heading[0] == 2]
    return " · ".join(f"[{plain(title)}](#{_anchor(title)})" for title in titles)


def _anchor(title: str) -> str:
    """The anchor that the Hub and code hosts give to a heading."""
    return "".join(each for each in title.lower().replace(" ", "-") if each.isalnum() or each in "-_")


def markdown_blocks(text: str) -> list[Token]:
    """The paragraphs, headings, lists and so on of a Markdown text; at most a hundred of them may be nested."""
    return MarkdownIt("commonmark", {"maxNesting": 100}).disable(["inline", "text_join"]).parse(text)


def check_closed(text: str) -> None:
    """Check that a Markdown text does not swallow what follows it on a page.

    Raises:
        ValueError: code, a comment or HTML (`<pre>`, `<script>`) begins in it and does not end; or there are too many
            lists inside one another.
    """
    parts = markdown_blocks(f"{text}\n\n# end\n")
    if parts[-1].type != "heading_close":
        begun = parts[-1].map[0] if parts[-1].map else 0
        line = _LINE_END.split(text)[begun].strip()
        raise ValueError(f"what begins with {line[:40]!r} has no end, or is nested too deep")


def block_text(text: str, name: str) -> str | None:
    """The text between the marks of a block of a card; None if the card does not have the block.

    Raises:
        ValueError: a block is not known, has no end, or stands twice.
    """
    return next((part.text.removesuffix("\n") for part in _parts(text) if part.block == name), None)


def _has_below(place: int, bodies: list[list[str]]) -> bool:
    """Whether a section has sections below it that are not left out."""
    for below, body in zip(SECTIONS[place + 1 :], bodies[place + 1 :], strict=True):
        if below.level <= SECTIONS[place].level:
            return False
        if body or not below.optional:
            return True
    return False


def words(prose: str) -> dict[str, str]:
    """The keeper's words by their section, without blocks and comments; words before the first section are under "".

    Raises:
        ValueError: a block is not known, has no end, or stands twice.
    """
    said, _ = _said(prose)
    without = {title: "".join(part.source for part in _parts(text) if not part.block) for title, text in said.items()}
    return {title: text.strip() for title, text in without.items() if text.strip()}


@dataclass(frozen=True)
class _Part:
    """A line of a text, or a block with its marks and what stands between them."""

    source: str
    block: str = ""
    text: str = ""
    heading: tuple[int, str] | None = None


def _parts(text: str) -> Iterator[_Part]:
    """The lines and blocks of a Markdown text; headings and marks inside fenced code are lines like others."""
    fence, begun, seen = "", 0, set[str]()
    lines = enumerate(_lines(text), 1)
    for number, line in lines:
        mark = MARK.fullmatch(line.strip()) if not fence else None
        if mark:
            yield _block(line, _known(mark, number, seen), number, lines)
            continue
        begun = begun if fence else number
        fence = _fence_after(fence, line)
        yield _Part(line, heading=None if fence else _heading(line))
    if fence:
        raise ValueError(f"line {begun}: the code that begins with {fence} has no end")


def _block(mark: str, name: str, number: int, lines: Iterator[tuple[int, str]]) -> _Part:
    """The block that the mark on a line begins; takes its lines, and the one with its end, from those that follow."""
    taken: list[str] = []
    for _, line in lines:
        end = MARK.fullmatch(line.strip())
        if end and end.groups() == ("end", name):
            text = "".join(taken)
            return _Part(f"{mark}{text}{line}", name, text)
        taken.append(line)
    raise ValueError(f"line {number}: the block {name!r} has no <!-- end: {name} -->")


def _heading(line: str) -> tuple[int, str] | None:
    """The level and the title of a line that is a heading; None if it is not."""
    found = _HEADING.fullmatch(line.rstrip("\n"))
    return (len(found[1]), found[2].rstrip().rstrip("#").rstrip()) if found else None


def _lines(text: str) -> list[str]:
    """The lines of a text with their ends; U+2028 and the like end none."""
    return _LINE.findall(text.replace("\r\n", "\n"))


def _known(mark: re.Match[str], number: int, seen: set[str]) -> str:
    kind, name = mark.groups()
    if kind == "end":
        raise ValueError(f"line {number}: the block {name!r} ends and has not begun")
    if name not in BLOCKS:
        near = difflib.get_close_matches(name, BLOCKS, n=1)
        guess = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(f"line {number}: there is no block {name!r}; {guess}there are {', '.join(BLOCKS)}")
    if name in seen:
        raise ValueError(f"line {number}: the block {name!r} is there twice")
    seen.add(name)
    return name


def _fence_after(fence: str, line: str) -> str:
    """The fence that is open after a line; empty if none is."""
    found = _FENCE.match(line)
    if not fence:
        return found[1] if found else ""
    closes = found and found[1].startswith(fence) and not line.strip().strip(fence[0])
    return "" if closes else fence


def _said(prose: str) -> tuple[dict[str, str], set[str]]:
    """The words of each section, those before all under "", and the blocks that they place."""
    said: dict[str, list[str]] = {}
    placed: set[str] = set()
    now, first = "", True
    for part in _parts(_without_comments(prose)):
        if part.block:
            placed.add(part.block)
        if part.heading:
            level, title = part.heading
            section = _TITLES.get(title.casefold().removesuffix("[optional]").strip())
            was_first, first = first, False
            if was_first and level == 1:
                continue
            if section:
                now = section.title
                said.setdefault(now, []).append("\n")
                continue
        elif part.source.strip():
            first = False
        said.setdefault(now, []).append(part.source)
    texts = {title: "".join(pieces) for title, pieces in said.items()}
    return {title: "" if text.strip() == UNSAID else _without_blank_ends(text) for title, text in texts.items()}, placed


def _without_comments(prose: str) -> str:
    """A text without the hints of a template: HTML comments that begin a line, outside of fenced code.

    Raises:
        ValueError: a comment has no end, so that all that follows would be part of it.
    """
    kept, fence, block = [], "", ""
    lines = enumerate(_lines(prose), 1)
    for number, line in lines:
        mark = MARK.fullmatch(line.strip()) if not fence else None
        if block or mark:  # the content of a block will be replaced
            kept.append(line)
            ends = mark and mark.groups() == ("end", block)
            block = "" if ends else block or (mark[2] if mark and mark[1] == "measured" else "")
            continue
        fence = _fence_after(fence, line)
        if not fence and line.startswith("<!--"):
            while "-->" not in line:
                _, line = next(lines, (0, ""))
                if not line:
                    raise ValueError(f"line {number}: the comment that begins with <!-- has no -->")
            line = line.partition("-->")[2]
            if not line.strip():
                continue
        if not fence and _COMMENT.search(line) and "-->" not in line.rpartition("<!--")[2]:
            raise ValueError(f"line {number}: the comment that begins with <!-- has no --> on its line")
        kept.append(line)
    return "".join(kept)


def _filled(text: str, blocks: Mapping[str, str]) -> str:
    """A section's words with the blocks that they place filled."""
    parts = [_marked(part.block, blocks[part.block]) + "\n" if part.block else part.source for part in _parts(text)]
    return _without_blank_ends("".join(parts))


def _without_blank_ends(text: str) -> str:
    """A text without its first and last blank lines. Spaces before its first word may make it code, so they stay."""
    text = text.rstrip()
    blank = _BLANK_LINES.match(text)
    return text[blank.end() :] if blank else text


def _marked(name: str, content: str) -> str:
    """A block with its marks. A line of its content that looks like a mark is escaped."""
    lines = [f"\\{line}" if MARK.fullmatch(line.strip()) else line for line in content.strip("\n").split("\n")]
    return "\n".join([f"<!-- measured: {name} -->", *lines, f"<!-- end: {name} -->"])

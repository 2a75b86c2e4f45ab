"""README.md: write the card of a build, and check that it agrees with the files."""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

from corpus_vn_police.align import opcodes
from corpus_vn_police.config import CHANGES_NAME, Corpus
from corpus_vn_police.contract import document, load_contract
from corpus_vn_police.dataset.files import BuildFile
from corpus_vn_police.dataset.layout import CARD
from corpus_vn_police.documents.accuracy import ACCURACY, ANNOTATION_ACCURACY, PERSONAL_ACCURACY
from corpus_vn_police.documents.charts import FEWEST, plan_charts
from corpus_vn_police.documents.document import Comparison, Document, whole
from corpus_vn_police.documents.facts import Facts
from corpus_vn_police.documents.field_lines import field_lines
from corpus_vn_police.documents.front_matter import front_matter
from corpus_vn_police.documents.markdown import cell, code, fenced, plain, without_front
from corpus_vn_police.documents.phrases import (
    bibtex,
    language,
    left_out,
    licence,
    megabytes,
    most_of,
    opening,
    personal_data,
    time_span,
)
from corpus_vn_police.documents.sections import BLOCKS, MARK, block_text, check_closed, compose, markdown_blocks
from corpus_vn_police.errors import ConfigError
from corpus_vn_police.reasons import meaning_of
from corpus_vn_police.text import counted
from corpus_vn_police.version import GENERATOR

_BLANK_LINES = re.compile(r"\n{3,}")
_SHOWN = 4  # the most lines of a difference that are shown


@dataclass(frozen=True)
class Mismatch:
    """A place where a card does not agree with the files.

    Attributes:
        line: its line in the card, counted from 1.
        block: the name of the measured block that it is in; `front matter`; or empty if it is between blocks.
        expected: what the card should say: at most four lines, and the number of further lines.
        got: what the card says, cut in the same way.
    """

    line: int
    block: str
    expected: str
    got: str

    def __str__(self) -> str:
        """The difference on one line, for messages."""
        where = f"line {self.line}" + (f" ({self.block})" if self.block else "")
        return f"{where}: expected {self.expected!r}, got {self.got!r}"


class Card(Document):
    """README.md: the YAML that the Hub and `datasets` read, the keeper's words, and the measured blocks.

    Its methods are those of `Document`.
    """

    name = CARD
    code = "card"

    def render(self, facts: Facts, file: str = CARD) -> Iterator[bytes]:
        """The text of the card.

        Raises:
            ConfigError: as for `render_card`.
        """
        yield render_card(facts).encode()

    def differences(self, stream: BufferedReader, facts: Facts, file: str = CARD) -> Comparison:
        """Compare the card with the facts.

        The keeper's words in the facts were read from this card. Everything else is compared: every number, table and
        example, the front matter, the sections and their order.
        """
        return Comparison(tuple(differences(render_card(facts), whole(stream).decode())))


def render_card(facts: Facts) -> str:
    """Write a build's card.

    Raises:
        ConfigError: the keeper's words have a block without an end, or an unknown block; or they, or the list of
            changes, open something without closing it, so that the rest of the card would become part of it.
    """
    import yaml

    front = front_matter(facts.corpus, facts.figures, facts.shards, facts.digest)
    head = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=100)
    title = plain(facts.corpus.title)
    try:
        check_closed(_changes(facts.corpus.changes))
    except ValueError as error:
        raise ConfigError(
            f"{CHANGES_NAME}: {error}", "end it in this file: otherwise the rest of the card would become part of it"
        ) from error
    try:
        body = compose(without_front(facts.corpus.prose or ""), measured_blocks(facts))
    except ValueError as error:
        raise ConfigError(f"the card's prose: {error}", "correct the text that [card] prose names") from error
    return f"---\n{head}---\n\n# {title}\n\n{body}"


def measured_blocks(facts: Facts) -> dict[str, str]:
    """The content of every measured block of a card, as Markdown. `contents` is still empty: `compose` fills it."""
    template = _template()
    context = template.new_context({**_settings(facts.corpus, facts), **_measured(facts)})
    contents = {name: "".join(template.blocks[name](context)) for name in BLOCKS}
    return {name: _BLANK_LINES.sub("\n\n", content).strip() for name, content in contents.items()}


def _settings(corpus: Corpus, facts: Facts) -> dict[str, Any]:
    """Values for the blocks from the settings, the schemas and the software."""
    schemas = {contract.name: contract.document["$id"] for contract in corpus.contracts.values()}
    return {
        "corpus": corpus,
        "language": language(corpus.language),
        "licence": licence(corpus),
        "bibtex": bibtex(corpus, facts.figures, facts.digest),
        "accuracy": ACCURACY,
        "annotation_accuracy": ANNOTATION_ACCURACY,
        "personal_accuracy": PERSONAL_ACCURACY,
        "rules_version": document("annotations")["x-rules-version"],
        "schema_versions": {name: identity.rpartition(":")[2] for name, identity in schemas.items()},
        "lists": {field.name: field.description for field in load_contract("annotations").fields()},
        "generator": GENERATOR,
    }


def _measured(facts: Facts) -> dict[str, Any]:
    """Values for the blocks that were measured from the files."""
    figures, contracts = facts.figures, facts.corpus.contracts
    examples = facts.examples
    return {
        "figures": figures,
        "shards": facts.shards,
        "digest": facts.digest,
        "charts": plan_charts(figures) if facts.pictures else (),
        "fewest": FEWEST,
        "configs": facts.configs,
        "opening": opening(facts.corpus, figures),
        "time": time_span(figures),
        "most": most_of(figures),
        "left_out": left_out(figures),
        "personal": personal_data(facts.corpus, figures),
        "examples": examples,
        "counted_fields": facts.counted,
        "reasons": [(code, meaning_of(code), number) for code, number in figures.reasons.items()],
        "sizes": {"all": _size(facts.shards)}
        | {config: _size([each for each in facts.shards if each.config == config]) for config in facts.configs},
        "tables": {config: field_lines(contracts[config], examples.values[config]) for config in facts.configs},
    }


def _size(shards: Sequence[BuildFile]) -> dict[str, str]:
    """The size of some Parquet files, and of their rows in memory."""
    return {
        "file": megabytes(sum(shard.bytes for shard in shards)),
        "memory": megabytes(sum(shard.arrow_bytes for shard in shards)),
    }


@functools.cache
def _template() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - this is Markdown; text from outside goes through `plain` or `fenced`
    )
    environment.globals["count"] = "{:,}".format
    environment.filters |= {
        "cell": cell,
        "plain": plain,
        "fenced": fenced,
        "changes": _changes,
        "counted": counted,
        "code": code,
        "json": lambda value: json.dumps(value, ensure_ascii=False, indent=2),
        "least": lambda values: min(value for value in values if value),
        "greatest": max,
    }
    return environment.get_template("blocks.md.jinja")


def read_prose(card: str) -> tuple[str, str | None]:
    """The keeper's words in a card that `render_card` wrote.

    Returns:
        The text of the card without its front matter, and the list of changes; None if the keeper gave no changes.

    Raises:
        ValueError: a block has no end, or is not known.
    """
    text = without_front(card)
    changes = block_text(text, "changes")
    if changes is None:
        raise ValueError("the block 'changes' is missing, or was moved")
    return text, None if changes == _template_words("changes") else changes


def _template_words(block: str) -> str:
    """The words of a block if the keeper has written nothing for it."""
    template = _template()
    return "".join(template.blocks[block](template.new_context({"corpus": {"changes": None}}))).strip()


def differences(expected: str, got: str) -> list[Mismatch]:
    """The places where a card differs from what it should be, in the order of the card.

    Args:
        expected: what `render_card` gives for the files.
        got: the card that the build has.
    """
    if expected == got:
        return []
    right, there = expected.split("\n"), got.split("\n")
    blocks = _blocks(right)
    return [
        Mismatch(line + 1, blocks[start], *map(_shown, (right[start:stop], there[line:end])))
        for kind, start, stop, line, end in opcodes(right, there)
        if kind != "equal"
    ]


def _shown(lines: list[str]) -> str:
    more = [f"… and {len(lines) - _SHOWN} more lines"] if len(lines) > _SHOWN else []
    return "\n".join([*lines[:_SHOWN], *more])


def _blocks(lines: list[str]) -> list[str]:
    """The name of the block that each line of a card is in, and one more for the end of the card."""
    closed = lines.index("---", 1) if "---" in lines[1:] else 0
    names, now = ["front matter"] * closed, ""
    for line in lines[closed:]:
        mark = MARK.fullmatch(line)
        if mark:
            now = mark[2] if mark[1] == "measured" else ""
        names.append(now)
    return [*names, now]


def _changes(text: str | None) -> str:
    """A keeper's list of changes without its title; its other headings become bold text below a heading of the card."""
    lines = (text or "").strip().replace("\r\n", "\n").split("\n")
    lines = "\n".join(lines[1:] if lines[0].startswith("# ") else lines).strip().split("\n")
    lines = [f"\\{line.strip()}" if MARK.fullmatch(line.strip()) else line for line in lines]
    kept: list[str] = []
    place = 0
    for heading, said in itertools.pairwise(markdown_blocks("\n".join(lines))):
        if heading.type == "heading_open" and heading.level == 0 and heading.map:
            start, end = heading.map
            bold = f"**{said.content.strip()}**" if said.content.strip() else ""
            kept += [*lines[place:start], "", bold, ""]
            place = end
    return _BLANK_LINES.sub("\n\n", "\n".join([*kept, *lines[place:]])).strip()

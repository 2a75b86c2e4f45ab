"""What a card does not say yet, although its readers need it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from corpus_vn_police.config import Corpus
from corpus_vn_police.documents.markdown import without_front
from corpus_vn_police.documents.sections import UNSAID, markdown_blocks


@dataclass(frozen=True)
class Unfinished:
    """What is missing from a card.

    Attributes:
        sections: the headings below which the card says `[More Information Needed]`, in its order.
        contact: whether it names nobody to write to.
        licence: whether the licence is `other`, without a name.
    """

    sections: tuple[str, ...]
    contact: bool
    licence: bool

    @classmethod
    def of(cls, card: str, corpus: Corpus) -> Unfinished:
        """What is missing from a card, by its text and the settings of its build."""
        nameless = corpus.license == "other" and not corpus.license_name
        return cls(tuple(dict.fromkeys(_unsaid(card))), not corpus.contact, nameless)

    def __bool__(self) -> bool:
        """Whether anything is missing."""
        return bool(self.sections or self.contact or self.licence)

    @property
    def summary(self) -> str:
        """All of it in a few words: `12 sections, no contact`."""
        count = len(self.sections)
        sections = f"{count} section{'' if count == 1 else 's'} to write" if count else ""
        contact, licence = "no contact" if self.contact else "", "a licence without a name" if self.licence else ""
        return ", ".join(filter(None, (sections, contact, licence)))

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is missing and what to write, a sentence each."""
        return tuple(self._sentences())

    def _sentences(self) -> Iterator[str]:
        if self.sections:
            yield f"these sections say {UNSAID}: {'; '.join(self.sections)}"
        if self.contact:
            yield "there is nobody to write to, also for takedown: set `contact` in corpus.toml"
        if self.licence:
            yield "the licence is `other` without a name: set `license_name` (and `license_link`) in corpus.toml"


def _unsaid(card: str) -> Iterator[str]:
    """The headings of a card below which something is not said; code, as of examples, is not looked into."""
    heading, is_heading = "the beginning", False
    for part in markdown_blocks(without_front(card)):
        if part.type in ("heading_open", "heading_close"):
            is_heading = part.type == "heading_open"
        elif part.type == "inline" and is_heading:
            heading = part.content
        elif part.type == "inline" and UNSAID in part.content:
            yield heading

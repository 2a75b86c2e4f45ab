"""What the keeper and this software say about a corpus, in Croissant's RAI vocabulary."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from corpus_vn_police.config import Corpus
from corpus_vn_police.contract import document
from corpus_vn_police.dataset.figures import Figures
from corpus_vn_police.documents.markdown import without_front
from corpus_vn_police.documents.sections import words
from corpus_vn_police.errors import ConfigError
from corpus_vn_police.reasons import QUALITY_SYLLABLE_SHARE, QUALITY_VIETNAMESE_SHARE
from corpus_vn_police.text import visible
from corpus_vn_police.version import GENERATOR

# The sections of the Hub's card, and the properties that they fill. The text of other sections is not in the
# Croissant file.
SECTIONS: dict[str, tuple[str, ...]] = {
    "Uses": ("dataUseCases",),
    "Direct Use": ("dataUseCases",),
    "Out-of-Scope Use": ("dataLimitations",),
    "Source Data": ("dataCollection",),
    "Data Collection and Processing": ("dataCollection",),
    "Who are the source data producers?": ("dataCollectionRawData",),
    "Annotations": ("dataAnnotationProtocol",),
    "Annotation process": ("dataAnnotationProtocol",),
    "Who are the annotators?": ("annotatorDemographics",),
    "Personal and Sensitive Information": ("personalSensitiveInformation",),
    "Bias, Risks, and Limitations": ("dataBiases", "dataLimitations"),
    "Recommendations": ("dataUseCases",),
    "Dataset Card Contact": ("dataReleaseMaintenancePlan",),
}

# The properties that have one text. The others have a list of texts.
_ONE = {"dataCollection", "dataCollectionRawData", "dataCollectionMissingData", "dataReleaseMaintenancePlan"}

_LONGEST = 20_000  # code points of a paragraph whose marks are read: for each mark of HTML, all the rest is searched

_INLINE = {"inline", "paragraph", "heading", "link", "em", "strong", "image"}


def rai_fields(corpus: Corpus, figures: Figures) -> dict[str, str | list[str]]:
    """The RAI properties of a build, without their prefix.

    Args:
        corpus: the settings, and the keeper's prose.
        figures: what was measured.

    Raises:
        ValueError: the prose cannot be put on a card.
    """
    said = words(without_front(corpus.prose or ""))
    found: dict[str, list[str]] = {}
    for title, keys in SECTIONS.items():
        text = plain_text(said.get(title, ""))
        for key in keys if text else ():
            found.setdefault(key, []).append(text)
    for key, text in _known(corpus, figures):
        found.setdefault(key, []).append(text)
    return {key: "\n\n".join(texts) if key in _ONE else texts for key, texts in sorted(found.items())}


def summary(corpus: Corpus) -> str | None:
    """The keeper's summary, else the first paragraph of the prose as plain text; None if there is neither.

    Raises:
        ValueError: the prose cannot be put on a card.
    """
    if corpus.summary:
        return corpus.summary
    said = words(without_front(corpus.prose or ""))
    texts = [plain_text(said.get(title, "")) for title in ("", "Dataset Description")]
    return next((text.split("\n\n")[0] for text in texts if text), None)


def plain_text(markdown: str) -> str:
    """A Markdown text without its marks and its HTML: paragraphs separated by a blank line.

    A paragraph of more than 20,000 code points stays as it is.

    Raises:
        ConfigError: there are more levels of emphasis than Python can follow.
    """
    try:
        blocks = SyntaxTreeNode(_markdown().parse(markdown)).children
        return "\n\n".join(text for text in map(_plain, blocks) if text)
    except RecursionError as error:
        raise ConfigError(
            f"the card's prose: too many levels of emphasis, below {markdown.strip()[:40]!r}",
            "correct the text that [card] prose names",
        ) from error


@functools.cache
def _markdown() -> MarkdownIt:
    reader = MarkdownIt("commonmark")
    reader.core.ruler.at("inline", _read_marks)
    return reader


def _read_marks(state: StateCore) -> None:
    """Parse the text of paragraphs and headings, except those that are too long."""
    for token in state.tokens:
        if token.type == "inline" and len(token.content) <= _LONGEST:
            token.children = []
            state.md.inline.parse(token.content, state.md, state.env, token.children)
        elif token.type == "inline":
            token.children = [Token("text", "", 0, content=" ".join(token.content.split()))]


def _plain(node: SyntaxTreeNode) -> str:
    """One node of a Markdown text, without its marks and its HTML."""
    if node.type in ("html_block", "html_inline"):
        return ""
    if node.type in ("softbreak", "hardbreak"):
        return " "
    if node.type in ("fence", "code_block"):
        return visible(node.content.strip())
    if not node.children:
        return visible(node.content)
    inner = [_plain(child) for child in node.children]
    if node.type == "list_item":
        return "- " + "\n".join(inner)
    text = ("" if node.type in _INLINE else "\n").join(inner)
    target = str(node.attrs.get("href", "")).removeprefix("mailto:")
    return f"{text} ({target})" if target not in ("", text) else text


def _known(corpus: Corpus, figures: Figures) -> Iterator[tuple[str, str]]:
    """What this software knows about a build: pairs of a property and a sentence."""
    for sentence in _preprocessing(corpus):
        yield "dataPreprocessingProtocol", sentence
    if any(figures.spans.values()):
        named = ", ".join(f"{count:,} {name}" for name, count in figures.spans.items())
        version = document("annotations")["x-rules-version"]
        rules = f"The config annotations is made by rules (version {version}), not by people: {named}."
        yield "dataAnnotationProtocol", rules
        yield "machineAnnotationTools", GENERATOR
    elif figures.spans:
        yield "dataAnnotationProtocol", "The rules of the config annotations found nothing in these texts."
    if not corpus.finds_personal:
        yield "personalSensitiveInformation", "Personal data was not looked for."
    elif corpus.privacy == "mask":
        yield (
            "personalSensitiveInformation",
            "Placeholders replace the personal data that rules found. They may miss some.",
        )
    elif corpus.privacy == "drop":
        yield (
            "personalSensitiveInformation",
            "Records in which rules found personal data are left out. They may miss some.",
        )
    if figures.privacy:
        named = ", ".join(f"{kind} in {count:,} records" for kind, count in figures.privacy.items())
        yield (
            "personalSensitiveInformation",
            f"Rules found some, and the field privacy names its kinds: {named}.",
        )
    counts = [f"{count:,} {status}" for status, count in figures.status.items() if count]
    rows = f"{', '.join(counts)}. ledger.parquet has a row for every seed that was read, and says why one is left out."
    yield "dataCollectionMissingData", f"Of {figures.seeds:,} seeds: {rows}"
    keeping = (
        "A record that is taken down leaves every file; the ledger keeps its id and sha256, so that it stays away."
    )
    moving = "Neither that nor new records move another record to another split."
    yield "dataReleaseMaintenancePlan", f"{keeping} {moving}"
    if corpus.contact:
        yield "dataReleaseMaintenancePlan", f"Contact, also for takedown: {visible(corpus.contact)}"


def _preprocessing(corpus: Corpus) -> Iterator[str]:
    damaged = "unless it could be restored exactly" if corpus.text.repair else "never mended"
    yield (
        "Texts are strict UTF-8; their newlines, invisible characters and spaces are made uniform, and their Unicode "
        f"form is NFC. The header with the date is taken out. A damaged text is rejected, {damaged}."
    )
    if corpus.text.tone != "keep":
        yield f"The mark of the tone (hòa, hoà) is written in the {corpus.text.tone} style."
    if corpus.structure:
        yield "Headline, captions, byline and the residue of the page are found by rules and taken out of the text."
    if corpus.quality:
        yield (
            "A text is rejected if the share of letters that only Vietnamese uses is below "
            f"{corpus.threshold(QUALITY_VIETNAMESE_SHARE)}, or the share of words that are Vietnamese syllables below "
            f"{corpus.threshold(QUALITY_SYLLABLE_SHARE)}."
        )
    yield _copies(corpus)
    yield _splits(corpus)


def _copies(corpus: Corpus) -> str:
    if corpus.dedup.level == "off":
        return "Copies were not looked for, beside those that share their id."
    near = (
        f" or with which its 5-syllable shingles have a Jaccard similarity of {corpus.dedup.threshold} or more"
        if corpus.dedup.level == "near"
        else ""
    )
    return (
        "A text is left out where an earlier one stays that is the same but for case, punctuation, spaces and the "
        f"style of the tone{near}."
    )


def _splits(corpus: Corpus) -> str:
    splits = corpus.splits
    if splits.strategy == "hash":
        return f"A record's split is decided by the sha256 of {splits.seed} and its id alone."
    starts = {"validation": splits.validation_from, "test": splits.test_from}
    named = ", ".join(f"{split} from {start}" for split, start in starts.items() if start)
    if not named:
        return "All records are in train."
    return (
        f"Records are split by the last day that their date can mean: {named}, and train has all that are earlier or "
        "undated."
    )

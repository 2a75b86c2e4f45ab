"""What the keeper and this software say of a corpus, under the names of Croissant's RAI vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from corpus_vn_police.build.card import visible
from corpus_vn_police.build.figures import Figures
from corpus_vn_police.config import Corpus

# The sections of the Hub's card, as its template names them. What stands below a heading that is not
# listed belongs to the one above it.
SECTIONS: dict[str, tuple[str, ...]] = {
    "uses": ("dataUseCases",),
    "direct use": ("dataUseCases",),
    "out-of-scope use": ("dataLimitations",),
    "dataset creation": (),
    "source data": ("dataCollection",),
    "data collection and processing": ("dataCollection",),
    "who are the source data producers?": ("dataCollectionRawData",),
    "annotations": ("dataAnnotationProtocol",),
    "annotation process": ("dataAnnotationProtocol",),
    "who are the annotators?": ("annotatorDemographics",),
    "personal and sensitive information": ("personalSensitiveInformation",),
    "bias, risks, and limitations": ("dataBiases", "dataLimitations"),
    "recommendations": ("dataUseCases",),
    "dataset card contact": ("dataReleaseMaintenancePlan",),
    "takedown": ("dataReleaseMaintenancePlan",),
}

# Those that hold one text; the others hold a list of texts.
_ONE = {"dataCollection", "dataCollectionRawData", "dataCollectionMissingData", "dataReleaseMaintenancePlan"}

_INLINE = {"inline", "paragraph", "heading", "link", "em", "strong", "image"}

_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_MEASURED = re.compile(r"<!-- measured: (\S+) -->.*?<!-- end: \1 -->", re.DOTALL)


def rai_fields(corpus: Corpus, figures: Figures, configs: Sequence[str]) -> dict[str, str | list[str]]:
    """The RAI properties of a build, without their prefix.

    Args:
        corpus: the settings, and the keeper's prose.
        figures: what was measured.
        configs: those that were built.
    """
    found: dict[str, list[str]] = {}
    for heading, text in sections(corpus.prose or ""):
        for key in SECTIONS[heading] if heading else ():
            found.setdefault(key, []).append(text)
    for key, text in _known(corpus, figures, configs):
        found.setdefault(key, []).append(text)
    return {key: "\n\n".join(texts) if key in _ONE else texts for key, texts in sorted(found.items())}


def summary(prose: str | None) -> str | None:
    """The first paragraph of the keeper's prose as plain text; None where there is none."""
    return next((text.split("\n\n")[0] for _, text in sections(prose or "")), None)


def sections(markdown: str) -> Iterator[tuple[str, str]]:
    """The sections of a card's prose as plain text, without what was measured into it.

    Returns:
        Of each run of text the heading that it stands below, as the Hub's card names it (in lower case;
        empty where it stands below none of those), and the text: paragraphs parted by a blank line.
    """
    tokens = MarkdownIt("commonmark").parse(_MEASURED.sub("", _FRONT.sub("", markdown)))
    above: list[tuple[int, str]] = []
    texts: list[str] = []
    for node in SyntaxTreeNode(tokens).children:
        if node.type == "heading":
            if texts:
                yield _nearest(above), "\n\n".join(texts)
            level, texts = int(node.tag[1:]), []
            above = [*(entry for entry in above if entry[0] < level), (level, _plain(node).lower())]
        elif text := _plain(node).strip():
            texts.append(text)
    if texts:
        yield _nearest(above), "\n\n".join(texts)


def _nearest(above: list[tuple[int, str]]) -> str:
    return next((heading for _, heading in reversed(above) if heading in SECTIONS), "")


def _plain(node: SyntaxTreeNode) -> str:
    """A part of a Markdown text without its marks and its HTML."""
    if node.type in ("html_block", "html_inline"):
        return ""
    if node.type in ("softbreak", "hardbreak"):
        return " "
    if not node.children:
        return visible(node.content)
    inner = [_plain(child) for child in node.children]
    if node.type == "list_item":
        return "- " + "\n".join(inner)
    text = ("" if node.type in _INLINE else "\n").join(inner)
    target = str(node.attrs.get("href", "")).removeprefix("mailto:")
    return f"{text} ({target})" if target not in ("", text) else text


def _known(corpus: Corpus, figures: Figures, configs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What this software knows of a build: the property, and a sentence."""
    yield (
        "dataPreprocessingProtocol",
        (
            "Texts are strict UTF-8; their newlines, invisible characters and spaces are made uniform, and their "
            "Unicode form is NFC. The header with the date is taken out. A damaged text is rejected"
            + (", unless it could be restored exactly." if corpus.text.repair else ", never mended.")
        ),
    )
    if corpus.text.tone != "keep":
        yield (
            "dataPreprocessingProtocol",
            f"The mark of the tone (hòa, hoà) is written in the {corpus.text.tone} style.",
        )
    if corpus.structure:
        yield (
            "dataPreprocessingProtocol",
            ("Headline, captions, byline and the residue of the page are found by rules and taken out of the text."),
        )
    if corpus.quality.enabled:
        yield (
            "dataPreprocessingProtocol",
            (
                "A text is rejected where the share of letters that only Vietnamese uses is below "
                f"{corpus.quality.min_vietnamese_share}, or the share of words that are Vietnamese syllables below "
                f"{corpus.quality.min_syllable_share}."
            ),
        )
    yield "dataPreprocessingProtocol", _copies(corpus)
    yield "dataPreprocessingProtocol", _splits(corpus)
    if "annotations" in configs:
        yield (
            "dataAnnotationProtocol",
            ("The annotations are made by rules, not by people; where the rules find nothing, a list is empty."),
        )
        yield "machineAnnotationTools", "corpus-vn-police"
    left_out = {status: count for status, count in figures.status.items() if count and status != "published"}
    named = "".join(f", {count:,} {status}" for status, count in left_out.items())
    yield (
        "dataCollectionMissingData",
        (
            f"ledger.parquet has a row for every seed that was read, and says why one is not published: "
            f"{figures.records:,} published{named}."
        ),
    )
    yield (
        "dataReleaseMaintenancePlan",
        (
            "A record that is taken down leaves every file; the ledger keeps its id and sha256, so that it stays away. "
            "Neither that nor new records move another record to another split."
        ),
    )
    if corpus.contact:
        yield "dataReleaseMaintenancePlan", f"Contact, also for takedown: {visible(corpus.contact)}"


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
        f"The splits follow time, by the last day that a record's date can mean: {named}, train before; undated "
        "records are in train."
    )

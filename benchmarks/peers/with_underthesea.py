"""The entities of a text by the CRF model in underthesea's wheel."""

from __future__ import annotations

from peers.token_spans import entities
from underthesea import ner, sent_tokenize


def tagged(text: str) -> list[tuple[str, str]]:
    """The kind (`PER`, `LOC`, `ORG`, `MISC`) and the words of each entity.

    Its `ner` takes a sentence: each paragraph is split by its own `sent_tokenize`. Of whole paragraphs it finds fewer
    persons, and of whole texts fewer still.
    """
    paragraphs = [line for line in text.split("\n") if line.strip()]
    sentences = [sentence for paragraph in paragraphs for sentence in sent_tokenize(paragraph)]
    return [
        entity
        for sentence in sentences
        for entity in entities(sentence, [(word, tag) for word, *_, tag in ner(sentence)])
    ]

"""The documents of a build: the files that describe it, beside its Parquet files."""

from corpus_vn_police.documents.card import Card
from corpus_vn_police.documents.croissant import Croissant
from corpus_vn_police.documents.document import Comparison, Document
from corpus_vn_police.documents.export import Export
from corpus_vn_police.documents.facts import Facts
from corpus_vn_police.documents.pictures import Pictures
from corpus_vn_police.files import open_file

__all__ = ["CARD", "DOCUMENTS", "Document", "compare"]

CARD = Card()

DOCUMENTS: tuple[Document, ...] = (Pictures(), Export(), CARD, Croissant())
"""The documents in the order in which they are written: Croissant lists files that those before it wrote."""


def compare(document: Document, facts: Facts, file: str) -> Comparison:
    """Compare a file of a build with what its document should say.

    Raises:
        OSError, IrregularError: it cannot be opened.
        ValueError, RecursionError, ConfigError: as `Document.differences`.
    """
    with open_file(facts.folder / file) as stream:
        return document.differences(stream, facts, file)

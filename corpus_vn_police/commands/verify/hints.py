"""What to do about each kind of problem that `verify` finds."""

from __future__ import annotations

from corpus_vn_police.documents import DOCUMENTS

_AGAIN = "build it again, or download it again from where it was published"
_SAYS_ELSE = "the files were changed, and the manifest too: do not trust this copy; " + _AGAIN
_DOCUMENT = "build it again; never edit this file, because its content is measured: edit corpus.toml and the prose"
_DEFECT = "build it again with this version; if the problem stays, it is a defect of corpus-vn-police: please report it"

HINTS = {
    **{f"{document.code}.{what}": _DOCUMENT for document in DOCUMENTS for what in ("content", "invalid")},
    "annotations.span": _SAYS_ELSE,
    "card.loading": _SAYS_ELSE,
    "configs.aligned": _SAYS_ELSE,
    "copies.duplicate": _DEFECT,
    "copies.near_duplicate": _DEFECT,
    "file.digest": _AGAIN,
    "file.empty": _SAYS_ELSE,
    "file.foreign": _SAYS_ELSE,
    "file.missing": _AGAIN,
    "file.not_regular": "delete it or move it out of the folder; if it replaced a file of the build, " + _AGAIN,
    "file.unlisted": "delete it or move it out of the folder: programs that load the dataset might read it",
    "file.unreadable": _AGAIN,
    "ledger.balance": _SAYS_ELSE,
    "ledger.duplicates": _SAYS_ELSE,
    "ledger.order": _SAYS_ELSE,
    "ledger.records": _SAYS_ELSE,
    "manifest.content_digest": _SAYS_ELSE,
    "manifest.digest": _AGAIN,
    "manifest.files": _SAYS_ELSE,
    "manifest.invalid": "if another version built it, verify it with that version; else " + _AGAIN,
    "manifest.schemas": "verify it with the version that built it (the manifest names it), or build it again",
    "records.id": _SAYS_ELSE,
    "records.order": _SAYS_ELSE,
    "removed.present": "take the ids down again with remove, and publish the result before anything else",
    "schema.columns": _SAYS_ELSE,
    "schema.row": _SAYS_ELSE,
    "shards.cut": _SAYS_ELSE,
    "sources.sha256": _SAYS_ELSE,
    "splits.assignment": _SAYS_ELSE,
    "splits.count": _SAYS_ELSE,
}
"""What to do next about a problem, by code."""

WARNINGS = {
    "splits.lopsided": "if you do not want this, choose other starts or ratios in [splits] and build again",
}
"""What to do next about what is not a problem, by code."""

WORDS = {
    **{f"{document.code}.content": "this file does not say what the data says" for document in DOCUMENTS},
    **{f"{document.code}.invalid": "this file is not one that a build writes" for document in DOCUMENTS},
    "annotations.span": "an annotation does not fit the text of its record",
    "card.loading": "the card tells load_dataset something else than is there",
    "configs.aligned": "annotations or sources are not in step with the records",
    "copies.duplicate": "records with the same text are published",
    "copies.near_duplicate": "near duplicates are published",
    "file.digest": "a file has other bytes than the manifest says",
    "file.empty": "a file holds no records",
    "file.foreign": "the manifest lists a file that a build does not have",
    "file.missing": "a file is missing",
    "file.not_regular": "something is a link, a device or a folder where a file should be",
    "file.unlisted": "a file is not part of the build",
    "file.unreadable": "a file cannot be read",
    "ledger.balance": "the ledger does not add up",
    "ledger.duplicates": "the ledger and the records count duplicates differently",
    "ledger.order": "the ledger is not in the order of its paths",
    "ledger.records": "the ledger and the records do not name the same seeds",
    "manifest.content_digest": "the data is not what the manifest says",
    "manifest.digest": "the manifest was changed",
    "manifest.files": "the manifest lists a file twice",
    "manifest.invalid": "the manifest cannot be used",
    "manifest.schemas": "the schemas are not those of this version",
    "records.id": "an id is there twice",
    "records.order": "the records are not in the order of their paths",
    "removed.present": "something that was taken down is still there",
    "schema.columns": "a table has other columns than its schema",
    "schema.row": "a row does not fit its schema",
    "shards.cut": "the data is not cut into files as the settings say",
    "sources.sha256": "a seed's bytes are not those that were read",
    "splits.assignment": "a record is in another split than its date or id says",
    "splits.count": "a split does not hold as many records as the manifest says",
    "splits.lopsided": "a split is small for its purpose",
}
"""What a problem or a warning is, in words, by code."""

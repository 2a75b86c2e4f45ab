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

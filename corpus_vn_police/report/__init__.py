"""A build -> one self-contained page for the keeper's own eyes, beside the build and never published."""

from corpus_vn_police.report.write import MOST_TEXTS, Asked, Page, write_report

__all__ = ["MOST_TEXTS", "Asked", "Page", "write_report"]

"""Sign -> pair -> drop: find records that are copies of one article, and decide which of them is published."""

from corpus_vn_police.dedup.copies import Copies, Signed, find_copies
from corpus_vn_police.dedup.key import dedup_key
from corpus_vn_police.dedup.order import first_days
from corpus_vn_police.dedup.settle import Settled, settle
from corpus_vn_police.dedup.sign import sign

__all__ = ["Copies", "Settled", "Signed", "dedup_key", "find_copies", "first_days", "settle", "sign"]

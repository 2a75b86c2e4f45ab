"""Annotate one record: the content found in it, and its strings with personal data masked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from corpus_vn_police.config import Corpus
from corpus_vn_police.reasons import PRIVACY
from corpus_vn_police.stages.annotate.abbreviations import abbreviations
from corpus_vn_police.stages.annotate.columns import NOTHING, Found
from corpus_vn_police.stages.annotate.gates import Gates
from corpus_vn_police.stages.annotate.masking import Masked, masked
from corpus_vn_police.stages.annotate.people import people
from corpus_vn_police.stages.annotate.personal import personal
from corpus_vn_police.stages.annotate.quotes import quotes
from corpus_vn_police.stages.annotate.record_strings import apart, joined, strings_in, with_strings


@dataclass(frozen=True)
class Looked:
    """The result for a record.

    Attributes:
        found: the content found in its text; if the text was masked, the spans are those in the masked text.
        kinds: the kinds of personal data in all of its strings, in the order of the schema.
        counted: how often each kind was found, for the ledger.
        masked: its values with placeholders; None if nothing had to be masked.
    """

    found: Found
    kinds: tuple[str, ...]
    counted: str
    masked: Sequence[Any] | None


def look_at(values: Sequence[Any], may_have: Gates, corpus: Corpus) -> Looked:
    """Look for everything that the settings ask for.

    Args:
        values: the record's values in the columns of `record_strings.columns_of`; the text comes first.
        may_have: the gates of its text.
        corpus: reads `annotations`, `privacy`.
    """
    strings = list(strings_in(values))
    whole = text = strings[0]
    if len(strings) > 1:
        whole = joined(strings)
        may_have = may_have.opened_by(whole[len(text) :])
    officers = people(whole) if may_have.ranks else []
    spans = personal(whole, officers, may_have)
    places = apart(strings, spans) if len(strings) > 1 else [spans]
    found = NOTHING
    if corpus.annotations:
        mine = [officer for officer in officers if officer.mention.end <= len(text)]
        short = abbreviations(text) if may_have.short_forms else []
        found = Found(text, short, mine, quotes(text, mine), places[0])
    if not any(places):
        return Looked(found, (), "", None)
    numbers = Counter(kind for each in places for _, kind in each)
    kinds = tuple(kind for kind in PRIVACY if kind in numbers)
    counted = ", ".join(f"{numbers[kind]} {kind}" for kind in kinds)
    if corpus.privacy != "mask":
        return Looked(found, kinds, counted, None)
    new = [masked(string, mine) for string, mine in zip(strings, places, strict=True)]
    changed = with_strings(values, iter([each.text for each in new]))
    return Looked(_moved(found, new[0]) if corpus.annotations else NOTHING, kinds, counted, changed)


def _moved(found: Found, new: Masked) -> Found:
    """The spans of a text, moved to their positions in the masked text."""

    def moved(spans: Sequence[Any]) -> list[Any]:
        return [type(each)(*(part and new.moved(part) for part in each)) for each in spans]

    return Found(new.text, moved(found.abbreviations), moved(found.people), moved(found.quotes), new.places)

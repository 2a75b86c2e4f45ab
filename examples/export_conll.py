"""Write the officers and the direct speech of a built folder as CoNLL, or as a DocBin for spaCy.

    python examples/export_conll.py BUILD --out people.conll
    python examples/export_conll.py BUILD --split test --layers people --out people.conll
    python examples/export_conll.py BUILD --docbin --out people.spacy       # needs `pip install spacy`

CoNLL has one token per line, followed by a tab and its tag in each layer, in BIO: OFFICER for people, QUOTE for
quotes. A blank line ends a paragraph, and a line `-DOCSTART- (id)` begins a record. A tag cannot continue across a
blank line, so speech of several paragraphs begins again in each.

A DocBin has one Doc per record: the officers are its `ents`, the speech is `spans["quotes"]`, and `user_data` has the
id and the speaker of each quote.
"""

from __future__ import annotations

import argparse
import bisect
import importlib.util
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import datasets

LABELS = {"people": "OFFICER", "quotes": "QUOTE"}
_TOKEN = re.compile(r"\w+|[^\w\s]")
_PARAGRAPHS = "\n\n"  # the separator of paragraphs in a record's text


class Token(NamedTuple):
    """A piece of a text, in code points from `start` up to, but not including, `end`."""

    start: int
    end: int


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description="Write officers and direct speech as CoNLL, or as a DocBin for spaCy.")
    parser.add_argument("build", help="a built folder, or anything that `datasets.load_dataset` accepts")
    parser.add_argument("--out", required=True, type=Path, help="the file to write")
    parser.add_argument("--split", default="train", help="train (the default), validation or test")
    parser.add_argument("--layers", nargs="+", choices=list(LABELS), default=list(LABELS), help="the columns of tags")
    parser.add_argument("--docbin", action="store_true", help="write a DocBin for spaCy; it always has both layers")
    args = parser.parse_args(given)
    if args.docbin and not importlib.util.find_spec("spacy"):
        parser.error("--docbin needs spaCy: pip install spacy")
    return args


def annotated(build: str, split: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The id, the text and the annotations of each record of a split.

    Raises:
        SystemExit: the rows of the two configs belong to different records, as in a folder that somebody changed.
    """
    records = datasets.load_dataset(build, split=split).select_columns(["id", "text"])
    found = datasets.load_dataset(build, "annotations", split=split)
    if list(records["id"]) != list(found["id"]):
        raise SystemExit(
            f"{build}: the rows of `annotations` do not match those of `default`: run `corpus-vn-police verify`"
        )
    for record, spans in zip(records, found, strict=True):
        yield record["id"], record["text"], spans


def tokens_of(text: str, spans: Iterable[Mapping[str, Any]]) -> list[Token]:
    """Words and other single characters, without white space, cut wherever a span begins or ends.

    So every span is a run of whole tokens.
    """
    edges = sorted({0, len(text), *(span[edge] for span in spans for edge in ("start", "end"))})
    pieces = itertools.pairwise(edges)
    return [Token(*found.span()) for first, end in pieces for found in _TOKEN.finditer(text, first, end)]


def paragraphs_of(text: str, tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The tokens of each paragraph that has any."""
    paragraph: list[Token] = []
    for token in tokens:
        if paragraph and _PARAGRAPHS in text[paragraph[-1].end : token.start]:
            yield paragraph
            paragraph = []
        paragraph.append(token)
    if paragraph:
        yield paragraph


def tags_of(tokens: Sequence[Token], spans: Iterable[Mapping[str, Any]], label: str) -> list[str]:
    """The BIO tag of each token of a paragraph. Spans of one layer do not overlap."""
    tags, starts = ["O"] * len(tokens), [token.start for token in tokens]
    for span in spans:
        first, end = (bisect.bisect_left(starts, span[edge]) for edge in ("start", "end"))
        tags[first:end] = [f"{'I' if place else 'B'}-{label}" for place in range(end - first)]
    return tags


def conll_of(id_: str, text: str, spans: Mapping[str, Any], layers: Sequence[str]) -> Iterator[str]:
    """The lines of a record."""
    yield "\t".join([f"-DOCSTART- ({id_})", *["O"] * len(layers)])
    yield ""
    tokens = tokens_of(text, itertools.chain.from_iterable(spans[layer] for layer in layers))
    for paragraph in paragraphs_of(text, tokens):
        columns = [tags_of(paragraph, spans[layer], LABELS[layer]) for layer in layers]
        for token, *tags in zip(paragraph, *columns, strict=True):
            yield "\t".join([text[token.start : token.end], *tags])
        yield ""


def docbin_of(rows: Iterable[tuple[str, str, Mapping[str, Any]]]) -> Any:
    """A `spacy.tokens.DocBin` with a Doc per record."""
    from spacy.tokens import Doc, DocBin
    from spacy.util import get_words_and_spaces
    from spacy.vocab import Vocab

    vocab, docs = Vocab(), DocBin(store_user_data=True)
    for id_, text, spans in rows:
        tokens = tokens_of(text, [*spans["people"], *spans["quotes"]])
        words, spaces = get_words_and_spaces([text[token.start : token.end] for token in tokens], text)
        known = {"id": id_, "speakers": [each["speaker"] for each in spans["quotes"]]}
        doc = Doc(vocab, words, spaces, user_data=known)
        people, quotes = (
            [doc.char_span(each["start"], each["end"], label) for each in spans[layer]]
            for layer, label in LABELS.items()
        )
        doc.set_ents(people)
        doc.spans["quotes"] = quotes
        docs.add(doc)
    return docs


def main(given: Sequence[str] | None = None) -> None:
    """Write the file."""
    args = arguments(given)
    datasets.disable_progress_bars()
    rows = annotated(args.build, args.split)
    if args.docbin:
        docbin_of(rows).to_disk(args.out)
    else:
        with args.out.open("w", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for row in rows for line in conll_of(*row, args.layers))
    print(f"{args.out}: {args.split} of {args.build}")


if __name__ == "__main__":
    main()

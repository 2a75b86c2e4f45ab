"""Texts as the stages take them apart, and the annotated cases of normalisation."""

import csv
import io

from corpus_vn_police.stages.normalise.batch import normalise_batch
from corpus_vn_police.stages.read.seeds import SeedBatch, take
from corpus_vn_police.stages.structure import structure
from support.builds import ROOT


def taken_apart(*texts, corpus, **row):
    """A frame with a row a text, as structure leaves it; `row` is what a row of a file gives beside."""
    batch = SeedBatch()
    for text in texts:
        data = text.encode()
        batch.add("x.txt", take(io.BytesIO(data), corpus.limits), {"body": data, **row})
    return structure(normalise_batch(batch.frame(), corpus.text), corpus)


def normalisation_cases(*profiles):
    """The annotated cases of some profiles: name, input, expected."""
    for path in sorted((ROOT / "tests/data").glob("normalisation_cases*.tsv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row["name"].partition("/")[0] in profiles:
                    texts = [row[key].encode("ascii", "backslashreplace") for key in ("input", "expected")]
                    yield row["name"], *(text.decode("unicode_escape") for text in texts)

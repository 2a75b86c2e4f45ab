"""Everything that Python users may call, with the types that they get: read by mypy, never run.

A line that ends in `# refused: CODE` must be an error of this code, and every other line must be none.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_type

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray
from tokenizers import Tokenizer

import corpus_vn_police as cvp

# Build: from a path, several, a frame, rows; settings as a path or a dict.
b = cvp.build("my_seeds", out="out")
cvp.build(None, out=Path("out"), workers=2, dedup="exact", strict=True, date="2021-05-01", progress=False)
cvp.build(["a", Path("b")], out="out", config="corpus.toml", resume=False, rehash=True, progress=True)
cvp.build(pd.DataFrame(), out="out", config={"splits": {"test_from": "2021-05-01"}}, rows={"text": "content"})
cvp.build(pl.DataFrame(), out="out", fields={"properties": {"topic": {"type": "string"}}})
cvp.build([{"text": "a"}], out="out", fields=Path("fields.schema.json"), progress=lambda step, done, total: None)
assert_type(b, cvp.Build)
assert_type(b.path, str)
assert_type(b.digest, str)
assert_type(b.version, str)
assert_type(b.seeds, int)
assert_type(b.status, Mapping[str, int])
assert_type(b.splits, Mapping[str, int])
assert_type(b.unused, Mapping[str, int])
assert_type(b.notes, tuple[str, ...])
assert_type(os.fspath(b), str)
cvp.biuld("my_seeds", out="out")  # refused: attr-defined
cvp.build("my_seeds")  # refused: call-arg
cvp.build(3, out="out")  # refused: arg-type
cvp.build("my_seeds", out="out", config=3)  # refused: arg-type
cvp.build("my_seeds", out="out", config={1: 2})  # refused: dict-item
cvp.build("my_seeds", out="out", progress="yes")  # refused: arg-type
b.digest = "other"  # refused: misc
b.status["published"] = 1  # refused: index
print(b.out)  # refused: attr-defined

c = cvp.check(pl.DataFrame(), config={"name": "tin"}, workers=2, dedup="off", rows={"text": "content"}, progress=None)
assert_type(c, cvp.Check)
assert_type(c.ok, bool)
assert_type(c.ledger, pl.DataFrame)
assert_type(c.status, Mapping[str, int])
assert_type(c.splits, Mapping[str, int])
assert_type(c.unused, Mapping[str, int])
assert_type(c.notes, tuple[str, ...])
c.status["published"] = 1  # refused: index
cvp.check("my_seeds", out="out")  # refused: call-arg

# Read it.
o = cvp.open("hf://datasets/user/name@v0.2.0")
assert_type(o, cvp.Build)
assert_type(cvp.open(b), cvp.Build)
assert_type(o == b, bool)
assert_type(o.records(), pl.DataFrame)
assert_type(o.records("train", columns=["id", "source.url"]), pl.DataFrame)
assert_type(o.annotations("test"), pl.DataFrame)
assert_type(o.ledger(), pl.DataFrame)
assert_type(o.rejected(), pl.DataFrame)
assert_type(o.rejected(texts=True, seeds="my_seeds", config={"name": "tin"}), pl.DataFrame)
assert_type(o.duplicates(texts=True, seeds=pd.DataFrame()), pl.DataFrame)
assert_type(o.count_by("year"), pl.DataFrame)
o.load("train", name="annotations", streaming=True, num_proc=2)
cvp.open(3)  # refused: arg-type
o.records(3)  # refused: arg-type
o.records("train", columns=[1])  # refused: list-item
o.recrods("train")  # refused: attr-defined

s = o.stats()
assert_type(s, cvp.Stats)
assert_type(cvp.stats("out"), cvp.Stats)
for frame in (s.splits, s.status, s.reasons, s.years, s.months, s.publishers, s.lengths, s.found, s.privacy, s.spans):
    assert_type(frame, pl.DataFrame)
assert_type(s.by("source.publisher"), pl.DataFrame)
assert_type(s.figures.records, int)
print(s.yaers)  # refused: attr-defined

# The other commands.
v = cvp.verify(b)
assert_type(v, cvp.Verification)
assert_type(v.ok, bool)
assert_type(v.digest, str | None)
assert_type(v.warnings, tuple[cvp.Problem, ...])
assert_type(v.problems, tuple[cvp.Problem, ...])
assert_type(v.problems[0].code, str)
d = cvp.diff(b, "new")
assert_type(d, cvp.Difference)
assert_type(list(d.added), list[str])
assert_type(d.changed[0], str)
assert_type(dict(d.by_move()).keys().__iter__().__next__(), tuple[str, str])
r = cvp.remove(b, ["c76f5c9e64c8c598"], reason="asked for", near=0.9, seeds="my_seeds", version="1.1.0")
assert_type(r, cvp.Removal)
assert_type(r.removed, tuple[str, ...])
assert_type(r.status, Mapping[str, int])
assert_type(cvp.verify(r), cvp.Verification)
assert_type(cvp.sources(b, out="seeds"), cvp.Sources)
assert_type(cvp.sources(b, out="seeds").renamed, Mapping[str, str])
assert_type(cvp.card(b, file="card.md"), str)
assert_type(cvp.report(b, out="r.html", seeds="my_seeds", sample=10, seed=1), cvp.Page)
p = cvp.publish(b, "user/name", private=True, dry_run=True, purge_history=False, tell=print)
assert_type(p, cvp.Publication)
assert_type(p.sent, Mapping[str, int])
assert_type(cvp.init("my_seeds", config={"name": "tin"}), tuple[Path, ...])
for mismatch in cvp.check_card(b):
    assert_type(mismatch.line, int)
cvp.verify(3)  # refused: arg-type
cvp.diff(b)  # refused: call-arg
cvp.remove(b, 3, reason="x")  # refused: arg-type
cvp.remove(b, "c76f5c9e64c8c598")  # refused: call-arg
cvp.publish(b, "user/name", dryrun=True)  # refused: call-arg
cvp.report(b)  # refused: call-arg
print(v.porblems)  # refused: attr-defined

# Schemas, the shipped corpus, one text.
assert_type(cvp.schema(), dict[str, Any])
assert_type(cvp.schema("ledger", "croissant"), dict[str, Any])
print(cvp.schema("record", as_="arrow").names)
cvp.schema(as_="features")
cvp.schema("record", as_="parquet")  # refused: call-overload
assert_type(cvp.path(), str)
cvp.load_dataset("annotations", split="train", streaming=True)
assert_type(cvp.normalise("văn bản", tone="new", repair=True), str)
cvp.normalise(b"bytes")  # refused: arg-type
assert_type(cvp.__version__, str)

# Errors.
try:
    cvp.open("nowhere")
except cvp.DamagedError as damaged:
    assert_type(damaged.what, str)
except (cvp.OutputError, cvp.DiskError, cvp.ExtraError, cvp.StateError) as error:
    assert_type(error.message, str)
    assert_type(error.hint, str)
except (cvp.ConfigError, cvp.InputError, cvp.SchemaError, cvp.AccessError, cvp.HubError, cvp.UnfinishedError) as mine:
    assert_type(mine.code, str)
except (
    cvp.NothingPublishedError,
    cvp.RejectedError,
    cvp.UnverifiedError,
    cvp.InterruptedBuildError,
    cvp.LedgerError,
) as ended:
    assert_type(ended.exit_code, int)
except (cvp.ForkedError, cvp.OutOfMemoryError, cvp.ThreadsError, cvp.CorpusError) as failed:
    assert_type(failed.message, str)

blocks: cvp.train.Blocks

# Training.
assert_type(cvp.train.render({"date": None, "text": "a"}, "natural", mask_dates=True), str)
assert_type(cvp.train.parse(" date 2020 a"), cvp.train.Parsed)
assert_type(cvp.train.parse("a", "none").date, str | None)
assert_type(cvp.train.Parsed(None, "a").text, str)
cvp.train.render("a")  # refused: arg-type
cvp.train.render({}, mask=True)  # refused: call-arg
fitted: Tokenizer = cvp.train.fit_tokenizer(b, 8000, split=None, template="token", out="tok.json", min_frequency=1)
assert_type(cvp.train.date_tokens("out"), tuple[str, ...])
blocks = cvp.train.Blocks(b, fitted, length=128, ids=["a"])
assert_type(cvp.train.token_offsets(fitted, ["a"], end_token=None), list[NDArray[np.int64]])
assert_type(blocks.with_labels({"a": [0, 1]}), cvp.train.Blocks)
blocks.with_labels([[0, 1]])  # refused: arg-type
cvp.train.fit_tokenizer(b, "8000")  # refused: arg-type
cvp.train.fit_tokenizer(3)  # refused: arg-type
assert_type(cvp.train.stratify(b), cvp.train.TimeSplit)
assert_type(cvp.train.stratify("out", seed=1).control, tuple[str, ...])
cvp.train.stratify(b, split="test")  # refused: call-arg
measured = cvp.train.perplexity_by_month(None, fitted, b, None, ids=["a"], against=None, resamples=100, length=256)
assert_type(measured, cvp.train.Perplexity)
assert_type(measured.months, pl.DataFrame)
assert_type(measured.whole, pl.DataFrame)
assert_type(cvp.train.plot_by_month(measured, "months.png", labels=("past", "control")), str)
cvp.train.plot_by_month(b, "months.png")  # refused: arg-type
print(measured.year)  # refused: attr-defined

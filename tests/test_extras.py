"""Training without the libraries of its extra: what needs one says which, and the rest works."""

import json
import os
import subprocess
import sys

import pytest
from support.builds import ROOT
from support.training import small_build

CODE = """
import json, sys
for library in sys.argv[2].split(","):
    sys.modules[library] = None  # as if it was not installed
import corpus_vn_police as cvp
from corpus_vn_police import train
build = cvp.open(sys.argv[1])
record = build.records("train").to_dicts()[0]
assert train.parse(train.render(record)) == (record["date"], record["text"])

def said(what):
    try:
        return len(what())
    except cvp.CorpusError as error:
        return [error.message, error.hint, error.code]

def blocks():
    return train.Blocks(build, train.fit_tokenizer(build, vocab_size=300, progress=False), length=64, progress=False)

print(json.dumps({
    "blocks": said(blocks),
    "path": said(lambda: train.Blocks(build, "tokenizer.json")),
    "stream": said(lambda: train.Stream([])),
}))
"""
HINT = ["pip install 'corpus-vn-police[train]'", "extra"]


def without(libraries, tmp_path):
    build = small_build(tmp_path, count=12)
    told = subprocess.run(
        [sys.executable, "-c", CODE, build.path, libraries],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def test_without_the_extra_text_is_rendered_and_the_rest_says_what_to_install(tmp_path):
    assert without("torch,tokenizers,transformers", tmp_path) == {
        "blocks": ["train.fit_tokenizer needs tokenizers, which is not installed", *HINT],
        "path": ["train.Blocks needs tokenizers, which is not installed", *HINT],
        "stream": ["train.Stream needs torch, which is not installed", *HINT],
    }


@pytest.mark.train
def test_without_torch_there_are_blocks(tmp_path):
    pytest.importorskip("tokenizers")
    found = without("torch,transformers", tmp_path)
    assert found["stream"] == ["train.Stream needs torch, which is not installed", *HINT]
    assert found["blocks"] > 0
